// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "models/vmmmodel.h"

#include <KLocalizedString>

#include <QFileInfo>

namespace cutover::ui {

using op::DiscoveredMonitor;
using op::DiscoveredVmm;

QString attachText(const DiscoveredVmm& vmm)
{
    if (vmm.waitsForCprState)
        return i18n("a destination that waits for its source");
    if (vmm.usableMonitor())
        return vmm.binaryReplaced ? i18n("can be attached; its program was updated")
                                  : i18n("can be attached");
    for (const DiscoveredMonitor& monitor : vmm.monitors) {
        if (monitor.occupancy == DiscoveredMonitor::Occupancy::Libvirt)
            return i18n("its monitor belongs to libvirt");
        if (monitor.occupancy == DiscoveredMonitor::Occupancy::Taken)
            return i18n("its monitor has a client already");
        if (monitor.exists && !monitor.accessible)
            return i18n("its monitor may not be opened by this user");
    }
    return i18n("it has no QMP unix socket that listens");
}

void VmmModel::setVmms(const QList<DiscoveredVmm>& vmms)
{
    beginResetModel();
    m_vmms = vmms;
    endResetModel();
}

int VmmModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_vmms.size());
}

int VmmModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

static QString socketOf(const DiscoveredVmm& vmm)
{
    if (const DiscoveredMonitor* usable = vmm.usableMonitor())
        return usable->path;
    return vmm.monitors.isEmpty() ? QString() : vmm.monitors.first().path;
}

QVariant VmmModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const DiscoveredVmm& vmm = m_vmms[index.row()];
    if (role == Qt::ToolTipRole && index.column() == ProgramColumn)
        return vmm.binary;
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (index.column()) {
    case NameColumn:
        return vmm.name;
    case ProgramColumn:
        return QFileInfo(vmm.binary).fileName();
    case PidColumn:
        return QString::number(vmm.pid);
    case StateColumn:
        return attachText(vmm);
    case SocketColumn:
        return socketOf(vmm);
    default:
        return {};
    }
}

QVariant VmmModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case NameColumn:
        return i18n("Guest");
    case ProgramColumn:
        return i18n("Program");
    case PidColumn:
        return i18nc("process id", "pid");
    case StateColumn:
        return i18n("Attach");
    case SocketColumn:
        return i18n("QMP socket");
    default:
        return {};
    }
}

} // namespace cutover::ui
