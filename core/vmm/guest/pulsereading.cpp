// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/pulsereading.h"

#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsestate.h"

#include <algorithm>
#include <cstring>

namespace cutover::vmm {

static_assert(std::tuple_size_v<decltype(PulseReading::gapHistogram)> == pulse::gapBuckets);

static QString describeFault(LayoutFault fault)
{
    switch (fault) {
    case LayoutFault::None:
        break;
    case LayoutFault::Processors:
        return QStringLiteral("it has no or more than %1 processors").arg(maxProcessors);
    case LayoutFault::Devices:
        return QStringLiteral("it has more than %1 devices with queues").arg(maxDevices);
    case LayoutFault::Queues:
        return QStringLiteral("a device has 0 or more than %1 queues, or a queue has no size for one")
            .arg(maxQueues / 2);
    case LayoutFault::Memory:
        return QStringLiteral("its memory has no room for the queues and a working set");
    }
    return {};
}

static BootInfo* bootInfo(const GuestMemory& memory)
{
    auto* const boot = reinterpret_cast<BootInfo*>(memory.at(bootInfoAddress, sizeof(BootInfo)));
    if (boot == nullptr || loadWord(boot->magic) != bootInfoMagic
        || loadWord(boot->version) != bootInfoVersion)
        return nullptr;
    return boot;
}

Result<BootInfo> planMachine(const GuestMemory& memory, const MachineShape& shape)
{
    const auto refuse = [](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, QStringLiteral("lay the machine out"), {}, cause);
    };
    BootInfo boot;
    if (const LayoutFault fault = layOut(shape, boot); fault != LayoutFault::None)
        return refuse(describeFault(fault));
    if (shape.ramBytes != memory.bytes())
        return refuse(QStringLiteral("%1 bytes of memory instead of %2 are there")
                .arg(memory.bytes())
                .arg(shape.ramBytes));
    if (memory.at(0, boot.queuesEnd) == nullptr)
        return refuse(
            QStringLiteral("its first block of memory has less than the %1 bytes that the queues need")
                .arg(boot.queuesEnd));
    return boot;
}

Result<BootInfo> writeBootInfo(GuestMemory& memory, const MachineShape& shape, const Rates& rates)
{
    auto boot = planMachine(memory, shape);
    if (!boot)
        return boot;
    boot->rates = rates;
    std::memcpy(memory.at(bootInfoAddress, sizeof(BootInfo)), &*boot, sizeof(BootInfo));
    memory.markDirty(bootInfoAddress, sizeof(BootInfo));
    return boot;
}

void publishDevice(GuestMemory& memory, quint32 index, quint64 features, quint64 capacityBytes)
{
    BootInfo* const boot = bootInfo(memory);
    if (boot == nullptr || index >= maxDevices)
        return;
    DeviceInfo& device = boot->devices[index];
    storeWord(device.features, features);
    storeWord(device.capacityBytes, capacityBytes);
    storeWord(device.ready, quint32{ 1 }, std::memory_order_release);
    memory.markDirty(bootInfoAddress, sizeof(BootInfo));
}

void setRates(GuestMemory& memory, const Rates& rates)
{
    BootInfo* const boot = bootInfo(memory);
    if (boot == nullptr)
        return;
    storeWord(boot->rates.beatIntervalNs, rates.beatIntervalNs);
    storeWord(boot->rates.dirtyBytesPerSecond, rates.dirtyBytesPerSecond);
    storeWord(boot->rates.workingSetBytes, rates.workingSetBytes);
    storeWord(boot->rates.blocksPerSecond, rates.blocksPerSecond);
    memory.markDirty(bootInfoAddress, sizeof(BootInfo));
}

std::optional<Rates> readRates(const GuestMemory& memory)
{
    const BootInfo* const boot = bootInfo(memory);
    if (boot == nullptr)
        return {};
    return Rates{ loadWord(boot->rates.beatIntervalNs), loadWord(boot->rates.dirtyBytesPerSecond),
        loadWord(boot->rates.workingSetBytes), loadWord(boot->rates.blocksPerSecond) };
}

void resetGaps(GuestMemory& memory)
{
    BootInfo* const boot = bootInfo(memory);
    if (boot == nullptr)
        return;
    std::atomic_ref(boot->resets).fetch_add(1, std::memory_order_relaxed);
    memory.markDirty(bootInfoAddress, sizeof(BootInfo));
}

static SweepReading readSweep(const pulse::ProcessorPage& page, quint64 starts)
{
    return { .sweeps = loadWord(page.sweeps),
        .lastNs = loadWord(page.lastNs),
        .shortestNs = loadWord(page.shortestNs),
        .totalNs = loadWord(page.totalNs),
        .firstSweeps = loadWord(page.firstSweeps),
        .firstNs = loadWord(page.firstNs),
        .firstDone = starts != 0 && loadWord(page.firstOfStart) == starts,
        .pages = loadWord(page.pages),
        .dirtiedBytes = loadWord(page.dirtiedPages) * guestPageBytes };
}

std::optional<PulseReading> readPulse(const GuestMemory& memory)
{
    const BootInfo* const boot = bootInfo(memory);
    const auto* const page
        = reinterpret_cast<const pulse::PulsePage*>(memory.at(pulseAddress, sizeof(pulse::PulsePage)));
    const quint32 processors = boot == nullptr ? 0 : std::min(loadWord(boot->processors), maxProcessors);
    const auto* const pages = memory.at(processorAddress, processors * guestPageBytes);
    if (boot == nullptr || page == nullptr || pages == nullptr)
        return {};
    PulseReading reading{ .beats = loadWord(page->beats),
        .lastBeatNs = loadWord(page->lastBeatNs),
        .longestGapNs = loadWord(page->longestGapNs),
        .longestGapAtNs = loadWord(page->longestGapAtNs),
        .gapHistogram = {},
        .starts = loadWord(page->starts),
        .startGapNs = loadWord(page->startGapNs),
        .framesReceived = loadWord(page->framesReceived),
        .framesEchoed = loadWord(page->framesEchoed),
        .framesSent = loadWord(page->framesSent),
        .framesIgnored = loadWord(page->framesIgnored),
        .arpReplies = loadWord(page->arpReplies),
        .blocksWritten = loadWord(page->blocksWritten),
        .blocksRead = loadWord(page->blocksRead),
        .blocksVerified = loadWord(page->blocksVerified),
        .blockErrors = loadWord(page->blockErrors),
        .blocksWrong = loadWord(page->blocksWrong),
        .longestStorageGapNs = loadWord(page->longestStorageGapNs),
        .blocksInFlight = loadWord(page->blocksInFlight),
        .ringFaults = loadWord(page->ringFaults),
        .processors = {} };
    for (std::size_t i = 0; i < pulse::gapBuckets; ++i)
        reading.gapHistogram[i] = loadWord(page->gaps[i]);
    const quint64 starts = loadWord(boot->starts);
    for (quint32 i = 0; i < processors; ++i)
        reading.processors.push_back(
            readSweep(*reinterpret_cast<const pulse::ProcessorPage*>(pages + i * guestPageBytes), starts));
    return reading;
}

} // namespace cutover::vmm
