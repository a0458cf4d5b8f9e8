// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/sharemodel.h"

#include "format.h"
#include "runs/setstyle.h"

#include <KLocalizedString>

#include <cmath>

namespace cutover::ui {

void ShareModel::setResults(const runs::Results& results)
{
    QStringList sets;
    for (std::size_t i = 0; i < results.sets.size(); ++i)
        sets.append(setLetter(i) + u' ' + results.sets[i].settings.name);
    QStringList titles;
    std::vector<std::vector<std::optional<double>>> lengths;
    for (const runs::ShareRow& row : runs::sharesBySet(results, runs::phaseShares)) {
        titles.append(i18nc("name of a phase", "Phase: %1", row.kind));
        lengths.push_back(row.medianNs);
    }
    for (const runs::ShareRow& row : runs::sharesBySet(results, runs::partShares)) {
        titles.append(i18nc("side, part of the pause", "Pause, %1: %2", sideTitle(row.side).toLower(),
            runs::partTitle(row.kind)));
        lengths.push_back(row.medianNs);
    }
    const bool same = sets == m_sets && titles == m_titles;
    if (!same)
        beginResetModel();
    m_sets = sets;
    m_titles = titles;
    m_lengths = std::move(lengths);
    if (!same)
        endResetModel();
    else if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int ShareModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_titles.size());
}

int ShareModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_sets.size()) + 1;
}

QVariant ShareModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(
            index.column() == 0 ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    if (index.column() == 0)
        return m_titles[index.row()];
    const auto& ns
        = m_lengths[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(index.column() - 1)];
    return ns ? durationText(std::llround(*ns)) : QStringLiteral("–");
}

QVariant ShareModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section < 0 || section > m_sets.size())
        return {};
    return section == 0 ? i18n("Median of the runs") : m_sets[section - 1];
}

} // namespace cutover::ui
