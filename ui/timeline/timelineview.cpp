// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelineview.h"

#include "format.h"
#include "timelinehit.h"
#include "timelinepainter.h"

#include <KLocalizedString>

#include <QApplication>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include <cmath>

namespace cutover::ui {

static constexpr double hitReach = 4;

TimelineView::TimelineView(ZoomControl* zoom, QWidget* parent)
    : QWidget(parent)
    , m_zoom(zoom)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setObjectName(QStringLiteral("timelineView"));
    setAccessibleName(i18n("Timeline"));
    connect(zoom, &ZoomControl::rangeChanged, this, qOverload<>(&QWidget::update));
    connect(zoom, &ZoomControl::selectionChanged, this, qOverload<>(&QWidget::update));
}

void TimelineView::setScene(Scene scene)
{
    m_scene = std::move(scene);
    m_zoom->setTrace(m_scene.extent);
    describe();
    update();
}

void TimelineView::describe()
{
    QString text = i18n("The events of both sides over time. The table of events holds the same.");
    if (m_scene.pause.isKnown())
        text = i18n("The guest was paused for %1.", durationText(m_scene.pause.pause.valueNs)) + u' ' + text;
    setAccessibleDescription(text);
}

double TimelineView::em() const
{
    return QFontMetricsF(font()).height();
}

TimelineGeometry TimelineView::geometryNow() const
{
    const QFontMetricsF metrics(font());
    double widest = 0;
    for (const QString& title : { i18n("Source"), i18n("Channels"), i18n("Destination") })
        widest = std::max(widest, metrics.horizontalAdvance(title));
    return { .width = static_cast<double>(width()),
        .height = static_cast<double>(height()),
        .em = em(),
        .gutter = std::ceil(widest + (1.4 * em())) };
}

static int heightFor(double em, int labelRows)
{
    return static_cast<int>(std::ceil(TimelineGeometry::heightFor(em, labelRows)));
}

QSize TimelineView::minimumSizeHint() const
{
    return { static_cast<int>(em() * 16), heightFor(em(), TimelineGeometry::minimumLabelRows) };
}

QSize TimelineView::sizeHint() const
{
    return { static_cast<int>(em() * 48), heightFor(em(), TimelineGeometry::maximumLabelRows) };
}

void TimelineView::selectEvent(std::optional<std::size_t> event)
{
    m_selected = event;
    if (event) {
        const auto point = std::ranges::find(m_scene.points, *event, &EventPoint::index);
        if (point != m_scene.points.end())
            m_zoom->reveal(point->timeNs);
    }
    update();
}

void TimelineView::stepEvent(int direction)
{
    const Interval& range = m_zoom->range();
    const auto point = stepPoint(m_scene, m_selected, direction > 0 ? range.startNs : range.endNs, direction);
    if (!point)
        return;
    selectEvent(point->index);
    Q_EMIT eventSelected(point->index);
}

void TimelineView::zoomHere(double factor)
{
    const TimelineGeometry geometry = geometryNow();
    const QPointF mouse = mapFromGlobal(QCursor::pos());
    const bool over = underMouse() && geometry.plot().contains(mouse);
    m_zoom->zoomAt(geometry.timeAt(over ? mouse.x() : geometry.plot().center().x(), m_zoom->range()), factor);
}

void TimelineView::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    const TimelineGeometry geometry = geometryNow();
    std::optional<EventPoint> selected;
    if (m_selected) {
        const auto point = std::ranges::find(m_scene.points, *m_selected, &EventPoint::index);
        if (point != m_scene.points.end())
            selected = *point;
    }
    const TimelinePainter::State state{ .range = m_zoom->range(),
        .selection = m_zoom->selection(),
        .selected = selected,
        .focused = hasFocus() };
    TimelinePainter(painter, m_scene, geometry, state, colours, font()).paint();
    if (m_scene.points.empty()) {
        painter.setPen(colours.faint);
        painter.drawText(geometry.plot(), Qt::AlignCenter | Qt::TextWordWrap,
            i18n("Nothing is recorded yet. What both sides do will appear here on one clock."));
    }
    if (hasFocus()) {
        painter.setPen(colours.accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

bool TimelineView::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        if (!showToolTip(help->pos(), help->globalPos())) {
            QToolTip::hideText();
            event->ignore();
        }
        return true;
    }
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    return QWidget::event(event);
}

bool TimelineView::showToolTip(const QPoint& local, const QPoint& global)
{
    const TimelineGeometry geometry = geometryNow();
    const TimelineHit hit = hitTest(m_scene, geometry, m_zoom->range(), local, hitReach);
    if (hit.kind == TimelineHit::Kind::Nothing)
        return false;
    QString text = hit.sentence;
    if (!hit.time.isEmpty())
        text += QStringLiteral("\n")
            + i18n("%1, starting at %2", durationText(hit.time.length()),
                signedDurationText(hit.time.startNs - m_scene.originNs));
    if (hit.event) {
        const auto point = std::ranges::find(m_scene.points, *hit.event, &EventPoint::index);
        if (point != m_scene.points.end())
            text += (text.isEmpty() ? QString() : QStringLiteral("\n"))
                + signedDurationText(point->timeNs - m_scene.originNs);
    }
    QToolTip::showText(global, text, this);
    return true;
}

void TimelineView::wheelEvent(QWheelEvent* event)
{
    const QPoint pixels = event->pixelDelta();
    const QPointF delta = pixels.isNull() ? QPointF(event->angleDelta()) / 8.0 : QPointF(pixels);
    const TimelineGeometry geometry = geometryNow();
    if (event->modifiers() & Qt::ControlModifier) {
        const double steps = (delta.y() != 0 ? delta.y() : delta.x()) / 15.0;
        m_zoom->zoomAt(geometry.timeAt(event->position().x(), m_zoom->range()), std::pow(0.8, steps));
    } else if (delta.x() != 0 || (event->modifiers() & Qt::ShiftModifier)) {
        m_zoom->pan(-(delta.x() != 0 ? delta.x() : delta.y()) / 150.0);
    } else {
        event->ignore();
        return;
    }
    event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position();
    m_pressedRange = m_zoom->range();
    const bool pans = event->button() == Qt::MiddleButton
        || (event->button() == Qt::LeftButton && (event->modifiers() & Qt::ShiftModifier));
    if (pans) {
        m_drag = Drag::Panning;
        setCursor(Qt::ClosedHandCursor);
    } else if (event->button() == Qt::LeftButton) {
        m_drag = Drag::Pressed;
    }
}

void TimelineView::mouseMoveEvent(QMouseEvent* event)
{
    const TimelineGeometry geometry = geometryNow();
    if (m_drag == Drag::Pressed
        && std::abs(event->position().x() - m_pressed.x()) > QApplication::startDragDistance() / 2.0)
        m_drag = Drag::Selecting;
    if (m_drag == Drag::Panning) {
        const qint64 moved = geometry.timeAt(m_pressed.x(), m_pressedRange)
            - geometry.timeAt(event->position().x(), m_pressedRange);
        m_zoom->setRange({ m_pressedRange.startNs + moved, m_pressedRange.endNs + moved });
    } else if (m_drag == Drag::Selecting) {
        const QRectF plot = geometry.plot();
        const auto timeAt = [&](double x) {
            return geometry.timeAt(std::clamp(x, plot.left(), plot.right()), m_zoom->range());
        };
        const qint64 from = timeAt(m_pressed.x());
        const qint64 to = timeAt(event->position().x());
        m_zoom->setSelection(Interval{ .startNs = std::min(from, to), .endNs = std::max(from, to) });
    }
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_drag == Drag::Pressed && event->button() == Qt::LeftButton)
        click(event->position());
    if (m_drag == Drag::Panning)
        unsetCursor();
    m_drag = Drag::None;
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event)
{
    const TimelineHit hit = hitTest(m_scene, geometryNow(), m_zoom->range(), event->position(), hitReach);
    m_zoom->show(hit.time);
}

void TimelineView::click(QPointF position)
{
    const TimelineHit hit = hitTest(m_scene, geometryNow(), m_zoom->range(), position, hitReach);
    m_zoom->setSelection(std::nullopt);
    m_selected = hit.event;
    update();
    if (hit.event)
        Q_EMIT eventSelected(*hit.event);
    else
        Q_EMIT picked(hit.sentence, hit.time);
}

} // namespace cutover::ui
