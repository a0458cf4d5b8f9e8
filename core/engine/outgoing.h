// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "engine/fdslot.h"
#include "engine/handover.h"
#include "engine/ramblock.h"

#include <QString>

#include <cstdint>
#include <span>
#include <vector>

namespace cutover::engine {

/// What decides, together with a device's own switch and an fd's class, how the fd travels. Both sides have
/// the same one.
struct FdPolicy
{
    bool migrateFds = true; ///< the migration's switch
    bool cpr = true; ///< there is a CPR channel
    Handover handover = Handover::Prepared; ///< meaningful with a CPR channel
    bool mainPassesFds = true; ///< the main channel is a unix socket

    bool operator==(const FdPolicy&) const = default;
};

enum class FdRoute : std::uint8_t {
    Stays, ///< it is not passed
    Cpr, ///< on the CPR channel
    Main, ///< with the device's state on the main channel
};

/// An fd moves only if both switches are on and a channel can carry it.
FdRoute fdRoute(const FdPolicy& policy, bool deviceMigrateFds, FdClass fdClass);

/// True when the fds of \a device pass at all.
bool passesFds(const Device& device, const FdPolicy& policy);

struct OutgoingFd
{
    QString name;
    qint32 id = 0;
    int fd = -1; ///< borrowed from the device
};

/// The fds of \a device that travel by \a route, in slot order; slots without an fd are left out.
std::vector<OutgoingFd> outgoingFds(const Device& device, const FdPolicy& policy, FdRoute route);

/// The blocks whose memory is copied, and those whose memfd is passed.
std::vector<RamBlock> copiedBlocks(std::span<const RamBlock> blocks, bool migrateFds);
std::vector<RamBlock> passedBlocks(std::span<const RamBlock> blocks, bool migrateFds);

} // namespace cutover::engine
