// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "engine/token.h"
#include "vmm/devices/guestrings.h"
#include "vmm/devices/vhostuser.h"

#include <QList>
#include <QString>

#include <array>
#include <optional>
#include <vector>

namespace cutover::vmm {

struct VhostUserBlkConfig
{
    QString socket; ///< the back end listens there
    bool migrateFds = true;
    /// Hands the rings over as they are, running: the next owner has the same memory and eventfds, so there
    /// is nothing to tell the back end. Where RAM is copied they are stopped and set up all the same.
    bool keepRings = false;
    /// Uses an inflight region, which the back end must then offer.
    bool inflight = false;
    int openTimeLimitMs = 2000; ///< of openBackend() and of load()
};

/// "vhost-user-blk": a disk whose queues another process works on, in guest memory. This process only sets
/// the queues up; data moves without it, so start() and stop() do next to nothing.
///
/// A connection is handed over with its session: the back end keeps features, owner and memory table, whose
/// user addresses are the same in every process (GuestRings::userAddressBase). Each new owner sets up the
/// rings, at the indices that guest memory tells, and the memory table where its memory is another one.
/// A connection that was released and is taken again may have been used in between; one that cannot
/// be brought to a known state is shut down and opened anew.
///
/// What the rings' indices are is known from guest memory, and the back end does what it is asked in order.
/// So release() with Keep::Backend does not wait for the back end's replies, nor does take() on a connection
/// that was handed over and whose memory table fits: confirm() reads them when there is time, and the next
/// release() does. While dirty logging is on, release() waits: the back end must not write after RAM was
/// read.
///
/// Slots: connection, token, then kick and call for each queue, then the inflight region if there is one.
class VhostUserBlk : public engine::Device
{
public:
    static constexpr std::uint32_t maxQueueCount = 8;

    /// \a memory outlives the device and has its blocks before realizeFrontend().
    VhostUserBlk(QString id, VhostUserBlkConfig config, GuestMemory& memory, std::vector<QueueLayout> queues);
    ~VhostUserBlk() override;

    /// The virtio features the guest is told of; the same for every back end.
    quint64 features() const;
    /// 0 while neither a back end nor a state has told it.
    quint64 capacityBytes() const;

    /// Waits until the back end has acknowledged the last take(); success when it has already. Disconnected,
    /// Timeout or Remote when it does not work for us: its requests will not complete.
    Result<void> confirm(int timeLimitMs);

    QJsonObject guestConfiguration() const override;
    QString resource() const override { return m_config.socket; }
    Result<void> realizeFrontend() override;
    QList<engine::FdSlot> fdSlots() const override { return m_slots; }
    Result<void> openBackend() override;
    Result<void> attachFd(qsizetype index, UniqueFd fd) override;
    int slotFd(qsizetype index) const override;
    void detachBackend() override;
    Result<void> take(int timeLimitMs) override;
    Result<void> release(int timeLimitMs, Keep keep) override;
    engine::Ownership ownership() const override;
    void start() override;
    void stop() override;
    void save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

private:
    /// The fields of virtio_blk_config up to num_queues (virtio 1.2, 5.2.4).
    using ConfigSpace = std::array<std::byte, 36>;
    /// Tells one memfd from another on this host.
    struct MemoryKey
    {
        quint64 device = 0;
        quint64 inode = 0;
        quint64 bytes = 0;
        bool operator==(const MemoryKey&) const = default;
    };
    struct State;

    Result<UniqueFd> connectBackend(std::int64_t deadlineNs);
    Result<ConfigSpace> negotiate(std::int64_t deadlineNs);
    Result<void> openConnection(std::int64_t deadlineNs);
    void closeConnection();
    void ringForWaiting();
    Result<void> takeRings(std::int64_t deadlineNs);
    Result<void> checkIndices() const;
    Result<void> sendMemoryTable(std::int64_t deadlineNs);
    Result<void> sendRings(std::int64_t deadlineNs);
    Result<void> setRings(std::int64_t deadlineNs);
    Result<void> stopRings(std::int64_t deadlineNs, bool wait);
    void buildSetup();
    bool isComplete() const;
    Result<State> readState(QCborStreamReader& reader) const;
    QString attempt(const char* what) const;

    VhostUserBlkConfig m_config;
    GuestMemory& m_memory;
    std::vector<QueueLayout> m_layouts;

    GuestRings m_rings;
    QList<engine::FdSlot> m_slots;
    std::vector<vhostuser::MemoryRegion> m_regions;
    std::vector<MemoryKey> m_memoryKeys;

    UniqueFd m_connection;
    engine::OwnershipToken m_token;
    std::vector<UniqueFd> m_kicks;
    std::vector<UniqueFd> m_calls;
    std::vector<int> m_callNumbers;
    vhostuser::Inflight m_inflight;

    vhostuser::FrontEnd m_frontEnd;
    vhostuser::Batch m_setup;
    vhostuser::Batch m_table;
    std::vector<quint16> m_indices;
    ConfigSpace m_space{};
    bool m_spaceKnown = false;
    std::optional<std::vector<quint16>> m_loadedIndices; ///< checked against guest memory
    std::optional<bool> m_loadedRunning;
    bool m_owned = false;
    bool m_openedHere = false; ///< the connection's session is ours from its beginning
    bool m_reopen = false; ///< take() opens the connection
    bool m_sharedBefore = false; ///< another process may have used the connection since we did
    bool m_ringsKept = false; ///< what the last release() did
    bool m_unconfirmed = false; ///< take() was not acknowledged yet
    bool m_tableStale = false; ///< the back end has other memory than ours
};

} // namespace cutover::vmm
