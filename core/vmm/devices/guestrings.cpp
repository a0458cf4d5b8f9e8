// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/guestrings.h"

#include "base/clock.h"
#include "vmm/devices/vhostuserwait.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/virtio.h"
#include "vmm/guest/virtqueue.h"
#include "vmm/guest/words.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <sys/eventfd.h>

namespace cutover::vmm {

namespace {

quint16& wordAt(std::byte* ring, std::size_t offset)
{
    return *reinterpret_cast<quint16*>(ring + offset);
}

const quint16& wordAt(const std::byte* ring, std::size_t offset)
{
    return *reinterpret_cast<const quint16*>(ring + offset);
}

constexpr std::int64_t lookAgainNs = 1'000'000; // should a back end not call although it was asked to

} // namespace

Result<GuestRings> GuestRings::create(GuestMemory& memory, std::vector<QueueLayout> layouts)
{
    GuestRings rings;
    rings.m_memory = &memory;
    for (const QueueLayout& layout : layouts) {
        // The device's side of the queue makes the same demands, and says which is not met.
        if (auto queue = Virtqueue::create(memory, layout); !queue)
            return std::unexpected(queue.error());
        rings.m_rings.push_back(
            { .available = memory.at(layout.available, virtio::availableBytes(layout.size)),
                .used = memory.at(layout.used, virtio::usedBytes(layout.size)) });
    }
    rings.m_layouts = std::move(layouts);
    return rings;
}

vhostuser::RingAddresses GuestRings::userAddresses(std::uint32_t queue) const
{
    const QueueLayout& layout = m_layouts[queue];
    return { .desc = userAddressBase + layout.descriptors,
        .avail = userAddressBase + layout.available,
        .used = userAddressBase + layout.used };
}

quint16 GuestRings::available(std::uint32_t queue) const
{
    return loadWord(
        wordAt(m_rings[queue].available, offsetof(virtio::AvailableRing, index)), std::memory_order_acquire);
}

quint16 GuestRings::used(std::uint32_t queue) const
{
    return loadWord(
        wordAt(m_rings[queue].used, offsetof(virtio::UsedRing, index)), std::memory_order_seq_cst);
}

bool GuestRings::isDrained() const
{
    for (std::uint32_t queue = 0; queue < count(); ++queue) {
        if (!isDrained(queue))
            return false;
    }
    return true;
}

quint16 GuestRings::exchangeFlags(std::uint32_t queue, quint16 flags)
{
    quint16& word = wordAt(m_rings[queue].available, offsetof(virtio::AvailableRing, flags));
    const quint16 before = loadWord(word);
    // Before used() looks again, or the last call would be missed.
    storeWord(word, flags, std::memory_order_seq_cst);
    return before;
}

Result<void> GuestRings::drain(
    std::span<const int> calls, int connection, std::int64_t deadlineNs, const QString& object)
{
    const std::int64_t spinUntilNs = monotonicNs() + vhostuser::spinNs;
    do {
        if (isDrained())
            return {};
    } while (monotonicNs() < spinUntilNs);

    // The driver polls and wants no calls. It is stopped, so its wish can be changed for as long as we wait.
    std::array<quint16, maxQueues> wishes{};
    std::array<pollfd, maxQueues + 1> entries{};
    const std::size_t queues = std::min({ m_rings.size(), calls.size(), std::size_t{ maxQueues } });
    for (std::uint32_t queue = 0; queue < queues; ++queue) {
        wishes[queue] = exchangeFlags(queue, 0);
        entries[queue] = { .fd = calls[queue], .events = POLLIN, .revents = 0 };
    }
    entries[queues] = { .fd = connection, .events = POLLRDHUP, .revents = 0 };

    const QString attempt = QStringLiteral("wait for the requests in flight");
    Result<void> result;
    for (;;) {
        for (std::size_t queue = 0; queue < queues; ++queue) {
            eventfd_t value = 0;
            if ((entries[queue].revents & POLLIN) != 0)
                (void)::eventfd_read(calls[queue], &value);
        }
        if (isDrained())
            break;
        if (entries[queues].revents != 0) {
            result = failure(
                ErrorCode::Disconnected, attempt, object, QStringLiteral("it closed the connection"));
            break;
        }
        const std::int64_t leftNs = deadlineNs - monotonicNs();
        if (leftNs <= 0) {
            result = failure(ErrorCode::Timeout, attempt, object,
                QStringLiteral("they did not complete within the time limit"));
            break;
        }
        const timespec wait{ .tv_sec = 0, .tv_nsec = std::min(leftNs, lookAgainNs) };
        (void)::ppoll(entries.data(), queues + 1, &wait, nullptr);
    }
    for (std::uint32_t queue = 0; queue < queues; ++queue)
        exchangeFlags(queue, wishes[queue]);
    return result;
}

void GuestRings::markDirty()
{
    if (!m_memory || !m_memory->dirtyLog())
        return;
    for (const QueueLayout& layout : m_layouts)
        markQueueDirty(*m_memory, layout);
}

} // namespace cutover::vmm
