// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinehit.h"
#include "timelinelayout.h"
#include "timelinemodel.h"
#include "timelinepainter.h"
#include "zoomcontrol.h"

#include <QAbstractScrollArea>
#include <QPointF>

#include <optional>

namespace cutover::ui {

/// The timeline itself: paints what is visible. Time is moved by the ZoomControl, the lanes by the scroll
/// bar; wheel, mouse and gestures are its own, keys come from the actions of its panel.
class TimelineView : public QAbstractScrollArea
{
    Q_OBJECT
public:
    enum class StepBy : std::uint8_t { Any, Kind, Side };

    /// Both are borrowed.
    TimelineView(const TimelineModel* model, ZoomControl* zoom, QWidget* parent = nullptr);

    /// What is selected: an event, or something that lasts.
    const TimelineHit& selection() const { return m_selection; }
    std::optional<std::size_t> selectedEvent() const { return m_selection.event; }
    /// Without eventSelected(). Reveals it where it has a time.
    void selectEvent(std::optional<std::size_t> event);
    /// To the next event (direction 1) or the one before: of all, of those with the same name and kind as the
    /// selected one, or of its side.
    void stepEvent(int direction, StepBy by = StepBy::Any);
    /// Zooms at the mouse where it is over the timeline, else at the middle.
    void zoomHere(double factor);
    /// Where a marker would be set: at the selected event, else under the mouse, else in the middle.
    qint64 timeOfInterest() const;

    const LaneLooks& laneLooks() const { return m_looks; }
    void setLaneLooks(const LaneLooks& looks);
    /// The lane that keys act on.
    LaneId currentLane() const { return m_currentLane; }
    void moveCurrentLane(int direction);
    void toggleFolded(LaneId lane);

    TimelineGeometry geometryNow() const;
    /// What is in view, with all that belongs to it from top to bottom; two pixels of it for each of the
    /// screen. Null where nothing is recorded.
    QImage picture() const;
    /// What is selected, and of which lane, in a sentence.
    QString spokenSelection() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// By the operator.
    void eventSelected(std::size_t event);
    void selectionChanged();
    void laneLooksChanged();
    /// The operator asked what can be done at \a timeNs.
    void menuRequested(const QPoint& global, qint64 timeNs);

protected:
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    // timelinemouse.cpp
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum class Drag : std::uint8_t { None, Pressed, Selecting, Panning, MarkerA, MarkerB };

    TimelineGeometry::Space spaceNow() const;
    void takeScene();
    void paint(QPainter& painter, const TimelineGeometry& geometry, const Colours& colours,
        const TimelinePainter::State& state) const;
    void updateScrollBar();
    void announce();
    void select(TimelineHit hit);
    bool showToolTip(const QPoint& local, const QPoint& global);
    // timelinemouse.cpp
    bool gesture(QEvent* event);
    void click(QPointF position);
    void moveCursorTo(QPointF position);
    std::optional<ZoomControl::Marker> markerAt(QPointF position) const;
    qint64 timeAt(double x) const;

    const TimelineModel* m_model;
    ZoomControl* m_zoom;
    TimelineFonts m_fonts;
    LaneLooks m_looks;
    LaneId m_currentLane = LaneId::Source;
    TimelineHit m_selection;
    Drag m_drag = Drag::None;
    QPointF m_pressed;
    Interval m_pressedRange;
};

} // namespace cutover::ui
