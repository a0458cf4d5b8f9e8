// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "vmm/devices/cborstate.h"
#include "vmm/devices/vhostuserblk.h"
#include "vmm/guest/guestmemory.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <algorithm>
#include <sys/eventfd.h>

/// Taking, releasing and the state of a vhost-user-blk device.
namespace cutover::vmm {

using engine::Ownership;
using vhostuser::Request;

namespace {

/// A back end answers within microseconds; one that does not has half a request of somebody else's.
constexpr std::int64_t reconnectAfterNs = 200'000'000;

qint64 deadlineIn(int limitMs)
{
    return monotonicNs() + qint64{ limitMs } * 1'000'000;
}

std::unexpected<Error> malformed(const QString& id, const QString& cause)
{
    return failure(
        ErrorCode::Malformed, QStringLiteral("load the state of the vhost-user-blk device"), id, cause);
}

} // namespace

struct VhostUserBlk::State
{
    quint64 features = 0;
    bool running = false; ///< the back end still works on the rings
    ConfigSpace space{};
    std::vector<quint16> indices;
    std::vector<MemoryKey> memory;
};

Ownership VhostUserBlk::ownership() const
{
    return m_owned ? Ownership::Owned : Ownership::None;
}

Result<void> VhostUserBlk::take(int timeLimitMs)
{
    if (m_owned)
        return {};
    if (!m_reopen && !isComplete())
        return failure(ErrorCode::InvalidArgument, attempt("take the rings"), id(),
            QStringLiteral("it has no back end"));
    if (auto token = m_token.take(); !token)
        return token;
    if (auto taken = takeRings(deadlineIn(timeLimitMs)); !taken) {
        m_sharedBefore = true;
        m_token.release();
        return taken;
    }
    m_owned = true;
    return {};
}

Result<void> VhostUserBlk::takeRings(std::int64_t deadlineNs)
{
    if (auto agree = checkIndices(); !agree)
        return agree;
    if (!m_connection) {
        if (auto opened = openConnection(deadlineNs); !opened)
            return opened;
    } else if (m_sharedBefore) {
        // Whoever had the connection may have left replies unread, rings running and its own memory mapped.
        const std::int64_t nowNs = monotonicNs();
        const std::int64_t patienceNs = nowNs + std::min((deadlineNs - nowNs) / 2, reconnectAfterNs);
        auto known = m_frontEnd.synchronize(m_rings.count(), patienceNs);
        if (known)
            known = sendMemoryTable(patienceNs);
        if (!known) {
            if (m_config.socket.isEmpty())
                return known;
            closeConnection();
            m_reopen = true;
            if (auto opened = openConnection(deadlineNs); !opened)
                return opened;
        }
    } else if (m_tableStale) {
        if (auto sent = sendMemoryTable(deadlineNs); !sent)
            return sent;
    } else if (!m_openedHere) {
        if (m_config.keepRings && m_loadedRunning.value_or(true))
            return {}; // load() sets them up should they not be running
        m_unconfirmed = true;
        return sendRings(deadlineNs);
    }
    return setRings(deadlineNs);
}

Result<void> VhostUserBlk::checkIndices() const
{
    for (std::uint32_t queue = 0; m_loadedIndices && queue < m_rings.count(); ++queue) {
        if (m_rings.used(queue) != (*m_loadedIndices)[queue])
            return malformed(id(), QStringLiteral("queue %1 is not where guest memory says").arg(queue));
    }
    return {};
}

Result<void> VhostUserBlk::sendMemoryTable(std::int64_t deadlineNs)
{
    auto sent = m_frontEnd.sendAcknowledged(m_table, Request::SetMemTable, deadlineNs);
    if (sent)
        m_tableStale = false;
    return sent;
}

Result<void> VhostUserBlk::sendRings(std::int64_t deadlineNs)
{
    // Guest memory tells where the back end is, whoever it has worked for: what is available but not used
    // is done again.
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue)
        m_setup.rewriteVringBase(queue, m_rings.used(queue));
    return m_frontEnd.send(m_setup, deadlineNs);
}

Result<void> VhostUserBlk::setRings(std::int64_t deadlineNs)
{
    auto done = sendRings(deadlineNs);
    if (done)
        done = m_frontEnd.awaitAcknowledgement(Request::SetVringEnable, deadlineNs);
    if (done)
        m_sharedBefore = m_unconfirmed = false;
    return done;
}

Result<void> VhostUserBlk::confirm(int timeLimitMs)
{
    if (!m_owned || !m_unconfirmed)
        return {};
    auto done = m_frontEnd.awaitAcknowledgement(Request::SetVringEnable, deadlineIn(timeLimitMs));
    if (done)
        m_unconfirmed = false;
    return done;
}

Result<void> VhostUserBlk::stopRings(std::int64_t deadlineNs, bool wait)
{
    if (m_unconfirmed) {
        if (auto agreed = m_frontEnd.awaitAcknowledgement(Request::SetVringEnable, deadlineNs); !agreed)
            return agreed;
        m_unconfirmed = false;
    }
    if (!wait)
        return m_frontEnd.askToStopRings(m_rings.count(), deadlineNs);
    if (auto stopped = m_frontEnd.stopRings(m_indices, deadlineNs); !stopped)
        return stopped;
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue) {
        if (m_indices[queue] != m_rings.used(queue)) {
            return failure(ErrorCode::Protocol, attempt("release the rings"), id(),
                QStringLiteral("the back end says queue %1 is at %2, guest memory %3")
                    .arg(queue)
                    .arg(m_indices[queue])
                    .arg(m_rings.used(queue)));
        }
    }
    return {};
}

Result<void> VhostUserBlk::release(int timeLimitMs, Keep keep)
{
    if (!m_owned)
        return {};
    const std::int64_t deadlineNs = deadlineIn(timeLimitMs);
    ringForWaiting(); // a processor may have been stopped between queueing a request and ringing for it
    // GET_VRING_BASE does not wait for requests in flight, whose buffers the next owner may reuse.
    if (auto drained = m_rings.drain(m_callNumbers, m_connection.get(), deadlineNs, id()); !drained)
        return drained;
    const bool apart = keep == Keep::Nothing || m_memory.dirtyLog();
    m_ringsKept = m_config.keepRings && !apart && !m_unconfirmed;
    auto stopped = m_ringsKept ? Result<void>() : stopRings(deadlineNs, apart);
    m_rings.markDirty();
    m_owned = false;
    m_sharedBefore = true;
    m_loadedIndices.reset();
    m_loadedRunning.reset();
    if (stopped && keep == Keep::Nothing) {
        closeConnection();
        m_reopen = true;
    }
    m_token.release();
    return stopped;
}

void VhostUserBlk::ringForWaiting()
{
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue) {
        if (m_owned && !m_rings.isDrained(queue))
            (void)::eventfd_write(m_kicks[queue].get(), 1);
    }
}

void VhostUserBlk::start()
{
    ringForWaiting(); // what was queued while nobody worked on the rings
}

void VhostUserBlk::stop()
{
    // The guest queues nothing while its processors are stopped; what is in flight completes in the back end.
}

qsizetype VhostUserBlk::stateSize() const
{
    constexpr qsizetype number = 9; // a CBOR head with 64 bits
    return 5 * number + static_cast<qsizetype>(sizeof m_space)
        + number * static_cast<qsizetype>(m_layouts.size())
        + 4 * number * static_cast<qsizetype>(m_memoryKeys.size());
}

void VhostUserBlk::save(QCborStreamWriter& writer) const
{
    writer.startArray(5);
    writer.append(features());
    writer.append(m_ringsKept);
    writer.appendByteString(
        reinterpret_cast<const char*>(m_space.data()), static_cast<qsizetype>(m_space.size()));
    writer.startArray(m_rings.count());
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue)
        writer.append(quint64{ m_rings.used(queue) });
    writer.endArray();
    writer.startArray(m_memoryKeys.size());
    for (const MemoryKey& key : m_memoryKeys) {
        writer.startArray(3);
        writer.append(key.device);
        writer.append(key.inode);
        writer.append(key.bytes);
        writer.endArray();
    }
    writer.endArray();
    writer.endArray();
}

Result<VhostUserBlk::State> VhostUserBlk::readState(QCborStreamReader& reader) const
{
    State state;
    StateReader in(reader, id());
    in.enterArray(5);
    state.features = in.number();
    state.running = in.boolean();
    if (in.bytes(state.space) != state.space.size())
        in.fail(QStringLiteral("its configuration space is too short"));
    in.enterArray(m_rings.count());
    for (std::uint32_t queue = 0; queue < m_rings.count(); ++queue)
        state.indices.push_back(static_cast<quint16>(in.number(0xffff)));
    in.leaveArray();
    in.enterArray(static_cast<qsizetype>(m_memoryKeys.size()));
    for (std::size_t block = 0; block < m_memoryKeys.size(); ++block) {
        in.enterArray(3);
        MemoryKey key;
        key.device = in.number();
        key.inode = in.number();
        key.bytes = in.number();
        in.leaveArray();
        state.memory.push_back(key);
    }
    in.leaveArray();
    in.leaveArray();
    if (auto result = in.result(); !result)
        return std::unexpected(result.error());
    return state;
}

Result<void> VhostUserBlk::load(QCborStreamReader& reader)
{
    const auto state = readState(reader);
    if (!state)
        return std::unexpected(state.error());
    if (state->features != features())
        return malformed(
            id(), QStringLiteral("the guest knows the features 0x%1").arg(state->features, 0, 16));
    if (m_spaceKnown && m_openedHere && m_space != state->space) {
        return failure(ErrorCode::Refused, QStringLiteral("load the state of the vhost-user-blk device"),
            id(), QStringLiteral("the disk is another one than the guest's"));
    }
    m_space = state->space;
    m_spaceKnown = true;
    m_loadedIndices = state->indices;
    m_loadedRunning = state->running;
    if (auto agree = m_owned ? checkIndices() : Result<void>(); !agree)
        return agree;
    if (m_openedHere)
        return {};
    // The connection came from another process. Where RAM did not, the back end still maps the other's.
    m_tableStale = state->memory != m_memoryKeys;
    const bool fits = !m_tableStale && (state->running || !m_config.keepRings);
    if (fits || !m_owned)
        return {};
    const std::int64_t deadlineNs = deadlineIn(m_config.openTimeLimitMs);
    auto moved = stopRings(deadlineNs, true);
    if (moved && m_tableStale)
        moved = sendMemoryTable(deadlineNs);
    if (moved)
        moved = setRings(deadlineNs);
    return moved;
}

} // namespace cutover::vmm
