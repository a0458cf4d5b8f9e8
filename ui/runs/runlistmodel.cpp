// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/runlistmodel.h"

#include "format.h"
#include "runs/comparison.h"

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

std::optional<qint64> RunListModel::length(const runs::Run& run, int column)
{
    switch (column) {
    case PauseColumn:
        return run.pauseNs;
    case GuestColumn:
        return run.guestGapNs;
    case NetworkColumn:
        return run.networkGapNs;
    case StorageColumn:
        return run.storageGapNs;
    case TotalColumn:
        return run.totalNs > 0 ? std::optional(run.totalNs) : std::nullopt;
    default:
        return std::nullopt;
    }
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
    const auto ns = length(row.run, column);
    return ns ? durationText(*ns) : QStringLiteral("–");
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    const bool isLength = column >= PauseColumn && column <= TotalColumn;
    switch (role) {
    case Qt::DisplayRole:
        return text(row, column);
    case SortRole:
        if (column == NumberColumn)
            return row.run.number;
        return isLength ? QVariant(length(row.run, column).value_or(-1)) : QVariant(text(row, column));
    case Qt::ToolTipRole:
        if (column == PauseColumn && row.run.pauseNs)
            return i18nc("kind of evidence, duration", "%1; clock error < %2", evidenceTitle(row.run.tier),
                durationText(row.run.clockErrorNs));
        return column == StoryColumn && !row.run.remedy.isEmpty()
            ? QVariant(QString(row.run.failure + u'\n' + row.run.remedy))
            : QVariant(text(row, column));
    case Qt::TextAlignmentRole:
        return QVariant(isLength || column == NumberColumn ? Qt::AlignRight | Qt::AlignVCenter
                                                           : Qt::AlignLeft | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NumberColumn:
        return i18n("Run");
    case OutcomeColumn:
        return i18n("Outcome");
    case PauseColumn:
        return runs::metricTitle(runs::Metric::Pause);
    case GuestColumn:
        return runs::metricTitle(runs::Metric::GuestGap);
    case NetworkColumn:
        return runs::metricTitle(runs::Metric::NetworkGap);
    case StorageColumn:
        return runs::metricTitle(runs::Metric::StorageGap);
    case TotalColumn:
        return runs::metricTitle(runs::Metric::Total);
    case RecordingColumn:
        return i18n("Recording");
    case StoryColumn:
        return i18n("What happened");
    default:
        return {};
    }
}

} // namespace cutover::ui
