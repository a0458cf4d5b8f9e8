// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/channels.h"
#include "engine/destinationmachine.h"
#include "engine/faultpoint.h"
#include "engine/handovermessages.h"
#include "engine/mainchannel.h"
#include "engine/notice.h"
#include "engine/ramstream.h"
#include "engine/timelimits.h"
#include "engine/vm.h"
#include "engine/wait.h"

#include <QString>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cutover::engine {

struct DestinationOptions
{
    bool cpr = true; ///< the CPR state comes first
    TimeLimits limits;
    FaultTrigger fault; ///< its announcement is called on the engine's thread
};

/// The destination's side of one migration, on a thread of its own. Created, started and destroyed by one
/// thread, which may hand in the listeners before or after start().
class DestinationMigration
{
public:
    /// Called last, on the engine's thread, with a final state. An interrupted wait (destruction) is a
    /// failure with Cancelled.
    using Finished = std::function<void(const DestinationState&)>;

    static Result<std::unique_ptr<DestinationMigration>> create(
        Vm& vm, DestinationOptions options, NoticeBoard::Sink sink, Finished finished);
    ~DestinationMigration();

    void start();
    /// The CPR channel is closed, which tells the source to go on, once the
    /// main listener is here and the devices are created.
    void setCprListener(Listener listener);
    void setMainListener(Listener listener);
    /// From any thread; without effect once the guest is started.
    void cancel();

private:
    DestinationMigration(Vm& vm, DestinationOptions options, NoticeBoard::Sink sink, Finished finished,
        CancelEvent alarm, CancelEvent listenerAlarm);

    void run();
    Result<void> carryOut(DestinationStep step);
    void checkpoint(const QString& name);
    static Result<void> sourceGaveUp();
    Result<void> awaitCpr();
    Result<void> createDevices();
    Result<void> awaitMain();
    Result<void> hello();
    Result<void> prepare();
    Result<void> awaitState();
    Result<void> takeSection(Section section);
    Section* findSection(QByteArrayView name);
    Result<void> load();
    Result<void> loadDevice(Device& device, Section& section);
    Result<void> awaitGo();
    void startGuest();
    void letGo();
    Result<void> sendAbort();

    /// Waits until the other thread has handed in that listener, then for a connection from a trusted peer.
    Result<UniqueFd> acceptFrom(Listener DestinationMigration::* listener);
    Result<Section> receive(qint64 deadlineNs);

    Vm& m_vm;
    DestinationOptions m_options;
    NoticeBoard m_notices;
    Finished m_finished;
    CancelEvent m_cancelAlarm;
    CancelEvent m_listenerAlarm;

    std::mutex m_mutex; ///< guards the listeners
    Listener m_cprListener;
    Listener m_mainListener;

    UniqueFd m_cpr;
    std::vector<cpr::Entry> m_cprEntries;
    MainChannel m_main;
    std::unique_ptr<RamReceiver> m_ram;
    UniqueFd m_cprPeer; ///< the process that sent the CPR state; the source, or a relay
    UniqueFd m_sourcePidFd;
    std::vector<Section> m_state; ///< device sections and @cpu, in the order received
    bool m_sourceWasRunning = true;
    Error m_cause; ///< of a failure, for the source
    std::jthread m_thread;
};

} // namespace cutover::engine
