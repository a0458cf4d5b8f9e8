// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "scene.h"

#include <QRectF>

namespace cutover::ui {

/// Where things stand in the timeline, for a given size and font. Pure.
struct TimelineGeometry
{
    enum class Row : std::uint8_t { Source, Channel, Destination };
    static constexpr int minimumLabelRows = 1;
    static constexpr int maximumLabelRows = 4;

    double width = 0;
    double height = 0;
    double em = 1; ///< height of a line of text
    double gutter = 0; ///< width of the column with the lanes' titles

    static double heightFor(double em, int labelRows);
    /// How many rows of checkpoint names fit into a lane.
    int labelRows() const;
    static Row rowOf(Side side) { return side == Side::Destination ? Row::Destination : Row::Source; }

    /// The part where x is time: everything right of the gutter.
    QRectF plot() const;
    QRectF ruler() const;
    /// Between the ruler and the lanes: holds the length of the pause.
    QRectF band() const;
    QRectF lane(Row row) const;
    /// Where the spans of a lane are.
    QRectF bar(Row row) const;
    /// Where the small ticks of a lane's events are, right below its spans.
    QRectF strip(Row row) const;
    QRectF label(Row row, int labelRow, double left, double labelWidth) const;

    double xOf(qint64 timeNs, const Interval& range) const;
    qint64 timeAt(double x, const Interval& range) const;
    /// \a part of \a within's height, cut to what is visible.
    QRectF stretch(const Interval& part, const Interval& range, const QRectF& within) const;

private:
    double neededHeight(Row row) const;
    double laneHeight(Row row) const;
    double spare() const; ///< height that a lane gets beyond what it needs
};

} // namespace cutover::ui
