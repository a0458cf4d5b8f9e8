// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessioninputs.h"
#include "operator/sessionstepper.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace state;
using namespace inputs;
using AbortStep = Aborting::Step;

/// How long one poll of a source that is about to reach a final state waits.
static constexpr int pollMs = 20;

/// A source fails at once when its destination dies; the news of the death itself may come later than that,
/// but not by much.
static constexpr int deathMs = 1000;

Failure Stepper::failureOf(Side side, SessionPhase phase, Error error) const
{
    return { .side = side,
        .phase = phase,
        .error = std::move(error),
        .destinationOutput = m_machine.known.destinationOutput };
}

Failure Stepper::destinationEnded(SessionPhase phase) const
{
    const SideView& destination = m_machine.known.destination;
    Error error{ .code = ErrorCode::Disconnected,
        .attempt = i18n("keep the destination"),
        .object = {},
        .cause = destination.gone ? destination.exitText : destination.errorDesc,
        .remedy = i18n("Correct what the destination's output names and migrate again."),
        .sysErrno = 0 };
    if (error.cause.isEmpty())
        error.cause = i18n("it reported a failed migration");
    if (m_machine.config.exec)
        error.remedy = i18n("There is no way back from the new program, and QEMU loads a state once only: "
                            "restart the guest from its disks.");
    return failureOf(Side::Destination, phase, std::move(error));
}

Failure Stepper::sourceEnded(SessionPhase phase) const
{
    const SideView& source = m_machine.known.source;
    return failureOf(Side::Source, phase,
        Error{ .code = ErrorCode::Disconnected,
            .attempt = i18n("keep the source"),
            .object = {},
            .cause = source.gone ? source.exitText : i18n("its QMP connection was lost"),
            .remedy
            = source.gone ? i18n("Find out from its log why it ended.") : i18n("Connect to it again."),
            .sysErrno = 0 });
}

Failure Stepper::timedOut(Side side, SessionPhase phase, const QString& attempt, const QString& remedy) const
{
    return failureOf(side, phase,
        Error{ .code = ErrorCode::Timeout,
            .attempt = attempt,
            .object = {},
            .cause = i18n("the time limit has passed"),
            .remedy = remedy,
            .sysErrno = 0 });
}

Failure Stepper::cancelled(SessionPhase phase) const
{
    return failureOf(Side::Console, phase,
        Error{ .code = ErrorCode::Cancelled,
            .attempt = i18n("complete the migration"),
            .object = {},
            .cause = i18n("it was cancelled"),
            .remedy = i18n("The guest stays on the source; migrate again at any time."),
            .sysErrno = 0 });
}

Failure Stepper::sourceSaysFailed(SessionPhase phase) const
{
    return failureOf(Side::Source, phase,
        Error{ .code = ErrorCode::Remote,
            .attempt = i18n("migrate"),
            .object = {},
            .cause = m_machine.known.source.errorDesc,
            .remedy = i18n("Correct the cause and migrate again; the guest stays on the source."),
            .sysErrno = 0 });
}

Failure Stepper::fdLost(SessionPhase phase) const
{
    return failureOf(Side::Channel, phase,
        Error{ .code = ErrorCode::Protocol,
            .attempt = i18n("pass all descriptors"),
            .object = {},
            .cause = m_machine.known.fdLost,
            .remedy = i18n("Make sure that the CPR channel is a unix socket which nothing in between reads, "
                           "then migrate again."),
            .sysErrno = 0 });
}

void Stepper::abort(Failure why)
{
    stopTimer(TimerKind::Limit);
    stopTimer(TimerKind::Settle);
    Aborting now{ .step = AbortStep::StopMigration, .why = std::move(why) };
    if (!m_machine.known.migrateSent || m_machine.known.source.gone) {
        abortAskDestination(std::move(now));
        return;
    }
    enter(now);
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    // Harmless where it has already ended; where it has not, this is what ends it.
    const QString& status = m_machine.known.source.migrationStatus;
    if (status != u"failed" && status != u"cancelled" && status != u"completed")
        call(Side::Source, Tag::Cancel, QStringLiteral("migrate_cancel"));
    call(Side::Source, Tag::QueryMigrate, QStringLiteral("query-migrate"));
}

Failure Stepper::relayLost(SessionPhase phase) const
{
    return failureOf(Side::Channel, phase, *m_machine.known.relayLost);
}

/// How somebody noticed that the destination had died, or the relay was lost: the cause is that.
static bool isHearsay(const Failure& why)
{
    return (why.side == Side::Source && why.error.code == ErrorCode::Remote)
        || (why.side == Side::Channel && why.error.code == ErrorCode::NotFound);
}

void Stepper::blameTheDead(Failure& why) const
{
    if (!isHearsay(why))
        return;
    const auto& lost = m_machine.known.relayLost;
    const bool nobodyThere = lost && lost->code == ErrorCode::NotFound;
    if (!m_machine.known.fdLost.isEmpty() && (!lost || nobodyThere))
        why = fdLost(why.phase);
    else if (m_machine.known.destination.gone && (!lost || nobodyThere))
        why = destinationEnded(why.phase == SessionPhase::Transfer ? SessionPhase::Devices : why.phase);
    else if (lost)
        why = relayLost(why.phase);
}

bool Stepper::mayBeDying(const Failure& why) const
{
    return m_machine.known.launched && !m_machine.known.destination.gone && isHearsay(why);
}

void Stepper::abortAskDestination(Aborting now)
{
    const SideView& destination = m_machine.known.destination;
    now.step = AbortStep::AskDestination;
    blameTheDead(now.why);
    if (destination.gone || (!destination.connected && !mayBeDying(now.why))) {
        abortKill(std::move(now));
        return;
    }
    if (!destination.connected) {
        enter(std::move(now));
        startTimer(TimerKind::Limit, deathMs);
        return;
    }
    enter(std::move(now));
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    call(Side::Destination, Tag::QueryMigrate, QStringLiteral("query-migrate"));
    call(Side::Destination, Tag::QueryStatus, QStringLiteral("query-status"));
}

void Stepper::abortKill(Aborting now)
{
    stopTimer(TimerKind::Limit);
    const SideView& destination = m_machine.known.destination;
    now.step = AbortStep::KillDestination;
    // A destination that runs the guest is never ended from here: that would end the guest.
    if (destination.everResumed && !destination.gone) {
        locateNow(std::move(now.why));
        return;
    }
    if (!m_machine.known.launched || destination.gone) {
        abortAskSource(std::move(now));
        return;
    }
    enter(std::move(now));
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    act(action::Kill{});
}

void Stepper::abortAskSource(Aborting now)
{
    stopTimer(TimerKind::Limit);
    now.why.destinationOutput = m_machine.known.destinationOutput;
    if (m_machine.known.source.gone || !m_machine.known.source.connected) {
        locateNow(std::move(now.why));
        return;
    }
    now.step = AbortStep::AskSource;
    enter(std::move(now));
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    call(Side::Source, Tag::QueryStatus, QStringLiteral("query-status"));
}

bool Stepper::mayTakeBack() const
{
    const Knowledge& known = m_machine.known;
    return m_machine.config.throughFile && m_machine.config.guarded && m_machine.config.launched
        && m_machine.config.sourceWasRunning && !known.guardReleased && !known.destination.everResumed
        && known.destination.ranGuest != RanGuest::Yes;
}

void Stepper::giveUpDestination(Failure why)
{
    if (!mayTakeBack()) {
        locateNow(std::move(why));
        return;
    }
    stopTimer(TimerKind::Limit);
    stopTimer(TimerKind::Poll);
    abortKill(Aborting{ .why = std::move(why) });
}

void Stepper::continueSource(Aborting now)
{
    now.step = AbortStep::ContinueSource;
    now.continued = true;
    enter(std::move(now));
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    call(Side::Source, Tag::Continue, QStringLiteral("cont"));
}

void Stepper::abortRestore(Aborting now, std::size_t next)
{
    if (next < m_machine.config.restoreSource.size()) {
        now.step = AbortStep::Restore;
        now.next = next;
        enter(std::move(now));
        runNext(m_machine.config.restoreSource, next, Tag::Restore);
        return;
    }
    stopTimer(TimerKind::Limit);
    const bool wasCancelled = now.why.error.code == ErrorCode::Cancelled;
    enter(Failed{ .why = std::move(now.why), .cancelled = wasCancelled });
    act(action::Journal{ JournalStage::Failed });
}

Result<void> Stepper::on(Aborting now, const SessionInput& input)
{
    if (get<input::Cancel>(input) || get<input::Migrate>(input) || get<input::Finish>(input)
        || get<input::Begin>(input))
        return ignoreOrRefuse(input);
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(std::move(now.why));
        return {};
    }
    const Knowledge& known = m_machine.known;
    const bool limit = fired(input, TimerKind::Limit);
    switch (now.step) {
    case AbortStep::StopMigration:
        if (replyFrom(input, Side::Source, Tag::QueryMigrate) && !isMigrationOver(known.source)) {
            startTimer(TimerKind::Poll, pollMs);
        } else if (fired(input, TimerKind::Poll)) {
            call(Side::Source, Tag::QueryMigrate, QStringLiteral("query-migrate"));
        } else if (known.source.migrationStatus == u"completed") {
            // Too late to cancel: the source has given the guest away. Forward is the only safe way.
            commit();
        } else if (limit) {
            locateNow(std::move(now.why));
        } else if (replyFrom(input, Side::Source, Tag::QueryMigrate)) {
            if (now.why.error.cause.isEmpty())
                now.why.error.cause = known.source.errorDesc;
            abortAskDestination(std::move(now));
        }
        return {};
    case AbortStep::AskDestination:
        if (disconnected(input, Side::Destination) && mayBeDying(now.why)) {
            startTimer(TimerKind::Limit, deathMs);
            return {};
        }
        if (limit || exited(input, Side::Destination) || disconnected(input, Side::Destination)
            || replyFrom(input, Side::Destination, Tag::QueryStatus)) {
            const QString& explanation = known.destination.errorDesc;
            if (!explanation.isEmpty() && !now.why.error.cause.contains(explanation))
                now.why.error.cause = now.why.error.cause.isEmpty()
                    ? explanation
                    : i18nc("cause on one side, cause on the other", "%1; destination: %2",
                          now.why.error.cause, explanation);
            blameTheDead(now.why);
            abortKill(std::move(now));
        }
        return {};
    case AbortStep::KillDestination:
        if (exited(input, Side::Destination))
            abortAskSource(std::move(now));
        else if (limit)
            locateNow(std::move(now.why));
        return {};
    case AbortStep::AskSource:
        if (const auto* reply = replyFrom(input, Side::Source, Tag::QueryStatus); reply && reply->result) {
            const QString& state = known.source.runState;
            const bool asBefore = (state == u"running") == m_machine.config.sourceWasRunning;
            const bool destinationDead = known.destination.gone || !known.launched;
            if (state == u"postmigrate" && destinationDead && mayTakeBack() && !now.continued)
                continueSource(std::move(now));
            else if (asBefore && state != u"postmigrate" && state != u"finish-migrate")
                abortRestore(std::move(now), 0);
            else if (state == u"finish-migrate"
                || (state != u"postmigrate" && !isMigrationOver(known.source)))
                startTimer(TimerKind::Poll, pollMs);
            else
                locateNow(std::move(now.why));
        } else if (fired(input, TimerKind::Poll)) {
            call(Side::Source, Tag::QueryStatus, QStringLiteral("query-status"));
        } else if (limit) {
            locateNow(std::move(now.why));
        }
        return {};
    case AbortStep::ContinueSource:
        if (const auto* reply = replyFrom(input, Side::Source, Tag::Continue)) {
            if (reply->result)
                abortAskSource(std::move(now));
            else
                locateNow(std::move(now.why));
        } else if (limit) {
            // It may still do it: what it answered to earlier questions says nothing any more.
            strand(std::move(now.why), GuestLocation::Unknown);
        }
        return {};
    case AbortStep::Restore:
        if (replyFrom(input, Side::Source, Tag::Restore)) {
            const std::size_t next = now.next + 1;
            abortRestore(std::move(now), next);
        } else if (limit) {
            const std::size_t all = m_machine.config.restoreSource.size();
            abortRestore(std::move(now), all);
        }
        return {};
    }
    return {};
}

void Stepper::reconnect(Side side)
{
    if (!view(side).gone)
        act(action::Reconnect{ side });
}

void Stepper::askSide(Side side)
{
    if (view(side).connected) {
        call(side, Tag::QueryMigrate, QStringLiteral("query-migrate"));
        call(side, Tag::QueryStatus, QStringLiteral("query-status"));
    } else {
        reconnect(side);
    }
}

void Stepper::locateNow(Failure why)
{
    stopTimer(TimerKind::Settle);
    stopTimer(TimerKind::Poll);
    why.destinationOutput = m_machine.known.destinationOutput;
    // What was heard before is no proof of where the guest is now.
    for (SideView* side : { &m_machine.known.source, &m_machine.known.destination }) {
        side->runState.clear();
        side->answered = false;
    }
    const bool destinationExists
        = m_machine.known.launched || m_machine.known.destination.connected || m_machine.known.executed;
    const Locating now{ .why = std::move(why),
        .sourceAsked = m_machine.known.source.gone,
        .destinationAsked = m_machine.known.destination.gone || !destinationExists };
    enter(now);
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    if (!now.sourceAsked)
        askSide(Side::Source);
    if (!now.destinationAsked)
        askSide(Side::Destination);
    if (now.sourceAsked && now.destinationAsked)
        decide(now);
}

/// Only the source can prove that a dead destination without a guard never ran the guest, and what it has
/// answered may be from before it knew.
static bool mayTellMore(const Machine& machine)
{
    const SideView& source = machine.known.source;
    const SideView& destination = machine.known.destination;
    const bool guardHolds = machine.config.guarded && !machine.known.guardReleased;
    return !guardHolds && source.connected && source.migrationStatus == u"completed" && destination.gone
        && !destination.everResumed && destination.ranGuest == RanGuest::Unknown;
}

Result<void> Stepper::on(Locating now, const SessionInput& input)
{
    if (const auto* up = get<input::Connected>(input)) {
        askSide(up->side);
        return {};
    }
    for (const Side side : { Side::Source, Side::Destination }) {
        bool& asked = side == Side::Source ? now.sourceAsked : now.destinationAsked;
        bool& retried = side == Side::Source ? now.sourceRetried : now.destinationRetried;
        if (replyFrom(input, side, Tag::QueryStatus) && side == Side::Source
            && !isMigrationOver(view(side))) {
            startTimer(TimerKind::Poll, pollMs);
        } else if (exited(input, side) || replyFrom(input, side, Tag::QueryStatus)) {
            asked = true;
        } else if (disconnected(input, side) && !asked) {
            asked = retried;
            if (!std::exchange(retried, true))
                reconnect(side);
        }
    }
    const bool limit = fired(input, TimerKind::Limit);
    if (fired(input, TimerKind::Poll)) {
        if (!now.sourceAsked)
            askSide(Side::Source);
        if (!now.destinationAsked)
            askSide(Side::Destination);
    }
    if (limit)
        now.sourceAsked = now.destinationAsked = true;
    if (now.sourceAsked && now.destinationAsked && !limit && !m_machine.config.exec) {
        // It may have been told to start just before, and do so at any moment.
        if (m_machine.known.destination.connected && mayYetStart(m_machine.known))
            now.destinationAsked = false;
        else if (mayTellMore(m_machine))
            now.sourceAsked = false;
        if (!now.sourceAsked || !now.destinationAsked)
            startTimer(TimerKind::Poll, pollMs);
    }
    enter(now);
    if (now.sourceAsked && now.destinationAsked) {
        decide(now);
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::decide(const Locating& now)
{
    stopTimer(TimerKind::Limit);
    const GuestLocation location = locate(m_machine.config, m_machine.known);
    const Knowledge& known = m_machine.known;
    if (location == GuestLocation::Source) {
        Aborting back{ .step = AbortStep::KillDestination, .why = now.why };
        if (isMigrationOver(known.source) && known.source.connected)
            abortKill(std::move(back));
        else if (known.source.connected)
            abort(now.why);
        else
            strand(now.why, GuestLocation::Unknown);
        return;
    }
    Failure why = now.why;
    const QString& explanation = known.destination.errorDesc;
    if (m_machine.config.exec && why.side == Side::Destination && !explanation.isEmpty())
        why.error.cause = explanation;
    strand(std::move(why), location);
}

void Stepper::strand(Failure why, GuestLocation location)
{
    stopTimer(TimerKind::Limit);
    why.destinationOutput = m_machine.known.destinationOutput;
    enter(Stranded{ .why = std::move(why), .location = location });
}

Result<void> Stepper::on(const Stranded& now, const SessionInput& input)
{
    // With a file it may have been told to go on: what it answered before that cannot be told from what
    // follows. Nor is there another process to look at after an exec.
    const bool bothAreThere = !m_machine.config.throughFile && !m_machine.config.exec;
    if (!get<input::Continued>(input) || !bothAreThere)
        return ignoreOrRefuse(input);
    Failure why = now.why;
    locateNow(std::move(why));
    return {};
}

Result<void> Stepper::on(const Failed&, const SessionInput& input)
{
    // A failure leaves everything as it was, so the operator may try again.
    if (get<input::Begin>(input)) {
        m_machine.known.destination = {};
        m_machine.known.destinationOutput.clear();
        m_machine.known.relayLost.reset();
        m_machine.known.launched = m_machine.known.migrateSent = m_machine.known.guardReleased = false;
        m_machine.known.executed = false;
        return on(Idle{}, input);
    }
    return ignoreOrRefuse(input);
}

} // namespace cutover::op
