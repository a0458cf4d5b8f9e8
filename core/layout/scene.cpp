// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/scene.h"

#include "layout/lanes.h"

#include <algorithm>
#include <ranges>

namespace cutover::layout {

using timeline::Category;
using timeline::Event;

static bool endsDestination(const Event& event)
{
    return event.side == Side::Destination && event.name == u"process_incoming_migration_co_end";
}

static bool endsSource(const Event& event)
{
    return event.side == Side::Source && event.name == u"migrate_set_state"
        && timeline::isTerminal(event.attributes.value(QLatin1StringView("state")).toString());
}

/// The main channels' connections. One ends by the word of the destination, else with its migration.
static std::vector<Interval> streamsOf(std::span<const Event> events, qint64 endNs)
{
    std::vector<Interval> streams;
    for (const Event& event : events) {
        if (event.category == Category::Trace && event.timeNs > 0 && event.side == Side::Source
            && event.name == u"migration_socket_outgoing_connected")
            streams.push_back({ .startNs = event.timeNs, .endNs = endNs });
    }
    std::ranges::sort(streams, {}, &Interval::startNs);
    for (std::size_t i = 0; i + 1 < streams.size(); ++i)
        streams[i].endNs = streams[i + 1].startNs;
    for (const bool byDestination : { false, true }) {
        for (const Event& event : events) {
            if (event.category != Category::Trace
                || !(byDestination ? endsDestination(event) : endsSource(event)))
                continue;
            const auto stream = std::ranges::find_if(
                streams, [&event](const Interval& each) { return each.contains(event.timeNs); });
            if (stream != streams.end())
                stream->endNs = event.timeNs;
        }
    }
    return streams;
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

/// The key events end where the record may not.
static std::vector<timeline::Span> spansIn(const timeline::Facts& facts, const Interval& extent)
{
    std::vector<timeline::Span> spans = timeline::spans(facts);
    for (timeline::Span& span : spans) {
        if (span.openStart)
            span.startNs = std::min(span.startNs, extent.startNs);
        if (span.openEnd)
            span.endNs = std::max(span.endNs, extent.endNs);
    }
    return spans;
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

Scene buildScene(const timeline::KeyEvents& keyEvents, const Interval& extent)
{
    Scene scene;
    scene.extent = extent;
    if (extent.isEmpty())
        return scene;
    const auto events = keyEvents.events();
    const std::vector<timeline::Span> spans = spansIn(keyEvents.facts(), extent);
    for (Lane* lane : { &scene.source, &scene.destination }) {
        lane->marks = checkpointMarks(lane->side, keyEvents);
        lane->spans = laneSpans(lane->side, spans, lane->marks);
    }
    scene.console = consoleLane(keyEvents, extent);
    scene.arrows = arrowsOf(events, keyEvents.facts());
    scene.streams = streamsOf(events, extent.endNs);
    scene.ownership = ownershipRows(events, spans, extent);
    scene.pause = timeline::pauseBreakdown(keyEvents.facts());
    scene.originNs = scene.pause.startNs > 0 ? scene.pause.startNs : migrationStart(events);
    if (scene.originNs == 0)
        scene.originNs = extent.startNs;
    return scene;
}

} // namespace cutover::layout
