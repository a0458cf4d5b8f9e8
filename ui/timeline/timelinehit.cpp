// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinehit.h"

#include <KLocalizedString>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

using Kind = TimelineHit::Kind;
using Row = TimelineGeometry::Row;

namespace {

std::optional<TimelineHit> hitLane(const Lane& lane, const Scene& scene, const TimelineGeometry& geometry,
    const Interval& range, QPointF position, double reach)
{
    const Row row = TimelineGeometry::rowOf(lane.side);
    if (!geometry.lane(row).contains(position))
        return std::nullopt;
    const LaneCheckpoint* nearest = nullptr;
    double distance = reach;
    for (const LaneCheckpoint& mark : lane.checkpoints) {
        const double away = std::abs(geometry.xOf(mark.checkpoint.timeNs, range) - position.x());
        if (away <= distance) {
            nearest = &mark;
            distance = away;
        }
    }
    const bool onBar = geometry.bar(row).contains(position);
    if (nearest && !onBar)
        return TimelineHit{ .kind = Kind::Checkpoint,
            .event = nearest->event,
            .time = {},
            .sentence = nearest->checkpoint.text };
    if (geometry.strip(row).contains(position)) {
        const auto point = nearestPoint(scene, geometry.timeAt(position.x(), range), lane.side);
        if (point && std::abs(geometry.xOf(point->timeNs, range) - position.x()) <= reach)
            return TimelineHit{ .kind = Kind::Event, .event = point->index, .time = {}, .sentence = {} };
    }
    if (onBar) {
        const qint64 time = geometry.timeAt(position.x(), range);
        for (const LaneSpan& span : lane.spans) {
            if (span.time.contains(time))
                return TimelineHit{ .kind = Kind::Span,
                    .event = {},
                    .time = span.time,
                    .sentence = span.text + QStringLiteral(": ") + span.sentence };
        }
    }
    return std::nullopt;
}

std::optional<TimelineHit> hitChannel(const Scene& scene, const TimelineGeometry& geometry,
    const Interval& range, QPointF position, double reach)
{
    const QRectF bar = geometry.bar(Row::Channel);
    if (!bar.contains(position))
        return std::nullopt;
    const double share = (position.y() - bar.top()) / bar.height();
    for (const Arrow& arrow : scene.arrows) {
        const double top = geometry.xOf(arrow.sentNs, range);
        const double bottom = geometry.xOf(arrow.receivedNs, range);
        if (std::abs(top + ((bottom - top) * share) - position.x()) <= reach)
            return TimelineHit{ .kind = Kind::Arrow,
                .event = {},
                .time = { .startNs = arrow.sentNs, .endNs = arrow.receivedNs },
                .sentence = i18n("The descriptor %1 on its way through the CPR channel.", arrow.name) };
    }
    if (scene.stream.contains(geometry.timeAt(position.x(), range)))
        return TimelineHit{ .kind = Kind::Stream,
            .event = {},
            .time = scene.stream,
            .sentence = i18n("The main channel carries the state of the devices.") };
    return std::nullopt;
}

} // namespace

TimelineHit hitTest(const Scene& scene, const TimelineGeometry& geometry, const Interval& range,
    QPointF position, double reach)
{
    if (!geometry.plot().contains(position))
        return {};
    for (const Lane* lane : { &scene.source, &scene.destination }) {
        if (const auto hit = hitLane(*lane, scene, geometry, range, position, reach))
            return *hit;
    }
    if (const auto hit = hitChannel(scene, geometry, range, position, reach))
        return *hit;
    const Interval pause = scene.pauseInterval();
    if (!pause.isEmpty() && position.y() >= geometry.band().top()
        && pause.contains(geometry.timeAt(position.x(), range)))
        return { .kind = Kind::Pause, .event = {}, .time = pause, .sentence = scene.pause.explanation };
    return {};
}

std::optional<EventPoint> nearestPoint(const Scene& scene, qint64 timeNs, std::optional<Side> side)
{
    const auto fits = [side](const EventPoint& point) { return !side || point.side == *side; };
    const auto start = std::ranges::lower_bound(scene.points, timeNs, {}, &EventPoint::timeNs);
    const auto after = std::find_if(start, scene.points.end(), fits);
    const auto before = std::find_if(std::make_reverse_iterator(start), scene.points.rend(), fits);
    if (after == scene.points.end() && before == scene.points.rend())
        return std::nullopt;
    if (before == scene.points.rend())
        return *after;
    if (after == scene.points.end())
        return *before;
    return after->timeNs - timeNs < timeNs - before->timeNs ? *after : *before;
}

std::optional<EventPoint> stepPoint(
    const Scene& scene, std::optional<std::size_t> current, qint64 fromNs, int direction)
{
    const auto& points = scene.points;
    const auto found = current ? std::ranges::find(points, *current, &EventPoint::index) : points.end();
    if (found != points.end()) {
        if (direction > 0)
            return std::next(found) == points.end() ? std::nullopt : std::optional(*std::next(found));
        return found == points.begin() ? std::nullopt : std::optional(*std::prev(found));
    }
    const auto next = std::ranges::lower_bound(points, fromNs, {}, &EventPoint::timeNs);
    if (direction > 0)
        return next == points.end() ? std::nullopt : std::optional(*next);
    return next == points.begin() ? std::nullopt : std::optional(*std::prev(next));
}

} // namespace cutover::ui
