// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/virtqueue.h"

#include "vmm/guest/guestmemory.h"
#include "vmm/guest/virtio.h"

#include <algorithm>

namespace cutover::vmm {

// The members of a ring are used one by one: only the queue's size of its entries lies in guest memory.
template <typename T>
static T& wordAt(std::byte* ring, std::size_t offset)
{
    return *reinterpret_cast<T*>(ring + offset);
}

Virtqueue::Virtqueue(GuestMemory& memory, const QueueLayout& layout)
    : m_memory(&memory)
    , m_layout(layout)
    , m_descriptors(memory.at(layout.descriptors, virtio::descriptorsBytes(layout.size)))
    , m_available(memory.at(layout.available, virtio::availableBytes(layout.size)))
    , m_used(memory.at(layout.used, virtio::usedBytes(layout.size)))
{
}

Result<Virtqueue> Virtqueue::create(GuestMemory& memory, const QueueLayout& layout)
{
    const auto refuse = [](const QString& cause) {
        return failure(ErrorCode::Malformed, QStringLiteral("use a virtqueue"), {}, cause);
    };
    const quint16 size = layout.size;
    if (size == 0 || size > maxQueueSize || (size & (size - 1)) != 0)
        return refuse(QStringLiteral("%1 is no size for a queue").arg(size));
    if (layout.descriptors % 16 != 0 || layout.available % 2 != 0 || layout.used % 4 != 0)
        return refuse(QStringLiteral("its rings are not aligned"));
    Virtqueue queue(memory, layout);
    if (queue.m_descriptors == nullptr || queue.m_available == nullptr || queue.m_used == nullptr)
        return refuse(QStringLiteral("its rings do not lie in guest memory"));
    return queue;
}

quint16 Virtqueue::driverIndex() const
{
    return loadWord(
        wordAt<quint16>(m_available, offsetof(virtio::AvailableRing, index)), std::memory_order_seq_cst);
}

bool Virtqueue::empty() const
{
    return broken() || driverIndex() == m_lastAvailable;
}

std::optional<Virtqueue::Element> Virtqueue::pop()
{
    std::optional<Element> element;
    if (broken())
        return element;
    const auto waiting = static_cast<quint16>(driverIndex() - m_lastAvailable);
    if (waiting == 0)
        return element;
    if (waiting > m_layout.size) {
        fail("more chains are available than the queue has entries");
        return element;
    }
    const std::size_t slot = m_lastAvailable % m_layout.size;
    const quint16 head = loadWord(
        wordAt<quint16>(m_available, offsetof(virtio::AvailableRing, ring) + slot * sizeof(quint16)));
    element.emplace();
    if (collect(*element, head))
        ++m_lastAvailable;
    else
        element.reset();
    return element;
}

bool Virtqueue::collect(Element& element, quint16 head)
{
    element.m_head = head;
    quint16 next = head;
    for (std::size_t count = 0;; ++count) {
        if (next >= m_layout.size) {
            fail("a descriptor's index is beyond the table");
            return false;
        }
        if (count == maxChain || count == m_layout.size) {
            fail("a chain of descriptors is too long or has a loop");
            return false;
        }
        // Each word is read once: the guest may change it at any time.
        auto& entry = wordAt<virtio::Descriptor>(m_descriptors, next * sizeof(virtio::Descriptor));
        const quint64 address = loadWord(entry.address);
        const quint32 length = loadWord(entry.length);
        const quint16 flags = loadWord(entry.flags);
        if ((flags & virtio::descriptorIndirect) != 0) {
            fail("an indirect descriptor was not negotiated");
            return false;
        }
        std::byte* const buffer = length == 0 ? nullptr : m_memory->at(address, length);
        if (buffer == nullptr) {
            fail("a buffer is empty or does not lie in guest memory");
            return false;
        }
        element.m_parts[count] = { .iov_base = buffer, .iov_len = length };
        if ((flags & virtio::descriptorWrite) != 0) {
            ++element.m_writable;
            element.m_writableBytes += length;
        } else if (element.m_writable != 0) {
            fail("a readable descriptor follows a writable one");
            return false;
        } else {
            ++element.m_readable;
            element.m_readableBytes += length;
        }
        if ((flags & virtio::descriptorNext) == 0)
            return true;
        next = loadWord(entry.next);
    }
}

void Virtqueue::unpop()
{
    --m_lastAvailable;
}

void Virtqueue::push(const Element& element, quint32 written)
{
    const auto length = static_cast<quint32>(std::min<quint64>(written, element.writableBytes()));
    quint32 left = length;
    for (const iovec& part : element.writable()) {
        if (left == 0)
            break;
        const auto here = static_cast<quint32>(std::min<std::size_t>(part.iov_len, left));
        m_memory->markDirty(
            static_cast<quint64>(static_cast<std::byte*>(part.iov_base) - m_memory->base()), here);
        left -= here;
    }

    const std::size_t slot = m_nextUsed % m_layout.size;
    auto& used = wordAt<virtio::UsedElement>(
        m_used, offsetof(virtio::UsedRing, ring) + slot * sizeof(virtio::UsedElement));
    storeWord(used.id, quint32{ element.head() });
    storeWord(used.length, length);
    ++m_nextUsed;
    // Ordered before needsCall() reads the driver's flags.
    storeWord(
        wordAt<quint16>(m_used, offsetof(virtio::UsedRing, index)), m_nextUsed, std::memory_order_seq_cst);
    m_memory->markDirty(m_layout.used, virtio::usedBytes(m_layout.size));
}

void Virtqueue::setNotification(bool on)
{
    storeWord(wordAt<quint16>(m_used, offsetof(virtio::UsedRing, flags)),
        on ? quint16{ 0 } : virtio::usedNoNotify, std::memory_order_seq_cst);
    m_memory->markDirty(m_layout.used, sizeof(quint16));
}

bool Virtqueue::needsCall() const
{
    const quint16 flags = loadWord(
        wordAt<quint16>(m_available, offsetof(virtio::AvailableRing, flags)), std::memory_order_seq_cst);
    return (flags & virtio::availableNoInterrupt) == 0;
}

void Virtqueue::setIndices(quint16 available, quint16 used)
{
    m_lastAvailable = available;
    m_nextUsed = used;
    m_fault = nullptr;
}

void markQueueDirty(GuestMemory& memory, const QueueLayout& layout)
{
    memory.markDirty(layout.used, virtio::usedBytes(layout.size));
    memory.markDirty(layout.buffers, layout.bufferBytes);
}

} // namespace cutover::vmm
