// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/device.h"
#include "engine/handover.h"
#include "engine/ramblock.h"

#include <QHash>
#include <QList>
#include <QString>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cutover::engine {

/// Where an fd of a backend comes from.
enum class BackendSource : std::uint8_t {
    OpenNow, ///< made or opened by name while the device is realized
    AwaitCpr, ///< comes with the CPR state
    AwaitMain, ///< comes in the main channel, with the device's state
    ReopenInSwitchover, ///< opened by name once the source has released it
};

/// Stable: "open", "cpr", "main", "reopen".
QString backendSourceId(BackendSource source);

/// The best that the channels of a migration can do for fds.
enum class ChannelKind : std::uint8_t {
    Cpr, ///< a CPR channel beside a main channel on a unix socket
    MainUnix, ///< a main channel on a unix socket alone
    Inet, ///< no fds at all
};

/// Whether source and destination name the same host resource, as far as is known.
enum class ResourceRelation : std::uint8_t { Unknown, Same, Other };

/// The one decision, for one fd. \a migrateFds is the operator's switch (a), \a deviceMigrateFds the device's
/// (b). Both sides come to the same answer from the same arguments; the source asks with \a incoming set, for
/// its destination.
BackendSource backendSource(bool incoming, bool migrateFds, bool deviceMigrateFds, FdClass fdClass,
    ChannelKind channel, Handover handover, ResourceRelation resource = ResourceRelation::Unknown);

/// What is the same for all devices of a VM.
struct RealizePolicy
{
    bool incoming = false;
    bool migrateFds = false;
    ChannelKind channel = ChannelKind::Inet;
    Handover handover = Handover::Prepared;
    /// False on a destination that was not told the source's handover policy: an exclusive fd is then taken
    /// from whichever channel brings it, the CPR state or the main channel.
    bool handoverKnown = true;

    BackendSource decide(
        bool deviceMigrateFds, FdClass fdClass, ResourceRelation resource = ResourceRelation::Unknown) const
    {
        return backendSource(incoming, migrateFds, deviceMigrateFds, fdClass, channel, handover, resource);
    }
    bool operator==(const RealizePolicy&) const = default;
};

/// The slot of a RAM block: its id, 0, a memfd, shareable.
FdSlot ramSlot(const QString& blockId);

/// One fd on its way out; borrowed from the device or the VM.
struct OutgoingFd
{
    FdSlot slot;
    QString device; ///< the device's or the RAM block's id
    int fd = -1;
};

/// The fds that the source sends over \a channel (AwaitCpr or AwaitMain): RAM first, then the devices, in the
/// order of the configuration and of their slots. \a policy is the destination's (incoming is set). An
/// optional slot without an fd is left out; NotFound names another one.
Result<std::vector<OutgoingFd>> outgoingFds(const RealizePolicy& policy, std::span<const RamBlock> ram,
    std::span<Device* const> devices, BackendSource channel);

/// Refused, with the device and its remedy, when a backend that cannot be opened by name would not get its
/// fds from the source. \a policy is the destination's.
Result<void> checkReopenable(const RealizePolicy& policy, std::span<Device* const> devices);

/// Realizes the devices of one VM and brings each arriving fd to its slot. Devices are borrowed and must
/// outlive it. Every call is made with the VM's lock held. Errors name device, fd and channel.
class Realizer
{
public:
    explicit Realizer(const RealizePolicy& policy)
        : m_policy(policy)
    {
    }
    const RealizePolicy& policy() const { return m_policy; }

    /// For a RAM block: OpenNow (make its memfd), or the channel that brings it, where it is then expected.
    /// InvalidArgument when the name is expected already.
    Result<BackendSource> expectRam(const QString& blockId, bool migrateFds);
    /// The memfd of a block that has arrived; empty before that.
    UniqueFd takeRam(const QString& blockId);

    /// Frontend; then the backend is opened, or its fds are expected, or it waits for reopen(). The frontend
    /// may have been realized by an earlier call that failed. After a failure the device has no backend.
    Result<void> realize(Device& device, ResourceRelation resource = ResourceRelation::Unknown);
    /// Where the backend of a realized device comes from: the last of its fds counts. With an unknown
    /// handover AwaitMain becomes AwaitCpr when the CPR state has brought all of them.
    BackendSource sourceOf(const Device& device) const;
    /// True when nothing of the backend is missing.
    bool isComplete(const Device& device) const;

    /// The source's resources by device id have become known: opens now the backends that were left for the
    /// switchover and name another one.
    Result<void> learnSourceResources(const QHash<QString, QString>& resources);

    /// An fd that came over \a channel (AwaitCpr or AwaitMain). Protocol for one that nobody expects there,
    /// that came already, or of a wrong kind; it is closed then.
    Result<void> arrived(BackendSource channel, const QString& name, qint32 id, UniqueFd fd);
    /// Nothing more comes over \a channel: a Protocol error names what should have come and did not, optional
    /// fds excepted. \a device: of that device only.
    Result<void> complete(BackendSource channel, const Device* device = nullptr) const;
    /// What is still expected over \a channel, in the order of realize(), optional fds included.
    QList<FdSlot> awaited(BackendSource channel) const;

    /// Devices whose backend waits for reopen(), in the order of realize().
    std::span<Device* const> toReopen() const { return m_toReopen; }
    /// Opens the backends that were left for the switchover; the source has released them by now. Stops at
    /// the first error; what has been opened is not opened again.
    Result<void> reopen();

    /// Detaches every backend and closes every memfd that was not taken; nothing is expected any more.
    void detachAll();

private:
    struct Expected
    {
        FdSlot slot;
        BackendSource channel = BackendSource::AwaitCpr;
        bool eitherChannel = false;
        Device* device = nullptr; ///< nullptr for RAM
        qsizetype index = 0;
        std::optional<BackendSource> cameBy;
        UniqueFd memory; ///< RAM's, until it is taken
    };
    struct Realized
    {
        Device* device = nullptr;
        BackendSource source = BackendSource::OpenNow;
        bool open = false;
    };

    Expected* find(const QString& name, qint32 id);
    Result<void> expect(Expected expected);
    Result<void> check(const Expected& expected, int fd) const;
    Realized* realized(const Device* device);

    RealizePolicy m_policy;
    std::vector<Expected> m_expected;
    std::vector<Realized> m_devices;
    std::vector<Device*> m_toReopen;
};

} // namespace cutover::engine
