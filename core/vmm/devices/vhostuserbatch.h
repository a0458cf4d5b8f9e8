// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/socket.h>
#include <vector>

/// The front end of the vhost-user protocol, version 1 (docs/interop/vhost-user.rst in QEMU), for split rings
/// on a little-endian host. Deadlines are CLOCK_MONOTONIC nanoseconds (monotonicNs()).
namespace cutover::vmm::vhostuser {

enum class Request : std::uint32_t { // NOLINT(performance-enum-size): as on the wire
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    SetMemTable = 5,
    SetVringNum = 8,
    SetVringAddr = 9,
    SetVringBase = 10,
    GetVringBase = 11,
    SetVringKick = 12,
    SetVringCall = 13,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    GetQueueNum = 17,
    SetVringEnable = 18,
    GetConfig = 24,
    GetInflightFd = 31,
    SetInflightFd = 32,
};

/// The specification's name, "GET_VRING_BASE".
QString requestName(Request request);

/// Bit of the device features: the back end knows protocol features, and its rings start disabled.
inline constexpr std::uint64_t protocolFeaturesBit = std::uint64_t{ 1 } << 30;

namespace protocol {
inline constexpr std::uint64_t mq = std::uint64_t{ 1 } << 0;
inline constexpr std::uint64_t replyAck = std::uint64_t{ 1 } << 3;
inline constexpr std::uint64_t config = std::uint64_t{ 1 } << 9;
inline constexpr std::uint64_t inflightShmfd = std::uint64_t{ 1 } << 12;
} // namespace protocol

inline constexpr std::size_t maxMemoryRegions = 8;
inline constexpr std::size_t maxConfigBytes = 256;
inline constexpr std::size_t maxQueues = 256;

/// A piece of guest RAM. The back end translates ring addresses by userAddress and buffers by guestAddress.
struct MemoryRegion
{
    std::uint64_t guestAddress = 0;
    std::uint64_t bytes = 0;
    std::uint64_t userAddress = 0; ///< need not be mapped anywhere: only its differences count
    std::uint64_t offset = 0; ///< of the region in the fd's file
    int fd = -1; ///< borrowed
};

/// Where a ring lies, as user addresses of the memory table.
struct RingAddresses
{
    std::uint64_t desc = 0;
    std::uint64_t avail = 0;
    std::uint64_t used = 0;
};

/// The region in which a back end notes what it is working on, so that its successor can go on.
struct Inflight
{
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;
    std::uint16_t queues = 0;
    std::uint16_t queueSize = 0;
    UniqueFd fd;
};

/// An Inflight on the wire, in both directions: the fields without the trailing padding.
struct InflightPayload
{
    static constexpr std::size_t wireBytes = 20;
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;
    std::uint16_t queues = 0;
    std::uint16_t queueSize = 0;
};

/// What an error of a request says was attempted.
inline QString sendAttempt()
{
    return QStringLiteral("send to the vhost-user back end");
}

/// Requests to be sent together. Built once, sent as often as wanted; sending neither allocates nor needs
/// more than one system call while the socket's buffer has room. fds are borrowed and must be open at send().
class Batch
{
public:
    void setFeatures(std::uint64_t features);
    void setProtocolFeatures(std::uint64_t features);
    void setOwner();
    /// At most maxMemoryRegions.
    void setMemTable(std::span<const MemoryRegion> regions);
    void setVringNum(std::uint32_t queue, std::uint32_t entries);
    void setVringBase(std::uint32_t queue, std::uint16_t index);
    void setVringAddr(std::uint32_t queue, const RingAddresses& addresses);
    void setVringCall(std::uint32_t queue, int fd);
    void setVringKick(std::uint32_t queue, int fd);
    void setVringEnable(std::uint32_t queue, bool enable);
    void getVringBase(std::uint32_t queue);
    void setInflightFd(const Inflight& inflight);
    /// Any other request.
    void ask(Request request, std::span<const std::byte> payload = {});

    /// Changes the index that setVringBase() has put in; \a queue must have one.
    void rewriteVringBase(std::uint32_t queue, std::uint16_t index);
    /// Asks the back end to acknowledge the last request (protocol::replyAck).
    void needReply();

    bool isEmpty() const { return m_bytes.empty(); }
    void clear();

    /// Everything, or an error: Timeout, Disconnected.
    Result<void> send(int socket, std::int64_t deadlineNs, const QString& object);

private:
    struct Part // one sendmsg(): the kernel hands fds over with the first byte of one
    {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::array<int, maxMemoryRegions> fds{};
        std::size_t fdCount = 0;
    };
    struct Control
    {
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(maxMemoryRegions * sizeof(int))> bytes{};
    };
    struct Base
    {
        std::uint32_t queue = 0;
        std::size_t offset = 0;
    };

    std::size_t add(Request request, std::span<const std::byte> payload, std::span<const int> fds = {});
    void prepare();
    static Result<void> sendRest(
        int socket, std::span<const std::byte> bytes, std::int64_t deadlineNs, const QString& object);

    std::vector<std::byte> m_bytes;
    std::vector<Part> m_parts;
    std::vector<Base> m_bases;
    std::size_t m_lastHeader = 0;
    std::vector<mmsghdr> m_messages;
    std::vector<iovec> m_vectors;
    std::vector<Control> m_controls;
};

} // namespace cutover::vmm::vhostuser
