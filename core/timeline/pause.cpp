// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/pause.h"

#include "timeline/facts.h"
#include "timeline/pauseends.h"
#include "timeline/pauserows.h"

#include <algorithm>
#include <map>

namespace cutover::timeline {

namespace {

/// QEMU's times are whole microseconds, cut off.
constexpr qint64 resolutionNs = 1000;

struct ClockError
{
    qint64 errorNs = resolutionNs;
    bool sampled = false;
};

ClockError clockError(const Facts& facts, qint64 startNs, qint64 endNs)
{
    const Fact* before = nullptr;
    const Fact* after = nullptr;
    for (const Fact& fact : facts.all) {
        if (fact.kind != FactKind::ClockSample || fact.timeNs <= 0)
            continue;
        if (fact.timeNs <= startNs)
            before = &fact;
        else if (fact.timeNs >= endNs && !after)
            after = &fact;
    }
    if (!before || !after)
        return {};
    const auto offset = [](const Fact* fact) { return fact->number(QLatin1StringView("offsetNs")); };
    const auto uncertainty = [](const Fact* fact) {
        return std::clamp<qint64>(fact->number(QLatin1StringView("uncertaintyNs")), 0, 1'000'000'000);
    };
    // Unsigned: damaged samples may be further apart than qint64 reaches.
    const qint64 high = std::max(offset(before), offset(after));
    const qint64 low = std::min(offset(before), offset(after));
    const quint64 step = static_cast<quint64>(high) - static_cast<quint64>(low);
    constexpr quint64 most = 1'000'000'000'000'000'000;
    return { .errorNs
        = resolutionNs + static_cast<qint64>(std::min(step, most)) + uncertainty(before) + uncertainty(after),
        .sampled = true };
}

bool completed(std::span<const Fact> facts)
{
    return std::ranges::any_of(facts, [](const Fact& fact) {
        const bool tellsState = fact.kind == FactKind::TraceState || fact.kind == FactKind::QmpMigration;
        return tellsState && fact.side == Side::Source && fact.state() == u"completed";
    });
}

PauseBreakdown without(PauseOutcome outcome, const QString& explanation)
{
    PauseBreakdown result;
    result.outcome = outcome;
    result.explanation = explanation;
    return result;
}

PauseBreakdown sourceWasPaused()
{
    return without(PauseOutcome::SourceWasPaused,
        QStringLiteral(
            "The guest did not run on the source when the migration began, so nothing was paused."));
}

QString explain(const PauseEnds& ends, EvidenceTier tier, bool resumed)
{
    const bool trace = tier == EvidenceTier::Trace;
    if (resumed) {
        return trace ? QStringLiteral("The migration failed: from the stop on the source to its start there.")
                     : QStringLiteral("The migration failed: from STOP to RESUME of the source.");
    }
    QString text = trace
        ? QStringLiteral("From src-downtime-start on the source to running on the destination.")
        : QStringLiteral("From the source's stop to the destination's start by the times of QMP events.");
    if (ends.resumed.happened())
        text += QStringLiteral(" The source was started again, too: the guest ran twice.");
    return text;
}

} // namespace

PauseBreakdown pauseBreakdown(const Facts& facts, std::optional<std::size_t> migration)
{
    const auto window = facts.migration(migration);
    if (!window)
        return without(PauseOutcome::NoMigration, QStringLiteral("The record holds no such migration."));

    const PauseEnds ends = findPauseEnds(facts, *window);
    if (ends.sourceWasPaused)
        return sourceWasPaused();
    if (!ends.stopped.happened()) {
        if (completed(facts.in(*window)) && !ends.started.happened())
            return sourceWasPaused();
        return without(
            PauseOutcome::NotReached, QStringLiteral("The migration was not seen to stop the guest."));
    }

    const bool resumed = !ends.started.happened();
    const Moment& end = resumed ? ends.resumed : ends.started;
    if (!end.happened()) {
        PauseBreakdown result = without(PauseOutcome::Ongoing,
            QStringLiteral("The guest was stopped, and neither side was seen to start it."));
        result.startNs = ends.stopped.timeNs;
        return result;
    }
    const EvidenceTier tier = std::min(ends.stopped.tier, end.tier);
    if (tier < EvidenceTier::QmpEvents) {
        PauseBreakdown result = without(PauseOutcome::Untimed,
            QStringLiteral("The guest was stopped and started, but the trace lines carry no times."));
        result.pause.tier = EvidenceTier::OrderOnly;
        return result;
    }
    PauseBreakdown result;
    result.startNs = ends.stopped.timeNs;
    result.endNs = end.timeNs;
    if (result.endNs < result.startNs) {
        result.outcome = PauseOutcome::Inconsistent;
        result.explanation = QStringLiteral("The start lies before the stop: the clock was set in between.");
        return result;
    }
    const ClockError clock = clockError(facts, result.startNs, result.endNs);
    result.outcome = resumed ? PauseOutcome::Resumed : PauseOutcome::Measured;
    result.explanation = explain(ends, tier, resumed);
    result.pause = { .valueNs = result.endNs - result.startNs, .tier = tier, .clockErrorNs = clock.errorNs };
    result.guarded = !resumed && ends.guarded.happened();
    result.clockSampled = clock.sampled;
    result.rows = pauseRows(facts.in(*window), ends, result.startNs, result.endNs);
    return result;
}

qint64 PauseBreakdown::unattributedNs() const
{
    qint64 sum = 0;
    for (const PauseRow& row : rows) {
        if (row.kind == PauseRowKind::Unattributed)
            sum += row.durationNs;
    }
    return sum;
}

QString pauseRowKindId(PauseRowKind kind)
{
    switch (kind) {
    case PauseRowKind::Stop:
        return QStringLiteral("stop");
    case PauseRowKind::IterableSave:
        return QStringLiteral("iterable-save");
    case PauseRowKind::NonIterableSave:
        return QStringLiteral("non-iterable-save");
    case PauseRowKind::Execute:
        return QStringLiteral("execute");
    case PauseRowKind::Transfer:
        return QStringLiteral("transfer");
    case PauseRowKind::Load:
        return QStringLiteral("load");
    case PauseRowKind::LoadTail:
        return QStringLiteral("load-tail");
    case PauseRowKind::BottomHalf:
        return QStringLiteral("bottom-half");
    case PauseRowKind::GuardWait:
        return QStringLiteral("guard-wait");
    case PauseRowKind::Start:
        return QStringLiteral("start");
    case PauseRowKind::Unattributed:
        return QStringLiteral("unattributed");
    }
    return {};
}

QString pauseOutcomeId(PauseOutcome outcome)
{
    switch (outcome) {
    case PauseOutcome::NoMigration:
        return QStringLiteral("no-migration");
    case PauseOutcome::NotReached:
        return QStringLiteral("not-reached");
    case PauseOutcome::Ongoing:
        return QStringLiteral("ongoing");
    case PauseOutcome::Measured:
        return QStringLiteral("measured");
    case PauseOutcome::Resumed:
        return QStringLiteral("resumed");
    case PauseOutcome::SourceWasPaused:
        return QStringLiteral("source-was-paused");
    case PauseOutcome::Untimed:
        return QStringLiteral("untimed");
    case PauseOutcome::Inconsistent:
        return QStringLiteral("inconsistent");
    }
    return {};
}

static QString sumText(PauseRowKind kind, std::size_t count)
{
    const QString number = QString::number(count);
    switch (kind) {
    case PauseRowKind::IterableSave:
    case PauseRowKind::NonIterableSave:
        return QStringLiteral("save %1 smaller devices").arg(number);
    case PauseRowKind::Load:
        return QStringLiteral("load %1 smaller devices").arg(number);
    default:
        return QStringLiteral("%1 smaller parts").arg(number);
    }
}

std::vector<PauseRow> condensedRows(const PauseBreakdown& pause)
{
    const qint64 threshold = pause.pause.valueNs / 100;
    const auto isDevice = [](const PauseRow& row) { return !row.device.isEmpty(); };
    const auto group = [](const PauseRow& row) {
        return row.kind == PauseRowKind::IterableSave ? PauseRowKind::NonIterableSave : row.kind;
    };
    std::map<PauseRowKind, std::size_t> counts;
    for (const PauseRow& row : pause.rows) {
        if (isDevice(row) && row.durationNs < threshold)
            ++counts[group(row)];
    }
    // The sum stands where the last of its parts was.
    std::vector<PauseRow> rows;
    std::map<PauseRowKind, PauseRow> sums;
    std::map<PauseRowKind, std::size_t> seen;
    for (const PauseRow& row : pause.rows) {
        const PauseRowKind kind = group(row);
        if (!isDevice(row) || row.durationNs >= threshold || counts[kind] < 2) {
            rows.push_back(row);
            continue;
        }
        const auto [sum, isFirst] = sums.try_emplace(kind, row);
        if (!isFirst)
            sum->second.durationNs += row.durationNs;
        if (++seen[kind] == counts[kind]) {
            rows.push_back(sum->second);
            rows.back().kind = kind;
            rows.back().device.clear();
            rows.back().text = sumText(kind, counts[kind]);
        }
    }
    return rows;
}

} // namespace cutover::timeline
