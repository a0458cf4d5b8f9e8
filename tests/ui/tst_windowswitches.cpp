// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicemodel.h"
#include "devices/devicespanel.h"
#include "devices/devicetext.h"
#include "lab/vmmlab.h"
#include "livesession.h"
#include "mainwindow.h"

#include <KColorSchemeManager>
#include <KLocalizedString>
#include <KMessageWidget>
#include <KSharedConfig>

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The window on a real pair of embedded VMMs: switches by clicks and keys, and what becomes of them.
class TestWindowSwitches : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 120'000;
    QTemporaryDir m_runtime;

    static void save(QWidget& window, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (folder.isEmpty())
            return;
        QTest::qWait(200); // for whoever looks at it: layouts settle
        QVERIFY(window.grab().save(folder + u'/' + name + u".png"_s));
    }
    static QString effectOf(const DevicesPanel& panel, const QString& device)
    {
        return panel.model().indexOf(device).siblingAtColumn(DeviceModel::EffectColumn).data().toString();
    }
    static void clickBox(QTreeView* view, const QModelIndex& device)
    {
        view->scrollTo(device);
        const QRect row = view->visualRect(device);
        QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, QPoint(row.left() + 10, row.center().y()));
    }

private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
        KLocalizedString::setApplicationDomain("cutover");
    }
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s));
        KSharedConfig::openConfig()->deleteGroup(u"MainWindow"_s);
    }

    void setsSwitchesMigratesAndProves_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<QSize>("size");
        QTest::newRow("light") << u"BreezeLight"_s << QSize(1280, 800);
        QTest::newRow("dark") << u"BreezeDark"_s << QSize(1920, 1080);
    }
    void setsSwitchesMigratesAndProves()
    {
        QFETCH(const QString, scheme);
        QFETCH(const QSize, size);
        KColorSchemeManager* schemes = KColorSchemeManager::instance();
        schemes->activateScheme(schemes->indexForSchemeId(scheme));
        const QString tag = QString::fromLatin1(QTest::currentDataTag());

        lab::VmmLab lab({ .ramBytes = qint64{ 32 } << 20,
            .ballastBytes = qint64{ 1 } << 20,
            .network = lab::LabNetwork::None });
        QSignalSpy started(&lab, &lab::VmmLab::started);
        QSignalSpy failed(&lab, &lab::VmmLab::failed);
        lab.start();
        QVERIFY(QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs));
        if (!failed.isEmpty())
            QFAIL(qPrintable(failed.first().first().value<Error>().message()));

        LiveSession session;
        MainWindow window(&session);
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
        auto* panel = window.findChild<DevicesPanel*>();
        QTreeView* view = panel->view();
        const auto isReady = [&] { return std::holds_alternative<op::state::Ready>(session.state()); };
        op::SessionRequest request;
        request.source.qmpPath = lab.qmpPath();
        window.begin(request);
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), deadlineMs);
        QTRY_VERIFY(effectOf(*panel, u"ram0"_s).startsWith(u"passes: both switches are on"));
        auto* global = panel->findChild<QCheckBox*>(u"globalFdSwitch"_s);
        QVERIFY(global->isChecked() && global->isEnabled());
        view->expandAll();
        save(window, u"switches-planned-"_s + tag);

        // By mouse: the ballast; by key: the console.
        clickBox(view, panel->model().indexOf(u"ballast0"_s));
        QTRY_VERIFY_WITH_TIMEOUT(effectOf(*panel, u"ballast0"_s).startsWith(u"copied"), deadlineMs);
        view->setFocus();
        view->setCurrentIndex(panel->model().indexOf(u"console0"_s));
        QTest::keyClick(view, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(effectOf(*panel, u"console0"_s).startsWith(u"reopened"), deadlineMs);
        QCOMPARE(view->currentIndex().data(DeviceModel::DeviceRole).toString(), u"console0"_s);

        // The switch for the whole migration, off: refused in this mode, said in place, and taken back.
        QTRY_VERIFY_WITH_TIMEOUT(isReady() && global->isEnabled(), deadlineMs);
        QTest::mouseClick(global, Qt::LeftButton, {}, QPoint(8, global->height() / 2));
        auto* message = panel->findChild<KMessageWidget*>();
        QTRY_VERIFY_WITH_TIMEOUT(!message->isHidden() && isReady(), deadlineMs);
        QVERIFY2(message->text().contains(u"Switch migrate-fds on"), qPrintable(message->text()));
        QVERIFY(effectOf(*panel, u"ram0"_s).startsWith(u"refused"));
        QTRY_VERIFY(!window.actionGroups().find(u"session_migrate"_s)->isEnabled());
        save(window, u"switches-refused-"_s + tag);
        QTRY_VERIFY_WITH_TIMEOUT(window.actionGroups().find(u"devices_pass"_s)->isEnabled(), deadlineMs);
        QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier | Qt::AltModifier);
        QTRY_VERIFY_WITH_TIMEOUT(message->isHidden() && isReady(), deadlineMs);

        QTRY_VERIFY_WITH_TIMEOUT(window.actionGroups().find(u"session_migrate"_s)->isEnabled(), deadlineMs);
        QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
        const auto ended = [&] {
            return std::holds_alternative<op::state::Migrated>(session.state()) || session.failure();
        };
        QTRY_VERIFY_WITH_TIMEOUT(ended(), deadlineMs);
        const op::EndpointStatus moved = session.endpoint(Side::Destination);
        if (moved.pid > 0 && !moved.gone)
            std::ignore = lab.takeOver(moved.pid, moved.startTicks);
        QVERIFY2(
            !session.failure(), qPrintable(session.failure() ? session.failure()->sentence() : QString()));
        QVERIFY(std::get<op::state::Migrated>(session.state()).verified);
        QTRY_COMPARE(panel->model().tree().stage, DeviceTree::Stage::Proved);
        panel->refresh();
        QCOMPARE(effectOf(*panel, u"ram0"_s), u"passed"_s);
        const FdCounts counts = countFds(panel->model().tree());
        QCOMPARE(counts.same, counts.passing);
        QVERIFY(counts.passing > 0);
        const QModelIndex ballast
            = panel->model().index(0, DeviceModel::StateColumn, panel->model().indexOf(u"ballast0"_s));
        QCOMPARE(ballast.data().toString(), u"new file"_s);
        QVERIFY(!window.actionGroups().find(u"devices_pass"_s)->isEnabled());
        save(window, u"switches-proved-"_s + tag);

        // The record alone shows the same.
        QCOMPARE(deviceTree(session.record().events()), panel->model().tree());
        QTRY_VERIFY(window.actionGroups().find(u"session_finish"_s)->isEnabled());
        QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(std::holds_alternative<op::state::Finished>(session.state()), deadlineMs);
        QVERIFY(window.close());
        schemes->activateScheme(schemes->indexForSchemeId(u"BreezeLight"_s));
    }
};

QTEST_MAIN(TestWindowSwitches)
#include "tst_windowswitches.moc"
