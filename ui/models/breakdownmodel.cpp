// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "breakdownmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <algorithm>
#include <utility>

namespace cutover::ui {

using timeline::PauseRow;
using timeline::PauseRowKind;

/// Marks an index of the first level; others carry the number of their group.
static constexpr quintptr topLevel = ~quintptr{ 0 };

QString pauseKindTitle(PauseRowKind kind)
{
    switch (kind) {
    case PauseRowKind::Stop:
        return i18n("stop processors and devices");
    case PauseRowKind::IterableSave:
        return i18n("save the last of the memory");
    case PauseRowKind::NonIterableSave:
        return i18n("save device state");
    case PauseRowKind::Transfer:
        return i18n("send and receive");
    case PauseRowKind::Load:
        return i18n("load device state");
    case PauseRowKind::LoadTail:
        return i18n("finish loading");
    case PauseRowKind::BottomHalf:
        return i18n("hand over to the main loop");
    case PauseRowKind::GuardWait:
        return i18n("wait for the guarded commit");
    case PauseRowKind::Start:
        return i18n("start the guest");
    case PauseRowKind::Unattributed:
        return i18n("unattributed");
    }
    return {};
}

void BreakdownModel::setBreakdown(const timeline::PauseBreakdown& breakdown)
{
    if (breakdown == m_breakdown)
        return;
    beginResetModel();
    m_breakdown = breakdown;
    m_groups.clear();
    for (std::size_t i = 0; i < m_breakdown.rows.size(); ++i) {
        const PauseRow& row = m_breakdown.rows[i];
        auto group = std::ranges::find(m_groups, row.kind, &Group::kind);
        if (group == m_groups.end())
            group = m_groups.insert(m_groups.end(), Group{ .kind = row.kind });
        group->durationNs += row.durationNs;
        group->rows.push_back(i);
    }
    for (Group& group : m_groups) {
        std::ranges::stable_sort(
            group.rows, std::greater(), [this](std::size_t row) { return m_breakdown.rows[row].durationNs; });
    }
    std::erase_if(m_groups, [](const Group& group) { return group.durationNs == 0; });
    endResetModel();
}

QModelIndex BreakdownModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) : topLevel);
}

QModelIndex BreakdownModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == topLevel)
        return {};
    return createIndex(static_cast<int>(child.internalId()), 0, topLevel);
}

int BreakdownModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_groups.size());
    if (parent.internalId() != topLevel || parent.column() != 0)
        return 0;
    const Group& group = m_groups[static_cast<std::size_t>(parent.row())];
    return group.hasParts() ? static_cast<int>(group.rows.size()) : 0;
}

int BreakdownModel::columnCount(const QModelIndex& /*parent*/) const
{
    return ColumnCount;
}

const PauseRow* BreakdownModel::rowOf(const QModelIndex& index) const
{
    if (index.internalId() == topLevel)
        return nullptr;
    return &m_breakdown.rows[m_groups[index.internalId()].rows[static_cast<std::size_t>(index.row())]];
}

static QString partTitle(const PauseRow& row)
{
    return row.device.isEmpty() ? row.text : row.device;
}

QVariant BreakdownModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const PauseRow* part = rowOf(index);
    const Group& group = m_groups[part ? index.internalId() : static_cast<std::size_t>(index.row())];
    const qint64 duration = part ? part->durationNs : group.durationNs;
    switch (role) {
    case DurationRole:
        return duration;
    case KindRole:
        return static_cast<int>(group.kind);
    case Qt::TextAlignmentRole:
        return QVariant(index.column() == WhatColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                                     : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return part ? i18n("%1: %2 of the pause; the work itself took %3", part->text,
                          durationText(part->durationNs), durationText(part->reportedNs))
                    : QVariant();
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case WhatColumn:
        return part ? partTitle(*part) : pauseKindTitle(group.kind);
    case TimeColumn:
        return durationText(duration);
    case ShareColumn:
        return shareText(duration, m_breakdown.pause.valueNs);
    default:
        return {};
    }
}

QVariant BreakdownModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(
            section == WhatColumn ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case WhatColumn:
        return i18n("What the pause was spent on");
    case TimeColumn:
        return i18n("Time");
    case ShareColumn:
        return i18n("Share");
    default:
        return {};
    }
}

} // namespace cutover::ui
