// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/session.h"

#include "base/clock.h"
#include "base/logging.h"
#include "operator/commandline.h"
#include "operator/guard.h"
#include "operator/procfs.h"
#include "operator/sessionprivate.h"
#include "operator/sessionrecord.h"
#include "timeline/fds.h"

#include <KLocalizedString>

#include <algorithm>
#include <unistd.h>

namespace cutover::op {

using timeline::Category;

Session::Private::Private(Session* session, timeline::Record& eventRecord)
    : q(session)
    , record(eventRecord)
    , pulse(eventRecord, [this] { return pulseHolder(); }, [this] { return lookAtMemory(); })
{
    connect(&pulse, &PulseSampler::listeningChanged, session, &Session::pulseListeningChanged);
    connect(&pulse, &PulseSampler::listeningChanged, this, [this] { releaseMemory(); });
    for (std::size_t kind = 0; kind < timers.size(); ++kind) {
        timers[kind].setSingleShot(true);
        timers[kind].setTimerType(Qt::PreciseTimer);
        connect(&timers[kind], &QTimer::timeout, this,
            [this, kind] { tell(input::TimerFired{ static_cast<TimerKind>(kind) }); });
    }
    connect(&channelWatch, &ListenerWatch::listening, this, [this] { tell(input::ListenerReady{}); });
}

Session::Private::~Private()
{
    // Nobody else knows that they were stopped on purpose.
    for (const Side side : stopped) {
        if (Endpoint* vmm = endpointOf(side))
            std::ignore = vmm->continueProcess();
    }
    dropFolder();
}

Result<void> Session::Private::feed(const SessionInput& input)
{
    if (stepping) {
        inputs.push_back(input);
        return {};
    }
    auto next = step(machine, input);
    if (!next) {
        qCWarning(lcSession) << next.error().message();
        return std::unexpected(next.error());
    }
    stepping = true;
    inputs.clear();
    for (;;) {
        if (next) {
            const QString before = stateId(machine.state);
            machine = std::move(next->next);
            const QString now = stateId(machine.state);
            if (now != before)
                note(Category::State, now, toRecord(machine.state));
            for (const SessionAction& action : next->actions)
                carryOut(action);
            if (now != before) {
                if (isFinal(machine.state)) {
                    monitorWatch.stop();
                    heldFiles.clear();
                }
                rememberThatItRan();
                rememberThatItIsSaved();
                if (!continueStopped())
                    judgeFaults();
                followPulse();
                QMetaObject::invokeMethod(
                    this,
                    [this] {
                        // Who stops recording now has the last word of both sides.
                        noteEndpoints();
                        Q_EMIT q->stateChanged();
                    },
                    Qt::QueuedConnection);
            }
        } else {
            qCWarning(lcSession) << next.error().message();
        }
        if (inputs.empty())
            break;
        const SessionInput queued = std::move(inputs.front());
        inputs.pop_front();
        next = step(machine, queued);
    }
    stepping = false;
    if (dueCheck)
        QMetaObject::invokeMethod(this, [this] { beginDueCheck(); }, Qt::QueuedConnection);
    QMetaObject::invokeMethod(q, &Session::endpointsChanged, Qt::QueuedConnection);
    // After what has to be done now: this may be inside the pause.
    QMetaObject::invokeMethod(this, [this] { tellEndpoints(); }, Qt::QueuedConnection);
    return {};
}

void Session::Private::tellEndpoints()
{
    noteEndpoints();
    Q_EMIT q->endpointsChanged();
}

void Session::Private::noteEndpoints()
{
    for (const Side side : { Side::Source, Side::Destination }) {
        EndpointStatus& told = toldStatus[side == Side::Source ? 0 : 1];
        EndpointStatus status = q->endpoint(side);
        // Reckoned anew each time, and never quite the same.
        if (status.startTicks == told.startTicks)
            status.processStartNs = told.processStartNs;
        else
            noteCommandLine(side, status.pid);
        if (status == told)
            continue;
        told = status;
        record.append({ .side = side,
            .timeNs = realtimeNs(),
            .category = Category::Endpoint,
            .name = QStringLiteral("status"),
            .attributes = toRecord(status) });
    }
}

/// While it lives: a report tells of VMMs that have ended.
void Session::Private::noteCommandLine(Side side, pid_t pid)
{
    // When it was started.
    const bool told = side == Side::Destination && !plan.attached && !plan.executes();
    const auto argv = told || pid <= 0 ? Result<QStringList>() : ProcFs().commandLine(pid);
    if (!argv || argv->isEmpty())
        return;
    record.append({ .side = side,
        .timeNs = realtimeNs(),
        .category = Category::Process,
        .name = QStringLiteral("command-line"),
        .attributes = { { QStringLiteral("pid"), pid }, { QStringLiteral("argv"), shellLine(*argv) } } });
}

void Session::Private::remark(const Failure& what)
{
    note(Category::Action, QStringLiteral("note"),
        { { QStringLiteral("text"), what.sentence() }, { QStringLiteral("failure"), toRecord(what) } });
    Q_EMIT q->noted(what);
}

void Session::Private::carryOut(const SessionAction& action)
{
    if (std::holds_alternative<action::Check>(action)) {
        startCheck();
    } else if (const auto* call = std::get_if<action::Call>(&action)) {
        callVmm(*call);
    } else if (std::holds_alternative<action::Launch>(action)) {
        launch();
    } else if (std::holds_alternative<action::Kill>(action)) {
        killDestination();
    } else if (const auto* again = std::get_if<action::Reconnect>(&action)) {
        reconnect(again->side);
    } else if (const auto* start = std::get_if<action::StartTimer>(&action)) {
        timers[static_cast<std::size_t>(start->kind)].start(start->ms);
    } else if (const auto* stop = std::get_if<action::StopTimer>(&action)) {
        timers[static_cast<std::size_t>(stop->kind)].stop();
    } else if (const auto* stage = std::get_if<action::Journal>(&action)) {
        writeStage(stage->stage);
    } else if (std::holds_alternative<action::Verify>(action)) {
        verify();
    } else if (std::holds_alternative<action::MoveMonitor>(action)) {
        moveMonitor();
    } else if (const auto* tolerated = std::get_if<action::Note>(&action)) {
        remark(tolerated->note);
    }
}

void Session::Private::callVmm(const action::Call& call)
{
    Endpoint* vmm = endpointOf(call.side);
    if (!vmm || !vmm->isConnected()) {
        tell(input::Reply{ call.side, call.tag,
            cutover::failure(ErrorCode::Disconnected, i18n("run the QMP command"), call.command,
                i18n("there is no connection")) });
        return;
    }
    const GuardState guard{ .side = call.side,
        .mode = call.side == Side::Source ? plan.mode : QString(),
        .runState = machine.known.source.runState,
        .otherMayRunGuest = call.side == Side::Source,
        .privateRam = mayHavePrivateRam(sourceFacts),
        .inSession = true };
    const QJsonObject message{ { QStringLiteral("execute"), call.command },
        { QStringLiteral("arguments"), call.arguments } };
    // What the machine asks for is never hazardous; this holds even if the machine were wrong.
    if (call.tag == Tag::Migrate || call.tag == Tag::Arm) {
        if (const auto safe = checkCommand(message, guard); !safe) {
            tell(input::Reply{ call.side, call.tag, std::unexpected(safe.error()) });
            return;
        }
    }
    // The last moment that costs the guest nothing, and all that is to be set is set.
    if (call.command == u"migrate" || call.command == u"migrate-incoming")
        noteSettings(call.side);
    const Side side = call.side;
    const Tag tag = call.tag;
    vmm->call(call.command, call.arguments, [this, side, tag, vmm](const Result<QJsonValue>& result) {
        // The end of a connection answers what was pending; Disconnected says the same, once.
        if (!result && result.error().code == ErrorCode::Disconnected && tag != Tag::Migrate
            && tag != Tag::Arm)
            return;
        if (endpointOf(side) == vmm)
            tell(input::Reply{ side, tag, result });
    });
}

void Session::Private::writeStage(JournalStage stage)
{
    if (folder.isEmpty())
        return;
    if (stage == JournalStage::Failed || stage == JournalStage::Finished)
        removeChannels();
    if (stage == JournalStage::Failed || stage == JournalStage::Moved)
        removeSavedState();
    journal.stage = stage;
    if (machine.config.exec)
        journal.destination
            = stage == JournalStage::Armed || stage == JournalStage::Failed ? ProcessId() : journal.source;
    else if (destination)
        journal.destination = { .pid = destination->pid(), .startTicks = destination->startTimeTicks() };
    if (const auto written = writeJournal(journal); !written) {
        remark({ .side = Side::Console,
            .phase = SessionPhase::Arm,
            .error = written.error(),
            .destinationOutput = {} });
    }
}

/// A destination announces RESUME before it logs that it runs, and may be killed in between.
void Session::Private::rememberThatItRan()
{
    const SideView& other = machine.known.destination;
    if (!std::holds_alternative<state::Stranded>(machine.state)
        || (!other.everResumed && other.ranGuest != RanGuest::Yes))
        return;
    journal.destinationRan = true;
    writeStage(journal.stage);
}

void Session::Private::rememberThatItIsSaved()
{
    const bool whole
        = machine.config.throughFile && machine.known.source.migrationStatus == QStringLiteral("completed");
    if (!whole || journal.stateWhole || !std::holds_alternative<state::Committing>(machine.state))
        return;
    journal.stateWhole = true;
    writeStage(journal.stage);
}

void Session::Private::lookForLostFds()
{
    if (!plan.passesFiles() || !destination || !machine.known.fdLost.isEmpty())
        return;
    source->catchUp();
    destination->catchUp();
    QStringList lost;
    const timeline::Facts facts(record.events());
    for (const timeline::FdAlarm& alarm : timeline::fdAlarms(facts))
        lost.append(alarm.text);
    // Without the source's trace nothing says what was sent; but its RAM always is.
    for (const timeline::FdEntry& fd : timeline::fdTable(facts)) {
        const bool isRam
            = std::ranges::contains(sourceFacts.memoryBackends, fd.name, &MemoryBackendFacts::id);
        if (fd.claim == timeline::FdClaim::Missing && (fd.saved ? plan.executes() : isRam))
            lost.append(i18n("The destination did not find the memory '%1'.", fd.name));
    }
    if (lost.isEmpty())
        return;
    journal.fdLost = lost.join(QLatin1Char(' '));
    writeStage(journal.stage);
    tell(input::FdLost{ journal.fdLost });
}

std::unique_ptr<Endpoint> Session::Private::makeEndpoint(Side side)
{
    auto vmm = std::make_unique<Endpoint>(side, record);
    connect(vmm.get(), &Endpoint::connected, this, [this, side] {
        const bool executed = side == Side::Destination && machine.config.exec;
        if (executed)
            tell(input::Connected{ side });
        // Its devices exist by now, so its log tells what it found; later would be inside the pause.
        if (side == Side::Destination)
            lookForLostFds();
        if (!executed)
            tell(input::Connected{ side });
    });
    connect(vmm.get(), &Endpoint::disconnected, this,
        [this, side](const Error& error) { tell(input::Disconnected{ side, error }); });
    connect(vmm.get(), &Endpoint::exited, this, [this, side, endpoint = vmm.get()](const QString& text) {
        const Endpoint* speaker = machine.config.exec && destination ? destination.get() : endpoint;
        RanGuest ran = endpoint->ranGuest();
        // Such a VMM writes no log in a switchover: one that says nothing proves nothing.
        if (ran == RanGuest::No && plan.vmmGuardsCommit)
            ran = RanGuest::Unknown;
        tell(input::Exited{ .side = side, .text = text, .output = speaker->outputTail(), .ranGuest = ran });
    });
    connect(vmm.get(), &Endpoint::faultDone, this,
        [this, side](const QString& fault, qint64 timeNs) { noteFault(side, fault, timeNs); });
    connect(vmm.get(), &Endpoint::vmEvent, this, [this, side](const QString& name, const QJsonObject& data) {
        tell(input::VmEvent{ side, name, data });
    });
    return vmm;
}

void Session::Private::note(Category category, const QString& name, const QJsonObject& attributes)
{
    record.append({ .side = Side::Console,
        .timeNs = realtimeNs(),
        .category = category,
        .name = name,
        .attributes = attributes });
}

void Session::Private::dropFolder()
{
    // A living destination has its log and its monitor there; an unfinished pair must be found again.
    const bool unused = !destination || destination->isGone() || destination->pid() == 0;
    const bool settled = std::holds_alternative<state::Failed>(machine.state) || !machine.known.migrateSent;
    if (folder.isEmpty() || !unused || !settled)
        return;
    if (const auto removed = removePairFolder(folder); !removed)
        qCWarning(lcSession) << removed.error().message();
    folder.clear();
}

Session::Session(timeline::Record& record, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, record))
{
}

Session::~Session() = default;

Result<void> Session::check(const SessionRequest& request)
{
    if (!std::holds_alternative<state::Idle>(d->machine.state)
        && !std::holds_alternative<state::Ready>(d->machine.state)
        && !std::holds_alternative<state::Failed>(d->machine.state))
        return cutover::failure(ErrorCode::Refused, i18n("check"), stateId(d->machine.state),
            std::holds_alternative<state::Finished>(d->machine.state)
                ? i18n("this session is through; the next migration is another session")
                : i18n("a migration is under way"));
    d->request = request;
    // However it was asked for, it is a fault.
    if (const QString fault = d->request.parameters.take(u"x-fault").toString(); !fault.isEmpty())
        d->request.faults += fault == u"none" ? QStringList() : QStringList{ fault };
    d->forgetFixes();
    d->note(Category::Action, QStringLiteral("check"), toRecord(d->request));
    return d->feed(input::Begin{});
}

Result<void> Session::migrate()
{
    if (isSwitching())
        return cutover::failure(ErrorCode::Busy, i18n("migrate"), {}, i18n("a switch is being set"),
            i18n("Try again in a moment."));
    if (std::holds_alternative<state::Ready>(d->machine.state))
        d->settingsNoted = {};
    return d->feed(input::Migrate{});
}

Result<void> Session::cancel()
{
    if (auto allowed = canCancel(d->machine.state); !allowed)
        return allowed;
    return d->feed(input::Cancel{});
}

Result<void> Session::finish()
{
    return d->feed(input::Finish{});
}

void Session::letGo()
{
    if (!isFinal(d->machine.state))
        return;
    for (const Side side : { Side::Source, Side::Destination }) {
        if (Endpoint* vmm = d->endpointOf(side))
            vmm->client().close();
    }
}

const SessionRequest& Session::request() const
{
    return d->request;
}

const SessionState& Session::state() const
{
    return d->machine.state;
}

const Knowledge& Session::knowledge() const
{
    return d->machine.known;
}

Outcome Session::outcome() const
{
    const SessionState& now = d->machine.state;
    if (const auto* migrated = std::get_if<state::Migrated>(&now))
        return migrated->verified ? Outcome::Migrated : Outcome::NeedsOperator;
    if (const auto* finished = std::get_if<state::Finished>(&now))
        return finished->verified ? Outcome::Migrated : Outcome::NeedsOperator;
    if (const auto* ready = std::get_if<state::Ready>(&now))
        return ready->refused ? Outcome::Refused : Outcome::Running;
    if (std::holds_alternative<state::Failed>(now))
        return Outcome::Failed;
    return std::holds_alternative<state::Stranded>(now) ? Outcome::NeedsOperator : Outcome::Running;
}

std::optional<Failure> Session::failure() const
{
    if (const auto* failed = std::get_if<state::Failed>(&d->machine.state))
        return failed->why;
    if (const auto* stranded = std::get_if<state::Stranded>(&d->machine.state))
        return stranded->why;
    return std::nullopt;
}

const FdInventory& Session::inventory() const
{
    return d->inventory;
}

const Facts& Session::sourceFacts() const
{
    return d->sourceFacts;
}

const std::vector<Check>& Session::checks() const
{
    return d->checks;
}

const Plan& Session::plan() const
{
    return d->plan;
}

const std::optional<DerivedCommand>& Session::derived() const
{
    return d->plan.derived;
}

const Verification& Session::verification() const
{
    return d->verification;
}

QString Session::pairFolder() const
{
    return d->folder;
}

EndpointStatus Session::endpoint(Side side) const
{
    const Endpoint* vmm = d->endpointOf(side);
    const SideView& view = side == Side::Source ? d->machine.known.source : d->machine.known.destination;
    EndpointStatus status;
    status.name = d->sourceFacts.name;
    status.ramBytes = d->sourceFacts.ramSize;
    status.runState = view.runState;
    status.migrationStatus = view.migrationStatus;
    status.gone = view.gone;
    if (side == Side::Source) {
        status.qmpPath = d->sourcePath;
        if (status.runState.isEmpty())
            status.runState = d->sourceFacts.runState;
    } else {
        status.qmpPath = d->plan.attached ? d->request.destination.qmpPath : d->plan.monitorPath;
    }
    if (!vmm)
        return status;
    status.pid = vmm->pid();
    status.startTicks = vmm->startTimeTicks();
    status.connected = vmm->isConnected();
    status.logPath = vmm->logPath();
    status.waitingForSource = side == Side::Destination && !status.connected && !status.gone
        && d->machine.config.cpr && !view.everResumed && view.migrationStatus.isEmpty();
    const qmp::Greeting& greeting = vmm->client().greeting();
    // Also of one that has ended.
    if (greeting.major > 0)
        status.version = QStringLiteral("%1.%2.%3 %4")
                             .arg(greeting.major)
                             .arg(greeting.minor)
                             .arg(greeting.micro)
                             .arg(greeting.package)
                             .trimmed();
    if (vmm->startTimeTicks() > 0)
        status.processStartNs = realtimeNs() - monotonicNs()
            + static_cast<qint64>(vmm->startTimeTicks()) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK));
    return status;
}

Result<void> Session::sendCommand(Side side, const QJsonObject& command, bool confirmed)
{
    Endpoint* vmm = d->endpointOf(side);
    const QString name = command[u"execute"].toString();
    if (name.isEmpty())
        return cutover::failure(
            ErrorCode::InvalidArgument, i18n("send the command"), {}, i18n("it has no 'execute' member"));
    if (!vmm || !vmm->isConnected())
        return cutover::failure(
            ErrorCode::Disconnected, i18n("send the command"), name, i18n("there is no connection"));
    const SideView& view = side == Side::Source ? d->machine.known.source : d->machine.known.destination;
    const SideView& other = side == Side::Source ? d->machine.known.destination : d->machine.known.source;
    // As of the check; only the mode that loses private RAM is held against a command.
    const QString known = d->sourceFacts.parameters[u"mode"].toString();
    const GuardState guard{ .side = side,
        .mode = known == u"cpr-exec" ? known : QString(),
        .runState = view.runState,
        .otherMayRunGuest = d->endpointOf(side == Side::Source ? Side::Destination : Side::Source)
            && (!other.gone || other.everResumed),
        .privateRam = mayHavePrivateRam(d->sourceFacts),
        .inSession = !isFinal(d->machine.state) };
    if (!confirmed) {
        if (auto safe = checkCommand(command, guard); !safe)
            return safe;
    }
    d->note(Category::Action, QStringLiteral("command"),
        { { QStringLiteral("side"), sideId(side) }, { QStringLiteral("command"), name } });
    if (name == u"stop" && side == Side::Source)
        d->watchMemory(); // what is migrated next stands still from now on
    else if (name == u"cont" && side == Side::Source)
        d->memory.settle();
    vmm->call(name, command[u"arguments"].toObject(), [](const Result<QJsonValue>&) { });
    return {};
}

} // namespace cutover::op
