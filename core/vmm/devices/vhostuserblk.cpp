// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/vhostuserblk.h"

#include "base/clock.h"
#include "fdpass/unixsocket.h"
#include "vmm/devices/vhostuserwait.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/virtio.h"

#include <QJsonObject>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace cutover::vmm {

using engine::FdClass;
using engine::FdSlot;
using engine::Ownership;
using fdpass::FdKind;
using vhostuser::Request;

namespace {

// virtio 1.2, 5.2.3
constexpr quint64 featureReadOnly = quint64{ 1 } << 5;
constexpr quint64 featureBlockSize = quint64{ 1 } << 6;
constexpr quint64 featureFlush = quint64{ 1 } << 9;
constexpr quint64 featureMultiQueue = quint64{ 1 } << 12;

constexpr qsizetype connectionSlot = 0;
constexpr qsizetype tokenSlot = 1;
constexpr qsizetype queueSlots = 2;
constexpr long retryNs = 1'000'000;

qint64 deadlineIn(int limitMs)
{
    return monotonicNs() + qint64{ limitMs } * 1'000'000;
}

} // namespace

VhostUserBlk::VhostUserBlk(
    QString id, VhostUserBlkConfig config, GuestMemory& memory, std::vector<QueueLayout> queues)
    : Device(QStringLiteral("vhost-user-blk"), std::move(id), config.migrateFds)
    , m_config(std::move(config))
    , m_memory(memory)
    , m_layouts(std::move(queues))
    , m_frontEnd(this->id())
{
}

VhostUserBlk::~VhostUserBlk() = default;

quint64 VhostUserBlk::features() const
{
    return virtio::featureVersion1 | featureBlockSize | featureFlush
        | (m_layouts.size() > 1 ? featureMultiQueue : 0);
}

quint64 VhostUserBlk::capacityBytes() const
{
    quint64 sectors = 0;
    std::memcpy(&sectors, m_space.data(), sizeof sectors);
    return sectors * virtio::sectorBytes;
}

QJsonObject VhostUserBlk::guestConfiguration() const
{
    return { { QStringLiteral("queues"), static_cast<qint64>(m_layouts.size()) },
        { QStringLiteral("queue-size"), m_layouts.empty() ? 0 : m_layouts.front().size },
        { QStringLiteral("features"), QString::number(features(), 16) } };
}

QString VhostUserBlk::attempt(const char* what) const
{
    return QString(QLatin1String(what) + QLatin1String(" of the vhost-user-blk device"));
}

Result<void> VhostUserBlk::realizeFrontend()
{
    const QString what = QStringLiteral("realize the vhost-user-blk device");
    if (m_layouts.empty() || m_layouts.size() > maxQueueCount) {
        return failure(ErrorCode::InvalidArgument, what, id(),
            QStringLiteral("%1 queues are not 1 to %2").arg(m_layouts.size()).arg(maxQueueCount));
    }
    const auto blocks = m_memory.blocks();
    if (blocks.size() > vhostuser::maxMemoryRegions) {
        return failure(ErrorCode::LimitExceeded, what, id(),
            QStringLiteral("%1 RAM blocks, the protocol carries %2")
                .arg(blocks.size())
                .arg(vhostuser::maxMemoryRegions));
    }
    auto rings = GuestRings::create(m_memory, m_layouts);
    if (!rings)
        return std::unexpected(rings.error());

    std::vector<vhostuser::MemoryRegion> regions;
    std::vector<MemoryKey> keys;
    for (quint64 guestAddress = 0; const engine::RamBlock& block : blocks) {
        struct stat status{};
        if (::fstat(block.memfd, &status) != 0)
            return systemError(what, block.id, errno);
        regions.push_back({ .guestAddress = guestAddress,
            .bytes = block.bytes,
            .userAddress = GuestRings::userAddressBase + guestAddress,
            .offset = 0,
            .fd = block.memfd });
        keys.push_back({ .device = status.st_dev, .inode = status.st_ino, .bytes = block.bytes });
        guestAddress += block.bytes;
    }
    m_rings = std::move(*rings);
    m_regions = std::move(regions);
    m_memoryKeys = std::move(keys);
    m_table.clear();
    m_table.setMemTable(m_regions);
    m_table.needReply();

    m_slots = { FdSlot{ .name = id(), .id = 0, .kind = FdKind::Socket, .fdClass = FdClass::Exclusive },
        FdSlot{ .name = id() + QStringLiteral("/token"),
            .id = 0,
            .kind = FdKind::Memfd,
            .fdClass = FdClass::Shareable } };
    for (qint32 queue = 0; queue < static_cast<qint32>(m_rings.count()); ++queue) {
        m_slots.append({ .name = id() + QStringLiteral("/kick"), .id = queue, .kind = FdKind::EventFd });
        m_slots.append({ .name = id() + QStringLiteral("/call"), .id = queue, .kind = FdKind::EventFd });
    }
    if (m_config.inflight)
        m_slots.append({ .name = id() + QStringLiteral("/inflight"), .id = 0, .kind = FdKind::Memfd });
    m_kicks.resize(m_rings.count());
    m_calls.resize(m_rings.count());
    m_callNumbers.assign(m_rings.count(), -1);
    m_indices.resize(m_rings.count());
    return {};
}

Result<void> VhostUserBlk::openBackend()
{
    const QString what = attempt("open the back end");
    if (m_connection || m_token || m_slots.isEmpty())
        return failure(
            ErrorCode::Protocol, what, id(), QStringLiteral("it is open, or the device is not realized"));
    auto token = engine::OwnershipToken::create(id());
    if (!token)
        return std::unexpected(token.error());
    std::vector<UniqueFd> events;
    for (std::uint32_t i = 0; i < 2 * m_rings.count(); ++i) {
        events.push_back(UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
        if (!events.back())
            return systemError(what, id(), errno);
    }
    if (auto opened = openConnection(deadlineIn(m_config.openTimeLimitMs)); !opened)
        return opened;
    m_token = std::move(*token);
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue) {
        m_kicks[queue] = std::move(events[2 * queue]);
        m_calls[queue] = std::move(events[2 * queue + 1]);
    }
    buildSetup();
    return {};
}

Result<void> VhostUserBlk::attachFd(qsizetype index, UniqueFd fd)
{
    const QString what = attempt("use a descriptor");
    if (index < 0 || index >= m_slots.size() || !fd)
        return failure(
            ErrorCode::InvalidArgument, what, id(), QStringLiteral("there is no slot %1").arg(index));
    if (slotFd(index) >= 0)
        return failure(ErrorCode::Protocol, what, m_slots[index].name, QStringLiteral("it came twice"));

    if (index == connectionSlot) {
        sockaddr_storage peer{};
        socklen_t length = sizeof peer;
        if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&peer), &length) != 0)
            return systemError(what, m_slots[index].name, errno);
        m_connection = std::move(fd);
        m_frontEnd.attach(m_connection.get());
        m_openedHere = m_sharedBefore = m_unconfirmed = m_tableStale = false;
    } else if (index == tokenSlot) {
        auto token = engine::OwnershipToken::adopt(std::move(fd));
        if (!token)
            return std::unexpected(token.error());
        m_token = std::move(*token);
    } else if (index < queueSlots + 2 * qsizetype{ m_rings.count() }) {
        const auto queue = static_cast<std::size_t>(index - queueSlots) / 2;
        auto& event = (index - queueSlots) % 2 == 0 ? m_kicks[queue] : m_calls[queue];
        event = std::move(fd);
    } else {
        struct stat status{};
        if (::fstat(fd.get(), &status) != 0)
            return systemError(what, m_slots[index].name, errno);
        m_inflight = { .bytes = static_cast<quint64>(status.st_size),
            .offset = 0,
            .queues = static_cast<quint16>(m_rings.count()),
            .queueSize = m_rings.layout(0).size,
            .fd = std::move(fd) };
    }
    if (isComplete())
        buildSetup();
    return {};
}

int VhostUserBlk::slotFd(qsizetype index) const
{
    if (index < 0 || index >= m_slots.size())
        return -1;
    if (index == connectionSlot)
        return m_connection.get();
    if (index == tokenSlot)
        return m_token.fd();
    const auto queue = static_cast<std::size_t>(index - queueSlots) / 2;
    if (queue >= m_rings.count())
        return m_inflight.fd.get();
    return (index - queueSlots) % 2 == 0 ? m_kicks[queue].get() : m_calls[queue].get();
}

bool VhostUserBlk::isComplete() const
{
    for (qsizetype slot = 0; slot < m_slots.size(); ++slot) {
        if (slotFd(slot) < 0)
            return false;
    }
    return !m_slots.isEmpty();
}

void VhostUserBlk::detachBackend()
{
    // No shutdown(): another process may have been given the connection.
    m_connection.reset();
    m_frontEnd.attach(-1);
    m_token = {};
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue) {
        m_kicks[queue].reset();
        m_calls[queue].reset();
    }
    m_inflight = {};
    m_setup.clear();
    m_loadedIndices.reset();
    m_loadedRunning.reset();
    m_owned = m_openedHere = m_reopen = m_sharedBefore = m_unconfirmed = m_tableStale = false;
}

void VhostUserBlk::closeConnection()
{
    // The back end serves one front end at a time, and this one for as long as anybody has a duplicate.
    if (m_connection)
        (void)::shutdown(m_connection.get(), SHUT_RDWR);
    m_connection.reset();
    m_frontEnd.attach(-1);
}

Result<UniqueFd> VhostUserBlk::connectBackend(std::int64_t deadlineNs)
{
    for (;;) {
        auto connection = fdpass::connectUnix(m_config.socket);
        if (connection || connection.error().code != ErrorCode::Busy || monotonicNs() >= deadlineNs)
            return connection;
        const timespec pause{ .tv_sec = 0, .tv_nsec = retryNs };
        (void)::nanosleep(&pause, nullptr);
    }
}

Result<void> VhostUserBlk::openConnection(std::int64_t deadlineNs)
{
    auto connection = connectBackend(deadlineNs);
    if (!connection)
        return std::unexpected(connection.error());
    m_connection = std::move(*connection);
    m_frontEnd.attach(m_connection.get());
    const auto space = negotiate(deadlineNs);
    if (!space) {
        closeConnection();
        return std::unexpected(space.error());
    }
    m_space = *space;
    m_spaceKnown = true;
    m_openedHere = true;
    m_reopen = m_sharedBefore = m_unconfirmed = m_tableStale = false;
    return {};
}

Result<VhostUserBlk::ConfigSpace> VhostUserBlk::negotiate(std::int64_t deadlineNs)
{
    const QString what = attempt("set up the back end");
    const auto offered = m_frontEnd.features(deadlineNs);
    if (!offered) {
        if (offered.error().code != ErrorCode::Timeout)
            return std::unexpected(offered.error());
        return failure(ErrorCode::Busy, what, id(),
            QStringLiteral("it does not answer: another front end has it"),
            QStringLiteral("Release the disk from the VMM that is connected to the storage daemon"));
    }
    const quint64 wanted = features() | vhostuser::protocolFeaturesBit;
    if ((*offered & wanted) != wanted) {
        return failure(ErrorCode::Unsupported, what, id(),
            QStringLiteral("it lacks the features 0x%1").arg(wanted & ~*offered, 0, 16));
    }
    if ((*offered & featureReadOnly) != 0) {
        return failure(ErrorCode::Refused, what, id(), QStringLiteral("the disk is read-only"),
            QStringLiteral("Export the disk with writable=on"));
    }

    const quint64 protocolWanted = vhostuser::protocol::replyAck | vhostuser::protocol::config
        | (m_rings.count() > 1 ? vhostuser::protocol::mq : 0)
        | (m_config.inflight ? vhostuser::protocol::inflightShmfd : 0);
    const auto protocolOffered = m_frontEnd.protocolFeatures(deadlineNs);
    if (!protocolOffered)
        return std::unexpected(protocolOffered.error());
    if ((*protocolOffered & protocolWanted) != protocolWanted) {
        return failure(ErrorCode::Unsupported, what, id(),
            QStringLiteral("it lacks the protocol features 0x%1")
                .arg(protocolWanted & ~*protocolOffered, 0, 16));
    }
    vhostuser::Batch batch;
    batch.setProtocolFeatures(protocolWanted);
    if (auto sent = m_frontEnd.send(batch, deadlineNs); !sent)
        return std::unexpected(sent.error());
    if (m_rings.count() > 1) {
        const auto queues = m_frontEnd.queueCount(deadlineNs);
        if (!queues)
            return std::unexpected(queues.error());
        if (*queues < m_rings.count()) {
            return failure(ErrorCode::Unsupported, what, id(),
                QStringLiteral("it has %1 queues, the device needs %2").arg(*queues).arg(m_rings.count()));
        }
    }
    batch.clear();
    batch.setOwner();
    batch.setFeatures(wanted);
    batch.setMemTable(m_regions);
    batch.needReply();
    if (auto sent = m_frontEnd.sendAcknowledged(batch, Request::SetMemTable, deadlineNs); !sent)
        return std::unexpected(sent.error());

    if (m_config.inflight) {
        if (!m_inflight.fd) {
            auto region = m_frontEnd.inflight(
                static_cast<quint16>(m_rings.count()), m_rings.layout(0).size, deadlineNs);
            if (!region)
                return std::unexpected(region.error());
            m_inflight = std::move(*region);
        }
        batch.clear();
        batch.setInflightFd(m_inflight);
        batch.needReply();
        if (auto sent = m_frontEnd.sendAcknowledged(batch, Request::SetInflightFd, deadlineNs); !sent)
            return std::unexpected(sent.error());
    }
    ConfigSpace space{};
    if (auto told = m_frontEnd.config(space, deadlineNs); !told)
        return std::unexpected(told.error());
    return space;
}

void VhostUserBlk::buildSetup()
{
    m_setup.clear();
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue) {
        m_setup.setVringNum(queue, m_rings.layout(queue).size);
        m_setup.setVringBase(queue, 0);
        m_setup.setVringAddr(queue, m_rings.userAddresses(queue));
        m_setup.setVringCall(queue, m_calls[queue].get());
        m_setup.setVringKick(queue, m_kicks[queue].get());
        m_setup.setVringEnable(queue, true);
        m_callNumbers[queue] = m_calls[queue].get();
    }
    m_setup.needReply();
}

} // namespace cutover::vmm
