// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/transfer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <sys/socket.h>

namespace cutover::fdpass {

namespace {

constexpr std::size_t maxControlBytes = CMSG_SPACE(maxFdsPerMessage * sizeof(int));

struct ControlBuffer
{
    alignas(cmsghdr) std::array<std::byte, maxControlBytes> bytes;
};

QString socketName(int socket)
{
    return QStringLiteral("fd %1").arg(socket);
}

std::unexpected<Error> socketError(const QString& attempt, int socket, int sysErrno)
{
    auto error = systemError(attempt, socketName(socket), sysErrno);
    if (isPeerGone(sysErrno))
        error.error().code = ErrorCode::Disconnected;
    return error;
}

struct ControlData
{
    std::vector<UniqueFd> fds;
    bool unknown = false; // something that is not SCM_RIGHTS
};

ControlData takeControlData(msghdr& message)
{
    ControlData result;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        const bool rights = header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS;
        const bool pidfd = header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_PIDFD;
        result.unknown |= !rights;
        if ((!rights && !pidfd) || header->cmsg_len < CMSG_LEN(0))
            continue;
        const std::size_t payload = header->cmsg_len - CMSG_LEN(0);
        result.fds.reserve(result.fds.size() + payload / sizeof(int));
        for (std::size_t offset = 0; offset + sizeof(int) <= payload; offset += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + offset, sizeof fd);
            result.fds.push_back(UniqueFd::adopt(fd));
        }
    }
    return result;
}

QString receiveAttempt()
{
    return QStringLiteral("receive from a unix socket");
}

} // namespace

bool isPeerGone(int sysErrno)
{
    switch (sysErrno) {
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ECONNREFUSED:
    case ENOTCONN:
    case ESHUTDOWN:
        return true;
    default:
        return false;
    }
}

Result<std::size_t> sendSome(int socket, std::span<const std::byte> bytes, std::span<const int> fds)
{
    const QString attempt = QStringLiteral("send to a unix socket");
    if (bytes.empty()) {
        return failure(ErrorCode::InvalidArgument, attempt, socketName(socket),
            QStringLiteral("a message needs at least one byte"));
    }
    if (fds.size() > maxFdsPerMessage) {
        return failure(ErrorCode::InvalidArgument, attempt, socketName(socket),
            QStringLiteral("%1 descriptors in one message, the kernel takes %2")
                .arg(fds.size())
                .arg(maxFdsPerMessage));
    }

    iovec data{ .iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size() };
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    ControlBuffer control;
    if (!fds.empty()) {
        std::memset(control.bytes.data(), 0, CMSG_SPACE(fds.size_bytes()));
        message.msg_control = control.bytes.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
    }

    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return 0;
    return socketError(attempt, socket, errno);
}

Result<Chunk> receiveSome(int socket, std::span<std::byte> buffer, std::size_t maxFds)
{
    if (buffer.empty() || maxFds > maxFdsPerMessage) {
        return failure(ErrorCode::InvalidArgument, receiveAttempt(), socketName(socket),
            buffer.empty()
                ? QStringLiteral("the buffer is empty")
                : QStringLiteral("the kernel sends at most %1 descriptors at once").arg(maxFdsPerMessage));
    }

    iovec data{ .iov_base = buffer.data(), .iov_len = buffer.size() };
    ControlBuffer control;
    msghdr message{};
    ssize_t received = 0;
    do {
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.bytes.data();
        // CMSG_LEN, not CMSG_SPACE: its padding would let the kernel install one fd too many.
        message.msg_controllen = CMSG_LEN(maxFds * sizeof(int));
        received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return Chunk{ .size = 0, .fds = {}, .endOfStream = false, .wouldBlock = true };
        return socketError(receiveAttempt(), socket, errno);
    }

    ControlData controlData = takeControlData(message);
    if (controlData.unknown) {
        return failure(ErrorCode::Protocol, receiveAttempt(), socketName(socket),
            QStringLiteral("control data that is not a list of descriptors"));
    }
    if (controlData.fds.size() > maxFds || (message.msg_flags & MSG_CTRUNC) != 0) {
        if (controlData.fds.size() >= maxFds) {
            return failure(ErrorCode::LimitExceeded, receiveAttempt(), socketName(socket),
                QStringLiteral("a message with more than %1 descriptors").arg(maxFds));
        }
        return failure(ErrorCode::LimitExceeded, receiveAttempt(), socketName(socket),
            QStringLiteral("only %1 of the descriptors of a message could be taken in, "
                           "the limit of open files is reached")
                .arg(controlData.fds.size()),
            QStringLiteral("Raise the limit of open files (ulimit -n) and try again."));
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        return failure(ErrorCode::LimitExceeded, receiveAttempt(), socketName(socket),
            QStringLiteral("a datagram longer than %1 bytes").arg(buffer.size()));
    }
    const bool end = received == 0 && controlData.fds.empty();
    return Chunk{ .size = static_cast<std::size_t>(received),
        .fds = std::move(controlData.fds),
        .endOfStream = end,
        .wouldBlock = false };
}

Result<Chunk> receiveExactly(int socket, std::span<std::byte> buffer, std::size_t expectedFds)
{
    Result<Chunk> chunk = receiveSome(socket, buffer, expectedFds);
    if (!chunk || chunk->wouldBlock)
        return chunk;
    if (chunk->endOfStream) {
        return failure(ErrorCode::Disconnected, receiveAttempt(), socketName(socket),
            QStringLiteral("the peer closed the connection"));
    }
    if (chunk->fds.size() != expectedFds) {
        return failure(ErrorCode::Protocol, receiveAttempt(), socketName(socket),
            QStringLiteral("a message with %1 descriptors instead of %2")
                .arg(chunk->fds.size())
                .arg(expectedFds));
    }
    return chunk;
}

Outgoing::Outgoing(std::vector<std::byte> bytes, std::vector<UniqueFd> fds)
    : m_bytes(std::move(bytes))
    , m_fds(std::move(fds))
{
}

Result<bool> Outgoing::advance(int socket)
{
    if (m_error)
        return std::unexpected(*m_error);
    auto done = send(socket);
    if (!done) {
        m_fds.clear();
        m_error = done.error();
    }
    return done;
}

Result<bool> Outgoing::send(int socket)
{
    while (!isDone()) {
        const auto rest = std::span<const std::byte>(m_bytes).subspan(m_sent);
        const std::size_t messages = (m_fds.size() + maxFdsPerMessage - 1) / maxFdsPerMessage;
        if (rest.size() < messages) {
            return failure(ErrorCode::InvalidArgument, QStringLiteral("send to a unix socket"),
                socketName(socket), QStringLiteral("too few bytes for that many descriptors"));
        }
        const std::size_t count = std::min(m_fds.size(), maxFdsPerMessage);
        std::vector<int> numbers;
        numbers.reserve(count);
        std::ranges::transform(m_fds.begin(), m_fds.begin() + static_cast<std::ptrdiff_t>(count),
            std::back_inserter(numbers), &UniqueFd::get);
        const auto sent = sendSome(socket, messages > 1 ? rest.first(1) : rest, numbers);
        if (!sent)
            return std::unexpected(sent.error());
        if (*sent == 0)
            return false;
        m_fds.erase(m_fds.begin(), m_fds.begin() + static_cast<std::ptrdiff_t>(count));
        m_sent += *sent;
    }
    return true;
}

Incoming::Incoming(std::size_t bytes, std::size_t fds)
    : m_bytes(bytes)
    , m_expectedFds(fds)
{
}

Result<bool> Incoming::advance(int socket)
{
    if (m_error)
        return std::unexpected(*m_error);
    auto done = receive(socket);
    if (!done) {
        m_fds.clear();
        m_error = done.error();
    }
    m_complete = done.value_or(false);
    return done;
}

std::vector<UniqueFd> Incoming::takeFds()
{
    return m_complete ? std::exchange(m_fds, {}) : std::vector<UniqueFd>();
}

Result<bool> Incoming::receive(int socket)
{
    while (m_received < m_bytes.size()) {
        const std::size_t missing = m_expectedFds - m_receivedFds;
        auto chunk = receiveSome(
            socket, std::span(m_bytes).subspan(m_received), std::min(missing, maxFdsPerMessage));
        if (!chunk)
            return std::unexpected(chunk.error());
        if (chunk->wouldBlock)
            return false;
        if (chunk->endOfStream) {
            return failure(ErrorCode::Disconnected, receiveAttempt(), socketName(socket),
                QStringLiteral("the peer closed the connection after %1 of %2 bytes")
                    .arg(m_received)
                    .arg(m_bytes.size()));
        }
        m_received += chunk->size;
        m_receivedFds += chunk->fds.size();
        std::ranges::move(chunk->fds, std::back_inserter(m_fds));
    }
    if (m_receivedFds != m_expectedFds) {
        return failure(ErrorCode::Protocol, receiveAttempt(), socketName(socket),
            QStringLiteral("%1 descriptors instead of %2").arg(m_receivedFds).arg(m_expectedFds));
    }
    return true;
}

} // namespace cutover::fdpass
