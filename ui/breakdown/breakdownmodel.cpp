// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "breakdownmodel.h"

#include "format.h"

#include <KLocalizedString>

#include <algorithm>
#include <limits>
#include <utility>

namespace cutover::ui {

using timeline::EvidenceTier;
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
    case PauseRowKind::Execute:
        return i18n("become the new program");
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

EvidenceTier rowEvidence(PauseRowKind kind, EvidenceTier pause)
{
    switch (kind) {
    case PauseRowKind::IterableSave:
    case PauseRowKind::NonIterableSave:
    case PauseRowKind::Load:
        return EvidenceTier::Trace; // the VMM's own figure for that device
    default:
        return pause; // an end of it may be an end of the pause
    }
}

void BreakdownModel::setBreakdown(const timeline::PauseBreakdown& breakdown)
{
    if (breakdown == m_breakdown)
        return;
    beginResetModel();
    m_breakdown = breakdown;
    regroup();
    endResetModel();
}

void BreakdownModel::setGrouping(Grouping grouping)
{
    if (grouping == m_grouping)
        return;
    beginResetModel();
    m_grouping = grouping;
    regroup();
    endResetModel();
}

void BreakdownModel::regroup()
{
    m_groups.clear();
    for (std::size_t i = 0; i < m_breakdown.rows.size(); ++i) {
        const PauseRow& row = m_breakdown.rows[i];
        const bool device = m_grouping == Grouping::ByDevice && !row.device.isEmpty();
        const QString title = device ? row.device : pauseKindTitle(row.kind);
        auto group = std::ranges::find(m_groups, title, &Group::title);
        if (group == m_groups.end())
            group = m_groups.insert(m_groups.end(), Group{ .title = title });
        group->durationNs += row.durationNs;
        group->rows.push_back(i);
    }
    for (Group& group : m_groups) {
        std::ranges::stable_sort(
            group.rows, std::greater(), [this](std::size_t row) { return m_breakdown.rows[row].durationNs; });
        group.kind = m_breakdown.rows[group.rows.front()].kind;
    }
    std::erase_if(m_groups, [](const Group& group) { return group.durationNs == 0; });
}

qint64 BreakdownModel::sumNs() const
{
    qint64 sum = 0;
    for (const Group& group : m_groups)
        sum += group.durationNs;
    return sum;
}

const BreakdownModel::Group& BreakdownModel::groupOf(const QModelIndex& index) const
{
    return m_groups[index.internalId() == topLevel ? static_cast<std::size_t>(index.row())
                                                   : index.internalId()];
}

Interval BreakdownModel::interval(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    const auto of = [](const PauseRow& row) {
        return Interval{ row.startNs, row.startNs > 0 ? row.startNs + row.durationNs : 0 };
    };
    if (const PauseRow* row = rowOf(index))
        return of(*row);
    Interval whole;
    for (const std::size_t row : groupOf(index).rows) {
        const Interval part = of(m_breakdown.rows[row]);
        if (part.isEmpty())
            continue;
        whole = whole.isEmpty()
            ? part
            : Interval{ std::min(whole.startNs, part.startNs), std::max(whole.endNs, part.endNs) };
    }
    return whole;
}

QModelIndex BreakdownModel::indexFor(const Interval& time) const
{
    QModelIndex best;
    double most = 0;
    for (int row = 0; row < rowCount(); ++row) {
        const QModelIndex candidate = index(row, 0);
        const Interval own = interval(candidate);
        const qint64 shared = std::min(own.endNs, time.endNs) - std::max(own.startNs, time.startNs);
        const qint64 whole = std::max(own.endNs, time.endNs) - std::min(own.startNs, time.startNs);
        if (own.isEmpty() || shared <= 0)
            continue;
        const double likeness = static_cast<double>(shared) / static_cast<double>(whole);
        if (likeness > most) {
            most = likeness;
            best = candidate;
        }
    }
    return best;
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
    return &m_breakdown.rows[groupOf(index).rows[static_cast<std::size_t>(index.row())]];
}

QString BreakdownModel::text(const QModelIndex& index) const
{
    const PauseRow* part = rowOf(index);
    const Group& group = groupOf(index);
    const qint64 duration = part ? part->durationNs : group.durationNs;
    switch (index.column()) {
    case WhatColumn:
        if (!part)
            return group.title;
        if (m_grouping == Grouping::ByDevice && !part->device.isEmpty())
            return pauseKindTitle(part->kind);
        return part->device.isEmpty() ? part->text : part->device;
    case TimeColumn:
        return durationText(duration);
    case ShareColumn:
        return shareText(duration, m_breakdown.pause.valueNs);
    case StartColumn: {
        const Interval time = interval(index);
        return time.startNs > 0 ? signedDurationText(time.startNs - m_breakdown.startNs)
                                : QStringLiteral("–");
    }
    case EvidenceColumn: {
        const PauseRowKind kind = part ? part->kind : group.kind;
        return kind == PauseRowKind::Unattributed ? i18nc("evidence of a figure", "the rest")
                                                  : evidenceShort(rowEvidence(kind, m_breakdown.pause.tier));
    }
    default:
        return {};
    }
}

QString BreakdownModel::toolTip(const QModelIndex& index) const
{
    if (const PauseRow* part = rowOf(index))
        return i18n("%1: %2 of the pause; the work itself took %3", part->text,
            durationText(part->durationNs), durationText(part->reportedNs));
    return groupOf(index).kind == PauseRowKind::Unattributed
        ? i18n("Nothing that was logged accounts for this time.")
        : text(index);
}

QVariant BreakdownModel::sortKey(const QModelIndex& index) const
{
    switch (index.column()) {
    case TimeColumn:
    case ShareColumn:
        return data(index, DurationRole);
    case StartColumn: {
        const Interval time = interval(index);
        return time.startNs > 0 ? time.startNs : std::numeric_limits<qint64>::max();
    }
    default:
        return text(index);
    }
}

QVariant BreakdownModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const PauseRow* part = rowOf(index);
    const Group& group = groupOf(index);
    switch (role) {
    case DurationRole:
        return part ? part->durationNs : group.durationNs;
    case KindRole:
        return static_cast<int>(part ? part->kind : group.kind);
    case SortRole:
        return sortKey(index);
    case StartRole:
        return interval(index).startNs;
    case EndRole:
        return interval(index).endNs;
    case Qt::TextAlignmentRole:
        return QVariant(index.column() == WhatColumn || index.column() == EvidenceColumn
                ? Qt::AlignLeft | Qt::AlignVCenter
                : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return toolTip(index);
    case Qt::DisplayRole:
        return text(index);
    default:
        return {};
    }
}

QVariant BreakdownModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(section == WhatColumn || section == EvidenceColumn
                ? Qt::AlignLeft | Qt::AlignVCenter
                : Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case WhatColumn:
        return i18nc("what the pause was spent on", "Spent on");
    case TimeColumn:
        return i18n("Time");
    case ShareColumn:
        return i18n("Share");
    case StartColumn:
        return i18nc("when something begins", "From");
    case EvidenceColumn:
        return i18n("Evidence");
    default:
        return {};
    }
}

/// The columns of one row for export: without translation where a program reads it.
static QStringList exportRow(const PauseRow& row, const timeline::PauseBreakdown& breakdown)
{
    return { timeline::pauseRowKindId(row.kind), row.device,
        row.startNs > 0 ? QString::number(row.startNs - breakdown.startNs) : QString(),
        QString::number(row.durationNs), QString::number(row.reportedNs),
        timeline::evidenceTierId(rowEvidence(row.kind, breakdown.pause.tier)) };
}

static QString quoted(QString field)
{
    if (!field.contains(u'"') && !field.contains(u',') && !field.contains(u'\n'))
        return field;
    return u'"' + field.replace(QStringLiteral("\""), QStringLiteral("\"\"")) + u'"';
}

QByteArray breakdownCsv(const timeline::PauseBreakdown& breakdown)
{
    QString out = QStringLiteral("phase,device,start_ns,duration_ns,work_ns,evidence\r\n");
    for (const PauseRow& row : breakdown.rows) {
        QStringList fields = exportRow(row, breakdown);
        std::ranges::transform(fields, fields.begin(), quoted);
        out += fields.join(u',') + QStringLiteral("\r\n");
    }
    return out.toUtf8();
}

QString breakdownText(const timeline::PauseBreakdown& breakdown)
{
    QStringList lines;
    qint64 sum = 0;
    for (const PauseRow& row : breakdown.rows) {
        sum += row.durationNs;
        QStringList fields{ pauseKindTitle(row.kind), row.device.isEmpty() ? row.text : row.device,
            durationText(row.durationNs), shareText(row.durationNs, breakdown.pause.valueNs) };
        lines.append(fields.join(u'\t'));
    }
    lines.append(QStringList{ i18n("pause"), evidenceTitle(breakdown.pause.tier), durationText(sum),
        shareText(sum, breakdown.pause.valueNs) }
            .join(u'\t'));
    return lines.join(u'\n');
}

} // namespace cutover::ui
