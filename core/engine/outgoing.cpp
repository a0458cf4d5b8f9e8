// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/outgoing.h"

#include <algorithm>
#include <iterator>

namespace cutover::engine {

FdRoute fdRoute(const FdPolicy& policy, bool deviceMigrateFds, FdClass fdClass)
{
    if (!policy.migrateFds || !deviceMigrateFds)
        return FdRoute::Stays;
    const bool early = fdClass == FdClass::Shareable || policy.handover != Handover::Prepared;
    if (policy.cpr && early)
        return FdRoute::Cpr;
    return policy.mainPassesFds ? FdRoute::Main : FdRoute::Stays;
}

bool passesFds(const Device& device, const FdPolicy& policy)
{
    return fdRoute(policy, device.migrateFds(), FdClass::Exclusive) != FdRoute::Stays;
}

std::vector<OutgoingFd> outgoingFds(const Device& device, const FdPolicy& policy, FdRoute route)
{
    std::vector<OutgoingFd> fds;
    const QList<FdSlot> fdSlots = device.fdSlots();
    for (qsizetype i = 0; i < fdSlots.size(); ++i) {
        const int fd = device.slotFd(i);
        if (fd >= 0 && fdRoute(policy, device.migrateFds(), fdSlots[i].fdClass) == route)
            fds.push_back({ .name = fdSlots[i].name, .id = fdSlots[i].id, .fd = fd });
    }
    return fds;
}

std::vector<RamBlock> copiedBlocks(std::span<const RamBlock> blocks, bool migrateFds)
{
    std::vector<RamBlock> copied;
    std::ranges::copy_if(
        blocks, std::back_inserter(copied), [&](const RamBlock& b) { return !migrateFds || !b.migrateFds; });
    return copied;
}

std::vector<RamBlock> passedBlocks(std::span<const RamBlock> blocks, bool migrateFds)
{
    std::vector<RamBlock> passed;
    std::ranges::copy_if(
        blocks, std::back_inserter(passed), [&](const RamBlock& b) { return migrateFds && b.migrateFds; });
    return passed;
}

} // namespace cutover::engine
