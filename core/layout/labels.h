// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <optional>
#include <span>
#include <vector>

namespace cutover::layout {

/// A text that wants to stand at a tick.
struct LabelRequest
{
    double x = 0; ///< of the tick
    double width = 0; ///< of the text
};

struct LabelPlace
{
    double left = 0;
    int row = 0;
};

/// Places each text beside its tick in the first of \a rows rows where it overlaps no other, right of the
/// tick or, where that does not fit into [0, width], left of it; nothing where there is no room. A tick that
/// goes down to its text crosses no other text. Requests sorted by x.
std::vector<std::optional<LabelPlace>> placeLabels(
    std::span<const LabelRequest> requests, int rows, double gap, double width);

} // namespace cutover::layout
