// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/tracelog.h"

#include "fdpass/describe.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <algorithm>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::BackendSource;
using engine::FdClass;

std::vector<engine::RamBlock> Machine::ramBlocks()
{
    std::vector<engine::RamBlock> blocks;
    if (m_memory)
        blocks = m_memory->blocks();
    for (engine::RamBlock& block : blocks) {
        if (const DeviceOptions* options = findObject(block.id))
            block.migrateFds = options->properties["migrate-fds"_L1].toBool(true);
    }
    return blocks;
}

QJsonObject Machine::guestConfiguration() const
{
    QJsonArray ram;
    for (const DeviceOptions& block : ramOptions())
        ram.append(QJsonObject{ { u"id"_s, block.id }, { u"size"_s, block.properties["size"_L1] } });
    QJsonArray order;
    QJsonObject devices;
    for (const MachineDevice& each : m_devices) {
        QJsonObject one = each.device->guestConfiguration();
        one.insert("driver"_L1, each.device->driver());
        order.append(each.device->id());
        devices.insert(each.device->id(), one);
    }
    QJsonObject all{ { u"ram"_s, ram }, { u"processors"_s, m_config.processors },
        { u"accelerator"_s, accelerator() }, { u"order"_s, order }, { u"devices"_s, devices } };
    if (const QJsonObject own = m_accelerator ? m_accelerator->configuration() : QJsonObject();
        !own.isEmpty())
        all.insert(accelerator(), own);
    return all;
}

void Machine::stopProcessors()
{
    if (m_state != RunState::FinishMigrate)
        m_stateBeforeHandover = m_state;
    m_accelerator->stop();
    m_doorbellsStale = true;
    m_state = RunState::FinishMigrate;
    m_log.holdBack();
}

void Machine::startProcessors()
{
    if (m_doorbellsStale)
        setDoorbells();
    m_accelerator->start();
    m_state = RunState::Running;
}

Result<void> Machine::saveProcessors(QCborStreamWriter& writer) const
{
    return m_accelerator->save(writer);
}

qsizetype Machine::processorStateSize() const
{
    return m_accelerator->stateSize();
}

Result<void> Machine::loadProcessors(QCborStreamReader& reader)
{
    return m_accelerator->load(reader);
}

void Machine::startDirtyLog()
{
    m_accelerator->setDirtyLog(true);
    m_memory->startDirtyLog();
}

void Machine::collectDirtyPages()
{
    m_accelerator->collectDirtyPages();
}

void Machine::stopDirtyLog()
{
    if (m_accelerator)
        m_accelerator->setDirtyLog(false);
    if (m_memory)
        m_memory->stopDirtyLog();
}

Result<void> Machine::attachRam(const QString& id, UniqueFd memfd)
{
    if (!m_realizer)
        return failure(ErrorCode::Refused, u"take over RAM"_s, id, u"the machine does not exist yet"_s);
    if (auto arrived = m_realizer->arrived(BackendSource::AwaitMain, id, 0, std::move(memfd)); !arrived)
        return arrived;
    return m_memory->replaceBlock(id, m_realizer->takeRam(id));
}

Result<void> Machine::prepareForState()
{
    GuestMemory* memory = nullptr;
    Accelerator* processors = nullptr;
    bool populate = false;
    bool waiting = false;
    {
        const engine::VmLock held(*this);
        memory = m_memory.get();
        processors = m_accelerator.get();
        populate = m_populate;
        waiting = m_policy.handover == engine::Handover::EarlyStop; // the guest has been stopped already
    }
    if (!memory)
        return failure(
            ErrorCode::Refused, u"prepare for the guest"_s, {}, u"the machine does not exist yet"_s);
    if (!populate)
        return {};
    auto populated = memory->populate();
    if (populated && !waiting)
        processors->warm();
    return populated;
}

Result<void> Machine::attachDeviceFds(engine::Device&, std::vector<cpr::Entry> fds)
{
    for (cpr::Entry& entry : fds) {
        if (auto arrived = m_realizer->arrived(
                BackendSource::AwaitMain, QString::fromUtf8(entry.name), entry.id, std::move(entry.fd));
            !arrived)
            return arrived;
    }
    return {};
}

Result<void> Machine::completeBackends(int timeLimitMs)
{
    if (auto complete = m_realizer->complete(BackendSource::AwaitMain); !complete)
        return complete;
    if (auto reopened = m_realizer->reopen(); !reopened)
        return reopened;
    for (engine::Device* device : m_devicePointers) {
        if (auto taken = device->take(timeLimitMs); !taken)
            return taken;
    }
    setDoorbells();
    return {};
}

void Machine::letGo()
{
    for (engine::Device* device : m_devicePointers)
        device->detachBackend();
    discard();
}

void Machine::setStartedWord(std::shared_ptr<engine::StartedWord> word)
{
    m_startedWord = std::move(word);
}

void Machine::guestArrived(bool wasRunning)
{
    const bool start = wasRunning && m_autostart;
    m_blockActive = start || !m_lateBlockActivate;
    if (start)
        run();
    else
        m_state = RunState::Paused;
}

Result<void> Machine::inactivateBlock()
{
    m_blockActive = false;
    return {};
}

Result<void> Machine::activateBlock()
{
    m_blockActive = true;
    return {};
}

static QJsonObject fdEntry(const QString& device, bool migrateFds, const engine::FdSlot& slot, int fd)
{
    QJsonObject entry{ { u"name"_s, slot.name }, { u"id"_s, slot.id },
        { u"kind"_s, fdpass::fdKindId(slot.kind) },
        { u"class"_s, slot.fdClass == FdClass::Shareable ? u"shareable"_s : u"exclusive"_s },
        { u"device"_s, device }, { u"migrate-fds"_s, migrateFds } };
    if (fd >= 0)
        entry.insert("fd"_L1, fd);
    return entry;
}

static QString awaitedState(BackendSource source)
{
    switch (source) {
    case BackendSource::AwaitCpr:
        return u"awaited-cpr"_s;
    case BackendSource::AwaitMain:
        return u"awaited-main"_s;
    case BackendSource::ReopenInSwitchover:
        return u"reopened"_s;
    case BackendSource::OpenNow:
        break;
    }
    return u"absent"_s;
}

QJsonArray Machine::describeFds() const
{
    QJsonArray list;
    const bool arriving = m_state == RunState::InMigrate || m_state == RunState::Precreate;
    const auto stateOf = [&](int fd, bool owned, bool migrateFds, FdClass fdClass) {
        if (fd >= 0)
            return owned ? u"owned"_s : u"open"_s;
        return arriving ? awaitedState(m_policy.decide(migrateFds, fdClass)) : u"absent"_s;
    };
    const std::vector<engine::RamBlock> made
        = m_memory ? m_memory->blocks() : std::vector<engine::RamBlock>();
    for (const DeviceOptions& block : ramOptions()) {
        const bool migrateFds = block.properties["migrate-fds"_L1].toBool(true);
        const auto found = std::ranges::find(made, block.id, &engine::RamBlock::id);
        const int fd = found == made.end() ? -1 : found->memfd;
        const engine::FdSlot slot = engine::ramSlot(block.id);
        QJsonObject entry = fdEntry(block.id, migrateFds, slot, fd);
        entry.insert("state"_L1, stateOf(fd, false, migrateFds, slot.fdClass));
        list.append(entry);
    }
    for (const engine::Device* device : m_devicePointers) {
        const QList<engine::FdSlot> fdSlots = device->fdSlots();
        const bool owned = device->ownership() == engine::Ownership::Owned;
        for (qsizetype i = 0; i < fdSlots.size(); ++i) {
            const int fd = device->slotFd(i);
            QJsonObject entry = fdEntry(device->id(), device->migrateFds(), fdSlots[i], fd);
            entry.insert("state"_L1,
                stateOf(fd, owned && fdSlots[i].fdClass == FdClass::Exclusive, device->migrateFds(),
                    fdSlots[i].fdClass));
            if (!device->resource().isEmpty())
                entry.insert("resource"_L1, device->resource());
            if (const QString obstacle = device->reopenObstacle(); !obstacle.isEmpty())
                entry.insert("reopen-obstacle"_L1, obstacle);
            list.append(entry);
        }
    }
    return list;
}

} // namespace cutover::vmm
