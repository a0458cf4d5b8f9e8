// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "models/vmmmodel.h"

#include "format.h"
#include "operator/optionvalue.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>
#include <limits>

namespace cutover::ui {

using namespace Qt::StringLiterals;
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

QString programToAsk(const DiscoveredVmm& vmm)
{
    const QString file = QFileInfo(vmm.binary).fileName();
    if (!file.contains(u"qemu") && !file.contains(u"vmm"))
        return {};
    // The file has been replaced; what runs is still behind this link.
    return vmm.binaryReplaced ? u"/proc/%1/exe"_s.arg(vmm.pid) : vmm.binary;
}

qint64 memoryOf(const DiscoveredVmm& vmm)
{
    const op::OptionValue value = op::OptionValue::parse(vmm.facts.memorySize).value_or(op::OptionValue());
    const QString size = value.get({ u"size" }, true);
    static const QRegularExpression pattern(u"^(\\d+)([bBkKmMgGtT]?)$"_s);
    const QRegularExpressionMatch match = pattern.match(size);
    if (!match.hasMatch())
        return -1;
    const QString units = u"bkmgt"_s;
    const QString unit = match.captured(2).toLower();
    const auto power = unit.isEmpty() ? qsizetype{ 2 } : units.indexOf(unit);
    bool fits = false;
    const qint64 number = match.captured(1).toLongLong(&fits);
    constexpr qint64 largest = std::numeric_limits<qint64>::max();
    return fits && number <= (largest >> (10 * power)) ? number << (10 * power) : -1;
}

static bool isSame(const DiscoveredVmm& a, const DiscoveredVmm& b)
{
    return a.pid == b.pid && a.startTime == b.startTime;
}

void VmmModel::setVmms(const QList<DiscoveredVmm>& vmms)
{
    for (int row = rowCount() - 1; row >= 0; --row) {
        const auto same = [&](const DiscoveredVmm& vmm) { return isSame(vmm, m_vmms[row]); };
        if (std::ranges::any_of(vmms, same))
            continue;
        beginRemoveRows({}, row, row);
        m_vmms.removeAt(row);
        endRemoveRows();
    }
    for (int row = 0; row < vmms.size(); ++row) {
        if (row < m_vmms.size() && isSame(m_vmms[row], vmms[row])) {
            m_vmms[row] = vmms[row];
            continue;
        }
        beginInsertRows({}, row, row);
        m_vmms.insert(row, vmms[row]);
        endInsertRows();
    }
    if (!m_vmms.isEmpty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int VmmModel::rowOf(pid_t pid, quint64 startTime) const
{
    for (int row = 0; row < m_vmms.size(); ++row) {
        if (m_vmms[row].pid == pid && m_vmms[row].startTime == startTime)
            return row;
    }
    return -1;
}

void VmmModel::setVersion(const QString& program, const QString& version)
{
    if (m_versions.value(program) == version)
        return;
    m_versions.insert(program, version);
    if (!m_vmms.isEmpty())
        Q_EMIT dataChanged(index(0, ProgramColumn), index(rowCount() - 1, ProgramColumn));
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
        return m_versions.value(programToAsk(vmm), QFileInfo(vmm.binary).fileName());
    case PidColumn:
        return QString::number(vmm.pid);
    case RamColumn:
        return bytesText(memoryOf(vmm));
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
    case RamColumn:
        return i18n("RAM");
    case StateColumn:
        return i18n("Attach");
    case SocketColumn:
        return i18n("QMP socket");
    default:
        return {};
    }
}

} // namespace cutover::ui
