// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/derive.h"

#include "trace/parser.h"

#include <KLocalizedString>

#include <QFileInfo>
#include <QJsonDocument>
#include <QSet>

#include <algorithm>
#include <functional>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

using Kind = CommandChange::Kind;
using Option = CommandLine::Option;

Option makeOption(const QString& name, const std::optional<QString>& argument = {})
{
    return { .name = name, .spelling = u'-' + name, .argument = argument };
}

QString escaped(QString path)
{
    return path.replace(u","_s, u",,"_s);
}

class Deriver
{
public:
    Deriver(CommandLine line, DeriveOptions options)
        : m_line(std::move(line))
        , m_facts(m_line.facts())
        , m_options(std::move(options))
    {
    }
    DerivedCommand run();

private:
    bool handle(std::size_t index);
    bool handleLifecycle(const Option& option);
    bool handleCharacter(std::size_t index);
    void handleMonitor(const Option& option, const MonitorSpec& monitor);
    void handleServer(const Option& option, const CharacterDevice& device);
    void handleFile(const Option& option, const CharacterDevice& device);
    void handleMachine(const Option& option);
    void handleNetwork(const NetworkBackend& backend, const Option& option);
    bool sourceHas(const std::function<bool(const NetworkBackend&)>& resource) const;
    void handleDisplay(const Option& option);
    void handleStorage(const Option& option);
    bool handleDevice(const Option& option);
    bool comesWithTheMigration(const Option& option) const;
    void handleTrace(const Option& option);
    void handleMessages(const Option& option);
    void addOwnOptions();

    void keep(const Option& option) { m_result.push_back(option); }
    void keep(const Option& option, Kind kind, const QString& reason);
    void drop(const Option& option, const QString& reason);
    void replace(const Option& before, const std::vector<Option>& after, const QString& reason);
    void add(const Option& option, const QString& reason);
    QString movedPath(const QString& sourcePath, const QString& wanted = {});

    CommandLine m_line;
    CommandFacts m_facts;
    DeriveOptions m_options;
    std::vector<Option> m_result;
    DerivedCommand m_derived;
    QSet<QString> m_usedPaths;
    bool m_timestampsSet = false;
    int m_converted = 0;
};

void Deriver::keep(const Option& option, Kind kind, const QString& reason)
{
    m_result.push_back(option);
    m_derived.changes.push_back(
        { .kind = kind, .before = option.text(), .after = option.text(), .reason = reason });
}

void Deriver::drop(const Option& option, const QString& reason)
{
    m_derived.changes.push_back(
        { .kind = Kind::Removed, .before = option.text(), .after = {}, .reason = reason });
}

void Deriver::replace(const Option& before, const std::vector<Option>& after, const QString& reason)
{
    QStringList texts;
    for (const Option& option : after) {
        m_result.push_back(option);
        texts << option.text();
    }
    m_derived.changes.push_back(
        { .kind = Kind::Replaced, .before = before.text(), .after = texts.join(u' '), .reason = reason });
}

void Deriver::add(const Option& option, const QString& reason)
{
    m_result.push_back(option);
    m_derived.changes.push_back(
        { .kind = Kind::Added, .before = {}, .after = option.text(), .reason = reason });
}

QString Deriver::movedPath(const QString& sourcePath, const QString& wanted)
{
    QString path = wanted;
    const QString base = m_options.socketFolder + u'/' + QFileInfo(sourcePath).fileName();
    for (int number = 0; path.isEmpty() || (wanted.isEmpty() && m_usedPaths.contains(path)); ++number)
        path = number == 0 ? base : QString(base + u'.' + QString::number(number));
    m_usedPaths.insert(path);
    m_derived.moves.push_back({ .sourcePath = sourcePath, .destinationPath = path });
    return path;
}

bool Deriver::handleLifecycle(const Option& option)
{
    if (option.name == u"incoming") {
        drop(option, i18n("The source's own incoming migration is over."));
    } else if (option.name == u"daemonize") {
        drop(option,
            m_options.sameProcess
                ? i18n("The process has left its terminal already.")
                : i18n("The console watches the destination as its own child, in a session of its own."));
    } else if (option.name == u"loadvm") {
        drop(option, i18n("The guest's state comes from the source, not from a snapshot."));
    } else if (option.name == u"S") {
        drop(option, i18n("Whether the destination starts paused is decided by the migration."));
    } else if (option.name == u"preconfig" || option.name == u"precreate") {
        drop(option, i18n("The destination configures itself from its command line."));
    } else if (option.name == u"s" || option.name == u"gdb") {
        if (m_options.sameProcess)
            keep(option);
        else
            drop(option, i18n("The source holds the debugger's port."));
    } else if (option.name == u"D") {
        drop(option, i18n("The source writes this log; the destination gets one of its own."));
    } else if (option.name == u"pidfile") {
        const QString path = movedPath(option.argument.value_or(QString()));
        replace(option, { makeOption(u"pidfile"_s, path) }, i18n("The source has locked this file."));
    } else if (option.name == u"snapshot") {
        keep(option, Kind::Conflict,
            i18n("The source keeps what the guest wrote in a temporary file that the destination cannot "
                 "see."));
    } else if (option.name == u"readconfig") {
        keep(option, Kind::Warning, i18n("What this file sets was not examined."));
    } else {
        return false;
    }
    return true;
}

void Deriver::handleMonitor(const Option& option, const MonitorSpec& monitor)
{
    const CharacterEnd& end = monitor.end;
    const bool viaChardev = !monitor.chardevId.isEmpty();
    const auto unixServer = [&](const QString& path) {
        if (!viaChardev)
            return makeOption(option.name, u"unix:"_s + escaped(path) + u",server=on,wait=off"_s);
        OptionValue value;
        value.setImplied(u"socket"_s);
        value.set(u"id"_s, monitor.chardevId);
        value.set(u"path"_s, path);
        value.set(u"server"_s, u"on"_s);
        value.set(u"wait"_s, u"off"_s);
        return makeOption(u"chardev"_s, value.toString());
    };
    const bool first = m_derived.monitorPath.isEmpty();
    if (end.kind == CharacterEnd::Kind::UnixSocket && end.server) {
        const QString path = movedPath(end.path, first ? m_options.monitorPath : QString());
        if (first)
            m_derived.monitorPath = path;
        replace(option, { unixServer(path) },
            i18n("The source owns this socket; it moves to its old place when the source is gone."));
    } else if (first && viaChardev) {
        m_derived.monitorPath = m_options.monitorPath;
        replace(option, { unixServer(m_options.monitorPath) },
            i18n("The source's monitor leads to a program that holds only the source."));
    } else if (viaChardev) {
        replace(option, { makeOption(u"chardev"_s, u"null,id="_s + escaped(monitor.chardevId)) },
            i18n("The source's monitor leads to a program that holds only the source."));
    } else {
        drop(option, i18n("The source's monitor leads to a program or a port that holds only the source."));
    }
}

void Deriver::handleServer(const Option& option, const CharacterDevice& device)
{
    const CharacterEnd& end = device.end;
    if (end.kind == CharacterEnd::Kind::InetSocket) {
        if (m_options.sameProcess)
            keep(option, Kind::Warning, i18n("A connected client has to connect again."));
        else
            keep(option, Kind::Conflict, i18n("The source listens on this port, so the destination cannot."));
        return;
    }
    const QString path = movedPath(end.path);
    Option moved = option;
    if (device.optionName == u"chardev") {
        OptionValue value = OptionValue::parse(*option.argument).value_or(OptionValue());
        for (const QString& key : { u"path"_s, u"addr.path"_s, u"addr.data.path"_s }) {
            if (value.get(key))
                value.set(key, path);
        }
        value.setFlag(u"wait"_s, false);
        moved.argument = value.toString();
    } else {
        const bool muxed = option.argument->startsWith(u"mon:");
        const QString rest = option.argument->mid(option.argument->indexOf(u"unix:"_s) + 5);
        OptionValue value = OptionValue::parse(rest).value_or(OptionValue());
        value.setImplied(path);
        value.set(u"wait"_s, u"off"_s);
        moved.argument = (muxed ? u"mon:unix:"_s : u"unix:"_s) + value.toString();
    }
    replace(option, { moved },
        i18n("The source owns this socket; it moves to its old place when the source is gone. A connected "
             "client stays with the source and has to connect again."));
}

void Deriver::handleFile(const Option& option, const CharacterDevice& device)
{
    const QString reason = i18n("Without append=on the destination would erase what the source has written.");
    if (device.optionName == u"chardev") {
        OptionValue value = OptionValue::parse(*option.argument).value_or(OptionValue());
        if (value.flag(u"append").value_or(false)) {
            keep(option);
            return;
        }
        value.setFlag(u"append"_s, true);
        replace(option, { makeOption(u"chardev"_s, value.toString()) }, reason);
        return;
    }
    const QString id = u"cutover-%1%2"_s.arg(device.optionName).arg(m_converted++);
    replace(option,
        { makeOption(
              u"chardev"_s, u"file,id="_s + id + u",path="_s + escaped(device.end.path) + u",append=on"_s),
            makeOption(device.optionName, u"chardev:"_s + id) },
        reason);
}

bool Deriver::handleCharacter(std::size_t index)
{
    const Option& option = m_line.options()[index];
    for (const MonitorSpec& monitor : m_facts.monitors) {
        if (monitor.option == index && monitor.end.kind != CharacterEnd::Kind::Chardev) {
            handleMonitor(option, monitor);
            return true;
        }
    }
    const auto device = std::ranges::find(
        m_facts.characterDevices, index, [](const CharacterDevice& d) { return d.option; });
    if (device == m_facts.characterDevices.end())
        return false;
    const CharacterEnd& end = device->end;
    const bool socket
        = end.kind == CharacterEnd::Kind::UnixSocket || end.kind == CharacterEnd::Kind::InetSocket;
    if (socket && end.server) {
        handleServer(option, *device);
    } else if (end.kind == CharacterEnd::Kind::File) {
        handleFile(option, *device);
    } else if (socket && m_options.sameProcess) {
        keep(option);
    } else if (socket) {
        keep(option, Kind::Warning,
            i18n("The destination connects to this address while the source still is: a program that serves "
                 "one client at a time keeps it waiting."));
    } else if (end.kind == CharacterEnd::Kind::Pty) {
        keep(option, Kind::Warning, i18n("The destination gets another terminal device."));
    } else if (end.kind == CharacterEnd::Kind::Fd) {
        return false;
    } else {
        keep(option);
    }
    return true;
}

void Deriver::handleMachine(const Option& option)
{
    OptionValue value = OptionValue::parse(option.argument.value_or(QString())).value_or(OptionValue());
    const QString type = value.get({ u"type" }, true);
    if (m_options.machineType.isEmpty() || type.isEmpty() || type == m_options.machineType) {
        keep(option);
        return;
    }
    if (value.get(u"type"))
        value.set(u"type"_s, m_options.machineType);
    else
        value.setImplied(m_options.machineType);
    replace(option,
        { Option{ .name = option.name, .spelling = option.spelling, .argument = value.toString() } },
        i18n("The alias %1 can mean another machine in another version; the source's is named in full.",
            type));
}

bool Deriver::sourceHas(const std::function<bool(const NetworkBackend&)>& resource) const
{
    return !m_options.sourceNetwork || std::ranges::any_of(*m_options.sourceNetwork, resource);
}

void Deriver::handleNetwork(const NetworkBackend& backend, const Option& option)
{
    if (backend.type == u"tap" && backend.fds.isEmpty() && !backend.ifname.isEmpty()) {
        if (!sourceHas([&](const NetworkBackend& its) { return its.ifname == backend.ifname; })) {
            keep(option);
            return;
        }
        keep(option, Kind::Conflict,
            m_options.sameProcess
                ? i18n(
                      "QEMU does not close the interface %1 when it executes the new program, whose own open "
                      "fails with “Device or resource busy”: the guest would be lost.",
                      backend.ifname)
                : i18n("The source holds the interface %1: the destination's open fails with “Device or "
                       "resource busy”, or silently becomes another queue of it.",
                      backend.ifname));
    } else if (!m_options.sameProcess && !backend.hostForwards.isEmpty()
        && sourceHas([&](const NetworkBackend& its) {
               return std::ranges::any_of(its.hostForwards,
                   [&](const QString& forward) { return backend.hostForwards.contains(forward); });
           })) {
        keep(option, Kind::Conflict,
            i18n("The source listens on the forwarded port, so the destination cannot."));
    } else if (backend.type == u"vhost-user") {
        keep(option, Kind::Warning,
            i18n("A vhost-user back end serves one client: the destination waits until the source lets go."));
    } else if (backend.type == u"tap" || backend.type == u"bridge") {
        keep(option, Kind::Warning, i18n("The destination gets another interface than the source's."));
    } else {
        keep(option);
    }
}

void Deriver::handleDisplay(const Option& option)
{
    const QString argument = option.argument.value_or(QString());
    const bool longForm = option.name == u"display";
    const QString display = longForm ? argument.sliced(4) : argument;
    OptionValue value = OptionValue::parse(display).value_or(OptionValue());
    const QString prefix = longForm ? u"vnc="_s : QString();
    if (!value.implied().startsWith(u"unix:") && m_options.sameProcess) {
        keep(option, Kind::Warning, i18n("Viewers have to connect again."));
    } else if (value.implied().startsWith(u"unix:")) {
        value.setImplied(u"unix:"_s + movedPath(value.implied().sliced(5)));
        replace(option, { makeOption(option.name, prefix + value.toString()) },
            i18n("The source owns this socket; viewers have to connect again."));
    } else if (value.get(u"to") || value.flag(u"reverse").value_or(false)) {
        keep(option, Kind::Warning,
            i18n("The destination uses another VNC port; viewers have to connect again."));
    } else {
        value.set(u"to"_s, u"99"_s);
        replace(option, { makeOption(option.name, prefix + value.toString()) },
            i18n("The source holds this VNC port; the destination takes the next free one, and viewers have "
                 "to "
                 "connect again."));
    }
}

void Deriver::handleStorage(const Option& option)
{
    const Result<OptionValue> value = OptionValue::parse(option.argument.value_or(QString()));
    if (value && option.name == u"drive" && value->flag(u"snapshot").value_or(false)) {
        keep(option, Kind::Conflict,
            i18n("The source keeps what the guest wrote in a temporary file that the destination cannot "
                 "see."));
        return;
    }
    keep(option);
}

/// A switch that was set while the source ran is told to the destination. True when the option was changed.
bool Deriver::handleDevice(const Option& option)
{
    OptionValue value = OptionValue::parse(option.argument.value_or(QString())).value_or(OptionValue());
    const auto wanted = m_options.fdSwitches.constFind(value.get({ u"id" }));
    if (m_options.fdSwitch.isEmpty() || wanted == m_options.fdSwitches.constEnd())
        return false;
    const auto written = value.flag(m_options.fdSwitch);
    // Where nothing is written it is on, unless -global says otherwise.
    const bool preset = std::ranges::any_of(m_line.options(), [this](const Option& other) {
        return other.name == u"global" && other.argument.value_or(QString()).contains(m_options.fdSwitch);
    });
    if (written ? *written == *wanted : *wanted && !preset)
        return false;
    value.setFlag(m_options.fdSwitch, *wanted);
    replace(option,
        { Option{ .name = option.name, .spelling = option.spelling, .argument = value.toString() } },
        *wanted ? i18n("Its switch for passing descriptors was set to on in the source.")
                : i18n("Its switch for passing descriptors was set to off in the source."));
    return true;
}

void Deriver::handleTrace(const Option& option)
{
    OptionValue value = OptionValue::parse(option.argument.value_or(QString())).value_or(OptionValue());
    if (!value.get(u"file")) {
        keep(option);
        return;
    }
    value.remove(u"file"_s);
    const QString reason = i18n("The source writes this log; the destination gets one of its own.");
    if (value.toString().isEmpty())
        drop(option, reason);
    else
        replace(option, { makeOption(option.name, value.toString()) }, reason);
}

void Deriver::handleMessages(const Option& option)
{
    OptionValue value = OptionValue::parse(option.argument.value_or(QString())).value_or(OptionValue());
    m_timestampsSet = true;
    if (value.flag(u"timestamp").value_or(false)) {
        keep(option);
        return;
    }
    value.setFlag(u"timestamp"_s, true);
    replace(option, { makeOption(option.name, value.toString()) },
        i18n("The timeline needs the time of each trace line."));
}

bool Deriver::comesWithTheMigration(const Option& option) const
{
    const OptionValue value = OptionValue::parse(option.argument.value_or(QString())).value_or(OptionValue());
    return option.name == u"device" && m_options.passedDevices.contains(value.get({ u"id" }));
}

bool Deriver::handle(std::size_t index)
{
    const Option& option = m_line.options()[index];
    if (handleLifecycle(option))
        return true;
    const bool passesFd = std::ranges::any_of(
        m_facts.fdReferences, [index](const FdReference& reference) { return reference.option == index; });
    if (passesFd && !comesWithTheMigration(option)) {
        keep(option, Kind::Conflict,
            i18n("It refers to an open file that only the program which started the source could pass on."));
        return true;
    }
    if (handleCharacter(index))
        return true;
    const auto network
        = std::ranges::find(m_facts.networkBackends, index, [](const NetworkBackend& n) { return n.option; });
    if (network != m_facts.networkBackends.end())
        handleNetwork(*network, option);
    else if (option.name == u"machine" || option.name == u"M")
        handleMachine(option);
    else if ((option.name == u"vnc" && option.argument != u"none"_s)
        || (option.name == u"display" && option.argument.value_or(QString()).startsWith(u"vnc=")))
        handleDisplay(option);
    else if (option.name == u"spice")
        keep(
            option, Kind::Conflict, i18n("The source listens on the SPICE port, so the destination cannot."));
    else if (option.name == u"drive" || option.name == u"blockdev")
        handleStorage(option);
    else if (option.name == u"device" || option.name == u"object")
        return handleDevice(option);
    else if (option.name == u"trace")
        handleTrace(option);
    else if (option.name == u"msg")
        handleMessages(option);
    else
        return false;
    return true;
}

void Deriver::addOwnOptions()
{
    if (!m_options.machineType.isEmpty() && m_facts.machineType.isEmpty())
        add(makeOption(u"machine"_s, escaped(m_options.machineType)),
            i18n(
                "The default machine can be another one in another version; the source's is named in full."));
    if (m_derived.monitorPath.isEmpty()) {
        m_derived.monitorPath = m_options.monitorPath;
        add(makeOption(u"qmp"_s, u"unix:"_s + escaped(m_options.monitorPath) + u",server=on,wait=off"_s),
            i18n("A monitor that outlives the console."));
    }
    if (!m_options.cprPath.isEmpty())
        add(makeOption(u"incoming"_s,
                u"cpr,addr.transport=socket,addr.type=unix,addr.path="_s + escaped(m_options.cprPath)),
            i18n("Receives the open files on the CPR channel."));
    else if (m_options.cprFd >= 0)
        add(makeOption(
                u"incoming"_s, u"cpr,addr.transport=socket,addr.type=fd,addr.str=%1"_s.arg(m_options.cprFd)),
            i18n("Receives the open files on the CPR channel, whose listener the console passes."));
    if (m_options.mainPath.isEmpty())
        add(makeOption(u"incoming"_s, u"defer"_s),
            i18n("The main channel is opened once the destination's capabilities are set."));
    else
        add(makeOption(u"incoming"_s, u"unix:"_s + m_options.mainPath), i18n("Receives the guest's state."));
    if (!m_options.earlyParameters.isEmpty())
        add(makeOption(u"incoming"_s,
                u"config:"_s
                    + QString::fromUtf8(
                        QJsonDocument(m_options.earlyParameters).toJson(QJsonDocument::Compact))),
            i18n("The migration parameters, before a device is created."));
    if (m_options.startPaused)
        add(makeOption(u"S"_s),
            m_options.sameProcess
                ? i18n("The guest starts only when the new program has loaded all of it.")
                : i18n("The guest starts here only when the console has seen that the source has ended."));
    if (!m_timestampsSet)
        add(makeOption(u"msg"_s, u"timestamp=on"_s), i18n("The timeline needs the time of each trace line."));
    add(makeOption(u"D"_s, m_derived.logFile), i18n("The destination's trace log."));
    const QStringList patterns
        = m_options.tracePatterns.isEmpty() ? trace::subscription() : m_options.tracePatterns;
    for (const QString& pattern : patterns) {
        if (!m_facts.tracePatterns.contains(pattern))
            add(makeOption(u"trace"_s, escaped(pattern)), i18n("Recorded for the timeline."));
    }
}

DerivedCommand Deriver::run()
{
    if (m_options.monitorPath.isEmpty())
        m_options.monitorPath = m_options.socketFolder + u"/monitor"_s;
    if (m_options.logFile.isEmpty())
        m_options.logFile = m_options.socketFolder + u"/trace.log"_s;
    m_derived.logFile = m_options.logFile;
    m_usedPaths = { m_options.monitorPath, m_options.logFile, m_options.connectBackPath, m_options.mainPath,
        m_options.cprPath };
    CommandLine result = m_line;
    if (!m_options.binary.isEmpty() && m_options.binary != m_line.program()) {
        result.setProgram(m_options.binary);
        m_derived.changes.push_back({ .kind = Kind::Replaced,
            .before = m_line.program(),
            .after = m_options.binary,
            .reason = m_options.sameProcess ? i18n("The program that the source's process becomes.")
                                            : i18n("The program to update to.") });
    }
    // Before every other monitor, so that the console hears the destination first.
    if (!m_options.connectBackPath.isEmpty())
        add(makeOption(u"qmp"_s, u"unix:"_s + escaped(m_options.connectBackPath) + u",server=off"_s),
            i18n("The destination connects to the console as soon as it can answer."));
    for (std::size_t index = 0; index < m_line.options().size(); ++index) {
        if (!handle(index))
            keep(m_line.options()[index]);
    }
    addOwnOptions();
    result.options() = m_result;
    m_derived.argv = result.argv();
    return m_derived;
}

} // namespace

bool DerivedCommand::hasConflicts() const
{
    return std::ranges::any_of(
        changes, [](const CommandChange& change) { return change.kind == Kind::Conflict; });
}

Result<DerivedCommand> derive(const QStringList& sourceArgv, const DeriveOptions& options)
{
    Result<CommandLine> line = CommandLine::parse(sourceArgv);
    if (!line)
        return std::unexpected(line.error());
    const QString attempt = u"derive the destination's command line"_s;
    if (options.socketFolder.isEmpty())
        return failure(
            ErrorCode::InvalidArgument, attempt, line->program(), u"no folder for its sockets is given"_s);
    for (const CommandLine::Option& option : line->options()) {
        const QString argument = option.argument.value_or(QString());
        if (!argument.startsWith(u'{'))
            continue;
        if (const Result<OptionValue> value = OptionValue::parse(argument); !value)
            return failure(ErrorCode::Malformed, attempt, option.text().left(80), value.error().cause);
    }
    return Deriver(std::move(*line), options).run();
}

} // namespace cutover::op
