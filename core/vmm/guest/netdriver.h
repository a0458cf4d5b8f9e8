// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/driverqueue.h"
#include "vmm/guest/echo.h"

namespace cutover::vmm::pulse {

/// Works one receive queue and the transmit queue that goes with it: buffer n belongs to descriptor n of both
/// and is always in exactly one of them. Freestanding.
template <Ports P>
class NetPair
{
public:
    NetPair(const Guest<P>& guest, const DeviceInfo& device, std::uint32_t pair)
        : m_guest(guest)
        , m_device(device)
        , m_layout(device.queues[2 * pair])
        , m_receive(guest, m_layout)
        , m_transmit(guest, device.queues[2 * pair + 1])
    {
    }

    /// Moves a few frames. Whether there was anything to do.
    bool poll()
    {
        if (!m_receive.initialised())
            initialise();
        bool recycled = false;
        bool echoed = false;
        virtio::UsedElement element{};
        PulsePage& page = m_guest.page();
        for (int i = 0; i < batch && !m_guest.ports.stopRequested() && m_transmit.take(element); ++i) {
            m_receive.offer(static_cast<std::uint16_t>(element.id));
            addWord(page.framesSent);
            recycled = true;
        }
        for (int i = 0; i < batch && !m_guest.ports.stopRequested() && m_receive.take(element); ++i) {
            addWord(page.framesReceived);
            if (answer(static_cast<std::uint16_t>(element.id), element.length)) {
                echoed = true;
            } else {
                m_receive.offer(static_cast<std::uint16_t>(element.id));
                recycled = true;
            }
        }
        if (recycled)
            m_receive.publish();
        if (echoed)
            m_transmit.publish();
        return recycled || echoed;
    }

private:
    static constexpr int batch = 16;

    void initialise()
    {
        for (std::uint16_t id = 0; id < m_layout.size; ++id) {
            m_receive.describe(id, buffer(id), netBufferBytes, virtio::descriptorWrite);
            m_receive.offer(id);
        }
        m_transmit.initialise();
        m_receive.initialise();
        m_receive.publish();
    }

    std::uint64_t buffer(std::uint16_t id) const
    {
        return m_layout.buffers + std::uint64_t{ netBufferBytes } * id;
    }

    bool answer(std::uint16_t id, std::uint32_t length)
    {
        PulsePage& page = m_guest.page();
        const std::uint64_t address = buffer(id);
        auto& header = m_guest.template at<virtio::NetHeader>(address);
        if (length > netBufferBytes || length < sizeof header) {
            addWord(length > netBufferBytes ? page.ringFaults : page.framesIgnored);
            return false;
        }
        auto* const frame = &m_guest.template at<std::uint8_t>(address + sizeof header);
        const Echo echo = turnAround(frame, length - sizeof header, m_device.mac.data());
        // 5.1.6.2: of the flags only this one may be sent.
        header.flags = static_cast<std::uint8_t>(header.flags & virtio::netNeedsChecksum);
        header.bufferCount = 0;
        m_guest.ports.dirtied(address, length);
        if (echo == Echo::Ignore) {
            addWord(page.framesIgnored);
            return false;
        }
        if (echo == Echo::ArpReply)
            addWord(page.arpReplies);
        addWord(page.framesEchoed);
        m_transmit.describe(id, address, length, 0);
        m_transmit.offer(id);
        return true;
    }

    const Guest<P>& m_guest;
    const DeviceInfo& m_device;
    const QueueLayout& m_layout;
    DriverQueue<P> m_receive;
    DriverQueue<P> m_transmit;
};

} // namespace cutover::vmm::pulse
