// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/discovery.h"

#include <QAbstractTableModel>

#include <cstdint>

namespace cutover::ui {

/// The running VMMs that were found, and whether they can be attached.
class VmmModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        NameColumn,
        ProgramColumn,
        PidColumn,
        StateColumn,
        SocketColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setVmms(const QList<op::DiscoveredVmm>& vmms);
    const op::DiscoveredVmm& vmm(int row) const { return m_vmms[row]; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<op::DiscoveredVmm> m_vmms;
};

/// Why there is no way in, or what the way in is; translated.
QString attachText(const op::DiscoveredVmm& vmm);

} // namespace cutover::ui
