// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/geometry.h"

#include <KLocalizedString>

namespace cutover::layout {

namespace {

// In lines of text.
constexpr double rulerLines = 1.6;
constexpr double bandLines = 1.3;
constexpr double marginLines = 0.35;
constexpr double barLines = 1.5;
constexpr double consoleBarLines = 1.15;
constexpr double stripLines = 0.45;
constexpr double labelLines = 1.05;
constexpr double channelLines = 2.4;
constexpr double foldedChannelLines = 1.0;
constexpr double ownershipLines = 1.15;

bool hasLabels(LaneId lane)
{
    return lane == LaneId::Source || lane == LaneId::Destination || lane == LaneId::Console;
}

double barHeight(LaneId lane, bool folded)
{
    switch (lane) {
    case LaneId::Source:
    case LaneId::Destination:
        return barLines;
    case LaneId::Console:
        return consoleBarLines;
    case LaneId::Channels:
        return folded ? foldedChannelLines : channelLines;
    case LaneId::Ownership:
        break;
    }
    return ownershipLines;
}

double neededLines(LaneId lane, const TimelineGeometry::Space& space, int labelRows)
{
    const LaneLook& look = space.looks[static_cast<std::size_t>(lane)];
    if (!look.visible || (lane == LaneId::Ownership && space.ownershipRows == 0))
        return 0;
    double lines = (2 * marginLines) + barHeight(lane, look.folded);
    if (lane == LaneId::Ownership && !look.folded)
        lines += space.ownershipRows * ownershipLines; // the first line is for the title
    if (hasLabels(lane))
        lines += stripLines + (look.folded ? 0 : labelRows * labelLines);
    return lines;
}

} // namespace

LaneId laneOf(Side side)
{
    switch (side) {
    case Side::Source:
        return LaneId::Source;
    case Side::Destination:
        return LaneId::Destination;
    case Side::Channel:
        return LaneId::Channels;
    case Side::Console:
        break;
    }
    return LaneId::Console;
}

QString laneKey(LaneId lane)
{
    switch (lane) {
    case LaneId::Source:
        return QStringLiteral("source");
    case LaneId::Channels:
        return QStringLiteral("channels");
    case LaneId::Destination:
        return QStringLiteral("destination");
    case LaneId::Ownership:
        return QStringLiteral("ownership");
    case LaneId::Console:
        return QStringLiteral("console");
    }
    return {};
}

QString laneTitle(LaneId lane)
{
    switch (lane) {
    case LaneId::Source:
        return i18n("Source");
    case LaneId::Channels:
        return i18n("Channels");
    case LaneId::Destination:
        return i18n("Destination");
    case LaneId::Ownership:
        return i18n("Ownership");
    case LaneId::Console:
        return i18n("Console");
    }
    return {};
}

double TimelineGeometry::heightFor(const Space& space, int labelRows)
{
    double lines = rulerLines + bandLines;
    for (const LaneId lane : allLanes)
        lines += neededLines(lane, space, lane == LaneId::Console ? std::min(labelRows, 1) : labelRows);
    return lines * space.em;
}

double TimelineGeometry::minimumHeight(double em)
{
    return (rulerLines + bandLines + (2 * marginLines) + barLines + stripLines + (2 * labelLines)) * em;
}

TimelineGeometry::TimelineGeometry(const Space& space)
    : m_space(space)
{
    const double em = space.em;
    for (const LaneId lane : allLanes)
        m_labels[at(lane)] = hasLabels(lane) && !isFolded(lane) ? 1 : 0;
    double spare = space.height - heightFor(space, 1);
    // The VMMs have more to say than the console.
    for (int rows = 2; rows <= maximumLabelRows; ++rows) {
        for (const LaneId lane : { LaneId::Destination, LaneId::Source }) {
            const LaneLook& look = space.looks[at(lane)];
            if (!look.visible || look.folded || spare < labelLines * em)
                continue;
            m_labels[at(lane)] = rows;
            spare -= labelLines * em;
        }
    }
    int shown = 0;
    for (const LaneId lane : allLanes)
        shown += neededLines(lane, space, 1) > 0 ? 1 : 0;
    if (shown > 0)
        m_air = std::clamp(spare / (2.0 * shown), 0.0, em * 0.8);
    double top = 0;
    for (const LaneId lane : allLanes) {
        const double lines = neededLines(lane, space, m_labels[at(lane)]);
        m_top[at(lane)] = top;
        m_height[at(lane)] = lines > 0 ? (lines * em) + (2 * m_air) : 0;
        top += m_height[at(lane)];
    }
    m_space.scroll = std::clamp(space.scroll, 0.0, scrollRange());
}

double TimelineGeometry::scrollRange() const
{
    const double all = m_top.back() + m_height.back();
    const double hidden = all - lanes().height();
    return hidden < 0.5 ? 0 : hidden;
}

std::optional<LaneId> TimelineGeometry::laneAt(double y) const
{
    if (y < lanes().top() || y >= lanes().bottom())
        return std::nullopt;
    for (const LaneId each : allLanes) {
        const QRectF place = lane(each);
        if (isShown(each) && y >= place.top() && y < place.bottom())
            return each;
    }
    return std::nullopt;
}

QRectF TimelineGeometry::plot() const
{
    return { m_space.gutter, 0, std::max(0.0, m_space.width - m_space.gutter), m_space.height };
}

QRectF TimelineGeometry::ruler() const
{
    return { m_space.gutter, 0, plot().width(), rulerLines * m_space.em };
}

QRectF TimelineGeometry::band() const
{
    return { m_space.gutter, ruler().bottom(), plot().width(), bandLines * m_space.em };
}

QRectF TimelineGeometry::markerFlag(double x, bool onTheLeft) const
{
    const double em = m_space.em;
    return { onTheLeft ? x + 1 - (em * 1.2) : x, ruler().bottom() - (em * 1.15), em * 1.2, em * 1.15 };
}

QRectF TimelineGeometry::lanes() const
{
    const double top = band().bottom();
    return { 0, top, m_space.width, std::max(0.0, m_space.height - top) };
}

QRectF TimelineGeometry::lane(LaneId lane) const
{
    return { 0, lanes().top() + m_top[at(lane)] - m_space.scroll, m_space.width, m_height[at(lane)] };
}

QRectF TimelineGeometry::title(LaneId lane) const
{
    const QRectF place = bar(lane);
    const double height = std::min(place.height(), barHeight(lane, true) * m_space.em);
    return { 0, place.top(), m_space.gutter, height };
}

QRectF TimelineGeometry::bar(LaneId lane) const
{
    const QRectF whole = this->lane(lane);
    const double margin = (marginLines * m_space.em) + m_air;
    double height = barHeight(lane, isFolded(lane)) * m_space.em;
    if (lane == LaneId::Ownership)
        height = std::max(0.0, whole.height() - (2 * margin));
    return { m_space.gutter, whole.top() + margin, plot().width(), height };
}

QRectF TimelineGeometry::strip(LaneId lane) const
{
    const QRectF above = bar(lane);
    return { m_space.gutter, above.bottom(), above.width(), stripLines * m_space.em };
}

QRectF TimelineGeometry::label(LaneId lane, int row, double left, double width) const
{
    const double height = labelLines * m_space.em;
    return { m_space.gutter + left, strip(lane).bottom() + (row * height), width, height };
}

QRectF TimelineGeometry::ownershipBar(int row) const
{
    const QRectF all = bar(LaneId::Ownership);
    if (isFolded(LaneId::Ownership)) {
        const double height = all.height() / std::max(1, m_space.ownershipRows);
        return { all.left(), all.top() + (row * height), all.width(), std::max(1.0, height - 1) };
    }
    const double height = ownershipLines * m_space.em;
    return { all.left(), all.top() + ((row + 1) * height), all.width(), m_space.em };
}

std::optional<int> TimelineGeometry::ownershipRowAt(double y) const
{
    if (!isShown(LaneId::Ownership))
        return std::nullopt;
    for (int row = 0; row < m_space.ownershipRows; ++row) {
        const QRectF place = ownershipBar(row);
        if (y >= place.top() && y < place.bottom() + 1)
            return row;
    }
    return std::nullopt;
}

double TimelineGeometry::xOf(qint64 timeNs, const Interval& range) const
{
    // Beyond a few widths outside nothing is seen, and painting with huge numbers is not reliable.
    const double x = timeToPixel(timeNs, range, plot().width());
    return m_space.gutter + std::clamp(x, -2 * m_space.width, 3 * m_space.width);
}

qint64 TimelineGeometry::timeAt(double x, const Interval& range) const
{
    return pixelToTime(x - m_space.gutter, range, plot().width());
}

QRectF TimelineGeometry::stretch(const Interval& part, const Interval& range, const QRectF& within) const
{
    const double left = std::max(xOf(part.startNs, range), within.left());
    const double right = std::min(xOf(part.endNs, range), within.right());
    return { left, within.top(), std::max(0.0, right - left), within.height() };
}

} // namespace cutover::layout
