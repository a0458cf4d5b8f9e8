// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelineview.h"

#include <QApplication>
#include <QGestureEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QScrollBar>
#include <QWheelEvent>

#include <cmath>

/// Wheel, mouse, touchpad and touch screen of the timeline.
namespace cutover::ui {

qint64 TimelineView::timeAt(double x) const
{
    return geometryNow().timeAt(x, m_zoom->range());
}

void TimelineView::wheelEvent(QWheelEvent* event)
{
    const QPoint pixels = event->pixelDelta();
    const QPointF delta = pixels.isNull() ? QPointF(event->angleDelta()) / 8.0 : QPointF(pixels);
    const TimelineGeometry geometry = geometryNow();
    const bool sideways = std::abs(delta.x()) > std::abs(delta.y());
    const Qt::KeyboardModifiers modifiers = event->modifiers();
    if (!geometry.plot().contains(event->position()) || (modifiers & Qt::AltModifier)) {
        const double way = sideways ? delta.x() : delta.y();
        verticalScrollBar()->setValue(verticalScrollBar()->value() - static_cast<int>(std::round(way * 3)));
    } else if (sideways || (modifiers & Qt::ShiftModifier)) {
        m_zoom->pan(-(sideways ? delta.x() : delta.y()) / 150.0);
    } else if (delta.y() != 0) {
        m_zoom->zoomAt(timeAt(event->position().x()), std::pow(0.8, delta.y() / 15.0));
    }
    event->accept();
}

bool TimelineView::gesture(QEvent* event)
{
    if (event->type() == QEvent::NativeGesture) {
        const auto* native = static_cast<QNativeGestureEvent*>(event);
        if (native->gestureType() != Qt::ZoomNativeGesture)
            return false;
        m_zoom->zoomAt(timeAt(native->position().x()), 1 / std::max(0.1, 1 + native->value()));
        return true;
    }
    if (event->type() != QEvent::Gesture)
        return false;
    auto* pinch = qobject_cast<QPinchGesture*>(static_cast<QGestureEvent*>(event)->gesture(Qt::PinchGesture));
    if (!pinch)
        return false;
    if (pinch->changeFlags() & QPinchGesture::ScaleFactorChanged) {
        const QPointF centre = viewport()->mapFromGlobal(pinch->centerPoint());
        m_zoom->zoomAt(timeAt(centre.x()), 1 / std::max(0.1, pinch->scaleFactor()));
    }
    return true;
}

std::optional<ZoomControl::Marker> TimelineView::markerAt(QPointF position) const
{
    const TimelineGeometry geometry = geometryNow();
    if (position.y() > geometry.ruler().bottom() || position.x() < geometry.plot().left())
        return std::nullopt;
    const auto a = m_zoom->marker(ZoomControl::Marker::A);
    const auto b = m_zoom->marker(ZoomControl::Marker::B);
    const bool aFirst = a && b && *a <= *b;
    const auto isOn = [&](std::optional<qint64> timeNs, bool onTheLeft) {
        return timeNs
            && geometry.markerFlag(geometry.xOf(*timeNs, m_zoom->range()), onTheLeft)
                   .adjusted(-hitReach, -hitReach, hitReach, hitReach)
                   .contains(position);
    };
    if (isOn(a, aFirst))
        return ZoomControl::Marker::A;
    return isOn(b, a && !aFirst) ? std::optional(ZoomControl::Marker::B) : std::nullopt;
}

void TimelineView::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position();
    m_pressedRange = m_zoom->range();
    const TimelineGeometry geometry = geometryNow();
    if (event->button() == Qt::LeftButton && m_pressed.x() < geometry.plot().left()) {
        if (const auto lane = geometry.laneAt(m_pressed.y())) {
            m_currentLane = *lane;
            toggleFolded(*lane);
        }
        return;
    }
    if (event->button() == Qt::MiddleButton) {
        m_drag = Drag::Panning;
    } else if (event->button() == Qt::LeftButton) {
        const auto marker = markerAt(m_pressed);
        m_drag = marker ? (*marker == ZoomControl::Marker::A ? Drag::MarkerA : Drag::MarkerB)
            : event->modifiers() & Qt::ShiftModifier ? Drag::Selecting
                                                     : Drag::Pressed;
    }
    if (m_drag == Drag::Panning)
        viewport()->setCursor(Qt::ClosedHandCursor);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event)
{
    if (m_drag == Drag::None) {
        moveCursorTo(event->position());
        return;
    }
    const TimelineGeometry geometry = geometryNow();
    const QRectF plot = geometry.plot();
    const double x = std::clamp(event->position().x(), plot.left(), plot.right());
    if (m_drag == Drag::Pressed
        && std::abs(event->position().x() - m_pressed.x()) > QApplication::startDragDistance() / 2.0) {
        m_drag = Drag::Panning;
        viewport()->setCursor(Qt::ClosedHandCursor);
    }
    switch (m_drag) {
    case Drag::Panning: {
        const qint64 moved = geometry.timeAt(m_pressed.x(), m_pressedRange)
            - geometry.timeAt(event->position().x(), m_pressedRange);
        m_zoom->setRange({ m_pressedRange.startNs + moved, m_pressedRange.endNs + moved });
        break;
    }
    case Drag::Selecting: {
        const qint64 from = timeAt(std::clamp(m_pressed.x(), plot.left(), plot.right()));
        const qint64 to = timeAt(x);
        m_zoom->setSelection(Interval{ .startNs = std::min(from, to), .endNs = std::max(from, to) });
        break;
    }
    case Drag::MarkerA:
        m_zoom->setMarker(ZoomControl::Marker::A, timeAt(x));
        break;
    case Drag::MarkerB:
        m_zoom->setMarker(ZoomControl::Marker::B, timeAt(x));
        break;
    case Drag::Pressed:
    case Drag::None:
        break;
    }
}

void TimelineView::moveCursorTo(QPointF position)
{
    const bool overTitle = position.x() < geometryNow().plot().left() && geometryNow().laneAt(position.y());
    if (markerAt(position))
        viewport()->setCursor(Qt::SizeHorCursor);
    else if (overTitle)
        viewport()->setCursor(Qt::PointingHandCursor);
    else
        viewport()->unsetCursor();
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event)
{
    // A range without a length, too, is a click.
    const bool clicked = m_drag == Drag::Pressed
        || (m_drag == Drag::Selecting && (event->position() - m_pressed).manhattanLength() < hitReach);
    if (clicked && event->button() == Qt::LeftButton)
        click(event->position());
    m_drag = Drag::None;
    moveCursorTo(event->position());
}

void TimelineView::mouseDoubleClickEvent(QMouseEvent* event)
{
    m_drag = Drag::None;
    const TimelineHit hit = hitTest(
        m_model->scene(), m_model->index(), geometryNow(), m_zoom->range(), event->position(), hitReach);
    m_zoom->show(hit.time);
}

void TimelineView::click(QPointF position)
{
    TimelineHit hit
        = hitTest(m_model->scene(), m_model->index(), geometryNow(), m_zoom->range(), position, hitReach);
    m_zoom->setSelection(std::nullopt);
    const auto event = hit.event;
    select(std::move(hit));
    if (event)
        Q_EMIT eventSelected(*event);
    announce();
}

void TimelineView::keyPressEvent(QKeyEvent* event)
{
    if (event->modifiers() != Qt::NoModifier && event->modifiers() != Qt::KeypadModifier) {
        event->ignore();
        return;
    }
    switch (event->key()) {
    case Qt::Key_Space:
        toggleFolded(m_currentLane);
        break;
    case Qt::Key_PageUp:
        m_zoom->pan(-0.9);
        break;
    case Qt::Key_PageDown:
        m_zoom->pan(0.9);
        break;
    default:
        event->ignore();
    }
}

} // namespace cutover::ui
