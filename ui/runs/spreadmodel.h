// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/comparison.h"

#include <QAbstractTableModel>

namespace cutover::ui {

/// A row for each set: what its runs say of one figure, and whether that differs from the first set.
class SpreadModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        SetColumn,
        RunsColumn,
        MedianColumn,
        IntervalColumn,
        MiddleColumn,
        NinetyColumn,
        NinetyNineColumn,
        LeastColumn,
        MostColumn,
        VerdictColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setResults(const runs::Results& results, runs::Metric metric);
    /// Of the set in \a row against the first: the whole verdict in words. Empty for the first.
    QString sentence(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row
    {
        QString name;
        int failed = 0;
        QString unavailable;
        QStringList notes;
        runs::Spread spread;
        runs::Comparison comparison;
    };
    QString text(const Row& row, int column) const;
    QString toolTip(const Row& row, int column) const;

    std::vector<Row> m_rows;
};

} // namespace cutover::ui
