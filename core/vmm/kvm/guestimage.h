// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/kvm/kvmstate.h"
#include "vmm/kvm/platform.h"

namespace cutover::vmm {

class GuestMemory;

/// Writes the image, its page tables and its Platform into the memory of a machine that boots. \a counterKhz:
/// of the guest's time stamp counter, which shows what this process' shows.
void loadGuestImage(GuestMemory& memory, quint32 counterKhz);

/// Registers with which processor \a number begins the image, made of those of one that has not run.
KvmVcpuState bootState(const KvmVcpuState& initial, quint32 number);

/// The clock that the guest reads; all zero while nothing has booted in that memory.
platform::Clock guestClock(const GuestMemory& memory);

/// The host's time stamp counter.
quint64 readCounter();

/// A page of code and the page tables to run it with, which touch no guest memory: to find out whether
/// processors work, and to have them run once before it matters.
namespace trial {
inline constexpr quint64 pages = 4;
/// Behind the page that the guest writes its wishes to.
constexpr quint64 address(quint64 ramBytes)
{
    return platform::ioAddress(ramBytes) + guestPageBytes;
}
/// Fills \a memory, which the guest sees at address() and which is zero.
void write(std::byte* memory, quint64 ramBytes);
/// Registers of a processor that writes value to the address ioSleep again and again.
KvmVcpuState state(const KvmVcpuState& initial, quint64 ramBytes, quint64 value);
/// The same of one that before that reads a byte of each page of [address, + bytes), by the guest's own page
/// tables.
KvmVcpuState readingState(const KvmVcpuState& initial, quint64 ramBytes, quint64 guestAddress, quint64 bytes);
} // namespace trial

} // namespace cutover::vmm
