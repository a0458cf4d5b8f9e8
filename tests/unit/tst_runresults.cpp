// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/comparison.h"
#include "runs/results.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::runs;
using namespace Qt::StringLiterals;

/// Settings, the file of results and what is said of them.
class TestRunResults : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void settingsAreWrittenAsTheyAreRead_data();
    void settingsAreWrittenAsTheyAreRead();
    void settingsThatAreRefused_data();
    void settingsThatAreRefused();
    void settingsBecomeRequests();
    void recordingsAreBounded();
    void recordingFileNames();
    void fileKeepsAll();
    void hostileFiles_data();
    void hostileFiles();
    void anyCutFileIsRefused();
    void comparisons();
    void sharesAreMedians();
};

static const QByteArray someRecording
    = "{\"format\":\"cutover-recording\",\"version\":1}\n{\"category\":\"verdict\",\"name\":\"migrated\"}\n";

static Run runOf(qint64 pauseNs, int number = 1)
{
    Run run{ .number = number, .startedNs = 1'795'253'994'813'290'000, .outcome = RunOutcome::Migrated };
    run.pauseNs = pauseNs;
    run.tier = timeline::EvidenceTier::Trace;
    run.clockErrorNs = 1000;
    run.totalNs = 20 * pauseNs;
    run.phaseNs[4] = pauseNs;
    run.parts = { { .kind = u"stop"_s, .side = Side::Source, .durationNs = pauseNs / 4 },
        { .kind = u"load"_s,
            .side = Side::Destination,
            .device = u"ram"_s,
            .durationNs = pauseNs - pauseNs / 4 } };
    return run;
}

static SetResult setOf(const QString& name, const std::vector<qint64>& pauses)
{
    SetResult set;
    set.settings.name = name;
    for (std::size_t i = 0; i < pauses.size(); ++i)
        set.runs.push_back(runOf(pauses[i], int(i) + 1));
    return set;
}

static Results someResults()
{
    Results results{ .created = u"2026-11-21T09:00:00Z"_s, .program = u"cutover 1"_s, .count = 3 };
    results.sets = { setOf(u"A"_s, { 1'000'000, 2'000'000 }), setOf(u"B, the other"_s, { 5 }) };
    results.sets[0].settings.handover = u"early-stop"_s;
    results.sets[0].runs[1].recording = someRecording;
    results.sets[1].unavailable = u"there is none"_s;
    results.sets[1].notes = { u"No network: it is so."_s };
    results.sets[1].runs[0].outcome = RunOutcome::Failed;
    results.sets[1].runs[0].pauseNs.reset();
    results.sets[1].runs[0].failure = u"Destination: it broke"_s;
    return results;
}

void TestRunResults::settingsAreWrittenAsTheyAreRead_data()
{
    QTest::addColumn<QString>("text");
    for (const QString& text : { u"A"_s, u"late:vmm=qemu"_s,
             u"early:vmm=qemu,binary=qemu-system-x86_64-11.1,handover=early-stop,ram=1G,accel=tcg,busy=2"_s,
             u"old to new:vmm=qemu,binary=/a,,b/qemu,new-binary=/c"_s,
             u"mine:vmm=qemu,source=qmp:/run/vm.sock"_s, u"mine:source=pid:4711,handover=late-stop"_s,
             u"copied:mode=normal,migrate-fds=off"_s, u"load:ram=384M,queues=4,devices=off,load=full"_s,
             u"bare:vmm=qemu,guarded=off"_s })
        QTest::newRow(qPrintable(text)) << text;
}

void TestRunResults::settingsAreWrittenAsTheyAreRead()
{
    QFETCH(const QString, text);
    const auto settings = settingsFromText(text);
    QVERIFY2(settings, settings ? "" : qPrintable(settings.error().message()));
    QCOMPARE(settingsText(*settings), text);
    auto again = settingsFromJson(toJson(*settings));
    QVERIFY(again);
    again->name = settings->name;
    QCOMPARE(*again, *settings);
}

void TestRunResults::settingsThatAreRefused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto row = [](const QString& text, const QString& says) {
        QTest::newRow(qPrintable(text.left(60))) << text << says;
    };
    row(u""_s, u"name"_s);
    row(u":ram=1G"_s, u"name"_s);
    row(u"ram=1G"_s, u"has no name"_s);
    row(QString(61, u'x'), u"name"_s);
    row(u"A:colour=red"_s, u"no setting 'colour'"_s);
    row(u"A:ram"_s, u"no value"_s);
    row(u"A:ram=1G,ram=2G"_s, u"twice"_s);
    row(u"A:ram=0"_s, u"ram cannot be '0'"_s);
    row(u"A:ram=9999999T"_s, u"ram"_s);
    row(u"A:ram=1K"_s, u"ram"_s);
    row(u"A:queues=9"_s, u"queues cannot be '9'"_s);
    row(u"A:vmm=xen"_s, u"vmm"_s);
    row(u"A:load=heavy"_s, u"load"_s);
    row(u"A:source=vm"_s, u"source"_s);
    row(u"A:source=pid:-1"_s, u"source"_s);
    row(u"A:migrate-fds=off,handover=late-stop"_s, u"migrate-fds=off"_s);
    row(u"A:migrate-fds=off,mode=cpr-transfer"_s, u"migrate-fds=off"_s);
    row(u"A:mode=normal,handover=late-stop"_s, u"handover"_s);
    row(u"A:vmm=qemu,handover=prepared"_s, u"prepared"_s);
    row(u"A:vmm=qemu,handover=early-stop,guarded=off"_s, u"guarded=off"_s);
    row(u"A:vmm=qemu,queues=2"_s, u"embedded"_s);
    row(u"A:vmm=qemu,load=full"_s, u"embedded"_s);
    row(u"A:guarded=off"_s, u"guarded"_s);
    row(u"A:accel=tcg"_s, u"tcg"_s);
    row(u"A:vmm=qemu,accel=thread"_s, u"thread"_s);
    row(u"A:source=pid:1,binary=/q"_s, u"lab"_s);
    row(u"A:busy=65"_s, u"busy"_s);
    row(u"A:binary="_s + QString(5000, u'x'), u"no value"_s);
}

void TestRunResults::settingsThatAreRefused()
{
    QFETCH(const QString, text);
    QFETCH(const QString, says);
    const auto settings = settingsFromText(text);
    QVERIFY(!settings);
    QVERIFY2(settings.error().cause.contains(says), qPrintable(settings.error().cause));
}

void TestRunResults::settingsBecomeRequests()
{
    const auto embedded = requestOf(*settingsFromText(u"A:handover=early-stop"_s));
    QCOMPARE(embedded.parameters, (QJsonObject{ { u"handover"_s, u"early-stop"_s } }));
    const auto copied = requestOf(*settingsFromText(u"A:migrate-fds=off"_s));
    QCOMPARE(copied.mode, u"normal"_s);
    QCOMPARE(copied.parameters, (QJsonObject{ { u"migrate-fds"_s, false } }));
    const Settings early = *settingsFromText(u"A:vmm=qemu,handover=early-stop,binary=/q,ram=2G"_s);
    QVERIFY(early.stopsByHand());
    QVERIFY(requestOf(early).parameters.isEmpty());
    QCOMPARE(labOf(early).program, u"/q"_s);
    QCOMPARE(labOf(early).options, (QStringList{ u"--ram"_s, u"2G"_s }));
}

void TestRunResults::recordingsAreBounded()
{
    SetResult set;
    for (int i = 0; i < 20; ++i) {
        Run run = runOf(i == 3 ? 1000 : 10 + i, i + 1);
        run.recording = someRecording;
        addRun(set, run);
    }
    for (int i = 0; i < 10; ++i) {
        Run run{ .number = 21 + i };
        run.recording = someRecording;
        addRun(set, run);
    }
    QVERIFY(!set.runs[0].recording.isEmpty()); // as long as there is room
    trimRecordings(set);
    QList<int> kept;
    for (const Run& run : set.runs) {
        if (!run.recording.isEmpty())
            kept << run.number;
    }
    // The slowest, those nearest to the median, and the first that failed.
    QCOMPARE(kept, (QList<int>{ 4, 11, 12, 13, 19, 20, 21, 22, 23, 24, 25 }));
    QCOMPARE(slowestRun(set), std::optional<std::size_t>(3));
    QCOMPARE(failedRuns(set), 10);
    Run large = runOf(5000);
    large.recording = QByteArray(maxKeptRecording + 1, ' ');
    addRun(set, large);
    QVERIFY(set.runs.back().recording.isEmpty());
    // Too many to be held: only those that a file has are left.
    SetResult held;
    for (int i = 0; i < 5; ++i) {
        for (const int pause : { 10, 20, 30 }) {
            Run run = runOf(pause + i, 3 * i + pause / 10);
            run.recording = QByteArray(maxHeldRecordings / 14, ' ');
            addRun(held, run);
        }
    }
    QCOMPARE(std::ranges::count_if(held.runs, [](const Run& run) { return !run.recording.isEmpty(); }),
        qsizetype(keptSlowest + keptMiddle));
}

void TestRunResults::recordingFileNames()
{
    QCOMPARE(recordingFileName(0, u"early-stop"_s, 7), u"1-early-stop-run-0007.cutover"_s);
    QCOMPARE(recordingFileName(1, u"../a b"_s, 12345), u"2-___a_b-run-12345.cutover"_s);
}

void TestRunResults::fileKeepsAll()
{
    QTemporaryDir folder;
    const QString path = folder.filePath(u"some.json"_s);
    const Results results = someResults();
    QVERIFY(writeResults(path, results));
    const auto read = readResults(path);
    QVERIFY2(read, read ? "" : qPrintable(read.error().message()));
    // A recording's lines are objects; the order of their members is JSON's own.
    QCOMPARE(*read, results);
    QVERIFY(!readResults(folder.filePath(u"none.json"_s)));
    QVERIFY(!writeResults(folder.filePath(u"no/such/folder.json"_s), results));
}

void TestRunResults::hostileFiles_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const QByteArray& from, const QByteArray& to, const QString& says) {
        QByteArray bytes = toFile(someResults());
        Q_ASSERT(bytes.contains(from));
        QTest::newRow(name) << bytes.replace(from, to) << says;
    };
    QTest::newRow("nothing") << QByteArray() << u""_s;
    QTest::newRow("no JSON") << QByteArray("\xff\xfe{") << u""_s;
    QTest::newRow("a list") << QByteArray("[1,2]") << u"no file of runs"_s;
    QTest::newRow("deep") << QByteArray(100'000, '[') << u""_s;
    row("another format", "cutover-runs", "cutover-rings", u"no file of runs"_s);
    row("newer", "\"version\":1}", "\"version\":2}", u"newer"_s);
    row("version 0", "\"version\":1}", "\"version\":0}", u""_s);
    row("negative pause", "\"pauseNs\":1000000", "\"pauseNs\":-1", u"sets[0].runs[0].pauseNs"_s);
    row("fraction", "\"pauseNs\":1000000", "\"pauseNs\":1.5", u"pauseNs"_s);
    row("huge", "\"pauseNs\":1000000", "\"pauseNs\":1e300", u"pauseNs"_s);
    row("text for a number", "\"totalNs\":20000000", "\"totalNs\":\"20\"", u"totalNs"_s);
    row("unknown outcome", "\"outcome\":\"failed\"", "\"outcome\":\"great\"", u"sets[1].runs[0]"_s);
    row("unknown tier", "\"tier\":\"trace\"", "\"tier\":\"oracle\"", u"evidence"_s);
    row("unknown part", "\"kind\":\"stop\"", "\"kind\":\"lunch\"", u"parts[0]"_s);
    row("runs are no list", "\"runs\":[", "\"runs\":1,\"was\":[", u"runs"_s);
    row("a run is a number", "\"runs\":[{", "\"runs\":[7,{", u"runs[0]"_s);
    row("no name", "\"name\":\"A\"", "\"name\":\"\"", u"name"_s);
    row("settings contradict", "\"migrate-fds\":\"on\"", "\"migrate-fds\":\"off\"", u"settings"_s);
    row("no recording", "cutover-recording", "something-else", u"recording"_s);
    row("recording is text", "\"recording\":[{", "\"recording\":[\"x\",{", u"recording"_s);
    row("not said whether cancelled", "\"cancelled\":false", "\"cancelled\":0", u"cancelled"_s);
    QByteArray parts = "{\"device\":\"\",\"durationNs\":1,\"kind\":\"stop\",\"side\":\"source\"},";
    row("too many parts", "\"parts\":[", "\"parts\":[" + parts.repeated(maxParts), u"parts"_s);
}

void TestRunResults::hostileFiles()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, says);
    const auto read = resultsFromFile(bytes);
    QVERIFY(!read);
    QVERIFY2(read.error().message().contains(says), qPrintable(read.error().message()));
}

void TestRunResults::anyCutFileIsRefused()
{
    const QByteArray whole = toFile(someResults());
    for (qsizetype length = 0; length < whole.size() - 2; length += 7)
        QVERIFY(!resultsFromFile(whole.first(length)));
}

void TestRunResults::comparisons()
{
    std::vector<qint64> slow;
    std::vector<qint64> fast;
    for (int i = 0; i < 30; ++i) {
        slow.push_back(6'900'000 + i * 10'000);
        fast.push_back(3'800'000 + i * 10'000);
    }
    const SetResult a = setOf(u"A"_s, slow);
    const Comparison clear = compare(a, setOf(u"B"_s, fast), Metric::Pause);
    QCOMPARE(clear.verdict, Verdict::Clear);
    QCOMPARE(clear.differenceNs, -3'100'000.0);
    QVERIFY2(
        clear.sentence.startsWith(u"B is 3.10 ms (44 %) shorter than A; with 30 runs each that is clear"_s),
        qPrintable(clear.sentence));
    QVERIFY(compare(setOf(u"B"_s, fast), a, Metric::Pause).sentence.contains(u"longer"_s));
    const Comparison same = compare(a, setOf(u"B"_s, slow), Metric::Pause);
    QCOMPARE(same.verdict, Verdict::NotEnough);
    QVERIFY2(same.sentence.startsWith(u"Not enough runs to tell"_s), qPrintable(same.sentence));
    const Comparison few = compare(setOf(u"A"_s, { 5, 6, 7 }), setOf(u"B"_s, { 1, 2, 3 }), Metric::Pause);
    QCOMPARE(few.verdict, Verdict::TooFew);
    QVERIFY2(few.sentence.contains(u"too few"_s), qPrintable(few.sentence));
    QVERIFY2(few.sentence.contains(u"at least 7 of each"_s), qPrintable(few.sentence));
    // Of six comparisons each has to be clearer.
    const SetResult seven = setOf(u"7"_s, { 1, 2, 3, 4, 5, 6, 7 });
    QCOMPARE(compare(seven, seven, Metric::Pause).verdict, Verdict::NotEnough);
    const Comparison ofSix = compare(seven, seven, Metric::Pause, 6);
    QVERIFY2(ofSix.sentence.contains(u"at least 9 of each"_s), qPrintable(ofSix.sentence));
    QCOMPARE(compare(a, setOf(u"B"_s, {}), Metric::Pause).verdict, Verdict::TooFew);
    QCOMPARE(compare(a, setOf(u"B"_s, fast), Metric::NetworkGap).verdict, Verdict::TooFew);

    const Spread spread = spreadOf(values(a, Metric::Pause));
    QCOMPARE(spread.runs, 30);
    QVERIFY(spread.p90 && !spread.p99);
    QCOMPARE(spread.aboveP90, 3);
    QCOMPARE(spreadOf({}).runs, 0);

    Results results;
    results.sets = { a, setOf(u"B"_s, fast) };
    const QStringList notes = honestNotes(results);
    QVERIFY(notes.join(u' ').contains(u"took turns"_s));
    QVERIFY(notes.join(u' ').contains(u"99th percentile takes 100 runs"_s));
    QVERIFY(!notes.join(u' ').contains(u"90th"_s));
}

void TestRunResults::sharesAreMedians()
{
    SetResult set = setOf(u"A"_s, { 400, 800, 1200 });
    set.runs[0].parts.clear(); // was not broken down
    set.runs[1].parts.push_back({ .kind = u"start"_s, .side = Side::Destination, .durationNs = 10 });
    const auto shares = partShares(set);
    QCOMPARE(shares.size(), 3);
    QCOMPARE(shares[0].kind, u"load"_s);
    QCOMPARE(shares[0].medianNs, 750.0);
    QCOMPARE(shares[1].medianNs, 250.0);
    QCOMPARE(shares[2].medianNs, 5.0);
    QCOMPARE(shares[2].runs, 1);
    QCOMPARE(phaseShares(set).size(), 1);
    QCOMPARE(phaseShares(set)[0].kind, u"switchover"_s);
    QCOMPARE(phaseShares(set)[0].medianNs, 800.0);
}

QTEST_APPLESS_MAIN(TestRunResults)

#include "tst_runresults.moc"
