// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QByteArray>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace cutover::lab {

/// How UDP datagrams get to a guest that echoes them, and back. Used by one thread at a time; nothing blocks.
class TrafficLink
{
public:
    TrafficLink() = default;
    virtual ~TrafficLink() = default;
    TrafficLink(const TrafficLink&) = delete;
    TrafficLink& operator=(const TrafficLink&) = delete;

    /// False when nobody takes it: a queue is full, or the guest's network is gone.
    virtual bool send(const QByteArray& payload) = 0;
    /// The payload of the next datagram that the guest has sent; nothing when none waits.
    virtual std::optional<QByteArray> receive() = 0;
    /// Becomes readable when something has come; -1 once nothing can come any more.
    virtual int fd() const = 0;
};

/// Over the machine's own network. \a hostAddress must be an address of it.
Result<std::unique_ptr<TrafficLink>> makeUdpLink(const QString& hostAddress, const QString& guestAddress);

/// Over the ends of makeSocketNetwork() that stay here: makes and reads the frames itself. As in a TAP all
/// datagrams, being of one flow, go into one queue, the first; the ends of the others are only kept open.
std::unique_ptr<TrafficLink> makeFrameLink(std::vector<UniqueFd> sockets);

} // namespace cutover::lab
