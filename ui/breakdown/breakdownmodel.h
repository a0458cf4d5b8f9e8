// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/timelinecoordinates.h"

#include "timeline/pause.h"

#include <QAbstractItemModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// What a pause was spent on: the phases of the switchover with the devices below them, or the devices with
/// their phases below them. The first level adds up to the pause exactly.
class BreakdownModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum class Grouping : std::uint8_t { ByPhase, ByDevice };
    enum Column : std::uint8_t {
        WhatColumn,
        TimeColumn,
        ShareColumn,
        StartColumn,
        EvidenceColumn,
        ColumnCount
    };
    enum Role : std::uint16_t {
        DurationRole = Qt::UserRole, ///< qlonglong, ns: its share of the pause
        KindRole, ///< int of timeline::PauseRowKind: of a group, that of its longest part
        SortRole, ///< what a column is sorted by
        StartRole, ///< qlonglong, CLOCK_REALTIME of its first instant; 0 where it has no place
        EndRole, ///< qlonglong, CLOCK_REALTIME
    };

    using QAbstractItemModel::QAbstractItemModel;

    void setBreakdown(const timeline::PauseBreakdown& breakdown);
    const timeline::PauseBreakdown& breakdown() const { return m_breakdown; }
    void setGrouping(Grouping grouping);
    Grouping grouping() const { return m_grouping; }

    /// The rows of the first level, added up.
    qint64 sumNs() const;
    Interval interval(const QModelIndex& index) const;
    /// The row of the first level that has most in common with \a time; an invalid index without one.
    QModelIndex indexFor(const Interval& time) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Group
    {
        QString title;
        timeline::PauseRowKind kind = timeline::PauseRowKind::Unattributed;
        qint64 durationNs = 0;
        std::vector<std::size_t> rows; ///< of the breakdown, longest first
        bool hasParts() const { return rows.size() > 1; }
    };
    void regroup();
    const timeline::PauseRow* rowOf(const QModelIndex& index) const;
    const Group& groupOf(const QModelIndex& index) const;
    QVariant sortKey(const QModelIndex& index) const;
    QString text(const QModelIndex& index) const;
    QString toolTip(const QModelIndex& index) const;

    timeline::PauseBreakdown m_breakdown;
    Grouping m_grouping = Grouping::ByPhase;
    std::vector<Group> m_groups; ///< in the order of their first instants, unattributed last
};

QString pauseKindTitle(timeline::PauseRowKind kind);
/// What a figure of that kind rests on where the whole pause rests on \a pause.
timeline::EvidenceTier rowEvidence(timeline::PauseRowKind kind, timeline::EvidenceTier pause);

/// All rows of the breakdown, independent of grouping and order: phase, device, start, time, share, evidence.
/// Times in ns; CSV with a line of titles.
QByteArray breakdownCsv(const timeline::PauseBreakdown& breakdown);
/// The same for people, with tabs; the last line is the sum.
QString breakdownText(const timeline::PauseBreakdown& breakdown);

} // namespace cutover::ui
