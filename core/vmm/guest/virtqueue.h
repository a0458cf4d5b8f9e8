// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/guest/layout.h"

#include <array>
#include <optional>
#include <span>

#include <sys/uio.h>

namespace cutover::vmm {

class GuestMemory;

/// The device's side of a split virtqueue (virtio 1.2, 2.7) in guest memory. Nothing that the guest wrote is
/// trusted: a ring that breaks the rules puts the queue into its error state, where pop() returns nothing.
/// One thread at a time. The driver polls or is told through needsCall(); indirect descriptors and
/// VIRTIO_F_EVENT_IDX are not offered.
class Virtqueue
{
public:
    /// Descriptors of one chain at most; a longer one is an error of the guest.
    static constexpr std::size_t maxChain = 64;

    /// One chain: buffers of guest memory, first those to read, then those to write.
    class Element
    {
    public:
        quint16 head() const { return m_head; }
        std::span<const iovec> readable() const { return { m_parts.data(), m_readable }; }
        std::span<const iovec> writable() const { return { m_parts.data() + m_readable, m_writable }; }
        quint64 readableBytes() const { return m_readableBytes; }
        quint64 writableBytes() const { return m_writableBytes; }

    private:
        friend class Virtqueue;
        quint16 m_head = 0;
        quint16 m_readable = 0;
        quint16 m_writable = 0;
        quint64 m_readableBytes = 0;
        quint64 m_writableBytes = 0;
        std::array<iovec, maxChain> m_parts; // only the counted ones are set
    };

    /// \a memory outlives the queue. Malformed when the rings do not lie in guest memory or are not aligned.
    static Result<Virtqueue> create(GuestMemory& memory, const QueueLayout& layout);

    /// The next chain that the driver has made available. Nothing when there is none or the ring is broken.
    std::optional<Element> pop();
    /// Puts back the chain that the last pop() returned; none of its buffers was written.
    void unpop();
    /// Gives the chain back to the driver, \a written bytes of its writable part being new (what exceeds the
    /// part is cut), and marks what was written as dirty.
    void push(const Element& element, quint32 written);
    /// Whether the driver has made nothing available that was not popped.
    bool empty() const;

    /// Whether the driver shall ring the doorbell. After switching it on look again with empty(): what was
    /// made available before the switch was seen is not rung for.
    void setNotification(bool on);
    /// Whether the driver wants to be told about what was pushed.
    bool needsCall() const;

    /// Why the ring is broken; nullptr while it is sound.
    const char* fault() const { return m_fault; }
    bool broken() const { return m_fault != nullptr; }

    /// Free-running counts of chains popped and pushed; the queue's state. Equal when nothing is in flight.
    quint16 availableIndex() const { return m_lastAvailable; }
    quint16 usedIndex() const { return m_nextUsed; }
    /// Goes on from there, and clears the error state.
    void setIndices(quint16 available, quint16 used);

    const QueueLayout& layout() const { return m_layout; }

private:
    Virtqueue(GuestMemory& memory, const QueueLayout& layout);
    quint16 driverIndex() const;
    bool collect(Element& element, quint16 head);
    void fail(const char* fault) { m_fault = fault; }

    GuestMemory* m_memory;
    QueueLayout m_layout;
    std::byte* m_descriptors = nullptr;
    std::byte* m_available = nullptr;
    std::byte* m_used = nullptr;
    quint16 m_lastAvailable = 0;
    quint16 m_nextUsed = 0;
    const char* m_fault = nullptr;
};

/// Marks everything a device may have written on this queue as dirty: for queues that another process or the
/// kernel works, once it has stopped.
void markQueueDirty(GuestMemory& memory, const QueueLayout& layout);

} // namespace cutover::vmm
