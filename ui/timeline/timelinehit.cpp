// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinehit.h"

#include <KLocalizedString>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

using Kind = TimelineHit::Kind;

namespace {

struct Query
{
    const Scene& scene;
    const EventIndex& index;
    const TimelineGeometry& geometry;
    const Interval& range;
    QPointF position;
    double reach;

    qint64 time() const { return geometry.timeAt(position.x(), range); }
    double distance(qint64 timeNs) const { return std::abs(geometry.xOf(timeNs, range) - position.x()); }
};

std::optional<TimelineHit> hitMark(const Query& query, LaneId lane, const std::vector<LaneMark>& marks)
{
    const LaneMark* nearest = nullptr;
    for (const LaneMark& mark : marks) {
        if (query.distance(mark.timeNs) > query.reach)
            continue;
        if (!nearest || query.distance(mark.timeNs) < query.distance(nearest->timeNs))
            nearest = &mark;
    }
    if (!nearest)
        return std::nullopt;
    return TimelineHit{ .kind = Kind::Mark,
        .lane = lane,
        .event = nearest->event,
        .time = {},
        .title = nearest->name,
        .sentence = nearest->sentence };
}

std::optional<TimelineHit> hitEvent(const Query& query, LaneId lane, Side side)
{
    const auto point = query.index.nearest(query.time(), side);
    if (!point || query.distance(point->timeNs) > query.reach)
        return std::nullopt;
    const qint64 perPixel
        = std::max<qint64>(1, query.geometry.timeAt(1, query.range) - query.geometry.timeAt(0, query.range));
    const qint64 from = query.range.startNs + ((point->timeNs - query.range.startNs) / perPixel * perPixel);
    return TimelineHit{ .kind = Kind::Event,
        .lane = lane,
        .event = point->index,
        .time = {},
        .title = {},
        .sentence = {},
        .count = std::max<std::size_t>(1, query.index.count(side, { from, from + perPixel })) };
}

std::optional<TimelineHit> hitLane(const Query& query, const Lane& lane)
{
    const LaneId id = laneOf(lane.side);
    const bool onBar = query.geometry.bar(id).contains(query.position);
    if (!onBar) {
        if (auto hit = hitMark(query, id, lane.marks))
            return hit;
        if (query.geometry.strip(id).contains(query.position)) {
            if (auto hit = hitEvent(query, id, lane.side))
                return hit;
        }
        return std::nullopt;
    }
    const auto after = std::ranges::upper_bound(
        lane.spans, query.time(), {}, [](const LaneSpan& span) { return span.time.startNs; });
    if (after == lane.spans.begin() || !std::prev(after)->time.contains(query.time()))
        return std::nullopt;
    const LaneSpan& span = *std::prev(after);
    return TimelineHit{ .kind = Kind::Span,
        .lane = id,
        .event = {},
        .time = span.time,
        .title = span.text,
        .sentence = span.sentence };
}

TimelineHit hitBundle(const Query& query, const ArrowBundle& bundle)
{
    TimelineHit hit{
        .kind = bundle.isSingle() ? Kind::Arrow : Kind::Bundle,
        .lane = LaneId::Channels,
        .event = {},
        .time = bundle.time(),
        .title = {},
        .sentence = {},
        .count = bundle.count,
    };
    const Arrow& first = query.scene.arrows[bundle.first];
    if (bundle.isSingle()) {
        hit.title = first.label();
        hit.sentence = first.text.isEmpty()
            ? i18n("The descriptor %1 on its way from the source to the destination.", first.label())
            : i18nc("name, description",
                  "The descriptor %1 (%2) on its way from the source to the destination.", first.label(),
                  first.text);
        if (first.inferred)
            hit.sentence += u' '
                + i18n(
                    "Its passing is not logged: drawn from when the source saved it to when the destination "
                    "found it.");
        return hit;
    }
    hit.title = i18np("%1 descriptor", "%1 descriptors", static_cast<int>(bundle.count));
    QStringList names;
    constexpr std::size_t most = 12;
    for (std::size_t i = 0; i < std::min(bundle.count, most); ++i)
        names.append(query.scene.arrows[bundle.first + i].label());
    if (bundle.count > most)
        names.append(i18n("%1 more", static_cast<int>(bundle.count - most)));
    hit.sentence = i18n("On their way from the source to the destination: %1. Zoom in to tell them apart.",
        names.join(QStringLiteral(", ")));
    return hit;
}

std::optional<TimelineHit> hitChannel(const Query& query)
{
    const QRectF bar = query.geometry.bar(LaneId::Channels);
    if (!bar.contains(query.position))
        return std::nullopt;
    const double share = (query.position.y() - bar.top()) / bar.height();
    for (const ArrowBundle& bundle : bundleArrows(query.scene.arrows, query.range,
             query.geometry.plot().width(), bundleSpacing(query.geometry.em()))) {
        const auto across = [&](qint64 sentNs, qint64 receivedNs) {
            const double top = query.geometry.xOf(sentNs, query.range);
            return top + ((query.geometry.xOf(receivedNs, query.range) - top) * share);
        };
        if (query.position.x() >= across(bundle.sentNs, bundle.receivedNs) - query.reach
            && query.position.x() <= across(bundle.lastSentNs, bundle.lastReceivedNs) + query.reach)
            return hitBundle(query, bundle);
    }
    for (const Interval& stream : query.scene.streams) {
        if (stream.contains(query.time()))
            return TimelineHit{ .kind = Kind::Stream,
                .lane = LaneId::Channels,
                .event = {},
                .time = stream,
                .title = i18n("main channel"),
                .sentence = i18n("The main channel carries the state of the devices.") };
    }
    return std::nullopt;
}

std::optional<TimelineHit> hitOwnership(const Query& query)
{
    const auto row = query.geometry.ownershipRowAt(query.position.y());
    if (!row || static_cast<std::size_t>(*row) >= query.scene.ownership.size())
        return std::nullopt;
    const OwnershipRow& resource = query.scene.ownership[static_cast<std::size_t>(*row)];
    for (const OwnershipSpan& span : resource.spans) {
        if (!span.time.contains(query.time()))
            continue;
        return TimelineHit{ .kind = Kind::Ownership,
            .lane = LaneId::Ownership,
            .event = {},
            .time = span.time,
            .title = resource.resource.isEmpty()
                ? resource.title
                : i18nc("device, resource", "%1 (%2)", resource.title, resource.resource),
            .sentence = ownerSentence(resource, span) };
    }
    return std::nullopt;
}

} // namespace

TimelineHit hitTest(const Scene& scene, const EventIndex& index, const TimelineGeometry& geometry,
    const Interval& range, QPointF position, double reach)
{
    if (!geometry.plot().contains(position) || scene.isEmpty())
        return {};
    const Query query{ .scene = scene,
        .index = index,
        .geometry = geometry,
        .range = range,
        .position = position,
        .reach = reach };
    std::optional<TimelineHit> hit;
    const auto lane = geometry.laneAt(position.y());
    if (lane == LaneId::Channels)
        hit = hitChannel(query);
    else if (lane == LaneId::Ownership)
        hit = hitOwnership(query);
    else if (lane)
        hit = hitLane(query,
            *lane == LaneId::Source            ? scene.source
                : *lane == LaneId::Destination ? scene.destination
                                               : scene.console);
    if (hit)
        return *hit;
    const Interval pause = scene.pauseInterval();
    if (!pause.isEmpty() && position.y() >= geometry.band().top() && pause.contains(query.time()))
        return { .kind = Kind::Pause,
            .lane = {},
            .event = {},
            .time = pause,
            .title = i18n("pause"),
            .sentence = scene.pause.explanation };
    return {};
}

} // namespace cutover::ui
