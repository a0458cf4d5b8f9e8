// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/fds.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// The descriptors of a migration: what they are, what happens to them, and the proof.
class FdModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        NameColumn,
        EffectColumn,
        ProofColumn,
        NumbersColumn,
        WhatColumn,
        ColumnCount
    };
    enum class Rank : std::uint8_t { Plain, Faint, Positive, Neutral, Negative };
    enum Role : std::uint16_t {
        RankRole = Qt::UserRole, ///< int of Rank: how the cell is to be taken
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// Keeps what is selected where the rows are the same.
    void setRows(std::vector<timeline::FdEntry> rows);
    const std::vector<timeline::FdEntry>& rows() const { return m_rows; }
    /// "6 fds passed, 6 proved to be the same file": one line for a title.
    QString summary() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<timeline::FdEntry> m_rows;
};

} // namespace cutover::ui
