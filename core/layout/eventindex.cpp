// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/eventindex.h"

#include <algorithm>
#include <tuple>

namespace cutover::layout {

static bool isBefore(const EventPoint& a, const EventPoint& b)
{
    return std::tie(a.timeNs, a.index) < std::tie(b.timeNs, b.index);
}

/// The first of [from, end) at or after \a timeNs; near ones are found fast.
template <typename Iterator>
static Iterator gallop(Iterator from, Iterator end, qint64 timeNs)
{
    std::ptrdiff_t step = 1;
    Iterator low = from;
    while (end - low > step && (low + step)->timeNs < timeNs) {
        low += step;
        step *= 2;
    }
    return std::lower_bound(low, end - low > step ? low + step + 1 : end, timeNs,
        [](const EventPoint& point, qint64 time) { return point.timeNs < time; });
}

void EventIndex::take(std::span<const timeline::Event> all)
{
    std::array<std::size_t, 4> before{};
    for (std::size_t i = 0; i < before.size(); ++i)
        before[i] = m_sides[i].size();
    for (; m_taken < all.size(); ++m_taken) {
        const timeline::Event& event = all[m_taken];
        if (event.timeNs <= 0)
            continue;
        m_sides[static_cast<std::size_t>(event.side)].push_back(
            { .timeNs = event.timeNs, .index = static_cast<quint32>(m_taken), .side = event.side });
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        Points& points = m_sides[i];
        const auto fresh = points.begin() + static_cast<std::ptrdiff_t>(before[i]);
        if (fresh == points.end())
            continue;
        if (!std::is_sorted(fresh, points.end(), isBefore))
            std::sort(fresh, points.end(), isBefore);
        // Only what is later than the earliest new one has to move.
        const auto first = std::upper_bound(points.begin(), fresh, *fresh, isBefore);
        std::inplace_merge(first, fresh, points.end(), isBefore);
    }
    m_extent = {};
    for (const Points& points : m_sides) {
        if (points.empty())
            continue;
        const Interval own{ .startNs = points.front().timeNs, .endNs = points.back().timeNs + 1 };
        m_extent = m_extent.isEmpty() ? own
                                      : Interval{ .startNs = std::min(m_extent.startNs, own.startNs),
                                            .endNs = std::max(m_extent.endNs, own.endNs) };
    }
}

void EventIndex::clear()
{
    *this = {};
}

std::size_t EventIndex::size() const
{
    std::size_t sum = 0;
    for (const Points& points : m_sides)
        sum += points.size();
    return sum;
}

std::vector<EventRun> EventIndex::runs(Side side, const Interval& range, double width) const
{
    std::vector<EventRun> found;
    const auto all = points(side);
    auto at = std::ranges::lower_bound(all, range.startNs, {}, &EventPoint::timeNs);
    while (at != all.end() && at->timeNs < range.endNs) {
        const double x = std::floor(timeToPixel(at->timeNs, range, width));
        const double edge = (x + 1) * static_cast<double>(range.length()) / width;
        const qint64 next = std::max(range.startNs + static_cast<qint64>(std::ceil(edge)), at->timeNs + 1);
        const auto end = gallop(at, all.end(), std::min(next, range.endNs));
        found.push_back({ .x = x, .count = static_cast<std::size_t>(end - at) });
        at = end;
    }
    return found;
}

std::size_t EventIndex::count(Side side, const Interval& part) const
{
    if (part.isEmpty())
        return 0;
    const auto all = points(side);
    return static_cast<std::size_t>(std::ranges::lower_bound(all, part.endNs, {}, &EventPoint::timeNs)
        - std::ranges::lower_bound(all, part.startNs, {}, &EventPoint::timeNs));
}

std::optional<EventPoint> EventIndex::nearest(qint64 timeNs, std::optional<Side> side) const
{
    std::optional<EventPoint> best;
    const auto consider = [&](const EventPoint& point) {
        if (!best || std::abs(point.timeNs - timeNs) < std::abs(best->timeNs - timeNs))
            best = point;
    };
    for (const Side each : { Side::Source, Side::Destination, Side::Channel, Side::Console }) {
        if (side && each != *side)
            continue;
        const auto all = points(each);
        const auto after = std::ranges::lower_bound(all, timeNs, {}, &EventPoint::timeNs);
        if (after != all.begin())
            consider(*std::prev(after));
        if (after != all.end())
            consider(*after);
    }
    return best;
}

std::optional<EventPoint> EventIndex::step(const EventPoint& from, int direction, const Filter& fits) const
{
    struct Cursor
    {
        std::span<const EventPoint> points;
        std::size_t at = 0; ///< of the next one; going back, behind it
    };
    std::array<Cursor, 4> cursors;
    for (std::size_t i = 0; i < cursors.size(); ++i) {
        const Points& all = m_sides[i];
        const auto place = direction > 0 ? std::ranges::upper_bound(all, from, isBefore)
                                         : std::ranges::lower_bound(all, from, isBefore);
        cursors[i] = { .points = all, .at = static_cast<std::size_t>(place - all.begin()) };
    }
    while (true) {
        Cursor* best = nullptr;
        const auto head = [direction](const Cursor& cursor) -> const EventPoint& {
            return cursor.points[direction > 0 ? cursor.at : cursor.at - 1];
        };
        for (Cursor& cursor : cursors) {
            const bool ended = direction > 0 ? cursor.at == cursor.points.size() : cursor.at == 0;
            if (ended)
                continue;
            const bool sooner = best
                && (direction > 0 ? isBefore(head(cursor), head(*best))
                                  : isBefore(head(*best), head(cursor)));
            if (!best || sooner)
                best = &cursor;
        }
        if (!best)
            return std::nullopt;
        const EventPoint point = head(*best);
        if (!fits || fits(point))
            return point;
        best->at += direction > 0 ? 1 : std::size_t(-1);
    }
}

} // namespace cutover::layout
