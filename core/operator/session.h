// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/derive.h"
#include "operator/facts.h"
#include "operator/fdswitches.h"
#include "operator/plan.h"
#include "operator/preflight.h"
#include "operator/sessionmachine.h"
#include "operator/verify.h"

#include <QObject>
#include <QStringList>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cutover::timeline {
class Record;
}

namespace cutover::op {

/// The VMM that has the guest: by its QMP socket, or by its pid (the socket is then found on its
/// command line).
struct SourceSpec
{
    QString qmpPath;
    pid_t pid = 0;

    bool operator==(const SourceSpec&) const = default;
};

struct DestinationSpec
{
    enum class Kind : std::uint8_t {
        Derive, ///< the source's own command line, changed as derive() says
        Command, ///< argv, changed as derive() says
        Attach, ///< started by the operator
    };
    Kind kind = Kind::Derive;
    QString binary; ///< Derive: another program; empty = the source's
    QStringList argv; ///< Command
    QString qmpPath; ///< Attach: appears once the destination has read its CPR state
    QString cprPath; ///< Attach: empty in normal mode
    QString mainPath; ///< Attach: where it listens, when started with -incoming unix:…; empty = defer

    bool operator==(const DestinationSpec&) const = default;
};

struct SessionRequest
{
    SourceSpec source;
    DestinationSpec destination;
    QString mode = QStringLiteral("cpr-transfer"); ///< MigMode: cpr-transfer, normal, cpr-reboot or cpr-exec
    /// Migration parameters for both sides besides the mode, by their QMP names; the source gets its own back
    /// when nothing was migrated.
    QJsonObject parameters;
    QJsonObject capabilities; ///< the same for capabilities, name to bool
    bool defer = true; ///< -incoming defer, else an -incoming URI
    bool guarded = true; ///< the destination starts only by our cont
    /// cpr-reboot, cpr-exec: absolute; removed when the guest runs again; empty: in the pair's folder
    QString stateFile;
    bool keepSource = false; ///< Finish leaves the source in postmigrate
    /// Both channels lead through this process, which tells what passes; its end ends the migration, too.
    bool relay = false;
    QStringList faults; ///< done on purpose, as checkFault() reads them; some need the relay
    /// The guest's name as the operator has typed it: without it only a lab's guest is exposed to faults.
    QString faultsConfirmedFor;
    bool samplePulse = true; ///< ask a VMM that offers it for its guest's heartbeat, outside of the
                             ///< switchover; of any other look for one in its guest's RAM
    bool traceSource = true; ///< switch trace events on at run time where the source's log has timestamps
    SessionLimits limits;
};

/// What a card of the window or a line of the program shows of one VMM.
struct EndpointStatus
{
    QString name; ///< the guest's
    QString version; ///< "11.1.3 Debian 1:11.1.3+ds-1", also after its end
    QString qmpPath;
    QString logPath; ///< of the trace log that is followed; empty: none is
    pid_t pid = 0;
    quint64 startTicks = 0; ///< with the pid, this process for ever
    bool connected = false;
    bool gone = false;
    bool waitingForSource = false; ///< no monitor yet, as expected before it has read its CPR state
    QString runState;
    QString migrationStatus;
    qint64 ramBytes = -1; ///< -1 = not known
    qint64 processStartNs = 0; ///< realtime; 0 = not known

    bool operator==(const EndpointStatus&) const = default;
};

/// How a session ended, for exit codes and titles.
enum class Outcome : std::uint8_t { Running, Migrated, Failed, Refused, NeedsOperator };

/// One migration from one source to one destination: connects, checks, and then does what the
/// operator asks. Everything that happens is appended to the record. Asynchronous, on the event loop
/// of its thread. Deleting it at any moment ends no guest; what it leaves behind is found by findPairs().
class Session : public QObject
{
    Q_OBJECT
public:
    /// \a record is borrowed and must outlive the session.
    explicit Session(timeline::Record& record, QObject* parent = nullptr);
    ~Session() override;

    /// Connects to the source, collects facts, derives the destination and runs the preflight; ends
    /// in Ready or Failed. Changes nothing on the source that is not put back. Refused while a
    /// migration is under way.
    Result<void> check(const SessionRequest& request);
    /// Goes on from Ready to Migrated, Failed or Stranded.
    Result<void> migrate();
    Result<void> cancel();
    /// Ends the source (or keeps it, by the request) and moves the destination's monitor to its path.
    Result<void> finish();

    /// Gives up the connections, where the session has come to an end: a monitor serves one client, and
    /// somebody else wants to ask now.
    void letGo();

    const SessionRequest& request() const;
    const SessionState& state() const;
    const Knowledge& knowledge() const;
    Outcome outcome() const;
    /// The reason, in states Failed and Stranded.
    std::optional<Failure> failure() const;

    /// What was seen of the source by the last check; monitorUsable is false before the first one.
    const Facts& sourceFacts() const;
    const std::vector<Check>& checks() const;
    const Plan& plan() const;
    /// How the destination's command line came to be; nothing when it is attached.
    const std::optional<DerivedCommand>& derived() const;
    const Verification& verification() const;
    EndpointStatus endpoint(Side side) const;
    /// The pair's private folder once the destination exists; the logs are in it.
    QString pairFolder() const;

    /// Whether a remedy can be carried out now; the error says why not.
    Result<void> canFix() const;
    /// Carries out the remedy of the check \a checkId, and checks again. What a VMM refuses is told by
    /// noted().
    Result<void> fix(const QString& checkId, const Fix& fix);
    /// What was fixed, is in force and can be undone; the latest is the last.
    const std::vector<DoneFix>& fixes() const;
    /// Sets back, and checks again.
    Result<void> undoFix(const DoneFix& done);

    /// Whether the VMM that has the guest can be asked for its heartbeat now; the error says why not.
    Result<void> canListenToPulse() const;
    /// Samples the heartbeat for a while; done by itself around a migration.
    Result<void> listenToPulse();
    bool isListeningToPulse() const;
    /// What the guest felt of the switchover is still being found out, and will be in the record; for a
    /// second.
    bool isWatchingGuest() const;
    /// The source's devices, their fds and both layers of switches, as the last check found them.
    const FdInventory& inventory() const;
    /// Whether a switch could be set now, as far as the session's state goes.
    Result<void> canSetSwitches() const;
    /// A switch was asked for, and the check that follows has not begun yet: nothing is migrated until then.
    bool isSwitching() const;
    /// Sets the operator's switch for this session's migration: now on the source, and with the next
    /// migration on the destination. Refused while a migration is under way or where the VMM has none. How
    /// the VMM takes it is an event "switch" of the record; a check follows when it was taken.
    Result<void> setGlobalSwitch(bool on);
    /// The same for a device's own switch. A destination that is started gets it on its command line, one
    /// that the operator has started is told when its monitor answers.
    Result<void> setDeviceSwitch(const QString& device, bool on);

    /// A command typed by the operator, as one JSON object. Commands that are known to crash a VMM or to lose
    /// a guest are refused unless \a confirmed; the error's remedy then says what would happen.
    Result<void> sendCommand(Side side, const QJsonObject& command, bool confirmed = false);

Q_SIGNALS:
    void stateChanged();
    /// Connections, run states, migration states.
    void endpointsChanged();
    void checksChanged();
    void verified();
    /// Whether the heartbeat is being sampled.
    void pulseListeningChanged();
    /// Something was tolerated that the operator should know.
    void noted(const cutover::op::Failure& note);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace cutover::op
