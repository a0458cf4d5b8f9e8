// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/guest/layout.h"

#include <array>
#include <optional>
#include <vector>

namespace cutover::vmm {

class GuestMemory;

/// Sweeps of one processor over its share of the working set. Only the time spent on writing counts, so that
/// sweeps at a set rate can be compared with those flat out.
struct SweepReading
{
    quint64 sweeps = 0; ///< completed, the first after each start apart
    quint64 lastNs = 0;
    quint64 shortestNs = 0;
    quint64 totalNs = 0; ///< of all completed ones; totalNs / sweeps is the mean
    quint64 firstSweeps = 0;
    quint64 firstNs = 0; ///< the latest first sweep after a start: the brown-out shows here
    bool firstDone = false; ///< whether firstNs belongs to the latest start
    quint64 pages = 0; ///< of the latest completed sweep
    quint64 dirtiedBytes = 0; ///< in all, in whole pages
};

/// What the guest says about itself.
struct PulseReading
{
    quint64 beats = 0;
    quint64 lastBeatNs = 0; ///< guest time, which is CLOCK_MONOTONIC on the host where the guest was booted
    quint64 longestGapNs = 0; ///< between two beats, since the boot or resetGaps()
    quint64 longestGapAtNs = 0; ///< the beat that ended it
    std::array<quint64, 40> gapHistogram{}; ///< [n]: gaps of 2^n ns to below 2^(n+1) ns; the last is open
    quint64 starts = 0;
    /// From the request to stop that came before the latest start to the first beat after it. 0 before the
    /// guest has been stopped once.
    quint64 startGapNs = 0;

    quint64 framesReceived = 0;
    quint64 framesEchoed = 0; ///< handed to the transmit queue
    quint64 framesSent = 0; ///< taken by the device
    quint64 framesIgnored = 0; ///< multicast, or too short to be a frame
    quint64 arpReplies = 0; ///< counted as echoed too

    quint64 blocksWritten = 0;
    quint64 blocksRead = 0;
    quint64 blocksVerified = 0;
    quint64 blockErrors = 0; ///< status of a request other than OK
    quint64 blocksWrong = 0; ///< read something else than was written
    quint64 longestStorageGapNs = 0; ///< requests were in flight and none was completed
    quint64 blocksInFlight = 0;

    quint64 ringFaults = 0; ///< a device returned what it was not given

    std::vector<SweepReading> processors;
};

/// The layout of a machine on \a memory, checked to fit: InvalidArgument when it does not.
Result<BootInfo> planMachine(const GuestMemory& memory, const MachineShape& shape);
/// Lays the machine out and writes its BootInfo. For a machine that boots, not for one whose RAM arrives.
Result<BootInfo> writeBootInfo(
    GuestMemory& memory, const MachineShape& shape, const Rates& rates = idleRates);
/// Tells the guest that device \a index can be used. For a machine that boots.
void publishDevice(GuestMemory& memory, quint32 index, quint64 features, quint64 capacityBytes = 0);
/// Any thread; the guest follows within a beat.
void setRates(GuestMemory& memory, const Rates& rates);
std::optional<Rates> readRates(const GuestMemory& memory);
/// Asks the guest to forget its gaps, of beats and of storage, with the next beat.
void resetGaps(GuestMemory& memory);

/// Nothing while there is no BootInfo of this version in the memory. May be called while the guest runs: each
/// figure is whole, together they are a little apart.
std::optional<PulseReading> readPulse(const GuestMemory& memory);

} // namespace cutover::vmm
