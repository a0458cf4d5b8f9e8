// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/pause.h"

#include <QAbstractItemModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// What a pause was spent on: one row per kind of work, the devices below it.
class BreakdownModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { WhatColumn, TimeColumn, ShareColumn, ColumnCount };
    enum Role : std::uint16_t {
        DurationRole = Qt::UserRole, ///< qlonglong, ns: its share of the pause
        KindRole, ///< int of timeline::PauseRowKind
    };

    using QAbstractItemModel::QAbstractItemModel;

    void setBreakdown(const timeline::PauseBreakdown& breakdown);
    const timeline::PauseBreakdown& breakdown() const { return m_breakdown; }

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Group
    {
        timeline::PauseRowKind kind = timeline::PauseRowKind::Unattributed;
        qint64 durationNs = 0;
        std::vector<std::size_t> rows; ///< of the breakdown, longest first
        bool hasParts() const { return rows.size() > 1; }
    };
    const timeline::PauseRow* rowOf(const QModelIndex& index) const;

    timeline::PauseBreakdown m_breakdown;
    std::vector<Group> m_groups;
};

QString pauseKindTitle(timeline::PauseRowKind kind);

} // namespace cutover::ui
