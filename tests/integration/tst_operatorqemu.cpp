// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "base/process.h"
#include "fdpass/unixsocket.h"
#include "operator/derive.h"
#include "operator/discovery.h"
#include "operator/factscollector.h"
#include "operator/listenerwatch.h"
#include "operator/preflight.h"
#include "qemus.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

namespace {

constexpr int deadlineMs = 60000;

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::unique_ptr<qmp::Client> connectTo(const QString& path)
{
    auto client = std::make_unique<qmp::Client>();
    QSignalSpy ready(client.get(), &qmp::Client::ready);
    client->connectTo(path);
    if (ready.isEmpty() && !ready.wait(deadlineMs))
        return nullptr;
    return client;
}

std::optional<Facts> collect(qmp::Client& client, const QString& mode)
{
    FactsCollector collector(&client, { .mode = mode, .pid = {} });
    std::optional<Facts> result;
    QObject::connect(
        &collector, &FactsCollector::finished, &collector, [&](const Facts& facts) { result = facts; });
    collector.start();
    std::ignore = QTest::qWaitFor([&] { return result.has_value(); }, deadlineMs);
    return result;
}

Result<QJsonValue> ask(qmp::Client& client, const QString& command, const QJsonObject& arguments = {})
{
    std::optional<Result<QJsonValue>> answer;
    client.call(command, arguments, [&](Result<QJsonValue> reply) { answer = std::move(reply); });
    std::ignore = QTest::qWaitFor([&] { return answer.has_value(); }, deadlineMs);
    return answer.value_or(failure(ErrorCode::Timeout, u"ask"_s, command, {}));
}

Verdict verdictOf(const std::vector<Check>& checks, const QString& id)
{
    return std::ranges::find(checks, id, &Check::id)->verdict;
}

} // namespace

/// Collector, discovery and deriving against real QEMUs.
class TestOperatorQemu : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void factsAndPreflight_data() { test::addQemuRows(); }
    void factsAndPreflight();
    void derivedDestinationStarts_data() { test::addQemuRows(); }
    void derivedDestinationStarts();
    void derivedDestinationWaitsForCpr_data() { test::addQemuRows(); }
    void derivedDestinationWaitsForCpr();
    void privateRamIsRefused_data() { test::addQemuRows(); }
    void privateRamIsRefused();

private:
    std::unique_ptr<lab::QemuLab> startLab(const QStringList& extra = {});
    DeriveOptions deriveOptions(const Facts& facts) const;

    std::unique_ptr<QTemporaryDir> m_dir;
};

std::unique_ptr<lab::QemuLab> TestOperatorQemu::startLab(const QStringList& extra)
{
    m_dir = std::make_unique<QTemporaryDir>();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_dir->path()));
    const QString version
        = *static_cast<QString*>(QTest::qData("version", QMetaType::fromType<QString>().id()));
    const QString accelerator
        = *static_cast<QString*>(QTest::qData("accelerator", QMetaType::fromType<QString>().id()));
    lab::QemuLabOptions options = test::labOptions(version, accelerator);
    options.extraArguments = extra;
    auto lab = std::make_unique<lab::QemuLab>(options);
    QSignalSpy started(lab.get(), &lab::QemuLab::started);
    QSignalSpy failed(lab.get(), &lab::QemuLab::failed);
    lab->start();
    std::ignore = QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs);
    return started.isEmpty() ? nullptr : std::move(lab);
}

DeriveOptions TestOperatorQemu::deriveOptions(const Facts& facts) const
{
    DeriveOptions options;
    options.socketFolder = m_dir->filePath(u"d"_s);
    options.machineType = facts.machineType;
    if (!QDir().mkpath(options.socketFolder))
        qFatal("no folder");
    return options;
}

#define SKIP_WITHOUT_QEMU                                                                                    \
    QFETCH(QString, version);                                                                                \
    QFETCH(QString, accelerator);                                                                            \
    if (const QString missing = test::missingFor(version, accelerator); !missing.isEmpty())                  \
        QSKIP(qPrintable(missing));

void TestOperatorQemu::factsAndPreflight()
{
    SKIP_WITHOUT_QEMU
    const auto lab = startLab({ u"-device"_s, u"virtio-rng-pci,id=rng0"_s });
    QVERIFY(lab);

    // Free while nobody is connected, taken while we are.
    const auto before = inspectProcess(lab->sourcePid());
    QVERIFY(before);
    QVERIFY(before->usableMonitor());
    QCOMPARE(before->usableMonitor()->path, lab->qmpPath());
    const auto client = connectTo(lab->qmpPath());
    QVERIFY(client);
    QElapsedTimer timer;
    timer.start();
    const QList<DiscoveredVmm> all = discover();
    qInfo("discovery among %lld processes: %lld us", qlonglong(ProcFs().pids().size()),
        qlonglong(timer.nsecsElapsed() / 1000));
    const auto found = std::ranges::find(all, lab->sourcePid(), &DiscoveredVmm::pid);
    QVERIFY(found != all.end());
    QCOMPARE(found->monitors[0].occupancy, DiscoveredMonitor::Occupancy::Taken);
    QVERIFY(!found->waitsForCprState);

    const auto facts = collect(*client, u"cpr-transfer"_s);
    QVERIFY(facts);
    QCOMPARE(u"%1.%2"_s.arg(facts->version.major).arg(facts->version.minor), version);
    QVERIFY(facts->modes.contains(u"cpr-transfer"_s));
    QVERIFY(facts->offersChannels);
    QCOMPARE(facts->runState, u"running"_s);
    QCOMPARE(facts->migrationStatus, u"none"_s);
    QVERIFY(facts->machineType.startsWith(u"pc-"));
    QCOMPARE(facts->auxRamShare, std::optional(true));
    QVERIFY(!facts->memoryBackends.empty());
    QCOMPARE(facts->memoryBackends[0].share, std::optional(true));
    QCOMPARE(facts->memoryBackends[0].type, u"memory-backend-memfd"_s);
    QVERIFY(std::ranges::contains(*facts->peripherals, u"rng0"_s, &NamedItem::id));
    QCOMPARE(facts->process->pid, lab->sourcePid());
    QVERIFY(facts->process->passableFiles > 0);
    QCOMPARE(facts->blockedReasonsMode, u"cpr-transfer"_s);
    // The mode is as it was.
    QCOMPARE(ask(*client, u"query-migrate-parameters"_s)->toObject().value(u"mode").toString(), u"normal"_s);

    Plan plan;
    plan.derived = derive(facts->process->argv,
        [&] {
            DeriveOptions options = deriveOptions(*facts);
            options.cprFd = 3;
            return options;
        }())
                       .value();
    plan.mainAddress = Plan::unixAddress(m_dir->filePath(u"d/main"_s));
    plan.cprPath = m_dir->filePath(u"d/cpr"_s);
    plan.launchFilesLimit = ProcFs().openFilesLimit(::getpid()).value();
    std::optional<BinaryFacts> binary;
    probeBinary(lab->arguments().first(), this, [&](const BinaryFacts& result) { binary = result; });
    QVERIFY(QTest::qWaitFor([&] { return binary.has_value(); }, deadlineMs));
    plan.binaryFacts = binary;
    QCOMPARE(binary->version.value(), facts->version);
    const std::vector<Check> checks = preflight(*facts, plan, {});
    for (const Check& check : checks)
        QVERIFY2(check.verdict != Verdict::Refuse, qPrintable(check.id + u": " + check.evidence));

    // What is plugged in later is not on the command line.
    QVERIFY(ask(*client, u"object-add"_s,
        { { u"qom-type"_s, u"memory-backend-memfd"_s }, { u"id"_s, u"late"_s }, { u"size"_s, 1 << 20 } }));
    const auto later = collect(*client, u"cpr-transfer"_s);
    QVERIFY(later);
    QCOMPARE(verdictOf(preflight(*later, plan, {}), u"hotplug"_s), Verdict::Refuse);
}

void TestOperatorQemu::derivedDestinationStarts()
{
    SKIP_WITHOUT_QEMU
    const auto lab = startLab({ u"-device"_s, u"virtio-rng-pci,id=rng0"_s, u"-serial"_s,
        u"file:"_s + QDir::tempPath() + u"/cutover-test-serial-%1"_s.arg(::getpid()) });
    QVERIFY(lab);
    const auto source = connectTo(lab->qmpPath());
    QVERIFY(source);
    const auto facts = collect(*source, u"normal"_s);
    QVERIFY(facts);
    DeriveOptions options = deriveOptions(*facts);
    options.connectBackPath = m_dir->filePath(u"d/back"_s);
    const auto derived = derive(facts->process->argv, options);
    QVERIFY(derived);
    QVERIFY2(!derived->hasConflicts(), qPrintable(derived->shellLine()));

    qmp::Client destination;
    QSignalSpy ready(&destination, &qmp::Client::ready);
    QVERIFY(destination.listenAt(options.connectBackPath));
    SpawnOptions spawn;
    spawn.argv = derived->argv;
    spawn.workingDirectory = facts->process->workingDirectory;
    spawn.stderrPath = m_dir->filePath(u"stderr"_s);
    spawn.ownSession = true;
    const auto child = ChildProcess::spawn(spawn);
    QVERIFY(child);
    QSignalSpy exited(child->get(), &ChildProcess::exited);
    QVERIFY(QTest::qWaitFor([&] { return !ready.isEmpty() || !exited.isEmpty(); }, deadlineMs));
    QVERIFY2(exited.isEmpty(), contents(spawn.stderrPath).constData());
    const auto waiting = collect(destination, {});
    QVERIFY(waiting);
    QCOMPARE(waiting->runState, u"inmigrate"_s);
    QCOMPARE(waiting->machineType, facts->machineType);
    QVERIFY2(!contents(spawn.stderrPath).contains("-trace"), contents(spawn.stderrPath).constData());
    QVERIFY(QFile::exists(derived->monitorPath));
    QVERIFY(QFile::exists(derived->logFile));
    QVERIFY(QFile::exists(lab->qmpPath())); // still the source's
    const auto again = ask(*source, u"query-status"_s);
    QCOMPARE(again->toObject().value(u"status").toString(), u"running"_s);

    Plan plan;
    plan.mode = u"normal"_s;
    plan.attached = true;
    plan.mainAddress = Plan::unixAddress(m_dir->filePath(u"d/main"_s));
    const auto checks = preflight(*facts, plan, waiting);
    QCOMPARE(verdictOf(checks, u"destination-state"_s), Verdict::Pass);
    QCOMPARE(verdictOf(checks, u"machine-type"_s), Verdict::Pass);
    QCOMPARE(verdictOf(checks, u"hotplug"_s), Verdict::Pass);
    QCOMPARE(verdictOf(checks, u"socket-paths"_s), Verdict::Pass);
    QFile::remove(QDir::tempPath() + u"/cutover-test-serial-%1"_s.arg(::getpid()));
}

void TestOperatorQemu::derivedDestinationWaitsForCpr()
{
    SKIP_WITHOUT_QEMU
    const auto lab = startLab();
    QVERIFY(lab);
    const auto line = inspectProcess(lab->sourcePid());
    QVERIFY(line);
    DeriveOptions options = deriveOptions({});
    const bool byFd = version != u"10.0"; // which knows only paths
    const auto listener = fdpass::listenUnix(m_dir->filePath(u"d/cpr.listener"_s));
    QVERIFY(listener);
    if (byFd)
        options.cprFd = 7;
    else
        options.cprPath = m_dir->filePath(u"d/cpr"_s);
    const auto derived = derive(line->argv, options);
    QVERIFY(derived);
    SpawnOptions spawn;
    spawn.argv = derived->argv;
    spawn.stderrPath = m_dir->filePath(u"stderr"_s);
    spawn.fds = { { listener->get(), 7 } };
    const auto child = ChildProcess::spawn(spawn);
    QVERIFY(child);
    QSignalSpy exited(child->get(), &ChildProcess::exited);
    const auto waits = [&] {
        const auto vmm = inspectProcess((*child)->pid());
        return vmm && vmm->waitsForCprState && (byFd || QFile::exists(options.cprPath));
    };
    QVERIFY2(QTest::qWaitFor([&] { return waits() || !exited.isEmpty(); }, deadlineMs),
        contents(spawn.stderrPath).constData());
    QVERIFY2(exited.isEmpty(), contents(spawn.stderrPath).constData());
    QVERIFY2(!contents(spawn.stderrPath).contains("-trace"), contents(spawn.stderrPath).constData());
}

void TestOperatorQemu::privateRamIsRefused()
{
    SKIP_WITHOUT_QEMU
    m_dir = std::make_unique<QTemporaryDir>();
    const QString path = m_dir->filePath(u"qmp"_s);
    SpawnOptions spawn;
    spawn.argv = { test::qemuBinary(version), u"-nodefaults"_s, u"-display"_s, u"none"_s, u"-accel"_s,
        accelerator, u"-m"_s, u"32M"_s, u"-qmp"_s, u"unix:"_s + path + u",server=on,wait=off"_s };
    spawn.stderrPath = m_dir->filePath(u"stderr"_s);
    const auto child = ChildProcess::spawn(spawn);
    QVERIFY(child);
    QVERIFY(QTest::qWaitFor([&] { return isListening(path); }, deadlineMs));
    const auto client = connectTo(path);
    QVERIFY(client);
    const auto facts = collect(*client, u"cpr-transfer"_s);
    QVERIFY(facts);
    const auto checks = preflight(*facts, Plan(), {});
    QCOMPARE(verdictOf(checks, u"ram-shared"_s), Verdict::Refuse);
    QCOMPARE(verdictOf(checks, u"aux-ram-share"_s), Verdict::Refuse);
    QCOMPARE(verdictOf(checks, u"blockers"_s), Verdict::Refuse);
    QVERIFY(std::ranges::find(checks, u"ram-shared"_s, &Check::id)->remedy.contains(u"memory-backend-memfd"));
    QVERIFY(facts->blockedReasons->first().contains(u"share=on"));
}

QTEST_GUILESS_MAIN(TestOperatorQemu)
#include "tst_operatorqemu.moc"
