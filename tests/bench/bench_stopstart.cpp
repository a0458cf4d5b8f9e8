// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// How long it takes to stop the processors, and from a start to the guest's first beat.

#include "base/clock.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/threadaccelerator.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <unistd.h>

using namespace cutover;
using namespace cutover::vmm;

static void print(const char* what, std::vector<double>& us)
{
    std::ranges::sort(us);
    const auto at = [&us](double part) {
        return us[static_cast<std::size_t>(part * static_cast<double>(us.size() - 1))];
    };
    std::printf("  %-22s median %7.1f µs   p99 %8.1f   max %8.1f\n", what, at(0.5), at(0.99), us.back());
}

static bool measure(const char* name, const Rates& rates, quint32 processors)
{
    constexpr quint64 ramBytes = quint64{ 256 } << 20;
    GuestMemory memory;
    const MachineShape shape{ .ramBytes = ramBytes, .processors = processors };
    ThreadAccelerator accelerator(memory);
    if (!memory.addBlock(QStringLiteral("ram"), ramBytes, true) || !writeBootInfo(memory, shape, rates)
        || !accelerator.prepare(shape))
        return false;
    std::vector<double> stop;
    std::vector<double> start;
    std::vector<double> gap;
    for (int i = 0; i < 2000; ++i) {
        accelerator.start();
        usleep(static_cast<useconds_t>(1000 + i % 97 * 10));
        const qint64 begin = monotonicNs();
        accelerator.stop();
        stop.push_back(static_cast<double>(monotonicNs() - begin) / 1e3);
        const quint64 beats = readPulse(memory)->beats;
        const qint64 again = monotonicNs();
        accelerator.start();
        while (readPulse(memory)->beats == beats)
            ;
        start.push_back(
            static_cast<double>(readPulse(memory)->lastBeatNs - static_cast<quint64>(again)) / 1e3);
        gap.push_back(static_cast<double>(readPulse(memory)->startGapNs) / 1e3);
        accelerator.stop();
    }
    std::printf("%s, %u processor(s)\n", name, processors);
    print("stop", stop);
    print("start to first beat", start);
    print("guest gap, both", gap);
    return true;
}

int main()
{
    const Rates busy{ .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut };
    const bool done = measure("idle", idleRates, 1) && measure("idle", idleRates, 2)
        && measure("flat out", busy, 1) && measure("flat out", busy, 2);
    return done ? 0 : 1;
}
