// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/fdstore.h"
#include "vmm/machine.h"
#include "vmm/monitor.h"
#include "vmm/shell.h"

#include <QJsonArray>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;
using qmp::Request;

void addFdCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(u"getfd"_s, [&fds = shell.fds](const Request& request) -> Result<QJsonValue> {
        const QString name = request.arguments()["fdname"_L1].toString();
        std::vector<UniqueFd> received = request.takeFds();
        if (received.empty())
            return qemuError(ErrorCode::InvalidArgument, u"No file descriptor supplied via SCM_RIGHTS"_s);
        if (name.isEmpty() || name.at(0).isDigit())
            return qemuError(
                ErrorCode::InvalidArgument, u"Parameter 'fdname' expects a name not starting with a digit"_s);
        fds.put(name, std::move(received.front()));
        return QJsonValue();
    });
    monitor.add(u"closefd"_s, [&fds = shell.fds](const Request& request) -> Result<QJsonValue> {
        const QString name = request.arguments()["fdname"_L1].toString();
        if (!fds.take(name))
            return qemuError(ErrorCode::InvalidArgument, u"File descriptor named '%1' not found"_s.arg(name));
        return QJsonValue();
    });
    monitor.add(u"query-cpr-fds"_s, [shell](const Request&) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        return shell.machine.describeFds();
    });
}

} // namespace cutover::vmm
