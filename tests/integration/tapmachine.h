// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/devices/iothread.h"
#include "vmm/devices/tapnet.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/threadaccelerator.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <memory>

namespace cutover::test {

/// A pulse guest with one network device.
struct TapMachine
{
    static constexpr quint64 ramBytes = 32 << 20;

    vmm::GuestMemory memory;
    std::unique_ptr<vmm::IoThread> thread;
    std::unique_ptr<vmm::TapNet> net;
    std::unique_ptr<vmm::ThreadAccelerator> processors;
    QString error; ///< of the first thing that failed

    bool check(const Result<void>& result)
    {
        if (!result && error.isEmpty())
            error = result.error().message();
        return result.has_value();
    }

    /// With a memfd the guest's RAM is another's, else the guest boots.
    bool create(const vmm::TapNetConfig& config, UniqueFd ram = {})
    {
        const bool boots = !ram;
        vmm::MachineShape shape{ .ramBytes = ramBytes, .processors = 1, .deviceCount = 1 };
        shape.devices[0] = { .type = vmm::DeviceType::Net, .queues = std::uint16_t(config.queues) };
        const vmm::Rates rates{ .beatIntervalNs = 100'000 };
        const QString id = QStringLiteral("ram");
        if (!check(boots ? memory.addBlock(id, ramBytes, true)
                         : memory.addBlock(id, ramBytes, true, std::move(ram))))
            return false;
        const auto plan = boots ? vmm::writeBootInfo(memory, shape, rates) : vmm::planMachine(memory, shape);
        auto io = vmm::IoThread::create();
        if (!plan || !io)
            return false;
        thread = std::move(*io);
        const vmm::DeviceInfo& info = plan->devices[0];
        net = std::make_unique<vmm::TapNet>(QStringLiteral("net0"), config, memory, *thread,
            std::vector(info.queues, info.queues + info.queueCount));
        if (!check(net->realizeFrontend()))
            return false;
        processors = std::make_unique<vmm::ThreadAccelerator>(memory);
        for (quint32 queue = 0; queue < info.queueCount; ++queue) {
            if (!check(processors->setDoorbell(info.queues[queue].doorbell, net->doorbell(queue))))
                return false;
        }
        if (boots)
            vmm::publishDevice(memory, 0, net->features());
        return check(processors->prepare(shape));
    }
    bool openAndStart()
    {
        if (!check(net->openBackend()) || !check(net->take(1000)))
            return false;
        start();
        return true;
    }
    void start()
    {
        net->start();
        processors->start();
    }
    void stop()
    {
        processors->stop();
        net->stop();
    }
    QByteArray save() const
    {
        QByteArray state;
        state.reserve(net->stateSize() + processors->stateSize() + 1);
        QCborStreamWriter writer(&state);
        writer.startArray(2);
        net->save(writer);
        processors->save(writer);
        writer.endArray();
        return state;
    }
    bool load(const QByteArray& state)
    {
        QCborStreamReader reader(state);
        return reader.enterContainer() && check(net->load(reader)) && check(processors->load(reader));
    }
    vmm::PulseReading pulse() const { return readPulse(memory).value_or(vmm::PulseReading{}); }
};

} // namespace cutover::test
