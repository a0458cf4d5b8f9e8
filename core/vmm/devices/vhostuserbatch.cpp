// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/vhostuserbatch.h"

#include "fdpass/transfer.h"
#include "vmm/devices/vhostuserwait.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <poll.h>

namespace cutover::vmm::vhostuser {

static_assert(std::endian::native == std::endian::little, "the protocol has the host's byte order");

namespace {

constexpr std::uint32_t version = 1;
constexpr std::uint32_t needReplyFlag = 1u << 3;

struct Header
{
    std::uint32_t request = 0;
    std::uint32_t flags = version;
    std::uint32_t size = 0;
};

struct VringState
{
    std::uint32_t queue = 0;
    std::uint32_t number = 0;
};

struct VringAddr
{
    std::uint32_t queue = 0;
    std::uint32_t flags = 0;
    std::uint64_t desc = 0;
    std::uint64_t used = 0;
    std::uint64_t avail = 0;
    std::uint64_t log = 0;
};

struct MemTable
{
    struct Region
    {
        std::uint64_t guestAddress = 0;
        std::uint64_t bytes = 0;
        std::uint64_t userAddress = 0;
        std::uint64_t offset = 0;
    };
    std::uint32_t count = 0;
    std::uint32_t padding = 0;
    std::array<Region, maxMemoryRegions> regions{};
};

template <typename T>
std::span<const std::byte> bytesOf(const T& value)
{
    return std::as_bytes(std::span(&value, 1));
}

} // namespace

QString requestName(Request request)
{
    switch (request) {
    case Request::GetFeatures:
        return QStringLiteral("GET_FEATURES");
    case Request::SetFeatures:
        return QStringLiteral("SET_FEATURES");
    case Request::SetOwner:
        return QStringLiteral("SET_OWNER");
    case Request::SetMemTable:
        return QStringLiteral("SET_MEM_TABLE");
    case Request::SetVringNum:
        return QStringLiteral("SET_VRING_NUM");
    case Request::SetVringAddr:
        return QStringLiteral("SET_VRING_ADDR");
    case Request::SetVringBase:
        return QStringLiteral("SET_VRING_BASE");
    case Request::GetVringBase:
        return QStringLiteral("GET_VRING_BASE");
    case Request::SetVringKick:
        return QStringLiteral("SET_VRING_KICK");
    case Request::SetVringCall:
        return QStringLiteral("SET_VRING_CALL");
    case Request::GetProtocolFeatures:
        return QStringLiteral("GET_PROTOCOL_FEATURES");
    case Request::SetProtocolFeatures:
        return QStringLiteral("SET_PROTOCOL_FEATURES");
    case Request::GetQueueNum:
        return QStringLiteral("GET_QUEUE_NUM");
    case Request::SetVringEnable:
        return QStringLiteral("SET_VRING_ENABLE");
    case Request::GetConfig:
        return QStringLiteral("GET_CONFIG");
    case Request::GetInflightFd:
        return QStringLiteral("GET_INFLIGHT_FD");
    case Request::SetInflightFd:
        return QStringLiteral("SET_INFLIGHT_FD");
    }
    return QStringLiteral("request %1").arg(static_cast<std::uint32_t>(request));
}

void Batch::setFeatures(std::uint64_t features)
{
    add(Request::SetFeatures, bytesOf(features));
}

void Batch::setProtocolFeatures(std::uint64_t features)
{
    add(Request::SetProtocolFeatures, bytesOf(features));
}

void Batch::setOwner()
{
    ask(Request::SetOwner);
}

void Batch::setMemTable(std::span<const MemoryRegion> regions)
{
    MemTable table;
    std::array<int, maxMemoryRegions> fds{};
    const std::size_t count = std::min(regions.size(), maxMemoryRegions);
    for (std::size_t i = 0; i < count; ++i) {
        const MemoryRegion& region = regions[i];
        table.regions[i] = { .guestAddress = region.guestAddress,
            .bytes = region.bytes,
            .userAddress = region.userAddress,
            .offset = region.offset };
        fds[i] = region.fd;
    }
    table.count = static_cast<std::uint32_t>(count);
    add(Request::SetMemTable, bytesOf(table).first(8 + count * sizeof(MemTable::Region)),
        std::span(fds).first(count));
}

void Batch::setVringNum(std::uint32_t queue, std::uint32_t entries)
{
    add(Request::SetVringNum, bytesOf(VringState{ .queue = queue, .number = entries }));
}

void Batch::setVringBase(std::uint32_t queue, std::uint16_t index)
{
    const std::size_t offset
        = add(Request::SetVringBase, bytesOf(VringState{ .queue = queue, .number = index }));
    m_bases.push_back({ .queue = queue, .offset = offset + offsetof(VringState, number) });
}

void Batch::setVringAddr(std::uint32_t queue, const RingAddresses& addresses)
{
    add(Request::SetVringAddr,
        bytesOf(VringAddr{ .queue = queue,
            .flags = 0,
            .desc = addresses.desc,
            .used = addresses.used,
            .avail = addresses.avail,
            .log = 0 }));
}

void Batch::setVringCall(std::uint32_t queue, int fd)
{
    const std::uint64_t number = queue;
    add(Request::SetVringCall, bytesOf(number), std::span(&fd, 1));
}

void Batch::setVringKick(std::uint32_t queue, int fd)
{
    const std::uint64_t number = queue;
    add(Request::SetVringKick, bytesOf(number), std::span(&fd, 1));
}

void Batch::setVringEnable(std::uint32_t queue, bool enable)
{
    add(Request::SetVringEnable, bytesOf(VringState{ .queue = queue, .number = enable ? 1u : 0u }));
}

void Batch::getVringBase(std::uint32_t queue)
{
    add(Request::GetVringBase, bytesOf(VringState{ .queue = queue, .number = 0 }));
}

void Batch::setInflightFd(const Inflight& inflight)
{
    const InflightPayload payload{ .bytes = inflight.bytes,
        .offset = inflight.offset,
        .queues = inflight.queues,
        .queueSize = inflight.queueSize };
    const int fd = inflight.fd.get();
    add(Request::SetInflightFd, bytesOf(payload).first(InflightPayload::wireBytes), std::span(&fd, 1));
}

void Batch::ask(Request request, std::span<const std::byte> payload)
{
    add(request, payload);
}

std::size_t Batch::add(Request request, std::span<const std::byte> payload, std::span<const int> fds)
{
    m_messages.clear();
    const Header header{ .request = static_cast<std::uint32_t>(request),
        .flags = version,
        .size = static_cast<std::uint32_t>(payload.size()) };
    m_lastHeader = m_bytes.size();
    if (m_parts.empty() || !fds.empty()) {
        Part part;
        part.begin = m_bytes.size();
        std::ranges::copy(fds, part.fds.begin());
        part.fdCount = fds.size();
        m_parts.push_back(part);
    }
    const auto headerBytes = bytesOf(header);
    m_bytes.insert(m_bytes.end(), headerBytes.begin(), headerBytes.end());
    const std::size_t offset = m_bytes.size();
    m_bytes.insert(m_bytes.end(), payload.begin(), payload.end());
    m_parts.back().end = m_bytes.size();
    return offset;
}

void Batch::rewriteVringBase(std::uint32_t queue, std::uint16_t index)
{
    const std::uint32_t number = index;
    for (const Base& base : m_bases) {
        if (base.queue == queue)
            std::memcpy(m_bytes.data() + base.offset, &number, sizeof number);
    }
}

void Batch::needReply()
{
    std::uint32_t flags = version | needReplyFlag;
    std::memcpy(m_bytes.data() + m_lastHeader + offsetof(Header, flags), &flags, sizeof flags);
}

void Batch::clear()
{
    m_bytes.clear();
    m_parts.clear();
    m_bases.clear();
    m_messages.clear();
}

void Batch::prepare()
{
    if (!m_messages.empty())
        return;
    m_messages.resize(m_parts.size());
    m_vectors.resize(m_parts.size());
    m_controls.resize(m_parts.size());
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        const Part& part = m_parts[i];
        msghdr& message = m_messages[i].msg_hdr;
        message = {};
        message.msg_iov = &m_vectors[i];
        message.msg_iovlen = 1;
        if (part.fdCount == 0)
            continue;
        const std::size_t fdBytes = part.fdCount * sizeof(int);
        m_controls[i] = {};
        message.msg_control = m_controls[i].bytes.data();
        message.msg_controllen = CMSG_SPACE(fdBytes);
        cmsghdr* control = CMSG_FIRSTHDR(&message);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(fdBytes);
        std::memcpy(CMSG_DATA(control), part.fds.data(), fdBytes);
    }
}

Result<void> Batch::send(int socket, std::int64_t deadlineNs, const QString& object)
{
    prepare();
    for (std::size_t i = 0; i < m_parts.size(); ++i) {
        m_vectors[i]
            = { .iov_base = m_bytes.data() + m_parts[i].begin, .iov_len = m_parts[i].end - m_parts[i].begin };
    }
    std::size_t done = 0;
    while (done < m_parts.size()) {
        const int sent = ::sendmmsg(socket, m_messages.data() + done,
            static_cast<unsigned int>(m_parts.size() - done), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            const int sysErrno = errno;
            if (sysErrno == EINTR)
                continue;
            if (sysErrno != EAGAIN && sysErrno != EWOULDBLOCK) {
                auto error = systemError(sendAttempt(), object, sysErrno);
                if (fdpass::isPeerGone(sysErrno))
                    error.error().code = ErrorCode::Disconnected;
                return error;
            }
            if (auto ready = waitFor(socket, POLLOUT, deadlineNs, sendAttempt(), object); !ready)
                return ready;
            continue;
        }
        for (int i = 0; i < sent; ++i) {
            const iovec& vector = m_vectors[done];
            const std::size_t bytes = m_messages[done].msg_len;
            if (bytes == vector.iov_len) {
                ++done;
                continue;
            }
            if (auto rest = sendRest(socket,
                    { static_cast<const std::byte*>(vector.iov_base) + bytes, vector.iov_len - bytes },
                    deadlineNs, object);
                !rest)
                return rest;
            ++done;
        }
    }
    return {};
}

Result<void> Batch::sendRest(
    int socket, std::span<const std::byte> bytes, std::int64_t deadlineNs, const QString& object)
{
    while (!bytes.empty()) {
        const auto sent = fdpass::sendSome(socket, bytes);
        if (!sent)
            return std::unexpected(sent.error());
        bytes = bytes.subspan(*sent);
        if (bytes.empty())
            break;
        if (auto ready = waitFor(socket, POLLOUT, deadlineNs, sendAttempt(), object); !ready)
            return ready;
    }
    return {};
}

} // namespace cutover::vmm::vhostuser
