// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessioninputs.h"
#include "operator/sessionstepper.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace state;
using namespace inputs;

Result<void> Stepper::take(const SessionInput& input)
{
    observe(input);
    if (const auto* lost = get<input::FdLost>(input))
        return onFdLost(*lost);
    if (const auto* lost = get<input::RelayLost>(input))
        return onRelayLost(*lost);
    return std::visit([&](const auto& now) { return on(now, input); }, SessionState(m_machine.state));
}

Result<void> Stepper::onFdLost(const input::FdLost& lost)
{
    m_machine.known.fdLost = lost.text;
    const SessionState& now = m_machine.state;
    if (std::holds_alternative<Transferring>(now) || std::holds_alternative<ConfiguringDestination>(now)
        || std::holds_alternative<Moving>(now))
        abort(fdLost(SessionPhase::Transfer));
    else if (std::holds_alternative<Committing>(now) && m_machine.config.guarded
        && !m_machine.known.guardReleased)
        locateNow(fdLost(SessionPhase::Commit));
    return {};
}

Result<void> Stepper::onRelayLost(const input::RelayLost& lost)
{
    // What a relay loses next is a consequence of what it lost first.
    if (m_machine.known.relayLost)
        return {};
    m_machine.known.relayLost = lost.error;
    const SessionState& now = m_machine.state;
    if (std::holds_alternative<Launching>(now))
        abort(relayLost(SessionPhase::Arm));
    else if (std::holds_alternative<Transferring>(now))
        abort(relayLost(SessionPhase::Transfer));
    else if (std::holds_alternative<ConfiguringDestination>(now))
        abort(relayLost(SessionPhase::Devices));
    else if (auto* moving = std::get_if<Moving>(&m_machine.state); moving && !moving->settling) {
        // Both sides notice it: the source says failed or, when all had passed before, completed.
        moving->settling = true;
        startTimer(TimerKind::Settle, m_machine.config.limits.settleMs);
    }
    return {};
}

void Stepper::observe(const SessionInput& input)
{
    if (const auto* up = get<input::Connected>(input)) {
        view(up->side).connected = true;
        view(up->side).everConnected = true;
        if (m_machine.config.exec && m_machine.known.migrateSent && up->side == Side::Destination) {
            m_machine.known.executed = true;
            m_machine.known.source.connected = false;
            m_machine.known.source.gone = true;
            m_machine.known.source.exitText = i18n("its process runs the new program");
        }
    } else if (const auto* lost = get<input::Disconnected>(input)) {
        view(lost->side).connected = false;
    } else if (const auto* exit = get<input::Exited>(input)) {
        SideView& side = view(exit->side);
        side.connected = false;
        side.gone = true;
        side.exitText = exit->text;
        side.ranGuest = exit->ranGuest;
        if (exit->side == Side::Destination || m_machine.config.exec)
            m_machine.known.destinationOutput = exit->output;
    } else if (const auto* event = get<input::VmEvent>(input)) {
        SideView& side = view(event->side);
        if (event->name == u"MIGRATION") {
            side.migrationStatus = event->data[u"status"].toString();
            // The switchover begins: a resume of the source from here on is a rollback.
            if (event->side == Side::Source && side.migrationStatus == u"device")
                side.everResumed = false;
        } else if (event->name == u"RESUME") {
            side.runState = QStringLiteral("running");
            side.everResumed = true;
        } else if (event->name == u"STOP") {
            side.runState = QStringLiteral("paused");
        }
    } else if (const auto* reply = get<input::Reply>(input); reply && reply->result) {
        SideView& side = view(reply->side);
        const QJsonObject object = reply->result->toObject();
        if (reply->tag == Tag::QueryStatus) {
            side.runState = object[u"status"].toString();
            side.answered = true;
            if (side.runState == u"running")
                side.everResumed = true;
        } else if (reply->tag == Tag::QueryMigrate) {
            side.migrationStatus = object[u"status"].toString();
            side.errorDesc = object[u"error-desc"].toString();
            if (reply->side == Side::Source)
                takeWord(object);
        }
    }
}

void Stepper::takeWord(const QJsonObject& migration)
{
    SideView& other = m_machine.known.destination;
    if (!migration.contains(u"destination-ran"))
        return;
    if (migration[u"destination-ran"].toBool())
        other.everResumed = true;
    else if (migration[u"destination-gone"].toBool())
        other.ranGuest = RanGuest::No;
}

Result<void> Stepper::ignoreOrRefuse(const SessionInput& input) const
{
    // VMMs, processes, timers and late answers speak whenever they like; only a request can be wrong.
    const bool request = get<input::Begin>(input) || get<input::Migrate>(input) || get<input::Cancel>(input)
        || get<input::Finish>(input);
    if (!request)
        return {};
    return failure(ErrorCode::Refused, i18n("take the input"), inputId(input),
        i18n("it does not fit the state '%1'", stateId(m_machine.state)));
}

void Stepper::call(Side side, Tag tag, const QString& command, const QJsonObject& arguments)
{
    act(action::Call{ .side = side, .tag = tag, .command = command, .arguments = arguments });
}

void Stepper::runNext(const std::vector<Command>& commands, std::size_t next, Tag tag)
{
    const Command& command = commands[next];
    call(command.side, tag, command.name, command.arguments);
}

Result<void> Stepper::on(Idle, const SessionInput& input)
{
    if (!get<input::Begin>(input))
        return ignoreOrRefuse(input);
    enter(Checking{});
    act(action::Check{});
    return {};
}

Result<void> Stepper::on(Checking, const SessionInput& input)
{
    if (const auto* checked = get<input::Checked>(input)) {
        m_machine.config = checked->config;
        m_machine.config.sourceWasRunning = checked->sourceWasRunning;
        enter(Ready{ checked->refused });
        return {};
    }
    if (const auto* failed = get<input::CheckFailed>(input)) {
        enter(Failed{ .why = failed->failure });
        return {};
    }
    if (get<input::Cancel>(input)) {
        enter(Failed{ .why = cancelled(SessionPhase::Preflight), .cancelled = true });
        return {};
    }
    if (exited(input, Side::Source)) {
        strand(sourceEnded(SessionPhase::Preflight), GuestLocation::Lost);
        return {};
    }
    if (const auto* lost = get<input::Disconnected>(input); lost && lost->side == Side::Source) {
        const auto phase
            = m_machine.known.source.everConnected ? SessionPhase::Preflight : SessionPhase::Connect;
        enter(Failed{ .why = failureOf(Side::Source, phase, lost->error) });
        return {};
    }
    return ignoreOrRefuse(input);
}

Result<void> Stepper::on(Ready, const SessionInput& input)
{
    if (get<input::Begin>(input)) {
        enter(Checking{});
        act(action::Check{});
        return {};
    }
    if (get<input::Migrate>(input)) {
        if (auto allowed = canMigrate(m_machine.state); !allowed)
            return allowed;
        m_machine.known.source.everResumed = false;
        arm(0);
        return {};
    }
    return on(Checking{}, input);
}

void Stepper::arm(std::size_t next)
{
    if (next < m_machine.config.armSource.size()) {
        enter(ArmingSource{ next });
        runNext(m_machine.config.armSource, next, Tag::Arm);
        return;
    }
    launch();
}

Result<void> Stepper::on(ArmingSource now, const SessionInput& input)
{
    if (const auto* reply = replyFrom(input, Side::Source, Tag::Arm)) {
        if (!reply->result && !m_machine.config.armSource[now.next].optional)
            abort(failureOf(Side::Source, SessionPhase::Arm, reply->result.error()));
        else
            arm(now.next + 1);
        return {};
    }
    if (get<input::Cancel>(input)) {
        abort(cancelled(SessionPhase::Arm));
        return {};
    }
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(sourceEnded(SessionPhase::Arm));
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::launch()
{
    enter(Launching{});
    act(action::Journal{ JournalStage::Armed });
    startTimer(TimerKind::Limit, m_machine.config.limits.launchMs);
    // From here on, as far as an abort is concerned: the process may exist before we are told.
    m_machine.known.launched = m_machine.config.launched;
    act(action::Launch{});
}

Result<void> Stepper::on(Launching, const SessionInput& input)
{
    if (get<input::Launched>(input)) {
        act(action::Journal{ JournalStage::Armed });
        return {};
    }
    if (const auto* failed = get<input::LaunchFailed>(input)) {
        m_machine.known.launched = false;
        abort(failureOf(Side::Destination, SessionPhase::Arm, failed->error));
        return {};
    }
    if (get<input::ListenerReady>(input)) {
        if (m_machine.config.cpr) {
            sendMigrate();
            enter(Transferring{});
            startTimer(TimerKind::Limit, m_machine.config.limits.monitorMs);
        } else if (m_machine.config.exec) {
            sendMigrate();
            move(false);
        }
        return {};
    }
    if (connectedTo(input, Side::Destination)) {
        if (!m_machine.config.cpr && !m_machine.config.exec)
            configure(0, false);
        return {};
    }
    if (exited(input, Side::Destination)) {
        abort(destinationEnded(SessionPhase::Arm));
        return {};
    }
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(sourceEnded(SessionPhase::Arm));
        return {};
    }
    if (fired(input, TimerKind::Limit)) {
        abort(timedOut(Side::Destination, SessionPhase::Arm, i18n("start the destination"),
            i18n("Look at the destination's output; a slow machine needs a longer limit.")));
        return {};
    }
    if (get<input::Cancel>(input)) {
        abort(cancelled(SessionPhase::Arm));
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::sendMigrate()
{
    m_machine.known.migrateSent = true;
    // Whatever earlier migrations left behind must not be taken for this one's outcome.
    m_machine.known.source.migrationStatus.clear();
    act(action::Journal{ JournalStage::Migrating });
    const Command& migrate = m_machine.config.migrate;
    call(Side::Source, Tag::Migrate, migrate.name, migrate.arguments);
}

Result<void> Stepper::on(Transferring now, const SessionInput& input)
{
    if (const auto* reply = replyFrom(input, Side::Source, Tag::Migrate)) {
        if (!reply->result) {
            abort(failureOf(Side::Source, SessionPhase::Transfer, reply->result.error()));
        } else {
            now.acknowledged = true;
            enter(now);
        }
        return {};
    }
    if (connectedTo(input, Side::Destination)) {
        configure(0, now.acknowledged);
        return {};
    }
    if (exited(input, Side::Destination)) {
        abort(destinationEnded(SessionPhase::Devices));
        return {};
    }
    if (m_machine.known.source.migrationStatus == u"failed"
        || m_machine.known.source.migrationStatus == u"cancelled") {
        abort(sourceSaysFailed(SessionPhase::Transfer));
        return {};
    }
    if (m_machine.known.source.migrationStatus == u"completed") {
        // A destination that listened from its start has taken the guest before its monitor was reached, or
        // has died with it: nothing is left to configure, and the guest stands still.
        move(now.acknowledged);
        return {};
    }
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(sourceEnded(SessionPhase::Transfer));
        return {};
    }
    if (fired(input, TimerKind::Limit)) {
        abort(timedOut(Side::Destination, SessionPhase::Devices, i18n("wait for the destination's monitor"),
            i18n("Check that the destination reads its CPR channel and that its devices can be created.")));
        return {};
    }
    if (get<input::Cancel>(input)) {
        abort(cancelled(SessionPhase::Transfer));
        return {};
    }
    return ignoreOrRefuse(input);
}

void Stepper::configure(std::size_t next, bool acknowledged)
{
    if (next < m_machine.config.configureDestination.size()) {
        enter(ConfiguringDestination{ .next = next, .acknowledged = acknowledged });
        runNext(m_machine.config.configureDestination, next, Tag::Configure);
        return;
    }
    if (!m_machine.config.cpr)
        sendMigrate();
    move(acknowledged);
}

Result<void> Stepper::on(ConfiguringDestination now, const SessionInput& input)
{
    if (const auto* reply = replyFrom(input, Side::Destination, Tag::Configure)) {
        if (!reply->result && !m_machine.config.configureDestination[now.next].optional)
            abort(failureOf(Side::Destination, SessionPhase::Devices, reply->result.error()));
        else
            configure(now.next + 1, now.acknowledged);
        return {};
    }
    if (const auto* reply = replyFrom(input, Side::Source, Tag::Migrate)) {
        if (!reply->result)
            abort(failureOf(Side::Source, SessionPhase::Transfer, reply->result.error()));
        else
            enter(ConfiguringDestination{ .next = now.next, .acknowledged = true });
        return {};
    }
    if (exited(input, Side::Destination)) {
        abort(destinationEnded(SessionPhase::Devices));
        return {};
    }
    if (disconnected(input, Side::Destination)) {
        // Its end, if it is one, is announced by Exited; a mere loss of the connection is retried.
        reconnect(Side::Destination);
        return {};
    }
    if (connectedTo(input, Side::Destination)) {
        runNext(m_machine.config.configureDestination, now.next, Tag::Configure);
        return {};
    }
    if (exited(input, Side::Source) || disconnected(input, Side::Source)) {
        locateNow(sourceEnded(SessionPhase::Devices));
        return {};
    }
    if (fired(input, TimerKind::Limit)) {
        abort(timedOut(Side::Destination, SessionPhase::Devices, i18n("configure the destination"),
            i18n("Look at the destination's output and its QMP log.")));
        return {};
    }
    if (get<input::Cancel>(input)) {
        abort(cancelled(SessionPhase::Devices));
        return {};
    }
    return ignoreOrRefuse(input);
}

} // namespace cutover::op
