// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinecoordinates.h"

#include <QObject>

#include <optional>

namespace cutover::ui {

/// The one owner of what part of time is seen and marked. Views read it and ask it to change; all limits are
/// kept here.
class ZoomControl : public QObject
{
    Q_OBJECT
public:
    static constexpr qint64 minimumRangeNs = 2'000;

    using QObject::QObject;

    /// Everything recorded.
    const Interval& trace() const { return m_trace; }
    /// How far a view may reach: the trace with a margin of 2 % on both sides, and what setRangeBeyond() has
    /// opened.
    Interval bounds() const;
    /// What is visible.
    const Interval& range() const { return m_range; }
    /// What the operator has marked; nothing where empty.
    const std::optional<Interval>& selection() const { return m_selection; }
    /// The range moves with the end of the trace.
    bool isFollowing() const { return m_following; }
    enum class Marker : std::uint8_t { A, B };
    /// Two instants whose difference is of interest; CLOCK_REALTIME.
    std::optional<qint64> marker(Marker which) const { return which == Marker::A ? m_a : m_b; }
    /// B - A, where both are set.
    std::optional<qint64> markerDifference() const;
    /// Up to where a replay has come; nothing without one.
    std::optional<qint64> playPosition() const { return m_play; }

    /// While following, the range becomes the whole trace or, where it was shorter, moves to its end; else it
    /// stays where it is.
    void setTrace(const Interval& trace);
    /// Ends following.
    void setRange(const Interval& range);
    /// The same, also where nothing was recorded: there is room for it until everything is shown or another
    /// trace is.
    void setRangeBeyond(const Interval& range);
    void setSelection(const std::optional<Interval>& selection);
    /// Goes to the end of the trace; a range that shows only a part keeps its length.
    void setFollowing(bool following);
    void setMarker(Marker which, std::optional<qint64> timeNs);
    void setPlayPosition(std::optional<qint64> timeNs);

    /// \a factor below 1 zooms in. \a anchorNs keeps its place.
    void zoomAt(qint64 anchorNs, double factor);
    /// By a share of the visible length; positive shows later times.
    void pan(double share);
    void panBy(qint64 deltaNs);
    /// Shows everything; goes on following if it did.
    void fit();
    /// Fits \a part with a margin, if it is not empty.
    void show(const Interval& part);
    /// Moves the range, as little as possible, so that \a timeNs is visible.
    void reveal(qint64 timeNs);

Q_SIGNALS:
    void rangeChanged();
    void selectionChanged();
    void followingChanged();
    void markersChanged();
    void playPositionChanged();

private:
    void apply(const Interval& range);
    Interval followed(const Interval& before) const;

    Interval m_trace;
    Interval m_room; ///< beyond the trace; may be empty
    Interval m_range;
    std::optional<Interval> m_selection;
    std::optional<qint64> m_a;
    std::optional<qint64> m_b;
    std::optional<qint64> m_play;
    bool m_following = true;
};

} // namespace cutover::ui
