// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/measure.h"

#include "timeline/facts.h"
#include "timeline/pulse.h"
#include "timeline/recording.h"
#include "timeline/summary.h"

#include <QDateTime>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

using timeline::Fact;
using timeline::FactKind;

constexpr qint64 logResolutionNs = 1000;

/// Parts of one kind, side and device as one; a device that is saved in several sections has several rows.
std::vector<RunPart> partsOf(const timeline::PauseBreakdown& pause)
{
    std::vector<RunPart> parts;
    for (const timeline::PauseRow& row : pause.rows) {
        const QString kind = timeline::pauseRowKindId(row.kind);
        const auto same = std::ranges::find_if(parts, [&](const RunPart& part) {
            return part.kind == kind && part.side == row.side && part.device == row.device;
        });
        if (same != parts.end())
            same->durationNs += row.durationNs;
        else
            parts.push_back(
                { .kind = kind, .side = row.side, .device = row.device, .durationNs = row.durationNs });
    }
    if (parts.size() > maxParts) {
        std::ranges::stable_sort(parts, std::ranges::greater{}, &RunPart::durationNs);
        RunPart rest{ .kind = timeline::pauseRowKindId(timeline::PauseRowKind::Unattributed) };
        for (std::size_t i = maxParts - 1; i < parts.size(); ++i)
            rest.durationNs += parts[i].durationNs;
        parts.resize(maxParts - 1);
        parts.push_back(rest);
    }
    return parts;
}

/// From the source's stop to the destination's start, where the stop came before the migration.
void measureFromStop(Run& run, std::span<const timeline::Event> events)
{
    const timeline::Facts facts(events);
    const auto window = facts.migration(std::nullopt);
    if (!window)
        return;
    const auto becomes = [](const Fact& fact, Side side, QLatin1StringView state) {
        return fact.side == side && fact.timeNs > 0 && fact.kind == FactKind::TraceRunstate
            && fact.text("to"_L1) == state;
    };
    const auto says = [](const Fact& fact, Side side, FactKind kind) {
        return fact.side == side && fact.timeNs > 0 && fact.kind == kind;
    };
    // The source may have been stopped before, the destination may be stopped later.
    qint64 tracedStopNs = 0;
    qint64 toldStopNs = 0;
    for (const Fact& fact : facts.before(*window)) {
        if (becomes(fact, Side::Source, "paused"_L1))
            tracedStopNs = fact.timeNs;
        else if (says(fact, Side::Source, FactKind::QmpStop))
            toldStopNs = fact.timeNs;
    }
    qint64 tracedStartNs = 0;
    qint64 toldStartNs = 0;
    for (const Fact& fact : facts.in(*window)) {
        if (tracedStartNs == 0 && becomes(fact, Side::Destination, "running"_L1))
            tracedStartNs = fact.timeNs;
        else if (toldStartNs == 0 && says(fact, Side::Destination, FactKind::QmpResume))
            toldStartNs = fact.timeNs;
    }
    const bool traced = tracedStopNs > 0 && tracedStartNs > 0;
    const qint64 startNs = tracedStopNs > 0 ? tracedStopNs : toldStopNs;
    const qint64 endNs = tracedStartNs > 0 ? tracedStartNs : toldStartNs;
    if (startNs <= 0 || endNs < startNs)
        return;
    run.pauseNs = endNs - startNs;
    run.stopNs = startNs;
    run.tier = traced ? timeline::EvidenceTier::Trace : timeline::EvidenceTier::QmpEvents;
    run.clockErrorNs = logResolutionNs;
}

} // namespace

void measure(Run& run, std::span<const timeline::Event> events, bool stoppedByHand)
{
    const timeline::Summary summary = timeline::summarize(events);
    for (const timeline::Phase& phase : summary.phases)
        run.phaseNs.at(std::size_t(phase.id)) = phase.durationNs();
    if (stoppedByHand) {
        measureFromStop(run, events);
    } else if (summary.pause.outcome == timeline::PauseOutcome::Measured) {
        run.pauseNs = summary.pause.pause.valueNs;
        run.stopNs = std::max<qint64>(summary.pause.startNs, 0);
        run.tier = summary.pause.pause.tier;
        run.clockErrorNs = summary.pause.pause.clockErrorNs;
        run.parts = partsOf(summary.pause);
    }
    for (const timeline::PulseGap& gap : timeline::pulseGaps(timeline::pulseTrail(events), summary.pause)) {
        if (gap.kind == timeline::GapKind::Guest)
            run.guestGapNs = gap.lengthNs;
        else if (gap.kind == timeline::GapKind::Storage)
            run.storageGapNs = gap.lengthNs;
    }
}

QByteArray recordingOf(std::span<const timeline::Event> events, const QString& program)
{
    QByteArray bytes = timeline::recordingLine(timeline::RecordingHeader{
        .created = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs), .program = program });
    for (const timeline::Event& event : events) {
        bytes += timeline::recordingLine(event);
        if (bytes.size() > maxKeptRecording)
            return {};
    }
    return bytes;
}

} // namespace cutover::runs
