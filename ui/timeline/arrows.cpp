// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "arrows.h"

#include "timeline/fds.h"

namespace cutover::ui {

QString Arrow::label() const
{
    const QString known = name.isEmpty() ? QStringLiteral("?") : name;
    return id == 0 ? known : known + u' ' + QString::number(id);
}

std::vector<Arrow> arrowsOf(std::span<const timeline::Event> events)
{
    qint64 startNs = 0;
    for (const timeline::Event& event : events) {
        if (event.side == Side::Source && event.category == timeline::Category::QmpSent
            && event.name == u"migrate")
            startNs = event.timeNs;
    }
    std::vector<Arrow> arrows;
    for (const timeline::FdEntry& fd : timeline::fdTable(events)) {
        Arrow arrow{ .name = fd.name,
            .id = fd.id,
            .sentNs = fd.sentNs,
            .receivedNs = fd.receivedNs,
            .inferred = false,
            .text = fd.text };
        // Those of the main channel are logged only by name; what was saved before the command went nowhere.
        if (!fd.sent && !fd.received && fd.claim == timeline::FdClaim::Claimed && startNs > 0
            && fd.savedNs >= startNs) {
            arrow.sentNs = fd.savedNs;
            arrow.receivedNs = fd.claimedNs;
            arrow.inferred = true;
        }
        if (arrow.sentNs > 0 && arrow.receivedNs > 0)
            arrows.push_back(std::move(arrow));
    }
    std::ranges::stable_sort(arrows, {}, &Arrow::sentNs);
    return arrows;
}

std::vector<ArrowBundle> bundleArrows(
    std::span<const Arrow> arrows, const Interval& range, double width, double spacing)
{
    std::vector<ArrowBundle> bundles;
    for (std::size_t i = 0; i < arrows.size(); ++i) {
        const Arrow& arrow = arrows[i];
        const double x = timeToPixel(arrow.sentNs, range, width);
        if (!bundles.empty() && x - timeToPixel(bundles.back().lastSentNs, range, width) < spacing) {
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

} // namespace cutover::ui
