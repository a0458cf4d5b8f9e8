// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/arrows.h"

#include "timeline/fds.h"

#include <utility>

namespace cutover::layout {

QString Arrow::label() const
{
    const QString known = name.isEmpty() ? QStringLiteral("?") : name;
    return id == 0 ? known : known + u' ' + QString::number(id);
}

namespace {

/// When the last migration began, and when its source wrote the CPR state.
struct Departure
{
    qint64 commandNs = 0;
    qint64 cprStateNs = 0;
};

Departure departureOf(std::span<const timeline::Event> events)
{
    Departure departure;
    for (const timeline::Event& event : events) {
        if (event.side != Side::Source || event.timeNs <= 0)
            continue;
        if (event.category == timeline::Category::QmpSent && event.name == u"migrate")
            departure = { .commandNs = event.timeNs, .cprStateNs = 0 };
        else if (event.category == timeline::Category::Trace && event.name == u"cpr_state_save")
            departure.cprStateNs = event.timeNs;
    }
    return departure;
}

} // namespace

std::vector<Arrow> arrowsOf(std::span<const timeline::Event> events, const timeline::Facts& facts)
{
    const Departure departure = departureOf(events);
    std::vector<Arrow> arrows;
    for (const timeline::FdEntry& fd : timeline::fdTable(facts)) {
        Arrow arrow{ .name = fd.name,
            .id = fd.id,
            .sentNs = fd.sentNs,
            .receivedNs = fd.receivedNs,
            .inferred = false,
            .text = fd.text };
        // A VMM that does not log what it passes logs at least what it found.
        if (!fd.sent && !fd.received && fd.claim == timeline::FdClaim::Claimed && departure.commandNs > 0) {
            // What was saved after the command went through the main channel, the rest is the CPR state.
            if (arrow.sentNs == 0)
                arrow.sentNs = fd.savedNs >= departure.commandNs ? fd.savedNs : departure.cprStateNs;
            arrow.receivedNs = fd.claimedNs;
            arrow.inferred = true;
        }
        if (arrow.sentNs > 0 && arrow.receivedNs > 0)
            arrows.push_back(std::move(arrow));
    }
    std::ranges::stable_sort(
        arrows, {}, [](const Arrow& arrow) { return std::pair(arrow.sentNs, arrow.receivedNs); });
    return arrows;
}

double bundleSpacing(double em)
{
    return em * 0.45;
}

std::vector<ArrowBundle> bundleArrows(
    std::span<const Arrow> arrows, const Interval& range, double width, double spacing)
{
    std::vector<ArrowBundle> bundles;
    for (std::size_t i = 0; i < arrows.size(); ++i) {
        const Arrow& arrow = arrows[i];
        const auto isNear = [&](qint64 timeNs, qint64 otherNs) {
            return std::abs(timeToPixel(timeNs, range, width) - timeToPixel(otherNs, range, width)) < spacing;
        };
        if (!bundles.empty() && isNear(arrow.sentNs, bundles.back().lastSentNs)
            && isNear(arrow.receivedNs, bundles.back().lastReceivedNs)) {
            ArrowBundle& bundle = bundles.back();
            ++bundle.count;
            bundle.lastSentNs = arrow.sentNs;
            bundle.receivedNs = std::min(bundle.receivedNs, arrow.receivedNs);
            bundle.lastReceivedNs = std::max(bundle.lastReceivedNs, arrow.receivedNs);
            continue;
        }
        bundles.push_back({ .first = i,
            .count = 1,
            .sentNs = arrow.sentNs,
            .lastSentNs = arrow.sentNs,
            .receivedNs = arrow.receivedNs,
            .lastReceivedNs = arrow.receivedNs });
    }
    return bundles;
}

} // namespace cutover::layout
