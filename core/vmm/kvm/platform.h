// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/layout.h"

/// What a processor that KVM runs finds in guest RAM beside its BootInfo. It is a plain program in ring 3:
/// every address is the physical one, there are no interrupts, and what it wants of the VMM it asks for by
/// writing to an address behind RAM. All of it is in guest RAM or in registers, and nothing depends on the
/// process that runs it. Freestanding.
namespace cutover::vmm::platform {

/// The image: where it begins is its first instruction, with its processor's number in rdi.
inline constexpr std::uint64_t imageMaxBytes = 0x40000;
inline constexpr std::uint64_t stacksAddress = imageAddress + imageMaxBytes;
inline constexpr std::uint64_t stackBytes = 0x4000;
inline constexpr std::uint64_t platformAddress = stacksAddress + maxProcessors * stackBytes;
/// The page tables, at most two and one for each GiB of RAM and what lies behind it.
inline constexpr std::uint64_t tablesAddress = imageAddress + 0x100000;
static_assert(platformAddress + guestPageBytes <= tablesAddress);
static_assert(tablesAddress + (2 + 257 + 1) * guestPageBytes <= imageAddress + imageBytes);

/// A page of the page tables; all of RAM and the large page behind it are mapped where they are.
inline constexpr std::uint64_t largePageBytes = 0x200000;

/// From the first large page that has no RAM on.
constexpr std::uint64_t ioAddress(std::uint64_t ramBytes)
{
    return (ramBytes + largePageBytes - 1) / largePageBytes * largePageBytes;
}
/// Write 8 bytes here: the processor has nothing to do before that time, of Clock.
inline constexpr std::uint64_t ioSleep = 0;
/// Write 4 bytes here, plus 4 for each doorbell: rings it.
inline constexpr std::uint64_t ioDoorbells = 0x800;
static_assert(ioDoorbells + 4 * maxDoorbells <= guestPageBytes);

/// Makes nanoseconds of the time stamp counter. It is set once, when the guest boots, and never again: what
/// the guest measures over a handover is the counter's time, which no process changes.
struct Clock
{
    std::uint64_t counterBase = 0;
    std::uint64_t nsBase = 0; ///< CLOCK_MONOTONIC when the counter was at its base
    std::uint64_t nsPerCount = 0; ///< times 2^32

    constexpr std::uint64_t ns(std::uint64_t counter) const
    {
        __extension__ using Wide = unsigned __int128;
        return nsBase + static_cast<std::uint64_t>(Wide{ counter - counterBase } * nsPerCount >> 32U);
    }
};

/// At platformAddress.
struct Platform
{
    std::uint64_t io = 0; ///< ioAddress()
    Clock clock;
};

} // namespace cutover::vmm::platform
