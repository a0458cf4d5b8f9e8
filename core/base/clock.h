// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtTypes>

namespace cutover {

/// CLOCK_REALTIME in nanoseconds since the epoch: the clock of the timeline, shared with QEMU's log.
qint64 realtimeNs();

/// CLOCK_MONOTONIC in nanoseconds: for deadlines and durations of our own.
qint64 monotonicNs();

/// CLOCK_REALTIME minus CLOCK_MONOTONIC. Two samples that differ show that the real-time clock was
/// stepped or slewed between them; the difference is the timeline's clock error.
struct ClockOffset
{
    qint64 offsetNs = 0; ///< realtime - monotonic
    qint64 uncertaintyNs = 0; ///< time between the two readings that enclosed the sample
};

/// The tightest of a few back-to-back readings.
ClockOffset sampleClockOffset();

} // namespace cutover
