// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/driverqueue.h"

namespace cutover::vmm::pulse {

/// The contents of a block: known from its number and how often it was written.
inline std::uint64_t blockSeed(std::uint64_t block, std::uint64_t generation)
{
    std::uint64_t x = block * 0x9e3779b97f4a7c15 + generation * 0xd1b54a32d192ed03 + 1;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    return x ^ (x >> 27);
}
inline constexpr std::uint64_t blockStride = 0x94d049bb133111eb;

inline void fillBlock(std::uint64_t* words, std::uint64_t block, std::uint64_t generation)
{
    std::uint64_t value = blockSeed(block, generation);
    for (std::size_t i = 0; i < blockBytes / sizeof(std::uint64_t); ++i, value += blockStride)
        words[i] = value;
}

inline bool blockIs(const std::uint64_t* words, std::uint64_t block, std::uint64_t generation)
{
    std::uint64_t value = blockSeed(block, generation);
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < blockBytes / sizeof(std::uint64_t); ++i, value += blockStride)
        difference |= words[i] ^ value;
    return difference == 0;
}

/// Works one block queue. Each slot of it has blocks of its own, so that no two requests in flight touch the
/// same one. Freestanding.
template <Ports P>
class BlockQueue
{
public:
    /// Of the device at most; so that a block is soon come back to.
    static constexpr std::uint64_t maxBlocks = 16384;

    BlockQueue(
        const Guest<P>& guest, const DeviceInfo& device, std::uint32_t queue, std::uint64_t capacityBytes)
        : m_guest(guest)
        , m_layout(device.queues[queue])
        , m_state(guest.template at<BlockQueueState>(m_layout.driver))
        , m_ring(guest, m_layout)
        , m_queue(queue)
        , m_queues(device.queueCount)
    {
        std::uint64_t blocks = capacityBytes / blockBytes;
        blocks = (blocks < maxBlocks ? blocks : maxBlocks) / m_queues;
        const std::uint64_t most = m_layout.size / 4U < maxBlockSlots ? m_layout.size / 4U : maxBlockSlots;
        m_slots = static_cast<std::uint32_t>(blocks < most ? blocks : most);
        m_rounds = m_slots == 0 ? 0 : blocks / m_slots;
    }

    /// Takes what is completed. Whether there was anything.
    bool complete(std::uint64_t now)
    {
        if (!m_ring.initialised())
            m_ring.initialise();
        PulsePage& page = m_guest.page();
        virtio::UsedElement element{};
        bool any = false;
        for (std::uint64_t i = 0; i < batch && !m_guest.ports.stopRequested() && m_ring.take(element); ++i) {
            const std::uint32_t index = element.id / descriptorsPerSlot;
            if (index >= m_slots || m_state.requests[index].inFlight == 0) {
                addWord(page.ringFaults);
                continue;
            }
            const std::uint64_t gap = now - loadWord(page.lastCompletionNs);
            if (static_cast<std::int64_t>(gap) > 0) {
                if (gap > loadWord(page.longestStorageGapNs))
                    storeWord(page.longestStorageGapNs, gap);
                storeWord(page.lastCompletionNs, now);
            }
            finish(index);
            any = true;
        }
        return any;
    }

    /// Makes the requests that are due at \a perSecond on this queue. Whether it made any; if not, \a until
    /// is lowered to the time of the next.
    bool work(std::uint64_t perSecond, std::uint64_t now, std::uint64_t& until)
    {
        if (perSecond == flatOut)
            return submit(flatOut, now) != 0;
        const std::uint64_t pace = perSecond == 0 ? nsPerSecond : nsPerSecond / perSecond;
        std::uint64_t& next = m_state.nextRequestNs;
        if (static_cast<std::int64_t>(next - now) > 0 && next - now <= nsPerSecond) {
            until = until < next ? until : next;
            return false;
        }
        // What a pause has held up is not caught up on.
        if (now - next > catchUpNs)
            next = now;
        const std::uint64_t made = submit(pace == 0 ? flatOut : 1 + (now - next) / pace, now);
        next += made * pace;
        m_guest.ports.dirtied(m_layout.driver, sizeof(BlockQueueState));
        return made != 0;
    }

private:
    static constexpr std::uint64_t batch = 4;
    static constexpr std::uint32_t descriptorsPerSlot = 3;
    static constexpr std::uint64_t nsPerSecond = 1'000'000'000;
    static constexpr std::uint64_t catchUpNs = 10'000'000;

    std::uint64_t submit(std::uint64_t budget, std::uint64_t now)
    {
        std::uint64_t made = 0;
        for (std::uint32_t i = 0; i < m_slots && made < budget && made < batch; ++i) {
            if (m_state.requests[i].inFlight != 0)
                continue;
            if (m_guest.ports.stopRequested())
                break;
            request(i, now);
            ++made;
        }
        if (made != 0)
            m_ring.publish();
        return made;
    }

    std::uint64_t data(std::uint32_t slot) const
    {
        return m_layout.buffers + std::uint64_t{ blockBytes } * slot;
    }
    std::uint64_t header(std::uint32_t slot) const
    {
        return m_layout.buffers + std::uint64_t{ blockBytes } * maxBlockSlots + std::uint64_t{ 32 } * slot;
    }
    std::uint64_t status(std::uint32_t slot) const { return header(slot) + sizeof(virtio::BlockHeader); }
    std::uint64_t block(std::uint32_t slot) const
    {
        return (m_state.requests[slot].round % m_rounds * m_slots + slot) * m_queues + m_queue;
    }
    std::uint64_t* words(std::uint32_t slot) const { return &m_guest.template at<std::uint64_t>(data(slot)); }
    void saved(std::uint32_t slot)
    {
        m_guest.ports.dirtied(
            m_layout.driver + offsetof(BlockQueueState, requests) + slot * sizeof(BlockSlot),
            sizeof(BlockSlot));
    }

    void request(std::uint32_t index, std::uint64_t now)
    {
        BlockSlot& slot = m_state.requests[index];
        if (slot.generation == 0)
            slot = { BlockStep::Write, 0, 0, 1 };
        const bool write = slot.step == BlockStep::Write;
        if (write) {
            fillBlock(words(index), block(index), slot.generation);
            m_guest.ports.dirtied(data(index), blockBytes);
        }
        auto& head = m_guest.template at<virtio::BlockHeader>(header(index));
        head = { write ? virtio::blockWrite : virtio::blockRead, 0,
            block(index) * (blockBytes / virtio::sectorBytes) };
        m_guest.template at<std::uint8_t>(status(index)) = 0xff;
        m_guest.ports.dirtied(header(index), 32);

        const auto first = static_cast<std::uint16_t>(index * descriptorsPerSlot);
        const auto second = static_cast<std::uint16_t>(first + 1);
        const auto third = static_cast<std::uint16_t>(first + 2);
        m_ring.describe(first, header(index), sizeof(virtio::BlockHeader), virtio::descriptorNext, second);
        m_ring.describe(second, data(index), blockBytes,
            write ? virtio::descriptorNext : virtio::descriptorNext | virtio::descriptorWrite, third);
        m_ring.describe(third, status(index), 1, virtio::descriptorWrite);
        slot.inFlight = 1;
        saved(index);
        m_ring.offer(first);

        PulsePage& page = m_guest.page();
        if (loadWord(page.blocksInFlight) == 0)
            storeWord(page.lastCompletionNs, now);
        addWord(page.blocksInFlight);
    }

    void finish(std::uint32_t index)
    {
        BlockSlot& slot = m_state.requests[index];
        PulsePage& page = m_guest.page();
        slot.inFlight = 0;
        storeWord(page.blocksInFlight, loadWord(page.blocksInFlight) - 1);
        if (m_guest.template at<std::uint8_t>(status(index)) != virtio::blockOk) {
            // The same step again: what the disk holds stays known.
            addWord(page.blockErrors);
        } else if (slot.step == BlockStep::Write) {
            addWord(page.blocksWritten);
            slot.step = BlockStep::ReadBack;
        } else {
            const bool old = slot.step == BlockStep::ReadOld;
            addWord(page.blocksRead);
            const bool right = blockIs(words(index), block(index), slot.generation - (old ? 1 : 0));
            addWord(right ? page.blocksVerified : page.blocksWrong);
            if (old)
                slot.step = BlockStep::Write;
            else
                advance(slot);
        }
        saved(index);
    }

    void advance(BlockSlot& slot) const
    {
        if (++slot.round >= m_rounds) {
            slot.round = 0;
            ++slot.generation;
        }
        slot.step = slot.generation > 1 ? BlockStep::ReadOld : BlockStep::Write;
    }

    const Guest<P>& m_guest;
    const QueueLayout& m_layout;
    BlockQueueState& m_state;
    DriverQueue<P> m_ring;
    std::uint32_t m_queue;
    std::uint32_t m_queues;
    std::uint32_t m_slots = 0;
    std::uint64_t m_rounds = 0;
};

} // namespace cutover::vmm::pulse
