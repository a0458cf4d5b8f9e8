// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "scene.h"

#include "lanes.h"

#include "timeline/fds.h"

#include <algorithm>
#include <optional>
#include <ranges>

namespace cutover::ui {

using timeline::Category;
using timeline::Event;

static std::vector<EventPoint> timedPoints(std::span<const Event> events)
{
    std::vector<EventPoint> points;
    points.reserve(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].timeNs > 0)
            points.push_back({ .timeNs = events[i].timeNs, .index = i, .side = events[i].side });
    }
    if (!std::ranges::is_sorted(points, {}, &EventPoint::timeNs))
        std::ranges::stable_sort(points, {}, &EventPoint::timeNs);
    return points;
}

static std::vector<Arrow> arrowsOf(std::span<const Event> events)
{
    std::vector<Arrow> arrows;
    for (const timeline::FdEntry& fd : timeline::fdTable(events)) {
        if (fd.sentNs > 0 && fd.receivedNs > 0)
            arrows.push_back(
                { .name = fd.name, .id = fd.id, .sentNs = fd.sentNs, .receivedNs = fd.receivedNs });
    }
    return arrows;
}

static Interval streamOf(std::span<const Event> events, qint64 endNs)
{
    Interval stream;
    for (const Event& event : events) {
        if (event.category != Category::Trace || event.timeNs <= 0)
            continue;
        if (event.side == Side::Source && event.name == u"migration_socket_outgoing_connected")
            stream = { .startNs = event.timeNs, .endNs = endNs };
        else if (!stream.isEmpty() && event.side == Side::Destination
            && event.name == u"process_incoming_migration_co_end")
            stream.endNs = event.timeNs;
    }
    return stream;
}

static std::optional<std::size_t> eventOf(
    const timeline::Checkpoint& checkpoint, std::span<const Event> events, std::span<const EventPoint> points)
{
    for (const EventPoint& point :
        std::ranges::equal_range(points, checkpoint.timeNs, {}, &EventPoint::timeNs)) {
        const Event& event = events[point.index];
        if (point.side == checkpoint.side
            && event.attributes.value(QLatin1StringView("name")) == checkpoint.name)
            return point.index;
    }
    return std::nullopt;
}

static qint64 migrationStart(std::span<const Event> events)
{
    for (const Event& event : std::views::reverse(events)) {
        if (event.side == Side::Source && event.timeNs > 0 && event.category == Category::QmpSent
            && event.name == u"migrate")
            return event.timeNs;
    }
    return 0;
}

Interval Scene::pauseInterval() const
{
    if (pause.startNs <= 0)
        return {};
    const qint64 end = pause.endNs > 0 ? pause.endNs : extent.endNs;
    return { .startNs = pause.startNs, .endNs = std::max(end, pause.startNs) };
}

Interval Scene::pauseSurroundings() const
{
    const Interval inner = pauseInterval();
    return inner.isEmpty() ? inner
                           : Interval{ .startNs = inner.startNs - (inner.length() / 2),
                                 .endNs = inner.endNs + (inner.length() / 2) };
}

Scene buildScene(std::span<const Event> events)
{
    Scene scene;
    scene.points = timedPoints(events);
    if (scene.points.empty())
        return scene;
    scene.extent = { .startNs = scene.points.front().timeNs, .endNs = scene.points.back().timeNs + 1 };
    std::vector<timeline::Checkpoint> checkpoints = timeline::checkpoints(events);
    const std::vector<timeline::Span> spans = timeline::spans(events);
    for (Lane* lane : { &scene.source, &scene.destination })
        lane->spans = laneSpans(lane->side, spans, checkpoints);
    for (timeline::Checkpoint& checkpoint : checkpoints) {
        if (const auto event = eventOf(checkpoint, events, scene.points)) {
            Lane& lane = checkpoint.side == Side::Destination ? scene.destination : scene.source;
            lane.checkpoints.push_back({ .checkpoint = std::move(checkpoint), .event = *event });
        }
    }
    scene.arrows = arrowsOf(events);
    scene.stream = streamOf(events, scene.extent.endNs);
    scene.pause = timeline::pauseBreakdown(events);
    scene.originNs = scene.pause.startNs > 0 ? scene.pause.startNs : migrationStart(events);
    if (scene.originNs == 0)
        scene.originNs = scene.extent.startNs;
    return scene;
}

} // namespace cutover::ui
