// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/arrows.h"
#include "layout/coordinates.h"
#include "layout/ownership.h"

#include "timeline/checkpoints.h"
#include "timeline/keyevents.h"
#include "timeline/pause.h"

#include <QString>

#include <vector>

namespace cutover::layout {

/// What a bar of a lane means; the painter gives it a colour.
enum class Tone : std::uint8_t { Idle, Runs, Stop, Save, Prepare, Load, Wait, Fault };

/// A stretch of a lane in which one thing goes on.
struct LaneSpan
{
    Interval time;
    Tone tone = Tone::Idle;
    QString text; ///< a few words
    QString sentence; ///< for tooltips and details

    bool operator==(const LaneSpan&) const = default;
};

/// A named instant on a lane: a checkpoint of a VMM, an action of the console.
struct LaneMark
{
    qint64 timeNs = 0;
    QString name;
    QString sentence; ///< what it means; empty where nobody knows
    std::size_t event = 0; ///< its number in the record

    bool operator==(const LaneMark&) const = default;
};

struct Lane
{
    Side side = Side::Source;
    std::vector<LaneSpan> spans; ///< in order, not overlapping
    std::vector<LaneMark> marks; ///< in order
};

/// All that the timeline shows beside the single events, without a size, a font or a colour.
struct Scene
{
    Lane source{ .side = Side::Source, .spans = {}, .marks = {} };
    Lane destination{ .side = Side::Destination, .spans = {}, .marks = {} };
    Lane console{ .side = Side::Console, .spans = {}, .marks = {} };
    std::vector<Arrow> arrows; ///< by the time they were sent
    std::vector<Interval> streams; ///< the connections of main channels, in order
    std::vector<OwnershipRow> ownership;
    timeline::PauseBreakdown pause; ///< of the last migration
    Interval extent; ///< of all timed events
    qint64 originNs = 0; ///< zero of the ruler: the start of the pause, else of the migration, else of all

    bool isEmpty() const { return extent.isEmpty(); }
    const Lane& lane(Side side) const
    {
        return side == Side::Destination ? destination : side == Side::Console ? console : source;
    }
    /// The pause as far as it has got; empty where there is none.
    Interval pauseInterval() const;
    /// The part that explains the pause: the pause with half its length on each side.
    Interval pauseSurroundings() const;
};

/// Pure; linear in the number of key events. \a extent: of all timed events.
Scene buildScene(const timeline::KeyEvents& events, const Interval& extent);

} // namespace cutover::layout
