// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "fakes/fakeqmp.h"
#include "lab/vmmlab.h"
#include "livesession.h"
#include "log/logpanel.h"
#include "log/logview.h"
#include "mainwindow.h"
#include "qmp/commandedit.h"
#include "qmp/commandline.h"
#include "qmp/qmppanel.h"
#include "timeline/timelinepanel.h"
#include "tracelog/tracepanel.h"
#include "tracelog/traceswitches.h"

#include <KColorSchemeManager>
#include <KMessageWidget>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QCompleter>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The QMP and the trace dock in the window: on a captured migration, on a scripted QEMU, on a real
/// cutover-vmm.
class TestLogDocks : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 60'000;
    QTemporaryDir m_runtime;

    static void show(MainWindow& window, QSize size = { 1400, 900 })
    {
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
    }
    static void save(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (folder.isEmpty())
            return;
        QTest::qWait(300); // for what is laid out and animated
        QVERIFY(widget.grab().save(folder + u'/' + name + u".png"));
    }
    static bool isIdle(const SessionModel& session)
    {
        return std::holds_alternative<op::state::Ready>(session.state())
            || std::holds_alternative<op::state::Failed>(session.state());
    }
    static void trigger(MainWindow& window, const QString& action)
    {
        QAction* found = window.actionGroups().find(action);
        QVERIFY2(found && found->isEnabled(), qPrintable(action));
        found->trigger();
    }

    /// The window on a session with \a path as its source, and what the tests touch in it.
    struct Fixture
    {
        explicit Fixture(const QString& path)
            : window(&session)
        {
            show(window);
            op::SessionRequest request;
            request.source.qmpPath = path;
            window.begin(request);
            qmp = window.findChild<QmpPanel*>();
            trace = window.findChild<TracePanel*>();
            edit = qmp->commandLine()->edit();
            message = qmp->commandLine()->findChild<KMessageWidget*>();
        }
        bool isReady()
        {
            return QTest::qWaitFor(
                [this] { return isIdle(session) && session.endpoint(Side::Source).connected; }, deadlineMs);
        }
        void type(const QString& text)
        {
            QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
            QTest::keyClicks(edit, text);
        }
        /// With the popup out of the way.
        void enter()
        {
            edit->completer()->popup()->hide();
            QTest::keyClick(edit, Qt::Key_Return);
        }
        QString details() { return qmp->findChild<QPlainTextEdit*>(u"logDetails"_s)->toPlainText(); }

        LiveSession session;
        MainWindow window;
        QmpPanel* qmp = nullptr;
        TracePanel* trace = nullptr;
        CommandEdit* edit = nullptr;
        KMessageWidget* message = nullptr;
    };

    /// A QEMU that answers to what the session asks, as far as a test needs it.
    struct Fake
    {
        explicit Fake(const QString& path)
            : qmp({ .failsTest = false })
        {
            qmp.always(
                u"query-status"_s, QJsonObject{ { u"status"_s, u"running"_s }, { u"running"_s, true } });
            qmp.always(u"query-name"_s, QJsonObject{ { u"name"_s, u"web-07"_s } });
            qmp.always(u"migrate-set-parameters"_s);
            qmp.always(u"quit"_s);
            qmp.always(u"qom-get"_s, u"pc-q35-11.1-machine"_s);
            qmp.always(u"trace-event-get-state"_s,
                QJsonArray{ QJsonObject{ { u"name"_s, u"cpr_find_fd"_s }, { u"state"_s, u"disabled"_s } },
                    QJsonObject{ { u"name"_s, u"cpr_save_fd"_s }, { u"state"_s, u"enabled"_s } } });
            qmp.always(u"trace-event-set-state"_s);
            listening = qmp.listenAt(path).has_value();
        }
        cutover::test::FakeQmp qmp;
        bool listening = false;
    };

private Q_SLOTS:
    void initTestCase() { ui::test::setUp(m_runtime.path()); }
    void init() { ui::test::startAfresh({ u"QmpCommandLine"_s }); }

    void looks_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<QString>("dock");
        for (const QString& scheme : { u"BreezeLight"_s, u"BreezeDark"_s }) {
            for (const QString& dock : { u"qmpDock"_s, u"traceDock"_s })
                QTest::newRow(qPrintable(dock + u'-' + scheme)) << scheme << dock;
        }
    }
    void looks()
    {
        QFETCH(const QString, scheme);
        QFETCH(const QString, dock);
        KColorSchemeManager* manager = KColorSchemeManager::instance();
        manager->activateScheme(manager->indexForSchemeId(scheme));
        ui::test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        show(window, { 1280, 800 });
        auto* found = window.findChild<QDockWidget*>(dock);
        found->show();
        found->raise();
        LogPanel* log = dock == u"qmpDock" ? window.findChild<QmpPanel*>()->log()
                                           : window.findChild<TracePanel*>()->log();
        QTRY_VERIFY(log->model()->rowCount() > 0 && log->filter()->isComplete());
        log->selectEvent(log->model()->eventNumber(1));
        QTest::qWait(0);
        save(window, u"logs-"_s + QLatin1StringView(QTest::currentDataTag()));
        QVERIFY(!log->view()->visibleRegion().isEmpty());
        manager->activateScheme(manager->indexForSchemeId(u"BreezeLight"_s));
    }

    void filtersByMouseAndKeys()
    {
        ui::test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        show(window);
        LogPanel* log = window.findChild<QmpPanel*>()->log();
        QTRY_COMPARE(log->filter()->rowCount(), 8);
        QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
        auto* text = log->findChild<QLineEdit*>(u"logText"_s);
        QVERIFY(text->hasFocus());
        QTest::keyClicks(text, u"STOP|RESUME"_s);
        QCOMPARE(log->filter()->rowCount(), 0);
        QTest::mouseClick(log->findChild<QToolButton*>(u"logExpression"_s), Qt::LeftButton);
        QCOMPARE(log->filter()->rowCount(), 2);
        auto* side = log->findChild<QComboBox*>(u"logSide"_s);
        side->setFocus();
        QTest::keyClick(side, Qt::Key_Down);
        QCOMPARE(log->filter()->rowCount(), 1);
        text->setFocus();
        QTest::keyClick(text, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(text, Qt::Key_Delete);
        side->setFocus();
        QTest::keyClick(side, Qt::Key_Up);
        // Only commands.
        const QList<QAction*> kinds = log->findChild<QToolButton*>(u"logKinds"_s)->menu()->actions();
        for (QAction* kind : kinds) {
            if (kind->isCheckable() && kind->text() != u"Commands")
                kind->trigger();
        }
        QCOMPARE(log->filter()->rowCount(), 2);
        kinds.first()->trigger();
        QCOMPARE(log->filter()->rowCount(), 8);
    }

    void goesToTheTimelineAndBack()
    {
        ui::test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        show(window);
        LogPanel* log = window.findChild<QmpPanel*>()->log();
        QTRY_COMPARE(log->filter()->rowCount(), 8);
        log->view()->setFocus();
        QTest::mouseClick(log->view()->viewport(), Qt::LeftButton, {},
            log->view()->visualRect(log->filter()->index(0, 0)).center());
        const std::size_t command = log->model()->eventNumber(0);
        QCOMPARE(window.timelinePanel()->view()->selectedEvent(), std::optional(command));
        // Its answer.
        QTest::keyClick(&window, Qt::Key_J, Qt::ControlModifier);
        QCOMPARE(log->chosenRow(), 1);
        QCOMPARE(window.timelinePanel()->view()->selectedEvent(), std::optional(command + 1));
        QTest::keyClick(&window, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral(R"({"return": {}, "id": "s41"})"));
        QTest::keyClick(&window, Qt::Key_S, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(QApplication::clipboard()->text().contains(u"UNIX-CONNECT:'/run/vm/web-07/qmp.sock'"));
        QTest::keyClick(&window, Qt::Key_T, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(window.timelinePanel()->view()->hasFocus());
        // Back, to the log that has the event, though another dock is in front and a filter hides it.
        LogPanel* trace = window.findChild<TracePanel*>()->log();
        QTRY_VERIFY(trace->model()->rowCount() > 0);
        QTest::keyClicks(trace->findChild<QLineEdit*>(u"logText"_s), u"nothing like it"_s);
        QSignalSpy chosen(window.timelinePanel(), &TimelinePanel::eventSelected);
        window.timelinePanel()->setFocus();
        for (int i = 0; i < 200 && (chosen.isEmpty() || trace->chosenRow() < 0); ++i)
            QTest::keyClick(window.timelinePanel()->view(), Qt::Key_Period);
        QVERIFY(trace->chosenRow() >= 0);
        trigger(window, u"log_show"_s);
        QVERIFY(trace->view()->hasFocus());
        QTRY_VERIFY(!trace->view()->visibleRegion().isEmpty());
        QCOMPARE(trace->filter()->sourceRow(trace->view()->currentIndex().row()), trace->chosenRow());
    }

    void completesValidatesAndSends()
    {
        Fake fake(m_runtime.filePath(u"fake"_s));
        QVERIFY(fake.listening);
        Fixture f(m_runtime.filePath(u"fake"_s));
        QVERIFY(f.isReady());

        // The first suggestion by Tab, the next one for its argument.
        f.type(u"migrate-set-par"_s);
        QTRY_VERIFY(f.edit->completer()->popup()->isVisible());
        save(f.window, u"logs-suggestions"_s);
        QTest::keyClick(f.edit, Qt::Key_Tab);
        QCOMPARE(f.edit->toPlainText(), u"migrate-set-parameters"_s);
        QTest::keyClicks(f.edit, u" mode=cpr-tr"_s);
        QTRY_VERIFY(f.edit->completer()->popup()->isVisible());
        QTest::keyClick(f.edit->completer()->popup(), Qt::Key_Down);
        QTest::keyClick(f.edit->completer()->popup(), Qt::Key_Return);
        QCOMPARE(f.edit->toPlainText(), u"migrate-set-parameters mode=cpr-transfer"_s);
        auto* help = f.qmp->commandLine()->findChild<QLabel*>(u"qmpHelp"_s);
        QVERIFY2(help->text().contains(u"mode"), qPrintable(help->text()));

        // What the schema does not know is marked and held back.
        QTest::keyClicks(f.edit, u" speed=5 "_s);
        QCOMPARE(f.edit->extraSelections().size(), 1);
        QCOMPARE(f.edit->extraSelections().first().cursor.selectedText(), u"speed"_s);
        const qsizetype before = fake.qmp.received().size();
        f.enter();
        QVERIFY(f.message->isVisible());
        QVERIFY2(f.message->text().contains(u"speed"), qPrintable(f.message->text()));
        save(f.window, u"logs-problem"_s);
        QCOMPARE(fake.qmp.received().size(), before);
        for (int i = 0; i < 9; ++i)
            QTest::keyClick(f.edit, Qt::Key_Backspace);
        QVERIFY(!f.message->isVisible());

        // Sent, and joined with its reply.
        QSignalSpy shown(f.qmp->log(), &LogPanel::chosenChanged);
        f.enter();
        QTRY_COMPARE(fake.qmp.received().size(), before + 1);
        QVERIFY(f.edit->toPlainText().isEmpty());
        QTRY_VERIFY2(f.details().contains(u"\"return\""), qPrintable(f.details()));
        QVERIFY(f.details().contains(u"cpr-transfer"));

        // From the history, as JSON over lines, by the search.
        QTest::keyClick(f.edit, Qt::Key_Up);
        QCOMPARE(f.edit->toPlainText(), u"migrate-set-parameters mode=cpr-transfer"_s);
        QTest::keyClick(f.edit, Qt::Key_Down);
        QVERIFY(f.edit->toPlainText().isEmpty());
        f.edit->setText(u"{\"execute\": \"query-name\""_s);
        f.enter();
        QVERIFY(f.edit->toPlainText().endsWith(u'\n'));
        QTest::keyClicks(f.edit, u"}"_s);
        f.enter();
        QTRY_COMPARE(fake.qmp.received().last(), u"query-name"_s);
        QTest::keyClicks(f.edit, u"set-par"_s);
        QTest::keyClick(&f.window, Qt::Key_R, Qt::ControlModifier);
        QTRY_VERIFY(f.edit->completer()->popup()->isVisible());
        QCOMPARE(f.edit->completer()->popup()->model()->rowCount(), 1);
        QTest::keyClick(f.edit, Qt::Key_Tab);
        QCOMPARE(f.edit->toPlainText(), u"migrate-set-parameters mode=cpr-transfer"_s);
    }

    void holdsBackWhatWouldLoseTheGuest()
    {
        Fake fake(m_runtime.filePath(u"fake"_s));
        Fixture f(m_runtime.filePath(u"fake"_s));
        QVERIFY(f.isReady());
        f.type(u"quit"_s);
        f.enter();
        QVERIFY(f.message->isVisible());
        QVERIFY2(f.message->text().contains(u"This VMM has the guest"), qPrintable(f.message->text()));
        save(f.window, u"logs-guard"_s);
        QVERIFY(!fake.qmp.received().contains(u"quit"_s));
        QAction* anyway = f.window.actionGroups().find(u"qmp_send_anyway"_s);
        QVERIFY(anyway->isEnabled());
        // Whoever types on has not confirmed it.
        QTest::keyClicks(f.edit, u" "_s);
        QVERIFY(!f.message->isVisible());
        QVERIFY(!anyway->isEnabled());
        f.enter();
        QVERIFY(f.message->isVisible());
        for (QToolButton* button : f.message->findChildren<QToolButton*>()) {
            if (button->text() == anyway->text())
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QTRY_VERIFY(fake.qmp.received().contains(u"quit"_s));
        QVERIFY(!f.message->isVisible());

        // Aborts QEMU.
        f.type(u"migrate uri=tcp:localhost:4444"_s);
        f.enter();
        QVERIFY2(f.message->text().contains(u"aborts QEMU"), qPrintable(f.message->text()));
        QVERIFY(!fake.qmp.received().contains(u"migrate"_s));
        QTest::keyClick(f.edit, Qt::Key_Escape);
        QVERIFY(!f.message->isVisible());
    }

    void saysWhyNothingCanBeSent()
    {
        Fake fake(m_runtime.filePath(u"fake"_s));
        Fixture f(m_runtime.filePath(u"fake"_s));
        QVERIFY(f.isReady());
        f.qmp->commandLine()->setSide(Side::Destination);
        f.type(u"query-status"_s);
        auto* send = f.qmp->findChild<QPushButton*>(u"qmpSend"_s);
        QVERIFY(!send->isEnabled());
        QVERIFY2(send->toolTip().contains(u"destination is not connected"), qPrintable(send->toolTip()));
        f.enter();
        QVERIFY(f.message->isVisible());
        f.qmp->commandLine()->setSide(Side::Source);
        QVERIFY(send->isEnabled());
        QTest::mouseClick(send, Qt::LeftButton);
        QTRY_VERIFY(f.details().contains(u"\"running\""));
    }

    void switchesTraceEvents()
    {
        Fake fake(m_runtime.filePath(u"fake"_s));
        Fixture f(m_runtime.filePath(u"fake"_s));
        QVERIFY(f.isReady());
        QTest::keyClick(&f.window, Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
        TraceSwitches* switches = f.trace->switches();
        QVERIFY(switches->isVisible());
        QListView* events = switches->view();
        QTRY_COMPARE(events->model()->rowCount(), 2);
        auto* state = switches->findChild<QLabel*>(u"traceState"_s);
        QVERIFY2(state->text().contains(u"1 of 2"), qPrintable(state->text()));
        // Why its lines cannot be seen.
        QVERIFY2(state->text().contains(u"-D"), qPrintable(state->text()));
        save(f.window, u"logs-switches"_s);
        QVERIFY(!switches->findChild<QPushButton*>(u"traceOn"_s)->isEnabled());
        const QModelIndex off = events->model()->index(1, 0);
        QCOMPARE(off.data().toString(), u"cpr_find_fd"_s);
        events->setCurrentIndex(off);
        events->setFocus();
        QTest::keyClick(events, Qt::Key_Space);
        QTRY_COMPARE(off.data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Checked));
        QTest::keyClicks(switches->edit(), u"save"_s);
        QCOMPARE(events->model()->rowCount(), 1);
        QTest::mouseClick(switches->findChild<QPushButton*>(u"traceOff"_s), Qt::LeftButton);
        QTRY_COMPARE(
            events->model()->index(0, 0).data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Unchecked));
    }

    void realVmm()
    {
        lab::VmmLab lab({ .network = lab::LabNetwork::None, .disk = false });
        QSignalSpy started(&lab, &lab::VmmLab::started);
        QSignalSpy failed(&lab, &lab::VmmLab::failed);
        lab.start();
        QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty() || !failed.isEmpty(), deadlineMs);
        QVERIFY2(failed.isEmpty(),
            qPrintable(failed.isEmpty() ? QString() : failed.first().first().value<Error>().message()));
        Fixture f(lab.qmpPath());
        QVERIFY(f.isReady());

        // Its own commands are known from its own schema.
        f.type(u"query-pul"_s);
        QTRY_VERIFY(f.edit->completer()->popup()->isVisible());
        QTest::keyClick(f.edit, Qt::Key_Tab);
        QCOMPARE(f.edit->toPlainText(), u"query-pulse"_s);
        f.enter();
        QTRY_VERIFY2(f.details().contains(u"beats"), qPrintable(f.details()));
        f.type(u"qom-get path=/machine"_s);
        f.enter();
        QVERIFY2(f.message->text().contains(u"'property' is missing"), qPrintable(f.message->text()));
        f.edit->setText({});
        f.type(u"quit"_s);
        f.enter();
        QVERIFY(f.message->isVisible());
        f.edit->setText({});

        // Its trace: on, off, and what it then writes.
        TraceSwitches* switches = f.trace->switches();
        QTest::keyClick(&f.window, Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(switches->view()->model()->rowCount() > 10);
        QTest::keyClicks(switches->edit(), u"runstate_set"_s);
        QTest::mouseClick(switches->findChild<QPushButton*>(u"traceOff"_s), Qt::LeftButton);
        const auto shownState
            = [&] { return switches->view()->model()->index(0, 0).data(Qt::CheckStateRole).toInt(); };
        QTRY_COMPARE(shownState(), static_cast<int>(Qt::Unchecked));
        QTest::mouseClick(switches->findChild<QPushButton*>(u"traceOn"_s), Qt::LeftButton);
        QTRY_COMPARE(shownState(), static_cast<int>(Qt::Checked));
        LogModel* trace = f.trace->log()->model();
        f.type(u"stop"_s);
        f.enter();
        const auto wrote = [trace] {
            for (int row = 0; row < trace->rowCount(); ++row) {
                if (trace->name(row) == u"runstate_set" && trace->text(row).contains(u"paused"))
                    return true;
            }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(wrote(), deadlineMs);
        save(f.window, u"logs-vmm"_s);
    }
};

QTEST_MAIN(TestLogDocks)
#include "tst_logdocks.moc"
