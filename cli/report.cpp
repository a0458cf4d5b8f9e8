// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/report.h"

#include "timeline/text.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::cli {

static constexpr int widest = 110;

void printReport(Console& console, const timeline::Summary& summary, ReportDetail detail)
{
    const timeline::TextStyle style{ .width = std::min(widest, console.width()),
        .colour = console.traits().colour,
        .everyRow = detail == ReportDetail::EveryRow };
    for (const QString& block : { timeline::phaseTable(summary.phases, style),
             timeline::fdTable(summary.fds, style), timeline::breakdownBars(summary.pause, style) }) {
        if (!block.isEmpty())
            console.printRaw('\n' + block.toUtf8());
    }
    for (const timeline::FdAlarm& alarm : summary.alarms)
        console.print(console.paint(Tone::Bad, printable(alarm.text)));
}

std::optional<timeline::Heartbeat> watchedGap(std::span<const timeline::Event> events)
{
    const timeline::PulseTrail trail = timeline::pulseTrail(events);
    if (trail.heartbeats.empty() || !trail.heartbeats.back().observed
        || timeline::pulseGaps(trail, timeline::pauseBreakdown(events)).empty())
        return std::nullopt;
    return trail.heartbeats.back();
}

/// Of a guest without a heartbeat.
static void printSilences(Console& console, std::span<const timeline::Event> events)
{
    const timeline::PulseTrail trail = timeline::pulseTrail(events);
    bool titled = false;
    for (const timeline::PulseGap& gap : timeline::pulseGaps(trail, timeline::pauseBreakdown(events))) {
        const bool packets = gap.kind == timeline::GapKind::Packets;
        if (!packets && gap.kind != timeline::GapKind::Processors)
            continue;
        if (!std::exchange(titled, true)) {
            console.print({});
            console.print(
                console.paint(Tone::Title, i18n("What was seen of the guest, which has no heartbeat")));
        }
        const QString length = timeline::durationText(gap.lengthNs);
        const QString otherwise = timeline::durationText(gap.otherwiseNs);
        console.print(u"  "_s
            + (packets
                    ? i18nc("durations", "it sent no packet for %1 (for up to %2 at other times)", length,
                          otherwise)
                    : i18nc("durations", "its processors used no time for %1 (for up to %2 at other times)",
                          length, otherwise)));
    }
}

void printWatchedGap(Console& console, std::span<const timeline::Event> events)
{
    const auto last = watchedGap(events);
    if (!last) {
        printSilences(console, events);
        return;
    }
    console.print({});
    console.print(console.paint(Tone::Title, i18n("What the guest felt")));
    console.print(u"  "_s
        + i18nc("durations", "its heart stood still for %1 (±%2), by the host's clock",
            timeline::durationText(last->startGapNs), timeline::durationText(last->gapErrorNs)));
    if (last->guestClockGapNs >= 0)
        console.print(u"  "_s
            + i18nc("duration", "its own clock, which some VMMs stop with the guest, counted %1 meanwhile",
                timeline::durationText(last->guestClockGapNs)));
}

} // namespace cutover::cli
