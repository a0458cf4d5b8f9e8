// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/scene.h"

#include "timeline/spans.h"

#include <span>

namespace cutover::layout {

/// The bars of one lane: the states of the VMM of \a side, and what a stop on the source consists of, divided
/// at \a marks, its checkpoints. Texts translated. \a spans are of both sides, sorted as timeline::spans()
/// gives them.
std::vector<LaneSpan> laneSpans(
    Side side, std::span<const timeline::Span> spans, std::span<const LaneMark> marks);

/// The named checkpoints of the VMM of \a side, with a time, in order.
std::vector<LaneMark> checkpointMarks(Side side, const timeline::KeyEvents& events);

/// What the console did and was told to do, and the states of its session.
Lane consoleLane(const timeline::KeyEvents& events, const Interval& extent);

} // namespace cutover::layout
