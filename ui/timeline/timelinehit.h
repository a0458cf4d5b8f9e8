// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinelayout.h"

#include <QPointF>

#include <optional>

namespace cutover::ui {

/// How many pixels off is near enough for the mouse.
inline constexpr double hitReach = 4;

/// What is under the mouse, or selected.
struct TimelineHit
{
    enum class Kind : std::uint8_t { Nothing, Mark, Event, Span, Arrow, Bundle, Stream, Ownership, Pause };

    Kind kind = Kind::Nothing;
    std::optional<LaneId> lane;
    std::optional<std::size_t> event; ///< of Mark and Event: its number in the record
    Interval time; ///< of everything that lasts
    QString title; ///< a few words; empty for an event
    QString sentence; ///< what it means; empty for an event
    std::size_t count = 1; ///< of Bundle: descriptors; of Event: how many stand in this place

    bool operator==(const TimelineHit&) const = default;
};

/// The innermost thing within \a reach pixels of \a position: a named instant before an event before a
/// stretch of time before the pause.
TimelineHit hitTest(const Scene& scene, const EventIndex& index, const TimelineGeometry& geometry,
    const Interval& range, QPointF position, double reach);

} // namespace cutover::ui
