// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "integration/vmmprocess.h"
#include "windowtest.h"

#include "livesession.h"
#include "mainwindow.h"
#include "models/vmmmodel.h"
#include "start/parametersmodel.h"
#include "start/startpanel.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <csignal>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// From the start page to a finished update of a real VMM, with an edited command line and a parameter.
class TestStartVmm : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 120'000;
    QTemporaryDir m_runtime;

    template <typename Widget>
    static Widget* the(const MainWindow& window, const QString& name)
    {
        auto* widget = window.findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", qPrintable(name));
        return widget;
    }

    static QModelIndex find(const QTreeView* view, int column, const QString& text)
    {
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            const QModelIndex index = view->model()->index(row, column);
            if (index.data().toString() == text)
                return index;
        }
        return {};
    }

    static void save(MainWindow& window, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(window.grab().save(folder + u'/' + name + u".png"));
    }

    static QString text(const SessionModel& session)
    {
        const auto failure = session.failure();
        return failure ? failure->sentence() : op::stateId(session.state());
    }

private Q_SLOTS:
    void initTestCase() { ui::test::setUp(m_runtime.path()); }
    void init() { ui::test::startAfresh({ u"RecentSessions"_s }); }

    void fromTheListToTheEnd()
    {
        const QString socket = m_runtime.filePath(u"pulse.qmp"_s);
        cutover::test::VmmProcess vmm({ u"-name"_s, u"pulse-start"_s, u"-m"_s, u"64M"_s, u"-qmp"_s,
            u"unix:%1,server=on,wait=off"_s.arg(socket), u"-msg"_s, u"timestamp=on"_s, u"-D"_s,
            m_runtime.filePath(u"pulse.log"_s) });
        QVERIFY(vmm.isRunning());
        LiveSession session;
        const auto isReady = [&session] {
            return std::holds_alternative<op::state::Ready>(session.state()) || session.failure();
        };
        MainWindow window(&session);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();

        auto* table = the<QTreeView>(window, u"vmmTable"_s);
        const auto ours = [&] { return find(table, VmmModel::SocketColumn, socket); };
        QTRY_VERIFY_WITH_TIMEOUT(ours().isValid(), deadlineMs);
        QTRY_VERIFY2_WITH_TIMEOUT(
            ours().siblingAtColumn(VmmModel::ProgramColumn).data().toString().startsWith(u"cutover-vmm "),
            "the version is asked for", deadlineMs);
        QCOMPARE(ours().siblingAtColumn(VmmModel::NameColumn).data().toString(), u"pulse-start"_s);
        table->setFocus();
        table->setCurrentIndex(ours());
        save(window, u"startvmm-list"_s);
        QTest::keyClick(table, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), deadlineMs);
        QVERIFY2(!session.failure(), qPrintable(text(session)));

        // The order of the switchover.
        QTest::keyClick(&window, Qt::Key_P, Qt::ControlModifier | Qt::AltModifier);
        auto* parameters = the<QTreeView>(window, u"parameterTable"_s);
        const QModelIndex handover
            = find(parameters, ParametersModel::NameColumn, u"handover"_s).siblingAtColumn(1);
        QVERIFY(handover.isValid());
        QTRY_VERIFY(parameters->isEnabled());
        parameters->setFocus();
        parameters->setCurrentIndex(handover);
        QTest::keyClick(parameters, Qt::Key_F2);
        auto* box = parameters->viewport()->findChild<QComboBox*>();
        QVERIFY(box);
        QTest::keyClicks(box, u"early"_s);
        QTest::keyClick(box, Qt::Key_Return);
        QTRY_COMPARE(handover.data().toString(), u"early-stop"_s);
        auto* apply = the<QPushButton>(window, u"setupApply"_s);
        QTRY_VERIFY(apply->isEnabled());
        QTest::mouseClick(apply, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), deadlineMs);
        QCOMPARE(session.request().parameters, (QJsonObject{ { u"handover"_s, u"early-stop"_s } }));

        // The command line.
        QTest::keyClick(&window, Qt::Key_O, Qt::ControlModifier | Qt::AltModifier);
        save(window, u"startvmm-command"_s);
        auto* edit = the<QPushButton>(window, u"commandEdit"_s);
        // The window hears of the state a turn of the event loop later.
        QTRY_VERIFY2(edit->isEnabled(), qPrintable(edit->toolTip()));
        QTest::mouseClick(edit, Qt::LeftButton);
        auto* command = the<QPlainTextEdit>(window, u"commandText"_s);
        command->setPlainText(command->toPlainText().replace(u"pulse-start"_s, u"pulse-moved"_s));
        auto* use = the<QPushButton>(window, u"commandUse"_s);
        QVERIFY2(use->isEnabled(), qPrintable(use->toolTip()));
        QTest::mouseClick(use, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(isReady(), deadlineMs);
        QVERIFY2(!session.failure(), qPrintable(text(session)));
        auto* review = the<QTreeView>(window, u"commandTable"_s);
        QTRY_VERIFY(find(review, 1, u"-name pulse-moved"_s).isValid());
        QCOMPARE(find(review, 1, u"-name pulse-moved"_s).siblingAtColumn(2).data().toString(),
            u"-name pulse-start"_s);
        save(window, u"startvmm-edited"_s);

        QTRY_VERIFY2(window.actionGroups().find(u"session_migrate"_s)->isEnabled(),
            qPrintable(window.actionGroups().find(u"session_migrate"_s)->toolTip()));
        QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
        QTRY_VERIFY2_WITH_TIMEOUT(
            std::holds_alternative<op::state::Migrated>(session.state()) || session.failure(),
            qPrintable(text(session)), deadlineMs);
        QVERIFY2(!session.failure(), qPrintable(text(session)));
        QVERIFY(std::get<op::state::Migrated>(session.state()).verified);
        QTRY_VERIFY(window.actionGroups().find(u"session_finish"_s)->isEnabled());
        QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY2_WITH_TIMEOUT(std::holds_alternative<op::state::Finished>(session.state()),
            qPrintable(text(session)), deadlineMs);
        const pid_t destination = session.endpoint(Side::Destination).pid;
        QVERIFY(destination > 0 && destination != vmm.pid());

        // It has taken the source's place: the same path leads to it, and the list knows.
        const RecentSessions& recent = window.startPanel()->recent();
        QTRY_COMPARE(recent.session(0).ended, u"finished"_s);
        QTest::keyClick(&window, Qt::Key_O, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(
            ours().siblingAtColumn(VmmModel::PidColumn).data().toString() == QString::number(destination),
            deadlineMs);
        QCOMPARE(::kill(destination, SIGKILL), 0);
    }
};

QTEST_MAIN(TestStartVmm)
#include "tst_startvmm.moc"
