// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtTypes>

#include <algorithm>
#include <cmath>

/// Between time and pixels. Times are integers of nanoseconds everywhere; a double appears only for a
/// position on the screen, and only as a difference from the left edge, so that no precision is lost.
namespace cutover::layout {

/// [startNs, endNs).
struct Interval
{
    qint64 startNs = 0;
    qint64 endNs = 0;

    qint64 length() const { return endNs - startNs; }
    bool isEmpty() const { return endNs <= startNs; }
    bool contains(qint64 timeNs) const { return timeNs >= startNs && timeNs < endNs; }
    bool operator==(const Interval&) const = default;
};

/// Position of \a timeNs where \a range fills [0, width). Not clamped. 0 for an empty range.
inline double timeToPixel(qint64 timeNs, const Interval& range, double width)
{
    if (range.isEmpty())
        return 0;
    return static_cast<double>(timeNs - range.startNs) * width / static_cast<double>(range.length());
}

/// The time at pixel \a x, rounded down. Not clamped. The start of the range where there is no width.
inline qint64 pixelToTime(double x, const Interval& range, double width)
{
    if (width <= 0)
        return range.startNs;
    return range.startNs + static_cast<qint64>(std::floor(x * static_cast<double>(range.length()) / width));
}

/// \a range scaled by \a factor (below 1 zooms in) so that \a anchorNs keeps its place on the screen.
inline Interval zoomedAt(const Interval& range, qint64 anchorNs, double factor)
{
    const auto before = static_cast<double>(anchorNs - range.startNs);
    const auto length = static_cast<qint64>(std::llround(static_cast<double>(range.length()) * factor));
    const qint64 start = anchorNs - static_cast<qint64>(std::llround(before * factor));
    return { start, start + std::max<qint64>(length, 1) };
}

/// \a range moved and, where it is too long, cut so that it lies in \a bounds and is at least \a minimumNs
/// long.
inline Interval clampedTo(const Interval& range, const Interval& bounds, qint64 minimumNs)
{
    if (bounds.isEmpty())
        return range;
    const qint64 length = std::clamp(range.length(), std::min(minimumNs, bounds.length()), bounds.length());
    const qint64 start = std::clamp(range.startNs, bounds.startNs, bounds.endNs - length);
    return { start, start + length };
}

} // namespace cutover::layout
