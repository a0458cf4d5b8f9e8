// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/phases.h"

#include "timeline/facts.h"
#include "timeline/pauseends.h"

#include <algorithm>

namespace cutover::timeline {

namespace {

/// Whether and when something happened.
struct Instant
{
    bool happened = false;
    qint64 timeNs = 0;

    void first(const Fact& fact)
    {
        if (!happened || (timeNs == 0 && fact.timeNs > 0))
            *this = { .happened = true, .timeNs = fact.timeNs };
    }
    void last(const Fact& fact) { *this = { .happened = true, .timeNs = std::max(timeNs, fact.timeNs) }; }
};

Instant instantOf(const Moment& moment)
{
    return { .happened = moment.happened(), .timeNs = moment.timeNs };
}

struct Instants
{
    Instant spawned;
    Instant started; ///< the migration
    Instant cprSaved;
    Instant cprArrived;
    Instant lastFd;
    Instant mainChannel;
    Instant active;
    Instant stopped;
    Instant running; ///< the guest, on the destination; for a paused guest: loaded there
    Instant resumed; ///< the guest, on the source
    Instant sourceCompleted;
    Instant destinationCompleted;
    Instant failed;
    Instant executed; ///< another program, by the source's process

    void add(const Fact& fact);
    void addState(const Fact& fact);
};

void Instants::addState(const Fact& fact)
{
    const QString state = fact.state();
    if (state == u"setup" && fact.side == Side::Destination)
        mainChannel.first(fact);
    else if (state == u"active")
        active.first(fact);
    else if (state == u"completed")
        (fact.side == Side::Source ? sourceCompleted : destinationCompleted).first(fact);
    else if ((state == u"failed" || state == u"cancelled") && fact.side == Side::Source)
        failed.first(fact);
}

void Instants::add(const Fact& fact)
{
    const bool source = fact.side == Side::Source;
    switch (fact.kind) {
    case FactKind::CprStateSave:
        if (source)
            cprSaved.first(fact);
        break;
    case FactKind::PutFd:
        if (source) {
            cprSaved.first(fact);
            if (!cprArrived.happened)
                lastFd.last(fact);
        }
        break;
    case FactKind::CprTransferInput:
    case FactKind::CprStateLoad:
        if (!source)
            cprArrived.first(fact);
        break;
    case FactKind::CprExec:
        if (source)
            executed.first(fact);
        break;
    case FactKind::GetFd:
        if (!source)
            lastFd.last(fact);
        break;
    case FactKind::IncomingAccepted:
    case FactKind::OutgoingConnected:
        mainChannel.first(fact);
        break;
    case FactKind::TraceState:
    case FactKind::QmpMigration:
        addState(fact);
        break;
    case FactKind::Exited:
        if (!source && !running.happened)
            failed.first(fact);
        break;
    default:
        break;
    }
}

Instants collect(const Facts& facts, const Window& window)
{
    Instants found;
    for (const Fact& fact : facts.before(window)) {
        const bool tellsState = fact.kind == FactKind::TraceState || fact.kind == FactKind::QmpMigration;
        if (fact.kind == FactKind::Spawned && fact.side == Side::Destination)
            found.spawned.last(fact);
        else if (tellsState && fact.side == Side::Source && isTerminal(fact.state()))
            found.spawned = {}; // that one belonged to the migration before
    }
    const PauseEnds ends = findPauseEnds(facts, window);
    found.stopped = instantOf(ends.stopped);
    found.running = instantOf(ends.started);
    found.resumed = instantOf(ends.resumed);
    for (const Fact& fact : facts.in(window)) {
        if (fact.kind == FactKind::Spawned && fact.side == Side::Destination)
            found.spawned.last(fact);
        if (!found.started.happened)
            found.started.first(fact);
        found.add(fact);
    }
    if (!found.running.happened && found.sourceCompleted.happened && !ends.stopped.happened())
        found.stopped = found.active;
    if (ends.sourceWasPaused && !found.running.happened) {
        found.running = ends.guarded.happened() ? instantOf(ends.guarded) : found.destinationCompleted;
    }
    return found;
}

struct Bounds
{
    Instant start;
    Instant end;
};

std::array<Bounds, 6> boundsOf(const Instants& at)
{
    const Instant& fdsDone = at.lastFd.happened ? at.lastFd : at.cprArrived;
    const Instant& bothCompleted = at.destinationCompleted.timeNs > at.sourceCompleted.timeNs
        ? at.destinationCompleted
        : at.sourceCompleted;
    const bool cpr = at.cprSaved.happened || at.cprArrived.happened;
    const Instant& setupEnd = cpr ? (at.cprSaved.happened ? at.cprSaved : at.cprArrived) : at.active;
    return { {
        { .start = at.spawned, .end = at.cprArrived },
        { .start = at.started, .end = setupEnd },
        { .start = setupEnd, .end = cpr ? fdsDone : Instant{} },
        { .start = cpr ? fdsDone : Instant{}, .end = cpr ? at.mainChannel : Instant{} },
        { .start = at.stopped, .end = at.running },
        { .start = at.running, .end = at.running.happened ? bothCompleted : Instant{} },
    } };
}

constexpr std::array<Side, 6> sides{ Side::Destination, Side::Source, Side::Channel, Side::Destination,
    Side::Channel, Side::Channel };

/// Marks what was passed on the way to the furthest phase that was seen.
void fillIn(Phases& list, bool cpr)
{
    std::size_t furthest = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].state != PhaseState::NotReached)
            furthest = i;
    }
    for (std::size_t i = 0; i < furthest; ++i) {
        Phase& phase = list[i];
        if (phase.state == PhaseState::NotReached)
            phase.state = PhaseState::Done;
        else if (phase.state == PhaseState::Running && phase.id != PhaseId::Precreate)
            phase.state = PhaseState::Done;
        if (phase.state == PhaseState::Done && phase.startNs > 0 && phase.endNs == 0)
            phase.endNs = list[i + 1].startNs;
    }
    if (cpr || furthest < static_cast<std::size_t>(PhaseId::Switchover))
        return;
    for (const PhaseId id : { PhaseId::Precreate, PhaseId::FdTransfer, PhaseId::Devices }) {
        Phase& phase = list[static_cast<std::size_t>(id)];
        phase.state = PhaseState::Skipped;
        phase.startNs = phase.endNs = 0;
    }
}

void fail(Phases& list, const Instants& at)
{
    auto failed = std::ranges::find_if(list.rbegin(), list.rend(), [](const Phase& phase) {
        return phase.state == PhaseState::Running || phase.state == PhaseState::Done;
    });
    if (failed == list.rend())
        return;
    // The phase behind one that is over had begun, although nothing was seen of it.
    if (failed->state == PhaseState::Done && failed != list.rbegin()) {
        const qint64 endNs = failed->endNs;
        --failed;
        failed->startNs = endNs;
    }
    failed->state = PhaseState::Failed;
    const bool resumed = failed->id == PhaseId::Switchover && at.resumed.timeNs > 0;
    failed->endNs = std::max(resumed ? at.resumed.timeNs : at.failed.timeNs, failed->startNs);
}

} // namespace

Phases phases(const Facts& facts, std::optional<std::size_t> migration)
{
    Phases list;
    for (std::size_t i = 0; i < list.size(); ++i) {
        list[i].id = static_cast<PhaseId>(i);
        list[i].side = sides[i];
    }
    const auto window = facts.migration(migration);
    if (!window)
        return list;

    const Instants at = collect(facts, *window);
    const auto bounds = boundsOf(at);
    for (std::size_t i = 0; i < list.size(); ++i) {
        Phase& phase = list[i];
        const auto& [start, end] = bounds[i];
        phase.startNs = start.timeNs;
        phase.endNs = end.timeNs;
        if (end.happened)
            phase.state = PhaseState::Done;
        else if (start.happened)
            phase.state = PhaseState::Running;
        // Two sides, two logs: a phase can seem to end before it starts by the clock's resolution.
        if (phase.endNs > 0 && phase.endNs < phase.startNs)
            phase.endNs = phase.startNs;
    }
    fillIn(list, at.cprSaved.happened || at.cprArrived.happened);
    // Nobody waits for the CPR state where one process hands it to itself.
    if (at.executed.happened)
        list[static_cast<std::size_t>(PhaseId::Precreate)].state = PhaseState::Skipped;
    if (at.failed.happened && !at.running.happened)
        fail(list, at);
    return list;
}

QString phaseName(PhaseId id)
{
    switch (id) {
    case PhaseId::Precreate:
        return QStringLiteral("precreate");
    case PhaseId::Setup:
        return QStringLiteral("setup");
    case PhaseId::FdTransfer:
        return QStringLiteral("fd-transfer");
    case PhaseId::Devices:
        return QStringLiteral("devices");
    case PhaseId::Switchover:
        return QStringLiteral("switchover");
    case PhaseId::Done:
        return QStringLiteral("done");
    }
    return {};
}

QString phaseText(PhaseId id)
{
    switch (id) {
    case PhaseId::Precreate:
        return QStringLiteral("The destination has started and waits for the CPR state.");
    case PhaseId::Setup:
        return QStringLiteral("The source prepares the migration.");
    case PhaseId::FdTransfer:
        return QStringLiteral("The fds move from the source to the destination.");
    case PhaseId::Devices:
        return QStringLiteral("The destination creates its devices; the guest does not run there yet.");
    case PhaseId::Switchover:
        return QStringLiteral("The guest stands still while its state moves.");
    case PhaseId::Done:
        return QStringLiteral("The guest runs on the destination; both sides finish.");
    }
    return {};
}

QString phaseStateId(PhaseState state)
{
    switch (state) {
    case PhaseState::NotReached:
        return QStringLiteral("not-reached");
    case PhaseState::Running:
        return QStringLiteral("running");
    case PhaseState::Done:
        return QStringLiteral("done");
    case PhaseState::Failed:
        return QStringLiteral("failed");
    case PhaseState::Skipped:
        return QStringLiteral("skipped");
    }
    return {};
}

} // namespace cutover::timeline
