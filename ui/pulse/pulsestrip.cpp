// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsestrip.h"

#include "colours.h"
#include "format.h"
#include "pulse/pulsefigures.h"
#include "timeline/timelinelayout.h"

#include <KLocalizedString>

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include <algorithm>

namespace cutover::ui {

using timeline::GapKind;
using timeline::GapPlace;

/// Beats that are nearer than this are drawn as a band.
static constexpr double beatSpacing = 5;
/// A gap can be narrower than a pixel and must still be hit.
static constexpr double hitReach = 4;

static QString rowTitle(GapKind kind)
{
    switch (kind) {
    case GapKind::Guest:
        return i18nc("a row of the heartbeat's strip", "Guest");
    case GapKind::Network:
        return i18nc("a row of the heartbeat's strip", "Network");
    case GapKind::Storage:
        return i18nc("a row of the heartbeat's strip", "Storage");
    case GapKind::Packets:
        return i18nc("a row of the heartbeat's strip", "Packets");
    case GapKind::Processors:
        return i18nc("a row of the heartbeat's strip", "CPUs");
    }
    return {};
}

PulseStrip::PulseStrip(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(i18n("Heartbeat of the guest"));
}

void PulseStrip::setScene(const PulseScene& scene)
{
    m_scene = scene;
    QStringList texts;
    for (const PulseRow& row : scene.rows) {
        if (row.gap)
            texts.append(gapTitle(row.kind) + u' ' + durationText(row.gap->lengthNs));
    }
    setAccessibleDescription(texts.join(QStringLiteral(" · ")));
    update();
}

QSize PulseStrip::sizeHint() const
{
    const int line = fontMetrics().height();
    return { line * 24, line * 7 };
}

QSize PulseStrip::minimumSizeHint() const
{
    const int line = fontMetrics().height();
    return { line * 8, line * 3 };
}

double PulseStrip::labelWidth() const
{
    int widest = 0;
    for (const PulseRow& row : m_scene.rows)
        widest = std::max(widest, fontMetrics().horizontalAdvance(rowTitle(row.kind)));
    return widest + fontMetrics().averageCharWidth() * 2;
}

QRectF PulseStrip::plotArea() const
{
    const double ruler = fontMetrics().height();
    return QRectF(rect()).adjusted(labelWidth(), 4, -4, -ruler - 2);
}

double PulseStrip::x(qint64 timeNs) const
{
    const QRectF area = plotArea();
    return area.left() + timeToPixel(timeNs, m_scene.range, area.width());
}

void PulseStrip::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    painter.fillRect(rect(), colours.background);
    if (m_scene.range.isEmpty() || m_scene.rows.empty())
        return;
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF area = plotArea();
    if (!m_scene.pause.isEmpty()) {
        const double left = std::clamp(x(m_scene.pause.startNs), area.left(), area.right());
        const double right = std::clamp(x(m_scene.pause.endNs), area.left(), area.right());
        if (right > left)
            painter.fillRect(
                QRectF(left, area.top(), right - left, area.height()), colours.tint(colours.pause, 0.12));
    }
    for (std::size_t i = 0; i < m_scene.rows.size(); ++i)
        paintRow(painter, m_scene.rows[i], pulseRowArea(area, i, m_scene.rows.size()));
    paintRuler(painter, area);
}

void PulseStrip::paintRow(QPainter& painter, const PulseRow& row, const QRectF& area) const
{
    const Colours colours = Colours::of(palette());
    painter.setPen(colours.text);
    painter.drawText(QRectF(0, area.top(), labelWidth() - fontMetrics().averageCharWidth(), area.height()),
        Qt::AlignRight | Qt::AlignVCenter, rowTitle(row.kind));
    painter.save();
    painter.setClipRect(area.adjusted(-1, -1, 1, 1));
    painter.setPen(colours.line);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    for (const PulseStretch& stretch : row.stretches)
        paintStretch(painter, row, stretch, area);
    if (row.gap)
        paintGap(painter, row, area);
    painter.restore();
}

/// One beat, as everybody has seen it drawn.
static void addBeat(QPainterPath& path, double x, double width, double middle, double height)
{
    path.lineTo(x - width, middle);
    path.lineTo(x - (width / 2), middle - height);
    path.lineTo(x + (width / 4), middle + (height / 2));
    path.lineTo(x + (width / 2), middle);
}

void PulseStrip::paintStretch(
    QPainter& painter, const PulseRow& row, const PulseStretch& stretch, const QRectF& area) const
{
    const Colours colours = Colours::of(palette());
    const double left = std::max(x(stretch.time.startNs), area.left() - 1);
    const double right = std::min(x(stretch.time.endNs), area.right() + 1);
    if (right <= left)
        return;
    const QColor colour = stretch.side == Side::Destination ? colours.destination
        : stretch.side == Side::Source                      ? colours.source
                                                            : colours.channel;
    if (stretch.eventsPerSecond <= 0) {
        painter.setPen(QPen(colours.negative, 2));
        painter.drawLine(QPointF(left, area.bottom() - 1), QPointF(right, area.bottom() - 1));
        return;
    }
    const auto least
        = static_cast<qint64>(static_cast<double>(m_scene.range.length()) * beatSpacing / area.width());
    const Interval gap = row.gap ? Interval{ row.gap->startNs, row.gap->endNs() } : m_scene.pause;
    const std::vector<qint64> beats
        = m_scene.view == PulseView::Gap ? beatTimes(stretch, gap, least) : std::vector<qint64>();
    if (beats.empty()) {
        const double height = std::max(2.0, area.height() * 0.9 * stretch.level);
        painter.fillRect(
            QRectF(left, area.bottom() - height, right - left, height), colours.tint(colour, 0.55));
        painter.setPen(QPen(colour, 1.5));
        painter.drawLine(QPointF(left, area.bottom() - height), QPointF(right, area.bottom() - height));
        return;
    }
    const double middle = area.center().y() + (area.height() * 0.15);
    const double width = std::min(beatSpacing * 0.8, area.width() / 60);
    QPainterPath path(QPointF(left, middle));
    for (const qint64 beat : beats) {
        if (const double at = x(beat); at >= left - 1 && at <= right + 1)
            addBeat(path, at, width, middle, area.height() * 0.5);
    }
    path.lineTo(right, middle);
    painter.setPen(QPen(colour, 1.5));
    painter.drawPath(path);
}

void PulseStrip::paintGap(QPainter& painter, const PulseRow& row, const QRectF& area) const
{
    const Colours colours = Colours::of(palette());
    const double left = x(row.gap->startNs);
    const double right = std::max(x(row.gap->endNs()), left + 2);
    const QRectF hole(left, area.top(), right - left, area.height());
    painter.fillRect(hole, colours.tint(colours.pause, 0.25));
    QPen edge(colours.pause, 1.5);
    if (row.gap->place != GapPlace::Measured)
        edge.setStyle(Qt::DashLine);
    painter.setPen(edge);
    painter.drawLine(hole.topLeft(), hole.bottomLeft());
    painter.drawLine(hole.topRight(), hole.bottomRight());
    if (m_scene.view == PulseView::Gap) {
        const double middle
            = row.kind == GapKind::Guest ? area.center().y() + (area.height() * 0.15) : area.bottom() - 1;
        painter.drawLine(QPointF(left, middle), QPointF(right, middle));
    }

    const QString text = durationText(row.gap->lengthNs);
    QFont bold = font();
    bold.setBold(row.kind == GapKind::Guest);
    painter.setFont(bold);
    const double wide = QFontMetricsF(bold).horizontalAdvance(text) + 8;
    QRectF place(hole.center().x() - (wide / 2), area.top(), wide, QFontMetricsF(bold).height());
    if (wide > hole.width())
        place.moveLeft(std::max(area.left(), right + wide < area.right() ? right + 2 : left - wide - 2));
    painter.fillRect(place, colours.tint(colours.background, 1));
    painter.setPen(colours.pause);
    painter.drawText(place, Qt::AlignCenter, text);
    painter.setFont(font());
}

void PulseStrip::paintRuler(QPainter& painter, const QRectF& area) const
{
    const Colours colours = Colours::of(palette());
    const double spacing = fontMetrics().averageCharWidth() * 12;
    painter.setPen(colours.faint);
    for (const RulerTick& tick : rulerTicks(m_scene.range, area.width(), spacing, m_scene.originNs)) {
        const double at = x(tick.timeNs);
        painter.drawLine(QPointF(at, area.bottom()), QPointF(at, area.bottom() + 3));
        const double wide = fontMetrics().horizontalAdvance(tick.label);
        const double left
            = std::clamp(at - (wide / 2), area.left(), std::max(area.left(), area.right() - wide));
        painter.drawText(QRectF(left, area.bottom() + 2, wide + 2, fontMetrics().height()),
            Qt::AlignLeft | Qt::AlignVCenter, tick.label);
    }
}

const PulseRow* PulseStrip::gapAt(const QPointF& position) const
{
    const QRectF area = plotArea();
    for (std::size_t i = 0; i < m_scene.rows.size(); ++i) {
        const PulseRow& row = m_scene.rows[i];
        if (!row.gap || !pulseRowArea(area, i, m_scene.rows.size()).contains(position))
            continue;
        if (position.x() >= x(row.gap->startNs) - hitReach && position.x() <= x(row.gap->endNs()) + hitReach)
            return &row;
    }
    return nullptr;
}

bool PulseStrip::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    if (const PulseRow* row = gapAt(help->pos()))
        QToolTip::showText(help->globalPos(),
            i18nc("gap, length, where it comes from", "%1: %2 (%3)", gapTitle(row->kind),
                durationText(row->gap->lengthNs), gapEvidence(*row->gap)),
            this);
    else if (m_scene.view == PulseView::Gap)
        QToolTip::showText(help->globalPos(),
            i18n("The gaps are measured; the beats beside them are drawn at their mean distance."), this);
    else
        QToolTip::showText(
            help->globalPos(), i18n("Beats a second between two samples; the highest fills the row."), this);
    return true;
}

void PulseStrip::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    if (const PulseRow* row = gapAt(event->position()))
        Q_EMIT chosen({ .startNs = row->gap->startNs, .endNs = row->gap->endNs() });
}

} // namespace cutover::ui
