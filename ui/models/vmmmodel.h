// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/discovery.h"

#include <QAbstractTableModel>
#include <QHash>

#include <cstdint>

namespace cutover::ui {

/// The running VMMs that were found, and whether they can be attached. A list that is set again changes only
/// the rows that differ, so that the selection and the place in the list stay.
class VmmModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        NameColumn,
        ProgramColumn,
        PidColumn,
        RamColumn,
        StateColumn,
        SocketColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    /// \a vmms: by pid, as discover() gives them.
    void setVmms(const QList<op::DiscoveredVmm>& vmms);
    const op::DiscoveredVmm& vmm(int row) const { return m_vmms[row]; }
    /// The row of the process; -1 if it is not there.
    int rowOf(pid_t pid, quint64 startTime) const;
    /// What is shown in place of the program's name: \a version for \a program as programToAsk() names it.
    void setVersion(const QString& program, const QString& version);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<op::DiscoveredVmm> m_vmms;
    QHash<QString, QString> m_versions;
};

/// Why there is no way in, or what the way in is; translated.
QString attachText(const op::DiscoveredVmm& vmm);
/// The program of \a vmm as it runs, to be asked for its version; empty for one that may do anything else
/// when it is started with -version.
QString programToAsk(const op::DiscoveredVmm& vmm);
/// The guest's memory in bytes as -m says; -1 when it does not.
qint64 memoryOf(const op::DiscoveredVmm& vmm);

} // namespace cutover::ui
