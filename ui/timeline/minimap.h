// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinemodel.h"
#include "zoomcontrol.h"

#include <QPixmap>
#include <QWidget>

namespace cutover::ui {

/// The whole record in a strip, with the part that the timeline shows as a frame that can be dragged and
/// resized. A click elsewhere takes the frame there. For the mouse: keys move the timeline itself.
class Minimap : public QWidget
{
    Q_OBJECT
public:
    /// Both are borrowed.
    Minimap(const TimelineModel* model, ZoomControl* zoom, QWidget* parent = nullptr);

    /// Where the frame is, in pixels.
    QRectF frame() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    enum class Grip : std::uint8_t { None, Frame, Start, End };

    Grip gripAt(QPointF position) const;
    void renew();
    void drawRecord();
    void drawEvents(QPainter& painter, Side side, const QRectF& row) const;

    const TimelineModel* m_model;
    ZoomControl* m_zoom;
    QPixmap m_record; ///< everything but the frame; null = to be drawn
    Grip m_grip = Grip::None;
    double m_pressed = 0;
    Interval m_pressedRange;
};

} // namespace cutover::ui
