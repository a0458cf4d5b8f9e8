// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/preflight.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <functional>
#include <unistd.h>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

namespace {

struct Case
{
    Facts source;
    Plan plan;
    std::optional<Facts> destination;

    CommandFacts& command() { return source.process->command; }
};
using Change = std::function<void(Case&)>;

const QStringList sourceArgv{ u"/usr/bin/vmm"_s, u"-machine"_s, u"q35,memory-backend=ram0,aux-ram-share=on"_s,
    u"-object"_s, u"memory-backend-memfd,id=ram0,size=1G"_s, u"-device"_s, u"virtio-rng-pci,id=rng"_s,
    u"-qmp"_s, u"unix:/run/vm/qmp,server=on,wait=off"_s, u"-msg"_s, u"timestamp=on"_s, u"-D"_s,
    u"/run/vm/log"_s, u"-trace"_s, u"vmstate_downtime_*"_s };

void setSourceArgv(Case& c, const QStringList& argv)
{
    c.source.process->argv = argv;
    c.source.process->command = CommandLine::parse(argv)->facts();
}

void deriveAgain(Case& c)
{
    DeriveOptions options;
    options.socketFolder = u"/run/c"_s;
    options.cprFd = 3;
    options.machineType = c.source.machineType;
    c.plan.derived = derive(c.source.process->argv, options).value();
}

/// A migration that every check lets pass.
Case goodCase()
{
    Case c;
    Facts& facts = c.source;
    facts.address = u"/run/vm/qmp"_s;
    facts.monitorUsable = true;
    facts.version = { .major = 10, .minor = 0, .micro = 3 };
    facts.runState = u"running"_s;
    facts.migrationStatus = u"none"_s;
    facts.modes = { u"normal"_s, u"cpr-reboot"_s, u"cpr-transfer"_s };
    facts.offersChannels = true;
    facts.capabilities = { { u"events"_s, false }, { u"return-path"_s, false }, { u"postcopy-ram"_s, false },
        { u"late-block-activate"_s, false } };
    facts.blockedReasons = QStringList();
    facts.blockedReasonsMode = u"cpr-transfer"_s;
    facts.machineType = u"pc-q35-10.0"_s;
    facts.memoryBackendId = u"ram0"_s;
    facts.auxRamShare = true;
    facts.ramSize = 1LL << 30;
    facts.availableMemory = 8LL << 30;
    facts.memoryBackends = {
        { .id = u"ram0"_s, .type = u"memory-backend-memfd"_s, .size = 1LL << 30, .share = true, .path = {} }
    };
    facts.objects = { { { .id = u"ram0"_s, .type = u"memory-backend-memfd"_s } } };
    facts.peripherals = { { { .id = u"rng"_s, .type = u"virtio-rng-pci"_s } } };
    facts.process = ProcessFacts();
    facts.process->pid = 42;
    facts.process->executable = u"/usr/bin/vmm"_s;
    facts.process->workingDirectory = u"/"_s;
    facts.process->openFiles = 40;
    facts.process->passableFiles = 6;
    facts.process->kcmpPermitted = true;
    setSourceArgv(c, sourceArgv);
    c.plan.mainAddress = Plan::unixAddress(u"/run/c/main"_s);
    c.plan.cprPath = u"/run/c/cpr"_s;
    c.plan.cprFd = 3;
    c.plan.monitorPath = u"/run/c/monitor"_s;
    c.plan.launchFilesLimit = OpenFilesLimit{ .soft = 1024, .hard = 4096 };
    c.plan.binaryFacts = BinaryFacts{ .path = u"/usr/bin/vmm"_s,
        .exists = true,
        .executable = true,
        .versionText = u"VMM version 10.0.3"_s,
        .version = Version{ .major = 10, .minor = 0, .micro = 3 } };
    deriveAgain(c);
    return c;
}

void makeNormal(Case& c)
{
    c.plan.mode = u"normal"_s;
    c.source.blockedReasonsMode = u"normal"_s;
}

/// RAM in a file of both, and room for the rest in another one.
void makeReboot(Case& c)
{
    c.plan.mode = u"cpr-reboot"_s;
    c.source.blockedReasonsMode = c.plan.mode;
    c.plan.mainAddress = Plan::fileAddress(u"/dev/shm/state"_s);
    c.source.memoryBackends[0].type = u"memory-backend-file"_s;
    c.source.memoryBackends[0].path = u"/dev/shm/guest"_s;
    c.source.process->uid = ::geteuid();
    QStringList argv = sourceArgv;
    argv.replace(4, u"memory-backend-file,id=ram0,size=1G,mem-path=/dev/shm/guest,share=on"_s);
    setSourceArgv(c, argv);
    deriveAgain(c);
    c.plan.saved = SavedState{ .path = u"/dev/shm/state"_s,
        .folderWritable = true,
        .inMemory = true,
        .freeBytes = 8LL << 30,
        .ramFiles = { { .backend = u"ram0"_s,
            .path = u"/dev/shm/guest"_s,
            .size = 1LL << 30,
            .proven = true,
            .inMemory = true } },
        .copiedBytes = 0 };
}

/// The source's process, QEMU 11.1, becomes another one.
void makeExec(Case& c)
{
    c.plan.mode = u"cpr-exec"_s;
    c.source.blockedReasonsMode = c.plan.mode;
    c.source.modes.append(c.plan.mode);
    c.source.version = { .major = 11, .minor = 1, .micro = 3 };
    c.plan.binaryFacts->version = c.source.version;
    c.plan.mainAddress = Plan::fileAddress(u"/run/c/vm.state"_s);
    if (!c.plan.saved)
        c.plan.saved = SavedState{ .path = u"/run/c/vm.state"_s, .folderWritable = true, .inMemory = true };
    c.plan.saved->copiedBytes = 0;
}

void attach(Case& c, const QString& runState = u"inmigrate"_s)
{
    c.plan.attached = true;
    c.plan.derived.reset();
    c.destination = Facts();
    c.destination->monitorUsable = true;
    c.destination->runState = runState;
    c.destination->migrationStatus = u"none"_s;
    c.destination->version = c.source.version;
    c.destination->machineType = c.source.machineType;
}

void launchWith(Case& c, const QStringList& words)
{
    c.plan.derived.reset();
    c.plan.destinationArgv = QStringList{ u"/usr/bin/vmm"_s } + words;
}

} // namespace

class TestPreflight : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void goodCasePasses();
    void idsAreStableAndUnique();
    void verdicts_data();
    void verdicts();
    void everyRefusalHasARemedy();
    void fixes_data();
    void fixes();
    void fixesSpeak();
    void worstVerdict();
    void versions_data();
    void versions();
};

void TestPreflight::goodCasePasses()
{
    const Case c = goodCase();
    for (const Check& check : preflight(c.source, c.plan, c.destination)) {
        QVERIFY2(check.verdict == Verdict::Pass || check.verdict == Verdict::NotApplicable,
            qPrintable(check.id + u": " + check.evidence));
        QVERIFY(!check.title.isEmpty());
        QVERIFY(!check.evidence.isEmpty());
    }
}

void TestPreflight::idsAreStableAndUnique()
{
    const Case c = goodCase();
    QStringList ids;
    const QRegularExpression kebab(u"^[a-z]+(-[a-z]+)*$"_s);
    for (const Check& check : preflight(c.source, c.plan, c.destination)) {
        QVERIFY(kebab.match(check.id).hasMatch());
        ids << check.id;
    }
    QCOMPARE(QSet<QString>(ids.begin(), ids.end()).size(), ids.size());
    QCOMPARE(ids,
        (QStringList{ u"qmp-usable"_s, u"run-state"_s, u"migration-idle"_s, u"mode-offered"_s,
            u"channels-offered"_s, u"capabilities"_s, u"blockers"_s, u"ram-shared"_s, u"aux-ram-share"_s,
            u"guest-memfd"_s, u"cpr-exec-ram"_s, u"shared-file-ram"_s, u"free-memory"_s, u"state-file"_s,
            u"saved-ram"_s, u"return-path"_s, u"events-capability"_s, u"guarded-commit"_s, u"main-channel"_s,
            u"cpr-channel"_s, u"socket-path-length"_s, u"socket-paths"_s, u"ports"_s, u"tap-names"_s,
            u"fd-switches"_s, u"destination-state"_s, u"binary"_s, u"exec-program"_s, u"binary-version"_s,
            u"machine-type"_s, u"command-line"_s, u"hotplug"_s, u"disks"_s, u"open-files-limit"_s,
            u"sandbox"_s, u"identity-proof"_s, u"trace"_s }));
}

void TestPreflight::verdicts_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<Verdict>("verdict");
    QTest::addColumn<Change>("change");
    const auto row = [](const QString& id, Verdict verdict, const char* name, const Change& change) {
        QTest::addRow("%s: %s", qPrintable(id), name) << id << verdict << change;
    };
    using enum Verdict;
    row(u"qmp-usable"_s, Refuse, "busy", [](Case& c) { c.source.monitorUsable = false; });

    for (const char* state : { "running", "paused", "suspended" })
        row(u"run-state"_s, Pass, state,
            [state](Case& c) { c.source.runState = QString::fromLatin1(state); });
    row(u"run-state"_s, Warning, "prelaunch", [](Case& c) { c.source.runState = u"prelaunch"_s; });
    for (const char* state : { "inmigrate", "postmigrate", "shutdown", "io-error", "internal-error",
             "guest-panicked", "save-vm", "colo", "brand-new", "" })
        row(u"run-state"_s, Refuse, state,
            [state](Case& c) { c.source.runState = QString::fromLatin1(state); });

    for (const char* status : { "completed", "failed", "cancelled" })
        row(u"migration-idle"_s, Pass, status,
            [status](Case& c) { c.source.migrationStatus = QString::fromLatin1(status); });
    for (const char* status :
        { "setup", "active", "device", "failing", "cancelling", "postcopy-active", "brand-new" })
        row(u"migration-idle"_s, Refuse, status,
            [status](Case& c) { c.source.migrationStatus = QString::fromLatin1(status); });
    row(u"migration-idle"_s, Warning, "unknown", [](Case& c) { c.source.migrationStatus.clear(); });

    row(u"mode-offered"_s, Refuse, "not offered", [](Case& c) { c.source.modes = { u"normal"_s }; });
    row(u"mode-offered"_s, Refuse, "no modes", [](Case& c) { c.source.modes.clear(); });
    row(u"mode-offered"_s, Pass, "no modes, normal", [](Case& c) {
        makeNormal(c);
        c.source.modes.clear();
    });
    row(u"mode-offered"_s, Warning, "offered but new", [](Case& c) {
        c.plan.mode = u"cpr-luo"_s;
        c.source.modes << u"cpr-luo"_s;
    });
    row(u"channels-offered"_s, Refuse, "old", [](Case& c) { c.source.offersChannels = false; });
    row(u"channels-offered"_s, NotApplicable, "normal", makeNormal);
    row(u"capabilities"_s, Refuse, "postcopy",
        [](Case& c) { c.source.capabilities[u"postcopy-ram"_s] = true; });
    row(u"capabilities"_s, Refuse, "colo", [](Case& c) { c.source.capabilities[u"x-colo"_s] = true; });
    row(u"capabilities"_s, NotApplicable, "normal", makeNormal);
    row(u"return-path"_s, Warning, "not offered",
        [](Case& c) { c.source.capabilities.remove(u"return-path"_s); });
    row(u"return-path"_s, Warning, "declined", [](Case& c) { c.plan.returnPath = false; });
    row(u"return-path"_s, Pass, "on", [](Case& c) { c.source.capabilities[u"return-path"_s] = true; });
    row(u"events-capability"_s, Warning, "not offered",
        [](Case& c) { c.source.capabilities.remove(u"events"_s); });
    row(u"guarded-commit"_s, Warning, "off", [](Case& c) { c.plan.guardedCommit = false; });

    row(u"blockers"_s, Refuse, "blocked", [](Case& c) { c.source.blockedReasons = { u"invtsc"_s }; });
    row(u"blockers"_s, Warning, "unknown", [](Case& c) { c.source.blockedReasons.reset(); });
    row(u"blockers"_s, Warning, "of another mode",
        [](Case& c) { c.source.blockedReasonsMode = u"normal"_s; });
    row(u"ram-shared"_s, Refuse, "private", [](Case& c) { c.source.memoryBackends[0].share = false; });
    row(u"ram-shared"_s, Refuse, "one of two private", [](Case& c) {
        c.source.memoryBackends.push_back(
            { .id = u"b"_s, .type = u"memory-backend-ram"_s, .share = false, .path = {} });
    });
    row(u"ram-shared"_s, Warning, "unknown", [](Case& c) { c.source.memoryBackends[0].share.reset(); });
    row(u"ram-shared"_s, Warning, "none", [](Case& c) { c.source.memoryBackends.clear(); });
    row(u"ram-shared"_s, NotApplicable, "normal", makeNormal);
    row(u"aux-ram-share"_s, Refuse, "off", [](Case& c) { c.source.auxRamShare = false; });
    row(u"aux-ram-share"_s, NotApplicable, "no such property", [](Case& c) { c.source.auxRamShare.reset(); });
    row(u"aux-ram-share"_s, NotApplicable, "normal", makeNormal);
    row(u"guest-memfd"_s, Refuse, "blocked", [](Case& c) {
        c.source.blockedReasons
            = { u"Memory region ram uses guest_memfd, which is not supported with CPR."_s };
    });
    row(u"guest-memfd"_s, Refuse, "confidential", [](Case& c) { c.source.confidentialGuest = true; });
    row(u"cpr-exec-ram"_s, NotApplicable, "cpr-transfer", [](Case&) { });
    row(u"cpr-exec-ram"_s, Pass, "shared", [](Case& c) { c.plan.mode = u"cpr-exec"_s; });
    row(u"cpr-exec-ram"_s, Refuse, "private", [](Case& c) {
        c.plan.mode = u"cpr-exec"_s;
        c.source.memoryBackends[0].share = false;
    });
    row(u"cpr-exec-ram"_s, Refuse, "unknown", [](Case& c) {
        c.plan.mode = u"cpr-exec"_s;
        c.source.memoryBackends.clear();
    });

    const auto fileBackend = [](Case& c) {
        makeNormal(c);
        c.source.memoryBackends[0].type = u"memory-backend-file"_s;
        c.source.memoryBackends[0].path = u"/dev/shm/guest"_s;
        QStringList argv = sourceArgv;
        argv.replace(4, u"memory-backend-file,id=ram0,size=1G,mem-path=/dev/shm/guest,share=on"_s);
        setSourceArgv(c, argv);
        deriveAgain(c);
    };
    row(u"shared-file-ram"_s, Refuse, "both write", fileBackend);
    row(u"shared-file-ram"_s, Pass, "private file", [fileBackend](Case& c) {
        fileBackend(c);
        c.source.memoryBackends[0].share = false;
    });
    row(u"shared-file-ram"_s, Pass, "ignore-shared", [fileBackend](Case& c) {
        fileBackend(c);
        c.source.capabilities[u"x-ignore-shared"_s] = true;
    });
    row(u"shared-file-ram"_s, Pass, "another file", [fileBackend](Case& c) {
        fileBackend(c);
        launchWith(
            c, { u"-object"_s, u"memory-backend-file,id=ram0,size=1G,mem-path=/dev/shm/b,share=on"_s });
    });
    row(u"shared-file-ram"_s, Warning, "destination unknown", [fileBackend](Case& c) {
        fileBackend(c);
        attach(c);
    });
    row(u"shared-file-ram"_s, Pass, "memfd", makeNormal);
    row(u"shared-file-ram"_s, NotApplicable, "cpr-transfer", [](Case&) { });
    row(u"state-file"_s, NotApplicable, "cpr-transfer", [](Case&) { });
    row(u"state-file"_s, Pass, "on tmpfs", makeReboot);
    const auto saved = [](void (*change)(SavedState&)) {
        return [change](Case& c) {
            makeReboot(c);
            change(*c.plan.saved);
        };
    };
    row(u"state-file"_s, Refuse, "exists", saved([](SavedState& s) { s.exists = true; }));
    row(u"state-file"_s, Refuse, "folder cannot be written",
        saved([](SavedState& s) { s.folderWritable = false; }));
    row(u"state-file"_s, Warning, "on a disk", saved([](SavedState& s) { s.inMemory = false; }));
    row(u"state-file"_s, Warning, "little room", saved([](SavedState& s) { s.freeBytes = 1 << 20; }));
    row(u"state-file"_s, Warning, "another user", [](Case& c) {
        makeReboot(c);
        c.source.process->uid = ::geteuid() + 1;
    });
    row(u"state-file"_s, Refuse, "with a relay", [](Case& c) {
        makeReboot(c);
        c.plan.relayMainPath = u"/run/c/relay"_s;
    });
    row(u"saved-ram"_s, NotApplicable, "cpr-transfer", [](Case&) { });
    row(u"saved-ram"_s, Pass, "a shared file", makeReboot);
    row(u"saved-ram"_s, Warning, "no shared file", saved([](SavedState& s) {
        s.ramFiles.clear();
        s.copiedBytes = 1LL << 30;
    }));
    row(u"saved-ram"_s, Warning, "the file is not the source's", saved([](SavedState& s) {
        s.ramFiles[0].proven = false;
        s.copiedBytes = 1LL << 30;
    }));
    row(u"saved-ram"_s, Warning, "part of it", saved([](SavedState& s) { s.copiedBytes = 1; }));
    row(u"saved-ram"_s, Warning, "on a disk", saved([](SavedState& s) { s.ramFiles[0].inMemory = false; }));
    row(u"saved-ram"_s, Refuse, "the destination has another file", [](Case& c) {
        makeReboot(c);
        launchWith(
            c, { u"-object"_s, u"memory-backend-file,id=ram0,size=1G,mem-path=/dev/shm/b,share=on"_s });
    });
    row(u"saved-ram"_s, Refuse, "the destination's is private", [](Case& c) {
        makeReboot(c);
        launchWith(c, { u"-object"_s, u"memory-backend-file,id=ram0,size=1G,mem-path=/dev/shm/guest"_s });
    });
    row(u"saved-ram"_s, Refuse, "attached", [](Case& c) {
        makeReboot(c);
        attach(c);
    });
    row(u"main-channel"_s, Pass, "a file", makeReboot);
    row(u"return-path"_s, NotApplicable, "cpr-reboot", makeReboot);
    row(u"identity-proof"_s, NotApplicable, "cpr-reboot", makeReboot);
    row(u"guarded-commit"_s, Refuse, "off in cpr-reboot", [](Case& c) {
        makeReboot(c);
        c.plan.guardedCommit = false;
    });
    row(u"mode-offered"_s, Pass, "cpr-exec", makeExec);
    row(u"mode-offered"_s, Refuse, "cpr-exec of an old source", [](Case& c) {
        makeExec(c);
        c.source.modes.removeOne(u"cpr-exec"_s);
    });
    row(u"exec-program"_s, NotApplicable, "cpr-transfer", [](Case&) { });
    row(u"exec-program"_s, Pass, "the same version", makeExec);
    row(u"exec-program"_s, Refuse, "older", [](Case& c) {
        makeExec(c);
        c.plan.binaryFacts->version = Version{ .major = 11, .minor = 1, .micro = 2 };
    });
    row(u"exec-program"_s, Refuse, "without the mode", [](Case& c) {
        makeExec(c);
        c.source.version = { .major = 9, .minor = 0, .micro = 0 };
        c.plan.binaryFacts->version = Version{ .major = 10, .minor = 1, .micro = 5 };
    });
    row(u"exec-program"_s, Refuse, "silent", [](Case& c) {
        makeExec(c);
        c.plan.binaryFacts->version.reset();
    });
    row(u"exec-program"_s, Refuse, "attached", [](Case& c) {
        makeExec(c);
        attach(c);
    });
    row(u"exec-program"_s, Refuse, "no process", [](Case& c) {
        makeExec(c);
        c.source.process.reset();
    });
    row(u"exec-program"_s, Refuse, "other user", [](Case& c) {
        makeExec(c);
        setSourceArgv(c, sourceArgv + QStringList{ u"-run-with"_s, u"user=nobody"_s });
    });
    row(u"cpr-exec-ram"_s, Refuse, "not known to be shared", [](Case& c) {
        makeExec(c);
        c.source.memoryBackends[0].share.reset();
    });
    row(u"cpr-exec-ram"_s, Refuse, "a file without its name", [](Case& c) {
        makeReboot(c);
        makeExec(c);
        c.plan.saved->ramFiles[0].proven = false;
    });
    row(u"cpr-exec-ram"_s, Refuse, "another file", [](Case& c) {
        makeReboot(c);
        makeExec(c);
        c.plan.saved->ramFiles[0].path = u"/dev/shm/other"_s;
    });
    row(u"saved-ram"_s, NotApplicable, "cpr-exec", makeExec);
    row(u"state-file"_s, Refuse, "exists in cpr-exec", [](Case& c) {
        makeExec(c);
        c.plan.saved->exists = true;
    });
    row(u"guarded-commit"_s, Refuse, "off in cpr-exec", [](Case& c) {
        makeExec(c);
        c.plan.guardedCommit = false;
    });
    row(u"return-path"_s, NotApplicable, "cpr-exec", makeExec);
    row(u"identity-proof"_s, Pass, "cpr-exec", makeExec);
    row(u"ports"_s, NotApplicable, "cpr-exec", makeExec);
    row(u"open-files-limit"_s, Warning, "cpr-exec, not known", makeExec);
    row(u"free-memory"_s, NotApplicable, "cpr-reboot with a RAM file", makeReboot);
    row(u"free-memory"_s, Refuse, "cpr-reboot without", [](Case& c) {
        makeReboot(c);
        c.plan.saved->copiedBytes = c.source.ramSize;
        c.source.availableMemory = c.source.ramSize - 1;
    });
    row(u"free-memory"_s, Pass, "enough", makeNormal);
    row(u"free-memory"_s, Refuse, "too little", [](Case& c) {
        makeNormal(c);
        c.source.availableMemory = c.source.ramSize - 1;
    });
    row(u"free-memory"_s, Warning, "tight", [](Case& c) {
        makeNormal(c);
        c.source.availableMemory = c.source.ramSize + 1;
    });
    row(u"free-memory"_s, Warning, "unknown", [](Case& c) {
        makeNormal(c);
        c.source.availableMemory = -1;
    });

    row(u"main-channel"_s, Refuse, "none", [](Case& c) { c.plan.mainAddress = {}; });
    row(u"main-channel"_s, Refuse, "no path", [](Case& c) { c.plan.mainAddress = Plan::unixAddress({}); });
    row(u"main-channel"_s, Refuse, "file",
        [](Case& c) { c.plan.mainAddress = { { u"transport"_s, u"file"_s }, { u"filename"_s, u"/x"_s } }; });
    const QJsonObject inet{ { u"transport"_s, u"socket"_s }, { u"type"_s, u"inet"_s },
        { u"host"_s, u"::1"_s }, { u"port"_s, u"4444"_s } };
    row(u"main-channel"_s, Pass, "inet", [inet](Case& c) { c.plan.mainAddress = inet; });
    row(u"main-channel"_s, Refuse, "inet, port 0", [inet](Case& c) {
        c.plan.mainAddress = inet;
        c.plan.mainAddress[u"port"_s] = u"0"_s;
    });
    row(u"main-channel"_s, Refuse, "inet with fd passing", [inet](Case& c) {
        c.plan.mainAddress = inet;
        c.source.parameters = { { u"migrate-fds"_s, true } };
    });
    row(u"main-channel"_s, Pass, "unix with fd passing",
        [](Case& c) { c.source.parameters = { { u"migrate-fds"_s, true } }; });
    row(u"cpr-channel"_s, Refuse, "none", [](Case& c) { c.plan.cprPath.clear(); });
    row(u"cpr-channel"_s, Refuse, "not received",
        [](Case& c) { launchWith(c, { u"-incoming"_s, u"defer"_s }); });
    row(u"cpr-channel"_s, NotApplicable, "normal", makeNormal);
    row(u"socket-path-length"_s, Refuse, "108 bytes",
        [](Case& c) { c.plan.cprPath = u'/' + QString(107, u'x'); });
    row(u"socket-path-length"_s, Pass, "107 bytes",
        [](Case& c) { c.plan.cprPath = u'/' + QString(106, u'x'); });
    row(u"socket-path-length"_s, Refuse, "108 bytes in UTF-8",
        [](Case& c) { c.plan.cprPath = u'/' + QString(54, u'ä'); });
    row(u"socket-paths"_s, Refuse, "same monitor",
        [](Case& c) { launchWith(c, { u"-qmp"_s, u"unix:/run/vm/qmp,server=on,wait=off"_s }); });
    row(u"socket-paths"_s, Refuse, "same log",
        [](Case& c) { launchWith(c, { u"-D"_s, u"/run/vm/../vm/log"_s }); });
    row(u"socket-paths"_s, Refuse, "same relative path", [](Case& c) {
        c.source.process->workingDirectory = u"/run/vm"_s;
        launchWith(c, { u"-qmp"_s, u"unix:qmp,server=on,wait=off"_s });
    });
    row(u"socket-paths"_s, Pass, "connects only",
        [](Case& c) { launchWith(c, { u"-qmp"_s, u"unix:/run/vm/qmp,server=off"_s }); });
    row(u"socket-paths"_s, Warning, "unknown", [](Case& c) { c.source.process.reset(); });
    row(u"socket-paths"_s, Warning, "attached", [](Case& c) {
        attach(c);
        c.destination->process = c.source.process;
    });
    row(u"ports"_s, Refuse, "VNC", [](Case& c) {
        setSourceArgv(c, sourceArgv + QStringList{ u"-vnc"_s, u":1"_s });
        launchWith(c, { u"-vnc"_s, u":1"_s });
    });
    row(u"ports"_s, Pass, "VNC derived", [](Case& c) {
        setSourceArgv(c, sourceArgv + QStringList{ u"-vnc"_s, u":1"_s });
        deriveAgain(c);
    });
    row(u"ports"_s, Refuse, "host forward", [](Case& c) {
        setSourceArgv(c, sourceArgv + QStringList{ u"-netdev"_s, u"user,id=n,hostfwd=tcp::22-:22"_s });
        deriveAgain(c);
    });
    const auto tap = [](Case& c) {
        setSourceArgv(c, sourceArgv + QStringList{ u"-netdev"_s, u"tap,id=n,ifname=tap0"_s });
        deriveAgain(c);
    };
    row(u"tap-names"_s, Refuse, "both", tap);
    row(u"tap-names"_s, Pass, "another one", [tap](Case& c) {
        tap(c);
        launchWith(c, { u"-netdev"_s, u"tap,id=n,ifname=tap1"_s });
    });
    row(u"tap-names"_s, Warning, "destination unknown", [tap](Case& c) {
        tap(c);
        attach(c);
    });

    const Change switched = [](Case& c) {
        c.source.parameters = { { u"migrate-fds"_s, true }, { u"handover"_s, u"prepared"_s } };
        c.source.deviceSwitches = { { u"/objects/ram0"_s, true } };
    };
    row(u"fd-switches"_s, NotApplicable, "none", [](Case&) { });
    row(u"fd-switches"_s, Pass, "on", switched);
    row(u"fd-switches"_s, Refuse, "off", [switched](Case& c) {
        switched(c);
        c.plan.parameters = { { u"migrate-fds"_s, false } };
    });
    row(u"fd-switches"_s, Pass, "off in normal", [switched](Case& c) {
        switched(c);
        makeNormal(c);
        c.plan.parameters = { { u"migrate-fds"_s, false } };
    });
    row(u"fd-switches"_s, Warning, "exclusive in late-stop", [switched](Case& c) {
        switched(c);
        c.source.peripherals = { { { .id = u"net0"_s, .type = u"tap-net"_s } } };
        c.source.deviceSwitches.insert(u"/machine/peripheral/net0"_s, true);
        c.source.cprFds = QJsonArray{ QJsonObject{ { u"name"_s, u"net0"_s }, { u"id"_s, 0 },
            { u"device"_s, u"net0"_s }, { u"class"_s, u"exclusive"_s }, { u"state"_s, u"owned"_s } } };
        c.plan.parameters = { { u"handover"_s, u"late-stop"_s } };
    });

    row(u"destination-state"_s, Pass, "waits", [](Case& c) { attach(c); });
    row(u"destination-state"_s, Refuse, "runs a guest", [](Case& c) { attach(c, u"running"_s); });
    row(u"destination-state"_s, Refuse, "has failed", [](Case& c) {
        attach(c);
        c.destination->migrationStatus = u"failed"_s;
    });
    row(u"destination-state"_s, Refuse, "monitor busy", [](Case& c) {
        attach(c);
        c.destination->monitorUsable = false;
    });
    row(u"binary"_s, NotApplicable, "attached", [](Case& c) { attach(c); });
    row(u"binary"_s, Warning, "not looked at", [](Case& c) { c.plan.binaryFacts.reset(); });
    row(u"binary"_s, Refuse, "missing", [](Case& c) { c.plan.binaryFacts->exists = false; });
    row(u"binary"_s, Refuse, "not executable", [](Case& c) { c.plan.binaryFacts->executable = false; });
    row(u"binary-version"_s, Pass, "newer",
        [](Case& c) { c.plan.binaryFacts->version = Version{ 11, 1, 3 }; });
    row(u"binary-version"_s, Warning, "older",
        [](Case& c) { c.plan.binaryFacts->version = Version{ 10, 0, 2 }; });
    row(u"binary-version"_s, Warning, "unknown", [](Case& c) { c.plan.binaryFacts->version.reset(); });
    row(u"binary-version"_s, Warning, "attached and older", [](Case& c) {
        attach(c);
        c.destination->version = Version{ 9, 2, 0 };
    });
    row(u"machine-type"_s, Warning, "alias with another program", [](Case& c) {
        launchWith(c, { u"-M"_s, u"q35"_s });
        c.plan.binary = u"/opt/vmm"_s;
    });
    row(u"machine-type"_s, Warning, "alias with a replaced program", [](Case& c) {
        launchWith(c, { u"-M"_s, u"q35"_s });
        c.plan.binary = u"/usr/bin/vmm"_s;
        c.source.process->executableReplaced = true;
    });
    row(u"machine-type"_s, Pass, "alias with the same program",
        [](Case& c) { launchWith(c, { u"-M"_s, u"q35"_s }); });
    row(u"machine-type"_s, Refuse, "another", [](Case& c) { launchWith(c, { u"-M"_s, u"microvm"_s }); });
    row(u"machine-type"_s, Refuse, "another, attached", [](Case& c) {
        attach(c);
        c.destination->machineType = u"pc-i440fx-10.0"_s;
    });
    row(u"machine-type"_s, Warning, "unknown", [](Case& c) { c.source.machineType.clear(); });
    row(u"command-line"_s, Refuse, "conflict", tap);
    row(u"command-line"_s, Warning, "pty", [](Case& c) {
        setSourceArgv(c, sourceArgv + QStringList{ u"-serial"_s, u"pty"_s });
        deriveAgain(c);
    });
    row(u"command-line"_s, NotApplicable, "given", [](Case& c) { launchWith(c, {}); });
    row(u"hotplug"_s, Refuse, "device added",
        [](Case& c) { c.source.peripherals->push_back({ .id = u"net9"_s, .type = u"virtio-net-pci"_s }); });
    row(u"hotplug"_s, Refuse, "object added",
        [](Case& c) { c.source.objects->push_back({ .id = u"ram1"_s, .type = u"memory-backend-ram"_s }); });
    row(u"hotplug"_s, Refuse, "device removed", [](Case& c) { c.source.peripherals->clear(); });
    row(u"hotplug"_s, Warning, "block node added",
        [](Case& c) { c.source.blockNodes.push_back({ .nodeName = u"disk7"_s, .driver = {}, .file = {} }); });
    row(u"hotplug"_s, Pass, "block node without a name", [](Case& c) {
        c.source.blockNodes.push_back({ .nodeName = u"#block12"_s, .driver = {}, .file = {} });
    });
    row(u"hotplug"_s, Warning, "not listed", [](Case& c) { c.source.objects.reset(); });
    row(u"hotplug"_s, Pass, "the machine's own RAM", [](Case& c) {
        QStringList argv = sourceArgv;
        argv.remove(3, 2);
        setSourceArgv(c, argv);
        deriveAgain(c);
    });
    row(u"hotplug"_s, NotApplicable, "attached, unknown", [](Case& c) { attach(c); });
    const auto disk = [](Case& c) {
        c.source.blockNodes.push_back(
            { .nodeName = u"#b"_s, .driver = u"file"_s, .file = u"/d.img"_s, .writable = true });
    };
    row(u"disks"_s, Pass, "writable", disk);
    row(u"disks"_s, Pass, "no late activation", [disk](Case& c) {
        disk(c);
        c.source.capabilities.remove(u"late-block-activate"_s);
    });
    row(u"open-files-limit"_s, Refuse, "too many", [](Case& c) { c.source.process->openFiles = 1025; });
    row(u"open-files-limit"_s, Warning, "tight", [](Case& c) { c.source.process->openFiles = 1000; });
    row(u"open-files-limit"_s, Warning, "source unknown", [](Case& c) { c.source.process->openFiles = -1; });
    row(u"open-files-limit"_s, Warning, "limit unknown", [](Case& c) { c.plan.launchFilesLimit.reset(); });
    row(u"open-files-limit"_s, Refuse, "attached with a low limit", [](Case& c) {
        attach(c);
        c.destination->process = ProcessFacts();
        c.destination->process->openFilesLimit = OpenFilesLimit{ .soft = 16, .hard = 16 };
    });
    const auto exec = [](Case& c, const QString& policy) {
        c.plan.mode = u"cpr-exec"_s;
        c.source.process->command.sandbox = policy;
    };
    row(u"sandbox"_s, Refuse, "no spawn", [exec](Case& c) { exec(c, u"on,spawn=deny"_s); });
    row(u"sandbox"_s, Pass, "spawn", [exec](Case& c) { exec(c, u"on,spawn=allow"_s); });
    row(u"sandbox"_s, NotApplicable, "cpr-transfer",
        [](Case& c) { c.command().sandbox = u"on,spawn=deny"_s; });
    row(u"identity-proof"_s, Warning, "no kcmp", [](Case& c) { c.source.process->kcmpPermitted = false; });
    row(u"identity-proof"_s, Warning, "no process", [](Case& c) { c.source.process.reset(); });
    row(u"identity-proof"_s, NotApplicable, "normal", makeNormal);
    row(u"trace"_s, Warning, "no times", [](Case& c) { c.command().timestamps = false; });
    row(u"trace"_s, Warning, "no checkpoints", [](Case& c) { c.command().tracePatterns = { u"cpr_*"_s }; });
    row(u"trace"_s, Warning, "no log", [](Case& c) { c.command().logFile.clear(); });
    row(u"trace"_s, Warning, "no process", [](Case& c) { c.source.process.reset(); });
}

void TestPreflight::verdicts()
{
    QFETCH(QString, id);
    QFETCH(Verdict, verdict);
    QFETCH(Change, change);
    Case c = goodCase();
    change(c);
    const std::vector<Check> checks = preflight(c.source, c.plan, c.destination);
    const auto check = std::ranges::find(checks, id, &Check::id);
    QVERIFY(check != checks.end());
    QVERIFY2(check->verdict == verdict,
        qPrintable(
            verdictId(check->verdict) + u" instead of " + verdictId(verdict) + u": " + check->evidence));
    const bool needsRemedy = verdict == Verdict::Warning || verdict == Verdict::Refuse;
    QCOMPARE(!check->remedy.isEmpty(), needsRemedy);
}

void TestPreflight::everyRefusalHasARemedy()
{
    // Nothing known at all: no check may crash or say nothing.
    for (const Check& check : preflight(Facts(), Plan(), Facts())) {
        const bool needsRemedy = check.verdict == Verdict::Warning || check.verdict == Verdict::Refuse;
        QVERIFY2(!check.remedy.isEmpty() || !needsRemedy, qPrintable(check.id));
    }
}

void TestPreflight::fixes_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<std::optional<Fix>>("fix");
    QTest::addColumn<Change>("change");
    const auto row
        = [](const QString& id, const std::optional<Fix>& fix, const char* name, const Change& change) {
              QTest::addRow("%s: %s", qPrintable(id), name) << id << fix << change;
          };
    const auto mode = [](const QString& name) { return Fix{ .kind = FixKind::Mode, .names = { name } }; };
    const Fix normal = mode(u"normal"_s);
    const Fix transfer = mode(u"cpr-transfer"_s);
    const auto privateRam = [](Case& c) { c.source.memoryBackends[0].share = false; };

    row(u"ram-shared"_s, {}, "nothing to do", [](Case&) { });
    row(u"ram-shared"_s, normal, "private RAM", privateRam);
    row(u"ram-shared"_s, {}, "private RAM, no other mode", [=](Case& c) {
        privateRam(c);
        c.source.modes = { u"cpr-transfer"_s };
    });
    row(u"aux-ram-share"_s, normal, "off", [](Case& c) { c.source.auxRamShare = false; });
    row(u"blockers"_s, normal, "one", [](Case& c) { c.source.blockedReasons = QStringList{ u"x"_s }; });
    row(u"blockers"_s, {}, "one, already normal", [](Case& c) {
        makeNormal(c);
        c.source.blockedReasons = QStringList{ u"x"_s };
    });
    row(u"mode-offered"_s, normal, "no modes", [](Case& c) { c.source.modes.clear(); });
    row(u"free-memory"_s, transfer, "too little", [](Case& c) {
        makeNormal(c);
        c.source.availableMemory = 1;
    });
    row(u"capabilities"_s, Fix{ .kind = FixKind::Capabilities, .names = { u"postcopy-ram"_s }, .on = false },
        "postcopy", [](Case& c) { c.source.capabilities[u"postcopy-ram"_s] = true; });
    row(u"guarded-commit"_s, Fix{ .kind = FixKind::Guard, .on = true }, "off",
        [](Case& c) { c.plan.guardedCommit = false; });
    row(u"run-state"_s, Fix{ .kind = FixKind::ContinueGuest }, "never started",
        [](Case& c) { c.source.runState = u"prelaunch"_s; });
    row(u"run-state"_s, {}, "moved away", [](Case& c) { c.source.runState = u"postmigrate"_s; });
    row(u"migration-idle"_s, Fix{ .kind = FixKind::CancelMigration }, "active",
        [](Case& c) { c.source.migrationStatus = u"active"_s; });
    const auto fewFiles
        = [](Case& c) { c.plan.launchFilesLimit = OpenFilesLimit{ .soft = 40, .hard = 4096 }; };
    row(u"open-files-limit"_s, Fix{ .kind = FixKind::FilesLimit, .number = 4096 }, "few", fewFiles);
    row(u"open-files-limit"_s, Fix{ .kind = FixKind::FilesLimit, .number = 65'536 }, "few, unlimited",
        [](Case& c) { c.plan.launchFilesLimit = OpenFilesLimit{ .soft = 40, .hard = ~quint64{ 0 } }; });
    row(u"open-files-limit"_s, {}, "few, and no more allowed",
        [](Case& c) { c.plan.launchFilesLimit = OpenFilesLimit{ .soft = 40, .hard = 40 }; });
    row(u"open-files-limit"_s, {}, "few, but not ours to raise", [=](Case& c) {
        attach(c);
        fewFiles(c);
    });
    const auto missing = [](Case& c) { c.plan.binaryFacts->exists = false; };
    row(u"binary"_s, {}, "the source's is missing", missing);
    row(u"binary"_s, Fix{ .kind = FixKind::Program, .names = { QString() } }, "another is missing",
        [=](Case& c) {
            missing(c);
            c.plan.binary = u"/opt/vmm"_s;
        });
}

void TestPreflight::fixes()
{
    QFETCH(QString, id);
    QFETCH(std::optional<Fix>, fix);
    QFETCH(Change, change);
    Case c = goodCase();
    change(c);
    const std::vector<Check> checks = preflight(c.source, c.plan, c.destination);
    const auto check = std::ranges::find(checks, id, &Check::id);
    QVERIFY(check != checks.end());
    QVERIFY2(check->fix == fix, qPrintable(check->fix ? fixLabel(*check->fix) : u"none"_s));
    // What is in order needs no button.
    for (const Check& other : checks)
        QVERIFY2(!other.fix || other.verdict == Verdict::Refuse || other.verdict == Verdict::Warning,
            qPrintable(other.id));
}

void TestPreflight::fixesSpeak()
{
    QSet<QString> labels;
    QSet<QString> ids;
    for (int kind = 0; kind <= static_cast<int>(FixKind::ContinueGuest); ++kind) {
        const Fix fix{ .kind = static_cast<FixKind>(kind), .names = { u"name"_s }, .number = 77 };
        labels.insert(fixLabel(fix));
        ids.insert(fixId(fix.kind));
        QVERIFY(!fixSentence(fix).isEmpty());
        for (const Command& command : fixCommands(fix))
            QCOMPARE(command.side, Side::Source);
    }
    QCOMPARE(labels.size(), 7);
    QCOMPARE(ids.size(), 7);
    const auto commands
        = fixCommands({ .kind = FixKind::Capabilities, .names = { u"a"_s, u"b"_s }, .on = false });
    QCOMPARE(commands.size(), 1);
    QCOMPARE(commands[0].arguments[u"capabilities"].toArray().size(), 2);
    QVERIFY(!commands[0].arguments[u"capabilities"][0][u"state"].toBool());
}

void TestPreflight::worstVerdict()
{
    const auto with = [](Verdict verdict) {
        return Check{ .id = {}, .verdict = verdict, .title = {}, .evidence = {}, .remedy = {} };
    };
    QCOMPARE(worst({}), Verdict::Pass);
    QCOMPARE(worst({ with(Verdict::NotApplicable) }), Verdict::Pass);
    QCOMPARE(worst({ with(Verdict::Pass), with(Verdict::Warning) }), Verdict::Warning);
    QCOMPARE(worst({ with(Verdict::Refuse), with(Verdict::Warning) }), Verdict::Refuse);
    QCOMPARE(verdictId(Verdict::NotApplicable), u"not-applicable"_s);
}

void TestPreflight::versions_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    QTest::newRow("qemu") << u"QEMU emulator version 10.0.13 (Debian 1:10.0.13+ds-1)"_s << u"10.0.13"_s;
    QTest::newRow("two numbers") << u"vmm 0.1"_s << u"0.1.0"_s;
    QTest::newRow("the named one") << u"libfoo 9.9, Version 1.2.3"_s << u"1.2.3"_s;
    QTest::newRow("none") << u"hello 7"_s << QString();
    QTest::newRow("too big") << u"version 99999999999.1"_s << u"999999.1.0"_s;
}

void TestPreflight::versions()
{
    QFETCH(QString, text);
    QFETCH(QString, expected);
    const auto version = Version::parse(text);
    QCOMPARE(version ? version->toString() : QString(), expected);
}

QTEST_GUILESS_MAIN(TestPreflight)
#include "tst_preflight.moc"
