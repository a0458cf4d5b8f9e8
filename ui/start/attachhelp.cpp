// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/attachhelp.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;
using Kind = op::CommandChange::Kind;

/// The trace of a VMM that is attached goes to its own log, where we do not look.
static void dropOwnTraces(op::DerivedCommand& derived)
{
    for (const op::CommandChange& change : derived.changes) {
        if (change.kind != Kind::Added || !change.after.startsWith(u"-trace "))
            continue;
        const qsizetype at = derived.argv.lastIndexOf(change.after.sliced(7));
        if (at > 0)
            derived.argv.remove(at - 1, 2);
    }
}

AttachHelp attachHelp(const op::SessionRequest& request, const QStringList& sourceArgv)
{
    const op::DestinationSpec& wanted = request.destination;
    const bool cpr = request.mode == u"cpr-transfer";
    AttachHelp help;
    if (wanted.qmpPath.isEmpty() || (cpr && wanted.cprPath.isEmpty())) {
        help.introduction = i18n("Name the sockets, and the command to start it with appears here.");
        return help;
    }
    const bool known = !sourceArgv.isEmpty();
    op::DeriveOptions options;
    options.socketFolder = QFileInfo(wanted.qmpPath).absolutePath();
    options.monitorPath = wanted.qmpPath;
    options.mainPath = wanted.mainPath;
    options.cprPath = cpr ? wanted.cprPath : QString();
    options.startPaused = request.guarded;
    options.logFile = wanted.qmpPath + u".log"_s;
    auto derived = op::derive(known ? sourceArgv : QStringList{ u"qemu"_s }, options);
    if (!derived) {
        help.introduction = derived.error().message();
        return help;
    }
    dropOwnTraces(*derived);
    help.introduction = known ? i18n("Start it with the source’s own options, changed where they must be:")
                              : i18n("Start it with the source’s own options, without its -qmp, and these:");
    help.command = known ? derived->shellLine() : op::shellLine(derived->argv.sliced(1));
    for (const op::CommandChange& change : derived->changes) {
        if (change.kind == Kind::Conflict)
            help.conflicts << i18nc("option: why", "%1: %2", change.before, change.reason);
    }
    return help;
}

std::optional<op::DestinationSpec> waitingDestination(const op::DiscoveredVmm& vmm)
{
    if (!vmm.waitsForCprState || vmm.monitors.isEmpty())
        return std::nullopt;
    op::DestinationSpec destination{ .kind = op::DestinationSpec::Kind::Attach,
        .binary = {},
        .argv = {},
        .qmpPath = vmm.monitors.first().path,
        .cprPath = {},
        .mainPath = {} };
    for (const op::IncomingSpec& incoming : vmm.facts.incoming) {
        if (incoming.kind == op::IncomingSpec::Kind::Cpr)
            destination.cprPath = incoming.path;
        else if (incoming.kind == op::IncomingSpec::Kind::Main)
            destination.mainPath = incoming.path;
    }
    if (destination.qmpPath.isEmpty() || destination.cprPath.isEmpty())
        return std::nullopt;
    return destination;
}

op::DestinationSpec suggestedPaths(const QString& guest, const QString& folder)
{
    static const QRegularExpression unusual(u"[^A-Za-z0-9._-]"_s);
    QString name = guest;
    name.replace(unusual, u"_"_s);
    const QString base = folder + u'/' + (name.isEmpty() ? u"vm"_s : name) + u"-new"_s;
    return { .kind = op::DestinationSpec::Kind::Attach,
        .binary = {},
        .argv = {},
        .qmpPath = base + u".qmp"_s,
        .cprPath = base + u".cpr"_s,
        .mainPath = {} };
}

} // namespace cutover::ui
