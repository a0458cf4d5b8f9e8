// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsegeometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cutover::ui {

using timeline::GapKind;
using timeline::Heartbeat;
using timeline::PulseGap;
using timeline::PulseTrail;
using timeline::Traffic;

static constexpr qint64 runNs = 30'000'000'000;

namespace {

/// Counters that were read now and then, as rates between two readings.
template <typename Sample>
std::vector<PulseStretch> rates(const std::vector<Sample>& samples, qint64 Sample::* counter, qint64 fromNs,
    Side (*sideOf)(const Sample&))
{
    std::vector<PulseStretch> found;
    double most = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) {
        const Sample& before = samples[i - 1];
        const Sample& after = samples[i];
        const qint64 events = after.*counter - before.*counter;
        if (after.timeNs <= before.timeNs || after.timeNs <= fromNs || events < 0)
            continue;
        const double rate
            = static_cast<double>(events) * 1e9 / static_cast<double>(after.timeNs - before.timeNs);
        most = std::max(most, rate);
        found.push_back({ .time = { .startNs = before.timeNs, .endNs = after.timeNs },
            .side = sideOf(after),
            .eventsPerSecond = rate });
    }
    for (PulseStretch& stretch : found)
        stretch.level = most > 0 ? stretch.eventsPerSecond / most : 0;
    return found;
}

/// Around a gap the rate of before and after is all that is known: one stretch on each side.
std::vector<PulseStretch> besideGap(
    std::vector<PulseStretch> rated, const Interval& gap, const Interval& range)
{
    double most = 0;
    for (const PulseStretch& stretch : rated)
        most = std::max(most, stretch.eventsPerSecond);
    if (most <= 0 || gap.isEmpty())
        return {};
    std::vector<PulseStretch> beside;
    const auto add = [&](qint64 startNs, qint64 endNs, Side side) {
        if (endNs > startNs)
            beside.push_back({ .time = { .startNs = startNs, .endNs = endNs },
                .side = side,
                .level = 1,
                .eventsPerSecond = most });
    };
    add(range.startNs, gap.startNs, rated.front().side);
    add(gap.endNs, range.endNs, rated.back().side);
    return beside;
}

Interval intervalOf(const PulseGap& gap)
{
    return { gap.startNs, gap.endNs() };
}

} // namespace

PulseScene pulseScene(const PulseTrail& trail, const timeline::PauseBreakdown& pause, PulseView wanted)
{
    PulseScene scene;
    if (pause.isKnown())
        scene.pause = { .startNs = pause.startNs, .endNs = pause.endNs };
    const std::vector<PulseGap> gaps = timeline::pulseGaps(trail, pause);
    Interval placed = scene.pause;
    bool anyPlaced = false;
    for (const PulseGap& gap : gaps) {
        if (gap.startNs <= 0)
            continue;
        anyPlaced = true;
        placed = placed.isEmpty()
            ? intervalOf(gap)
            : Interval{ std::min(placed.startNs, gap.startNs), std::max(placed.endNs, gap.endNs()) };
    }
    const qint64 first = trail.heartbeats.empty() ? 0 : trail.heartbeats.front().timeNs;
    const qint64 last = trail.heartbeats.empty() ? 0 : trail.heartbeats.back().timeNs;
    if (wanted == PulseView::Gap && anyPlaced) {
        scene.view = PulseView::Gap;
        const qint64 margin = std::max<qint64>(placed.length() * 3 / 4, 10'000);
        scene.range = { placed.startNs - margin, placed.endNs + margin };
        scene.originNs = placed.startNs;
    } else if (trail.heartbeats.size() > 1) {
        scene.range = { std::max(first, last - runNs), last };
        scene.originNs = last;
    } else {
        return scene;
    }

    const qint64 fromNs = scene.view == PulseView::Run ? scene.range.startNs : first;
    const auto addRow = [&](GapKind kind, std::vector<PulseStretch> rated) {
        PulseRow row{ .kind = kind, .stretches = {}, .gap = {} };
        const auto gap = std::ranges::find(gaps, kind, &PulseGap::kind);
        if (gap != gaps.end() && gap->startNs > 0)
            row.gap = *gap;
        if (scene.view == PulseView::Gap && !rated.empty())
            row.stretches
                = besideGap(std::move(rated), row.gap ? intervalOf(*row.gap) : scene.pause, scene.range);
        else
            row.stretches = std::move(rated);
        const bool silent = std::ranges::all_of(
            row.stretches, [](const PulseStretch& stretch) { return stretch.eventsPerSecond <= 0; });
        if ((kind == GapKind::Guest && trail.silences.empty()) || !silent || row.gap)
            scene.rows.push_back(std::move(row));
    };
    const auto ownSide = [](const Heartbeat& sample) { return sample.side; };
    addRow(GapKind::Guest, rates<Heartbeat>(trail.heartbeats, &Heartbeat::beats, fromNs, ownSide));
    addRow(GapKind::Network, rates<Traffic>(trail.traffic, &Traffic::received, fromNs, [](const Traffic&) {
        return Side::Channel;
    }));
    addRow(GapKind::Storage, rates<Heartbeat>(trail.heartbeats, &Heartbeat::blocksVerified, fromNs, ownSide));
    for (const GapKind substitute : { GapKind::Packets, GapKind::Processors }) {
        if (std::ranges::contains(gaps, substitute, &PulseGap::kind))
            addRow(substitute, {});
    }
    return scene;
}

std::vector<qint64> beatTimes(const PulseStretch& stretch, const Interval& gap, qint64 leastNs)
{
    std::vector<qint64> times;
    if (stretch.eventsPerSecond <= 0)
        return times;
    const auto distance = static_cast<qint64>(std::llround(1e9 / stretch.eventsPerSecond));
    if (distance < std::max<qint64>(leastNs, 1))
        return times;
    const bool before = !gap.isEmpty() && stretch.time.endNs <= gap.startNs;
    if (before) {
        for (qint64 at = stretch.time.endNs; at >= stretch.time.startNs; at -= distance)
            times.push_back(at);
        std::ranges::reverse(times);
    } else {
        for (qint64 at = stretch.time.startNs; at <= stretch.time.endNs; at += distance)
            times.push_back(at);
    }
    return times;
}

QRectF pulseRowArea(const QRectF& area, std::size_t row, std::size_t count)
{
    if (count == 0)
        return {};
    // The heart gets twice the height of what only goes with it.
    const double unit = area.height() / static_cast<double>(count + 1);
    const double top = area.top() + (row == 0 ? 0 : unit * static_cast<double>(row + 1));
    const double height = row == 0 ? unit * 2 : unit;
    const double space = std::min(4.0, height / 4);
    return { area.left(), top, area.width(), height - space };
}

} // namespace cutover::ui
