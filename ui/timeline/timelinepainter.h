// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "colours.h"
#include "timelinelayout.h"

#include <QFont>
#include <QFontMetricsF>
#include <QHash>

#include <optional>

class QPainter;

namespace cutover::ui {

/// The fonts of the timeline and the widths of texts in them: measuring costs more than drawing.
class TimelineFonts
{
public:
    explicit TimelineFonts(const QFont& font);

    const QFont& normal() const { return m_normal; }
    const QFont& small() const { return m_small; }
    const QFont& bold() const { return m_bold; }
    /// In the small font.
    double widthOf(const QString& text) const;
    /// \a text cut to \a room in the small font; empty where too little of it would be left.
    QString fitted(const QString& text, double room) const;

private:
    QFont m_normal;
    QFont m_small;
    QFont m_bold;
    QFontMetricsF m_metrics;
    mutable QHash<QString, double> m_widths;
};

/// Draws what is visible of a timeline. Its work grows with the pixels and with the key events in view, not
/// with the number of events. Holds nothing between two frames.
class TimelinePainter
{
public:
    struct State
    {
        Interval range;
        std::optional<Interval> selection;
        std::optional<EventPoint> selected; ///< the selected event
        Interval selectedTime; ///< or the selected stretch of time
        std::optional<LaneId> selectedLane;
        std::optional<qint64> markerA;
        std::optional<qint64> markerB;
        std::optional<qint64> play;
        std::optional<LaneId> currentLane; ///< that keys act on; only while the view has the focus
    };
    struct Subject
    {
        const Scene& scene;
        const EventIndex& index;
        const TimelineGeometry& geometry;
        const Colours& colours;
        const TimelineFonts& fonts;
    };

    TimelinePainter(QPainter& painter, const Subject& subject, const State& state);

    void paint();

private:
    // timelinepainter.cpp: the frame, and what reaches over all lanes
    void paintRuler();
    void paintPause();
    void paintSelection();
    void paintMarkers();
    void paintMarker(qint64 timeNs, const QString& name, bool onTheLeft);
    void paintPlayPosition();
    void paintTitles();

    // lanepainter.cpp
    void paintLane(const Lane& lane);
    void paintSpans(const Lane& lane);
    void paintTicks(Side side);
    void paintMarks(const Lane& lane);

    // channelpainter.cpp
    void paintChannels();
    void paintStreams(const QRectF& bar);
    void paintArrows(const QRectF& bar);
    void paintArrowNames(const QRectF& bar, std::span<const ArrowBundle> bundles);
    void paintOwnership();
    void paintOwner(const OwnershipSpan& span, const QRectF& part);

    QColor fillOf(Tone tone, Side side) const;
    QColor sideColour(Side side) const;
    double x(qint64 timeNs) const { return m_geometry.xOf(timeNs, m_state.range); }
    bool isInView(const Interval& part) const
    {
        return part.endNs >= m_state.range.startNs && part.startNs <= m_state.range.endNs;
    }

    QPainter& m_painter;
    const Scene& m_scene;
    const EventIndex& m_index;
    const TimelineGeometry& m_geometry;
    const Colours& m_colours;
    const TimelineFonts& m_fonts;
    const State& m_state;
};

} // namespace cutover::ui
