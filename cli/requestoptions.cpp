// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/requestoptions.h"

#include "operator/vmmfault.h"

#include <QFileInfo>

#include <KLocalizedString>

#include <limits>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

std::unexpected<Error> sourceError(const QString& text)
{
    bool isNumber = false;
    text.toInt(&isNumber);
    QString hint = i18n("Write --source qmp:PATH or --source pid:N; 'cutoverctl list' shows both.");
    if (isNumber)
        hint = i18n("Did you mean --source pid:%1?", text);
    else if (text.contains(u'/'))
        hint = i18n("Did you mean --source qmp:%1?", text);
    return usageError(i18n("'%1' names no source", text), hint);
}

} // namespace

Result<op::SourceSpec> parseSource(const QString& text)
{
    op::SourceSpec source;
    if (text.startsWith("qmp:"_L1) && text.size() > 4) {
        source.qmpPath = QFileInfo(text.sliced(4)).absoluteFilePath();
        return source;
    }
    if (text.startsWith("pid:"_L1)) {
        bool ok = false;
        source.pid = text.sliced(4).toInt(&ok);
        if (ok && source.pid > 0)
            return source;
    }
    return sourceError(text);
}

Result<op::DestinationSpec> parseDestination(const QString& text)
{
    op::DestinationSpec destination;
    if (text == "derive"_L1)
        return destination;
    destination.kind = op::DestinationSpec::Kind::Attach;
    for (const QString& part : text.split(u',')) {
        const QString key = part.section(u':', 0, 0);
        const QString path = part.section(u':', 1);
        QString* target = key == "qmp"_L1 ? &destination.qmpPath
            : key == "cpr"_L1             ? &destination.cprPath
            : key == "main"_L1            ? &destination.mainPath
                                          : nullptr;
        if (!target || path.isEmpty() || !target->isEmpty())
            return usageError(i18n("'%1' in --destination is not understood", part),
                i18n("Write --destination derive, or qmp:PATH,cpr:PATH for a destination that you have "
                     "started."));
        *target = QFileInfo(path).absoluteFilePath();
    }
    if (destination.qmpPath.isEmpty())
        return usageError(
            i18n("--destination names no QMP socket"), i18n("Write --destination qmp:PATH,cpr:PATH."));
    return destination;
}

QList<OptionSpec> requestOptions()
{
    return {
        { .name = u"source"_s,
            .value = u"qmp:PATH|pid:N"_s,
            .help = i18n("The VMM that has the guest, by its QMP socket or by its process"),
            .letter = {},
            .choices = {} },
        { .name = u"destination"_s,
            .value = u"derive|qmp:PATH,cpr:PATH"_s,
            .help = i18n("derive (default): start a destination with the source's command line, changed "
                         "where it must be. "
                         "qmp:PATH,cpr:PATH[,main:PATH]: use one that you have started"),
            .letter = {},
            .choices = {},
            .introducesCommand = true },
        { .name = u"binary"_s,
            .value = u"NEW-QEMU"_s,
            .help = i18n("The program of a derived destination; default: the source's"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"mode"_s,
            .value = u"MODE"_s,
            .help = i18n("cpr-transfer (default): memory stays where it is. normal: memory is copied. "
                         "cpr-reboot: the guest goes through a file, with its memory unless that is a shared "
                         "file. cpr-exec: the source's process becomes the new program"),
            .letter = {},
            .choices = { u"cpr-transfer"_s, u"normal"_s, u"cpr-reboot"_s, u"cpr-exec"_s } },
        { .name = u"state-file"_s,
            .value = u"FILE"_s,
            .help = i18n("With --mode cpr-reboot or cpr-exec: where the source saves the guest, best on "
                         "tmpfs; removed when "
                         "the guest runs again. Default: a file beside the session's sockets"),
            .letter = {},
            .choices = {},
            .completes = Completes::File },
        { .name = u"incoming"_s,
            .value = u"defer|uri"_s,
            .help
            = i18n("How a started destination is told to listen: over QMP (default), or on its command line"),
            .letter = {},
            .choices = { u"defer"_s, u"uri"_s } },
        { .name = u"set"_s,
            .value = u"NAME=VALUE,…"_s,
            .help
            = i18n("Migration parameters for both sides, such as handover=early-stop; the source gets its "
                   "own back when nothing was migrated"),
            .letter = {},
            .choices = {} },
        { .name = u"unguarded"_s,
            .value = {},
            .help = i18n("Let the destination start the guest by itself: a shorter pause, but no proof that "
                         "it runs only once"),
            .letter = {},
            .choices = {} },
    };
}

QList<OptionSpec> migrationRequestOptions()
{
    return {
        { .name = u"keep-source"_s,
            .value = {},
            .help = i18n("Leave the source's process, stopped, instead of ending it"),
            .letter = {},
            .choices = {} },
        { .name = u"relay"_s,
            .value = {},
            .help = i18n("Pass both channels through this program, and tell of everything that passes"),
            .letter = {},
            .choices = {} },
        { .name = u"fault"_s,
            .value = u"FAULT,…"_s,
            .help
            = i18n("Let the relay do something wrong: cut:cpr:BYTES, corrupt:main:BYTE, stall:cpr:BYTES, "
                   "withhold:FD, swap:FD, duplicate:FD, delay:FD:MS; or an embedded VMM end or stop itself: "
                   "kill:SIDE:POINT, stop:SIDE:POINT. On a lab's guest, or with --i-know"),
            .letter = {},
            .choices = {} },
        { .name = u"i-know"_s,
            .value = u"NAME"_s,
            .help = i18n("The name of the guest, if --fault may lose it"),
            .letter = {},
            .choices = {} },
        { .name = u"no-trace"_s,
            .value = {},
            .help = i18n("Do not switch on the source's trace events for the time of the migration"),
            .letter = {},
            .choices = {} },
        { .name = u"time-limit"_s,
            .value = u"SECONDS"_s,
            .help = i18n("Cancel when the switchover is not through by then; default: no limit"),
            .letter = {},
            .choices = {} },
    };
}

Result<QJsonObject> parseParameters(const QString& text)
{
    QJsonObject parameters;
    for (const QString& each : text.split(u',', Qt::SkipEmptyParts)) {
        const QString name = each.section(u'=', 0, 0).trimmed();
        const QString value = each.section(u'=', 1).trimmed();
        if (name.isEmpty() || !each.contains(u'=') || value.isEmpty())
            return usageError(
                i18nc("text", "'%1' is no parameter", each), i18n("Write NAME=VALUE, as handover=prepared."));
        if (parameters.contains(name))
            return usageError(i18nc("parameter", "'%1' is set twice", name));
        bool isNumber = false;
        const qint64 number = value.toLongLong(&isNumber);
        if (value == u"on"_s || value == u"true"_s)
            parameters.insert(name, true);
        else if (value == u"off"_s || value == u"false"_s)
            parameters.insert(name, false);
        else
            parameters.insert(name, isNumber ? QJsonValue(number) : QJsonValue(value));
    }
    if (parameters.contains(u"mode"_s))
        return usageError(i18n("the mode is no matter of --set"), i18n("Use --mode."));
    return parameters;
}

Result<op::SessionRequest> parseRequest(const Options& options)
{
    if (!options.isSet(u"source"_s))
        return usageError(i18n("--source is missing"), i18n("'cutoverctl list' shows what there is."));
    op::SessionRequest request;
    auto source = parseSource(options.value(u"source"_s));
    if (!source)
        return std::unexpected(source.error());
    request.source = *source;
    if (options.isSet(u"destination"_s)) {
        auto destination = parseDestination(options.value(u"destination"_s));
        if (!destination)
            return std::unexpected(destination.error());
        request.destination = *destination;
    }
    const bool attached = request.destination.kind == op::DestinationSpec::Kind::Attach;
    if (!options.command().isEmpty()) {
        if (options.isSet(u"destination"_s) || options.isSet(u"binary"_s))
            return usageError(i18n("a command after '--' excludes --destination and --binary"));
        request.destination.kind = op::DestinationSpec::Kind::Command;
        request.destination.argv = options.command();
    }
    if (attached && (options.isSet(u"binary"_s) || options.isSet(u"incoming"_s)))
        return usageError(i18n("--binary and --incoming are for a destination that is started here"));
    request.destination.binary = options.value(u"binary"_s);
    if (options.isSet(u"mode"_s))
        request.mode = options.value(u"mode"_s);
    if (attached && request.mode == "cpr-transfer"_L1 && request.destination.cprPath.isEmpty())
        return usageError(i18n("--destination names no CPR channel"),
            i18n("Add ,cpr:PATH, the path of its '-incoming cpr,…' option; or choose --mode normal."));
    if (options.isSet(u"state-file"_s)) {
        if (request.mode != "cpr-reboot"_L1 && request.mode != "cpr-exec"_L1)
            return usageError(i18n("--state-file belongs to --mode cpr-reboot and --mode cpr-exec"));
        if (options.value(u"state-file"_s).isEmpty())
            return usageError(i18n("--state-file names no file"));
        request.stateFile = QFileInfo(options.value(u"state-file"_s)).absoluteFilePath();
    }
    if (attached && request.mode == "cpr-exec"_L1)
        return usageError(i18n("--destination does not fit --mode cpr-exec"),
            i18n("The source's own process becomes the destination: leave --destination out."));
    request.defer = options.value(u"incoming"_s) != "uri"_L1;
    if (options.isSet(u"set"_s)) {
        auto parameters = parseParameters(options.value(u"set"_s));
        if (!parameters)
            return std::unexpected(parameters.error());
        request.parameters = *parameters;
    }
    request.guarded = !options.isSet(u"unguarded"_s);
    request.keepSource = options.isSet(u"keep-source"_s);
    request.relay = options.isSet(u"relay"_s);
    if (options.isSet(u"fault"_s)) {
        request.faults = options.value(u"fault"_s).split(u',', Qt::SkipEmptyParts);
        for (const QString& each : std::as_const(request.faults)) {
            if (const auto fault = op::checkFault(each); !fault)
                return usageError(fault.error().message(), fault.error().remedy);
            if (!request.relay && !op::isVmmFault(each))
                return usageError(i18nc("fault", "--fault %1 needs --relay", each));
        }
    }
    if (options.isSet(u"i-know"_s) && request.faults.isEmpty())
        return usageError(i18n("--i-know belongs to --fault"));
    request.faultsConfirmedFor = options.value(u"i-know"_s);
    request.traceSource = !options.isSet(u"no-trace"_s);
    if (options.isSet(u"time-limit"_s)) {
        auto limit = parseSeconds(options.value(u"time-limit"_s));
        if (!limit)
            return std::unexpected(limit.error());
        request.limits.switchoverMs = *limit;
    }
    return request;
}

} // namespace cutover::cli
