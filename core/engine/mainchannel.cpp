// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/mainchannel.h"

#include "base/clock.h"
#include "engine/crc32c.h"
#include "fdpass/transfer.h"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t smallPayload = std::size_t{ 64 } << 10U;
constexpr std::size_t pieceBytes = std::size_t{ 256 } << 10U;
constexpr qint64 nsPerSecond = 1'000'000'000;

int socketDomain(int socket)
{
    int domain = -1;
    socklen_t size = sizeof domain;
    return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 ? domain : -1;
}

std::span<const std::byte> bytesOf(QByteArrayView view)
{
    return std::as_bytes(std::span(view.data(), std::size_t(view.size())));
}

Error notConnected()
{
    return Error{ .code = ErrorCode::Disconnected,
        .attempt = u"use the main channel"_s,
        .cause = u"it is not connected"_s };
}

std::unexpected<Error> waitError(ErrorCode code, const QString& cause)
{
    return failure(code, u"wait for the peer on the main channel"_s, {}, cause);
}

/// The sentence of a lower layer, told of what was being done here.
Error retold(Error error, const QString& attempt, const QString& object)
{
    error.attempt = attempt;
    error.object = object;
    return error;
}

bool isInterruption(ErrorCode code)
{
    return code == ErrorCode::Timeout || code == ErrorCode::Cancelled;
}

} // namespace

MainChannel::MainChannel(UniqueFd socket, const std::vector<Alarm>& alarms)
    : m_socket(std::move(socket))
    , m_canPassFds(socketDomain(m_socket.get()) == AF_UNIX)
    , m_polled{ pollfd{ .fd = m_socket.get() } }
{
    const int on = 1;
    if (!m_canPassFds)
        (void)::setsockopt(m_socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (const Alarm alarm : alarms)
        addAlarm(alarm);
    m_out.reserve(smallPayload + sectionHeadBytes + maxSectionName + sectionTrailerBytes);
    m_outFds.reserve(fdpass::maxFdsPerMessage);
}

void MainChannel::addAlarm(Alarm alarm)
{
    m_alarms.push_back(alarm);
    m_polled.push_back({ .fd = alarm.fd, .events = POLLIN, .revents = 0 });
}

void MainChannel::dropAlarms(Alarm::Kind kind)
{
    std::erase_if(m_alarms, [kind](const Alarm& alarm) { return alarm.kind == kind; });
    m_polled.resize(1);
    for (const Alarm& alarm : m_alarms)
        m_polled.push_back({ .fd = alarm.fd, .events = POLLIN, .revents = 0 });
}

void MainChannel::close()
{
    *this = MainChannel();
}

Result<void> MainChannel::sendHeader(qint64 deadlineNs)
{
    const auto ready = checkBeforeSending("@header", 0, 0);
    if (!ready)
        return ready;
    const auto header = encodeStreamHeader();
    m_out.insert(m_out.end(), header.begin(), header.end());
    return flush(deadlineNs);
}

Result<void> MainChannel::receiveHeader(qint64 deadlineNs)
{
    if (m_receiveError)
        return std::unexpected(*m_receiveError);
    while (true) {
        const auto complete = m_decoder.nextHeader();
        if (!complete)
            return failReceiving(complete.error());
        if (*complete)
            return {};
        const auto more = receiveMore(deadlineNs);
        if (!more)
            return failReceiving(more.error());
    }
}

Result<void> MainChannel::checkBeforeSending(
    QByteArrayView name, std::size_t payloadBytes, std::size_t fds) const
{
    if (!m_socket)
        return std::unexpected(notConnected());
    if (m_sendError)
        return std::unexpected(*m_sendError);
    if (fds > 0 && !m_canPassFds) {
        return failure(ErrorCode::Unsupported, u"send section"_s, QString::fromLatin1(name),
            u"its descriptors cannot pass on a channel that is not a unix socket"_s,
            u"Use a unix socket for the main channel, or turn migrate-fds off."_s);
    }
    return checkSection(name, payloadBytes, fds);
}

Result<void> MainChannel::queue(QByteArrayView name, std::uint32_t instance, std::uint32_t version,
    QByteArrayView payload, std::span<const int> fds)
{
    const auto ready = checkBeforeSending(name, std::size_t(payload.size()), fds.size());
    if (!ready)
        return ready;
    const std::size_t begin = m_out.size();
    appendSectionHead(m_out, name, instance, version, std::size_t(payload.size()), fds.size());
    const auto bytes = bytesOf(payload);
    m_out.insert(m_out.end(), bytes.begin(), bytes.end());
    const auto trailer = encodeSectionTrailer(crc32c(std::span(m_out).subspan(begin)));
    m_out.insert(m_out.end(), trailer.begin(), trailer.end());
    m_outFds.insert(m_outFds.end(), fds.begin(), fds.end());
    return {};
}

Result<void> MainChannel::flush(qint64 deadlineNs)
{
    if (!m_socket)
        return std::unexpected(notConnected());
    if (m_sendError)
        return std::unexpected(*m_sendError);
    m_partlySent = false;
    const auto sent = sendBytes(m_out, m_outFds, deadlineNs);
    if (!sent)
        return failSending(sent.error(), {});
    m_out.clear();
    m_outFds.clear();
    return {};
}

Result<void> MainChannel::send(QByteArrayView name, std::uint32_t instance, std::uint32_t version,
    QByteArrayView payload, std::span<const int> fds, qint64 deadlineNs)
{
    const bool small = std::size_t(payload.size()) <= smallPayload;
    if (small) {
        const auto queued = queue(name, instance, version, payload, fds);
        if (!queued)
            return queued;
    } else {
        const auto ready = checkBeforeSending(name, std::size_t(payload.size()), fds.size());
        if (!ready)
            return ready;
    }
    std::uint32_t crc = 0;
    if (!small) {
        const std::size_t begin = m_out.size();
        appendSectionHead(m_out, name, instance, version, std::size_t(payload.size()), fds.size());
        crc = crc32c(std::span(m_out).subspan(begin));
        m_outFds.insert(m_outFds.end(), fds.begin(), fds.end());
    }
    m_partlySent = false;
    auto sent = sendBytes(m_out, m_outFds, deadlineNs);
    if (sent && !small)
        sent = sendLarge(payload, crc, deadlineNs);
    if (!sent)
        return failSending(sent.error(), name);
    m_out.clear();
    m_outFds.clear();
    return {};
}

Result<void> MainChannel::sendLarge(QByteArrayView payload, std::uint32_t crc, qint64 deadlineNs)
{
    auto rest = bytesOf(payload);
    while (!rest.empty()) {
        const auto piece = rest.first(std::min(rest.size(), pieceBytes));
        rest = rest.subspan(piece.size());
        crc = crc32c(piece, crc);
        auto sent = checkInterruption(deadlineNs);
        if (sent)
            sent = sendBytes(piece, {}, deadlineNs);
        if (!sent)
            return sent;
    }
    return sendBytes(encodeSectionTrailer(crc), {}, deadlineNs);
}

Result<void> MainChannel::sendBytes(
    std::span<const std::byte> bytes, std::span<const int> fds, qint64 deadlineNs)
{
    while (!bytes.empty()) {
        const std::size_t messages = (fds.size() + fdpass::maxFdsPerMessage - 1) / fdpass::maxFdsPerMessage;
        const auto now = fds.first(std::min(fds.size(), fdpass::maxFdsPerMessage));
        const auto sent = fdpass::sendSome(m_socket.get(), messages > 1 ? bytes.first(1) : bytes, now);
        if (!sent)
            return std::unexpected(sent.error());
        if (*sent == 0) {
            const auto writable = wait(POLLOUT, deadlineNs);
            if (!writable)
                return writable;
            continue;
        }
        m_partlySent = true;
        m_bytesSent += *sent;
        bytes = bytes.subspan(*sent);
        fds = fds.subspan(now.size());
    }
    return {};
}

std::unexpected<Error> MainChannel::failSending(Error error, QByteArrayView name)
{
    m_out.clear();
    m_outFds.clear();
    Error told = retold(std::move(error), name.isEmpty() ? u"send on the main channel"_s : u"send section"_s,
        QString::fromLatin1(name));
    if (m_partlySent || !isInterruption(told.code))
        m_sendError = told;
    return std::unexpected(std::move(told));
}

Result<Section> MainChannel::receive(qint64 deadlineNs, const SectionLimits& limits)
{
    if (m_receiveError)
        return std::unexpected(*m_receiveError);
    std::uint64_t checkedAt = m_bytesReceived;
    while (true) {
        auto section = m_decoder.next(limits);
        if (!section)
            return failReceiving(section.error());
        if (*section)
            return std::move(**section);
        Result<void> more;
        if (m_bytesReceived - checkedAt >= pieceBytes) {
            checkedAt = m_bytesReceived;
            more = checkInterruption(deadlineNs);
        }
        if (more)
            more = receiveMore(deadlineNs);
        if (!more)
            return failReceiving(more.error());
    }
}

Result<void> MainChannel::receiveMore(qint64 deadlineNs)
{
    if (!m_socket)
        return std::unexpected(notConnected());
    const auto told = [this](Error error) {
        const QByteArray partial = m_decoder.partialName();
        return std::unexpected(retold(std::move(error),
            partial.isEmpty() ? u"receive from the peer on the main channel"_s : u"receive section"_s,
            QString::fromLatin1(partial)));
    };
    while (true) {
        auto chunk = fdpass::receiveSome(m_socket.get(), m_decoder.space());
        if (!chunk)
            return told(chunk.error());
        if (chunk->endOfStream) {
            return told(Error{ .code = ErrorCode::Disconnected,
                .cause = m_decoder.atBoundary() ? u"the peer closed the connection"_s
                                                : u"the peer closed the connection within a section"_s });
        }
        if (!chunk->wouldBlock) {
            m_bytesReceived += chunk->size;
            m_decoder.commit(chunk->size, std::move(chunk->fds));
            return {};
        }
        const auto readable = wait(POLLIN, deadlineNs);
        if (!readable)
            return told(readable.error());
    }
}

std::unexpected<Error> MainChannel::failReceiving(Error error)
{
    if (!isInterruption(error.code))
        m_receiveError = error;
    return std::unexpected(std::move(error));
}

Result<void> MainChannel::checkInterruption(qint64 deadlineNs)
{
    if (monotonicNs() >= deadlineNs)
        return waitError(ErrorCode::Timeout, u"its time limit is over"_s);
    const timespec none{};
    const auto polled = pollUntil(0, &none);
    // The socket itself tells what is left of a peer that has ended.
    if (!polled && polled.error().code == ErrorCode::Disconnected)
        return {};
    return polled;
}

Result<void> MainChannel::wait(short events, qint64 deadlineNs)
{
    while (true) {
        timespec rest{};
        if (deadlineNs != noDeadline) {
            const qint64 restNs = std::max<qint64>(deadlineNs - monotonicNs(), 0);
            rest = { .tv_sec = restNs / nsPerSecond, .tv_nsec = restNs % nsPerSecond };
        }
        const auto polled = pollUntil(events, deadlineNs == noDeadline ? nullptr : &rest);
        if (!polled || m_polled.front().revents != 0)
            return polled;
        if (deadlineNs != noDeadline && monotonicNs() >= deadlineNs)
            return waitError(ErrorCode::Timeout, u"its time limit is over"_s);
    }
}

Result<void> MainChannel::pollUntil(short events, const timespec* timeout)
{
    m_polled.front().events = events;
    const int count = ::ppoll(m_polled.data(), m_polled.size(), timeout, nullptr);
    if (count < 0) {
        for (pollfd& polled : m_polled)
            polled.revents = 0;
        if (errno == EINTR)
            return {};
        return systemError(u"wait for the peer on the main channel"_s, {}, errno);
    }
    bool peerExited = false;
    for (std::size_t i = 0; i < m_alarms.size(); ++i) {
        if (m_polled[i + 1].revents == 0)
            continue;
        if (m_alarms[i].kind == Alarm::Kind::Cancel)
            return waitError(ErrorCode::Cancelled, u"it was cancelled"_s);
        peerExited = true;
    }
    // What the peer sent before it ended is still to be read. The socket was looked at first, and all of that
    // may have happened since.
    if (peerExited && m_polled.front().revents == 0 && ::poll(m_polled.data(), 1, 0) == 0)
        return waitError(ErrorCode::Disconnected, u"the peer's process has ended"_s);
    return {};
}

} // namespace cutover::engine
