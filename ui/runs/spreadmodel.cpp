// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/spreadmodel.h"

#include "format.h"
#include "runs/setstyle.h"

#include <KLocalizedString>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

using runs::Verdict;

static const QString& dash()
{
    static const QString text = QStringLiteral("–");
    return text;
}

static QString lengthText(double ns)
{
    return durationText(std::llround(ns));
}

static QString rangeText(double low, double high)
{
    return i18nc("from, to", "%1 to %2", lengthText(low), lengthText(high));
}

static QString percentileText(const std::optional<double>& ns, int percent)
{
    return ns ? lengthText(*ns) : i18nc("number of runs", "needs %1 runs", runs::runsForPercentile(percent));
}

void SpreadModel::setResults(const runs::Results& results, runs::Metric metric)
{
    std::vector<Row> rows;
    const int comparisons = std::max(1, static_cast<int>(results.sets.size()) - 1);
    for (const runs::SetResult& set : results.sets) {
        rows.push_back({ .name = set.settings.name,
            .failed = runs::failedRuns(set),
            .unavailable = set.unavailable,
            .notes = set.notes,
            .spread = runs::spreadOf(runs::values(set, metric)),
            .comparison = {} });
        if (rows.size() > 1)
            rows.back().comparison = runs::compare(results.sets.front(), set, metric, comparisons);
    }
    if (rows.size() != m_rows.size()) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    m_rows = std::move(rows);
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QString SpreadModel::sentence(int row) const
{
    return row > 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)].comparison.sentence
                                       : QString();
}

int SpreadModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int SpreadModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString SpreadModel::text(const Row& row, int column) const
{
    const runs::Spread& spread = row.spread;
    if (column == RunsColumn)
        return row.failed > 0
            ? i18nc("number of runs, and of those that failed", "%1 + %2 failed", spread.runs, row.failed)
            : QString::number(spread.runs);
    if (spread.runs == 0)
        return row.unavailable.isEmpty() ? dash() : i18nc("a set that has no runs", "not available");
    switch (column) {
    case MedianColumn:
        return lengthText(spread.median);
    case IntervalColumn:
        return spread.medianInterval ? rangeText(spread.medianInterval->low, spread.medianInterval->high)
                                     : i18n("too few runs");
    case MiddleColumn:
        return rangeText(spread.lowerQuartile, spread.upperQuartile);
    case NinetyColumn:
        return percentileText(spread.p90, 90);
    case NinetyNineColumn:
        return percentileText(spread.p99, 99);
    case LeastColumn:
        return lengthText(spread.least);
    case MostColumn:
        return lengthText(spread.most);
    default:
        break;
    }
    if (row.comparison.sentence.isEmpty())
        return dash();
    const QString difference = signedDurationText(std::llround(row.comparison.differenceNs));
    switch (row.comparison.verdict) {
    case Verdict::Clear:
        return i18nc("difference of the medians", "%1, clear", difference);
    case Verdict::NotEnough:
        return i18nc("difference of the medians", "%1, may be chance", difference);
    case Verdict::TooFew:
        break;
    }
    return i18n("too few runs");
}

QString SpreadModel::toolTip(const Row& row, int column) const
{
    const runs::Spread& spread = row.spread;
    const auto above = [](const std::optional<double>& ns, int percent, int count) {
        return ns
            ? i18np("%1 run lies above", "%1 runs lie above", count)
            : i18n("It takes %1 runs before even one is expected above it", runs::runsForPercentile(percent));
    };
    switch (column) {
    case SetColumn:
        return (QStringList(row.unavailable) + row.notes).join(u'\n').trimmed();
    case IntervalColumn:
        return spread.medianInterval
            ? i18nc("percentage", "It holds the true median in %1 of 100 such series, by the ranks alone",
                  QString::number(spread.medianInterval->coverage * 100, 'f', 1))
            : i18n("It takes six runs");
    case NinetyColumn:
        return above(spread.p90, 90, spread.aboveP90);
    case NinetyNineColumn:
        return above(spread.p99, 99, spread.aboveP99);
    case VerdictColumn:
        return row.comparison.sentence;
    default:
        return {};
    }
}

QVariant SpreadModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto place = static_cast<std::size_t>(index.row());
    const Row& row = m_rows[place];
    const QString whole
        = index.column() == SetColumn ? setLetter(place) + u' ' + row.name : text(row, index.column());
    switch (role) {
    case Qt::DisplayRole:
        return whole;
    case Qt::ToolTipRole: {
        const QString tip = toolTip(row, index.column());
        return tip.isEmpty() ? whole : tip;
    }
    case Qt::TextAlignmentRole:
        return QVariant(index.column() == SetColumn || index.column() == VerdictColumn
                ? Qt::AlignLeft | Qt::AlignVCenter
                : Qt::AlignRight | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant SpreadModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case SetColumn:
        return i18n("Set");
    case RunsColumn:
        return i18n("Runs");
    case MedianColumn:
        return i18n("Median");
    case IntervalColumn:
        return i18n("95 % interval");
    case MiddleColumn:
        return i18n("Middle half");
    case NinetyColumn:
        return i18nc("90th percentile", "p90");
    case NinetyNineColumn:
        return i18nc("99th percentile", "p99");
    case LeastColumn:
        return i18n("Shortest");
    case MostColumn:
        return i18n("Longest");
    case VerdictColumn:
        return i18n("Against the first");
    default:
        return {};
    }
}

} // namespace cutover::ui
