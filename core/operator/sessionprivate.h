// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/endpoint.h"
#include "operator/factscollector.h"
#include "operator/heldfiles.h"
#include "operator/journal.h"
#include "operator/lifesigns.h"
#include "operator/listenerwatch.h"
#include "operator/memorypulse.h"
#include "operator/pulsesampler.h"
#include "operator/session.h"
#include "operator/switchtalk.h"
#include "relay/relay.h"
#include "timeline/record.h"

#include <QTimer>

#include <array>
#include <deque>

namespace cutover::op {

/// The driver: carries out what the machine decides, and tells it what has happened.
class Session::Private : public QObject
{
public:
    Private(Session* session, timeline::Record& eventRecord);
    ~Private() override;

    /// Queued where a step is being carried out, so that the machine's steps never nest.
    Result<void> feed(const SessionInput& input);
    /// The same for what is no request and so always fits.
    void tell(const SessionInput& input) { std::ignore = feed(input); }

    void carryOut(const SessionAction& action);
    void callVmm(const action::Call& call);
    void writeStage(JournalStage stage);
    /// Into the journal: that the destination of a stranded migration was seen to run.
    void rememberThatItRan();
    /// The same, that all of it is in its file.
    void rememberThatItIsSaved();
    /// What the logs tell by now of descriptors that did not arrive; nothing in modes that pass none.
    void lookForLostFds();

    // sessioncheck.cpp
    void startCheck();
    void collectFacts();
    void probeBinary();
    Result<void> deriveDestination();
    /// Where the guest goes through: a state file in modes that save it, else the socket \a path.
    void planMainChannel(const QString& path);
    void concludeCheck();
    std::vector<Check> unfinishedPairs() const;
    void failCheck(Side side, SessionPhase phase, const Error& error);

    // sessionlaunch.cpp
    void launch();
    Result<void> launchProcess();
    Result<std::unique_ptr<ChildProcess>> spawnBesideSource(SpawnOptions& options);
    /// Sockets that only the migration needed and that nobody else removes.
    void removeChannels();
    /// Nobody may load it any more: the guest has moved on.
    void removeSavedState();
    void attach();
    /// The source's process is going to be the destination.
    void awaitExecution();
    void killDestination();
    void reconnect(Side side);
    void moveMonitor();

    // sessionfault.cpp
    /// What each side is told to do to itself.
    void planFaults();
    /// A side that hangs is waited for no longer than this.
    SessionLimits limitsWithFaults() const;
    /// Refuses faults that are not understood, that nobody would do, or that may hurt somebody's guest.
    std::vector<Check> faultChecks() const;
    void noteFault(Side side, const QString& text, qint64 timeNs);
    /// Where the session has ended: lets those go on that were stopped. True: where the guest is, is being
    /// looked at again.
    bool continueStopped();
    /// Where the session has ended: whether each fault did to the guest what it was to do.
    void judgeFaults();

    // sessionrelay.cpp
    /// Listens where the source will connect; nothing where no relay was asked for.
    Result<void> startRelay();
    void dropRelay();
    void watchRelay(const std::vector<timeline::Event>& events);
    /// Looks for what has passed, in the destination.
    void findArrived();

    // sessionverify.cpp
    void verify();
    /// Whether the destination's guest beats: asks until it does, or \a untilNs (CLOCK_MONOTONIC) is over.
    void awaitBeat(std::optional<qint64> before, qint64 untilNs);
    void concludeVerification();
    void noteProof(const FdProof& fd, const QString& identity);

    // sessionswitches.cpp
    void noteInventory(Side side, const FdInventory& of);
    Result<void> maySwitch() const;
    /// Checks anew what a switch has changed, as soon as a check can begin.
    void checkWith(const SessionRequest& next);
    void beginDueCheck();
    struct SwitchChange
    {
        QString device; ///< empty: the operator's switch
        QString property;
        bool on = false;
    };
    void noteSwitch(Side side, const SwitchChange& change, const Result<QJsonValue>& answer);
    /// An attached destination whose monitor is there before its devices are.
    bool destinationAnswersEarly() const;
    void compareDestinationSwitches();
    void tellDestination(const SwitchChange& change, const QJsonObject& arguments);
    void askDestinationFds();
    /// Compares what no log tells of: fds that were to pass are added to  told; those that were not are
    /// returned with what was found.
    std::vector<FdProof> compareUntold(std::vector<PassedFd>& told);

    // sessionsettings.cpp
    /// Once for each side and migration.
    void noteSettings(Side side);

    // sessionfix.cpp
    Result<void> carryOut(const Fix& fix, std::optional<DoneFix> done);
    /// Those that a new request has overruled.
    void forgetFixes();

    // sessionpulse.cpp
    /// The VMM that has the guest; null where it has no pulse, or is being changed.
    Endpoint* pulseHolder() const;
    bool offersPulse() const;
    /// The VMM that has the guest, whether or not it can be asked.
    Endpoint* guestHolder() const;
    /// The pulse of a guest whose VMM offers none, read from its RAM.
    bool openMemory();
    bool hasMemoryPulse() { return memory.isOpen() || openMemory(); }
    std::optional<timeline::Heartbeat> lookAtMemory();
    void watchMemory();
    void releaseMemory();
    /// For a guest without a heartbeat: what can be seen of it from outside.
    void watchSigns();
    /// When it has done something again, or \a tries are over: how long it was silent goes into the record.
    void settleSigns(int tries);
    void awaitMemoryBeat(std::optional<quint32> before, qint64 untilNs);
    /// To the sampler: what the new state means for it.
    void followPulse();

    std::unique_ptr<Endpoint> makeEndpoint(Side side);
    Endpoint* endpointOf(Side side) const { return side == Side::Source ? source.get() : destination.get(); }
    void note(timeline::Category category, const QString& name, const QJsonObject& attributes = {});
    /// Into the record, and to whoever listens.
    void remark(const Failure& what);
    /// What has changed of both sides since the last time goes into the record.
    void noteEndpoints();
    void noteCommandLine(Side side, pid_t pid);
    /// The same, and told to whoever listens.
    void tellEndpoints();
    void dropFolder();

    Session* q;
    timeline::Record& record;
    SessionRequest request;
    Machine machine;
    std::deque<SessionInput> inputs;
    bool stepping = false;

    std::unique_ptr<Endpoint> source;
    std::unique_ptr<Endpoint> destination;
    PulseSampler pulse;
    MemoryPulse memory;
    std::unique_ptr<LifeSigns> signs; ///< while they are watched
    bool beatsInMemory = false; ///< as of the last check
    std::array<QTimer, 3> timers;
    ListenerWatch channelWatch;
    ListenerWatch monitorWatch;
    HeldFiles heldFiles; ///< the source's, while its process becomes another program
    UniqueFd cprListener;
    std::unique_ptr<relay::Relay> relay;
    struct CarriedOut
    {
        Side side = Side::Channel; ///< who has done it
        QString text;
        relay::Fault::Expected expected = relay::Fault::Expected::OneSide;
    };
    std::vector<CarriedOut> doneFaults; ///< not judged yet
    qint64 launchedNs = 0; ///< realtime: what a log tells of before is of another migration
    std::vector<Side> stopped; ///< by a fault, and not told to go on yet

    QString sourcePath;
    std::vector<PathMove> moves; ///< what takes the place of the source's
    Facts sourceFacts;
    FdInventory inventory; ///< the source's, from the last check
    FdRoute route;
    std::optional<QJsonArray> destinationFds; ///< query-cpr-fds' answer after the migration
    Plan plan;
    std::vector<Check> checks;
    std::vector<DoneFix> fixes;
    Verification verification;
    std::array<bool, 2> settingsNoted{}; ///< in this migration: the source's, the destination's
    std::array<EndpointStatus, 2> toldStatus; ///< as it stands in the record: of the source, the destination
    QString folder;
    PairJournal journal;
    std::unique_ptr<FactsCollector> collector;
    std::unique_ptr<SwitchTalk> talk;
    int switchesUnderWay = 0; ///< asked for, not yet answered
    std::optional<SessionRequest> dueCheck;
    std::optional<bool> guestBeats; ///< after the migration, where it could be asked
    int pendingAnswers = 0;
};

} // namespace cutover::op
