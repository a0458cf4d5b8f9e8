// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/facts.h"
#include "timeline/pause.h"

/// Finds where a pause begins and ends. Internal to the timeline.
namespace cutover::timeline {

/// A moment, from the best evidence there is for it.
struct Moment
{
    qint64 timeNs = 0; ///< 0 with OrderOnly
    EvidenceTier tier = EvidenceTier::None;

    bool happened() const { return tier != EvidenceTier::None; }
};

struct PauseEnds
{
    Moment stopped; ///< the source begins to stop the guest
    Moment started; ///< the destination runs it
    Moment resumed; ///< the source runs it again
    Moment guarded; ///< the destination has loaded and waits, paused
    bool sourceWasPaused = false;
};

PauseEnds findPauseEnds(const Facts& facts, const Window& window);

} // namespace cutover::timeline
