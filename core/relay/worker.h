// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/channels.h"
#include "engine/wait.h"
#include "relay/fault.h"
#include "relay/watch.h"

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace cutover::relay {

/// One channel that is relayed: where the source connects, and where it is connected to.
struct Route
{
    engine::ChannelAddress listen;
    engine::ChannelAddress forward;
};

struct RelaySpec
{
    std::optional<Route> cpr; ///< of unix sockets: fds pass
    std::optional<Route> main; ///< of unix sockets or loopback TCP
    pid_t source = 0; ///< whose fds are compared; 0 = whoever connects
    std::vector<Fault> faults; ///< done on purpose, on the first connection of their channel
};

/// What the thread tells its owner, in batches.
struct Report
{
    std::vector<timeline::Event> events;
    std::vector<InspectedFd> fds;
    std::optional<Error> failure; ///< what the relay could not do; the channel concerned is closed after this
    pid_t source = 0; ///< who connected, if that is known
    pid_t destination = 0; ///< who was connected to
    bool over = false; ///< nothing more can come through
};

/// The thread of a relay: a poll loop of its own, because the console's event loop may be busy with logs just
/// when the guest stands still. It looks at what has passed, and tells of it, only when nothing more has
/// come for a while.
class Worker
{
public:
    using Tell = std::function<void(Report)>; ///< called on the worker's thread

    /// With a listener for each route of \a spec.
    Worker(const RelaySpec& spec, std::optional<engine::Listener> cpr, std::optional<engine::Listener> main,
        engine::CancelEvent stop, Tell tell);
    ~Worker(); ///< both ends of what is open are closed

    void start();

private:
    struct Gate
    {
        Channel channel;
        engine::Listener listener;
        Route route;
        int connections = 0;
    };
    struct Connection
    {
        std::unique_ptr<Watch> watch;
        std::unique_ptr<FaultFilter> faults; ///< none: nothing is done on purpose
        Link link;
        Channel channel;
        bool more = false;
        bool cutTold = false;
    };

    void run();
    /// \a moreToPass: without waiting. False when it cannot go on.
    bool wait(bool moreToPass);
    bool hasWork() const;
    void collectEvents();
    void admit(Gate& gate);
    void advance();
    void retire(Connection& connection);
    void tellCut(Connection& connection);
    void tellFaults(Connection& connection);
    void inspectOne();
    void fail(Channel channel, const Error& error);
    void flush();
    bool isOver() const;

    std::vector<Gate> m_gates;
    std::list<Connection> m_connections;
    std::vector<pollfd> m_polled; ///< the alarm, two for each connection, one for each gate that is open
    FdInspector m_inspector;
    bool m_quiet = false; ///< nothing has passed for a while
    std::vector<Fault> m_faults;
    Report m_report;
    engine::CancelEvent m_stop;
    Tell m_tell;
    bool m_cprLeadsOn = false; ///< the destination has closed the CPR channel: the main channel follows
    bool m_cprOver = false;
    bool m_mainSeen = false;
    bool m_failed = false;
    bool m_overTold = false;
    std::jthread m_thread;
};

} // namespace cutover::relay
