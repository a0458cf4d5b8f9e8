// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakevm.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <cerrno>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cutover::fakes {

using namespace Qt::StringLiterals;
using engine::BackendSource;
using engine::FdClass;
using engine::Ownership;

namespace {

std::unexpected<Error> broken(const QString& where)
{
    return failure(ErrorCode::System, u"go on"_s, where, u"broken on purpose"_s);
}

ino_t inodeOf(int fd)
{
    struct stat status = {};
    return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

Result<qint64> readNumber(QCborStreamReader& reader)
{
    if (!reader.isInteger())
        return failure(ErrorCode::Malformed, u"load the state"_s, {}, u"it is not a number"_s);
    const qint64 number = reader.toInteger();
    reader.next();
    return number;
}

} // namespace

void World::starts()
{
    const int now = ++running;
    int most = mostRunning;
    while (now > most && !mostRunning.compare_exchange_weak(most, now)) { }
}

FakeDevice::FakeDevice(const QString& id, bool migrateFds)
    : Device(u"fake"_s, id, migrateFds)
{
}

QJsonObject FakeDevice::guestConfiguration() const
{
    return { { u"driver"_s, driver() } };
}

QList<engine::FdSlot> FakeDevice::fdSlots() const
{
    return { { .name = id() + u"/event"_s, .kind = fdpass::FdKind::EventFd },
        { .name = id(), .kind = fdpass::FdKind::Memfd, .fdClass = FdClass::Exclusive },
        { .name = id() + u"/token"_s, .kind = fdpass::FdKind::Memfd } };
}

Result<void> FakeDevice::openBackend()
{
    ++opened;
    m_event = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
    m_exclusive = UniqueFd::adopt(::memfd_create("exclusive", MFD_CLOEXEC));
    auto token = engine::OwnershipToken::create(resource());
    if (!token)
        return std::unexpected(token.error());
    m_token = std::move(*token);
    return {};
}

Result<void> FakeDevice::attachFd(qsizetype index, UniqueFd fd)
{
    if (slotFd(index) >= 0)
        return failure(ErrorCode::Protocol, u"use the descriptor"_s, id(), u"it came twice"_s);
    if (index == 0)
        m_event = std::move(fd);
    if (index == 1)
        m_exclusive = std::move(fd);
    if (index == 2) {
        auto token = engine::OwnershipToken::adopt(std::move(fd));
        if (!token)
            return std::unexpected(token.error());
        m_token = std::move(*token);
    }
    return {};
}

int FakeDevice::slotFd(qsizetype index) const
{
    return index == 0 ? m_event.get() : index == 1 ? m_exclusive.get() : m_token.fd();
}

void FakeDevice::detachBackend()
{
    m_event.reset();
    m_exclusive.reset();
    m_token = {};
}

bool FakeDevice::complete() const
{
    return m_event && m_exclusive && m_token;
}

Result<void> FakeDevice::take(int)
{
    if (failAt == "take"_L1)
        return broken(id());
    if (!complete()) {
        if (auto result = openBackend(); !result)
            return result;
    }
    return m_token.take();
}

Result<void> FakeDevice::release(int, Keep keep)
{
    if (failAt == "release"_L1)
        return broken(id());
    m_token.release();
    if (keep == Keep::Nothing)
        detachBackend();
    return {};
}

Ownership FakeDevice::ownership() const
{
    return m_token.held() ? Ownership::Owned : Ownership::None;
}

void FakeDevice::save(QCborStreamWriter& writer) const
{
    writer.append(state);
}

Result<void> FakeDevice::load(QCborStreamReader& reader)
{
    if (failAt == "load"_L1)
        return broken(id());
    const auto number = readNumber(reader);
    if (!number)
        return std::unexpected(number.error());
    state = *number;
    return {};
}

ino_t FakeDevice::exclusiveInode() const
{
    return inodeOf(m_exclusive.get());
}

FakeVm::FakeVm(World& world, const engine::RealizePolicy& policy, bool source,
    const std::vector<bool>& deviceSwitches, bool ramSwitch)
    : m_world(world)
    , m_policy(policy)
    , m_realizer(policy)
    , m_ramSwitch(ramSwitch)
{
    for (std::size_t i = 0; i < deviceSwitches.size(); ++i) {
        m_devices.push_back(std::make_unique<FakeDevice>(u"dev%1"_s.arg(i), deviceSwitches[i]));
        m_devicePointers.push_back(m_devices.back().get());
    }
    if (source) {
        if (!allocateRam())
            qFatal("no memory");
        for (const auto& each : m_devices) {
            if (!each->openBackend() || !each->take(0))
                qFatal("no backend");
            each->start();
        }
        startProcessors();
    } else if (policy.channel != engine::ChannelKind::Cpr && !realizeAll()) {
        qFatal("no devices");
    }
}

Result<void> FakeVm::realizeAll()
{
    const auto ramSource = m_realizer.expectRam(u"ram0"_s, m_ramSwitch);
    if (!ramSource)
        return std::unexpected(ramSource.error());
    if (*ramSource == BackendSource::OpenNow) {
        if (auto allocated = allocateRam(); !allocated)
            return allocated;
    }
    for (const auto& each : m_devices) {
        if (auto realized = m_realizer.realize(*each); !realized)
            return realized;
    }
    return {};
}

FakeVm::~FakeVm()
{
    if (running)
        stopProcessors();
    if (m_ram)
        ::munmap(m_ram, ramBytes);
}

Result<void> FakeVm::allocateRam()
{
    UniqueFd memfd = UniqueFd::adopt(::memfd_create("ram0", MFD_CLOEXEC));
    if (!memfd || ::ftruncate(memfd.get(), ramBytes) != 0)
        return systemError(u"allocate RAM"_s, {}, errno);
    return mapRam(std::move(memfd));
}

Result<void> FakeVm::mapRam(UniqueFd memfd)
{
    void* base = ::mmap(nullptr, ramBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd.get(), 0);
    if (base == MAP_FAILED)
        return systemError(u"map RAM"_s, {}, errno);
    m_ram = static_cast<std::byte*>(base);
    m_memfd = std::move(memfd);
    m_dirty = std::make_unique<engine::DirtyBitmap>(ramBytes);
    return {};
}

std::vector<engine::RamBlock> FakeVm::ramBlocks()
{
    return { { .id = u"ram0"_s,
        .bytes = ramBytes,
        .memfd = m_memfd.get(),
        .base = m_ram,
        .dirty = m_dirty.get(),
        .migrateFds = m_ramSwitch } };
}

QJsonObject FakeVm::guestConfiguration() const
{
    QJsonObject configuration = extraConfiguration;
    for (const auto& each : m_devices)
        configuration.insert(each->id(), each->guestConfiguration());
    return configuration;
}

void FakeVm::stopProcessors()
{
    onCall("stop"_L1);
    if (running)
        m_world.stops();
    running = false;
}

void FakeVm::startProcessors()
{
    if (!running)
        m_world.starts();
    running = true;
}

Result<void> FakeVm::saveProcessors(QCborStreamWriter& writer) const
{
    writer.append(processorState);
    return {};
}

Result<void> FakeVm::loadProcessors(QCborStreamReader& reader)
{
    if (failAt == "cpu"_L1)
        return broken(u"processors"_s);
    const auto number = readNumber(reader);
    if (!number)
        return std::unexpected(number.error());
    processorState = *number;
    return {};
}

void FakeVm::startDirtyLog()
{
    onCall("dirty-log"_L1);
    for (std::uint64_t page = 0; page < m_dirty->pages(); ++page)
        m_dirty->mark(page);
}

Result<void> FakeVm::attachRam(const QString& id, UniqueFd memfd)
{
    if (auto arrived = m_realizer.arrived(BackendSource::AwaitMain, id, 0, std::move(memfd)); !arrived)
        return arrived;
    return mapRam(m_realizer.takeRam(id));
}

Result<void> FakeVm::createDevices(std::vector<cpr::Entry> fds)
{
    onCall("create"_L1);
    if (failAt == "create"_L1)
        return broken(u"devices"_s);
    if (auto realized = realizeAll(); !realized)
        return realized;
    for (cpr::Entry& entry : fds) {
        if (auto arrived = m_realizer.arrived(
                BackendSource::AwaitCpr, QString::fromUtf8(entry.name), entry.id, std::move(entry.fd));
            !arrived)
            return arrived;
    }
    if (auto complete = m_realizer.complete(BackendSource::AwaitCpr); !complete)
        return complete;
    if (UniqueFd memfd = m_realizer.takeRam(u"ram0"_s)) {
        if (auto mapped = mapRam(std::move(memfd)); !mapped)
            return mapped;
    }
    for (const auto& each : m_devices) {
        // A device that has all it needs works at once.
        if (each->complete()) {
            if (auto taken = each->take(0); !taken)
                return taken;
        }
    }
    return {};
}

Result<void> FakeVm::prepareForState()
{
    onCall("prepare"_L1);
    return failAt == "prepare"_L1 ? broken(u"preparation"_s) : Result<void>();
}

Result<void> FakeVm::attachDeviceFds(engine::Device&, std::vector<cpr::Entry> fds)
{
    for (cpr::Entry& entry : fds) {
        if (auto arrived = m_realizer.arrived(
                BackendSource::AwaitMain, QString::fromUtf8(entry.name), entry.id, std::move(entry.fd));
            !arrived)
            return arrived;
    }
    return {};
}

Result<void> FakeVm::completeBackends(int timeLimitMs)
{
    onCall("complete"_L1);
    if (failAt == "complete"_L1)
        return broken(u"backends"_s);
    if (auto complete = m_realizer.complete(BackendSource::AwaitMain); !complete)
        return complete;
    if (auto reopened = m_realizer.reopen(); !reopened)
        return reopened;
    for (const auto& each : m_devices) {
        if (auto taken = each->take(timeLimitMs); !taken)
            return taken;
    }
    return {};
}

void FakeVm::letGo()
{
    for (const auto& each : m_devices)
        each->detachBackend();
}

void FakeVm::guestArrived(bool wasRunning)
{
    onCall("arrived"_L1);
    for (const auto& each : m_devices)
        each->start();
    if (!wasRunning)
        return;
    if (startedWord)
        startedWord->set();
    startProcessors();
}

Result<void> FakeVm::inactivateBlock()
{
    onCall("inactivate"_L1);
    if (failAt == "inactivate"_L1)
        return broken(u"disks"_s);
    blockActive = false;
    return {};
}

Result<void> FakeVm::activateBlock()
{
    if (failAt == "activate"_L1)
        return broken(u"disks"_s);
    blockActive = true;
    return {};
}

ino_t FakeVm::ramInode() const
{
    return inodeOf(m_memfd.get());
}

} // namespace cutover::fakes
