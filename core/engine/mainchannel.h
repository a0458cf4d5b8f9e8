// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/section.h"

#include <QByteArrayView>

#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>
#include <poll.h>
#include <span>
#include <vector>

namespace cutover::engine {

inline constexpr qint64 noDeadline = std::numeric_limits<qint64>::max();

/// An fd whose readability ends every wait of a channel. Borrowed; outlives the channel.
struct Alarm
{
    enum class Kind : std::uint8_t {
        Cancel, ///< an eventfd: somebody here wants it to end; waits fail with Cancelled
        PeerExit, ///< the peer's pidfd: waits fail with Disconnected, after what it had sent was received
    };
    int fd = -1;
    Kind kind = Kind::Cancel;
};

/// Sections over a connected stream socket, unix or TCP, for a thread that may block: each function returns
/// when it is done, at its deadline (CLOCK_MONOTONIC, nanoseconds: Timeout), on an alarm, or when the peer is
/// gone (Disconnected). One thread at a time.
///
/// Timeout and Cancelled while waiting for the peer leave the channel usable, unless a section has been sent
/// in part. Every other error ends its direction for good, each further call returns it; the other direction
/// still works, so that what a peer said before it went away can be received after a send has failed.
class MainChannel
{
public:
    MainChannel() = default; ///< not connected: every call is a Disconnected error
    explicit MainChannel(UniqueFd socket, const std::vector<Alarm>& alarms = {});
    MainChannel(MainChannel&&) noexcept = default;
    MainChannel& operator=(MainChannel&&) noexcept = default;

    bool isOpen() const { return bool(m_socket); }
    int socket() const { return m_socket.get(); } ///< borrowed, for what polls beside it
    bool canPassFds() const { return m_canPassFds; } ///< AF_UNIX
    /// For a peer whose process becomes known later.
    void addAlarm(Alarm alarm);
    /// For the talk that follows a cancel.
    void dropAlarms(Alarm::Kind kind);
    void close();

    Result<void> sendHeader(qint64 deadlineNs = noDeadline);
    Result<void> receiveHeader(qint64 deadlineNs);

    /// Success: the kernel has accepted the last byte. Error: it has not, so the peer will never see the
    /// section whole. \a fds are borrowed; on a channel that cannot pass any they are an Unsupported error
    /// before the first byte, which does not end the direction. A section of up to 64 KiB, together with what
    /// was queued, is one message (one for each 253 fds).
    Result<void> send(QByteArrayView name, std::uint32_t instance, std::uint32_t version,
        QByteArrayView payload, std::span<const int> fds, qint64 deadlineNs);
    /// Puts a section into the message that the next send() or flush() sends. \a fds stay borrowed until
    /// then. Errors as for a send() that has not begun.
    Result<void> queue(QByteArrayView name, std::uint32_t instance, std::uint32_t version,
        QByteArrayView payload, std::span<const int> fds = {});
    Result<void> flush(qint64 deadlineNs);

    Result<Section> receive(qint64 deadlineNs, const SectionLimits& limits = {});
    /// Protocol error when fds have arrived that no section announced. To be called when the peer is waiting
    /// for us; receive() finds most of them earlier.
    Result<void> requireNoStrayFds() { return m_decoder.requireNoStrayFds(); }

    std::uint64_t bytesSent() const { return m_bytesSent; }
    std::uint64_t bytesReceived() const { return m_bytesReceived; }

private:
    Result<void> sendBytes(std::span<const std::byte> bytes, std::span<const int> fds, qint64 deadlineNs);
    Result<void> sendLarge(QByteArrayView payload, std::uint32_t crc, qint64 deadlineNs);
    /// Drops what is queued; final when the peer may have seen a part of it.
    std::unexpected<Error> failSending(Error error, QByteArrayView name);
    Result<void> checkBeforeSending(QByteArrayView name, std::size_t payloadBytes, std::size_t fds) const;
    /// At least one byte more, as far as the decoder has room.
    Result<void> receiveMore(qint64 deadlineNs);
    std::unexpected<Error> failReceiving(Error error);
    Result<void> wait(short events, qint64 deadlineNs);
    /// For transfers that never have to wait.
    Result<void> checkInterruption(qint64 deadlineNs);
    Result<void> pollUntil(short events, const timespec* timeout);

    UniqueFd m_socket;
    bool m_canPassFds = false;
    std::vector<Alarm> m_alarms;
    std::vector<pollfd> m_polled; // the socket, then the alarms in their order
    std::vector<std::byte> m_out;
    std::vector<int> m_outFds;
    SectionDecoder m_decoder;
    bool m_partlySent = false; // some bytes of what is being sent are out
    std::optional<Error> m_sendError;
    std::optional<Error> m_receiveError;
    std::uint64_t m_bytesSent = 0;
    std::uint64_t m_bytesReceived = 0;
};

} // namespace cutover::engine
