// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "labels.h"

#include <algorithm>

namespace cutover::ui {

namespace {

struct Used
{
    double left = 0;
    double right = 0;
};

bool isFree(const std::vector<Used>& row, double left, double right)
{
    return std::ranges::none_of(
        row, [&](const Used& used) { return left < used.right && used.left < right; });
}

} // namespace

std::vector<std::optional<LabelPlace>> placeLabels(
    std::span<const LabelRequest> requests, int rows, double gap, double width)
{
    std::vector<std::vector<Used>> used(static_cast<std::size_t>(std::max(rows, 0)));
    std::vector<std::optional<LabelPlace>> places(requests.size());
    // From the right: an earlier text stands lower, so that no tick crosses the text of another.
    for (std::size_t i = requests.size(); i-- > 0;) {
        const auto& [x, textWidth] = requests[i];
        if (x < 0 || x > width)
            continue;
        for (const double left : { x + (gap / 2), x - (gap / 2) - textWidth }) {
            const double right = left + textWidth;
            for (int row = 0; row < rows && !places[i]; ++row) {
                auto& taken = used[static_cast<std::size_t>(row)];
                if (left < 0 || right > width || !isFree(taken, left - gap, right + gap))
                    continue;
                taken.push_back({ .left = left, .right = right });
                places[i] = LabelPlace{ .left = left, .row = row };
            }
        }
    }
    return places;
}

} // namespace cutover::ui
