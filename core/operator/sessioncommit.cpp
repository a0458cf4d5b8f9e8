// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessioninputs.h"
#include "operator/sessionstepper.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace state;
using namespace inputs;

/// How long one poll of a VMM that is about to change its state waits.
static constexpr int pollMs = 1;

void Stepper::move(bool acknowledged)
{
    enter(Moving{ .acknowledged = acknowledged });
    stopTimer(TimerKind::Limit);
    if (m_machine.config.limits.switchoverMs > 0)
        startTimer(TimerKind::Limit, m_machine.config.limits.switchoverMs);
    // Both sockets are read independently: the source's verdict may have come first.
    const QString& status = m_machine.known.source.migrationStatus;
    if (status == u"completed")
        commit();
    else if (status == u"failed" || status == u"cancelled")
        abort(sourceSaysFailed(SessionPhase::Switchover));
}

Result<void> Stepper::on(Moving now, const SessionInput& input)
{
    const QString& status = m_machine.known.source.migrationStatus;
    if (const auto* reply = replyFrom(input, Side::Source, Tag::Migrate)) {
        if (!reply->result)
            abort(failureOf(Side::Source, SessionPhase::Transfer, reply->result.error()));
        else if (!now.acknowledged)
            enter(Moving{ .acknowledged = true, .settling = now.settling });
        return {};
    }
    if (m_machine.config.exec && disconnected(input, Side::Source)) {
        // Its program has been replaced, even where its last words were lost, or its process has ended.
        commit();
        return {};
    }
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(sourceEnded(SessionPhase::Switchover));
        return {};
    }
    if (status == u"completed") {
        commit();
        return {};
    }
    if (status == u"failed" || status == u"cancelled") {
        abort(sourceSaysFailed(SessionPhase::Switchover));
        return {};
    }
    if (disconnected(input, Side::Destination)) {
        reconnect(Side::Destination);
        return {};
    }
    if (m_machine.config.throughFile && exited(input, Side::Destination)) {
        // The source knows nothing of it and would save the guest for nobody.
        abort(destinationEnded(SessionPhase::Switchover));
        return {};
    }
    if (!now.settling
        && (exited(input, Side::Destination) || m_machine.known.destination.migrationStatus == u"failed")) {
        // The source learns of it through its channel and says failed or, too late, completed.
        now.settling = true;
        enter(now);
        startTimer(TimerKind::Settle, m_machine.config.limits.settleMs);
        return {};
    }
    if (fired(input, TimerKind::Settle)) {
        abort(m_machine.known.relayLost ? relayLost(SessionPhase::Switchover)
                                        : destinationEnded(SessionPhase::Switchover));
        return {};
    }
    if (fired(input, TimerKind::Limit)) {
        abort(timedOut(Side::Source, SessionPhase::Switchover, i18n("complete the migration"),
            i18n("Migrate again with a longer limit or less load in the guest.")));
        return {};
    }
    if (get<input::Cancel>(input)) {
        abort(cancelled(SessionPhase::Switchover));
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::commit()
{
    stopTimer(TimerKind::Settle);
    if (m_machine.config.exec) {
        // Completed is not its last word: it says failed after that where the program cannot be executed.
        if (m_machine.known.destination.connected) {
            loadDestination(0);
            return;
        }
        enter(Committing{ .step = Committing::Step::Execute });
        startTimer(TimerKind::Limit, m_machine.config.limits.monitorMs);
        return;
    }
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    enter(Committing{});
    call(Side::Source, Tag::QueryStatus, QStringLiteral("query-status"));
}

void Stepper::loadDestination(std::size_t next)
{
    const SideView& destination = m_machine.known.destination;
    const std::vector<Command>& commands = m_machine.config.loadDestination;
    if (destination.gone) {
        giveUpDestination(destinationEnded(SessionPhase::Commit));
        return;
    }
    if (next >= commands.size()) {
        confirmDestination();
        return;
    }
    if (next == 0)
        startTimer(TimerKind::Limit, m_machine.config.limits.loadMs);
    enter(Committing{ .step = Committing::Step::Load, .next = next, .sent = destination.connected });
    // Not connected: Connected or the time limit decides.
    if (destination.connected)
        runNext(commands, next, Tag::Configure);
}

void Stepper::confirmDestination()
{
    enter(Committing{ Committing::Step::ConfirmDestination });
    const SideView& destination = m_machine.known.destination;
    if (destination.gone || destination.migrationStatus == u"failed")
        giveUpDestination(destinationEnded(SessionPhase::Commit));
    else if (destination.migrationStatus == u"completed")
        releaseGuard();
    else if (destination.connected)
        call(Side::Destination, Tag::QueryMigrate, QStringLiteral("query-migrate"));
    // Not connected: Connected or the time limit decides.
}

void Stepper::releaseGuard()
{
    if (!m_machine.config.sourceWasRunning) {
        verify();
        return;
    }
    if (!m_machine.config.guarded) {
        enter(Committing{ Committing::Step::ConfirmRunning });
        call(Side::Destination, Tag::QueryStatus, QStringLiteral("query-status"));
        return;
    }
    if (!m_machine.known.fdLost.isEmpty()) {
        locateNow(fdLost(SessionPhase::Commit));
        return;
    }
    enter(Committing{ Committing::Step::Continue });
    // Written before it is sent: after a crash of ours, "released" must never read as "not released".
    act(action::Journal{ JournalStage::Releasing });
    m_machine.known.guardReleased = true;
    call(Side::Destination, Tag::Continue, QStringLiteral("cont"));
}

Result<void> Stepper::onExecute(const SessionInput& input)
{
    const QString& status = m_machine.known.source.migrationStatus;
    if (connectedTo(input, Side::Destination)) {
        loadDestination(0);
    } else if (exited(input, Side::Source)) {
        Failure why = sourceEnded(SessionPhase::Commit);
        why.error.attempt = i18n("execute the new program");
        why.error.remedy
            = i18n("Find out from its output why it ended, and restart the guest from its disks.");
        locateNow(std::move(why));
    } else if (status == u"failed" || status == u"cancelled") {
        abort(sourceSaysFailed(SessionPhase::Commit));
    } else if (disconnected(input, Side::Destination)) {
        reconnect(Side::Destination);
    } else if (fired(input, TimerKind::Limit)) {
        locateNow(timedOut(Side::Destination, SessionPhase::Commit, i18n("reach the new program's monitor"),
            i18n("Look at the process's output. As long as it lives it may hold the guest's RAM.")));
    }
    return {};
}

Result<void> Stepper::on(Committing now, const SessionInput& input)
{
    using enum Committing::Step;
    if (now.step == Execute)
        return onExecute(input);
    if (exited(input, Side::Destination)) {
        giveUpDestination(destinationEnded(SessionPhase::Commit));
        return {};
    }
    if (disconnected(input, Side::Destination)) {
        reconnect(Side::Destination);
        return {};
    }
    if (fired(input, TimerKind::Limit)) {
        giveUpDestination(
            timedOut(Side::Destination, SessionPhase::Commit, i18n("start the guest on the destination"),
                i18n("Use rescue: it finds out where the guest is.")));
        return {};
    }
    const bool poll = fired(input, TimerKind::Poll);
    if (now.step == ConfirmSource) {
        if (exited(input, Side::Source)) {
            // Completed was said before it ended: all of the guest is on the destination, or in the file.
            loadDestination(0);
        } else if (disconnected(input, Side::Source)) {
            reconnect(Side::Source);
        } else if (poll || connectedTo(input, Side::Source)) {
            call(Side::Source, Tag::QueryStatus, QStringLiteral("query-status"));
        } else if (const auto* reply = replyFrom(input, Side::Source, Tag::QueryStatus);
            reply && reply->result) {
            if (m_machine.known.source.runState == u"postmigrate")
                loadDestination(0);
            else if (m_machine.known.source.runState == u"running")
                locateNow(failureOf(Side::Source, SessionPhase::Commit,
                    Error{ .code = ErrorCode::Refused,
                        .attempt = i18n("start the guest on the destination"),
                        .object = {},
                        .cause = i18n("the source runs it again"),
                        .remedy = i18n("Nobody may send 'cont' to the source during a migration.") }));
            else
                startTimer(TimerKind::Poll, pollMs);
        }
        return {};
    }
    if (now.step == Load) {
        if (const auto* reply = replyFrom(input, Side::Destination, Tag::Configure)) {
            if (!reply->result && !m_machine.config.loadDestination[now.next].optional)
                giveUpDestination(failureOf(Side::Destination, SessionPhase::Commit, reply->result.error()));
            else
                loadDestination(now.next + 1);
        } else if (connectedTo(input, Side::Destination)) {
            // What a lost connection had taken may have been done: it is not asked for twice.
            if (now.sent)
                confirmDestination();
            else
                loadDestination(now.next);
        }
        return {};
    }
    if (now.step == ConfirmDestination) {
        const bool answered = replyFrom(input, Side::Destination, Tag::QueryMigrate);
        const QString& status = m_machine.known.destination.migrationStatus;
        if (status == u"completed" || status == u"failed" || poll || connectedTo(input, Side::Destination))
            confirmDestination();
        else if (answered)
            startTimer(TimerKind::Poll, pollMs);
        return {};
    }
    if (now.step == Continue) {
        if (const auto* reply = replyFrom(input, Side::Destination, Tag::Continue)) {
            if (!reply->result) {
                locateNow(failureOf(Side::Destination, SessionPhase::Commit, reply->result.error()));
            } else {
                enter(Committing{ ConfirmRunning });
                call(Side::Destination, Tag::QueryStatus, QStringLiteral("query-status"));
            }
        }
        return {};
    }
    if (replyFrom(input, Side::Destination, Tag::QueryStatus)) {
        if (m_machine.known.destination.runState == u"running")
            verify();
        else
            startTimer(TimerKind::Poll, pollMs);
    } else if (poll || connectedTo(input, Side::Destination)) {
        call(Side::Destination, Tag::QueryStatus, QStringLiteral("query-status"));
    }
    return {};
}

void Stepper::verify()
{
    stopTimer(TimerKind::Limit);
    enter(Verifying{});
    act(action::Journal{ JournalStage::Moved });
    act(action::Verify{});
}

Result<void> Stepper::on(Verifying, const SessionInput& input)
{
    if (const auto* verified = get<input::Verified>(input)) {
        if (!verified->ok)
            act(action::Note{ verified->failure });
        enter(Migrated{ verified->ok });
        return {};
    }
    if (exited(input, Side::Destination)) {
        locateNow(destinationEnded(SessionPhase::Verify));
        return {};
    }
    return ignoreOrRefuse(input);
}

Result<void> Stepper::on(Migrated now, const SessionInput& input)
{
    if (get<input::Finish>(input)) {
        quitSource(now);
        return {};
    }
    if (exited(input, Side::Destination)) {
        locateNow(destinationEnded(SessionPhase::Finish));
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::quitSource(Migrated now)
{
    if (m_machine.config.keepSource && !m_machine.config.exec) {
        enter(Finished{ .verified = now.verified, .sourceKept = true });
        act(action::Journal{ JournalStage::Finished });
        return;
    }
    if (m_machine.known.source.gone) {
        enter(Finishing{ .step = Finishing::Step::MoveMonitor, .verified = now.verified });
        act(action::MoveMonitor{});
        return;
    }
    enter(Finishing{ .step = Finishing::Step::QuitSource, .verified = now.verified });
    startTimer(TimerKind::Limit, m_machine.config.limits.settleMs);
    call(Side::Source, Tag::Quit, QStringLiteral("quit"));
}

Result<void> Stepper::on(Finishing now, const SessionInput& input)
{
    if (exited(input, Side::Source) && now.step == Finishing::Step::QuitSource) {
        stopTimer(TimerKind::Limit);
        now.step = Finishing::Step::MoveMonitor;
        enter(now);
        act(action::MoveMonitor{});
        return {};
    }
    if (get<input::MonitorMoved>(input)) {
        enter(Finished{ .verified = now.verified });
        act(action::Journal{ JournalStage::Finished });
        return {};
    }
    if (fired(input, TimerKind::Limit) && now.step == Finishing::Step::QuitSource) {
        act(action::Note{ timedOut(Side::Source, SessionPhase::Finish, i18n("quit the source"),
            i18n("It no longer has the guest; end it by hand.")) });
        enter(Finished{ .verified = now.verified, .sourceKept = true });
        act(action::Journal{ JournalStage::Finished });
        return {};
    }
    return ignoreOrRefuse(input);
}

} // namespace cutover::op
