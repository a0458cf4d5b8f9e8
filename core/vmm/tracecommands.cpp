// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/monitor.h"
#include "vmm/shell.h"
#include "vmm/tracelog.h"

#include <QJsonArray>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using qmp::Request;

/// As QEMU: only a name, not a pattern, must exist.
static Result<void> requireEvent(const TraceLog& log, const QString& name)
{
    if (name.contains(u'*') || name.contains(u'?') || !log.events(name).isEmpty())
        return {};
    return qemuError(ErrorCode::InvalidArgument, u"unknown event \"%1\""_s.arg(name));
}

void addTraceCommands(const Shell& shell)
{
    Monitor& monitor = shell.monitor;
    monitor.add(u"trace-event-get-state"_s, [&log = shell.log](const Request& request) -> Result<QJsonValue> {
        const QString name = request.arguments()["name"_L1].toString();
        if (auto known = requireEvent(log, name); !known)
            return std::unexpected(known.error());
        QJsonArray list;
        for (const TraceLog::Event& event : log.events(name))
            list.append(QJsonObject{
                { u"name"_s, event.name }, { u"state"_s, event.enabled ? u"enabled"_s : u"disabled"_s } });
        return list;
    });
    monitor.add(u"trace-event-set-state"_s, [&log = shell.log](const Request& request) -> Result<QJsonValue> {
        const QString name = request.arguments()["name"_L1].toString();
        if (auto known = requireEvent(log, name); !known)
            return std::unexpected(known.error());
        log.setEnabled(name, request.arguments()["enable"_L1].toBool());
        return QJsonValue();
    });
}

} // namespace cutover::vmm
