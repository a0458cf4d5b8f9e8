// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "colours.h"
#include "timelinegeometry.h"

#include <QFontMetricsF>

#include <optional>

class QPainter;

namespace cutover::ui {

/// Draws a scene. Holds nothing between two frames.
class TimelinePainter
{
public:
    struct State
    {
        Interval range;
        std::optional<Interval> selection;
        std::optional<EventPoint> selected;
        bool focused = false;
    };

    TimelinePainter(QPainter& painter, const Scene& scene, const TimelineGeometry& geometry,
        const State& state, const Colours& colours, const QFont& font);

    void paint();

private:
    using Row = TimelineGeometry::Row;

    void paintRuler();
    void paintPause();
    void paintLane(const Lane& lane);
    void paintTicks(const Lane& lane);
    void paintCheckpoints(const Lane& lane);
    void paintChannel();
    void paintSelection();
    void paintTitles();
    QColor fillOf(Tone tone, Side side) const;
    QColor sideColour(Side side) const;
    double x(qint64 timeNs) const { return m_geometry.xOf(timeNs, m_state.range); }

    QPainter& m_painter;
    const Scene& m_scene;
    const TimelineGeometry& m_geometry;
    const State& m_state;
    const Colours& m_colours;
    QFont m_font;
    QFont m_small;
    QFontMetricsF m_metrics;
    QFontMetricsF m_smallMetrics;
};

} // namespace cutover::ui
