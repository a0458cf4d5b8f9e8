// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "operator/journal.h"
#include "processesof.h"
#include "programprocess.h"
#include "qemus.h"
#include "runs/comparison.h"
#include "runs/errand.h"
#include "runs/runner.h"
#include "timeline/recording.h"

#include <QBuffer>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <optional>
#include <unistd.h>

using namespace cutover;
using namespace cutover::runs;
using namespace cutover::test;
using namespace Qt::StringLiterals;

static constexpr int deadlineMs = 240'000;

/// Sets of runs on real VMMs in labs: what is recorded of them, and that nothing is left of them.
class TestRuns : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void setsTakeTurns();
    void policyThatCannotWork();
    void cancelledInTheMiddle();
    void deletedInTheMiddle();
    void labThatDoesNotStart();
    void timeIsOver();
    void operatorsOwnVmm();
    void earlyStopOnQemu_data();
    void earlyStopOnQemu();
    void wrongSets();
    void program();
    void programInterrupted();

private:
    std::optional<QTemporaryDir> m_runtime;
    qsizetype m_fds = 0;
};

static qsizetype openFds()
{
    return QDir(u"/proc/self/fd"_s).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

static QStringList pairFolders(const QString& runtime)
{
    return QDir(runtime + u"/cutover"_s).entryList({ u"pair-*"_s }, QDir::Dirs);
}

static std::vector<Settings> sets(const QStringList& texts)
{
    std::vector<Settings> all;
    for (const QString& text : texts)
        all.push_back(settingsFromText(text).value());
    return all;
}

static QByteArray story(const Results& results)
{
    QString text;
    for (const SetResult& set : results.sets) {
        text += set.settings.name + u": "_s + set.unavailable + u'\n';
        for (const Run& run : set.runs)
            text += u"  %1 %2 %3\n"_s.arg(run.number).arg(runOutcomeId(run.outcome), run.failure);
    }
    return text.toUtf8();
}

void TestRuns::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    m_fds = openFds();
}

/// After every test: no process, no folder of a pair, no fd is left.
void TestRuns::cleanup()
{
    QTRY_COMPARE_WITH_TIMEOUT(processesOf(m_runtime->path()), QStringList(), 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(pairFolders(m_runtime->path()), QStringList(), 20'000);
    QTRY_COMPARE_LE_WITH_TIMEOUT(openFds(), m_fds + 1, 20'000); // the child watch of the first process
}

void TestRuns::setsTakeTurns()
{
    Runner runner(sets({ u"A:ram=16M,handover=prepared"_s, u"B:ram=16M,handover=early-stop"_s }),
        { .count = 3, .settleMs = 20, .program = u"test"_s });
    QList<int> order;
    connect(&runner, &Runner::runDone, this, [&](int set) { order << set; });
    QSignalSpy finished(&runner, &Runner::finished);
    QVERIFY(runner.start());
    QVERIFY(runner.isRunning());
    QVERIFY(!runner.progress().leftNs);
    QVERIFY(finished.wait(deadlineMs));
    const Results& results = runner.results();
    QVERIFY2(order == (QList<int>{ 0, 1, 0, 1, 0, 1 }), story(results));
    const Progress progress = runner.progress();
    QCOMPARE(progress.done, 6);
    QCOMPARE(progress.total, 6);
    for (const SetResult& set : results.sets) {
        QVERIFY2(set.unavailable.isEmpty(), story(results));
        QCOMPARE(set.runs.size(), 3);
        for (const Run& run : set.runs) {
            QVERIFY2(run.outcome == RunOutcome::Migrated, story(results));
            QVERIFY(run.pauseNs && *run.pauseNs > 0);
            QVERIFY(run.guestGapNs && *run.guestGapNs > 0);
            QVERIFY(run.totalNs > *run.pauseNs);
            qint64 sum = 0;
            for (const RunPart& part : run.parts)
                sum += part.durationNs;
            QCOMPARE(sum, *run.pauseNs);
            QByteArray bytes = run.recording;
            QBuffer buffer(&bytes);
            QVERIFY(buffer.open(QIODevice::ReadOnly));
            QVERIFY(timeline::RecordingReader(&buffer).readHeader());
        }
        QVERIFY(!phaseShares(set).empty());
        QVERIFY(!partShares(set).empty());
    }
    const auto again = resultsFromFile(toFile(results));
    QVERIFY2(again, again ? "" : qPrintable(again.error().message()));
    QCOMPARE(again->sets[1].runs[2].parts, results.sets[1].runs[2].parts);
}

/// Exclusive devices cannot be opened while the source has them: the guest stays, and the runs end early.
void TestRuns::policyThatCannotWork()
{
    Runner runner(sets({ u"late:ram=16M,handover=late-stop"_s,
                      u"late, bare:ram=16M,handover=late-stop,devices=off"_s }),
        { .count = 4, .settleMs = 20, .program = u"test"_s });
    QSignalSpy finished(&runner, &Runner::finished);
    QVERIFY(runner.start());
    QVERIFY(finished.wait(deadlineMs));
    const Results& results = runner.results();
    QCOMPARE(values(results.sets[1], Metric::Pause).size(), 4);
    if (!results.sets[0].notes.isEmpty())
        QSKIP(qPrintable(u"the lab has not all of its devices: "_s + results.sets[0].notes.join(u' ')));
    QVERIFY2(results.sets[0].runs.size() == 3, story(results));
    QVERIFY2(results.sets[0].unavailable.contains(u"3 times in a row"_s), story(results));
    QCOMPARE(failedRuns(results.sets[0]), 3);
    QVERIFY(!results.sets[0].runs[0].recording.isEmpty());
}

void TestRuns::cancelledInTheMiddle()
{
    Runner runner(sets({ u"A:ram=16M"_s, u"B:ram=16M,migrate-fds=off"_s }),
        { .count = 1000, .settleMs = 20, .program = u"test"_s });
    QSignalSpy finished(&runner, &Runner::finished);
    connect(&runner, &Runner::runDone, this, [&] {
        if (runner.progress().done == 3) {
            QVERIFY(runner.progress().leftNs.value_or(0) > 0);
            QMetaObject::invokeMethod(&runner, &Runner::cancel, Qt::QueuedConnection);
        }
    });
    QVERIFY(runner.start());
    QVERIFY(finished.wait(deadlineMs));
    QVERIFY(runner.results().cancelled);
    QVERIFY(!runner.isRunning());
    QCOMPARE_GE(runner.progress().done, 3);
    QCOMPARE_LE(runner.progress().done, 4);
    QCOMPARE(failedRuns(runner.results().sets[0]), 0);
}

void TestRuns::deletedInTheMiddle()
{
    auto runner = std::make_unique<Runner>(
        sets({ u"A:ram=16M"_s }), RunnerOptions{ .count = 1000, .settleMs = 20, .program = u"test"_s });
    QSignalSpy done(runner.get(), &Runner::runDone);
    QVERIFY(runner->start());
    QVERIFY(done.wait(deadlineMs));
    runner.reset();
}

void TestRuns::labThatDoesNotStart()
{
    Runner runner(sets({ u"A:ram=16M"_s, u"none:binary=/no/such/cutover-vmm"_s }),
        { .count = 2, .settleMs = 20, .program = u"test"_s });
    QSignalSpy finished(&runner, &Runner::finished);
    QVERIFY(runner.start());
    QVERIFY(finished.wait(deadlineMs));
    QCOMPARE(runner.results().sets[0].runs.size(), 2);
    QVERIFY(runner.results().sets[1].runs.empty());
    QVERIFY2(runner.results().sets[1].unavailable.contains(u"/no/such"_s), story(runner.results()));
}

void TestRuns::timeIsOver()
{
    Runner runner(
        sets({ u"A:ram=16M"_s }), { .count = 1000, .settleMs = 20, .budgetNs = 1, .program = u"test"_s });
    QSignalSpy finished(&runner, &Runner::finished);
    QVERIFY(runner.start());
    QVERIFY(finished.wait(deadlineMs));
    QVERIFY(runner.results().sets[0].runs.size() < 2);
    QVERIFY(!runner.results().sets[0].unavailable.isEmpty());
    QVERIFY(!runner.results().cancelled);
}

/// Two sets share the guest of one VMM, which is not ours to end.
void TestRuns::operatorsOwnVmm()
{
    lab::LabProgram lab({ .vmm = lab::LabRequest::Vmm::Embedded,
        .program = {},
        .options = { u"--ram"_s, u"16M"_s, u"--bare"_s } });
    QSignalSpy started(&lab, &lab::LabProgram::started);
    lab.start();
    QVERIFY(started.wait(deadlineMs));
    const QString source = u"source=qmp:"_s + lab.qmpPath();
    {
        Runner runner(sets({ u"A:handover=prepared,"_s + source, u"B:handover=early-stop,"_s + source }),
            { .count = 2, .settleMs = 20, .program = u"test"_s });
        QSignalSpy finished(&runner, &Runner::finished);
        QVERIFY(runner.start());
        QVERIFY(finished.wait(deadlineMs));
        QVERIFY2(values(runner.results().sets[0], Metric::Pause).size() == 2, story(runner.results()));
        QVERIFY2(values(runner.results().sets[1], Metric::Pause).size() == 2, story(runner.results()));
    }
    // The guest goes on, where its monitor was.
    std::optional<bool> running;
    const Errand errand(lab.qmpPath(), { { .command = u"query-status"_s, .arguments = {} } },
        [&](const Result<void>& asked) { running = asked.has_value(); });
    QTRY_COMPARE_WITH_TIMEOUT(running, std::optional(true), deadlineMs);
    // The guest's latest process and its log are the operator's.
    const QStringList pairs = pairFolders(m_runtime->path());
    QCOMPARE(pairs.size(), 1);
    for (const QString& pid : processesOf(pairs.first())) {
        if (const auto start = processStartTime(pid.toInt()))
            lab.takeOver(pid.toInt(), *start);
    }
    QSignalSpy ended(&lab, &lab::LabProgram::ended);
    lab.end();
    QVERIFY(ended.wait(deadlineMs));
    QVERIFY(op::removePairFolder(m_runtime->filePath(u"cutover/"_s + pairs.first())));
}

void TestRuns::earlyStopOnQemu_data()
{
    QTest::addColumn<QString>("version");
    QTest::newRow("10.0") << u"10.0"_s;
    QTest::newRow("11.1") << u"11.1"_s;
}

/// The safe order on a QEMU that does not have it, beside its own.
void TestRuns::earlyStopOnQemu()
{
    QFETCH(const QString, version);
    const QString binary = qemuBinary(version);
    if (binary.isEmpty())
        QSKIP("there is no such QEMU here");
    const QString base = u":vmm=qemu,accel=tcg,ram=64M,binary=%1,handover="_s.arg(binary);
    Runner runner(sets({ u"late"_s + base + u"late-stop"_s, u"early"_s + base + u"early-stop"_s }),
        { .count = 2, .settleMs = 20, .program = u"test"_s });
    QSignalSpy finished(&runner, &Runner::finished);
    QVERIFY(runner.start());
    QVERIFY(finished.wait(deadlineMs));
    const Results& results = runner.results();
    for (const SetResult& set : results.sets)
        QVERIFY2(values(set, Metric::Pause).size() == 2, story(results));
    // The destination's devices are created inside this pause, and before the other.
    const Run& early = results.sets[1].runs[0];
    QCOMPARE_GT(*early.pauseNs, early.phaseNs[std::size_t(timeline::PhaseId::Devices)].value_or(0));
    QVERIFY(early.tier >= timeline::EvidenceTier::QmpEvents);
    QVERIFY2(early.sourceVersion.contains(version), qPrintable(early.sourceVersion));
}

void TestRuns::wrongSets()
{
    const auto refused = [](std::vector<Settings> wrong, int count = 1) {
        return !Runner(std::move(wrong), { .count = count }).start().has_value();
    };
    QVERIFY(refused({}));
    QVERIFY(refused(sets({ u"A"_s, u"A:ram=1G"_s })));
    QVERIFY(refused(sets({ u"A"_s }), 0));
    QVERIFY(refused(sets({ u"A"_s }), maxCount + 1));
    QVERIFY(refused({ Settings{ .name = u"A"_s, .ramBytes = 1 } }));
}

/// cutoverctl runs: what it prints, keeps and shows again.
void TestRuns::program()
{
    const QString path = m_runtime->filePath(u"kept.json"_s);
    const QStringList arguments{ u"runs"_s, u"--set"_s, u"A:ram=16M,devices=off"_s, u"--set"_s,
        u"B:ram=16M,devices=off,handover=early-stop"_s, u"--count"_s, u"2"_s, u"--save"_s, path,
        u"--json"_s };
    const ProcessRun run = runProcess(arguments);
    QVERIFY2(run.code == 0, qPrintable(run.err + run.out.right(2000)));
    QCOMPARE(run.jsonLines().size(), 5);
    const QJsonObject summary = run.lastJson();
    QCOMPARE(summary["sets"_L1][1]["metrics"_L1]["pause"_L1]["runs"_L1].toInt(), 2);
    QCOMPARE(summary["comparisons"_L1][0]["verdict"_L1].toString(), u"too-few"_s);
    const ProcessRun again = runProcess({ u"runs"_s, u"--show"_s, path, u"--json"_s });
    QCOMPARE(again.code, 0);
    QCOMPARE(again.lastJson(), summary);
    const ProcessRun shown = runProcess({ u"runs"_s, u"--show"_s, path });
    QVERIFY2(shown.out.contains(u"too few to tell B from A"_s), qPrintable(shown.out));
    const ProcessRun overwriting = runProcess(arguments);
    QCOMPARE(overwriting.code, 1);
    QVERIFY2(overwriting.err.contains(u"exists already"_s), qPrintable(overwriting.err));
    QVERIFY(readResults(path));
}

void TestRuns::programInterrupted()
{
    const QString path = m_runtime->filePath(u"kept.json"_s);
    ProcessUnderTest process({ u"runs"_s, u"--set"_s, u"A:ram=16M,devices=off"_s, u"--count"_s, u"1000"_s,
        u"--save"_s, path, u"--json"_s });
    QTRY_VERIFY_WITH_TIMEOUT(process.output().count(u'\n') >= 2, deadlineMs);
    QVERIFY(process.sendSignal(SIGINT));
    const ProcessRun run = process.wait();
    QCOMPARE(run.code, 1);
    const auto kept = readResults(path);
    QVERIFY(kept && kept->cancelled);
    QCOMPARE_GE(kept->sets[0].runs.size(), 2);
    QCOMPARE(run.lastJson()["cancelled"_L1].toBool(), true);
}

QTEST_GUILESS_MAIN(TestRuns)

#include "tst_runs.moc"
