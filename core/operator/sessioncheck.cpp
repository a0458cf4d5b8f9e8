// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/commandedit.h"
#include "operator/discovery.h"
#include "operator/fdswitches.h"
#include "operator/reviewedcommand.h"
#include "operator/sessionplanner.h"
#include "operator/sessionprivate.h"
#include "operator/sessionrecord.h"
#include "operator/socketmove.h"

#include <KLocalizedString>

#include <QDir>

#include <unistd.h>

namespace cutover::op {

using timeline::Category;

/// The number the destination finds its CPR listener under.
static constexpr int cprListenerNumber = 10;

/// The first QEMU that takes an inherited CPR listener; older ones want a path.
static constexpr Version firstWithInheritedListener{ 11, 0, 0 };

void Session::Private::failCheck(Side side, SessionPhase phase, const Error& error)
{
    tell(input::CheckFailed{ { .side = side, .phase = phase, .error = error, .destinationOutput = {} } });
}

void Session::Private::startCheck()
{
    sweepPairs();
    dropFolder();
    destination.reset();
    dropRelay();
    checks.clear();
    verification = {};
    plan = {};
    inventory = {};
    route = {};
    destinationFds.reset();
    talk.reset();
    moves.clear();
    Q_EMIT q->checksChanged();
    QString path = request.source.qmpPath;
    if (request.source.pid > 0) {
        const auto vmm = inspectProcess(request.source.pid);
        if (!vmm) {
            failCheck(Side::Source, SessionPhase::Connect, vmm.error());
            return;
        }
        const DiscoveredMonitor* monitor = vmm->usableMonitor();
        if (!monitor) {
            failCheck(Side::Source, SessionPhase::Connect,
                { .code = ErrorCode::NotFound,
                    .attempt = i18n("connect to process"),
                    .object = QString::number(request.source.pid),
                    .cause = i18n("it has no QMP socket that is free"),
                    .remedy
                    = i18n("Start the VMM with a monitor of its own: -qmp unix:PATH,server=on,wait=off"),
                    .sysErrno = 0 });
            return;
        }
        path = monitor->path;
    }
    if (source && source->isConnected() && sourcePath == path) {
        collectFacts();
        return;
    }
    sourcePath = path;
    source = makeEndpoint(Side::Source);
    connect(source.get(), &Endpoint::connected, this, [this] {
        if (std::holds_alternative<state::Checking>(machine.state))
            collectFacts();
    });
    qmp::ClientLimits clientLimits = source->client().limits();
    clientLimits.greetingMs = request.limits.connectMs;
    source->client().setLimits(clientLimits);
    source->connectTo(path);
}

void Session::Private::collectFacts()
{
    const ClockOffset clock = sampleClockOffset();
    note(Category::Clock, QStringLiteral("before"),
        { { QStringLiteral("offsetNs"), clock.offsetNs },
            { QStringLiteral("uncertaintyNs"), clock.uncertaintyNs } });
    collector = std::make_unique<FactsCollector>(
        &source->client(), CollectOptions{ .mode = request.mode, .pid = {} });
    connect(collector.get(), &FactsCollector::finished, this, [this](const Facts& facts) {
        sourceFacts = facts;
        if (std::holds_alternative<state::Checking>(machine.state))
            probeBinary();
    });
    connect(collector.get(), &FactsCollector::failed, this, [this](const Error& error) {
        if (std::holds_alternative<state::Checking>(machine.state))
            failCheck(Side::Source, SessionPhase::Preflight, error);
    });
    collector->start();
}

void Session::Private::probeBinary()
{
    const DestinationSpec& spec = request.destination;
    QString binary = spec.binary;
    if (spec.kind == DestinationSpec::Kind::Command && !spec.argv.isEmpty())
        binary = spec.argv.first();
    else if (binary.isEmpty() && sourceFacts.process)
        binary = sourceFacts.process->command.program;
    if (spec.kind == DestinationSpec::Kind::Attach || binary.isEmpty()) {
        concludeCheck();
        return;
    }
    op::probeBinary(binary, this, [this](const BinaryFacts& facts) {
        plan.binaryFacts = facts;
        if (std::holds_alternative<state::Checking>(machine.state))
            concludeCheck();
    });
}

void Session::Private::planMainChannel(const QString& path)
{
    if (!plan.savesToFile()) {
        plan.mainAddress = Plan::unixAddress(path);
        return;
    }
    const QString file
        = request.stateFile.isEmpty() ? QString(folder + QStringLiteral("/vm.state")) : request.stateFile;
    plan.saved = lookAtSavedState(sourceFacts, file);
    plan.mainAddress = Plan::fileAddress(file);
    if (plan.executes()) {
        plan.saved->copiedBytes = 0;
        return;
    }
    const QString ignoreShared = QStringLiteral("x-ignore-shared");
    if (sourceFacts.capability(ignoreShared))
        plan.capabilities.insert(ignoreShared, plan.saved->ignoresShared());
}

Result<void> Session::Private::deriveDestination()
{
    auto created = createPairFolder();
    if (!created)
        return std::unexpected(created.error());
    folder = *created;
    planMainChannel(folder + QStringLiteral("/main.sock"));
    plan.cprPath = plan.needsCprChannel() ? QString(folder + QStringLiteral("/cpr.sock")) : QString();
    // A program that has nobody to connect to ends, and here the guest would end with it.
    if (!plan.executes())
        plan.connectBackPath = folder + QStringLiteral("/connect-back.sock");

    const Version version
        = plan.binaryFacts && plan.binaryFacts->version ? *plan.binaryFacts->version : sourceFacts.version;
    if (plan.needsCprChannel() && version >= firstWithInheritedListener)
        plan.cprFd = cprListenerNumber;

    const DestinationSpec& spec = request.destination;
    const QStringList base = spec.kind == DestinationSpec::Kind::Command ? spec.argv
        : sourceFacts.process                                            ? sourceFacts.process->argv
                                                                         : QStringList();
    if (base.isEmpty())
        return cutover::failure(ErrorCode::PermissionDenied, i18n("derive the destination"), {},
            i18n("the source's command line cannot be read"),
            i18n("Run as the source's user, or give the destination's command line."));
    DeriveOptions options;
    options.binary = spec.binary;
    // The source would look for it in a PATH of its own.
    options.sameProcess = plan.executes();
    if (options.sameProcess && plan.binaryFacts && plan.binaryFacts->executable)
        options.binary = plan.binaryFacts->path;
    // Of a source whose command line is not known nothing can be held against the destination's.
    if (spec.kind == DestinationSpec::Kind::Command)
        options.sourceNetwork = sourceFacts.process ? sourceFacts.process->command.networkBackends
                                                    : std::vector<NetworkBackend>();
    options.machineType = sourceFacts.machineType;
    options.socketFolder = folder;
    options.connectBackPath = plan.connectBackPath;
    options.monitorPath = folder + QStringLiteral("/monitor.sock");
    options.mainPath = plan.deferIncoming ? QString() : QString(folder + QStringLiteral("/main.sock"));
    options.cprPath = plan.needsCprChannel() && plan.cprFd < 0 ? plan.cprPath : QString();
    options.cprFd = plan.cprFd;
    options.startPaused = plan.guardedCommit;
    if (sourceFacts.schema
        && sourceFacts.schema->features(QStringLiteral("migrate-set-parameters"))
            .contains(QStringLiteral("incoming-config")))
        options.earlyParameters = plan.parameters;
    if (!plan.destinationFault.isEmpty())
        options.earlyParameters.insert(QStringLiteral("x-fault"), plan.destinationFault);
    options.fdSwitch = inventory.global.name;
    const bool passesFds = routeOf(inventory, plan).on;
    for (const InventoryDevice& device : inventory.devices) {
        if (device.own.isSettable())
            options.fdSwitches.insert(device.id, device.own.on);
        if (passesFds && device.own.on)
            options.passedDevices.insert(device.id);
    }
    options.logFile = folder + QStringLiteral("/trace.log");
    auto derived = derive(base, options);
    if (!derived)
        return std::unexpected(derived.error());
    plan.monitorPath = derived->monitorPath;
    moves = plannedMoves(derived->moves, plan.monitorPath, sourcePath,
        sourceFacts.process ? sourceFacts.process->workingDirectory : QString());
    plan.derived = std::move(*derived);
    ReviewedCommand reviewed{ .argv = plan.derived->argv, .changes = plan.derived->changes, .edits = {} };
    if (spec.kind == DestinationSpec::Kind::Command && sourceFacts.process)
        reviewed.edits = compareCommands(sourceFacts.process->argv, spec.argv, i18n("By you."));
    note(Category::Action, QStringLiteral("derived"), toAttributes(reviewed));
    return {};
}

std::vector<Check> Session::Private::unfinishedPairs() const
{
    std::vector<Check> found;
    for (const PairJournal& pair : findPairs()) {
        const bool ours = pair.folder == folder;
        const bool same
            = pair.source.pid == source->pid() && pair.source.startTicks == source->startTimeTicks();
        if (ours || !same || !(isAtWork(pair) ? pair.stage != JournalStage::Failed : isLeftBehind(pair)))
            continue;
        found.push_back({ .id = QStringLiteral("unfinished-pair"),
            .verdict = Verdict::Refuse,
            .title = i18n("No other migration of this source is unfinished"),
            .evidence = i18n("A migration to process %1 stands at '%2'.",
                QString::number(pair.destination.pid), journalStageId(pair.stage)),
            .remedy = i18n("Run 'cutoverctl rescue': it says where the guest is and what can be done.") });
    }
    return found;
}

void Session::Private::concludeCheck()
{
    plan.mode = request.mode;
    plan.parameters = request.parameters;
    planFaults();
    plan.capabilities = request.capabilities;
    // A file answers nothing: with return-path QEMU saves all and then fails.
    plan.returnPath
        = plan.capabilities.take(QStringLiteral("return-path")).toBool(true) && !plan.savesToFile();
    // A file that is still to be written cannot be on a command line.
    plan.deferIncoming = request.defer || plan.savesToFile();
    plan.vmmGuardsCommit = sourceFacts.schema
        && sourceFacts.schema->features(QStringLiteral("migrate")).contains(QStringLiteral("guarded-commit"));
    plan.guardedCommit = request.guarded && !plan.vmmGuardsCommit;
    plan.keepSource = request.keepSource;
    plan.attached = request.destination.kind == DestinationSpec::Kind::Attach;
    plan.binary = request.destination.binary;
    inventory = inventoryOf(sourceFacts);
    // A destination inherits our limits.
    if (const auto limit = ProcFs().openFilesLimit(::getpid()))
        plan.launchFilesLimit = *limit;
    if (plan.attached) {
        const DestinationSpec& spec = request.destination;
        plan.monitorPath = spec.qmpPath;
        plan.cprPath = spec.cprPath;
        plan.deferIncoming = spec.mainPath.isEmpty();
        auto created = createPairFolder();
        if (!created) {
            failCheck(Side::Console, SessionPhase::Preflight, created.error());
            return;
        }
        folder = *created;
        planMainChannel(plan.deferIncoming ? QString(folder + QStringLiteral("/main.sock")) : spec.mainPath);
    } else if (const auto derived = deriveDestination(); !derived) {
        failCheck(Side::Destination, SessionPhase::Preflight, derived.error());
        return;
    }

    if (request.relay) {
        plan.relayMainPath = folder + QStringLiteral("/relay-main.sock");
        plan.relayCprPath
            = plan.needsCprChannel() ? QString(folder + QStringLiteral("/relay-cpr.sock")) : QString();
    }
    route = routeOf(inventory, plan);
    noteInventory(Side::Source, inventory);
    compareDestinationSwitches();
    if (plan.derived)
        note(Category::Action, QStringLiteral("destination"), toRecord(*plan.derived));

    checks = preflight(sourceFacts, plan, std::nullopt);
    for (Check& check : unfinishedPairs())
        checks.push_back(std::move(check));
    for (Check& check : faultChecks())
        checks.push_back(std::move(check));
    for (const Check& check : checks)
        note(Category::Check, check.id, toRecord(check));
    journal = { .folder = folder,
        .bootId = {},
        .stage = JournalStage::Armed,
        .changedNs = 0,
        .guestName = sourceFacts.name,
        .mode = plan.mode,
        .console = { .pid = ::getpid(), .startTicks = processStartTime(::getpid()).value_or(0) },
        .source = { .pid = source->pid(), .startTicks = source->startTimeTicks() },
        .sourceQmp = sourcePath,
        .destination = {},
        .destinationQmp = plan.monitorPath,
        .destinationLog = plan.derived ? plan.derived->logFile : QString(),
        .stateFile = plan.saved ? plan.saved->path : QString(),
        .destinationErrors
        = plan.attached || plan.executes() ? QString() : QString(folder + QStringLiteral("/destination.err")),
        .launched = !plan.attached && !plan.executes(),
        .guarded = plan.guardedCommit,
        .sourceWasRunning = sourceFacts.isRunning() };

    if (sourceFacts.process && sourceFacts.process->command.timestamps && source->logPath().isEmpty()
        && !sourceFacts.process->command.logFile.isEmpty()) {
        const QString log
            = QDir(sourceFacts.process->workingDirectory).filePath(sourceFacts.process->command.logFile);
        source->followLog(log, false);
    }
    Q_EMIT q->checksChanged();
    tell(input::Checked{ .refused = worst(checks) == Verdict::Refuse,
        .sourceWasRunning = sourceFacts.isRunning(),
        .config = planMachine(plan, sourceFacts,
            { .traceSource = request.traceSource,
                .samplePulse = request.samplePulse,
                .limits = limitsWithFaults() }) });
}

} // namespace cutover::op
