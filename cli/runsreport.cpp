// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/runsreport.h"

#include "cli/table.h"
#include "timeline/timetext.h"

#include <KLocalizedString>

#include <QJsonArray>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

using runs::Metric;
using runs::SetResult;

const QString dash = u"–"_s;

QString durationText(double ns)
{
    return timeline::durationText(std::llround(ns));
}

QString rangeText(double low, double high)
{
    return i18nc("from, to", "%1 to %2", durationText(low), durationText(high));
}

QString percentileText(const std::optional<double>& ns, int above)
{
    return ns
        ? i18ncp("runs above it, percentile", "%2 (%1 above)", "%2 (%1 above)", above, durationText(*ns))
        : dash;
}

int comparisonCount(const runs::Results& results)
{
    return std::max(1, int(results.sets.size()) - 1);
}

void printMetric(Console& console, const runs::Results& results, Metric metric)
{
    Table table({ runs::metricTitle(metric), i18n("runs"), i18n("median"), i18n("95 % interval"),
        i18n("middle half"), i18n("p90"), i18n("p99"), i18n("longest") });
    table.alignRight(1);
    table.alignRight(2);
    bool any = false;
    for (const SetResult& set : results.sets) {
        const runs::Spread spread = runs::spreadOf(runs::values(set, metric));
        any = any || spread.runs > 0;
        if (spread.runs == 0) {
            table.add({ { set.settings.name }, { u"0"_s }, { dash }, { dash }, { dash }, { dash }, { dash },
                { dash } });
            continue;
        }
        table.add({ { set.settings.name }, { QString::number(spread.runs) },
            { durationText(spread.median), Tone::Accent },
            { spread.medianInterval ? rangeText(spread.medianInterval->low, spread.medianInterval->high)
                                    : dash },
            { rangeText(spread.lowerQuartile, spread.upperQuartile) },
            { percentileText(spread.p90, spread.aboveP90) }, { percentileText(spread.p99, spread.aboveP99) },
            { durationText(spread.most) } });
    }
    if (!any && metric != Metric::Pause)
        return;
    console.print({});
    table.print(console);
}

void printShares(Console& console, const runs::Results& results, const QString& title,
    const runs::SharesOf& sharesOf, const std::function<QString(const runs::ShareRow&)>& titleOf)
{
    const std::vector<runs::ShareRow> rows = runs::sharesBySet(results, sharesOf);
    if (rows.empty())
        return;
    QStringList headers{ title };
    for (const SetResult& set : results.sets)
        headers << set.settings.name;
    Table table(headers);
    for (const runs::ShareRow& row : rows) {
        std::vector<Cell> cells{ { titleOf(row) } };
        for (const auto& medianNs : row.medianNs)
            cells.push_back({ medianNs ? durationText(*medianNs) : dash });
        table.add(std::move(cells));
    }
    for (std::size_t i = 1; i < results.sets.size(); ++i)
        table.alignRight(i);
    console.print({});
    table.print(console);
}

void printFailures(Console& console, const runs::Results& results)
{
    for (const SetResult& set : results.sets) {
        const QString name = console.paint(Tone::Title, printable(set.settings.name)) + u"  "_s;
        for (const QString& note : set.notes)
            console.print(u"  "_s + name + printable(note));
        if (const int failed = runs::failedRuns(set); failed > 0)
            console.print(u"  "_s + name
                + console.paint(Tone::Bad, i18np("%1 run failed.", "%1 runs failed.", failed)));
        for (const runs::Run& run : set.runs) {
            if (run.outcome != runs::RunOutcome::Migrated && !run.failure.isEmpty()) {
                console.print(u"    "_s
                    + i18nc("number of a run, what happened", "the first, run %1: %2", run.number,
                        printable(run.failure)));
                break;
            }
        }
        if (!set.unavailable.isEmpty())
            console.print(u"  "_s + name + console.paint(Tone::Warning, printable(set.unavailable)));
    }
}

QJsonValue orNull(const std::optional<double>& ns)
{
    return ns ? QJsonValue(qint64(std::llround(*ns))) : QJsonValue();
}

QString metricId(Metric metric)
{
    static const std::array<QString, runs::metricCount> ids{ u"pause"_s, u"guestGap"_s, u"networkGap"_s,
        u"storageGap"_s, u"total"_s };
    return ids.at(std::size_t(metric));
}

QJsonObject spreadJson(const runs::Spread& spread)
{
    const auto low = spread.medianInterval ? std::optional(spread.medianInterval->low) : std::nullopt;
    const auto high = spread.medianInterval ? std::optional(spread.medianInterval->high) : std::nullopt;
    return { { u"runs"_s, spread.runs }, { u"medianNs"_s, orNull(spread.median) },
        { u"lowNs"_s, orNull(low) }, { u"highNs"_s, orNull(high) },
        { u"lowerQuartileNs"_s, orNull(spread.lowerQuartile) },
        { u"upperQuartileNs"_s, orNull(spread.upperQuartile) }, { u"leastNs"_s, orNull(spread.least) },
        { u"mostNs"_s, orNull(spread.most) }, { u"p90Ns"_s, orNull(spread.p90) },
        { u"p99Ns"_s, orNull(spread.p99) } };
}

QJsonObject comparisonJson(const runs::Comparison& comparison)
{
    const auto low = comparison.interval ? std::optional(comparison.interval->low) : std::nullopt;
    const auto high = comparison.interval ? std::optional(comparison.interval->high) : std::nullopt;
    const bool clear = comparison.verdict == runs::Verdict::Clear;
    const bool few = comparison.verdict == runs::Verdict::TooFew;
    return { { u"differenceNs"_s, comparison.test ? orNull(comparison.differenceNs) : QJsonValue() },
        { u"lowNs"_s, orNull(low) }, { u"highNs"_s, orNull(high) },
        { u"p"_s, comparison.test ? QJsonValue(comparison.test->p) : QJsonValue() },
        { u"exact"_s, comparison.test && comparison.test->exact },
        { u"verdict"_s,
            clear     ? u"clear"_s
                : few ? u"too-few"_s
                      : u"not-enough"_s },
        { u"sentence"_s, comparison.sentence } };
}

} // namespace

void printRuns(Console& console, const runs::Results& results)
{
    for (int i = 0; i < runs::metricCount; ++i)
        printMetric(console, results, Metric(i));
    printShares(console, results, i18n("Phases (medians)"), runs::phaseShares,
        [](const runs::ShareRow& share) { return share.kind; });
    printShares(console, results, i18n("What the pause went to (medians)"), runs::partShares,
        [](const runs::ShareRow& share) {
            return i18nc("side: part of the pause", "%1: %2",
                share.side == Side::Source ? i18n("Source") : i18n("Destination"),
                runs::partTitle(share.kind));
        });
    console.print({});
    for (std::size_t i = 1; i < results.sets.size(); ++i)
        console.print(u"  "_s
            + printable(
                runs::compare(results.sets[0], results.sets[i], Metric::Pause, comparisonCount(results))
                    .sentence));
    for (const QString& note : runs::honestNotes(results))
        console.print(u"  "_s + console.paint(Tone::Faint, note));
    printFailures(console, results);
}

QJsonObject runsSummaryJson(const runs::Results& results)
{
    QJsonArray sets;
    for (const SetResult& set : results.sets) {
        QJsonObject metrics;
        for (int i = 0; i < runs::metricCount; ++i) {
            const runs::Spread spread = runs::spreadOf(runs::values(set, Metric(i)));
            if (spread.runs > 0)
                metrics.insert(metricId(Metric(i)), spreadJson(spread));
        }
        sets.append(QJsonObject{ { u"name"_s, set.settings.name }, { u"settings"_s, toJson(set.settings) },
            { u"runs"_s, qint64(set.runs.size()) }, { u"failed"_s, runs::failedRuns(set) },
            { u"unavailable"_s, set.unavailable }, { u"notes"_s, QJsonArray::fromStringList(set.notes) },
            { u"metrics"_s, metrics } });
    }
    QJsonArray comparisons;
    for (std::size_t i = 1; i < results.sets.size(); ++i) {
        for (int metric = 0; metric < runs::metricCount; ++metric) {
            QJsonObject object = comparisonJson(
                runs::compare(results.sets[0], results.sets[i], Metric(metric), comparisonCount(results)));
            object.insert(u"a"_s, results.sets[0].settings.name);
            object.insert(u"b"_s, results.sets[i].settings.name);
            object.insert(u"metric"_s, metricId(Metric(metric)));
            comparisons.append(object);
        }
    }
    return { { u"type"_s, u"summary"_s }, { u"count"_s, results.count },
        { u"cancelled"_s, results.cancelled }, { u"sets"_s, sets }, { u"comparisons"_s, comparisons },
        { u"notes"_s, QJsonArray::fromStringList(runs::honestNotes(results)) } };
}

} // namespace cutover::cli
