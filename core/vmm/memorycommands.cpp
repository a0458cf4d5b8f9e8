// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/shell.h"

#include <QJsonArray>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;
using qmp::Request;

namespace {

QJsonArray memoryBackends(const Shell& shell)
{
    const VmLock lock(shell.machine);
    QJsonArray list;
    for (const DeviceOptions& block : shell.machine.ramOptions())
        list.append(QJsonObject{ { u"id"_s, block.id }, { u"size"_s, block.properties["size"_L1] },
            { u"merge"_s, false }, { u"dump"_s, true }, { u"prealloc"_s, false }, { u"share"_s, true },
            { u"reserve"_s, false }, { u"host-nodes"_s, QJsonArray() }, { u"policy"_s, u"default"_s } });
    return list;
}

/// The columns of QEMU's "info ramblock".
QString ramBlockTable(const Shell& shell)
{
    const VmLock lock(shell.machine);
    QString text = u"%1 %2  %3 %4 %5 %6 %7\n"_s.arg(u"Block Name"_s, 24)
                       .arg(u"PSize"_s, 5)
                       .arg(u"Offset"_s, 18)
                       .arg(u"Used"_s, 18)
                       .arg(u"Total"_s, 18)
                       .arg(u"HVA"_s, 18)
                       .arg(u"RO"_s, 2);
    quint64 offset = 0;
    const auto hex = [](quint64 value) { return u"0x%1"_s.arg(value, 16, 16, QLatin1Char('0')); };
    for (const engine::RamBlock& block : shell.machine.ramBlocks()) {
        text += u"%1 %2  %3 %4 %5 %6 rw\n"_s.arg(block.id, 24)
                    .arg(u"4 KiB"_s, 5)
                    .arg(hex(offset), hex(block.bytes), hex(block.bytes),
                        hex(reinterpret_cast<quintptr>(block.base)));
        offset += block.bytes;
    }
    return text;
}

} // namespace

void addMemoryCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(
        u"query-memdev"_s, [shell](const Request&) -> Result<QJsonValue> { return memoryBackends(shell); });
    monitor.add(u"x-query-ramblock"_s, [shell](const Request&) -> Result<QJsonValue> {
        return QJsonObject{ { u"human-readable-text"_s, ramBlockTable(shell) } };
    });
    monitor.add(u"query-memory-size-summary"_s, [shell](const Request&) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        return QJsonObject{ { u"base-memory"_s, static_cast<qint64>(shell.machine.ramBytes()) },
            { u"plugged-memory"_s, 0 } };
    });
}

} // namespace cutover::vmm
