// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinepainter.h"

#include "format.h"
#include "timelinelayout.h"

#include <KLocalizedString>

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace cutover::ui {

static QFont scaled(QFont font, bool bold)
{
    font.setPointSizeF(font.pointSizeF() * 0.9);
    font.setBold(bold);
    return font;
}

TimelineFonts::TimelineFonts(const QFont& font)
    : m_normal(font)
    , m_small(scaled(font, false))
    , m_bold(scaled(font, true))
    , m_metrics(m_small)
{
}

double TimelineFonts::widthOf(const QString& text) const
{
    // Texts with figures change with every frame of a zoom.
    constexpr qsizetype most = 2000;
    if (m_widths.size() > most)
        m_widths.clear();
    const auto known = m_widths.constFind(text);
    return known != m_widths.constEnd() ? *known : *m_widths.insert(text, m_metrics.horizontalAdvance(text));
}

QString TimelineFonts::fitted(const QString& text, double room) const
{
    if (widthOf(text) <= room)
        return text;
    if (room < m_metrics.averageCharWidth() * 3)
        return {};
    const QString cut = m_metrics.elidedText(text, Qt::ElideRight, room);
    return cut.size() * 2 < text.size() ? QString() : cut;
}

TimelinePainter::TimelinePainter(QPainter& painter, const Subject& subject, const State& state)
    : m_painter(painter)
    , m_scene(subject.scene)
    , m_index(subject.index)
    , m_geometry(subject.geometry)
    , m_colours(subject.colours)
    , m_fonts(subject.fonts)
    , m_state(state)
{
}

void TimelinePainter::paint()
{
    m_painter.fillRect(QRectF(0, 0, m_geometry.width(), m_geometry.height()), m_colours.background);
    m_painter.save();
    m_painter.setClipRect(m_geometry.lanes());
    paintTitles();
    m_painter.restore();
    if (m_state.range.isEmpty())
        return;
    const QRectF plot = m_geometry.plot();
    m_painter.save();
    m_painter.setClipRect(plot);
    paintPause();
    paintRuler();
    m_painter.setClipRect(plot & m_geometry.lanes());
    for (const Lane* lane : { &m_scene.source, &m_scene.destination, &m_scene.console })
        paintLane(*lane);
    paintChannels();
    paintOwnership();
    m_painter.setClipRect(plot);
    paintSelection();
    paintPlayPosition();
    paintMarkers();
    m_painter.restore();
}

QColor TimelinePainter::sideColour(Side side) const
{
    switch (side) {
    case Side::Source:
        return m_colours.source;
    case Side::Destination:
        return m_colours.destination;
    case Side::Channel:
        return m_colours.channel;
    case Side::Console:
        break;
    }
    return m_colours.faint;
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
    case Tone::Fault:
        return m_colours.tint(m_colours.negative, 0.9);
    case Tone::Idle:
        return m_colours.idle;
    }
    return m_colours.idle;
}

void TimelinePainter::paintTitles()
{
    const double em = m_geometry.em();
    for (const LaneId lane : allLanes) {
        if (!m_geometry.isShown(lane))
            continue;
        const QRectF place = m_geometry.lane(lane);
        const QRectF title = m_geometry.title(lane);
        if (m_state.currentLane == lane)
            m_painter.fillRect(QRectF(0, place.top() + 1, em * 0.2, place.height() - 1), m_colours.accent);
        m_painter.fillRect(QRectF(0, place.top(), m_geometry.width(), 1), m_colours.line);

        QPainterPath triangle;
        const QPointF middle(em * 0.75, title.center().y());
        const double half = em * 0.22;
        if (m_geometry.isFolded(lane))
            triangle.addPolygon(QPolygonF({ middle + QPointF(-half * 0.7, -half),
                middle + QPointF(half * 0.9, 0), middle + QPointF(-half * 0.7, half) }));
        else
            triangle.addPolygon(QPolygonF({ middle + QPointF(-half, -half * 0.7),
                middle + QPointF(half, -half * 0.7), middle + QPointF(0, half * 0.9) }));
        m_painter.setRenderHint(QPainter::Antialiasing);
        m_painter.fillPath(triangle, m_colours.faint);
        m_painter.setRenderHint(QPainter::Antialiasing, false);
        m_painter.setFont(m_fonts.normal());
        m_painter.setPen(m_colours.text);
        m_painter.drawText(
            title.adjusted(em * 1.3, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, laneTitle(lane));
    }
}

void TimelinePainter::paintRuler()
{
    const QRectF ruler = m_geometry.ruler();
    const double tickHeight = m_geometry.em() * 0.3;
    m_painter.setFont(m_fonts.small());
    const double spacing = m_fonts.widthOf(QStringLiteral("+000.000 ms")) * 1.4;
    for (const RulerTick& tick : rulerTicks(m_state.range, ruler.width(), spacing, m_scene.originNs)) {
        const double at = std::floor(x(tick.timeNs));
        m_painter.fillRect(QRectF(at, ruler.bottom() - tickHeight, 1, tickHeight), m_colours.line);
        const double width = m_fonts.widthOf(tick.label) + 2;
        m_painter.setPen(m_colours.faint);
        const double left = at - (width / 2);
        if (left >= ruler.left() && left + width <= ruler.right())
            m_painter.drawText(
                QRectF(left, ruler.top(), width, ruler.height() - tickHeight), Qt::AlignCenter, tick.label);
    }
    m_painter.fillRect(QRectF(ruler.left(), ruler.bottom(), ruler.width(), 1), m_colours.line);
}

void TimelinePainter::paintPause()
{
    const Interval pause = m_scene.pauseInterval();
    if (pause.isEmpty() || !isInView(pause))
        return;
    const QRectF plot = m_geometry.plot();
    const QRectF band = m_geometry.band();
    const QRectF whole(plot.left(), band.top(), plot.width(), plot.bottom() - band.top());
    QRectF shade = m_geometry.stretch(pause, m_state.range, whole);
    shade.setWidth(std::max(shade.width(), 1.0));
    m_painter.fillRect(shade, m_colours.tint(m_colours.pause, m_colours.isDark() ? 0.22 : 0.12));
    m_painter.setPen(m_colours.tint(m_colours.pause, 0.7));
    for (const qint64 edge : { pause.startNs, pause.endNs })
        m_painter.drawLine(QPointF(x(edge), whole.top()), QPointF(x(edge), whole.bottom()));

    QString text = m_scene.pause.isKnown() ? i18n("pause %1", durationText(m_scene.pause.pause.valueNs))
                                           : i18n("paused for %1", durationText(pause.length()));
    if (m_scene.pause.isKnown() && m_scene.pause.pause.clockErrorNs > 0)
        text += QStringLiteral(" ±") + durationText(m_scene.pause.pause.clockErrorNs);
    m_painter.setFont(m_fonts.bold());
    m_painter.setPen(m_colours.pause);
    const double width = QFontMetricsF(m_fonts.bold()).horizontalAdvance(text) + m_geometry.em();
    double left = shade.center().x() - (width / 2);
    if (shade.width() < width)
        left = shade.right() + width <= band.right() ? shade.right() : shade.left() - width;
    m_painter.drawText(QRectF(left, band.top(), width, band.height()), Qt::AlignCenter, text);
}

void TimelinePainter::paintSelection()
{
    const QRectF plot = m_geometry.plot();
    const double em = m_geometry.em();
    QColor veil = m_colours.accent;
    veil.setAlphaF(0.18F);
    if (!m_state.selectedTime.isEmpty() && m_state.selectedLane && isInView(m_state.selectedTime)) {
        const QRectF part
            = m_geometry.stretch(m_state.selectedTime, m_state.range, m_geometry.bar(*m_state.selectedLane));
        m_painter.setPen(QPen(m_colours.accent, 2));
        m_painter.drawRect(part.adjusted(1, 0, -1, 0));
    }
    if (m_state.selection && isInView(*m_state.selection)) {
        const QRectF part = m_geometry.stretch(*m_state.selection, m_state.range, plot);
        m_painter.fillRect(part, veil);
        m_painter.setPen(m_colours.accent);
        m_painter.drawLine(part.topLeft(), part.bottomLeft());
        m_painter.drawLine(part.topRight(), part.bottomRight());
        const QString length = durationText(m_state.selection->length());
        const double width = m_fonts.widthOf(length) + em;
        // A narrow range has its length beside it.
        double left = part.center().x() - (width / 2);
        if (part.width() < width)
            left = part.right() + width <= plot.right() ? part.right() : part.left() - width;
        const QRectF place(left, plot.bottom() - (em * 1.2), width, em * 1.2);
        m_painter.fillRect(place, m_colours.tint(m_colours.accent, 0.25));
        m_painter.setFont(m_fonts.small());
        m_painter.setPen(m_colours.textOn(m_colours.tint(m_colours.accent, 0.25)));
        m_painter.drawText(place, Qt::AlignCenter, length);
    }
    if (m_state.selected && m_state.range.contains(m_state.selected->timeNs)) {
        m_painter.setPen(QPen(m_colours.accent, 1, Qt::DashLine));
        const double at = x(m_state.selected->timeNs);
        m_painter.drawLine(QPointF(at, m_geometry.ruler().bottom()), QPointF(at, plot.bottom()));
    }
}

void TimelinePainter::paintMarkers()
{
    // The flags look away from each other, so that both can be read however close they are.
    const bool aFirst = m_state.markerA && m_state.markerB && *m_state.markerA <= *m_state.markerB;
    if (m_state.markerA)
        paintMarker(*m_state.markerA, i18nc("marker", "A"), aFirst);
    if (m_state.markerB)
        paintMarker(*m_state.markerB, i18nc("marker", "B"), m_state.markerA && !aFirst);
}

void TimelinePainter::paintMarker(qint64 timeNs, const QString& name, bool onTheLeft)
{
    if (!m_state.range.contains(timeNs))
        return;
    const double at = std::floor(x(timeNs));
    const QRectF flag = m_geometry.markerFlag(at, onTheLeft);
    m_painter.fillRect(QRectF(at, flag.top(), 1, m_geometry.height() - flag.top()), m_colours.text);
    m_painter.fillRect(flag, m_colours.text);
    m_painter.setFont(m_fonts.bold());
    m_painter.setPen(m_colours.background);
    m_painter.drawText(flag, Qt::AlignCenter, name);
}

void TimelinePainter::paintPlayPosition()
{
    if (!m_state.play)
        return;
    const QRectF plot = m_geometry.plot();
    const double at = std::floor(x(*m_state.play));
    // What has not been played yet is there, but stands back.
    QColor veil = m_colours.background;
    veil.setAlphaF(0.6F);
    const double left = std::max(at, plot.left());
    m_painter.fillRect(QRectF(left, m_geometry.band().top(), std::max(0.0, plot.right() - left),
                           plot.bottom() - m_geometry.band().top()),
        veil);
    if (!m_state.range.contains(*m_state.play))
        return;
    const double half = m_geometry.em() * 0.35;
    const double top = m_geometry.ruler().bottom();
    m_painter.fillRect(QRectF(at - 1, top, 2, plot.bottom() - top), m_colours.accent);
    m_painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath head;
    head.addPolygon(QPolygonF({ { at - half, top - half }, { at + half, top - half }, { at, top + half } }));
    m_painter.fillPath(head, m_colours.accent);
    m_painter.setRenderHint(QPainter::Antialiasing, false);
}

} // namespace cutover::ui
