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

QJsonObject versionOf(const Monitor& monitor)
{
    const qmp::Greeting& greeting = monitor.greeting();
    return { { u"qemu"_s,
                 QJsonObject{ { u"major"_s, greeting.major }, { u"minor"_s, greeting.minor },
                     { u"micro"_s, greeting.micro } } },
        { u"package"_s, greeting.package } };
}

Result<QJsonValue> cont(const Shell& shell)
{
    {
        const VmLock lock(shell.machine);
        if (shell.machine.runState() == RunState::PostMigrate) {
            if (auto allowed = shell.mayTakeBack(); !allowed)
                return std::unexpected(allowed.error());
        }
        if (auto started = shell.machine.cont(); !started)
            return std::unexpected(started.error());
    }
    shell.runStateChanged(0);
    return QJsonValue();
}

void addQueries(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(
        u"query-version"_s, [&monitor](const Request&) -> Result<QJsonValue> { return versionOf(monitor); });
    monitor.add(u"query-commands"_s, [&monitor](const Request&) -> Result<QJsonValue> {
        QJsonArray list;
        for (const QString& name : monitor.schema().commands())
            list.append(QJsonObject{ { u"name"_s, name } });
        return list;
    });
    monitor.add(u"query-qmp-schema"_s,
        [&monitor](const Request&) -> Result<QJsonValue> { return monitor.schemaJson(); });
    monitor.add(u"query-name"_s, [shell](const Request&) -> Result<QJsonValue> {
        return shell.name.isEmpty() ? QJsonObject() : QJsonObject{ { u"name"_s, shell.name } };
    });
    monitor.add(u"query-status"_s, [shell](const Request&) -> Result<QJsonValue> {
        const VmLock lock(shell.machine);
        return QJsonObject{ { u"running"_s, shell.machine.isRunning() },
            { u"status"_s, QString(runStateName(shell.machine.runState())) } };
    });
}

} // namespace

void addStatusCommands(const Shell& shell)
{
    addQueries(shell);
    Monitor& monitor = shell.monitor;
    monitor.add(u"stop"_s, [shell](const Request&) -> Result<QJsonValue> {
        {
            const VmLock lock(shell.machine);
            if (shell.machine.runState() == RunState::FinishMigrate)
                return failure(ErrorCode::Refused, u"stop the guest"_s, {}, u"it is being handed over"_s);
            shell.machine.stop();
        }
        shell.runStateChanged(0);
        return QJsonValue();
    });
    monitor.add(u"cont"_s, [shell](const Request&) { return cont(shell); });
    monitor.add(u"quit"_s, [shell](const Request&) -> Result<QJsonValue> {
        shell.end(u"host-qmp-quit"_s, false);
        return QJsonValue();
    });
    monitor.add(u"system_powerdown"_s, [shell](const Request&) -> Result<QJsonValue> {
        {
            const VmLock lock(shell.machine);
            // A guest that does not run does not hear the button.
            if (!shell.machine.isRunning())
                return QJsonValue();
        }
        shell.monitor.emitEvent(u"POWERDOWN"_s);
        shell.end(u"guest-shutdown"_s, true);
        return QJsonValue();
    });
    monitor.add(u"x-exit-precreate"_s, [shell](const Request&) -> Result<QJsonValue> {
        if (auto left = shell.exitPrecreate(); !left)
            return std::unexpected(left.error());
        return QJsonValue();
    });
}

} // namespace cutover::vmm
