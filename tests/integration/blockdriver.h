// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/clock.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/layout.h"
#include "vmm/guest/virtio.h"
#include "vmm/guest/words.h"

#include <QString>

#include <cstring>
#include <poll.h>
#include <sys/eventfd.h>

namespace cutover::test {

/// A block driver for one virtqueue in guest memory: whole blocks of vmm::blockBytes. It takes up the rings
/// where guest memory says they are, so that another process can go on.
class BlockDriver
{
public:
    static constexpr quint16 depth = 16;

    /// \a pending requests are in flight already, submitted in the order of the depth by a former driver.
    BlockDriver(vmm::GuestMemory& memory, const vmm::QueueLayout& layout, int kick, quint16 pending = 0)
        : m_memory(memory)
        , m_layout(layout)
        , m_kick(kick)
    {
        m_available = vmm::loadWord(available().index);
        m_seen = static_cast<quint16>(m_available - pending);
    }

    /// Fills the slot with what \a block shall hold in \a round and queues its write.
    void write(quint16 slot, quint64 block, quint64 round)
    {
        fill(data(slot), block, round);
        submit(slot, vmm::virtio::blockWrite, block);
    }
    void read(quint16 slot, quint64 block)
    {
        std::memset(data(slot), 0, vmm::blockBytes);
        submit(slot, vmm::virtio::blockRead, block);
    }
    void kick() { (void)::eventfd_write(m_kick, 1); }

    /// Waits until \a count more requests have completed. False after 20 s, or when one has failed.
    bool complete(quint16 count)
    {
        const qint64 deadline = monotonicNs() + 20'000'000'000;
        while (count > 0) {
            if (vmm::loadWord(used().index, std::memory_order_acquire) == m_seen) {
                if (monotonicNs() > deadline)
                    return false;
                (void)::poll(nullptr, 0, 1);
                continue;
            }
            const quint32 head = vmm::loadWord(used().ring[m_seen % m_layout.size].id);
            if (*status(static_cast<quint16>(head / 3)) != std::byte{ vmm::virtio::blockOk })
                return false;
            ++m_seen;
            --count;
        }
        return true;
    }
    bool holds(quint16 slot, quint64 block, quint64 round)
    {
        std::byte expected[vmm::blockBytes];
        fill(expected, block, round);
        return std::memcmp(data(slot), expected, sizeof expected) == 0;
    }

    /// Writes \a count blocks from \a first on, reads them back and compares; a few at a time.
    bool writeAndVerify(quint64 first, quint64 count, quint64 round)
    {
        return writeAll(first, count, round) && verify(first, count, round);
    }
    bool writeAll(quint64 first, quint64 count, quint64 round)
    {
        for (quint64 done = 0; done < count; done += depth) {
            const auto batch = static_cast<quint16>(std::min<quint64>(depth, count - done));
            for (quint16 slot = 0; slot < batch; ++slot)
                write(slot, first + done + slot, round);
            kick();
            if (!complete(batch))
                return false;
        }
        return true;
    }
    bool verify(quint64 first, quint64 count, quint64 round)
    {
        for (quint64 done = 0; done < count; done += depth) {
            const auto batch = static_cast<quint16>(std::min<quint64>(depth, count - done));
            for (quint16 slot = 0; slot < batch; ++slot)
                read(slot, first + done + slot);
            kick();
            if (!complete(batch))
                return false;
            for (quint16 slot = 0; slot < batch; ++slot) {
                if (!holds(slot, first + done + slot, round))
                    return false;
            }
        }
        return true;
    }

private:
    static constexpr quint64 slotBytes = vmm::blockBytes + 4096;

    static void fill(std::byte* bytes, quint64 block, quint64 round)
    {
        for (std::size_t i = 0; i < vmm::blockBytes; i += 16) {
            const quint64 words[2] = { block * 1'000'003 + round, i };
            std::memcpy(bytes + i, words, sizeof words);
        }
    }
    quint64 slotAddress(quint16 slot) const { return m_layout.buffers + slot * slotBytes; }
    std::byte* data(quint16 slot) { return m_memory.at(slotAddress(slot), slotBytes); }
    std::byte* status(quint16 slot) { return data(slot) + vmm::blockBytes + 64; }
    vmm::virtio::AvailableRing& available() const
    {
        return *reinterpret_cast<vmm::virtio::AvailableRing*>(
            m_memory.at(m_layout.available, vmm::virtio::availableBytes(m_layout.size)));
    }
    const vmm::virtio::UsedRing& used() const
    {
        return *reinterpret_cast<const vmm::virtio::UsedRing*>(
            m_memory.at(m_layout.used, vmm::virtio::usedBytes(m_layout.size)));
    }

    void submit(quint16 slot, quint32 type, quint64 block)
    {
        const quint64 address = slotAddress(slot);
        const vmm::virtio::BlockHeader header{
            .type = type, .reserved = 0, .sector = block * (vmm::blockBytes / vmm::virtio::sectorBytes)
        };
        std::memcpy(data(slot) + vmm::blockBytes, &header, sizeof header);
        *status(slot) = std::byte{ 0xff };

        auto* descriptors = reinterpret_cast<vmm::virtio::Descriptor*>(
            m_memory.at(m_layout.descriptors, vmm::virtio::descriptorsBytes(m_layout.size)));
        const auto head = static_cast<quint16>(3 * slot);
        const bool toGuest = type == vmm::virtio::blockRead;
        descriptors[head] = { address + vmm::blockBytes, sizeof header, vmm::virtio::descriptorNext,
            static_cast<quint16>(head + 1) };
        descriptors[head + 1] = { address, vmm::blockBytes,
            static_cast<quint16>(vmm::virtio::descriptorNext | (toGuest ? vmm::virtio::descriptorWrite : 0)),
            static_cast<quint16>(head + 2) };
        descriptors[head + 2] = { address + vmm::blockBytes + 64, 1, vmm::virtio::descriptorWrite, 0 };
        available().flags = vmm::virtio::availableNoInterrupt;
        available().ring[m_available % m_layout.size] = head;
        vmm::storeWord(available().index, ++m_available, std::memory_order_release);
    }

    vmm::GuestMemory& m_memory;
    vmm::QueueLayout m_layout;
    int m_kick;
    quint16 m_available = 0;
    quint16 m_seen = 0;
};

} // namespace cutover::test
