// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tracelog/traceeventmodel.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::ui {

int TraceEventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant TraceEventModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& row = m_rows[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return row.name;
    case Qt::CheckStateRole:
        return row.on ? Qt::Checked : Qt::Unchecked;
    case Qt::AccessibleTextRole:
        return row.on ? i18nc("a trace event", "%1, on", row.name)
                      : i18nc("a trace event", "%1, off", row.name);
    default:
        return {};
    }
}

Qt::ItemFlags TraceEventModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractListModel::flags(index);
    return m_editable && index.isValid() ? flags | Qt::ItemIsUserCheckable : flags;
}

bool TraceEventModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::CheckStateRole || !m_editable || !checkIndex(index, CheckIndexOption::IndexIsValid))
        return false;
    Q_EMIT switchRequested(m_rows[index.row()].name, value.toInt() == Qt::Checked);
    return false;
}

void TraceEventModel::setEvents(const QMap<QString, bool>& events)
{
    const bool same = events.size() == m_rows.size()
        && std::ranges::all_of(m_rows, [&events](const Row& row) { return events.contains(row.name); });
    if (!same) {
        beginResetModel();
        m_rows.clear();
        for (auto event = events.cbegin(); event != events.cend(); ++event)
            m_rows.append({ .name = event.key(), .on = *event });
        std::ranges::stable_partition(m_rows, &Row::on);
        endResetModel();
        return;
    }
    for (qsizetype i = 0; i < m_rows.size(); ++i) {
        const bool on = events.value(m_rows[i].name);
        if (on == m_rows[i].on)
            continue;
        m_rows[i].on = on;
        const QModelIndex changed = index(static_cast<int>(i));
        Q_EMIT dataChanged(changed, changed);
    }
}

void TraceEventModel::setEditable(bool editable)
{
    if (editable == m_editable)
        return;
    m_editable = editable;
    if (!m_rows.isEmpty())
        Q_EMIT dataChanged(index(0), index(static_cast<int>(m_rows.size()) - 1));
}

} // namespace cutover::ui
