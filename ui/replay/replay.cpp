// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "replay.h"

#include <QFileInfo>

#include <algorithm>
#include <numeric>

namespace cutover::ui {

using timeline::Event;

/// Of each event its time, or that of the last one before it that has one.
static std::vector<qint64> timesOf(const std::vector<Event>& events)
{
    std::vector<qint64> times;
    times.reserve(events.size());
    qint64 last = 0;
    for (const Event& event : events) {
        if (event.timeNs > 0)
            last = event.timeNs;
        times.push_back(last);
    }
    return times;
}

static void sortByTime(std::vector<Event>& events, std::vector<qint64>& times)
{
    std::vector<std::size_t> order(events.size());
    std::iota(order.begin(), order.end(), std::size_t{ 0 });
    std::ranges::stable_sort(order, {}, [&times](std::size_t i) { return times[i]; });
    std::vector<Event> sorted;
    sorted.reserve(events.size());
    for (const std::size_t i : order)
        sorted.push_back(std::move(events[i]));
    events = std::move(sorted);
    std::ranges::sort(times);
}

Replay prepareReplay(const QString& path, timeline::Recording recording)
{
    Replay replay;
    replay.path = QFileInfo(path).absoluteFilePath();
    replay.header = std::move(recording.header);
    replay.events = std::move(recording.events);
    replay.damage = std::move(recording.damage);
    replay.skippedEvents = recording.skippedEvents;
    replay.times = timesOf(replay.events);
    if (!std::ranges::is_sorted(replay.times))
        sortByTime(replay.events, replay.times);
    replay.index = op::ReplayIndex(replay.events);
    return replay;
}

std::size_t Replay::positionAt(qint64 timeNs) const
{
    return static_cast<std::size_t>(std::ranges::upper_bound(times, timeNs) - times.begin());
}

qint64 Replay::timeAt(std::size_t position) const
{
    if (times.empty())
        return 0;
    const qint64 time = times[std::clamp<std::size_t>(position, 1, times.size()) - 1];
    if (time > 0)
        return time;
    const auto first = std::ranges::upper_bound(times, qint64{ 0 });
    return first == times.end() ? 0 : *first;
}

} // namespace cutover::ui
