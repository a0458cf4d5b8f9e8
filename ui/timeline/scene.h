// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinecoordinates.h"

#include "timeline/checkpoints.h"
#include "timeline/event.h"
#include "timeline/pause.h"

#include <QString>

#include <span>
#include <vector>

namespace cutover::ui {

/// What a bar of a lane means; the painter gives it a colour.
enum class Tone : std::uint8_t { Idle, Runs, Stop, Save, Prepare, Load, Wait };

/// A stretch of a lane in which one thing goes on.
struct LaneSpan
{
    Interval time;
    Tone tone = Tone::Idle;
    QString text; ///< a few words
    QString sentence; ///< for tooltips and details

    bool operator==(const LaneSpan&) const = default;
};

struct LaneCheckpoint
{
    timeline::Checkpoint checkpoint;
    std::size_t event = 0; ///< its number in the record
};

struct Lane
{
    Side side = Side::Source;
    std::vector<LaneSpan> spans; ///< in order, not overlapping
    std::vector<LaneCheckpoint> checkpoints; ///< with a time, in order
};

/// A descriptor on its way through the CPR channel.
struct Arrow
{
    QString name;
    int id = 0;
    qint64 sentNs = 0;
    qint64 receivedNs = 0;
};

/// An event's place in time; index is its number in the record.
struct EventPoint
{
    qint64 timeNs = 0;
    std::size_t index = 0;
    Side side = Side::Console;
};

/// All that the timeline shows, without a size, a font or a colour.
struct Scene
{
    Lane source{ .side = Side::Source, .spans = {}, .checkpoints = {} };
    Lane destination{ .side = Side::Destination, .spans = {}, .checkpoints = {} };
    std::vector<Arrow> arrows;
    Interval stream; ///< the main channel's connection; empty = none seen
    timeline::PauseBreakdown pause;
    std::vector<EventPoint> points; ///< all timed events, by time
    Interval extent; ///< from the first to the last point
    qint64 originNs = 0; ///< zero of the ruler: the start of the pause, else of the migration, else of all

    const Lane& lane(Side side) const { return side == Side::Destination ? destination : source; }
    /// The pause as far as it has got; empty where there is none.
    Interval pauseInterval() const;
    /// The part that explains the pause: the pause with half its length on each side.
    Interval pauseSurroundings() const;
};

/// Pure, linear in the number of events (and n log n where they are out of order).
Scene buildScene(std::span<const timeline::Event> events);

} // namespace cutover::ui
