// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinegeometry.h"

#include <QPointF>

#include <optional>

namespace cutover::ui {

/// What is under the mouse.
struct TimelineHit
{
    enum class Kind : std::uint8_t { Nothing, Checkpoint, Event, Span, Arrow, Stream, Pause };

    Kind kind = Kind::Nothing;
    std::optional<std::size_t> event; ///< of Checkpoint and Event: its number in the record
    Interval time; ///< of Span, Stream and Pause
    QString sentence; ///< of what was hit, without its time; empty for an event

    bool operator==(const TimelineHit&) const = default;
};

/// The innermost thing within \a reach pixels of \a position: a checkpoint before an event before a span
/// before the pause.
TimelineHit hitTest(const Scene& scene, const TimelineGeometry& geometry, const Interval& range,
    QPointF position, double reach);

/// The timed event of \a side (of any, without) nearest to \a timeNs; nothing where there is none.
std::optional<EventPoint> nearestPoint(const Scene& scene, qint64 timeNs, std::optional<Side> side);

/// The next event in time after event \a current (direction 1) or the one before it (-1); without a current
/// one the first after or the last before \a fromNs.
std::optional<EventPoint> stepPoint(
    const Scene& scene, std::optional<std::size_t> current, qint64 fromNs, int direction);

} // namespace cutover::ui
