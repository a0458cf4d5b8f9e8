// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/pauseends.h"

#include <vector>

/// Shares out a pause among what was logged. Internal to the timeline.
namespace cutover::timeline {

/// The rows of the pause [startNs, endNs), by the rule of PauseBreakdown; their durations add up to its
/// length.
std::vector<PauseRow> pauseRows(
    std::span<const Fact> facts, const PauseEnds& ends, qint64 startNs, qint64 endNs);

} // namespace cutover::timeline
