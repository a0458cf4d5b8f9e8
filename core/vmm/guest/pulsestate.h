// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/layout.h"
#include "vmm/guest/virtio.h"

#include <concepts>

/// What the pulse program keeps, and where. Freestanding.
namespace cutover::vmm::pulse {

/// What the program asks of the platform it runs on.
template <typename P>
concept Ports = requires(P ports, std::uint64_t word, std::uint32_t number) {
    /// Whether the processor shall stop at its next safe point. Cheap.
    { ports.stopRequested() } -> std::same_as<bool>;
    /// CLOCK_MONOTONIC of the host in ns, or what was it when the guest was booted and has gone on since.
    { ports.now() } -> std::same_as<std::uint64_t>;
    /// Rings a doorbell.
    ports.ring(number);
    /// A safe point: may sleep until now() reaches the word, or less. The program may have been stopped,
    /// saved and started in the meantime.
    ports.relax(word);
    /// Called after each write to [guest address, + bytes).
    ports.dirtied(word, word);
};

/// All that a processor has outside of guest RAM: words only, so that its saved form is an array.
struct Registers
{
    std::uint64_t clockOffsetNs = 0; ///< guest time minus the host's, so that guest time never goes back
    std::uint64_t lastTimeNs = 0;
    std::uint64_t startsSeen = 0; ///< BootInfo::starts at the latest beat or chunk of a sweep
    std::uint64_t nextBeatNs = 0;
    std::uint64_t nextChunkNs = 0;
    std::uint64_t sweepPage = 0; ///< the next page of the share
    std::uint64_t sweepPages = 0; ///< of the share when the sweep began
    std::uint64_t sweepNs = 0;
    std::uint64_t sweepIsFirst = 1;
    std::uint64_t sweepValue = 0; ///< what is written

    bool operator==(const Registers&) const = default;
};
inline constexpr std::size_t registerCount = sizeof(Registers) / sizeof(std::uint64_t);

inline constexpr std::size_t gapBuckets = 40;

/// At BootInfo::pulse. Only processor 0 writes it; each word is atomic.
struct PulsePage
{
    std::uint64_t beats;
    std::uint64_t lastBeatNs;
    std::uint64_t longestGapNs;
    std::uint64_t longestGapAtNs;
    std::array<std::uint64_t, gapBuckets> gaps;
    std::uint64_t starts;
    std::uint64_t startGapNs;
    std::uint64_t resetsSeen;

    std::uint64_t framesReceived;
    std::uint64_t framesEchoed;
    std::uint64_t framesSent;
    std::uint64_t framesIgnored;
    std::uint64_t arpReplies;

    std::uint64_t blocksWritten;
    std::uint64_t blocksRead;
    std::uint64_t blocksVerified;
    std::uint64_t blockErrors;
    std::uint64_t blocksWrong;
    std::uint64_t longestStorageGapNs;
    std::uint64_t lastCompletionNs; ///< or when the first request was made after there was none in flight
    std::uint64_t blocksInFlight;

    std::uint64_t ringFaults;
};
static_assert(sizeof(PulsePage) <= guestPageBytes);

/// One page for each processor, which alone writes it; each word is atomic.
struct ProcessorPage
{
    std::uint64_t sweeps;
    std::uint64_t lastNs;
    std::uint64_t shortestNs;
    std::uint64_t totalNs;
    std::uint64_t firstSweeps;
    std::uint64_t firstNs;
    std::uint64_t firstOfStart; ///< BootInfo::starts that firstNs belongs to
    std::uint64_t pages;
    std::uint64_t dirtiedPages;
};

/// At QueueLayout::driver.
struct DriverState
{
    std::uint32_t initialised;
    std::uint16_t nextAvailable;
    std::uint16_t lastUsed;
};

enum class BlockStep : std::uint8_t { Write, ReadBack, ReadOld };

/// What one slot of a block queue does: for each of its blocks read what the previous generation wrote, write
/// the next, read it back.
struct BlockSlot
{
    BlockStep step;
    std::uint32_t inFlight;
    std::uint64_t round; ///< which of its blocks
    std::uint64_t generation; ///< that it writes; 0 before the first
};

struct BlockQueueState
{
    DriverState driver;
    std::uint64_t nextRequestNs;
    std::array<BlockSlot, maxBlockSlots> requests;
};
static_assert(sizeof(BlockQueueState) <= guestPageBytes);

/// The view that one processor has of the machine.
template <Ports P>
struct Guest
{
    std::byte* base; ///< where guest-physical address 0 is
    const BootInfo& plan; ///< for addresses and counts: known to fit the memory
    Registers& registers;
    std::uint32_t processor;
    P& ports;

    template <typename T>
    T& at(std::uint64_t address) const
    {
        return *reinterpret_cast<T*>(base + address);
    }
    /// The words that the VMM may change at run time.
    const BootInfo& boot() const { return at<BootInfo>(bootInfoAddress); }
    PulsePage& page() const { return at<PulsePage>(plan.pulse); }

    std::uint64_t time() const
    {
        std::uint64_t time = ports.now() + registers.clockOffsetNs;
        if (static_cast<std::int64_t>(time - registers.lastTimeNs) < 0) {
            registers.clockOffsetNs += registers.lastTimeNs - time;
            time = registers.lastTimeNs;
        }
        registers.lastTimeNs = time;
        return time;
    }
};

} // namespace cutover::vmm::pulse
