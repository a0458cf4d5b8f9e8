// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/channels.h"
#include "engine/combinations.h"
#include "engine/faultpoint.h"
#include "engine/migrationstatus.h"
#include "engine/notice.h"

#include <QList>
#include <QString>

#include <functional>
#include <optional>
#include <vector>

namespace cutover::vmm {

/// One migration, on either side.
struct MigrationRequest
{
    engine::Combination combination; ///< accepted
    engine::FdLookup fds; ///< may be empty: addresses of fds are numbers
    engine::FaultTrigger::Announce announceFault; ///< on the engine's thread; may be empty
};

/// What "query-migrate" shows.
struct MigrationView
{
    engine::MigrationStatus status = engine::MigrationStatus::None;
    QString error; ///< of a failed one
    std::optional<qint64> totalMs; ///< until now, or until the end
    std::optional<qint64> setupMs;
    std::optional<qint64> downtimeMs; ///< of a completed one
    quint64 ramBytesSent = 0;
    qint64 passes = 0;
    /// Of one that has handed the guest over: what the source can prove of the destination.
    std::optional<bool> destinationRan;
    std::optional<bool> destinationGone;
    QList<engine::ChannelAddress> listening; ///< with the ports that the kernel chose
};

/// How a migration has ended.
struct MigrationEnd
{
    bool outgoing = true;
    bool completed = false; ///< the guest has changed hands
    std::optional<Error> error; ///< of a failed one, or why a completed one was not confirmed
};

/// What the monitor needs of the engine. All functions are called on the main thread without the VM's lock.
class MigrationBackend
{
public:
    /// Called on the main thread, in order.
    struct Observer
    {
        std::function<void(const std::vector<engine::Notice>&)> noticed;
        std::function<void(const MigrationEnd&)> ended; ///< last of one migration
    };

    virtual ~MigrationBackend() = default;
    virtual void setObserver(Observer observer) = 0;

    /// Begins to hand the guest over. What fails afterwards is told by ended().
    virtual Result<void> start(MigrationRequest request) = 0;
    /// Waits for a guest on the channels of \a request. Those that an earlier call has named are open
    /// already; with "defer" more may follow by another call.
    virtual Result<void> listen(MigrationRequest request) = 0;
    /// Without effect when nothing is under way or the guest has changed hands.
    virtual void cancel() = 0;
    virtual MigrationView view() const = 0;
    /// Whether a migration is under way, a destination that waits included.
    virtual bool isActive() const = 0;
    /// Whether a guest that was handed over may run here again: only if the destination is dead and has never
    /// run it.
    virtual Result<void> mayTakeBack() const = 0;
};

} // namespace cutover::vmm
