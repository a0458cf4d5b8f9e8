// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/side.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QString>

#include <optional>
#include <variant>
#include <vector>

/// The values of the migration session: what it knows, its states, its inputs and its actions.
/// Nothing in here does I/O; sessionmachine.h has the step function, session.h the driver.
namespace cutover::op {

/// The part of the session that an error belongs to.
enum class SessionPhase : std::uint8_t {
    Connect,
    Preflight,
    Arm,
    Transfer,
    Devices,
    Switchover,
    Commit,
    Verify,
    Finish,
    Rescue
};
QString sessionPhaseId(SessionPhase phase);
QString sessionPhaseTitle(SessionPhase phase); ///< translated

/// A failure as the operator reads it: side, phase, cause and remedy.
struct Failure
{
    Side side = Side::Console;
    SessionPhase phase = SessionPhase::Connect;
    Error error;
    QString destinationOutput; ///< tail of the destination's stderr, when the cause is likely there

    /// One sentence: "<side>, <phase>: <message>".
    QString sentence() const;
    bool operator==(const Failure&) const = default;
};

/// Where the guest is, as far as it is proved.
enum class GuestLocation : std::uint8_t {
    Source, ///< runs (or is paused, as it was before) in the source
    Destination, ///< runs (or is paused, as it was before) in the destination
    NowhereSourceHolds, ///< runs nowhere; the destination never ran it, so the source can go on
    NowhereDestinationHolds, ///< runs nowhere; the destination has loaded all of it and waits for cont
    Saved, ///< runs nowhere; both processes are without it, and its state is whole in a file
    Kept, ///< runs nowhere; its process has become the new program, which has the RAM but not the rest
    Lost, ///< the destination ran it and is gone; going back would corrupt it
    Both, ///< both run it: corruption
    Unknown,
};
QString guestLocationId(GuestLocation location);
QString guestLocationSentence(GuestLocation location); ///< translated

/// One command of a prepared sequence.
struct Command
{
    Side side = Side::Source;
    QString name;
    QJsonObject arguments;
    bool optional = false; ///< an error reply is noted, not fatal
    bool operator==(const Command&) const = default;
};

/// Time limits, in milliseconds; 0 = none.
struct SessionLimits
{
    int connectMs = 20'000; ///< until the source's monitor greets: it serves one client, others wait
    int launchMs = 30'000; ///< start of the destination to its CPR listener or monitor
    int monitorMs = 60'000; ///< migrate to the destination's monitor, and then its configuration
    int switchoverMs = 0; ///< destination configured to completed: in normal mode RAM is being copied
    int settleMs = 10'000; ///< for a side to reach a final state after the other has failed
    int loadMs = 60'000; ///< for a destination to load what was saved in a file
};

/// What the machine is told once, before it starts. All sequences are prepared by the planner from
/// what the two VMMs offer, so that the machine holds no knowledge of versions.
struct MachineConfig
{
    bool cpr = true; ///< a CPR channel: the destination's monitor comes up only after migrate was sent
    /// The source saves into a file; the destination, there before that, loads it afterwards. With cpr off.
    bool throughFile = false;
    /// With throughFile: one process, which is first the source and then, as another program, the
    /// destination. Nobody else has the guest's RAM, so it is never ended, and there is no way back.
    bool exec = false;
    bool defer = true; ///< the destination waits for migrate-incoming
    bool guarded = true; ///< the destination starts only by our cont
    bool launched = true; ///< we start the destination and may kill it
    bool keepSource = false; ///< Finish leaves the source in postmigrate
    bool sourceWasRunning = true; ///< set by the machine from the preflight
    std::vector<Command> armSource; ///< capabilities, parameters, tracing
    std::vector<Command> restoreSource; ///< undoes armSource after a failure
    std::vector<Command> configureDestination; ///< capabilities, the guard, migrate-incoming
    std::vector<Command> loadDestination; ///< with throughFile: once the source has completed
    Command migrate; ///< the migrate command for the source
    SessionLimits limits;
};

/// Whether a dead process had run the guest, as far as its own trace log proves it.
enum class RanGuest : std::uint8_t { No, Yes, Unknown };

/// What was last heard from one VMM.
struct SideView
{
    bool connected = false;
    bool everConnected = false;
    bool gone = false; ///< the process is proved dead
    QString exitText; ///< how it ended, when gone
    RanGuest ranGuest = RanGuest::Unknown; ///< proved from the log, when gone
    QString migrationStatus; ///< MigrationStatus of the last event or query-migrate; empty = none yet
    QString runState; ///< RunState of the last query-status or event
    bool answered = false; ///< runState is its own answer to a question asked since it became doubtful
    QString errorDesc; ///< error-desc of the last query-migrate
    bool everResumed = false; ///< RESUME or RunState running was seen during this session
};

struct Knowledge
{
    SideView source;
    SideView destination;
    bool launched = false; ///< a destination process of ours exists or existed
    bool migrateSent = false;
    bool guardReleased = false; ///< cont was handed to the destination's connection
    bool executed = false; ///< with exec: the new program has answered, so the old one is gone
    QString fdLost; ///< a descriptor did not arrive: the destination must never run; empty = none known
    QString destinationOutput; ///< tail of its stderr
    std::optional<Error> relayLost; ///< the relay could not go on, and why
};

namespace state {
struct Idle
{
};
/// Connecting and looking: the driver collects facts and runs the preflight.
struct Checking
{
};
/// Preflight done; waits for the operator.
struct Ready
{
    bool refused = false;
};
struct ArmingSource
{
    std::size_t next = 0;
};
/// Destination being started (or, attached, being connected to).
struct Launching
{
};
/// migrate sent; the source connects to the CPR channel, the destination creates its devices.
struct Transferring
{
    bool acknowledged = false;
};
struct ConfiguringDestination
{
    std::size_t next = 0;
    bool acknowledged = false;
};
/// Both configured; the streams run until the source says completed or failed.
struct Moving
{
    bool acknowledged = false;
    bool settling = false;
};
struct Committing
{
    enum class Step : std::uint8_t {
        Execute, ///< the source has saved the guest; its process becomes the new program or says that it
                 ///< cannot
        ConfirmSource,
        Load,
        ConfirmDestination,
        Continue,
        ConfirmRunning
    };
    Step step = Step::ConfirmSource;
    std::size_t next = 0; ///< in Load
    bool sent = false; ///< in Load: the command was handed to a connection
};
struct Verifying
{
};
/// Moved and verified; waits for Finish.
struct Migrated
{
    bool verified = false;
};
struct Finishing
{
    enum class Step : std::uint8_t { QuitSource, MoveMonitor } step = Step::QuitSource;
    bool verified = false;
};
struct Finished
{
    bool verified = false;
    bool sourceKept = false;
};
/// Undoing: makes sure that only the source can run the guest.
struct Aborting
{
    enum class Step : std::uint8_t {
        StopMigration,
        AskDestination,
        KillDestination,
        AskSource,
        ContinueSource, ///< it had saved the guest into a file that nobody will load
        Restore
    };
    Step step = Step::StopMigration;
    Failure why;
    std::size_t next = 0;
    bool continued = false; ///< the source was told to go on
};
/// The guest is on the source, as before.
struct Failed
{
    Failure why;
    bool refused = false;
    bool cancelled = false;
};
/// Connection to a side was lost or its fate is unclear: both are asked again.
struct Locating
{
    Failure why;
    bool sourceAsked = false; ///< answered, gone, or beyond reach
    bool destinationAsked = false;
    bool sourceRetried = false; ///< its connection was already made anew
    bool destinationRetried = false;
};
/// Needs the operator.
struct Stranded
{
    Failure why;
    GuestLocation location = GuestLocation::Unknown;
};
} // namespace state

using SessionState = std::variant<state::Idle, state::Checking, state::Ready, state::ArmingSource,
    state::Launching, state::Transferring, state::ConfiguringDestination, state::Moving, state::Committing,
    state::Verifying, state::Migrated, state::Finishing, state::Finished, state::Aborting, state::Failed,
    state::Locating, state::Stranded>;

/// Stable identifier of a state, for recordings and JSON: "idle", "checking", ...
QString stateId(const SessionState& state);
/// What is happening, one translated sentence.
QString stateSentence(const SessionState& state);

/// Which command a reply belongs to.
enum class Tag : std::uint8_t {
    Arm,
    Migrate,
    Configure,
    Cancel,
    Continue,
    QueryStatus,
    QueryMigrate,
    Quit,
    Restore
};
enum class TimerKind : std::uint8_t { Limit, Settle, Poll };

namespace input {
struct Begin
{
};
struct Checked
{
    bool refused = false;
    bool sourceWasRunning = true;
    MachineConfig config;
};
struct CheckFailed
{
    Failure failure;
};
struct Migrate
{
};
struct Cancel
{
};
struct Finish
{
};
/// The destination's process runs (launched) or is reachable (attached).
struct Launched
{
};
struct LaunchFailed
{
    Error error;
};
/// The CPR channel accepts connections (or none is needed).
struct ListenerReady
{
};
struct Connected
{
    Side side;
};
struct Disconnected
{
    Side side;
    Error error;
};
struct Exited
{
    Side side;
    QString text;
    QString output;
    RanGuest ranGuest = RanGuest::Unknown;
};
struct Reply
{
    Side side;
    Tag tag;
    Result<QJsonValue> result;
};
struct VmEvent
{
    Side side;
    QString name;
    QJsonObject data;
};
/// A descriptor got lost on its way: the destination would run on with fresh, empty memory.
struct FdLost
{
    QString text;
};
/// The relay between the two sides has ended a channel by itself.
struct RelayLost
{
    Error error;
};
/// A process that stood still goes on: what was said of the guest meanwhile is to be looked at again.
struct Continued
{
};
struct TimerFired
{
    TimerKind kind;
};
struct Verified
{
    bool ok = false;
    Failure failure;
};
struct MonitorMoved
{
};
} // namespace input

using SessionInput = std::variant<input::Begin, input::Checked, input::CheckFailed, input::Migrate,
    input::Cancel, input::Finish, input::Launched, input::LaunchFailed, input::ListenerReady,
    input::Connected, input::Disconnected, input::Exited, input::Reply, input::VmEvent, input::FdLost,
    input::RelayLost, input::Continued, input::TimerFired, input::Verified, input::MonitorMoved>;
QString inputId(const SessionInput& input);

/// How far the session has come, as it is written to the journal before the next action.
enum class JournalStage : std::uint8_t { Armed, Migrating, Releasing, Moved, Failed, Finished };

namespace action {
struct Check
{
};
struct Call
{
    Side side;
    Tag tag;
    QString command;
    QJsonObject arguments;
};
struct Launch
{
};
struct Kill
{
}; ///< the launched destination, by its pidfd; answered with Exited
struct Reconnect
{
    Side side;
};
struct StartTimer
{
    TimerKind kind;
    int ms;
};
struct StopTimer
{
    TimerKind kind;
};
struct Journal
{
    JournalStage stage;
};
struct Verify
{
};
struct MoveMonitor
{
};
/// A side note for the timeline and the log, for what was tolerated.
struct Note
{
    Failure note;
};
} // namespace action

using SessionAction = std::variant<action::Check, action::Call, action::Launch, action::Kill,
    action::Reconnect, action::StartTimer, action::StopTimer, action::Journal, action::Verify,
    action::MoveMonitor, action::Note>;

} // namespace cutover::op
