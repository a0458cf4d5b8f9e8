// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

#include "timeline/event.h"

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace cutover::layout {

/// An event's place in time.
struct EventPoint
{
    qint64 timeNs = 0;
    quint32 index = 0; ///< its number in the record
    Side side = Side::Console;

    bool operator==(const EventPoint&) const = default;
};

/// Events in one place of the screen.
struct EventRun
{
    double x = 0; ///< of the first one, in pixels
    std::size_t count = 0;
};

/// All timed events of a record, by side and time, kept as the record grows. What a view asks of it costs
/// its width in pixels times the logarithm of the number of events, never that number.
class EventIndex
{
public:
    /// Takes what is new of \a all, the events of the record so far. Linear in what is new, and in how far
    /// back late events reach.
    void take(std::span<const timeline::Event> all);
    void clear();

    bool isEmpty() const { return m_extent.isEmpty(); }
    std::size_t size() const; ///< timed events
    /// From the first to behind the last point; empty without one.
    const Interval& extent() const { return m_extent; }
    std::span<const EventPoint> points(Side side) const { return m_sides[static_cast<std::size_t>(side)]; }

    /// The events of \a side in \a range on a plot \a width pixels wide, those within one pixel as one run.
    std::vector<EventRun> runs(Side side, const Interval& range, double width) const;
    /// How many events of \a side there are in \a part.
    std::size_t count(Side side, const Interval& part) const;

    /// The event nearest to \a timeNs of \a side, of any without; nothing where there is none.
    std::optional<EventPoint> nearest(qint64 timeNs, std::optional<Side> side) const;
    using Filter = std::function<bool(const EventPoint&)>;
    /// The next event in time after \a from (direction 1) or the last before it (-1) that \a fits, of all
    /// without. Events at the same time follow in the order of the record.
    std::optional<EventPoint> step(const EventPoint& from, int direction, const Filter& fits = {}) const;

private:
    using Points = std::vector<EventPoint>;

    std::array<Points, 4> m_sides;
    Interval m_extent;
    std::size_t m_taken = 0;
};

} // namespace cutover::layout
