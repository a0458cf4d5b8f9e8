// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/labels.h"

#include <algorithm>

namespace cutover::layout {

namespace {

struct Used
{
    double left = 0;
    double right = 0;
};

using Row = std::vector<Used>;

bool isFree(const Row& row, double left, double right)
{
    return std::ranges::none_of(
        row, [&](const Used& used) { return left < used.right && used.left < right; });
}

/// The first row with room for a text whose tick passes through all the rows above it.
std::optional<std::size_t> freeRow(std::span<const Row> rows, double tick, const Used& text, double gap)
{
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (isFree(rows[row], text.left - gap, text.right + gap))
            return row;
        if (!isFree(rows[row], tick, tick + 1))
            return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::vector<std::optional<LabelPlace>> placeLabels(
    std::span<const LabelRequest> requests, int rows, double gap, double width)
{
    std::vector<Row> used(static_cast<std::size_t>(std::max(rows, 0)));
    std::vector<std::optional<LabelPlace>> places(requests.size());
    // From the right: so an earlier text stands lower where there is not room for both in a row.
    for (std::size_t i = requests.size(); i-- > 0;) {
        const auto& [x, textWidth] = requests[i];
        if (x < 0 || x > width)
            continue;
        for (const double left : { x + (gap / 2), x - (gap / 2) - textWidth }) {
            const Used text{ .left = left, .right = left + textWidth };
            if (text.left < 0 || text.right > width)
                continue;
            const auto row = freeRow(used, x, text, gap);
            if (!row)
                continue;
            used[*row].push_back(text);
            for (std::size_t above = 0; above < *row; ++above)
                used[above].push_back({ .left = x, .right = x + 1 });
            places[i] = LabelPlace{ .left = left, .row = static_cast<int>(*row) };
            break;
        }
    }
    return places;
}

} // namespace cutover::layout
