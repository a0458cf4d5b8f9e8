// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/vhostuser.h"

#include "base/clock.h"
#include "fdpass/transfer.h"
#include "vmm/devices/vhostuserwait.h"

#include <array>
#include <cstring>
#include <poll.h>

namespace cutover::vmm::vhostuser {

namespace {

constexpr std::uint32_t versionMask = 0x3;
constexpr std::uint32_t version = 1;
constexpr std::uint32_t replyFlag = 1u << 2;
constexpr std::size_t configHeaderBytes = 12;
constexpr std::size_t maxReplyBytes = configHeaderBytes + maxConfigBytes;

QString replyAttempt(Request request)
{
    return QStringLiteral("get the vhost-user back end's reply to ") + requestName(request);
}

std::uint64_t load64(std::span<const std::byte> bytes)
{
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

std::uint32_t load32(std::span<const std::byte> bytes)
{
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

} // namespace

void FrontEnd::attach(int socket)
{
    m_socket = socket;
    m_failed = false;
}

Result<std::uint64_t> FrontEnd::features(std::int64_t deadlineNs)
{
    return number(Request::GetFeatures, deadlineNs);
}

Result<std::uint64_t> FrontEnd::protocolFeatures(std::int64_t deadlineNs)
{
    return number(Request::GetProtocolFeatures, deadlineNs);
}

Result<std::uint64_t> FrontEnd::queueCount(std::int64_t deadlineNs)
{
    return number(Request::GetQueueNum, deadlineNs);
}

Result<std::uint64_t> FrontEnd::number(Request request, std::int64_t deadlineNs)
{
    std::array<std::byte, 8> payload{};
    if (auto sent = sendRequest(request, {}, deadlineNs); !sent)
        return std::unexpected(sent.error());
    if (auto reply = receiveReply(request, payload, deadlineNs); !reply)
        return std::unexpected(reply.error());
    return load64(payload);
}

Result<void> FrontEnd::config(std::span<std::byte> config, std::int64_t deadlineNs)
{
    if (config.empty() || config.size() > maxConfigBytes) {
        return failure(ErrorCode::InvalidArgument, replyAttempt(Request::GetConfig), m_object,
            QStringLiteral("%1 bytes were asked for").arg(config.size()));
    }
    std::array<std::byte, maxReplyBytes> payload{};
    const auto size = static_cast<std::uint32_t>(config.size());
    std::memcpy(payload.data() + 4, &size, sizeof size);
    const auto whole = std::span(payload).first(configHeaderBytes + config.size());
    if (auto sent = sendRequest(Request::GetConfig, whole, deadlineNs); !sent)
        return sent;

    const auto header = receiveHeader(deadlineNs, nullptr);
    if (!header)
        return std::unexpected(header.error());
    if (auto fits = checkHeader(*header, Request::GetConfig); !fits)
        return fits;
    if (header->size == 0) {
        return failure(ErrorCode::Remote, replyAttempt(Request::GetConfig), m_object,
            QStringLiteral("it declined to tell its configuration"));
    }
    if (header->size != whole.size())
        return wrongSize(Request::GetConfig, header->size, whole.size());
    if (auto received = receiveBytes(whole, deadlineNs, nullptr); !received)
        return received;
    if (load32(payload) != 0 || load32(std::span(payload).subspan(4)) != size)
        return fail(
            ErrorCode::Protocol, Request::GetConfig, QStringLiteral("it tells another range than asked for"));
    std::memcpy(config.data(), payload.data() + configHeaderBytes, config.size());
    return {};
}

Result<Inflight> FrontEnd::inflight(std::uint16_t queues, std::uint16_t queueSize, std::int64_t deadlineNs)
{
    InflightPayload payload{ .bytes = 0, .offset = 0, .queues = queues, .queueSize = queueSize };
    const auto bytes = std::as_writable_bytes(std::span(&payload, 1)).first(InflightPayload::wireBytes);
    if (auto sent = sendRequest(Request::GetInflightFd, bytes, deadlineNs); !sent)
        return std::unexpected(sent.error());
    UniqueFd fd;
    if (auto reply = receiveReply(Request::GetInflightFd, bytes, deadlineNs, &fd); !reply)
        return std::unexpected(reply.error());
    if (payload.queues != queues || payload.queueSize != queueSize || payload.bytes == 0) {
        return fail(ErrorCode::Protocol, Request::GetInflightFd,
            QStringLiteral("the region has %1 bytes for %2 queues of %3 entries")
                .arg(payload.bytes)
                .arg(payload.queues)
                .arg(payload.queueSize));
    }
    return Inflight{ .bytes = payload.bytes,
        .offset = payload.offset,
        .queues = queues,
        .queueSize = queueSize,
        .fd = std::move(fd) };
}

Result<void> FrontEnd::askToStopRings(std::uint32_t rings, std::int64_t deadlineNs)
{
    m_request.clear();
    for (std::uint32_t queue = 0; queue < rings; ++queue)
        m_request.getVringBase(queue);
    return send(m_request, deadlineNs);
}

Result<void> FrontEnd::stopRings(std::span<std::uint16_t> indices, std::int64_t deadlineNs)
{
    if (auto asked = askToStopRings(static_cast<std::uint32_t>(indices.size()), deadlineNs); !asked)
        return asked;
    for (std::uint32_t queue = 0; queue < indices.size(); ++queue) {
        std::array<std::byte, 8> payload{};
        if (auto reply = receiveReply(Request::GetVringBase, payload, deadlineNs); !reply)
            return reply;
        const std::uint32_t index = load32(std::span(payload).subspan(4));
        if (load32(payload) != queue || index > 0xffff) {
            return fail(ErrorCode::Protocol, Request::GetVringBase,
                QStringLiteral("queue %1 at index %2 instead of queue %3")
                    .arg(load32(payload))
                    .arg(index)
                    .arg(queue));
        }
        indices[queue] = static_cast<std::uint16_t>(index);
    }
    return {};
}

Result<void> FrontEnd::send(Batch& batch, std::int64_t deadlineNs)
{
    if (auto ok = usable(); !ok)
        return ok;
    if (auto sent = batch.send(m_socket, deadlineNs, m_object); !sent)
        return fail(sent.error());
    return {};
}

Result<void> FrontEnd::sendAcknowledged(Batch& batch, Request last, std::int64_t deadlineNs)
{
    if (auto sent = send(batch, deadlineNs); !sent)
        return sent;
    return awaitAcknowledgement(last, deadlineNs);
}

Result<void> FrontEnd::awaitAcknowledgement(Request last, std::int64_t deadlineNs)
{
    const auto answer = skipTo(last, deadlineNs);
    if (!answer)
        return std::unexpected(answer.error());
    if (*answer != 0) {
        return failure(ErrorCode::Remote, replyAttempt(last), m_object,
            QStringLiteral("it answers that it failed (%1)").arg(*answer));
    }
    return {};
}

Result<void> FrontEnd::synchronize(std::uint32_t rings, std::int64_t deadlineNs)
{
    m_failed = false;
    m_request.clear();
    for (std::uint32_t queue = 0; queue < rings; ++queue)
        m_request.getVringBase(queue);
    // The handshake is never repeated, so nobody else can have left a reply to this one.
    m_request.ask(Request::GetProtocolFeatures);
    if (auto sent = send(m_request, deadlineNs); !sent)
        return sent;
    if (auto reached = skipTo(Request::GetProtocolFeatures, deadlineNs); !reached)
        return std::unexpected(reached.error());
    return {};
}

Result<std::uint64_t> FrontEnd::skipTo(Request request, std::int64_t deadlineNs)
{
    for (;;) {
        const auto header = receiveHeader(deadlineNs, nullptr);
        if (!header)
            return std::unexpected(header.error());
        std::array<std::byte, maxReplyBytes> payload{};
        if ((header->flags & versionMask) != version || (header->flags & replyFlag) == 0
            || header->size > payload.size()) {
            return fail(
                ErrorCode::Protocol, request, QStringLiteral("what comes before it is not a whole reply"));
        }
        const auto received = std::span(payload).first(header->size);
        if (auto whole = receiveBytes(received, deadlineNs, nullptr); !whole)
            return std::unexpected(whole.error());
        if (header->request != static_cast<std::uint32_t>(request))
            continue;
        if (received.size() != sizeof(std::uint64_t))
            return wrongSize(request, received.size(), sizeof(std::uint64_t));
        return load64(received);
    }
}

Result<void> FrontEnd::sendRequest(
    Request request, std::span<const std::byte> payload, std::int64_t deadlineNs)
{
    m_request.clear();
    m_request.ask(request, payload);
    return send(m_request, deadlineNs);
}

Result<void> FrontEnd::receiveReply(
    Request request, std::span<std::byte> payload, std::int64_t deadlineNs, UniqueFd* fd)
{
    const auto header = receiveHeader(deadlineNs, fd);
    if (!header)
        return std::unexpected(header.error());
    if (auto fits = checkHeader(*header, request); !fits)
        return fits;
    if (header->size != payload.size())
        return wrongSize(request, header->size, payload.size());
    if (fd && !*fd)
        return fail(ErrorCode::Protocol, request, QStringLiteral("its file descriptor is missing"));
    return receiveBytes(payload, deadlineNs, nullptr);
}

Result<FrontEnd::Reply> FrontEnd::receiveHeader(std::int64_t deadlineNs, UniqueFd* fd)
{
    std::array<std::byte, sizeof(Reply)> bytes{};
    if (auto received = receiveBytes(bytes, deadlineNs, fd); !received)
        return std::unexpected(received.error());
    Reply reply;
    std::memcpy(&reply, bytes.data(), sizeof reply);
    return reply;
}

Result<void> FrontEnd::checkHeader(const Reply& reply, Request request)
{
    if (reply.request != static_cast<std::uint32_t>(request)) {
        return fail(ErrorCode::Protocol, request,
            QStringLiteral("it is a reply to ") + requestName(static_cast<Request>(reply.request)));
    }
    if ((reply.flags & versionMask) != version || (reply.flags & replyFlag) == 0) {
        return fail(
            ErrorCode::Protocol, request, QStringLiteral("its flags are 0x%1").arg(reply.flags, 0, 16));
    }
    return {};
}

Result<void> FrontEnd::receiveBytes(std::span<std::byte> bytes, std::int64_t deadlineNs, UniqueFd* fd)
{
    if (auto ok = usable(); !ok)
        return ok;
    const QString attempt = QStringLiteral("receive from the vhost-user back end");
    while (!bytes.empty()) {
        auto chunk = fdpass::receiveSome(m_socket, bytes, fd ? 1 : 0);
        if (!chunk) {
            chunk.error().object = m_object;
            return fail(chunk.error());
        }
        if (chunk->endOfStream) {
            return fail({ .code = ErrorCode::Disconnected,
                .attempt = attempt,
                .object = m_object,
                .cause = QStringLiteral("it closed the connection") });
        }
        if (chunk->wouldBlock) {
            if (monotonicNs() < m_spinUntilNs)
                continue;
            if (auto ready = waitFor(m_socket, POLLIN, deadlineNs, attempt, m_object); !ready)
                return fail(ready.error());
            continue;
        }
        if (!chunk->fds.empty() && fd)
            *fd = std::move(chunk->fds.front());
        bytes = bytes.subspan(chunk->size);
        // Back ends write a reply in pieces: the next one is nearly always on its way.
        m_spinUntilNs = monotonicNs() + spinNs;
    }
    return {};
}

Result<void> FrontEnd::usable() const
{
    if (m_failed)
        return std::unexpected(m_failure);
    return {};
}

std::unexpected<Error> FrontEnd::wrongSize(Request request, std::size_t size, std::size_t expected)
{
    return fail(ErrorCode::Protocol, request,
        QStringLiteral("it has %1 bytes instead of %2").arg(size).arg(expected));
}

std::unexpected<Error> FrontEnd::fail(ErrorCode code, Request request, const QString& cause)
{
    return fail({ .code = code, .attempt = replyAttempt(request), .object = m_object, .cause = cause });
}

std::unexpected<Error> FrontEnd::fail(Error error)
{
    m_failed = true;
    m_failure = std::move(error);
    return std::unexpected(m_failure);
}

} // namespace cutover::vmm::vhostuser
