// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "operator/discovery.h"
#include "operator/stopnote.h"
#include "programprocess.h"
#include "sessionrun.h"

#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <functional>
#include <optional>
#include <utility>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool isAlive(pid_t pid)
{
    // A zombie has no memory map any more.
    return pid > 0 && !contents(u"/proc/%1/cmdline"_s.arg(pid)).isEmpty();
}

/// What the two VMMs themselves say, over monitors that no console uses.
struct Truth
{
    QString source; ///< RunState; empty = the process has ended
    QString destination;
    bool operator==(const Truth&) const = default;

    bool sourceRuns() const { return source == "running"_L1; }
    bool destinationRuns() const { return destination == "running"_L1; }
    QByteArray text() const { return u"source '%1', destination '%2'"_s.arg(source, destination).toUtf8(); }
};

} // namespace

/// The console dies at any moment of a live update. No guest ends with it, and the next one finds the pair.
class TestCutoverctlKilled : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void atATime_data();
    void atATime();
    void atAStage_data();
    void atAStage();
    void atAnEvent_data();
    void atAnEvent();
    void beforeTheLaunchIsNoted();
    void stoppedBeforeTheMigration();

private:
    QString path(const QString& name) const { return m_runtime->filePath(name); }
    QString observer() const { return path(u"observer.qmp"_s); }
    QStringList migration() const
    {
        return { u"migrate"_s, u"--source"_s, u"qmp:"_s + m_lab->qmpPath(), u"--yes"_s, u"--json"_s };
    }
    std::optional<op::PairJournal> journal() const;
    Truth truth() const;
    QList<pid_t> vmms() const;
    void killWhen(const std::function<bool()>& moment) { killWhen(moment, migration()); }
    void killWhen(const std::function<bool()>& moment, const QStringList& arguments);
    void verifyNextStart();

    qint64 m_wholeMs = 0; ///< what an undisturbed migration takes here
    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestCutoverctlKilled::initTestCase()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    init();
    QElapsedTimer whole;
    whole.start();
    const auto run = runProcess(migration());
    m_wholeMs = whole.elapsed();
    QVERIFY2(run.code == 0, qPrintable(run.err));
    cleanup();
}

void TestCutoverctlKilled::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    lab::QemuLabOptions options = labOptions(u"11.1"_s, kvmUsable() ? u"kvm"_s : u"tcg"_s);
    options.extraArguments = { u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(observer()) };
    m_lab = startedLab(options);
    QVERIFY(m_lab);
}

void TestCutoverctlKilled::cleanup()
{
    // The lab ends them, also after a test that failed.
    for (const pid_t pid : m_lab ? vmms() : QList<pid_t>()) {
        const auto start = processStartTime(pid);
        if (pid != m_lab->sourcePid() && start)
            static_cast<void>(m_lab->takeOver(pid, *start));
    }
    m_lab.reset();
    m_runtime.reset();
}

/// The living VMMs that use something below the runtime folder.
QList<pid_t> TestCutoverctlKilled::vmms() const
{
    QList<pid_t> pids;
    for (const op::DiscoveredVmm& vmm : op::discover()) {
        if (vmm.argv.join(u' ').contains(m_runtime->path()))
            pids << vmm.pid;
    }
    return pids;
}

std::optional<op::PairJournal> TestCutoverctlKilled::journal() const
{
    const QDir pairs(path(u"cutover"_s));
    for (const QString& name : pairs.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (const auto found = op::readJournal(pairs.filePath(name)))
            return *found;
    }
    return {};
}

Truth TestCutoverctlKilled::truth() const
{
    const auto stateOf = [](pid_t pid, const QString& qmpPath) {
        if (!isAlive(pid))
            return QString();
        const QString state = ask(qmpPath, u"query-status"_s)["status"_L1].toString();
        return state.isEmpty() ? u"silent"_s : state;
    };
    Truth seen;
    seen.source = stateOf(m_lab->sourcePid(), observer());
    const auto pair = journal();
    if (pair && isAlive(pair->destination.pid)) {
        // Without the state of the source it has no monitor yet, and no guest.
        const QString monitor = QFile::exists(pair->destinationQmp) ? pair->destinationQmp : QString();
        seen.destination = monitor.isEmpty() ? u"no monitor"_s : stateOf(pair->destination.pid, monitor);
    }
    return seen;
}

/// Kills the console at the moment, or after its end if that comes first.
void TestCutoverctlKilled::killWhen(const std::function<bool()>& moment, const QStringList& arguments)
{
    ProcessUnderTest program(arguments);
    QVERIFY(program.process().waitForStarted());
    const auto pid = static_cast<pid_t>(program.process().processId());
    QElapsedTimer limit;
    limit.start();
    // Events are processed to drain its output: a full pipe would stop it.
    while (!moment() && isAlive(pid) && limit.elapsed() < deadlineMs)
        QCoreApplication::processEvents();
    QVERIFY(limit.elapsed() < deadlineMs);
    program.sendSignal(SIGKILL);
    static_cast<void>(program.wait());
}

void TestCutoverctlKilled::verifyNextStart()
{
    // What QEMU does alone goes on after the console's death: compare with what did not change meanwhile.
    Truth before;
    ProcessRun listed;
    QVERIFY(QTest::qWaitFor(
        [&] {
            before = truth();
            listed = runProcess({ u"list"_s, u"--json"_s });
            return truth() == before;
        },
        deadlineMs));
    QCOMPARE(listed.code, 0);
    QVERIFY2(!before.source.isEmpty() || !before.destination.isEmpty(), "the guest has ended");
    QVERIFY2(!(before.sourceRuns() && before.destinationRuns()), before.text());

    const QJsonArray pairs = listed.lastJson()["unfinishedPairs"_L1].toArray();
    QVERIFY(pairs.size() <= 1);
    const QString said = pairs.isEmpty() ? QString() : pairs.first()["location"_L1].toString();
    const QByteArray story = before.text() + ", said: " + said.toUtf8();
    if (before.sourceRuns()) {
        QVERIFY2(said.isEmpty() || said == "source"_L1, story);
        QVERIFY2(!said.isEmpty() || before.destination.isEmpty(), story);
    } else if (before.destinationRuns()) {
        QVERIFY2(said.isEmpty() || said == "destination"_L1, story);
        QVERIFY2(!said.isEmpty() || before.source.isEmpty(), story);
    } else {
        QVERIFY2(said.startsWith("nowhere-"_L1), story);
    }
    if (!pairs.isEmpty()) {
        QVERIFY(!pairs.first()["sentence"_L1].toString().isEmpty());
        QVERIFY(runProcess({ u"list"_s }).out.contains(pairs.first()["sentence"_L1].toString()));
    }

    const auto rescued = runProcess({ u"rescue"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(rescued.code == 0, qPrintable(rescued.err + rescued.out));
    const Truth after = truth();
    QVERIFY2(after.sourceRuns() != after.destinationRuns()
            || (after.source.isEmpty() && after.destination.isEmpty()),
        after.text());
    // Under its old name there is the one that runs, and it can be updated like any other.
    QCOMPARE(ask(m_lab->qmpPath(), u"query-status"_s)["status"_L1].toString(), u"running"_s);
    QCOMPARE(runProcess({ u"list"_s, u"--json"_s }).lastJson()["unfinishedPairs"_L1].toArray(), QJsonArray());
    QCOMPARE(vmms().size(), 1);
    const auto again = runProcess(migration());
    QVERIFY2(again.code == 0, qPrintable(again.err));
}

void TestCutoverctlKilled::atATime_data()
{
    QTest::addColumn<int>("part");
    for (int part = 0; part < 24; ++part)
        QTest::addRow("%d/24 of the whole", part) << part;
}

void TestCutoverctlKilled::atATime()
{
    QFETCH(const int, part);
    QElapsedTimer clock;
    clock.start();
    killWhen([&] { return clock.elapsed() * 24 >= m_wholeMs * part; });
    if (!QTest::currentTestFailed())
        verifyNextStart();
}

void TestCutoverctlKilled::atAStage_data()
{
    QTest::addColumn<QString>("stage");
    using enum op::JournalStage;
    for (const auto stage : { Armed, Migrating, Releasing, Moved }) {
        const QString id = op::journalStageId(stage);
        QTest::newRow(qPrintable(id)) << id;
    }
}

void TestCutoverctlKilled::atAStage()
{
    QFETCH(const QString, stage);
    killWhen([&] {
        const auto pair = journal();
        return pair && op::journalStageId(pair->stage) == stage;
    });
    if (!QTest::currentTestFailed())
        verifyNextStart();
}

void TestCutoverctlKilled::atAnEvent_data()
{
    QTest::addColumn<bool>("inSource");
    QTest::addColumn<QByteArray>("line");
    const auto row = [](bool inSource, const char* line) {
        QTest::addRow("%s: %s", inSource ? "source" : "destination", line) << inSource << QByteArray(line);
    };
    for (const char* line : { "cpr_state_save", "migrate_set_state new state active", "src-downtime-start",
             "src-vm-stopped", "src-downtime-end", "migrate_set_state new state completed" })
        row(true, line);
    for (const char* line :
        { "cpr_state_load", "cpr_find_fd", "dst-precopy-loadvm-completed", "new_state 9 (running)" })
        row(false, line);
}

void TestCutoverctlKilled::atAnEvent()
{
    QFETCH(const bool, inSource);
    QFETCH(const QByteArray, line);
    QString log = inSource ? m_lab->logPath() : QString();
    killWhen([&] {
        if (log.isEmpty())
            log = journal().value_or(op::PairJournal()).destinationLog;
        return !log.isEmpty() && contents(log).contains(line);
    });
    if (!QTest::currentTestFailed())
        verifyNextStart();
}

void TestCutoverctlKilled::beforeTheLaunchIsNoted()
{
    killWhen([&] { return journal().value_or(op::PairJournal()).destination.pid > 0; });
    auto pair = journal();
    QVERIFY(pair && pair->destination.pid > 0);
    const op::ProcessId destination = std::exchange(pair->destination, {});
    pair->stage = op::JournalStage::Armed;
    QVERIFY(op::writeJournal(*pair).has_value());
    // Where 'migrate' was sent before the kill, it ends by itself: its monitor finds nobody to connect to.
    const auto found = journal()->destination;
    QVERIFY(found == destination || !isAlive(destination.pid));
    const auto listed = runProcess({ u"list"_s, u"--json"_s });
    const qsizetype pairs = listed.lastJson()["unfinishedPairs"_L1].toArray().size();
    QVERIFY(pairs == 1 || !isAlive(destination.pid));
    verifyNextStart();
}

/// A run that stops the guest first: whoever kills it then leaves a guest that stands still.
void TestCutoverctlKilled::stoppedBeforeTheMigration()
{
    killWhen(
        [&] {
            const auto pair = journal();
            return pair && op::isStopNoted(pair->folder)
                && ask(observer(), u"query-status"_s)["status"_L1].toString() == "paused"_L1;
        },
        { u"runs"_s, u"--set"_s, u"early:vmm=qemu,handover=early-stop,source=qmp:"_s + m_lab->qmpPath(),
            u"--count"_s, u"1"_s, u"--yes"_s, u"--json"_s });
    QVERIFY(!QTest::currentTestFailed());
    const auto pair = journal();
    QVERIFY(pair && op::isStopNoted(pair->folder));
    verifyNextStart();
}

QTEST_GUILESS_MAIN(TestCutoverctlKilled)
#include "tst_cutoverctlkilled.moc"
