// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinepainter.h"

#include "format.h"
#include "labels.h"
#include "ruler.h"

#include <KLocalizedString>

#include <QPainter>

#include <algorithm>
#include <array>

namespace cutover::ui {

static QFont smaller(const QFont& font)
{
    QFont small = font;
    small.setPointSizeF(font.pointSizeF() * 0.9);
    return small;
}

TimelinePainter::TimelinePainter(QPainter& painter, const Scene& scene, const TimelineGeometry& geometry,
    const State& state, const Colours& colours, const QFont& font)
    : m_painter(painter)
    , m_scene(scene)
    , m_geometry(geometry)
    , m_state(state)
    , m_colours(colours)
    , m_font(font)
    , m_small(smaller(font))
    , m_metrics(m_font)
    , m_smallMetrics(m_small)
{
}

void TimelinePainter::paint()
{
    m_painter.fillRect(QRectF(0, 0, m_geometry.width, m_geometry.height), m_colours.background);
    paintTitles();
    if (m_state.range.isEmpty())
        return;
    m_painter.save();
    m_painter.setClipRect(m_geometry.plot());
    paintPause();
    paintRuler();
    for (const Lane* lane : { &m_scene.source, &m_scene.destination })
        paintLane(*lane);
    paintChannel();
    paintSelection();
    m_painter.restore();
}

QColor TimelinePainter::sideColour(Side side) const
{
    return side == Side::Destination ? m_colours.destination : m_colours.source;
}

QColor TimelinePainter::fillOf(Tone tone, Side side) const
{
    switch (tone) {
    case Tone::Runs:
        return m_colours.tint(sideColour(side), 0.9);
    case Tone::Stop:
        return m_colours.tint(m_colours.negative, 0.75);
    case Tone::Save:
        return m_colours.tint(sideColour(side), 0.6);
    case Tone::Prepare:
        return m_colours.tint(sideColour(side), 0.4);
    case Tone::Load:
        return m_colours.tint(sideColour(side), 0.65);
    case Tone::Wait:
        return m_colours.tint(m_colours.neutral, 0.35);
    case Tone::Idle:
        return m_colours.idle;
    }
    return m_colours.idle;
}

void TimelinePainter::paintTitles()
{
    m_painter.setFont(m_font);
    m_painter.setPen(m_colours.text);
    const std::array rows{ std::pair(Row::Source, i18n("Source")), std::pair(Row::Channel, i18n("Channels")),
        std::pair(Row::Destination, i18n("Destination")) };
    for (const auto& [row, title] : rows) {
        const QRectF bar = m_geometry.bar(row);
        const double height
            = row == Row::Channel ? std::min(bar.height(), m_geometry.em * 1.5) : bar.height();
        m_painter.drawText(QRectF(m_geometry.em * 0.6, bar.top(), m_geometry.gutter - m_geometry.em, height),
            Qt::AlignLeft | Qt::AlignVCenter, title);
        const QRectF lane = m_geometry.lane(row);
        m_painter.fillRect(QRectF(0, lane.top(), m_geometry.width, 1), m_colours.line);
    }
}

void TimelinePainter::paintRuler()
{
    const QRectF ruler = m_geometry.ruler();
    m_painter.setFont(m_small);
    const double spacing = m_smallMetrics.horizontalAdvance(QStringLiteral("+000.000 ms")) * 1.4;
    for (const RulerTick& tick : rulerTicks(m_state.range, ruler.width(), spacing, m_scene.originNs)) {
        const double at = x(tick.timeNs);
        m_painter.fillRect(
            QRectF(at, ruler.bottom() - (m_geometry.em * 0.3), 1, m_geometry.em * 0.3), m_colours.line);
        const double width = m_smallMetrics.horizontalAdvance(tick.label) + 2;
        m_painter.setPen(m_colours.faint);
        const double left = at - (width / 2);
        if (left >= ruler.left() && left + width <= ruler.right())
            m_painter.drawText(QRectF(left, ruler.top(), width, ruler.height() - (m_geometry.em * 0.3)),
                Qt::AlignCenter, tick.label);
    }
    m_painter.fillRect(QRectF(ruler.left(), ruler.bottom(), ruler.width(), 1), m_colours.line);
}

void TimelinePainter::paintPause()
{
    const Interval pause = m_scene.pauseInterval();
    if (pause.isEmpty())
        return;
    const QRectF plot = m_geometry.plot();
    const QRectF whole(
        plot.left(), m_geometry.band().top(), plot.width(), plot.bottom() - m_geometry.band().top());
    QRectF shade = m_geometry.stretch(pause, m_state.range, whole);
    if (x(pause.endNs) < plot.left() || x(pause.startNs) > plot.right())
        return;
    shade.setWidth(std::max(shade.width(), 1.0));
    m_painter.fillRect(shade, m_colours.tint(m_colours.pause, m_colours.isDark() ? 0.22 : 0.12));
    m_painter.setPen(m_colours.tint(m_colours.pause, 0.7));
    for (const qint64 edge : { pause.startNs, pause.endNs })
        m_painter.drawLine(QPointF(x(edge), whole.top()), QPointF(x(edge), whole.bottom()));

    const QString text = m_scene.pause.isKnown() ? i18n("pause %1", durationText(m_scene.pause.pause.valueNs))
                                                 : i18n("paused for %1", durationText(pause.length()));
    QFont bold = m_small;
    bold.setBold(true);
    m_painter.setFont(bold);
    m_painter.setPen(m_colours.pause);
    const double width = QFontMetricsF(bold).horizontalAdvance(text) + m_geometry.em;
    const QRectF band = m_geometry.band();
    double left = shade.center().x() - (width / 2);
    if (shade.width() < width)
        left = shade.right() + width <= band.right() ? shade.right() : shade.left() - width;
    m_painter.drawText(QRectF(left, band.top(), width, band.height()), Qt::AlignCenter, text);
}

void TimelinePainter::paintLane(const Lane& lane)
{
    const QRectF bar = m_geometry.bar(TimelineGeometry::rowOf(lane.side));
    m_painter.setFont(m_small);
    for (const LaneSpan& span : lane.spans) {
        if (span.time.endNs < m_state.range.startNs || span.time.startNs > m_state.range.endNs)
            continue;
        const QRectF part = m_geometry.stretch(span.time, m_state.range, bar);
        const QColor fill = fillOf(span.tone, lane.side);
        // Neighbours are told apart by a hairline of background.
        m_painter.fillRect(part.width() > 3 ? part.adjusted(0, 0, -1, 0) : part, fill);
        const double room = part.width() - m_geometry.em * 0.8;
        const QString text = m_smallMetrics.elidedText(span.text, Qt::ElideRight, room);
        if (text.size() * 2 < span.text.size())
            continue;
        m_painter.setPen(m_colours.textOn(fill));
        m_painter.drawText(
            part.adjusted(m_geometry.em * 0.4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    paintTicks(lane);
    paintCheckpoints(lane);
}

void TimelinePainter::paintTicks(const Lane& lane)
{
    const QRectF strip = m_geometry.strip(TimelineGeometry::rowOf(lane.side)).adjusted(0, 2, 0, 0);
    const QColor colour = m_colours.tint(sideColour(lane.side), 0.7);
    const auto& points = m_scene.points;
    auto point = std::ranges::lower_bound(points, m_state.range.startNs, {}, &EventPoint::timeNs);
    // One tick per pixel: a million events cost no more than the width of the screen.
    while (point != points.end() && point->timeNs < m_state.range.endNs) {
        const double at = std::floor(x(point->timeNs));
        const qint64 next = m_geometry.timeAt(at + 1, m_state.range);
        const auto end = std::ranges::lower_bound(
            point, points.end(), std::max(next, point->timeNs + 1), {}, &EventPoint::timeNs);
        if (std::any_of(point, end, [&](const EventPoint& candidate) { return candidate.side == lane.side; }))
            m_painter.fillRect(QRectF(at, strip.top(), 1, strip.height()), colour);
        point = end;
    }
}

void TimelinePainter::paintCheckpoints(const Lane& lane)
{
    const Row row = TimelineGeometry::rowOf(lane.side);
    const QRectF plot = m_geometry.plot();
    std::vector<LabelRequest> requests;
    requests.reserve(lane.checkpoints.size());
    for (const LaneCheckpoint& mark : lane.checkpoints) {
        requests.push_back({ .x = x(mark.checkpoint.timeNs) - plot.left(),
            .width = m_smallMetrics.horizontalAdvance(mark.checkpoint.name) + 2 });
    }
    const auto places = placeLabels(requests, m_geometry.labelRows(), m_geometry.em * 0.5, plot.width());
    m_painter.setFont(m_small);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const double at = requests[i].x + plot.left();
        if (at < plot.left() || at > plot.right())
            continue;
        const bool selected = m_state.selected && m_state.selected->index == lane.checkpoints[i].event;
        const QColor colour = selected ? m_colours.accent : m_colours.text;
        const double bottom = places[i] ? m_geometry.label(row, places[i]->row, 0, 0).bottom() - 2
                                        : m_geometry.strip(row).bottom() + 2;
        m_painter.fillRect(
            QRectF(at, m_geometry.bar(row).bottom(), 1, bottom - m_geometry.bar(row).bottom()), colour);
        if (!places[i])
            continue;
        m_painter.setPen(selected ? m_colours.text : m_colours.faint);
        m_painter.drawText(m_geometry.label(row, places[i]->row, places[i]->left, requests[i].width),
            Qt::AlignLeft | Qt::AlignVCenter, lane.checkpoints[i].checkpoint.name);
    }
}

void TimelinePainter::paintChannel()
{
    const QRectF bar = m_geometry.bar(Row::Channel);
    m_painter.setFont(m_small);
    const bool streamVisible = !m_scene.stream.isEmpty() && x(m_scene.stream.endNs) > bar.left()
        && x(m_scene.stream.startNs) < bar.right();
    if (streamVisible) {
        QRectF band = m_geometry.stretch(m_scene.stream, m_state.range, bar);
        band.setTop(bar.center().y());
        m_painter.fillRect(band, m_colours.tint(m_colours.channel, 0.18));
        const QString text = m_smallMetrics.elidedText(
            i18n("main channel: device state"), Qt::ElideRight, band.width() - m_geometry.em);
        m_painter.setPen(m_colours.faint);
        if (text.size() > 3)
            m_painter.drawText(
                band.adjusted(m_geometry.em * 0.4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
    if (m_scene.arrows.empty())
        return;
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(QPen(m_colours.channel, 1.2));
    double right = x(m_scene.arrows.front().receivedNs);
    double left = right;
    for (const Arrow& arrow : m_scene.arrows) {
        const double top = x(arrow.sentNs);
        const double bottom = x(arrow.receivedNs);
        m_painter.drawLine(QPointF(top, bar.top()), QPointF(bottom, bar.bottom()));
        right = std::max({ right, top, bottom });
        left = std::min({ left, top, bottom });
    }
    m_painter.setRenderHint(QPainter::Antialiasing, false);
    if (right < bar.left() || left > bar.right())
        return;
    const QString text
        = i18np("%1 fd, CPR channel", "%1 fds, CPR channel", static_cast<int>(m_scene.arrows.size()));
    const double width = m_smallMetrics.horizontalAdvance(text) + 2;
    const double gap = m_geometry.em * 0.5;
    const double at = right + gap + width <= bar.right() ? right + gap : left - gap - width;
    m_painter.setPen(m_colours.faint);
    m_painter.drawText(
        QRectF(at, bar.top(), width, bar.height() / 2), Qt::AlignLeft | Qt::AlignVCenter, text);
}

void TimelinePainter::paintSelection()
{
    const QRectF plot = m_geometry.plot();
    if (m_state.selection) {
        const QRectF part = m_geometry.stretch(*m_state.selection, m_state.range, plot);
        QColor veil = m_colours.accent;
        veil.setAlphaF(0.18F);
        m_painter.fillRect(part, veil);
        m_painter.setPen(m_colours.accent);
        m_painter.drawLine(part.topLeft(), part.bottomLeft());
        m_painter.drawLine(part.topRight(), part.bottomRight());
        const QString length = durationText(m_state.selection->length());
        m_painter.setPen(m_colours.text);
        m_painter.setFont(m_small);
        if (m_smallMetrics.horizontalAdvance(length) + 4 < part.width())
            m_painter.drawText(
                QRectF(part.left(), plot.bottom() - (m_geometry.em * 1.2), part.width(), m_geometry.em * 1.2),
                Qt::AlignCenter, length);
    }
    if (m_state.selected) {
        m_painter.setPen(QPen(m_colours.accent, 1, Qt::DashLine));
        const double at = x(m_state.selected->timeNs);
        m_painter.drawLine(QPointF(at, m_geometry.ruler().bottom()), QPointF(at, plot.bottom()));
    }
}

} // namespace cutover::ui
