// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "recordedsession.h"
#include "viewtext.h"
#include "windowtest.h"

#include "mainwindow.h"
#include "replay/player.h"
#include "replay/recordings.h"
#include "replay/replaybar.h"
#include "replay/replaysession.h"
#include "start/startpanel.h"
#include "timeline/timelinepanel.h"
#include "widgets/failurebox.h"
#include "widgets/sessioncard.h"

#include <KMessageWidget>

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// Recordings in the window: opened, replayed, saved and closed by keys, clicks and drops.
class TestReplay : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    QString file(const QString& name) const { return m_folder.filePath(name); }

    static void press(MainWindow& window, Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::ControlModifier)
    {
        QTest::keyClick(&window, key, modifiers);
    }
    static void save(QWidget& window, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(window.grab().save(folder + u'/' + name + u".png"));
    }
    static QAction* action(MainWindow& window, const QString& id) { return window.actionGroups().find(id); }
    static ReplayBar* bar(MainWindow& window) { return window.findChild<ReplayBar*>(u"replayBar"_s); }
    static QString failureText(MainWindow& window) { return window.findChild<FailureBox*>()->text(); }

    QString sampleFile() const
    {
        const QString path = file(u"sample.cutover"_s);
        test::writeRecording(path, test::recordedSession());
        return path;
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init()
    {
        test::startAfresh({ u"Recordings"_s });
        QDir(QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + u"/cutover/recordings"_s)
            .removeRecursively();
    }

    void opensAndCloses()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QVERIFY(!bar(window)->isVisible());
        QVERIFY(!action(window, u"recording_close"_s)->isEnabled());
        QVERIFY(!action(window, u"replay_play"_s)->isEnabled());
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        QVERIFY(!window.startPanel()->isVisible());
        QVERIFY2(window.windowTitle().contains(u"web-07, recorded"), qPrintable(window.windowTitle()));
        QCOMPARE(test::sessionSentence(window), u"Recording: Moved and verified."_s);
        QVERIFY(std::holds_alternative<op::state::Migrated>(session.state()));
        QVERIFY(!window.findChild<KMessageWidget*>(u"replayDamage"_s)->isVisible());
        for (const QString& id : { u"session_connect"_s, u"session_lab"_s, u"session_check"_s,
                 u"session_migrate"_s, u"session_cancel"_s, u"session_finish"_s, u"session_rescue"_s }) {
            QVERIFY2(!action(window, id)->isEnabled(), qPrintable(id));
            QVERIFY2(action(window, id)->toolTip().contains(u"recording"), qPrintable(id));
        }
        QVERIFY(!session.migrate());
        QTRY_VERIFY(window.timelinePanel()->scene().pause.isKnown());
        QTest::qWait(60);
        save(window, u"replay"_s);

        press(window, Qt::Key_W);
        QVERIFY(window.startPanel()->isVisible());
        QVERIFY(!bar(window)->isVisible());
        QCOMPARE(window.windowTitle(), u"Cutover"_s);
        QVERIFY(session.record().whole().empty());
        QVERIFY(action(window, u"session_connect"_s)->isEnabled());
        QVERIFY(!action(window, u"recording_close"_s)->isEnabled());
    }

    /// What is shown of a session while it is told, and what its recording shows.
    void showsWhatTheSessionShowed()
    {
        const QString path = file(u"saved.cutover"_s);
        test::ScriptedSession live;
        QString shown;
        {
            MainWindow window(&live);
            test::show(window, { 1280, 800 });
            test::tell(live, test::recordedSession());
            window.timelinePanel()->refresh();
            QTest::qWait(100);
            shown = test::viewText(window);
            QVERIFY(action(window, u"recording_save"_s)->isEnabled());
            QSignalSpy saved(window.recordings(), &Recordings::said);
            window.recordings()->save(path);
            QTRY_COMPARE(saved.size(), 1);
        }
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(path);
        QTRY_VERIFY(bar(window)->isVisible());
        window.timelinePanel()->refresh();
        QTRY_COMPARE(test::viewText(window), shown);
    }

    void stepsByKey()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        const std::size_t all = session.record().whole().size();
        QCOMPARE(session.position(), all);
        auto* slider = window.findChild<QSlider*>(u"replaySlider"_s);
        auto* label = window.findChild<QLabel*>(u"replayPosition"_s);
        QCOMPARE(slider->value(), static_cast<int>(all));

        press(window, Qt::Key_Left);
        QCOMPARE(session.position(), all - 1);
        QCOMPARE(slider->value(), static_cast<int>(all) - 1);
        press(window, Qt::Key_Right);
        press(window, Qt::Key_Right);
        QCOMPARE(session.position(), all);
        press(window, Qt::Key_Home);
        QCOMPARE(session.position(), 0);
        QVERIFY2(label->text().contains(u"0 /"), qPrintable(label->text()));
        QVERIFY(std::holds_alternative<op::state::Idle>(session.state()));
        QVERIFY(session.checks().empty());
        window.timelinePanel()->refresh();
        QVERIFY(test::viewText(window).contains(u"0 events"));
        // The whole timeline stays to be seen.
        QVERIFY(!window.timelinePanel()->scene().isEmpty());
        save(window, u"replay-start"_s);

        QStringList states;
        while (session.position() < all) {
            press(window, Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
            states.append(op::stateId(session.state()));
        }
        QCOMPARE(
            states, (QStringList{ u"checking"_s, u"ready"_s, u"moving"_s, u"verifying"_s, u"migrated"_s }));
        press(window, Qt::Key_Left, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(op::stateId(session.state()), u"verifying"_s);
        press(window, Qt::Key_End);
        QCOMPARE(session.position(), all);

        slider->setFocus();
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(session.position(), all - 1);
        QTest::keyClick(slider, Qt::Key_Home);
        QCOMPARE(session.position(), 0);
    }

    /// Going there and back leaves each view as it was.
    void everyPositionIsTheSameBothWays()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        const std::size_t all = session.record().whole().size();
        const auto shownAt = [&](std::size_t position) {
            session.seek(position);
            window.timelinePanel()->refresh();
            // What takes its time, such as the devices, comes a moment later.
            QString before;
            QString text = test::viewText(window);
            for (int round = 0; round < 50 && before != text; ++round) {
                QTest::qWait(60);
                before = std::exchange(text, test::viewText(window));
            }
            return text;
        };
        QList<std::size_t> positions{ 1, all / 4, all / 3, all / 2, all - 12, all - 1, all };
        QStringList forward;
        for (const std::size_t position : positions)
            forward.append(shownAt(position));
        for (qsizetype i = positions.size(); i-- > 0;)
            QCOMPARE(shownAt(positions[i]), forward[i]);
    }

    void plays()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        auto* speed = window.findChild<QComboBox*>(u"replaySpeed"_s);
        QCOMPARE(speed->currentText(), u"1×"_s);
        press(window, Qt::Key_BracketLeft);
        press(window, Qt::Key_BracketLeft);
        QCOMPARE(speed->currentText(), u"1/100"_s);
        for (int i = 0; i < 9; ++i)
            press(window, Qt::Key_BracketRight);
        QCOMPARE(speed->currentText(), u"100×"_s);

        QSignalSpy moved(&session, &ReplaySession::moved);
        press(window, Qt::Key_Space);
        QCOMPARE(action(window, u"replay_play"_s)->text(), u"Pause"_s);
        QTRY_COMPARE(session.position(), session.record().whole().size());
        QTRY_COMPARE(action(window, u"replay_play"_s)->text(), u"Play"_s);
        QVERIFY(moved.size() > 1);
        QVERIFY(std::holds_alternative<op::state::Migrated>(session.state()));

        // In slow motion hardly anything happens, but time goes on.
        press(window, Qt::Key_Home);
        for (int i = 0; i < 9; ++i)
            press(window, Qt::Key_BracketLeft);
        QCOMPARE(speed->currentText(), u"1/1,000"_s);
        const qint64 start = session.nowNs();
        auto* main = window.findChild<SessionCard*>()->findChild<QPushButton*>();
        QTest::mouseClick(main, Qt::LeftButton);
        QTRY_VERIFY(session.nowNs() > start);
        QTest::mouseClick(main, Qt::LeftButton);
        const qint64 halted = session.nowNs();
        QTest::qWait(50);
        QCOMPARE(session.nowNs(), halted);
        QVERIFY(halted - start < 1'000'000'000);
    }

    void goesToTheSelectedEvent()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        window.timelinePanel()->refresh();
        press(window, Qt::Key_Home);
        // It has not happened yet, but can be chosen in the timeline.
        window.timelinePanel()->selectEvent(40);
        press(window, Qt::Key_J, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(session.position(), 41);
    }

    void opensWhatIsDropped()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(sampleFile()) });
        QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &drop);
        QTRY_VERIFY(bar(window)->isVisible());

        data.setUrls({ QUrl(u"https://example.org/x.cutover"_s) });
        QDragEnterEvent foreign(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        foreign.ignore();
        QCoreApplication::sendEvent(&window, &foreign);
        QVERIFY(!foreign.isAccepted());
        QVERIFY(Recordings::droppedFile(&data).isEmpty());
        data.setUrls({ QUrl::fromLocalFile(m_folder.path()) });
        QVERIFY(Recordings::droppedFile(&data).isEmpty());
    }

    void damagedAsFarAsItGoes()
    {
        const QString path = file(u"cut.cutover"_s);
        test::writeRecording(path, test::recordedSession());
        QFile damaged(path);
        QVERIFY(damaged.resize(damaged.size() - 30));
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(path);
        QTRY_VERIFY(bar(window)->isVisible());
        auto* message = window.findChild<KMessageWidget*>(u"replayDamage"_s);
        QVERIFY(message->isVisible());
        QVERIFY2(message->text().contains(u"cut off"), qPrintable(message->text()));
        QCOMPARE(session.record().size(), test::recordedSession().size() - 1);
        save(window, u"replay-damaged"_s);
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(!message->isVisible());
    }

    void noRecordingSaysSo_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("says");
        QTest::newRow("text") << "hello\n"_ba << u"not a Cutover recording"_s;
        QTest::newRow("empty") << ""_ba << u"empty"_s;
        QTest::newRow("newer") << R"({"format":"cutover-recording","version":9})"
                                  "\n"_ba
                               << u"newer"_s;
    }
    void noRecordingSaysSo()
    {
        QFETCH(const QByteArray, content);
        QFETCH(const QString, says);
        const QString path = file(u"none.cutover"_s);
        QFile none(path);
        QVERIFY(none.open(QIODevice::WriteOnly));
        none.write(content);
        none.close();
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(path);
        QTRY_VERIFY2(failureText(window).contains(says), qPrintable(failureText(window)));
        QVERIFY(window.startPanel()->isVisible());
        QVERIFY(!bar(window)->isVisible());
        window.recordings()->open(m_folder.path());
        QTRY_VERIFY2(failureText(window).contains(u"folder"), qPrintable(failureText(window)));
        window.recordings()->open(file(u"missing"_s));
        QTRY_VERIFY2(failureText(window).contains(u"missing"), qPrintable(failureText(window)));
    }

    void emptyRecording()
    {
        const QString path = file(u"empty.cutover"_s);
        test::writeRecording(path, {});
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(path);
        QTRY_VERIFY(bar(window)->isVisible());
        for (const Qt::Key key : { Qt::Key_Left, Qt::Key_Right, Qt::Key_Home, Qt::Key_End, Qt::Key_Space })
            press(window, key);
        QCOMPARE(session.position(), 0);
        press(window, Qt::Key_W);
        QVERIFY(window.startPanel()->isVisible());
    }

    void loadingCanBeCancelled()
    {
        const QString path = file(u"large.cutover"_s);
        std::vector<timeline::Event> events = test::recordedSession();
        const std::vector<timeline::Event> some = events;
        while (events.size() < 150'000)
            events.insert(events.end(), some.begin(), some.end());
        test::writeRecording(path, events);
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(path);
        auto* progress = window.findChild<QWidget*>(u"recordingProgress"_s);
        QTRY_VERIFY(progress->isVisible() || bar(window)->isVisible());
        if (bar(window)->isVisible())
            QSKIP("It was read too fast to be cancelled");
        QTest::mouseClick(window.findChild<QPushButton*>(u"cancelLoading"_s), Qt::LeftButton);
        QVERIFY(!progress->isVisible());
        QTest::qWait(100);
        QVERIFY(!bar(window)->isVisible());
        QVERIFY(window.startPanel()->isVisible());
        QVERIFY(failureText(window).isEmpty());
        QFile::remove(path);
    }

    void recentRecordings()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QMenu* menu = window.recordings()->recentMenu();
        Q_EMIT menu->aboutToShow();
        QCOMPARE(menu->actions().size(), 1);
        QVERIFY(!menu->actions().first()->isEnabled());
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        press(window, Qt::Key_W);
        Q_EMIT menu->aboutToShow();
        QCOMPARE(menu->actions().first()->text(), u"sample"_s);
        menu->actions().first()->trigger();
        QTRY_VERIFY(bar(window)->isVisible());
    }

    void aRunningSessionIsNotLost()
    {
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        op::SessionRequest request;
        request.source.qmpPath = file(u"nothing-here"_s);
        window.begin(request);
        QVERIFY(std::holds_alternative<op::state::Checking>(session.state()));
        window.recordings()->open(sampleFile());
        QVERIFY2(failureText(window).contains(u"under way"), qPrintable(failureText(window)));
        QVERIFY(!action(window, u"recording_open"_s)->isEnabled());
        QTRY_VERIFY(std::holds_alternative<op::state::Failed>(session.state()));
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
    }

    void savingOverAnExistingFile()
    {
        const QString path = file(u"existing.cutover"_s);
        QFile existing(path);
        QVERIFY(existing.open(QIODevice::WriteOnly));
        existing.write("old");
        existing.close();
        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.recordings()->open(sampleFile());
        QTRY_VERIFY(bar(window)->isVisible());
        // All of the recording, wherever its replay stands.
        press(window, Qt::Key_Home);
        QSignalSpy said(window.recordings(), &Recordings::said);
        window.recordings()->save(path);
        QTRY_COMPARE(said.size(), 1);
        const auto saved = timeline::readRecording(path);
        QVERIFY(saved.has_value());
        QCOMPARE(saved->events.size(), test::recordedSession().size());
        window.recordings()->save(u"/nowhere/at/all"_s);
        QTRY_VERIFY2(failureText(window).contains(u"/nowhere"), qPrintable(failureText(window)));
    }
};

QTEST_MAIN(TestReplay)
#include "tst_replay.moc"
