// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/pulsestate.h"

namespace cutover::vmm::pulse {

/// The driver's side of a split virtqueue (virtio 1.2, 2.7), which polls. All of its state is in guest RAM:
/// an object of this class is a view that is made when it is needed. Freestanding.
template <Ports P>
class DriverQueue
{
public:
    DriverQueue(const Guest<P>& guest, const QueueLayout& layout)
        : m_guest(guest)
        , m_layout(layout)
        , m_state(guest.template at<DriverState>(layout.driver))
        , m_available(guest.template at<virtio::AvailableRing>(layout.available))
        , m_used(guest.template at<virtio::UsedRing>(layout.used))
    {
    }

    bool initialised() const { return m_state.initialised != 0; }
    /// Tells the device that nobody waits for an interrupt.
    void initialise()
    {
        storeWord(m_available.flags, virtio::availableNoInterrupt);
        m_state.initialised = 1;
        m_guest.ports.dirtied(m_layout.available, sizeof(std::uint16_t));
        saved();
    }

    /// \a id and \a next are below the queue's size.
    void describe(std::uint16_t id, std::uint64_t address, std::uint32_t length, std::uint16_t flags,
        std::uint16_t next = 0)
    {
        const std::uint64_t where = m_layout.descriptors + id * sizeof(virtio::Descriptor);
        auto& entry = m_guest.template at<virtio::Descriptor>(where);
        storeWord(entry.address, address);
        storeWord(entry.length, length);
        storeWord(entry.flags, flags);
        storeWord(entry.next, next);
        m_guest.ports.dirtied(where, sizeof(virtio::Descriptor));
    }

    /// Puts a chain into the available ring; the device sees it with publish().
    void offer(std::uint16_t head)
    {
        storeWord(m_available.ring[m_state.nextAvailable % m_layout.size], head);
        ++m_state.nextAvailable;
    }

    /// Shows the device what was offered and rings, if it asks for that.
    void publish()
    {
        storeWord(m_available.index, m_state.nextAvailable, std::memory_order_seq_cst);
        m_guest.ports.dirtied(m_layout.available, virtio::availableBytes(m_layout.size));
        saved();
        if ((loadWord(m_used.flags, std::memory_order_seq_cst) & virtio::usedNoNotify) == 0)
            m_guest.ports.ring(m_layout.doorbell);
    }

    /// The next chain that the device has given back. False when there is none; one that the queue cannot
    /// have is counted and passed over.
    bool take(virtio::UsedElement& element)
    {
        while (loadWord(m_used.index, std::memory_order_acquire) != m_state.lastUsed) {
            const auto& entry = m_used.ring[m_state.lastUsed % m_layout.size];
            element = { loadWord(entry.id), loadWord(entry.length) };
            ++m_state.lastUsed;
            saved();
            if (element.id < m_layout.size)
                return true;
            addWord(m_guest.page().ringFaults);
        }
        return false;
    }

private:
    void saved() { m_guest.ports.dirtied(m_layout.driver, sizeof(DriverState)); }

    const Guest<P>& m_guest;
    const QueueLayout& m_layout;
    DriverState& m_state;
    virtio::AvailableRing& m_available;
    virtio::UsedRing& m_used;
};

} // namespace cutover::vmm::pulse
