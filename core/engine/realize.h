// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/device.h"
#include "engine/parameters.h"
#include "engine/ramblock.h"

#include <QHash>
#include <QStringList>

#include <map>
#include <span>
#include <vector>

namespace cutover::engine {

/// Where the fd of a backend comes from.
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
/// (b). Both sides come to the same answer from the same arguments.
BackendSource backendSource(bool incoming, bool migrateFds, bool deviceMigrateFds, FdClass fdClass,
    ChannelKind channel, Handover handover, ResourceRelation resource = ResourceRelation::Unknown);

/// What is the same for all devices of a VM.
struct RealizePolicy
{
    bool incoming = false;
    bool migrateFds = false;
    ChannelKind channel = ChannelKind::Inet;
    Handover handover = Handover::Prepared;

    BackendSource decide(
        bool deviceMigrateFds, FdClass fdClass, ResourceRelation resource = ResourceRelation::Unknown) const
    {
        return backendSource(incoming, migrateFds, deviceMigrateFds, fdClass, channel, handover, resource);
    }
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
/// order of the configuration. \a policy is the destination's (incoming is set). NotFound names a slot
/// without an fd.
Result<std::vector<OutgoingFd>> outgoingFds(const RealizePolicy& policy, std::span<const RamBlock> ram,
    std::span<Device* const> devices, BackendSource channel);

/// Realizes the devices of one VM and brings each arriving fd to its slot. Devices are borrowed and must
/// outlive it. The VM's lock is held in every call. Errors name device, fd and channel.
class Realizer
{
public:
    explicit Realizer(RealizePolicy policy)
        : m_policy(policy)
    {
    }
    const RealizePolicy& policy() const { return m_policy; }

    /// For a RAM block: OpenNow (create its memfd), or the channel that brings it, which is then expected.
    Result<BackendSource> expectRam(const QString& blockId, bool migrateFds);
    /// The memfd of a block that has arrived; empty before that.
    UniqueFd takeRam(const QString& blockId);

    /// Frontend, then backend where it is to be opened now; other fds are expected, or the device waits for
    /// reopen(). On failure the device is detached.
    Result<void> realize(Device& device, ResourceRelation resource = ResourceRelation::Unknown);
    /// How the backend of \a device gets its fds: the latest of its slots decides.
    BackendSource sourceOf(const Device& device) const;

    /// The source's resources by device id have become known: opens now what names another one and was left
    /// for the switchover. Resources that cannot be told apart stay there.
    Result<void> learnSourceResources(const QHash<QString, QString>& resources);

    /// An fd that came over \a channel. Protocol for one that nobody expects there or that came already;
    /// Protocol for a wrong kind. The fd is closed then. No allocation for a device's slot.
    Result<void> arrived(BackendSource channel, const QString& name, qint32 id, UniqueFd fd);
    /// Protocol, naming all that is missing, unless every fd expected over \a channel has arrived.
    Result<void> complete(BackendSource channel) const;
    /// What is still expected over \a channel, in the order of realize().
    QList<FdSlot> awaited(BackendSource channel) const;

    /// Devices whose backend waits for reopen(), in the order of realize().
    std::span<Device* const> toReopen() const { return m_toReopen; }
    /// Opens the backends that were left for the switchover; the source has released them. Stops at the
    /// first error, which names the device.
    Result<void> reopen();

private:
    struct Expected
    {
        FdSlot slot;
        BackendSource channel = BackendSource::AwaitCpr;
        Device* device = nullptr; ///< nullptr for RAM
        qsizetype index = 0;
        bool arrived = false;
        UniqueFd ram;
    };
    Expected* find(QStringView name, qint32 id);
    Result<void> expect(Expected expected);

    RealizePolicy m_policy;
    std::vector<Expected> m_expected;
    std::vector<Device*> m_toReopen;
    std::map<const Device*, BackendSource> m_sources;
};

} // namespace cutover::engine
