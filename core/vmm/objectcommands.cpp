// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/objecttree.h"
#include "vmm/shell.h"

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;
using qmp::Request;

void addObjectCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    Machine& machine = shell.machine;
    monitor.add(u"qom-list"_s, [&machine](const Request& request) -> Result<QJsonValue> {
        const VmLock lock(machine);
        auto list = listObject(machine, request.arguments()["path"_L1].toString());
        if (!list)
            return std::unexpected(list.error());
        return *list;
    });
    monitor.add(u"qom-get"_s, [&machine](const Request& request) {
        const VmLock lock(machine);
        return objectProperty(machine, request.arguments()["path"_L1].toString(),
            request.arguments()["property"_L1].toString());
    });
    monitor.add(u"qom-set"_s, [&machine](const Request& request) -> Result<QJsonValue> {
        const VmLock lock(machine);
        const QJsonObject arguments = request.arguments();
        if (auto set = setObjectProperty(machine, arguments["path"_L1].toString(),
                arguments["property"_L1].toString(), arguments["value"_L1]);
            !set)
            return std::unexpected(set.error());
        return QJsonValue();
    });
}

} // namespace cutover::vmm
