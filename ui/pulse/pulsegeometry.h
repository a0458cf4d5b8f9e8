// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/timelinecoordinates.h"

#include "timeline/pulse.h"

#include <QRectF>

#include <cstdint>
#include <vector>

/// What the strip of the heartbeat shows, without a font or a colour.
namespace cutover::ui {

/// Which part of time the strip shows.
enum class PulseView : std::uint8_t {
    Run, ///< the samples of the last half minute
    Gap, ///< the gaps with about their own length on both sides
};

/// A stretch of one row. Of a sample it has a height, of single beats a distance.
struct PulseStretch
{
    Interval time;
    Side side = Side::Source;
    double level = 0; ///< 0 to 1: events a second, compared with the most of the row
    double eventsPerSecond = 0;
};

struct PulseRow
{
    timeline::GapKind kind = timeline::GapKind::Guest;
    std::vector<PulseStretch> stretches; ///< in order, not overlapping
    std::optional<timeline::PulseGap> gap;
};

struct PulseScene
{
    PulseView view = PulseView::Run;
    Interval range; ///< what is visible; empty where there is nothing
    qint64 originNs = 0; ///< zero of the ruler
    Interval pause; ///< as the VMMs see it; empty where it is not known
    std::vector<PulseRow> rows; ///< the guest's, and those of network and storage that there is something of
};

/// Pure. \a wanted falls back to Run while no gap has a place.
PulseScene pulseScene(
    const timeline::PulseTrail& trail, const timeline::PauseBreakdown& pause, PulseView wanted);

/// The times of single beats of \a stretch that are at least \a leastNs apart; empty where they would be
/// nearer, so that a band is to be drawn instead. Beats are counted from the end of the stretch that is
/// nearer to \a gap, so that the gap lies between two beats.
std::vector<qint64> beatTimes(const PulseStretch& stretch, const Interval& gap, qint64 leastNs);

/// The area of row \a row of \a count in \a area, which rows divide with a space between them.
QRectF pulseRowArea(const QRectF& area, std::size_t row, std::size_t count);

} // namespace cutover::ui
