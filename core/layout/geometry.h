// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

#include "base/side.h"

#include <QRectF>
#include <QString>

#include <array>
#include <cstdint>
#include <optional>

namespace cutover::layout {

enum class LaneId : std::uint8_t { Source, Channels, Destination, Ownership, Console };
inline constexpr std::array allLanes{ LaneId::Source, LaneId::Channels, LaneId::Destination,
    LaneId::Ownership, LaneId::Console };

/// The lane that shows the events of \a side.
LaneId laneOf(Side side);
/// "source", ...: for settings and the names of actions.
QString laneKey(LaneId lane);
/// "Source", ...: translated.
QString laneTitle(LaneId lane);

/// How one lane is to be shown.
struct LaneLook
{
    bool visible = true;
    bool folded = false; ///< only its bars, without names

    bool operator==(const LaneLook&) const = default;
};
using LaneLooks = std::array<LaneLook, allLanes.size()>;

/// Where things stand in the timeline, for a given size and font: on top the ruler and a band for the length
/// of the pause, below them the lanes, which scroll where there is not room for all. Pure.
class TimelineGeometry
{
public:
    static constexpr int maximumLabelRows = 4;

    struct Space
    {
        double width = 0;
        double height = 0;
        double em = 1; ///< height of a line of text
        double gutter = 0; ///< width of the column with the lanes' titles
        double scroll = 0; ///< how far the lanes are moved up
        LaneLooks looks;
        int ownershipRows = 0;
    };

    explicit TimelineGeometry(const Space& space);

    /// With all lanes and \a labelRows rows of names each.
    static double heightFor(const Space& space, int labelRows);
    /// Enough to see something of a lane.
    static double minimumHeight(double em);

    double width() const { return m_space.width; }
    double height() const { return m_space.height; }
    double em() const { return m_space.em; }
    /// How far the lanes can be scrolled.
    double scrollRange() const;

    bool isShown(LaneId lane) const { return m_height[at(lane)] > 0; }
    bool isFolded(LaneId lane) const { return m_space.looks[at(lane)].folded; }
    std::optional<LaneId> laneAt(double y) const;
    /// How many rows of names fit below the bar of a lane.
    int labelRows(LaneId lane) const { return m_labels[at(lane)]; }

    /// The part where x is time: everything right of the gutter.
    QRectF plot() const;
    QRectF ruler() const;
    /// Between the ruler and the lanes: holds the length of the pause and the flags of the markers.
    QRectF band() const;
    /// The flag of a marker that stands at \a x, on the left of it or on the right.
    QRectF markerFlag(double x, bool onTheLeft) const;
    /// Where lanes are seen; they reach beyond it where they are scrolled.
    QRectF lanes() const;
    QRectF lane(LaneId lane) const;
    /// The title in the gutter.
    QRectF title(LaneId lane) const;
    /// Where the spans of a lane are; of the channels where the arrows are, of the ownership all its rows.
    QRectF bar(LaneId lane) const;
    /// Where the small ticks of a lane's events are, right below its spans.
    QRectF strip(LaneId lane) const;
    QRectF label(LaneId lane, int row, double left, double width) const;
    /// The bar of one resource, as wide as the plot; a stripe of it where folded.
    QRectF ownershipBar(int row) const;
    std::optional<int> ownershipRowAt(double y) const;

    double xOf(qint64 timeNs, const Interval& range) const;
    qint64 timeAt(double x, const Interval& range) const;
    /// \a part of \a within's height, cut to what is visible.
    QRectF stretch(const Interval& part, const Interval& range, const QRectF& within) const;

private:
    static std::size_t at(LaneId lane) { return static_cast<std::size_t>(lane); }

    Space m_space;
    std::array<int, allLanes.size()> m_labels{};
    std::array<double, allLanes.size()> m_top{}; ///< from the top of all lanes
    std::array<double, allLanes.size()> m_height{}; ///< 0 = not shown
    double m_air = 0; ///< what a lane gets above and below its bar where there is plenty of room
};

} // namespace cutover::layout
