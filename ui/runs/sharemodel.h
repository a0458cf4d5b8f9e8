// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/comparison.h"

#include <QAbstractTableModel>

namespace cutover::ui {

/// What the time went to: a row for each phase and for each part of the pause, a column for each set with the
/// median over its runs.
class ShareModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    void setResults(const runs::Results& results);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QStringList m_sets;
    QStringList m_titles;
    std::vector<std::vector<std::optional<double>>> m_lengths; ///< of each row and set, ns
};

} // namespace cutover::ui
