// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "replay/recordings.h"
#include "replay/replaysession.h"
#include "runs/distributionplot.h"
#include "runs/runsform.h"
#include "runs/runspanel.h"
#include "runs/runsview.h"
#include "runs/sharebars.h"
#include "timeline/timelinepanel.h"
#include "widgets/failurebox.h"
#include "windowuser.h"

#include "../integration/processesof.h"
#include "../integration/qemus.h"

#include "colours.h"

#include <KColorSchemeManager>

#include <QDir>
#include <QProgressBar>
#include <QScopeGuard>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTreeView>

#include <unistd.h>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using cutover::test::processesOf;
using ui::test::deadlineMs;
using ui::test::WindowUser;

/// Sets of runs in the dock of the window, on real labs of the embedded VMM, by keyboard.
class TestRunsDock : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_runtime;

    struct Fixture
    {
        ReplaySession session;
        MainWindow window{ &session };
        WindowUser user{ window };
        RunsPanel* panel = window.runs();

        explicit Fixture(QSize size = { 1280, 800 })
        {
            ui::test::show(window, size);
            // There, from wherever one is.
            user.press(Qt::CTRL | Qt::ALT | Qt::Key_9);
            if (!QTest::qWaitFor([this] { return !panel->visibleRegion().isEmpty(); }))
                qFatal("the dock is not shown");
        }
        /// A chord of the dock: Ctrl+B, then \a key.
        void chord(Qt::Key key) const
        {
            QTest::keySequence(window.windowHandle(), QKeySequence(Qt::CTRL | Qt::Key_B, key));
        }
        QString story() const
        {
            QString text = panel->findChild<QLabel*>(u"runsProgressText"_s)->text();
            for (const runs::SetResult& set : panel->series().results().sets) {
                text += u'\n' + set.settings.name + u' ' + set.unavailable;
                for (const runs::Run& run : set.runs)
                    text += u"\n  "_s + runs::runOutcomeId(run.outcome) + u' ' + run.failure;
            }
            return text;
        }
        QString failures() const
        {
            QString text = story();
            for (const FailureBox* box : window.findChildren<FailureBox*>())
                text += u'\n' + box->text();
            return text;
        }
        int done() const
        {
            int runs = 0;
            for (const runs::SetResult& set : panel->series().results().sets)
                runs += static_cast<int>(set.runs.size());
            return runs;
        }
        void typeSet(const QString& text) const
        {
            user.type(u"runsText"_s, text);
            user.press(Qt::Key_Return);
        }
        void typeCount(int count) const
        {
            auto* field = user.the<QSpinBox>(u"runsCount"_s);
            field->setFocus();
            field->selectAll();
            QTest::keyClicks(field, QString::number(count));
            QCOMPARE(field->value(), count);
        }
    };

    static QStringList recordingFolders()
    {
        const QString ours = u"cutover-runs-%1-%2-*"_s.arg(::getuid()).arg(::getpid());
        return QDir(QDir::tempPath()).entryList({ ours }, QDir::Dirs);
    }

private Q_SLOTS:
    void initTestCase() { ui::test::setUp(m_runtime.path()); }
    void init() { ui::test::startAfresh({ u"Recordings"_s }); }
    void cleanup()
    {
        QTRY_COMPARE_WITH_TIMEOUT(processesOf(m_runtime.path()), QStringList(), deadlineMs);
        QCOMPARE(recordingFolders(), QStringList());
    }

    void isHiddenAtFirst()
    {
        ReplaySession session;
        const MainWindow window(&session);
        QVERIFY(window.findChild<QDockWidget*>(u"runsDock"_s)->isHidden());
    }

    void fieldsAndTextSayTheSame()
    {
        Fixture f;
        auto* form = f.panel->form();
        QCOMPARE(form->model().rowCount(), 2);
        f.user.choose(u"runsHandover"_s, 3);
        QCOMPARE(form->model().sets()[0].handover, u"late-stop"_s);
        QVERIFY(f.user.the<QLineEdit>(u"runsText"_s)->text().contains(u"handover=late-stop"_s));
        f.typeSet(u"copied:migrate-fds=off,ram=16M,queues=2"_s);
        QCOMPARE(form->model().sets()[0].queues, 2);
        QCOMPARE(f.user.the<QLineEdit>(u"runsName"_s)->text(), u"copied"_s);
        QCOMPARE(f.user.the<QComboBox>(u"runsMode"_s)->currentData().toString(), u"normal"_s);
        QCOMPARE(f.user.the<QSpinBox>(u"runsRam"_s)->value(), 16);
        // What contradicts itself is said, and cannot be started.
        auto* problem = f.user.the<QLabel>(u"runsProblem"_s);
        QVERIFY(problem->text().isEmpty());
        f.user.choose(u"runsMode"_s, 0);
        QVERIFY2(problem->text().contains(u"migrate-fds"), qPrintable(problem->text()));
        QVERIFY(!ui::test::action(f.window, u"runs_start"_s)->isEnabled());
        f.typeSet(u"one:speed=3"_s);
        QVERIFY2(problem->text().contains(u"speed"), qPrintable(problem->text()));
        f.typeSet(u"one:ram=16M"_s);
        QVERIFY2(problem->text().isEmpty(), qPrintable(problem->text()));
        QVERIFY(ui::test::action(f.window, u"runs_start"_s)->isEnabled());
        // A VMM of the operator needs to be named.
        auto* vmm = f.user.the<QComboBox>(u"runsVmm"_s);
        f.user.choose(u"runsVmm"_s, vmm->count() - 1);
        QVERIFY(!ui::test::action(f.window, u"runs_start"_s)->isEnabled());
        f.user.type(u"runsSource"_s, u"qmp:/run/vm.sock"_s);
        QCOMPARE(form->model().sets()[0].source.qmpPath, u"/run/vm.sock"_s);
        QVERIFY(ui::test::action(f.window, u"runs_start"_s)->isEnabled());
    }

    void runsByKeyboard()
    {
        const QString path = m_runtime.filePath(u"kept.json"_s);
        runs::Results measured;
        {
            Fixture f;
            QVERIFY(f.panel->form()->isVisible());
            f.typeSet(u"A:ram=16M,devices=off"_s);
            f.typeCount(3);
            ui::test::save(f.window, u"runs-form"_s);
            f.user.press(Qt::CTRL | Qt::ALT | Qt::Key_9); // out of the dock, and in again
            f.user.press(Qt::CTRL | Qt::ALT | Qt::Key_9);
            f.panel->form()->chooseSet(1);
            f.typeSet(u"B:ram=16M,devices=off,handover=early-stop"_s);
            f.chord(Qt::Key_S);
            QTRY_VERIFY2(f.panel->series().isRunning(), qPrintable(f.story()));
            QVERIFY(f.panel->view()->isVisible());
            QTRY_VERIFY_WITH_TIMEOUT(f.done() > 0 || !f.panel->series().isRunning(), deadlineMs);
            QTRY_VERIFY2_WITH_TIMEOUT(!f.panel->series().isRunning(), qPrintable(f.story()), deadlineMs);
            QVERIFY2(f.done() == 6, qPrintable(f.story()));
            measured = f.panel->series().results();

            // Figures, verdict, list, shares and plot.
            auto* figures = f.user.the<QTreeView>(u"runsFigures"_s);
            f.chord(Qt::Key_F);
            QTRY_VERIFY(figures->hasFocus());
            QCOMPARE(figures->model()->rowCount(), 2);
            QCOMPARE(figures->model()->index(1, SpreadModel::RunsColumn).data().toString(), u"3"_s);
            QCOMPARE(
                figures->model()->index(0, SpreadModel::NinetyColumn).data().toString(), u"needs 10 runs"_s);
            QVERIFY(f.user.the<QLabel>(u"runsSentences"_s)->text().contains(u"too few to tell B from A"));
            QTest::keyClick(figures, Qt::Key_Down);
            QCOMPARE(f.panel->view()->chosenSet(), std::size_t(1));
            f.chord(Qt::Key_R);
            auto* list = f.user.the<QTreeView>(u"runsList"_s);
            QTRY_VERIFY(list->hasFocus());
            QCOMPARE(list->model()->rowCount(), 3);
            for (int row = 0; row < 3; ++row)
                QCOMPARE(
                    list->model()->index(row, RunListModel::RecordingColumn).data().toString(), u"kept"_s);
            QVERIFY(f.user.the<QTreeView>(u"runsShares"_s)->model()->rowCount() > 2);
            const auto* bars = f.window.findChild<ShareBars*>();
            QCOMPARE(bars->bars().size(), std::size_t(2));
            QVERIFY(bars->bars()[1].parts.size() > 2);
            f.chord(Qt::Key_D);
            auto* plot = f.panel->view()->plot();
            QTRY_VERIFY(plot->hasFocus());
            QCOMPARE(plot->points().size(), std::size_t(6));
            QTest::keyClick(plot, Qt::Key_Right);
            QVERIFY(plot->chosen().has_value());
            QCOMPARE(f.panel->view()->chosenRun(), std::optional(plot->chosen()->run));
            QVERIFY(!plot->accessibleDescription().isEmpty());
            f.chord(Qt::Key_B);
            QVERIFY(plot->accessibleName().contains(u"boxes"));
            QCOMPARE(plot->points().size(), std::size_t(6));

            f.chord(Qt::Key_A);
            f.user.typeFile(path);
            QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path), deadlineMs);
            verifySlowest(f, 1);
        }
        // Another window shows the same, and the timeline from the file.
        Fixture again;
        again.chord(Qt::Key_O);
        again.user.typeFile(path);
        QTRY_COMPARE_WITH_TIMEOUT(again.done(), 6, deadlineMs);
        const auto kept = runs::readResults(path);
        QVERIFY(kept);
        QVERIFY(again.panel->series().results() == *kept);
        for (std::size_t set = 0; set < 2; ++set) {
            for (std::size_t run = 0; run < 3; ++run)
                QCOMPARE(kept->sets[set].runs[run].pauseNs, measured.sets[set].runs[run].pauseNs);
        }
        QVERIFY(again.panel->view()->isVisible());
        verifySlowest(again, 0);
    }

    /// Two runs of a real QEMU, each with its recording in a folder of the operator.
    void qemuRunsInAFolder()
    {
        const QString version = cutover::test::qemuBinary(u"11.1"_s).isEmpty() ? u"10.0"_s : u"11.1"_s;
        const QString qemu = cutover::test::qemuBinary(version);
        if (qemu.isEmpty())
            QSKIP("there is no QEMU here");
        const QString folder = m_runtime.filePath(u"kept of qemu"_s);
        Fixture f;
        f.panel->form()->model().setSets({ *runs::settingsFromText(u"Q:vmm=qemu,ram=64M"_s) });
        f.panel->form()->chooseSet(0);
        f.typeSet(u"Q:vmm=qemu,ram=64M,binary="_s + qemu);
        f.typeCount(2);
        f.user.choose(u"runsKeep"_s, 1);
        f.user.type(u"runsFolder"_s, folder);
        f.chord(Qt::Key_S);
        QTRY_VERIFY2(f.panel->series().isRunning(), qPrintable(f.story()));
        QTRY_VERIFY2_WITH_TIMEOUT(!f.panel->series().isRunning(), qPrintable(f.story()), deadlineMs);
        QVERIFY2(f.done() == 2, qPrintable(f.story()));
        const runs::SetResult& set = f.panel->series().results().sets[0];
        QVERIFY2(runs::failedRuns(set) == 0, qPrintable(f.story()));
        QVERIFY2(set.runs[0].sourceVersion.contains(version), qPrintable(set.runs[0].sourceVersion));
        for (const runs::Run& run : set.runs) {
            QVERIFY(run.pauseNs.value_or(0) > 0);
            const QString path = folder + u'/' + runs::recordingFileName(0, set.settings.name, run.number);
            QTRY_VERIFY2(QFile::exists(path), qPrintable(path));
            const auto recording = timeline::readRecording(path);
            QVERIFY(recording && !recording->damage.isDamaged() && !recording->events.empty());
        }
        verifySlowest(f, 0);
        QCOMPARE(QDir(folder).entryList(QDir::Files).size(), 2);
    }

    void cancelledInTheMiddle()
    {
        Fixture f;
        f.panel->form()->model().setSets({ *runs::settingsFromText(u"A:ram=16M,devices=off"_s) });
        f.typeCount(1000);
        f.chord(Qt::Key_S);
        QTRY_VERIFY2_WITH_TIMEOUT(f.done() >= 2, qPrintable(f.story()), deadlineMs);
        auto* progress = f.panel->findChild<QProgressBar*>();
        QVERIFY(progress->isVisible());
        QCOMPARE(progress->maximum(), 1000);
        QTRY_VERIFY2(f.panel->findChild<QLabel*>(u"runsProgressText"_s)->text().contains(u" left"),
            qPrintable(f.story()));
        QVERIFY(!ui::test::action(f.window, u"runs_start"_s)->isEnabled());
        f.chord(Qt::Key_C);
        QTRY_VERIFY2_WITH_TIMEOUT(!f.panel->series().isRunning(), qPrintable(f.story()), deadlineMs);
        QVERIFY(f.panel->series().results().cancelled);
        QVERIFY(f.done() >= 2);
        QVERIFY(!progress->isVisible());
        QVERIFY(ui::test::action(f.window, u"runs_start"_s)->isEnabled());
        QTRY_COMPARE_WITH_TIMEOUT(processesOf(m_runtime.path()), QStringList(), deadlineMs);
        verifySlowest(f, 0);
    }

    /// The window waits for the labs to end, and goes then.
    void closedInTheMiddle()
    {
        Fixture f;
        f.panel->form()->model().setSets({ *runs::settingsFromText(u"A:ram=16M,devices=off"_s) });
        f.typeCount(1000);
        f.chord(Qt::Key_S);
        QTRY_VERIFY2_WITH_TIMEOUT(f.done() >= 1, qPrintable(f.story()), deadlineMs);
        f.user.press(Qt::CTRL | Qt::Key_Q);
        QTRY_VERIFY_WITH_TIMEOUT(!f.window.isVisible(), deadlineMs);
        QVERIFY(!f.panel->series().isRunning());
    }

    void lightAndDark_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<QSize>("size");
        QTest::newRow("light-1280") << u"BreezeLight"_s << QSize(1280, 800);
        QTest::newRow("dark-1280") << u"BreezeDark"_s << QSize(1280, 800);
        QTest::newRow("light-1920") << u"BreezeLight"_s << QSize(1920, 1080);
        QTest::newRow("dark-1920") << u"BreezeDark"_s << QSize(1920, 1080);
    }
    void lightAndDark()
    {
        QFETCH(const QString, scheme);
        QFETCH(const QSize, size);
        auto* schemes = KColorSchemeManager::instance();
        schemes->activateScheme(schemes->indexForSchemeId(scheme));
        const auto back = qScopeGuard(
            [schemes] { schemes->activateScheme(schemes->indexForSchemeId(u"BreezeLight"_s)); });
        const QString path = m_runtime.filePath(u"made.json"_s);
        QVERIFY(runs::writeResults(path, madeUpResults()));
        Fixture f(size);
        QCOMPARE(Colours::of(f.window.palette()).isDark(), scheme == u"BreezeDark");
        const QString name = u"runs-"_s + QString::fromLatin1(QTest::currentDataTag());
        ui::test::save(f.window, name + u"-form"_s);
        f.panel->series().open(path);
        QTRY_COMPARE_WITH_TIMEOUT(f.done(), 120, deadlineMs);
        auto* plot = f.panel->view()->plot();
        QTRY_COMPARE_WITH_TIMEOUT(plot->points().size(), std::size_t(119), deadlineMs); // one has failed
        f.chord(Qt::Key_D);
        QTRY_VERIFY(plot->hasFocus());
        QTest::keyClick(plot, Qt::Key_Right);
        const QImage steps = plot->grab().toImage();
        ui::test::save(f.window, name + u"-steps"_s);
        f.chord(Qt::Key_B);
        f.chord(Qt::Key_R);
        const QImage boxes = plot->grab().toImage();
        QVERIFY(steps != boxes);
        ui::test::save(f.window, name + u"-boxes"_s);
        f.chord(Qt::Key_G);
        f.chord(Qt::Key_P);
        QVERIFY(plot->grab().toImage() != boxes);
        ui::test::save(f.window, name + u"-phases"_s);
        // Each run that is drawn lies in the plot, whatever its size.
        for (const RunPoint& point : plot->points())
            QVERIFY(QRectF(plot->rect()).contains(point.at));
    }

private:
    /// Three sets of forty runs, as they could have been measured.
    static runs::Results madeUpResults()
    {
        runs::Results results{ .created = u"2026-11-21T09:00:00Z"_s, .program = u"cutover"_s, .count = 40 };
        const QStringList sets{ u"prepared:handover=prepared"_s, u"early-stop:handover=early-stop"_s,
            u"QEMU 11.1, early-stop under load:vmm=qemu,handover=early-stop,busy=4"_s };
        for (const QString& text : sets) {
            runs::SetResult set{ .settings = *runs::settingsFromText(text) };
            const qint64 base = 300'000 * qint64(1 + results.sets.size() * results.sets.size());
            for (int i = 0; i < results.count; ++i) {
                const qint64 spread = (i * 7919) % 101;
                runs::Run run{ .number = i + 1, .startedNs = 1, .outcome = runs::RunOutcome::Migrated };
                run.pauseNs = base + base * spread * spread / 20'000;
                run.tier = timeline::EvidenceTier::Trace;
                run.totalNs = *run.pauseNs * 40;
                run.guestGapNs = *run.pauseNs + 90'000;
                for (std::size_t phase = 0; phase < run.phaseNs.size(); ++phase)
                    run.phaseNs.at(phase) = *run.pauseNs / qint64(phase + 1);
                run.parts = { { .kind = u"stop"_s, .side = Side::Source, .durationNs = *run.pauseNs / 5 },
                    { .kind = u"transfer"_s, .side = Side::Channel, .durationNs = *run.pauseNs / 5 },
                    { .kind = u"load"_s, .side = Side::Destination, .durationNs = *run.pauseNs * 3 / 5 } };
                set.runs.push_back(run);
            }
            results.sets.push_back(set);
        }
        runs::Run& failed = results.sets[1].runs[7];
        failed.outcome = runs::RunOutcome::Failed;
        failed.failure = u"The destination ended before it had the guest."_s;
        return results;
    }

    /// Enter on a set: its slowest run as a replay, with the pause marked and in view.
    void verifySlowest(Fixture& f, std::size_t set)
    {
        f.chord(Qt::Key_F);
        auto* figures = f.user.the<QTreeView>(u"runsFigures"_s);
        QTRY_VERIFY(figures->hasFocus());
        QTRY_VERIFY(figures->model()->rowCount() > static_cast<int>(set));
        figures->setCurrentIndex(figures->model()->index(static_cast<int>(set), 0));
        const runs::SetResult& of = f.panel->series().results().sets[set];
        const runs::Run& slowest = of.runs[runs::slowestRun(of).value()];
        QTest::keyClick(figures, Qt::Key_Return);
        QTRY_VERIFY2_WITH_TIMEOUT(f.session.replay(), qPrintable(f.failures()), deadlineMs / 4);
        QTRY_VERIFY2(f.window.timelinePanel()->view()->hasFocus(),
            qPrintable(f.window.focusWidget() ? f.window.focusWidget()->objectName() : u"nobody"_s));
        ZoomControl& zoom = f.window.timelinePanel()->zoom();
        QCOMPARE(zoom.selection()->startNs, slowest.stopNs);
        QCOMPARE(zoom.selection()->length(), slowest.pauseNs.value());
        qint64 longest = 0;
        for (const runs::SetResult& each : f.panel->series().results().sets) {
            for (const runs::Run& run : each.runs)
                longest = std::max(longest, run.pauseNs.value_or(0));
        }
        // Of every run at the same place, also where its recording ends soon after.
        QCOMPARE(zoom.range().startNs, slowest.stopNs - longest / 4);
        QCOMPARE(zoom.range().endNs, slowest.stopNs + longest + longest / 4);
        ui::test::save(f.window, u"runs-slowest"_s);
    }
};

QTEST_MAIN(TestRunsDock)

#include "tst_runsdock.moc"
