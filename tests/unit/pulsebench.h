// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulse.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/virtqueue.h"

#include <QByteArray>
#include <QHash>
#include <QList>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace cutover::test {

inline constexpr quint64 benchRamBytes = 16 << 20;

/// The guest's program in a time of its own: each look at the clock takes 100 ns, a sleep as long as it is
/// asked for. It runs until it is out of safe points.
struct BenchPorts
{
    vmm::GuestMemory& memory;
    quint64 time = 1'000'000'000;
    qint64 safePoints = 0;
    quint64 deadline = std::numeric_limits<quint64>::max();
    QList<quint32> rung;
    std::function<void()> devices; ///< work while the guest sleeps

    bool stopRequested() { return safePoints-- <= 0 || time >= deadline; }
    std::uint64_t now() { return time += 100; }
    void ring(std::uint32_t doorbell) { rung.append(doorbell); }
    void relax(std::uint64_t until)
    {
        time = std::max<quint64>(time, until);
        if (devices)
            devices();
    }
    void dirtied(std::uint64_t address, std::uint64_t bytes) { memory.markDirty(address, bytes); }
};

class PulseBench
{
public:
    explicit PulseBench(std::initializer_list<vmm::DeviceShape> shapes = {}, quint32 processors = 1)
    {
        shape = { .ramBytes = benchRamBytes,
            .processors = processors,
            .deviceCount = static_cast<quint32>(shapes.size()),
            .devices = {} };
        std::ranges::copy(shapes, shape.devices.begin());
        registers.resize(processors);
        if (memory.addBlock(QStringLiteral("ram"), benchRamBytes, true))
            plan = vmm::writeBootInfo(memory, shape).value_or(vmm::BootInfo{});
    }

    /// As many rounds as fit between \a safePoints questions whether to stop, by a program that knows nothing
    /// but the memory and the registers.
    void run(qint64 safePoints, quint32 processor = 0)
    {
        ports.safePoints = safePoints;
        const vmm::pulse::Guest<BenchPorts> guest{ memory.base(), plan, registers[processor], processor,
            ports };
        vmm::pulse::Program<BenchPorts>(guest).run();
    }
    void runFor(quint64 ns, quint32 processor = 0)
    {
        ports.deadline = ports.time + ns;
        run(std::numeric_limits<qint64>::max(), processor);
        ports.deadline = std::numeric_limits<quint64>::max();
    }

    vmm::BootInfo& boot() const
    {
        return *reinterpret_cast<vmm::BootInfo*>(memory.at(vmm::bootInfoAddress, sizeof(vmm::BootInfo)));
    }
    /// What an accelerator does between stopping and starting.
    void restart(quint64 pauseNs)
    {
        boot().stoppedNs = ports.time;
        ports.time += pauseNs;
        ++boot().starts;
    }
    vmm::PulseReading pulse() const { return vmm::readPulse(memory).value_or(vmm::PulseReading{}); }
    vmm::Virtqueue queue(quint32 device, quint32 index)
    {
        return vmm::Virtqueue::create(memory, plan.devices[device].queues[index]).value();
    }

    vmm::GuestMemory memory;
    vmm::MachineShape shape;
    vmm::BootInfo plan;
    std::vector<vmm::pulse::Registers> registers;
    BenchPorts ports{ memory, 1'000'000'000, 0, std::numeric_limits<quint64>::max(), {}, {} };
};

/// The device side of one network pair.
class BenchNet
{
public:
    BenchNet(PulseBench& bench, quint32 device, quint32 pair)
        : m_receive(bench.queue(device, 2 * pair))
        , m_transmit(bench.queue(device, 2 * pair + 1))
    {
    }

    /// \a header and \a frame into the guest; false when it has no buffer for them.
    bool give(const QByteArray& frame, const QByteArray& header = QByteArray(12, '\0'))
    {
        const auto element = m_receive.pop();
        if (!element)
            return false;
        const QByteArray bytes = header + frame;
        std::copy_n(bytes.constData(), bytes.size(), static_cast<char*>(element->writable()[0].iov_base));
        m_receive.push(*element, static_cast<quint32>(bytes.size()));
        return true;
    }
    /// What the guest sends, with the header; null when there is nothing.
    QByteArray take()
    {
        QByteArray bytes;
        const auto element = m_transmit.pop();
        if (!element)
            return bytes;
        for (const iovec& part : element->readable())
            bytes.append(static_cast<const char*>(part.iov_base), static_cast<qsizetype>(part.iov_len));
        m_transmit.push(*element, 0);
        return bytes;
    }
    bool broken() const { return m_receive.broken() || m_transmit.broken(); }

    /// How many buffers the guest offers.
    int room()
    {
        int count = 0;
        while (m_receive.pop())
            ++count;
        for (int i = 0; i < count; ++i)
            m_receive.unpop();
        return count;
    }

private:
    vmm::Virtqueue m_receive;
    vmm::Virtqueue m_transmit;
};

/// The device side of a disk.
class BenchDisk
{
public:
    BenchDisk(PulseBench& bench, quint32 device)
    {
        for (quint32 i = 0; i < bench.plan.devices[device].queueCount; ++i)
            m_queues.push_back(bench.queue(device, i));
    }

    /// Serves all requests there are, those of each queue backwards. False when one breaks a rule.
    bool serve()
    {
        bool sound = true;
        QHash<quint64, int> touched;
        for (vmm::Virtqueue& queue : m_queues) {
            std::vector<vmm::Virtqueue::Element> elements;
            while (const auto element = queue.pop())
                elements.push_back(*element);
            for (const vmm::Virtqueue::Element& element : elements) {
                const auto& header = headerOf(element);
                sound = sound && ++touched[header.sector] == 1;
            }
            for (auto element = elements.rbegin(); element != elements.rend(); ++element)
                sound = request(queue, *element) && sound;
            sound = sound && !queue.broken();
        }
        return sound;
    }

    quint64 highestSector = 0;
    int requests = 0;
    bool fail = false; ///< answers with an I/O error
    bool forget = false; ///< says OK to writes and does not do them
    QHash<quint64, QByteArray> blocks; ///< by sector

private:
    static const vmm::virtio::BlockHeader& headerOf(const vmm::Virtqueue::Element& element)
    {
        return *static_cast<const vmm::virtio::BlockHeader*>(element.readable()[0].iov_base);
    }
    bool request(vmm::Virtqueue& queue, const vmm::Virtqueue::Element& element)
    {
        using namespace vmm::virtio;
        const BlockHeader& header = headerOf(element);
        ++requests;
        highestSector = std::max<quint64>(highestSector, header.sector);
        quint32 written = 1;
        bool sound = element.readable()[0].iov_len == sizeof(BlockHeader) && header.sector % 8 == 0;
        if (header.type == blockWrite) {
            sound
                = sound && element.readable().size() == 2 && element.readable()[1].iov_len == vmm::blockBytes;
            const auto* const data = static_cast<const char*>(element.readable()[1].iov_base);
            if (!forget && !fail)
                blocks[header.sector] = QByteArray(data, vmm::blockBytes);
        } else {
            sound = sound && header.type == blockRead && element.writable().size() == 2
                && element.writable()[0].iov_len == vmm::blockBytes;
            const QByteArray block = blocks.value(header.sector, QByteArray(vmm::blockBytes, '\0'));
            if (!fail)
                std::copy_n(
                    block.constData(), block.size(), static_cast<char*>(element.writable()[0].iov_base));
            written += vmm::blockBytes;
        }
        *static_cast<char*>(element.writable().back().iov_base) = fail ? 1 : 0;
        queue.push(element, written);
        return sound;
    }

    std::vector<vmm::Virtqueue> m_queues;
};

} // namespace cutover::test
