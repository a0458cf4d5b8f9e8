// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/guestmemory.h"
#include "vmm/kvm/accelerators.h"

namespace cutover::test {

/// Why this machine has no KVM for a guest of cutover-vmm; empty when it has.
inline QString kvmGuestProblem()
{
    constexpr quint64 ramBytes = quint64{ 16 } << 20;
    vmm::GuestMemory memory;
    if (auto added = memory.addBlock(QStringLiteral("ram"), ramBytes, true); !added)
        return added.error().message();
    const auto chosen = vmm::makeAccelerator({ .names = { QStringLiteral("kvm") } }, memory,
        { .ramBytes = ramBytes, .processors = 1, .deviceCount = 0, .devices = {} });
    return chosen ? QString() : chosen.error().message();
}

} // namespace cutover::test
