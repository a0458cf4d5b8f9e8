// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicemodel.h"
#include "livesession.h"
#include "mainwindow.h"
#include "timeline/timelinepanel.h"

#include <KLocalizedString>
#include <KSharedConfig>

#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QPushButton>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The window on a real QEMU pair, by mouse and by keys.
class TestWindowQemu : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 120'000;
    QTemporaryDir m_runtime;

    template <typename State>
    static bool isIn(const SessionModel& session)
    {
        return std::holds_alternative<State>(session.state());
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

    void migrates_data()
    {
        QTest::addColumn<QString>("binary");
        QTest::newRow("10.0") << u"qemu-system-x86_64"_s;
        QTest::newRow("11.1") << u"qemu-system-x86_64-11.1"_s;
    }
    void migrates()
    {
        QFETCH(const QString, binary);
        if (QStandardPaths::findExecutable(binary).isEmpty())
            QSKIP(qPrintable(binary + u" is not installed"_s));

        LiveSession session;
        MainWindow window(&session);
        window.resize(1400, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();

        auto* lab = window.findChild<QPushButton*>(u"labButton"_s);
        auto* program = lab->parentWidget()->findChild<QComboBox*>();
        program->setCurrentText(binary);
        QTest::mouseClick(lab, Qt::LeftButton);
        std::optional<Error> problem;
        connect(&session, &SessionModel::failed, this, [&problem](const Error& error) { problem = error; });
        const auto ended = [&] { return problem || session.failure(); };
        const auto text = [&] {
            const auto failure = session.failure();
            return failure ? failure->sentence()
                : problem  ? problem->message()
                           : op::stateId(session.state());
        };
        QTRY_VERIFY2_WITH_TIMEOUT(isIn<op::state::Ready>(session) || ended(), qPrintable(text()), deadlineMs);
        QVERIFY2(isIn<op::state::Ready>(session), qPrintable(text()));
        QVERIFY(!session.checks().empty());

        QTRY_VERIFY(window.actionGroups().find(u"session_migrate"_s)->isEnabled());
        QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
        QTRY_VERIFY2_WITH_TIMEOUT(
            isIn<op::state::Migrated>(session) || ended(), qPrintable(text()), deadlineMs);
        QVERIFY2(isIn<op::state::Migrated>(session), qPrintable(text()));
        QVERIFY(std::get<op::state::Migrated>(session.state()).verified);
        QTRY_VERIFY(window.timelinePanel()->scene().pause.isKnown());

        const auto* fds
            = window.findChild<QDockWidget*>(u"fdsDock"_s)->findChild<QAbstractItemView*>()->model();
        QVERIFY(fds->rowCount() > 0);
        int passed = 0;
        for (int row = 0; row < fds->rowCount(); ++row) {
            const QModelIndex device = fds->index(row, 0);
            for (int fd = 0; fd < fds->rowCount(device); ++fd) {
                const QString effect = fds->index(fd, DeviceModel::EffectColumn, device).data().toString();
                passed += effect == u"passed" ? 1 : 0;
                QVERIFY2(effect == u"passed" || effect.startsWith(u"inherited"), qPrintable(effect));
            }
        }
        QVERIFY(passed > 0);

        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(window.grab().save(
                folder + u"/qemu-"_s + QString::fromLatin1(QTest::currentDataTag()) + u".png"_s));

        QTRY_VERIFY(window.actionGroups().find(u"session_finish"_s)->isEnabled());
        QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY2_WITH_TIMEOUT(isIn<op::state::Finished>(session), qPrintable(text()), deadlineMs);
        QCOMPARE(session.endpoint(Side::Destination).runState, u"running"_s);
        QVERIFY(session.endpoint(Side::Source).gone);
        QVERIFY(window.close());
    }

    void wrongSocketIsOneClearError()
    {
        LiveSession session;
        MainWindow window(&session);
        window.show();
        op::SessionRequest request;
        request.source.qmpPath = m_runtime.filePath(u"nothing-here"_s);
        window.begin(request);
        QTRY_VERIFY_WITH_TIMEOUT(isIn<op::state::Failed>(session), deadlineMs);
        QVERIFY(session.failure()->sentence().contains(u"nothing-here"));
        QVERIFY(session.failure()->error.remedy.contains(u"path"));
    }
};

QTEST_MAIN(TestWindowQemu)
#include "tst_windowqemu.moc"
