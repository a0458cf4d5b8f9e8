// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runlistmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

QString outcomeTitle(runs::RunOutcome outcome)
{
    switch (outcome) {
    case runs::RunOutcome::Migrated:
        return i18nc("outcome of a run", "migrated");
    case runs::RunOutcome::Failed:
        return i18nc("outcome of a run", "failed");
    case runs::RunOutcome::Refused:
        return i18nc("outcome of a run", "refused");
    case runs::RunOutcome::Cancelled:
        return i18nc("outcome of a run", "cancelled");
    case runs::RunOutcome::NeedsOperator:
        break;
    }
    return i18nc("outcome of a run", "needs you");
}

void RunListModel::setRuns(const std::vector<runs::Run>& runs, const std::function<bool(std::size_t)>& isKept)
{
    std::vector<Row> rows;
    rows.reserve(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        Row row{ .run = runs[i], .kept = isKept(i) };
        row.run.recording.clear();
        rows.push_back(std::move(row));
    }
    const std::size_t known = m_rows.size();
    const bool grows = rows.size() >= known
        && std::equal(m_rows.begin(), m_rows.end(), rows.begin(),
            [](const Row& before, const Row& now) { return before.run == now.run; });
    if (!grows) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    if (rows.size() > known) {
        beginInsertRows({}, static_cast<int>(known), static_cast<int>(rows.size()) - 1);
        m_rows.insert(m_rows.end(), rows.begin() + static_cast<std::ptrdiff_t>(known), rows.end());
        endInsertRows();
    }
    // Recordings are let go of while runs are added.
    for (std::size_t i = 0; i < known; ++i) {
        if (m_rows[i].kept == rows[i].kept)
            continue;
        m_rows[i].kept = rows[i].kept;
        const QModelIndex changed = index(static_cast<int>(i), RecordingColumn);
        Q_EMIT dataChanged(changed, changed);
    }
}

int RunListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RunListModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

/// Its columns of lengths stand in the order of the figures.
std::optional<runs::Metric> RunListModel::metricOf(int column)
{
    if (column < PauseColumn || column > TotalColumn)
        return std::nullopt;
    return runs::Metric(column - PauseColumn);
}

QString RunListModel::text(const Row& row, int column) const
{
    switch (column) {
    case NumberColumn:
        return QString::number(row.run.number);
    case OutcomeColumn:
        return outcomeTitle(row.run.outcome);
    case RecordingColumn:
        return row.kept ? i18nc("of a recording", "kept") : QStringLiteral("–");
    case StoryColumn:
        return row.run.failure;
    default:
        break;
    }
    const auto metric = metricOf(column);
    const auto ns = metric ? runs::measured(row.run, *metric) : std::nullopt;
    return ns ? durationText(*ns) : QStringLiteral("–");
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    const auto metric = metricOf(column);
    switch (role) {
    case Qt::DisplayRole:
        return text(row, column);
    case SortRole:
        if (column == NumberColumn)
            return row.run.number;
        return metric ? QVariant(runs::measured(row.run, *metric).value_or(-1)) : QVariant(text(row, column));
    case Qt::ToolTipRole:
        if (column == PauseColumn && row.run.pauseNs)
            return i18nc("kind of evidence, duration", "%1; clock error < %2", evidenceTitle(row.run.tier),
                durationText(row.run.clockErrorNs));
        return column == StoryColumn && !row.run.remedy.isEmpty()
            ? QVariant(QString(row.run.failure + u'\n' + row.run.remedy))
            : QVariant(text(row, column));
    case Qt::TextAlignmentRole:
        return QVariant(metric || column == NumberColumn ? Qt::AlignRight | Qt::AlignVCenter
                                                         : Qt::AlignLeft | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    if (const auto metric = metricOf(section))
        return runs::metricTitle(*metric);
    switch (section) {
    case NumberColumn:
        return i18n("Run");
    case OutcomeColumn:
        return i18n("Outcome");
    case RecordingColumn:
        return i18n("Recording");
    case StoryColumn:
        return i18n("What happened");
    default:
        return {};
    }
}

} // namespace cutover::ui
