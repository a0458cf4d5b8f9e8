// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/devices/vhostuserbatch.h"

#include <utility>

namespace cutover::vmm::vhostuser {

/// Requests with replies over a connected socket, which is borrowed. Each reply is checked: request, version,
/// size, fds. After a failure the stream's position is unknown: every further call fails with the same error,
/// until the FrontEnd is attached to another connection or synchronize() has succeeded.
class FrontEnd
{
public:
    /// \a object names the back end in errors.
    explicit FrontEnd(QString object)
        : m_object(std::move(object))
    {
    }

    void attach(int socket);
    int socket() const { return m_socket; }

    Result<std::uint64_t> features(std::int64_t deadlineNs);
    Result<std::uint64_t> protocolFeatures(std::int64_t deadlineNs);
    Result<std::uint64_t> queueCount(std::int64_t deadlineNs);
    /// The first config.size() bytes of the device's configuration space, at most maxConfigBytes. Remote when
    /// the back end declines.
    Result<void> config(std::span<std::byte> config, std::int64_t deadlineNs);
    Result<Inflight> inflight(std::uint16_t queues, std::uint16_t queueSize, std::int64_t deadlineNs);

    /// Stops the rings 0 to indices.size() - 1; their next available indices are returned in \a indices.
    /// All requests travel together.
    Result<void> stopRings(std::span<std::uint16_t> indices, std::int64_t deadlineNs);
    /// Sends requests that have no reply.
    Result<void> send(Batch& batch, std::int64_t deadlineNs);
    /// Sends \a batch, whose last request needs a reply, and waits for it. Remote when the back end answers
    /// that it failed.
    Result<void> sendAcknowledged(Batch& batch, Request last, std::int64_t deadlineNs);
    /// The first half of stopRings(): whoever has the connection next finds the replies before its own.
    Result<void> askToStopRings(std::uint32_t rings, std::int64_t deadlineNs);
    /// The second half of sendAcknowledged(). Replies to other requests that come before are discarded.
    Result<void> awaitAcknowledgement(Request last, std::int64_t deadlineNs);
    /// Stops \a rings rings and discards every reply that a former user of the connection has left unread.
    /// Protocol when what is left is not a sequence of whole replies.
    Result<void> synchronize(std::uint32_t rings, std::int64_t deadlineNs);

private:
    struct Reply
    {
        std::uint32_t request = 0;
        std::uint32_t flags = 0;
        std::uint32_t size = 0;
    };

    Result<void> sendRequest(Request request, std::span<const std::byte> payload, std::int64_t deadlineNs);
    Result<std::uint64_t> number(Request request, std::int64_t deadlineNs);
    Result<std::uint64_t> skipTo(Request request, std::int64_t deadlineNs);
    Result<Reply> receiveHeader(std::int64_t deadlineNs, UniqueFd* fd);
    Result<void> receiveReply(
        Request request, std::span<std::byte> payload, std::int64_t deadlineNs, UniqueFd* fd = nullptr);
    Result<void> receiveBytes(std::span<std::byte> bytes, std::int64_t deadlineNs, UniqueFd* fd);
    Result<void> checkHeader(const Reply& reply, Request request);
    Result<void> usable() const;
    std::unexpected<Error> wrongSize(Request request, std::size_t size, std::size_t expected);
    std::unexpected<Error> fail(ErrorCode code, Request request, const QString& cause);
    std::unexpected<Error> fail(Error error);

    QString m_object;
    int m_socket = -1;
    bool m_failed = false;
    Error m_failure;
    std::int64_t m_spinUntilNs = 0;
    Batch m_request; ///< reused, so that a request in the switchover allocates nothing
};

} // namespace cutover::vmm::vhostuser
