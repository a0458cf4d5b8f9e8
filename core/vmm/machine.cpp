// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"

#include "vmm/tracelog.h"

#include <algorithm>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::Ownership;

namespace {

constexpr int takeTimeLimitMs = 2000;

const DeviceOptions* find(const QList<DeviceOptions>& list, const QString& id)
{
    const auto found = std::ranges::find(list, id, &DeviceOptions::id);
    return found == list.end() ? nullptr : &*found;
}

std::unexpected<Error> refused(const QString& attempt, const QString& object, const QString& cause)
{
    return failure(ErrorCode::Refused, attempt, object, cause);
}

Result<void> removeFrom(
    QList<DeviceOptions>& list, qsizetype fixed, const QString& id, bool created, const QString& what)
{
    const auto found = std::ranges::find(list, id, &DeviceOptions::id);
    if (found == list.end())
        return failure(ErrorCode::NotFound, u"remove"_s, id, u"%1 '%2' not found"_s.arg(what, id));
    if (created)
        return refused(u"remove"_s, id, u"%1 '%2' does not support hotplugging"_s.arg(what, id));
    if (found - list.begin() < fixed)
        return refused(u"remove"_s, id, u"%1 '%2' comes from the command line"_s.arg(what, id));
    list.erase(found);
    return {};
}

} // namespace

Result<std::unique_ptr<Machine>> Machine::create(MachineConfig config, TraceLog& log)
{
    auto thread = IoThread::create();
    if (!thread)
        return std::unexpected(thread.error());
    std::unique_ptr<Machine> machine(new Machine(std::move(config), log));
    machine->m_ioThread = std::move(*thread);
    return machine;
}

Machine::Machine(MachineConfig config, TraceLog& log)
    : m_config(std::move(config))
    , m_log(log)
    , m_fixedObjects(m_config.objects.size())
    , m_fixedDevices(m_config.devices.size())
    , m_fixedBackend(!m_config.memoryBackend.isEmpty())
    , m_autostart(!m_config.startPaused)
{
}

Machine::~Machine()
{
    if (m_accelerator)
        m_accelerator->stop();
    discard();
}

Result<void> Machine::checkFreeId(const QString& id) const
{
    const QString attempt = u"configure the machine"_s;
    if (m_state != RunState::Precreate)
        return refused(attempt, id, u"the machine exists already"_s);
    if (find(m_config.objects, id) || find(m_config.devices, id))
        return refused(attempt, id, u"Duplicate ID '%1'"_s.arg(id));
    return {};
}

Result<void> Machine::addObject(DeviceOptions object)
{
    if (auto isFree = checkFreeId(object.id); !isFree)
        return isFree;
    m_config.objects.append(std::move(object));
    return {};
}

Result<void> Machine::addDevice(DeviceOptions device)
{
    if (auto isFree = checkFreeId(device.id); !isFree)
        return isFree;
    m_config.devices.append(std::move(device));
    return {};
}

Result<void> Machine::removeObject(const QString& id)
{
    if (id == m_config.memoryBackend && find(m_config.objects, id))
        return refused(u"remove"_s, id, u"object '%1' is in use, can not be deleted"_s.arg(id));
    return removeFrom(m_config.objects, m_fixedObjects, id, isCreated(), u"object"_s);
}

Result<void> Machine::removeDevice(const QString& id)
{
    return removeFrom(m_config.devices, m_fixedDevices, id, isCreated(), u"Device"_s);
}

Result<void> Machine::setMemoryBackend(const QString& id)
{
    const QString attempt = u"set the machine's memory backend"_s;
    if (m_state != RunState::Precreate)
        return refused(attempt, id, u"the machine exists already"_s);
    if (m_fixedBackend)
        return refused(attempt, id, u"it was given on the command line"_s);
    if (!find(m_config.objects, id))
        return failure(ErrorCode::NotFound, attempt, id, u"Memory backend '%1' not found"_s.arg(id));
    m_config.memoryBackend = id;
    return {};
}

void Machine::stop()
{
    m_autostart = false;
    if (m_state != RunState::Running)
        return;
    m_accelerator->stop();
    for (const MachineDevice& each : m_devices)
        each.device->stop();
    m_doorbellsStale = true;
    m_state = RunState::Paused;
}

Result<void> Machine::cont()
{
    const QString attempt = u"start the guest"_s;
    switch (m_state) {
    case RunState::Precreate:
    case RunState::InMigrate:
        m_autostart = true;
        return {};
    case RunState::Running:
        return {};
    case RunState::FinishMigrate:
        return refused(attempt, {}, u"it is being handed over"_s);
    case RunState::InternalError:
    case RunState::Shutdown:
        return refused(attempt, {}, u"Resetting the Virtual Machine is required"_s);
    case RunState::Prelaunch:
    case RunState::Paused:
    case RunState::PostMigrate:
        break;
    }
    for (const MachineDevice& each : m_devices) {
        if (auto taken = each.device->take(takeTimeLimitMs); !taken)
            return taken;
    }
    if (auto active = activateBlock(); !active)
        return active;
    m_autostart = true;
    run();
    return {};
}

void Machine::run()
{
    if (m_doorbellsStale)
        setDoorbells();
    if (const auto word = std::exchange(m_startedWord, nullptr))
        word->set();
    // The guest first: what it asks of a device meanwhile is kept, and waking the devices' thread may cost us
    // the processor.
    m_accelerator->start();
    for (const MachineDevice& each : m_devices)
        each.device->start();
    m_state = RunState::Running;
}

void Machine::shutDown()
{
    stop();
    m_state = RunState::Shutdown;
}

void Machine::processorFailed()
{
    if (m_state != RunState::Running)
        return;
    stop();
    m_state = RunState::InternalError;
}

QString Machine::accelerator() const
{
    return m_accelerator ? m_accelerator->name() : m_config.accelerator.names.join(u':');
}

void Machine::handoverEnded(bool handedOver)
{
    if (m_state == RunState::FinishMigrate)
        m_state = handedOver ? RunState::PostMigrate : m_stateBeforeHandover;
    else if (handedOver && (m_state == RunState::Paused || m_state == RunState::Prelaunch))
        m_state = RunState::PostMigrate;
}

const DeviceOptions* Machine::findDevice(const QString& id) const
{
    return find(m_config.devices, id);
}

const DeviceOptions* Machine::findObject(const QString& id) const
{
    return find(m_config.objects, id);
}

Result<void> Machine::setDeviceMigrateFds(const QString& id, bool on)
{
    const QString attempt = u"set 'migrate-fds'"_s;
    const auto options = std::ranges::find(m_config.devices, id, &DeviceOptions::id);
    if (options == m_config.devices.end())
        return failure(ErrorCode::NotFound, attempt, id, u"Device '%1' not found"_s.arg(id));
    if (m_state == RunState::InMigrate || m_state == RunState::FinishMigrate)
        return refused(attempt, id, u"where its descriptors come from is decided already"_s);
    options->properties.insert("migrate-fds"_L1, on);
    for (const MachineDevice& each : m_devices) {
        if (each.device->id() == id)
            each.device->setMigrateFds(on);
    }
    return {};
}

Result<void> Machine::setObjectMigrateFds(const QString& id, bool on)
{
    const QString attempt = u"set 'migrate-fds'"_s;
    const auto options = std::ranges::find(m_config.objects, id, &DeviceOptions::id);
    if (options == m_config.objects.end())
        return failure(ErrorCode::NotFound, attempt, id, u"object '%1' not found"_s.arg(id));
    if (m_state == RunState::InMigrate || m_state == RunState::FinishMigrate)
        return refused(attempt, id, u"where its memory comes from is decided already"_s);
    options->properties.insert("migrate-fds"_L1, on);
    return {};
}

QList<DeviceOptions> Machine::ramOptions() const
{
    QList<DeviceOptions> blocks = m_config.objects;
    const auto first = std::ranges::find(blocks, m_config.memoryBackend, &DeviceOptions::id);
    if (first != blocks.end())
        std::rotate(blocks.begin(), first, first + 1);
    if (blocks.isEmpty())
        blocks.append({ .driver = u"memory-backend-memfd"_s,
            .id = u"ram"_s,
            .properties
            = { { u"size"_s, static_cast<qint64>(m_config.memoryBytes) }, { u"migrate-fds"_s, true } } });
    return blocks;
}

quint64 Machine::ramBytes() const
{
    quint64 bytes = 0;
    for (const DeviceOptions& block : ramOptions())
        bytes += static_cast<quint64>(block.properties["size"_L1].toInteger());
    return bytes;
}

} // namespace cutover::vmm
