// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "blockdriver.h"
#include "vmm/devices/vhostuserblk.h"
#include "vmm/guest/guestmemory.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <fcntl.h>
#include <memory>
#include <vector>

namespace cutover::test {

/// One process's half of a VM with a disk: guest memory, the device, and a driver for each queue.
class BlkMachine
{
public:
    static constexpr quint64 ramBytes = 16 << 20;
    static constexpr int limitMs = 20'000;

    explicit BlkMachine(quint16 queues, vmm::VhostUserBlkConfig config, UniqueFd ram = {})
    {
        m_ok = ram ? check(m_memory.addBlock(QStringLiteral("ram0"), ramBytes, true, std::move(ram)))
                   : check(m_memory.addBlock(QStringLiteral("ram0"), ramBytes, true));
        vmm::MachineShape shape{ .ramBytes = ramBytes, .processors = 1, .deviceCount = 1, .devices = {} };
        shape.devices[0] = { .type = vmm::DeviceType::Block, .queues = queues };
        const auto boot = std::make_unique<vmm::BootInfo>();
        m_ok = m_ok && vmm::layOut(shape, *boot) == vmm::LayoutFault::None;
        const vmm::DeviceInfo& info = boot->devices[0];
        m_layouts.assign(info.queues, info.queues + info.queueCount);
        m_device = std::make_unique<vmm::VhostUserBlk>(
            QStringLiteral("disk0"), std::move(config), m_memory, m_layouts);
        m_ok = m_ok && check(m_device->realizeFrontend());
    }

    bool isOk() const { return m_ok; }
    const QString& error() const { return m_error; }
    vmm::GuestMemory& memory() { return m_memory; }
    vmm::VhostUserBlk& device() { return *m_device; }
    qsizetype slotCount() const { return m_device->fdSlots().size(); }
    const std::vector<vmm::QueueLayout>& layouts() const { return m_layouts; }
    int ramFd() { return m_memory.blocks().front().memfd; }

    bool start()
    {
        if (!check(m_device->take(limitMs)))
            return false;
        m_device->start();
        return true;
    }
    bool stop(engine::Device::Keep keep = engine::Device::Keep::Backend, int timeLimitMs = limitMs)
    {
        m_device->stop();
        return check(m_device->release(timeLimitMs, keep));
    }
    BlockDriver driver(std::size_t queue, quint16 pending = 0)
    {
        return { m_memory, m_layouts[queue], m_device->slotFd(static_cast<qsizetype>(2 + 2 * queue)),
            pending };
    }
    /// Writes and verifies \a count blocks through each queue, each in its own place of the disk.
    bool work(quint64 count, quint64 round)
    {
        for (std::size_t queue = 0; queue < m_layouts.size(); ++queue) {
            if (!driver(queue).writeAndVerify(place(queue), count, round))
                return fail("the disk does not hold what was written");
        }
        return true;
    }
    bool verify(quint64 count, quint64 round)
    {
        for (std::size_t queue = 0; queue < m_layouts.size(); ++queue) {
            if (!driver(queue).verify(place(queue), count, round))
                return fail("the disk does not hold what was written before");
        }
        return true;
    }
    static quint64 place(std::size_t queue) { return queue * 256; }

    QByteArray save() const
    {
        QByteArray state;
        QCborStreamWriter writer(&state);
        m_device->save(writer);
        return state;
    }
    bool load(const QByteArray& state)
    {
        QCborStreamReader reader(state);
        return check(m_device->load(reader));
    }
    bool attach(std::vector<UniqueFd> fds)
    {
        for (std::size_t slot = 0; slot < fds.size(); ++slot) {
            if (!check(m_device->attachFd(static_cast<qsizetype>(slot), std::move(fds[slot]))))
                return false;
        }
        return true;
    }
    /// All fds of the device, borrowed.
    std::vector<int> fds() const
    {
        std::vector<int> all;
        for (qsizetype slot = 0; slot < slotCount(); ++slot)
            all.push_back(m_device->slotFd(slot));
        return all;
    }
    std::vector<UniqueFd> duplicates() const
    {
        std::vector<UniqueFd> all;
        for (const int fd : fds())
            all.push_back(UniqueFd::adopt(::fcntl(fd, F_DUPFD_CLOEXEC, 0)));
        return all;
    }
    bool check(const Result<void>& result)
    {
        if (!result)
            m_error = result.error().message();
        return result.has_value();
    }

private:
    bool fail(const char* why)
    {
        m_error = QString::fromLatin1(why);
        return false;
    }

    vmm::GuestMemory m_memory;
    std::vector<vmm::QueueLayout> m_layouts;
    std::unique_ptr<vmm::VhostUserBlk> m_device;
    QString m_error;
    bool m_ok = false;
};

} // namespace cutover::test
