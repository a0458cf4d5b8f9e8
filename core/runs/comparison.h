// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/results.h"
#include "runs/statistics.h"

#include <QString>

#include <functional>
#include <optional>
#include <vector>

/// What sets of runs tell, and what they do not tell. Pure functions.
namespace cutover::runs {

inline constexpr double confidence = 0.95;

enum class Metric : std::uint8_t { Pause, GuestGap, NetworkGap, StorageGap, Total };
inline constexpr int metricCount = 5;
QString metricTitle(Metric metric); ///< translated: "Pause"
/// In ns; nothing if it was not measured.
std::optional<qint64> measured(const Run& run, Metric metric);
/// The same, and nothing if the run has not migrated.
std::optional<qint64> value(const Run& run, Metric metric);
/// In ns, of the runs that have migrated, in their order.
std::vector<double> values(const SetResult& set, Metric metric);

/// One figure of one set, in ns.
struct Spread
{
    int runs = 0; ///< that were measured; with 0 nothing else counts
    double median = 0;
    std::optional<Interval> medianInterval; ///< nothing: too few runs
    double lowerQuartile = 0;
    double upperQuartile = 0;
    double least = 0;
    double most = 0;
    std::optional<double> p90; ///< nothing: too few runs
    std::optional<double> p99;
    int aboveP90 = 0; ///< runs that lie above
    int aboveP99 = 0;
};
Spread spreadOf(std::span<const double> sample);

/// The median share of the pause by what it went to, over the runs whose pause was broken down.
struct PartShare
{
    QString kind; ///< timeline::pauseRowKindId(); for a phase its timeline::phaseName()
    Side side = Side::Source;
    double medianNs = 0;
    int runs = 0; ///< that have it
};
std::vector<PartShare> partShares(const SetResult& set);
QString partTitle(const QString& kind); ///< translated
/// The median length of each phase that was seen.
std::vector<PartShare> phaseShares(const SetResult& set);

/// The same share of each set; nothing for a set that does not have it.
struct ShareRow
{
    QString kind;
    Side side = Side::Source;
    std::vector<std::optional<double>> medianNs;
};
using SharesOf = std::function<std::vector<PartShare>(const SetResult&)>;
/// A row for each share that any set has, in the order in which they are met.
std::vector<ShareRow> sharesBySet(const Results& results, const SharesOf& sharesOf);

enum class Verdict : std::uint8_t {
    Clear, ///< both the interval and the rank test say so
    NotEnough, ///< it may be chance
    TooFew, ///< too few runs for any statement
};

struct Comparison
{
    double differenceNs = 0; ///< median of b minus that of a
    std::optional<Interval> interval;
    std::optional<RankTest> test;
    Verdict verdict = Verdict::TooFew;
    QString sentence; ///< translated; the whole verdict in words
};
/// \a comparisons: how many are made in all. The more there are, the more likely one of them is clear by
/// chance, so each has to be clearer (Bonferroni).
Comparison compare(const SetResult& a, const SetResult& b, Metric metric, int comparisons = 1);

/// How far the figures go: which percentiles are not told and why, how the runs were ordered. Translated.
QStringList honestNotes(const Results& results);

/// The number of the slowest run that has a pause, as an index of set.runs.
std::optional<std::size_t> slowestRun(const SetResult& set);
int failedRuns(const SetResult& set);

} // namespace cutover::runs
