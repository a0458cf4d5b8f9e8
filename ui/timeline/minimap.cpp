// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "minimap.h"

#include "colours.h"

#include <KLocalizedString>

#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <cmath>

namespace cutover::ui {

static constexpr double gripReach = 4;
static constexpr double narrowest = 6; ///< a frame that can still be seen

Minimap::Minimap(const TimelineModel* model, ZoomControl* zoom, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_zoom(zoom)
{
    setObjectName(QStringLiteral("timelineMinimap"));
    setAccessibleName(i18n("Overview of the timeline"));
    setToolTip(i18n("Drag the frame to move, its edges to zoom; click to go there"));
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(model, &TimelineModel::changed, this, &Minimap::renew);
    const auto repaint = [this] { update(); };
    connect(zoom, &ZoomControl::rangeChanged, this, repaint);
    connect(zoom, &ZoomControl::markersChanged, this, repaint);
    connect(zoom, &ZoomControl::playPositionChanged, this, repaint);
}

QSize Minimap::sizeHint() const
{
    const int line = fontMetrics().height();
    return { line * 10, line * 13 / 10 };
}

void Minimap::renew()
{
    m_record = {};
    update();
}

QRectF Minimap::frame() const
{
    const Interval all = m_zoom->bounds();
    if (all.isEmpty())
        return {};
    double left = timeToPixel(m_zoom->range().startNs, all, width());
    double right = timeToPixel(m_zoom->range().endNs, all, width());
    if (right - left < narrowest) {
        const double middle = std::clamp((left + right) / 2, narrowest / 2, width() - (narrowest / 2));
        left = middle - (narrowest / 2);
        right = middle + (narrowest / 2);
    }
    return { left, 0.5, right - left, height() - 1.0 };
}

void Minimap::drawEvents(QPainter& painter, Side side, const QRectF& row) const
{
    const Colours colours = Colours::of(palette());
    const QColor colour = side == Side::Source ? colours.source
        : side == Side::Destination            ? colours.destination
                                               : colours.faint;
    for (const LaneSpan& span : m_model->scene().lane(side).spans) {
        if (span.tone != Tone::Runs)
            continue;
        const double left = timeToPixel(span.time.startNs, m_zoom->bounds(), row.width());
        const double right = timeToPixel(span.time.endNs, m_zoom->bounds(), row.width());
        painter.fillRect(
            QRectF(left, row.top(), std::max(1.0, right - left), row.height()), colours.tint(colour, 0.3));
    }
    std::size_t most = 1;
    const auto runs = m_model->index().runs(side, m_zoom->bounds(), row.width());
    for (const EventRun& run : runs)
        most = std::max(most, run.count);
    const double scale = std::log2(static_cast<double>(most) + 1);
    for (const EventRun& run : runs) {
        const double share = std::log2(static_cast<double>(run.count) + 1) / scale;
        const double tall = std::max(1.0, row.height() * share);
        painter.fillRect(QRectF(run.x, row.bottom() - tall, 1, tall), colours.tint(colour, 0.9));
    }
}

void Minimap::drawRecord()
{
    const Colours colours = Colours::of(palette());
    m_record = QPixmap(size() * devicePixelRatioF());
    m_record.setDevicePixelRatio(devicePixelRatioF());
    m_record.fill(colours.background);
    if (m_model->index().isEmpty())
        return;
    QPainter painter(&m_record);
    const Interval all = m_zoom->bounds();
    const Interval pause = m_model->scene().pauseInterval();
    if (!pause.isEmpty()) {
        const double left = timeToPixel(pause.startNs, all, width());
        const double right = timeToPixel(pause.endNs, all, width());
        painter.fillRect(
            QRectF(left, 0, std::max(2.0, right - left), height()), colours.tint(colours.pause, 0.35));
    }
    const double row = (height() - 2) / 3.0;
    const std::array sides{ Side::Source, Side::Destination, Side::Console };
    for (std::size_t i = 0; i < sides.size(); ++i)
        drawEvents(painter, sides[i], QRectF(0, 1 + (static_cast<double>(i) * row), width(), row - 1));
}

void Minimap::paintEvent(QPaintEvent* /*event*/)
{
    if (m_record.isNull())
        drawRecord();
    const Colours colours = Colours::of(palette());
    QPainter painter(this);
    painter.drawPixmap(0, 0, m_record);
    const QRectF shown = frame();
    QColor veil = colours.background;
    veil.setAlphaF(0.55F);
    painter.fillRect(QRectF(0, 0, shown.left(), height()), veil);
    painter.fillRect(QRectF(shown.right(), 0, width() - shown.right(), height()), veil);
    const Interval all = m_zoom->bounds();
    for (const auto& timeNs :
        { m_zoom->marker(ZoomControl::Marker::A), m_zoom->marker(ZoomControl::Marker::B) }) {
        if (timeNs && !all.isEmpty())
            painter.fillRect(
                QRectF(std::floor(timeToPixel(*timeNs, all, width())), 0, 1, height()), colours.text);
    }
    if (m_zoom->playPosition() && !all.isEmpty())
        painter.fillRect(
            QRectF(timeToPixel(*m_zoom->playPosition(), all, width()) - 1, 0, 2, height()), colours.accent);
    painter.setPen(colours.line);
    painter.drawRect(QRectF(0.5, 0.5, width() - 1.0, height() - 1.0));
    painter.setPen(QPen(colours.accent, 1.5));
    if (!shown.isEmpty())
        painter.drawRect(shown.adjusted(0.5, 0, -0.5, 0));
}

void Minimap::resizeEvent(QResizeEvent* /*event*/)
{
    renew();
}

void Minimap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        renew();
}

Minimap::Grip Minimap::gripAt(QPointF position) const
{
    const QRectF shown = frame();
    // A narrow frame must still be draggable in its middle.
    const double reach = std::min(gripReach, shown.width() / 4);
    if (std::abs(position.x() - shown.left()) <= reach)
        return Grip::Start;
    if (std::abs(position.x() - shown.right()) <= reach)
        return Grip::End;
    return shown.contains(QPointF(position.x(), shown.center().y())) ? Grip::Frame : Grip::None;
}

void Minimap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || m_zoom->bounds().isEmpty())
        return;
    m_grip = gripAt(event->position());
    if (m_grip == Grip::None) {
        const qint64 middle = pixelToTime(event->position().x(), m_zoom->bounds(), width());
        const qint64 length = m_zoom->range().length();
        m_zoom->setRange({ middle - (length / 2), middle - (length / 2) + length });
        m_grip = Grip::Frame;
    }
    m_pressed = event->position().x();
    m_pressedRange = m_zoom->range();
}

void Minimap::mouseMoveEvent(QMouseEvent* event)
{
    const Interval all = m_zoom->bounds();
    const auto moved = [&] {
        return pixelToTime(event->position().x(), all, width()) - pixelToTime(m_pressed, all, width());
    };
    switch (m_grip) {
    case Grip::None: {
        const Grip under = gripAt(event->position());
        setCursor(under == Grip::Frame ? Qt::OpenHandCursor
                : under == Grip::None  ? Qt::PointingHandCursor
                                       : Qt::SizeHorCursor);
        break;
    }
    case Grip::Frame:
        m_zoom->setRange({ m_pressedRange.startNs + moved(), m_pressedRange.endNs + moved() });
        break;
    case Grip::Start:
        m_zoom->setRange(
            { std::min(m_pressedRange.startNs + moved(), m_pressedRange.endNs - ZoomControl::minimumRangeNs),
                m_pressedRange.endNs });
        break;
    case Grip::End:
        m_zoom->setRange({ m_pressedRange.startNs,
            std::max(m_pressedRange.endNs + moved(), m_pressedRange.startNs + ZoomControl::minimumRangeNs) });
        break;
    }
}

void Minimap::mouseReleaseEvent(QMouseEvent* /*event*/)
{
    m_grip = Grip::None;
}

void Minimap::wheelEvent(QWheelEvent* event)
{
    const double steps = event->angleDelta().y() / 120.0;
    const Interval& range = m_zoom->range();
    m_zoom->zoomAt(range.startNs + (range.length() / 2), std::pow(0.8, steps));
    event->accept();
}

} // namespace cutover::ui
