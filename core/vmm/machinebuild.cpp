// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/tracelog.h"

#include <algorithm>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::BackendSource;

static constexpr int takeTimeLimitMs = 2000;

MachineShape Machine::shape() const
{
    MachineShape shape{ .ramBytes = ramBytes(),
        .processors = static_cast<std::uint32_t>(m_config.processors),
        .deviceCount = 0,
        .devices = {} };
    for (const DeviceOptions& options : m_config.devices) {
        const DeviceShape device = deviceShape(options);
        if (device.type == DeviceType::None)
            continue;
        if (shape.deviceCount < maxDevices)
            shape.devices[shape.deviceCount] = device;
        ++shape.deviceCount; // one too many is refused by the layout
    }
    return shape;
}

Result<void> Machine::createDevices(std::vector<cpr::Entry> fds)
{
    if (isCreated())
        return failure(ErrorCode::Refused, u"create the machine"_s, m_config.name, u"it exists already"_s);
    m_state = m_policy.incoming ? RunState::InMigrate : RunState::Prelaunch;
    auto built = build(std::move(fds));
    if (!built) {
        traceFoundFds(BackendSource::AwaitCpr);
        discard();
    }
    return built;
}

Result<void> Machine::build(std::vector<cpr::Entry> fds)
{
    m_realizer.emplace(m_policy);
    if (auto memory = buildMemory(fds); !memory)
        return memory;
    if (auto processors = buildProcessors(); !processors)
        return processors;
    if (auto devices = buildDevices(std::move(fds)); !devices)
        return devices;
    traceFoundFds(BackendSource::AwaitCpr);
    setDoorbells();
    return m_policy.incoming ? Result<void>() : boot();
}

Result<void> Machine::buildProcessors()
{
    auto chosen = makeAccelerator(m_config.accelerator, *m_memory, shape());
    if (!chosen)
        return std::unexpected(chosen.error());
    m_accelerator = std::move(chosen->accelerator);
    if (m_onFault)
        m_accelerator->onFault(m_onFault);
    for (const Error& error : chosen->passedOver)
        m_log.report(u"%1; using -accel %2"_s.arg(error.message(), m_accelerator->name()));
    return {};
}

Result<void> Machine::buildMemory(std::vector<cpr::Entry>& fds)
{
    const QList<DeviceOptions> blocks = ramOptions();
    std::vector<BackendSource> sources;
    for (const DeviceOptions& block : blocks) {
        const auto source = m_realizer->expectRam(block.id, block.properties["migrate-fds"_L1].toBool(true));
        if (!source)
            return std::unexpected(source.error());
        sources.push_back(*source);
    }
    std::vector<cpr::Entry> others;
    for (cpr::Entry& entry : fds) {
        const QString name = QString::fromUtf8(entry.name);
        if (!std::ranges::contains(blocks, name, &DeviceOptions::id)) {
            others.push_back(std::move(entry));
            continue;
        }
        if (auto arrived = m_realizer->arrived(BackendSource::AwaitCpr, name, entry.id, std::move(entry.fd));
            !arrived)
            return arrived;
    }
    fds = std::move(others);
    if (auto complete = m_realizer->complete(BackendSource::AwaitCpr); !complete)
        return complete;

    m_memory = std::make_unique<GuestMemory>();
    for (qsizetype i = 0; i < blocks.size(); ++i) {
        const DeviceOptions& block = blocks[i];
        const auto bytes = static_cast<quint64>(block.properties["size"_L1].toInteger());
        const bool migrateFds = block.properties["migrate-fds"_L1].toBool(true);
        // A block whose memfd comes later has a place, so that what follows lies where it will.
        UniqueFd memfd = m_realizer->takeRam(block.id);
        auto added = memfd ? m_memory->addBlock(block.id, bytes, migrateFds, std::move(memfd))
                           : m_memory->addBlock(block.id, bytes, migrateFds);
        if (!added)
            return added;
        const engine::RamBlock made = m_memory->blocks().back();
        if (sources[static_cast<std::size_t>(i)] == BackendSource::AwaitCpr)
            m_log.write(u"cpr_find_fd"_s, u"%1, id 0 returns %2"_s.arg(block.id).arg(made.memfd));
        m_log.write(u"qemu_ram_alloc_shared"_s,
            u"%1 size %2 max_size %2 fd %3 host 0x%4"_s.arg(block.id)
                .arg(bytes)
                .arg(made.memfd)
                .arg(reinterpret_cast<quintptr>(made.base), 0, 16));
    }
    return {};
}

Result<void> Machine::buildDevices(std::vector<cpr::Entry> fds)
{
    const auto plan = planMachine(*m_memory, shape());
    if (!plan)
        return std::unexpected(plan.error());
    qint32 guestIndex = 0;
    for (const DeviceOptions& options : m_config.devices) {
        const bool hasQueues = deviceShape(options).type != DeviceType::None;
        std::vector<QueueLayout> queues;
        if (hasQueues) {
            const DeviceInfo& info = plan->devices[guestIndex];
            queues.assign(info.queues, info.queues + info.queueCount);
        }
        auto made = makeDevice(options, *m_memory, *m_ioThread, std::move(queues));
        if (!made)
            return std::unexpected(made.error());
        if (hasQueues)
            made->guestIndex = guestIndex++;
        m_devices.push_back(std::move(*made));
        m_devicePointers.push_back(m_devices.back().device.get());
    }
    for (engine::Device* device : m_devicePointers) {
        if (auto realized = m_realizer->realize(*device); !realized)
            return realized;
    }
    for (cpr::Entry& entry : fds) {
        if (auto arrived = m_realizer->arrived(
                BackendSource::AwaitCpr, QString::fromUtf8(entry.name), entry.id, std::move(entry.fd));
            !arrived)
            return arrived;
    }
    if (auto complete = m_realizer->complete(BackendSource::AwaitCpr); !complete)
        return complete;
    // A back end that works on guest memory cannot be taken before that memory is here: only what the unsafe
    // order is about tries so.
    if (m_policy.incoming && m_policy.handover != engine::Handover::LateStop && copiesRam())
        return {};
    // A device that has all it needs works at once.
    for (engine::Device* device : m_devicePointers) {
        const BackendSource source = m_realizer->sourceOf(*device);
        if (source != BackendSource::OpenNow && source != BackendSource::AwaitCpr)
            continue;
        if (auto taken = device->take(takeTimeLimitMs); !taken)
            return taken;
    }
    return {};
}

bool Machine::copiesRam() const
{
    return std::ranges::any_of(ramOptions(), [this](const DeviceOptions& block) {
        return m_policy.decide(block.properties["migrate-fds"_L1].toBool(true), engine::FdClass::Shareable)
            == BackendSource::OpenNow;
    });
}

void Machine::traceFoundFds(BackendSource channel)
{
    if (!m_log.isEnabled(u"cpr_find_fd"_s) || !m_realizer)
        return;
    for (const engine::Device* device : m_devicePointers) {
        const QList<engine::FdSlot> fdSlots = device->fdSlots();
        for (qsizetype i = 0; i < fdSlots.size(); ++i) {
            const engine::FdSlot& slot = fdSlots[i];
            if (m_policy.decide(device->migrateFds(), slot.fdClass) != channel
                || (slot.optional && device->slotFd(i) < 0))
                continue;
            m_log.write(u"cpr_find_fd"_s,
                u"%1, id %2 returns %3"_s.arg(slot.name).arg(slot.id).arg(device->slotFd(i)));
        }
    }
}

Result<void> Machine::boot()
{
    if (auto boot = writeBootInfo(*m_memory, shape()); !boot)
        return std::unexpected(boot.error());
    for (const MachineDevice& each : m_devices) {
        if (each.guestIndex >= 0)
            publishDevice(*m_memory, static_cast<quint32>(each.guestIndex), each.features(), each.capacity());
    }
    m_accelerator->boot();
    return {};
}

void Machine::setDoorbells()
{
    for (const MachineDevice& each : m_devices) {
        for (std::size_t queue = 0; queue < each.queues.size(); ++queue)
            std::ignore = m_accelerator->setDoorbell(
                each.queues[queue].doorbell, each.doorbell(static_cast<quint32>(queue)));
    }
    m_doorbellsStale = false;
}

void Machine::discard()
{
    m_realizer.reset();
    m_accelerator.reset();
    m_devicePointers.clear();
    m_devices.clear();
    m_memory.reset();
    m_startedWord.reset();
    m_blockActive = true;
    m_doorbellsStale = true;
    m_state = RunState::Precreate;
}

} // namespace cutover::vmm
