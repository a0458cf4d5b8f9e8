// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "relay/worker.h"

#include <QObject>

#include <memory>
#include <optional>
#include <vector>

namespace cutover::relay {

/// Sits in the channels of a migration, between a source that connects to it and the destination's
/// listeners, and passes on everything unchanged, on a thread of its own. Its end, at any moment, looks to
/// both sides like the loss of their peer.
class Relay : public QObject
{
    Q_OBJECT
public:
    /// Listens at once. InvalidArgument without any route, or for a CPR route that cannot carry fds.
    static Result<std::unique_ptr<Relay>> start(const RelaySpec& spec);
    ~Relay() override;

    /// Where the source is to connect, with the port that the kernel chose.
    const engine::ChannelAddress& address(Channel channel) const;

    /// Told so far.
    const std::vector<InspectedFd>& fds() const { return m_fds; }
    pid_t source() const { return m_source; }
    pid_t destination() const { return m_destination; } ///< who was connected to; 0 = not known
    /// Looks now for the descriptors in process \a destination; best when it has claimed them and the source
    /// still lives. The events "arrived" are returned, and not told by observed().
    std::vector<timeline::Event> findArrived(pid_t destination) const;
    /// Ends all connections, as its death would.
    void cut();

Q_SIGNALS:
    void observed(const std::vector<cutover::timeline::Event>& events);
    /// A channel could not be passed on any further; the VMMs notice it after this was sent. NotFound where
    /// nobody listens for it at the destination (any more).
    void failed(const cutover::Error& error);
    /// All channels have come and gone, or none will come any more.
    void over();

private:
    Relay() = default;
    void take(Report report);

    engine::ChannelAddress m_cpr;
    engine::ChannelAddress m_main;
    std::vector<InspectedFd> m_fds;
    pid_t m_source = 0;
    pid_t m_destination = 0;
    std::unique_ptr<Worker> m_worker;
};

} // namespace cutover::relay
