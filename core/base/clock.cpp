// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"

#include <ctime>
#include <limits>

namespace cutover {

static qint64 readNs(clockid_t clock)
{
    timespec time{};
    ::clock_gettime(clock, &time);
    return qint64{ time.tv_sec } * 1'000'000'000 + time.tv_nsec;
}

qint64 realtimeNs()
{
    return readNs(CLOCK_REALTIME);
}

qint64 monotonicNs()
{
    return readNs(CLOCK_MONOTONIC);
}

ClockOffset sampleClockOffset()
{
    ClockOffset best{ .offsetNs = 0, .uncertaintyNs = std::numeric_limits<qint64>::max() };
    for (int attempt = 0; attempt < 5; ++attempt) {
        const qint64 before = monotonicNs();
        const qint64 real = realtimeNs();
        const qint64 after = monotonicNs();
        if (after - before < best.uncertaintyNs)
            best = { .offsetNs = real - (before + (after - before) / 2), .uncertaintyNs = after - before };
    }
    return best;
}

} // namespace cutover
