// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/tapnet.h"

#include "vmm/devices/cborstate.h"
#include "vmm/devices/packetsocket.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/virtio.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::FdClass;
using engine::FdSlot;
using engine::Ownership;

namespace {

/// Frames moved before other queues have their turn.
constexpr int batch = 64;
constexpr qsizetype pairFields = 8;

// virtio 1.2, 5.1.3: Feature bits
constexpr quint64 featureChecksum = quint64{ 1 } << 0;
constexpr quint64 featureGuestChecksum = quint64{ 1 } << 1;
constexpr quint64 featureMac = quint64{ 1 } << 5;

QString attempt()
{
    return u"set up the network device"_s;
}

void ring(int doorbell)
{
    const std::uint64_t one = 1;
    (void)!::write(doorbell, &one, sizeof one);
}

void clear(int doorbell)
{
    std::uint64_t count = 0;
    (void)!::read(doorbell, &count, sizeof count);
}

void add(std::atomic<quint64>& counter)
{
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// The kernel leaves the header's last field as it was; without mergeable buffers it is 1.
void setBufferCount(std::span<const iovec> parts)
{
    constexpr std::array<std::byte, 2> one{ std::byte{ 1 }, std::byte{ 0 } };
    std::size_t skip = offsetof(virtio::NetHeader, bufferCount);
    std::size_t done = 0;
    for (const iovec& part : parts) {
        for (; skip < part.iov_len && done < one.size(); ++skip)
            static_cast<std::byte*>(part.iov_base)[skip] = one[done++];
        if (done == one.size())
            return;
        skip -= part.iov_len;
    }
}

} // namespace

struct TapNet::Pair
{
    std::optional<Virtqueue> receive;
    std::optional<Virtqueue> transmit;
    UniqueFd receiveBell;
    UniqueFd transmitBell;
    UniqueFd tap;
    // Written by the I/O thread alone while the device runs.
    std::atomic<quint64> received = 0;
    std::atomic<quint64> receiveDropped = 0;
    std::atomic<quint64> sent = 0;
    std::atomic<quint64> sendDropped = 0;
};

TapNet::TapNet(const QString& id, TapNetConfig config, GuestMemory& memory, IoThread& thread,
    std::vector<QueueLayout> layouts)
    : Device(u"tap-net"_s, id, config.migrateFds)
    , m_config(std::move(config))
    , m_memory(memory)
    , m_layouts(std::move(layouts))
    , m_io(thread)
{
}

TapNet::~TapNet()
{
    detachBackend();
}

/// The same on both sides of a migration, where the number is open on one side only.
QString TapNet::resource() const
{
    if (!onSockets())
        return m_config.interface;
    QStringList numbers;
    for (const int number : m_config.sockets)
        numbers << QString::number(number);
    return u"fd="_s + numbers.join(u':');
}

QString TapNet::reopenObstacle() const
{
    return onSockets() ? u"its network is a socket, which has no name to open it by"_s : QString();
}

QJsonObject TapNet::guestConfiguration() const
{
    return { { u"driver"_s, driver() }, { u"id"_s, id() }, { u"queues"_s, qint64(m_config.queues) },
        { u"offloads"_s, m_config.offloads } };
}

quint64 TapNet::features() const
{
    const quint64 checksums = m_config.offloads ? featureChecksum | featureGuestChecksum : 0;
    return virtio::featureVersion1 | featureMac | checksums;
}

TapOptions TapNet::tapOptions() const
{
    return {
        .interface = m_config.interface, .multiQueue = m_config.queues > 1, .offloads = m_config.offloads
    };
}

Result<void> TapNet::realizeFrontend()
{
    if (m_config.queues < 1 || m_config.queues > maxQueuePairs) {
        return failure(ErrorCode::InvalidArgument, attempt(), id(),
            u"it has %1 queues, and 1 to %2 are possible"_s.arg(m_config.queues).arg(maxQueuePairs));
    }
    if (onSockets() && m_config.sockets.size() != qsizetype(m_config.queues)) {
        return failure(ErrorCode::InvalidArgument, attempt(), id(),
            u"it has %1 queues, but %2 descriptors"_s.arg(m_config.queues).arg(m_config.sockets.size()));
    }
    if (m_config.vhost) {
        return failure(ErrorCode::Unsupported, attempt(), id(), u"vhost-net is not available"_s,
            u"Use vhost=off: the frames are then moved by this process."_s);
    }
    if (m_layouts.size() != std::size_t(m_config.queues) * 2)
        return failure(
            ErrorCode::InvalidArgument, attempt(), id(), u"it needs two virtqueues for each queue"_s);
    m_pairs.clear();
    for (std::size_t index = 0; index < m_config.queues; ++index) {
        auto pair = std::make_unique<Pair>();
        auto receiveQueue = Virtqueue::create(m_memory, m_layouts[2 * index]);
        if (!receiveQueue)
            return std::unexpected(receiveQueue.error());
        auto transmitQueue = Virtqueue::create(m_memory, m_layouts[2 * index + 1]);
        if (!transmitQueue)
            return std::unexpected(transmitQueue.error());
        pair->receive = *receiveQueue;
        pair->transmit = *transmitQueue;
        pair->receiveBell = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        pair->transmitBell = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!pair->receiveBell || !pair->transmitBell)
            return systemError(attempt(), id(), errno);
        m_pairs.push_back(std::move(pair));
    }
    for (const auto& pair : m_pairs) {
        if (auto added = m_io.add(pair->receiveBell.get(), EPOLLIN,
                [this, it = pair.get()](std::uint32_t) { buffersCame(*it); });
            !added)
            return added;
        if (auto added = m_io.add(
                pair->transmitBell.get(), EPOLLIN, [this, it = pair.get()](std::uint32_t) { transmit(*it); });
            !added)
            return added;
    }
    m_io.setResumed([this] { resumed(); });
    return {};
}

int TapNet::doorbell(quint32 queue) const
{
    if (queue / 2 >= m_pairs.size())
        return -1;
    const Pair& pair = *m_pairs[queue / 2];
    return (queue % 2 == 0 ? pair.receiveBell : pair.transmitBell).get();
}

QList<FdSlot> TapNet::fdSlots() const
{
    QList<FdSlot> list;
    list.reserve(qsizetype(m_config.queues) + 1);
    for (qint32 queue = 0; queue < qint32(m_config.queues); ++queue)
        list.append(
            { id(), queue, onSockets() ? fdpass::FdKind::Socket : fdpass::FdKind::Tap, FdClass::Exclusive });
    list.append({ id() + u"/token"_s, 0, fdpass::FdKind::Memfd, FdClass::Shareable });
    return list;
}

Result<void> TapNet::addTap(Pair& pair, UniqueFd fd)
{
    const auto added = m_io.add(fd.get(), EPOLLIN, [this, it = &pair](std::uint32_t) { receive(*it); });
    if (added)
        pair.tap = std::move(fd);
    return added;
}

Result<UniqueFd> TapNet::openQueue(qsizetype index)
{
    if (!onSockets())
        return openTapQueue(tapOptions());
    return takePacketSocket(m_config.sockets[index]);
}

Result<void> TapNet::openBackend()
{
    // What has the numbers afterwards is another file.
    if (onSockets() && std::exchange(m_socketsTaken, true))
        return failure(ErrorCode::NotFound, u"open the network again"_s, resource(), reopenObstacle());
    auto token = engine::OwnershipToken::create((onSockets() ? u"socket "_s : u"tap "_s) + resource());
    if (!token)
        return std::unexpected(token.error());
    for (std::size_t index = 0; index < m_pairs.size(); ++index) {
        auto tap = openQueue(qsizetype(index));
        auto added
            = tap ? addTap(*m_pairs[index], std::move(*tap)) : Result<void>(std::unexpected(tap.error()));
        if (!added) {
            closeTaps();
            return added;
        }
    }
    m_token = std::move(*token);
    return {};
}

Result<void> TapNet::attachFd(qsizetype index, UniqueFd fd)
{
    if (index < 0 || index > qsizetype(m_pairs.size()))
        return failure(ErrorCode::Protocol, u"use a descriptor of"_s, id(), u"there is no such slot"_s);
    if (slotFd(index) >= 0)
        return failure(ErrorCode::Protocol, u"use a descriptor of"_s, id(), u"the slot has one already"_s);
    if (index == qsizetype(m_pairs.size())) {
        auto token = engine::OwnershipToken::adopt(std::move(fd));
        if (!token)
            return std::unexpected(token.error());
        m_token = std::move(*token);
        return {};
    }
    if (auto fits = onSockets() ? checkPacketSocket(fd.get()) : checkTapQueue(fd.get(), tapOptions()); !fits)
        return fits;
    return addTap(*m_pairs[std::size_t(index)], std::move(fd));
}

int TapNet::slotFd(qsizetype index) const
{
    if (index == qsizetype(m_pairs.size()))
        return m_token.fd();
    if (index < 0 || index > qsizetype(m_pairs.size()))
        return -1;
    return m_pairs[std::size_t(index)]->tap.get();
}

void TapNet::closeTaps()
{
    for (const auto& pair : m_pairs) {
        if (pair->tap)
            m_io.remove(pair->tap.get());
        pair->tap.reset();
    }
}

void TapNet::detachBackend()
{
    m_io.pause();
    closeTaps();
    m_token = {};
}

Result<void> TapNet::take(int /*timeLimitMs*/)
{
    if (m_token.held())
        return {};
    const auto opened = std::ranges::count_if(m_pairs, [](const auto& pair) { return bool(pair->tap); });
    if (opened == 0 && !m_token) {
        if (auto result = openBackend(); !result)
            return result;
    } else if (opened != qsizetype(m_pairs.size())) {
        return failure(ErrorCode::Protocol, u"take the TAP of"_s, id(), u"not all its queues have come"_s);
    }
    return m_token.take();
}

Result<void> TapNet::release(int /*timeLimitMs*/, Keep keep)
{
    m_io.pause();
    m_token.release();
    // What nobody can open is free for nobody when we close it.
    if (keep == Keep::Nothing && !onSockets())
        detachBackend();
    return {};
}

Ownership TapNet::ownership() const
{
    return m_token.held() ? Ownership::Owned : Ownership::None;
}

void TapNet::save(QCborStreamWriter& writer) const
{
    writer.startArray(quint64(m_pairs.size()) * quint64(pairFields));
    for (const auto& pair : m_pairs) {
        writer.append(quint64(pair->receive->availableIndex()));
        writer.append(quint64(pair->receive->usedIndex()));
        writer.append(quint64(pair->transmit->availableIndex()));
        writer.append(quint64(pair->transmit->usedIndex()));
        for (const auto* counter :
            { &pair->received, &pair->receiveDropped, &pair->sent, &pair->sendDropped })
            writer.append(counter->load(std::memory_order_relaxed));
    }
    writer.endArray();
}

qsizetype TapNet::stateSize() const
{
    return 9 + qsizetype(m_config.queues) * pairFields * 9;
}

Result<void> TapNet::load(QCborStreamReader& reader)
{
    StateReader state(reader, id());
    state.enterArray(qsizetype(m_pairs.size()) * pairFields);
    for (const auto& pair : m_pairs) {
        for (Virtqueue* queue : { &*pair->receive, &*pair->transmit }) {
            const auto available = quint16(state.number(0xffff));
            const auto used = quint16(state.number(0xffff));
            if (state.ok() && available != used)
                state.fail(u"frames were in flight"_s);
            if (state.ok())
                queue->setIndices(available, used);
        }
        for (auto* counter : { &pair->received, &pair->receiveDropped, &pair->sent, &pair->sendDropped })
            counter->store(state.number(), std::memory_order_relaxed);
    }
    state.leaveArray();
    return state.result();
}

TapNet::Counters TapNet::counters() const
{
    Counters sum;
    for (const auto& pair : m_pairs) {
        sum.received += pair->received.load(std::memory_order_relaxed);
        sum.receiveDropped += pair->receiveDropped.load(std::memory_order_relaxed);
        sum.sent += pair->sent.load(std::memory_order_relaxed);
        sum.sendDropped += pair->sendDropped.load(std::memory_order_relaxed);
    }
    return sum;
}

const char* TapNet::fault() const
{
    for (const auto& pair : m_pairs) {
        for (const Virtqueue* queue : { &*pair->receive, &*pair->transmit }) {
            if (queue->broken())
                return queue->fault();
        }
    }
    return nullptr;
}

void TapNet::resumed()
{
    // What was queued before the start was rung for elsewhere, and the rings say so in the former owner's
    // words.
    for (const auto& pair : m_pairs) {
        transmit(*pair);
        buffersCame(*pair);
    }
}

void TapNet::buffersCame(Pair& pair)
{
    clear(pair.receiveBell.get());
    if (pair.receive->broken())
        return;
    pair.receive->setNotification(false);
    m_io.setEvents(pair.tap.get(), EPOLLIN);
    receive(pair);
}

void TapNet::receive(Pair& pair)
{
    for (int frames = 0; frames < batch && !m_io.pausing(); ++frames) {
        if (!receiveOne(pair))
            return;
    }
}

/// False when there is nothing more to do for now.
bool TapNet::receiveOne(Pair& pair)
{
    Virtqueue& queue = *pair.receive;
    auto element = queue.pop();
    if (!element) {
        queue.setNotification(true);
        if (!queue.empty())
            return true;
        m_io.setEvents(pair.tap.get(), 0);
        return false;
    }
    // A byte more than the buffer tells a frame that is too long from one that just fits.
    std::array<iovec, Virtqueue::maxChain + 1> parts;
    std::byte excess{};
    const auto end = std::ranges::copy(element->writable(), parts.begin()).out;
    *end = { .iov_base = &excess, .iov_len = 1 };
    const ssize_t bytes = ::readv(pair.tap.get(), parts.data(), int(element->writable().size()) + 1);
    if (bytes < 0) {
        queue.unpop();
        if (errno != EAGAIN && errno != EINTR)
            m_io.setEvents(pair.tap.get(), 0); // the interface, or the socket's other end, is gone
        return errno == EINTR;
    }
    if (bytes == 0 && onSockets() && !hasPeer(pair.tap.get())) {
        queue.unpop();
        m_io.setEvents(pair.tap.get(), 0);
        return false;
    }
    if (quint64(bytes) > element->writableBytes() || bytes < netHeaderBytes) {
        queue.unpop();
        add(pair.receiveDropped);
        return true;
    }
    setBufferCount(element->writable());
    queue.push(*element, quint32(bytes));
    add(pair.received);
    return true;
}

ssize_t TapNet::send(int fd, std::span<const iovec> parts) const
{
    if (!onSockets())
        return ::writev(fd, parts.data(), int(parts.size()));
    // sendmsg() because writev() to a socket without its other end would be a signal.
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

void TapNet::transmit(Pair& pair)
{
    Virtqueue& queue = *pair.transmit;
    queue.setNotification(false);
    for (int frames = 0; frames < batch && !m_io.pausing(); ++frames) {
        const auto element = queue.pop();
        if (!element) {
            // In this order: a doorbell rung after the switch is not lost.
            clear(pair.transmitBell.get());
            queue.setNotification(true);
            if (queue.empty())
                return;
            queue.setNotification(false);
            continue;
        }
        const auto parts = element->readable();
        const ssize_t bytes = send(pair.tap.get(), parts);
        add(bytes < 0 ? pair.sendDropped : pair.sent);
        queue.push(*element, 0);
    }
    ring(pair.transmitBell.get());
}

} // namespace cutover::vmm
