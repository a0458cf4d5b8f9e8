// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionmachine.h"

namespace cutover::op {

/// One step of the machine being computed: takes one input, changes its copy, collects actions.
/// Internal to sessionmachine.cpp, sessionforward.cpp and sessionback.cpp.
class Stepper
{
public:
    explicit Stepper(Machine machine)
        : m_machine(std::move(machine))
    {
    }

    Result<void> take(const SessionInput& input);
    Step result() && { return { .next = std::move(m_machine), .actions = std::move(m_actions) }; }

private:
    using Outcome = Result<void>;

    // Forward: from Idle to Finished (sessionforward.cpp)
    Outcome on(state::Idle, const SessionInput& input);
    Outcome on(state::Checking, const SessionInput& input);
    Outcome on(state::Ready, const SessionInput& input);
    Outcome on(state::ArmingSource now, const SessionInput& input);
    Outcome on(state::Launching, const SessionInput& input);
    Outcome on(state::Transferring now, const SessionInput& input);
    Outcome on(state::ConfiguringDestination now, const SessionInput& input);
    Outcome on(state::Moving now, const SessionInput& input);
    Outcome on(state::Committing now, const SessionInput& input);
    Outcome on(state::Verifying, const SessionInput& input);
    Outcome on(state::Migrated now, const SessionInput& input);
    Outcome on(state::Finishing now, const SessionInput& input);
    // Back: undoing and finding out (sessionback.cpp)
    Outcome on(state::Aborting now, const SessionInput& input);
    Outcome on(state::Locating now, const SessionInput& input);
    // Final states only listen.
    Outcome on(const state::Finished&, const SessionInput& input) { return ignoreOrRefuse(input); }
    Outcome on(const state::Failed&, const SessionInput& input);
    Outcome on(const state::Stranded& now, const SessionInput& input);

    void observe(const SessionInput& input);
    Outcome onExecute(const SessionInput& input);
    /// What a source that has handed the guest over can prove of its destination.
    void takeWord(const QJsonObject& migration);
    Outcome onFdLost(const input::FdLost& lost);
    Outcome onRelayLost(const input::RelayLost& lost);
    Outcome ignoreOrRefuse(const SessionInput& input) const;

    void runNext(const std::vector<Command>& commands, std::size_t next, Tag tag);
    void arm(std::size_t next);
    void launch();
    void sendMigrate();
    void configure(std::size_t next, bool acknowledged);
    void move(bool acknowledged);
    void commit();
    void loadDestination(std::size_t next);
    void confirmDestination();
    void releaseGuard();
    void verify();
    void quitSource(state::Migrated now);

    void abort(Failure why);
    void blameTheDead(Failure& why) const;
    bool mayBeDying(const Failure& why) const;
    void abortAskDestination(state::Aborting now);
    void abortKill(state::Aborting now);
    void abortAskSource(state::Aborting now);
    /// After the source has given the guest away and before the guard is released.
    void giveUpDestination(Failure why);
    /// The source has saved the guest, and it is proved, or will be with the destination's end, that nobody
    /// else runs it or ever has.
    bool mayTakeBack() const;
    void continueSource(state::Aborting now);
    void abortRestore(state::Aborting now, std::size_t next);
    void locateNow(Failure why);
    void askSide(Side side);
    /// Nothing for a side that is gone: its end has been or will be announced.
    void reconnect(Side side);
    void decide(const state::Locating& now);
    void strand(Failure why, GuestLocation location);

    void enter(SessionState state) { m_machine.state = std::move(state); }
    void act(SessionAction action) { m_actions.push_back(std::move(action)); }
    void call(Side side, Tag tag, const QString& command, const QJsonObject& arguments = {});
    void startTimer(TimerKind kind, int ms) { act(action::StartTimer{ kind, ms }); }
    void stopTimer(TimerKind kind) { act(action::StopTimer{ kind }); }

    Failure failureOf(Side side, SessionPhase phase, Error error) const;
    Failure destinationEnded(SessionPhase phase) const;
    Failure sourceEnded(SessionPhase phase) const;
    Failure timedOut(Side side, SessionPhase phase, const QString& attempt, const QString& remedy) const;
    Failure cancelled(SessionPhase phase) const;
    Failure sourceSaysFailed(SessionPhase phase) const;
    Failure fdLost(SessionPhase phase) const;
    Failure relayLost(SessionPhase phase) const;

    SideView& view(Side side)
    {
        return side == Side::Source ? m_machine.known.source : m_machine.known.destination;
    }

    Machine m_machine;
    std::vector<SessionAction> m_actions;
};

} // namespace cutover::op
