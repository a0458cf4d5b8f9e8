// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/setlistmodel.h"

#include <KLocalizedString>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::ui {

SetListModel::SetListModel(QObject* parent)
    : QAbstractListModel(parent)
    , m_sets({ { .name = u"prepared"_s, .handover = u"prepared"_s },
          { .name = u"early-stop"_s, .handover = u"early-stop"_s } })
{
}

void SetListModel::setSets(std::vector<runs::Settings> sets)
{
    if (sets.empty())
        return;
    beginResetModel();
    m_sets = std::move(sets);
    endResetModel();
}

void SetListModel::change(int row, const runs::Settings& settings)
{
    if (row < 0 || row >= rowCount() || m_sets[static_cast<std::size_t>(row)] == settings)
        return;
    m_sets[static_cast<std::size_t>(row)] = settings;
    // A name that is there twice concerns the others, too.
    Q_EMIT dataChanged(index(0), index(rowCount() - 1));
}

int SetListModel::addCopy(int row)
{
    if (rowCount() >= runs::maxSets || row < 0 || row >= rowCount())
        return -1;
    runs::Settings copy = m_sets[static_cast<std::size_t>(row)];
    const QString base = copy.name.left(runs::maxSetName - 4);
    for (int number = 2;; ++number) {
        copy.name = i18nc("name of a set, number of its copy", "%1 %2", base, number);
        if (std::ranges::find(m_sets, copy.name, &runs::Settings::name) == m_sets.end())
            break;
    }
    const int added = rowCount();
    beginInsertRows({}, added, added);
    m_sets.push_back(copy);
    endInsertRows();
    return added;
}

bool SetListModel::remove(int row)
{
    if (rowCount() < 2 || row < 0 || row >= rowCount())
        return false;
    beginRemoveRows({}, row, row);
    m_sets.erase(m_sets.begin() + row);
    endRemoveRows();
    Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    return true;
}

Result<void> SetListModel::check(int row) const
{
    const runs::Settings& settings = m_sets.at(static_cast<std::size_t>(row));
    if (auto checked = runs::checkSettings(settings); !checked)
        return checked;
    if (std::ranges::count(m_sets, settings.name, &runs::Settings::name) > 1)
        return failure(ErrorCode::InvalidArgument, i18n("understand the set"), {},
            i18nc("name of a set", "two sets are called '%1'", settings.name),
            i18n("Give one another name."));
    return {};
}

int SetListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_sets.size());
}

QVariant SetListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const auto checked = check(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return QString(m_sets[row].name
            + (checked ? QString() : QString(u' ' + i18nc("of a set that cannot be run", "(not possible)"))));
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
        return checked ? runs::settingsText(m_sets[row]) : checked.error().cause;
    default:
        return {};
    }
}

} // namespace cutover::ui
