// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"

#include <QDir>
#include <QFile>
#include <QSet>

#include <algorithm>
#include <sys/un.h>

namespace cutover::op::checks {

using namespace Qt::StringLiterals;

Check mainChannel(const Context& context)
{
    const QString id = u"main-channel"_s;
    const QString title = i18n("The main channel can carry the migration");
    const QJsonObject& address = context.plan.mainAddress;
    const QString transport = address.value(u"transport").toString();
    const QString type = address.value(u"type").toString();
    if (address.isEmpty())
        return refuse(id, title, i18n("No main channel is given."),
            i18n("Give one: “migrate” without it crashes QEMU."));
    const bool streams
        = transport == u"socket" && (type == u"unix" || type == u"inet" || type == u"vsock" || type == u"fd");
    const bool live = context.plan.mode == u"normal" || context.plan.needsCprChannel();
    if (!streams && live)
        return refuse(id, title, i18n("Its transport is “%1”.", transport),
            i18n("Use a unix socket; QEMU needs a channel that streams."));
    bool passesFds = false;
    for (const QString& parameter : { u"migrate-fds"_s, u"local"_s })
        passesFds |= context.source.parameters.value(parameter).toBool();
    if (type != u"unix" && passesFds)
        return refuse(id, title, i18n("It is “%1”, and open files are to be passed on it.", type),
            i18n("Only a unix socket can carry open files: use one, or switch fd passing off."));
    if (type == u"inet" && context.plan.needsCprChannel() && address.value(u"port").toString() == u"0")
        return refuse(id, title, i18n("Its port is 0."),
            i18n("The source must know the port before the destination listens: give one, or use a unix "
                 "socket."));
    if (type == u"unix" && address.value(u"path").toString().isEmpty())
        return refuse(id, title, i18n("It has no path."), i18n("Give the path of the unix socket."));
    if (transport == u"file" && context.plan.savesToFile())
        return pass(id, title, i18n("It is the file %1.", address.value(u"filename").toString()));
    return pass(id, title,
        type == u"unix" ? i18n("A unix socket at %1.", address.value(u"path").toString())
                        : i18n("Transport “%1”, type “%2”.", transport, type));
}

Check cprChannel(const Context& context)
{
    const QString id = u"cpr-channel"_s;
    const QString title = i18n("The CPR channel can carry open files");
    if (!context.plan.needsCprChannel())
        return notApplicable(id, title, i18n("The mode needs no CPR channel."));
    if (context.plan.cprPath.isEmpty())
        return refuse(id, title, i18n("No CPR channel is given."),
            i18n("Give the path of the unix socket on which the destination waits for the CPR state."));
    if (context.launchKnown) {
        const bool receives = std::ranges::any_of(context.launch.incoming,
            [](const IncomingSpec& incoming) { return incoming.kind == IncomingSpec::Kind::Cpr; });
        if (!receives)
            return refuse(id, title, i18n("The destination's command line has no “-incoming cpr,…”."),
                i18n("Add “-incoming cpr,addr.transport=socket,addr.type=unix,addr.path=%1”.",
                    context.plan.cprPath));
    }
    return pass(id, title, i18n("A unix socket at %1.", context.plan.cprPath));
}

Check socketPathLength(const Context& context)
{
    const QString id = u"socket-path-length"_s;
    const QString title = i18n("The paths of the sockets are short enough");
    constexpr qsizetype limit = sizeof(sockaddr_un::sun_path) - 1;
    QStringList paths{ context.plan.cprPath, context.plan.monitorPath, context.plan.connectBackPath,
        context.plan.mainAddress.value(u"path").toString() };
    for (const CharacterDevice& device : context.launch.characterDevices) {
        if (device.end.kind == CharacterEnd::Kind::UnixSocket)
            paths << device.end.path;
    }
    QStringList tooLong;
    for (const QString& path : std::as_const(paths)) {
        if (QFile::encodeName(path).size() > limit)
            tooLong << path;
    }
    tooLong.removeDuplicates();
    if (tooLong.isEmpty())
        return pass(id, title, i18n("None is longer than %1 bytes.", limit));
    return refuse(id, title, i18n("Too long: %1.", tooLong.join(u", "_s)),
        i18n("Use a folder with a shorter path; the kernel takes %1 bytes.", limit));
}

static QSet<QString> ownedPaths(const CommandFacts& command, const QString& folder)
{
    QStringList paths{ command.pidFile, command.logFile };
    for (const CharacterDevice& device : command.characterDevices) {
        if (device.end.kind == CharacterEnd::Kind::UnixSocket && device.end.server)
            paths << device.end.path;
    }
    for (const QString& display : command.vncDisplays) {
        const QString address = display.section(u',', 0, 0);
        if (address.startsWith(u"unix:"))
            paths << address.sliced(5);
    }
    QSet<QString> owned;
    for (const QString& path : std::as_const(paths)) {
        if (!path.isEmpty())
            owned.insert(QDir::cleanPath(QDir(folder).absoluteFilePath(path)));
    }
    return owned;
}

static QStringList sorted(const QSet<QString>& set)
{
    QStringList list(set.begin(), set.end());
    list.sort();
    return list;
}

Check socketPaths(const Context& context)
{
    const QString id = u"socket-paths"_s;
    const QString title = i18n("No path belongs to both VMMs");
    if (!context.source.process || context.source.process->argv.isEmpty() || !context.launchKnown)
        return warning(id, title, i18n("One of the two command lines is not known."),
            i18n("Make sure that no socket, pid file or log is named on both: the later VMM takes it from "
                 "the other."));
    const QString folder = context.source.process->workingDirectory;
    const QString otherFolder = context.destination && context.destination->process
        ? context.destination->process->workingDirectory
        : folder;
    const QStringList both = sorted(
        ownedPaths(context.source.process->command, folder) & ownedPaths(context.launch, otherFolder));
    if (both.isEmpty())
        return pass(id, title, i18n("The command lines have none in common."));
    const QString evidence = i18n("On both command lines: %1.", both.join(u", "_s));
    if (context.plan.attached)
        return warning(id, title, evidence,
            i18n("The destination has taken them over already; clients of the source have lost them."));
    return refuse(id, title, evidence,
        i18n("Give the destination other paths: it would delete the source's sockets, or fail to start."));
}

static QSet<QString> ownedPorts(const CommandFacts& command)
{
    QSet<QString> owned;
    for (const CharacterDevice& device : command.characterDevices) {
        if (device.end.kind == CharacterEnd::Kind::InetSocket && device.end.server)
            owned.insert(i18n("port %1 (-%2)", device.end.port, device.optionName));
    }
    for (const QString& display : command.vncDisplays) {
        const OptionValue value = OptionValue::parse(display).value_or(OptionValue());
        if (!value.implied().startsWith(u"unix:") && !value.get(u"to"))
            owned.insert(i18n("VNC display %1", value.implied()));
    }
    for (const NetworkBackend& backend : command.networkBackends) {
        for (const QString& forward : backend.hostForwards)
            owned.insert(i18n("host forward %1", forward));
    }
    return owned;
}

Check ports(const Context& context)
{
    const QString id = u"ports"_s;
    const QString title = i18n("No network port belongs to both VMMs");
    if (!context.source.process || context.source.process->argv.isEmpty() || !context.launchKnown)
        return notApplicable(id, title, i18n("One of the two command lines is not known."));
    if (context.plan.executes())
        return notApplicable(id, title, i18n("There is one process, which closes its ports in between."));
    const QStringList both = sorted(ownedPorts(context.source.process->command) & ownedPorts(context.launch));
    if (both.isEmpty())
        return pass(id, title, i18n("The command lines have none in common."));
    return refuse(id, title, i18n("On both command lines: %1.", both.join(u", "_s)),
        i18n("Give the destination other ports, or unix sockets."));
}

Check tapNames(const Context& context)
{
    const QString id = u"tap-names"_s;
    const QString title = i18n("No TAP interface is opened twice");
    const auto names = [](const CommandFacts& command) {
        QSet<QString> result;
        for (const NetworkBackend& backend : command.networkBackends) {
            if (backend.type == u"tap" && backend.fds.isEmpty() && !backend.ifname.isEmpty())
                result.insert(backend.ifname);
        }
        return result;
    };
    if (!context.source.process)
        return notApplicable(id, title, i18n("The source's command line is not known."));
    const QSet<QString> source = names(context.source.process->command);
    if (source.isEmpty())
        return pass(id, title, i18n("The source opens none by name."));
    if (!context.launchKnown)
        return warning(id, title, i18n("The source holds %1.", sorted(source).join(u", "_s)),
            i18n("Make sure that the destination does not open it by name."));
    const QStringList both = sorted(source & names(context.launch));
    if (both.isEmpty())
        return pass(id, title, i18n("The destination opens none of %1.", sorted(source).join(u", "_s)));
    if (context.plan.executes())
        return fixableByMode(
            refuse(id, title, i18n("Both programs open %1.", both.join(u", "_s)),
                i18n("QEMU does not close it when it executes the new program, which fails with “Device or "
                     "resource busy” and takes the guest with it: choose the mode normal.")),
            context, u"normal"_s);
    return refuse(id, title, i18n("Both open %1.", both.join(u", "_s)),
        i18n("The destination fails with “Device or resource busy”: give it another interface on the same "
             "bridge, or "
             "a multi-queue interface."));
}

} // namespace cutover::op::checks
