// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "engine/token.h"
#include "vmm/devices/iothread.h"
#include "vmm/devices/tapdevice.h"
#include "vmm/guest/virtqueue.h"

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <sys/uio.h>
#include <vector>

namespace cutover::vmm {

struct TapNetConfig
{
    QString interface; ///< of the TAP; empty when there are sockets
    /// In place of a TAP: the numbers of connected sockets that this process was started with, as
    /// checkPacketSocket() has them, one for each queue. Each message is one frame as on the TAP: 12 bytes of
    /// virtio_net_hdr_v1 (virtio 1.2, 5.1.6), little-endian, then the Ethernet frame without its checksum.
    QList<int> sockets;
    quint32 queues = 1; ///< pairs of virtqueues, each with a queue of the TAP or a socket; 1 to 8
    bool vhost = false; ///< Unsupported: the I/O thread moves the frames
    bool offloads = true; ///< checksums are left to whoever needs them
    bool migrateFds = true;
};

/// A virtio network device on a TAP or on sockets. Frames that the guest has no buffer for wait in the queue
/// of the TAP or the socket; what is longer than a buffer is dropped, and so is what nobody takes. Slots: one
/// "<id>" for each queue, and the token.
class TapNet final : public engine::Device
{
public:
    static constexpr quint32 maxQueuePairs = 8;

    /// \a layouts: receive 0, transmit 0, receive 1, ... Memory and thread outlive the device.
    TapNet(const QString& id, TapNetConfig config, GuestMemory& memory, IoThread& thread,
        std::vector<QueueLayout> layouts);
    ~TapNet() override;

    QJsonObject guestConfiguration() const override;
    QString resource() const override;
    QString reopenObstacle() const override;
    Result<void> realizeFrontend() override;
    QList<engine::FdSlot> fdSlots() const override;
    Result<void> openBackend() override;
    Result<void> attachFd(qsizetype index, UniqueFd fd) override;
    int slotFd(qsizetype index) const override;
    void detachBackend() override;
    Result<void> take(int timeLimitMs) override;
    Result<void> release(int timeLimitMs, Keep keep) override;
    engine::Ownership ownership() const override;
    std::optional<engine::OwnershipToken::Owner> owner() const override { return m_token.owner(); }
    void start() override { m_io.resume(); }
    void stop() override { m_io.pause(); }
    void save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

    /// The virtio feature bits that the guest is given.
    quint64 features() const;
    /// The eventfd with which the guest rings for virtqueue \a queue, borrowed, the same for the device's
    /// life; -1 before the frontend is realized and for a queue that there is not.
    int doorbell(quint32 queue) const;

    struct Counters
    {
        quint64 received = 0; ///< frames that were handed to the guest
        quint64 receiveDropped = 0; ///< did not fit a buffer
        quint64 sent = 0; ///< frames that the TAP or the socket has taken
        quint64 sendDropped = 0; ///< refused: malformed, the interface is down, the socket full or alone
    };
    /// Sums over all queues since the guest's boot. Any thread.
    Counters counters() const;
    /// The fault of the first broken virtqueue, nullptr when there is none. While the device is stopped.
    const char* fault() const;

private:
    struct Pair;

    bool onSockets() const { return !m_config.sockets.isEmpty(); }
    TapOptions tapOptions() const;
    Result<UniqueFd> openQueue(qsizetype index);
    Result<void> addTap(Pair& pair, UniqueFd fd);
    void closeTaps();
    void receive(Pair& pair);
    bool receiveOne(Pair& pair);
    void buffersCame(Pair& pair);
    void transmit(Pair& pair);
    ssize_t send(int fd, std::span<const iovec> parts) const;
    void resumed();

    TapNetConfig m_config;
    bool m_socketsTaken = false;
    GuestMemory& m_memory;
    std::vector<QueueLayout> m_layouts;
    std::vector<std::unique_ptr<Pair>> m_pairs;
    engine::OwnershipToken m_token;
    IoGroup m_io; ///< last: rests before anything else is destroyed
};

} // namespace cutover::vmm
