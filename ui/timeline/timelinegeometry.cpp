// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinegeometry.h"

namespace cutover::ui {

namespace {

// In lines of text.
constexpr double rulerLines = 1.7;
constexpr double bandLines = 1.3;
constexpr double marginLines = 0.4;
constexpr double barLines = 1.5;
constexpr double stripLines = 0.45;
constexpr double labelLines = 1.05;
constexpr double channelLines = 3.0;
constexpr int laneCount = 3;

double neededLines(TimelineGeometry::Row row, int labelRows)
{
    return row == TimelineGeometry::Row::Channel
        ? channelLines
        : (2 * marginLines) + barLines + stripLines + (labelRows * labelLines);
}

} // namespace

double TimelineGeometry::heightFor(double em, int labelRows)
{
    return em
        * (rulerLines + bandLines + neededLines(Row::Source, labelRows) + neededLines(Row::Channel, labelRows)
            + neededLines(Row::Destination, labelRows));
}

int TimelineGeometry::labelRows() const
{
    int rows = minimumLabelRows;
    while (rows < maximumLabelRows && heightFor(em, rows + 1) <= height)
        ++rows;
    return rows;
}

double TimelineGeometry::neededHeight(Row row) const
{
    return neededLines(row, labelRows()) * em;
}

double TimelineGeometry::spare() const
{
    return std::max(0.0, std::min(height - heightFor(em, labelRows()), em * 6)) / laneCount;
}

double TimelineGeometry::laneHeight(Row row) const
{
    return neededHeight(row) + spare();
}

QRectF TimelineGeometry::plot() const
{
    return { gutter, 0, std::max(0.0, width - gutter), height };
}

QRectF TimelineGeometry::ruler() const
{
    return { gutter, 0, plot().width(), rulerLines * em };
}

QRectF TimelineGeometry::band() const
{
    return { gutter, ruler().bottom(), plot().width(), bandLines * em };
}

QRectF TimelineGeometry::lane(Row row) const
{
    double top = band().bottom();
    for (const Row above : { Row::Source, Row::Channel }) {
        if (above == row)
            break;
        top += laneHeight(above);
    }
    return { 0, top, width, laneHeight(row) };
}

QRectF TimelineGeometry::bar(Row row) const
{
    const QRectF whole = lane(row);
    const double margin = (marginLines * em) + (spare() / 2);
    if (row == Row::Channel)
        return { gutter, whole.top() + margin, plot().width(), whole.height() - (2 * margin) };
    return { gutter, whole.top() + margin, plot().width(), barLines * em };
}

QRectF TimelineGeometry::strip(Row row) const
{
    const QRectF above = bar(row);
    return { gutter, above.bottom(), above.width(), stripLines * em };
}

QRectF TimelineGeometry::label(Row row, int labelRow, double left, double labelWidth) const
{
    return { gutter + left, strip(row).bottom() + (labelRow * labelLines * em), labelWidth, labelLines * em };
}

double TimelineGeometry::xOf(qint64 timeNs, const Interval& range) const
{
    // Beyond a few widths outside nothing is seen, and painting with huge numbers is not reliable.
    const double x = timeToPixel(timeNs, range, plot().width());
    return gutter + std::clamp(x, -2 * width, 3 * width);
}

qint64 TimelineGeometry::timeAt(double x, const Interval& range) const
{
    return pixelToTime(x - gutter, range, plot().width());
}

QRectF TimelineGeometry::stretch(const Interval& part, const Interval& range, const QRectF& within) const
{
    const double left = std::max(xOf(part.startNs, range), within.left());
    const double right = std::min(xOf(part.endNs, range), within.right());
    return { left, within.top(), std::max(0.0, right - left), within.height() };
}

} // namespace cutover::ui
