// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/settings.h"

#include <QAbstractListModel>

#include <vector>

namespace cutover::ui {

/// The sets that are to be run, as they are being chosen. There is always one.
class SetListModel : public QAbstractListModel
{
    Q_OBJECT
public:
    /// Begins with the embedded VMM's two safe orders.
    explicit SetListModel(QObject* parent = nullptr);

    const std::vector<runs::Settings>& sets() const { return m_sets; }
    void setSets(std::vector<runs::Settings> sets);
    void change(int row, const runs::Settings& settings);
    /// A copy of the set in \a row, with a name of its own; its row. -1 if there are as many as there may be.
    int addCopy(int row);
    bool remove(int row);
    /// Why the set cannot be run as it is, also as one beside the others.
    Result<void> check(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::vector<runs::Settings> m_sets;
};

} // namespace cutover::ui
