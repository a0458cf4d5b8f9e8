// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/pulse.h"

#include <QAbstractTableModel>

#include <cstdint>

namespace cutover::ui {

/// The samples of the heartbeat, the latest first: the table twin of the strip.
class PulseSampleModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        TimeColumn,
        SideColumn,
        BeatsColumn,
        RateColumn,
        GapColumn,
        BlocksColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setSamples(const std::vector<timeline::Heartbeat>& samples);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<timeline::Heartbeat> m_samples; ///< in the order of time
};

} // namespace cutover::ui
