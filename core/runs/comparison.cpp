// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/comparison.h"

#include "timeline/pause.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <algorithm>
#include <cmath>
#include <map>

using namespace Qt::StringLiterals;

namespace cutover::runs {

namespace {

QString durationText(double ns)
{
    return timeline::durationText(std::llround(ns));
}

QString chanceText(const RankTest& test)
{
    const QString p = test.p < 0.001 ? u"p < 0.001"_s : u"p = "_s + QString::number(test.p, 'g', 2);
    return test.exact ? i18nc("p = 0.03", "Mann-Whitney %1", p)
                      : i18nc("p = 0.03", "Mann-Whitney %1, by the normal approximation", p);
}

/// Of each set, before medianDifferenceInterval() has anything to say: its widest interval, from the shortest
/// to the longest run, misses the median if all runs lie on one side of it.
int fewestForDifference(double chance)
{
    int runs = 1;
    while (1 - 2 * std::pow(0.5, runs) < std::sqrt(1 - chance))
        ++runs;
    return runs;
}

QString runsText(int a, int b)
{
    return a == b ? i18np("with %1 run each", "with %1 runs each", a)
                  : i18nc("numbers", "with %1 and %2 runs", a, b);
}

} // namespace

QString metricTitle(Metric metric)
{
    switch (metric) {
    case Metric::Pause:
        return i18n("Pause");
    case Metric::GuestGap:
        return i18n("Guest gap");
    case Metric::NetworkGap:
        return i18n("Network gap");
    case Metric::StorageGap:
        return i18n("Storage gap");
    case Metric::Total:
        break;
    }
    return i18n("Command to end");
}

std::optional<qint64> measured(const Run& run, Metric metric)
{
    switch (metric) {
    case Metric::Pause:
        return run.pauseNs;
    case Metric::GuestGap:
        return run.guestGapNs;
    case Metric::NetworkGap:
        return run.networkGapNs;
    case Metric::StorageGap:
        return run.storageGapNs;
    case Metric::Total:
        break;
    }
    return run.totalNs > 0 ? std::optional(run.totalNs) : std::nullopt;
}

std::optional<qint64> value(const Run& run, Metric metric)
{
    return run.outcome == RunOutcome::Migrated ? measured(run, metric) : std::nullopt;
}

std::vector<double> values(const SetResult& set, Metric metric)
{
    std::vector<double> all;
    for (const Run& run : set.runs) {
        if (const auto ns = value(run, metric))
            all.push_back(double(*ns));
    }
    return all;
}

Spread spreadOf(std::span<const double> sample)
{
    if (sample.empty())
        return {};
    const std::vector<double> ascending = sorted(sample);
    return { .runs = int(ascending.size()),
        .median = quantile(ascending, 0.5),
        .medianInterval = medianInterval(ascending, confidence),
        .lowerQuartile = quantile(ascending, 0.25),
        .upperQuartile = quantile(ascending, 0.75),
        .least = ascending.front(),
        .most = ascending.back(),
        .p90 = percentile(ascending, 90),
        .p99 = percentile(ascending, 99),
        .aboveP90 = runsAbovePercentile(ascending, 90),
        .aboveP99 = runsAbovePercentile(ascending, 99) };
}

std::vector<PartShare> partShares(const SetResult& set)
{
    std::map<std::pair<Side, QString>, std::vector<double>> sums;
    std::size_t brokenDown = 0;
    for (const Run& run : set.runs) {
        if (run.outcome != RunOutcome::Migrated || run.parts.empty())
            continue;
        ++brokenDown;
        for (const RunPart& part : run.parts) {
            std::vector<double>& sum = sums[{ part.side, part.kind }];
            sum.resize(brokenDown, 0); // a run without this part has spent nothing on it
            sum.back() += double(part.durationNs);
        }
    }
    std::vector<PartShare> shares;
    for (auto& [key, sum] : sums) {
        sum.resize(brokenDown, 0);
        const auto runs = std::ranges::count_if(sum, [](double ns) { return ns > 0; });
        shares.push_back(
            { .kind = key.second, .side = key.first, .medianNs = median(sum), .runs = int(runs) });
    }
    std::ranges::stable_sort(shares, std::ranges::greater{}, &PartShare::medianNs);
    return shares;
}

QString partTitle(const QString& kind)
{
    using enum timeline::PauseRowKind;
    const std::array<std::pair<timeline::PauseRowKind, QString>, 10> titles{ {
        { Stop, i18n("Stopping processors and devices") },
        { IterableSave, i18n("Saving memory and other large state") },
        { NonIterableSave, i18n("Saving devices") },
        { Transfer, i18n("Transfer") },
        { Load, i18n("Loading devices") },
        { LoadTail, i18n("End of the stream") },
        { BottomHalf, i18n("Main loop takes over") },
        { GuardWait, i18n("Waiting for cont") },
        { Start, i18n("Starting the guest") },
        { Unattributed, i18n("Unattributed") },
    } };
    for (const auto& [id, title] : titles) {
        if (timeline::pauseRowKindId(id) == kind)
            return title;
    }
    return kind;
}

std::vector<PartShare> phaseShares(const SetResult& set)
{
    std::vector<PartShare> shares;
    for (std::size_t i = 0; i < std::tuple_size_v<decltype(Run::phaseNs)>; ++i) {
        std::vector<double> lengths;
        for (const Run& run : set.runs) {
            if (run.outcome == RunOutcome::Migrated && run.phaseNs.at(i))
                lengths.push_back(double(*run.phaseNs.at(i)));
        }
        if (!lengths.empty())
            shares.push_back({ .kind = timeline::phaseName(timeline::PhaseId(i)),
                .medianNs = median(lengths),
                .runs = int(lengths.size()) });
    }
    return shares;
}

std::vector<ShareRow> sharesBySet(const Results& results, const SharesOf& sharesOf)
{
    std::vector<ShareRow> rows;
    for (std::size_t set = 0; set < results.sets.size(); ++set) {
        for (const PartShare& share : sharesOf(results.sets[set])) {
            auto row = std::ranges::find_if(rows,
                [&](const ShareRow& each) { return each.kind == share.kind && each.side == share.side; });
            if (row == rows.end()) {
                rows.push_back({ .kind = share.kind, .side = share.side, .medianNs = {} });
                row = std::prev(rows.end());
                row->medianNs.resize(results.sets.size());
            }
            row->medianNs[set] = share.medianNs;
        }
    }
    return rows;
}

Comparison compare(const SetResult& a, const SetResult& b, Metric metric, int comparisons)
{
    const std::vector<double> first = values(a, metric);
    const std::vector<double> second = values(b, metric);
    const int runsA = int(first.size());
    const int runsB = int(second.size());
    const QString& nameA = a.settings.name;
    const QString& nameB = b.settings.name;
    const double chance = (1 - confidence) / std::max(1, comparisons);
    Comparison result;
    result.test = mannWhitney(first, second);
    if (!result.test) {
        result.sentence = i18nc("name of a set",
            "There is nothing to compare: %1 has no run that was measured.", runsA == 0 ? nameA : nameB);
        return result;
    }
    const double medianA = median(first);
    result.differenceNs = median(second) - medianA;
    result.interval = medianDifferenceInterval(first, second, 1 - chance);
    const QString length = durationText(std::abs(result.differenceNs));
    if (!result.interval) {
        result.sentence = i18nc("numbers, then the set's names, then a duration",
            "%1 and %2 runs are too few to tell %4 from %3 (their medians are %5 apart): that takes at least "
            "%6 of each.",
            runsA, runsB, nameA, nameB, length, fewestForDifference(chance));
        return result;
    }
    const Interval& interval = *result.interval;
    const bool apart = interval.low > 0 || interval.high < 0;
    result.verdict = apart && result.test->p < chance ? Verdict::Clear : Verdict::NotEnough;
    if (result.verdict == Verdict::NotEnough) {
        result.sentence = i18nc("set, set, 'with 30 runs each', duration, durations, p",
            "Not enough runs to tell %2 from %1: %3 the medians are %4 apart, but the difference may lie "
            "anywhere from %5 to %6 (%7).",
            nameA, nameB, runsText(runsA, runsB), length, durationText(interval.low),
            durationText(interval.high), chanceText(*result.test));
        return result;
    }
    const bool shorter = result.differenceNs < 0;
    const double least = shorter ? -interval.high : interval.low;
    const double most = shorter ? -interval.low : interval.high;
    const QString amount = medianA > 0
        ? i18nc("duration (percent)", "%1 (%2 %)", length,
              QString::number(100 * std::abs(result.differenceNs) / medianA, 'f', 0))
        : length;
    const QString how = i18nc("duration, duration, p", "at least %1, at most %2; %3", durationText(least),
        durationText(most), chanceText(*result.test));
    result.sentence = shorter ? i18nc("set B, 3.1 ms (45 %), set A, 'with 30 runs each', how sure",
                                    "%1 is %2 shorter than %3; %4 that is clear (%5).", nameB, amount, nameA,
                                    runsText(runsA, runsB), how)
                              : i18nc("set B, 3.1 ms (45 %), set A, 'with 30 runs each', how sure",
                                    "%1 is %2 longer than %3; %4 that is clear (%5).", nameB, amount, nameA,
                                    runsText(runsA, runsB), how);
    return result;
}

QStringList honestNotes(const Results& results)
{
    QStringList notes;
    if (results.sets.size() > 1 && results.interleaved)
        notes << i18n("The sets took turns, so what the machine did meanwhile met all of them alike.");
    qsizetype fewest = maxCount;
    for (const SetResult& set : results.sets)
        fewest = std::min(fewest, qsizetype(values(set, Metric::Pause).size()));
    for (const int percent : { 90, 99 }) {
        if (fewest < runsForPercentile(percent))
            notes << i18nc("percentile, number, number",
                "The %1th percentile takes %2 runs before even one is expected above it: it is not told for "
                "fewer.",
                percent, runsForPercentile(percent));
    }
    if (results.sets.size() > 2)
        notes << i18n("The more sets are compared, the more likely one differs by chance: each comparison "
                      "had to be that much clearer.");
    if (results.cancelled)
        notes << i18n("It was cancelled; what was done until then counts.");
    return notes;
}

std::optional<std::size_t> slowestRun(const SetResult& set)
{
    std::optional<std::size_t> slowest;
    for (std::size_t i = 0; i < set.runs.size(); ++i) {
        const Run& run = set.runs[i];
        if (run.outcome == RunOutcome::Migrated && run.pauseNs
            && (!slowest || *run.pauseNs > *set.runs[*slowest].pauseNs))
            slowest = i;
    }
    return slowest;
}

int failedRuns(const SetResult& set)
{
    return int(
        std::ranges::count_if(set.runs, [](const Run& run) { return run.outcome != RunOutcome::Migrated; }));
}

} // namespace cutover::runs
