// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "scene.h"

#include "timeline/spans.h"

namespace cutover::ui {

/// The bars of one lane: the states of the VMM of \a side, and what a stop on the source consists of, divided
/// at \a checkpoints. Texts translated. \a spans are of both sides, sorted as timeline::spans() gives them.
std::vector<LaneSpan> laneSpans(
    Side side, std::span<const timeline::Span> spans, std::span<const timeline::Checkpoint> checkpoints);

} // namespace cutover::ui
