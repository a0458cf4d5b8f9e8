// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtTypes>

#include <cstddef>
#include <span>
#include <vector>

namespace cutover::timeline {

/// A piece of work that claims the time [startNs, endNs).
struct Claim
{
    qint64 startNs = 0;
    qint64 endNs = 0; ///< not after startNs: claims nothing
    std::size_t row = 0; ///< the account that the time goes to
    int rank = 0; ///< the lower wins where claims overlap
};

struct Gap
{
    qint64 startNs = 0;
    qint64 endNs = 0;
};

struct Attribution
{
    std::vector<qint64> rowNs; ///< one per row
    std::vector<qint64> rowStartNs; ///< where the row got its first nanosecond; 0 if it got none
    std::vector<Gap> gaps; ///< time that nobody claimed, in order
};

/// Shares out the time [startNs, endNs) so that each nanosecond goes to exactly one row or gap: to the claim
/// of the lowest rank that covers it; among those to the one that started last (the innermost); then to the
/// lowest row. Claims are cut to the window. So the rows and gaps add up to endNs - startNs, and none is
/// negative. Claims of a row >= \a rowCount are ignored; an empty or inverted window gives zeros.
Attribution attribute(qint64 startNs, qint64 endNs, std::span<const Claim> claims, std::size_t rowCount);

} // namespace cutover::timeline
