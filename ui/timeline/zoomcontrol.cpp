// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "zoomcontrol.h"

namespace cutover::ui {

static Interval widened(const Interval& interval, double share)
{
    const auto margin = std::max<qint64>(1, std::llround(static_cast<double>(interval.length()) * share));
    return { interval.startNs - margin, interval.endNs + margin };
}

Interval ZoomControl::bounds() const
{
    if (m_trace.isEmpty())
        return m_trace;
    Interval bounds = widened(m_trace, 0.02);
    if (const qint64 missing = minimumRangeNs - bounds.length(); missing > 0) {
        bounds.startNs -= missing / 2;
        bounds.endNs += missing - (missing / 2);
    }
    if (!m_room.isEmpty())
        bounds = { .startNs = std::min(bounds.startNs, m_room.startNs),
            .endNs = std::max(bounds.endNs, m_room.endNs) };
    return bounds;
}

void ZoomControl::setTrace(const Interval& trace)
{
    if (trace == m_trace)
        return;
    const bool first = m_trace.isEmpty();
    const Interval before = bounds();
    if (trace.isEmpty() || trace.endNs < m_room.startNs || trace.startNs > m_room.endNs)
        m_room = {};
    m_trace = trace;
    apply(first ? bounds() : m_following ? followed(before) : m_range);
}

void ZoomControl::setRange(const Interval& range)
{
    setFollowing(false);
    apply(range);
}

void ZoomControl::setRangeBeyond(const Interval& range)
{
    m_room = m_trace.isEmpty() ? Interval() : range;
    setRange(range);
}

void ZoomControl::setSelection(const std::optional<Interval>& selection)
{
    const auto wanted = selection && !selection->isEmpty() ? selection : std::nullopt;
    if (wanted == m_selection)
        return;
    m_selection = wanted;
    Q_EMIT selectionChanged();
}

void ZoomControl::setFollowing(bool following)
{
    if (following == m_following)
        return;
    m_following = following;
    Q_EMIT followingChanged();
    if (following) {
        m_room = {};
        apply(followed(bounds()));
    }
}

Interval ZoomControl::followed(const Interval& before) const
{
    const Interval now = bounds();
    const bool showsAll = m_range.isEmpty() || m_range.length() >= before.length();
    return showsAll ? now : Interval{ .startNs = now.endNs - m_range.length(), .endNs = now.endNs };
}

std::optional<qint64> ZoomControl::markerDifference() const
{
    return m_a && m_b ? std::optional(*m_b - *m_a) : std::nullopt;
}

void ZoomControl::setMarker(Marker which, std::optional<qint64> timeNs)
{
    std::optional<qint64>& marker = which == Marker::A ? m_a : m_b;
    if (marker == timeNs)
        return;
    marker = timeNs;
    Q_EMIT markersChanged();
}

void ZoomControl::setPlayPosition(std::optional<qint64> timeNs)
{
    if (m_play == timeNs)
        return;
    m_play = timeNs;
    Q_EMIT playPositionChanged();
    if (timeNs && m_trace.contains(*timeNs) && !m_range.contains(*timeNs))
        reveal(*timeNs);
}

void ZoomControl::zoomAt(qint64 anchorNs, double factor)
{
    setRange(zoomedAt(m_range, anchorNs, factor));
}

void ZoomControl::pan(double share)
{
    panBy(std::llround(static_cast<double>(m_range.length()) * share));
}

void ZoomControl::panBy(qint64 deltaNs)
{
    setRange({ m_range.startNs + deltaNs, m_range.endNs + deltaNs });
}

void ZoomControl::fit()
{
    m_room = {};
    apply(bounds());
}

void ZoomControl::show(const Interval& part)
{
    if (!part.isEmpty())
        setRange(widened(part, 0.1));
}

void ZoomControl::reveal(qint64 timeNs)
{
    if (m_range.contains(timeNs))
        return;
    const qint64 margin = m_range.length() / 10;
    if (timeNs < m_range.startNs)
        panBy(timeNs - margin - m_range.startNs);
    else
        panBy(timeNs + margin - m_range.endNs);
}

void ZoomControl::apply(const Interval& range)
{
    const Interval clamped = clampedTo(range, bounds(), minimumRangeNs);
    if (clamped == m_range)
        return;
    m_range = clamped;
    Q_EMIT rangeChanged();
}

} // namespace cutover::ui
