// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "scene.h"
#include "timelinegeometry.h"
#include "zoomcontrol.h"

#include <QPointF>
#include <QWidget>

#include <optional>

namespace cutover::ui {

/// The timeline itself: one widget that paints what is visible. Time is moved by the ZoomControl; wheel and
/// mouse are its own, keys come from the actions of its panel.
class TimelineView : public QWidget
{
    Q_OBJECT
public:
    /// \a zoom is borrowed.
    explicit TimelineView(ZoomControl* zoom, QWidget* parent = nullptr);

    void setScene(Scene scene);
    const Scene& scene() const { return m_scene; }

    std::optional<std::size_t> selectedEvent() const { return m_selected; }
    /// Without eventSelected(). Reveals it where it has a time.
    void selectEvent(std::optional<std::size_t> event);
    void stepEvent(int direction);
    /// Zooms at the mouse where it is over the timeline, else at the middle.
    void zoomHere(double factor);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// By the operator.
    void eventSelected(std::size_t event);
    /// What was clicked that is no event: its sentence and its time; empty for nothing.
    void picked(const QString& sentence, const cutover::ui::Interval& time);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;

private:
    enum class Drag : std::uint8_t { None, Pressed, Selecting, Panning };

    TimelineGeometry geometryNow() const;
    double em() const;
    bool showToolTip(const QPoint& local, const QPoint& global);
    void click(QPointF position);
    void describe();

    ZoomControl* m_zoom;
    Scene m_scene;
    std::optional<std::size_t> m_selected;
    Drag m_drag = Drag::None;
    QPointF m_pressed;
    Interval m_pressedRange;
};

} // namespace cutover::ui
