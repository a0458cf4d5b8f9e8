// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/commandline.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

bool isFlagOption(const QString& name)
{
    static const QSet<QString> flags{ u"h"_s, u"help"_s, u"version"_s, u"S"_s, u"s"_s, u"daemonize"_s,
        u"enable-kvm"_s, u"enable-sync-profile"_s, u"full-screen"_s, u"jitdump"_s, u"perfmap"_s,
        u"mem-prealloc"_s, u"no-fd-bootchk"_s, u"no-reboot"_s, u"no-shutdown"_s, u"no-user-config"_s,
        u"nodefaults"_s, u"nographic"_s, u"only-migratable"_s, u"preconfig"_s, u"precreate"_s, u"snapshot"_s,
        u"usb"_s, u"win2k-hack"_s, u"xen-attach"_s, u"xen-domid-restrict"_s, u"no-acpi"_s, u"no-hpet"_s,
        u"no-kvm"_s, u"singlestep"_s, u"one-insn-per-tb"_s, u"alt-grab"_s, u"ctrl-grab"_s, u"no-quit"_s,
        u"sdl"_s, u"curses"_s, u"portrait"_s, u"semihosting"_s, u"old-param"_s, u"async-teardown"_s };
    return flags.contains(name);
}

/// Options whose argument may itself begin with a dash.
bool takesAnything(const QString& name)
{
    static const QSet<QString> names{ u"append"_s, u"name"_s, u"k"_s, u"seed"_s };
    return names.contains(name);
}

QString sizeOf(const OptionValue& value)
{
    return value.get({ u"size" }, true);
}

CharacterEnd socketEnd(const OptionValue& value, bool impliedPath)
{
    CharacterEnd end;
    const QString path = value.get({ u"path", u"addr.path", u"addr.data.path" }, impliedPath);
    const auto fd = value.get({ u"fd" });
    if (!fd.isEmpty()) {
        end.kind = CharacterEnd::Kind::Fd;
        bool ok = false;
        const int number = fd.toInt(&ok);
        end.fd = ok ? number : -1;
    } else if (!path.isEmpty()) {
        end.kind = CharacterEnd::Kind::UnixSocket;
        end.path = path;
    } else {
        end.kind = CharacterEnd::Kind::InetSocket;
        end.host = value.get({ u"host", u"addr.host", u"addr.data.host" });
        end.port = value.get({ u"port", u"addr.port", u"addr.data.port" });
    }
    end.server = value.flag(u"server").value_or(false);
    end.wait = end.server && value.flag(u"wait").value_or(true);
    return end;
}

CharacterEnd chardevEnd(const OptionValue& value)
{
    using Kind = CharacterEnd::Kind;
    const QString backend = value.get({ u"backend", u"backend.type" }, true);
    if (backend == u"socket")
        return socketEnd(value, false);
    CharacterEnd end;
    end.path = value.get({ u"path", u"input-path" });
    if (backend == u"file")
        end.kind = Kind::File;
    else if (backend == u"pipe")
        end.kind = Kind::Pipe;
    else if (backend == u"pty")
        end.kind = Kind::Pty;
    else if (backend == u"stdio")
        end.kind = Kind::Stdio;
    else if (backend == u"null")
        end.kind = Kind::None;
    else
        end.kind = Kind::Other;
    return end;
}

CharacterEnd legacyEnd(QString text)
{
    using Kind = CharacterEnd::Kind;
    CharacterEnd end;
    if (text.startsWith(u"mon:"))
        text.remove(0, 4);
    const qsizetype colon = text.indexOf(u':');
    const QString scheme = text.first(std::max<qsizetype>(colon, 0));
    const QString rest = text.sliced(colon + 1);
    if (scheme == u"unix")
        return socketEnd(OptionValue::parse(rest).value_or(OptionValue()), true);
    if (scheme == u"tcp" || scheme == u"telnet" || scheme == u"websocket" || scheme == u"tn3270") {
        const OptionValue value = OptionValue::parse(rest).value_or(OptionValue());
        end = socketEnd(value, false);
        const QString address = value.implied();
        end.host = address.section(u':', 0, -2);
        end.port = address.section(u':', -1);
        return end;
    }
    if (scheme == u"chardev") {
        end.kind = Kind::Chardev;
        end.chardev = rest;
    } else if (scheme == u"file" || scheme == u"pipe") {
        end.kind = scheme == u"file" ? Kind::File : Kind::Pipe;
        end.path = rest;
    } else if (text == u"stdio") {
        end.kind = Kind::Stdio;
    } else if (text == u"pty") {
        end.kind = Kind::Pty;
    } else if (text != u"none" && text != u"null") {
        end.kind = Kind::Other;
    }
    return end;
}

void findFdReferences(
    const QString& key, const QString& value, std::size_t option, std::vector<FdReference>& found)
{
    static const QSet<QString> keys{ u"fd"_s, u"fds"_s, u"vhostfd"_s, u"vhostfds"_s, u"iommufd-fd"_s };
    if (keys.contains(key.section(u'.', -1)) || value.startsWith(u"/dev/fdset/")
        || value.startsWith(u"/dev/fd/"))
        found.push_back({ .option = option, .text = key.isEmpty() ? value : QString(key + u'=' + value) });
}

void findFdReferences(const QJsonObject& object, std::size_t option, std::vector<FdReference>& found)
{
    for (auto entry = object.begin(); entry != object.end(); ++entry) {
        if (entry->isObject())
            findFdReferences(entry->toObject(), option, found);
        else
            findFdReferences(entry.key(), entry->toVariant().toString(), option, found);
    }
}

/// Reads one option after the other; what needs the whole line (monitors on chardevs) comes in finish().
class FactsReader
{
public:
    void read(std::size_t index, const CommandLine::Option& option);
    CommandFacts finish();

    CommandFacts facts;

private:
    struct MonOption
    {
        std::size_t option;
        QString chardev;
        bool pretty;
    };

    bool readScalar(const QString& name, const QString& argument);
    void readCharacterDevice(std::size_t index, const QString& name, const QString& argument);
    void readValue(std::size_t index, const QString& name, const OptionValue& value);
    void readNetwork(std::size_t index, const QString& name, const OptionValue& value);
    void readObject(std::size_t index, const OptionValue& value);
    void readMachine(const OptionValue& value);
    void readIncoming(std::size_t index, const QString& argument);

    std::vector<MonOption> m_mons;
};

bool FactsReader::readScalar(const QString& name, const QString& argument)
{
    if (name == u"S")
        facts.startPaused = true;
    else if (name == u"daemonize")
        facts.daemonize = true;
    else if (name == u"snapshot")
        facts.snapshot = true;
    else if (name == u"enable-kvm")
        facts.accelerators << u"kvm"_s;
    else if (name == u"pidfile")
        facts.pidFile = argument;
    else if (name == u"D")
        facts.logFile = argument;
    else if (name == u"mem-path")
        facts.memoryPath = argument;
    else if (name == u"sandbox")
        facts.sandbox = argument;
    else if (name == u"vnc" && argument != u"none")
        facts.vncDisplays << argument;
    else if (name == u"display" && argument.startsWith(u"vnc="))
        facts.vncDisplays << argument.sliced(4);
    else
        return false;
    return true;
}

void FactsReader::readCharacterDevice(std::size_t index, const QString& name, const QString& argument)
{
    const bool isQmp = name == u"qmp" || name == u"qmp-pretty";
    const CharacterEnd end = parseCharacterEnd(name, argument);
    const OptionValue value = OptionValue::parse(argument).value_or(OptionValue());
    facts.characterDevices.push_back({ .option = index,
        .id = name == u"chardev" ? value.get({ u"id" }) : QString(),
        .optionName = name,
        .end = end });
    if (isQmp && end.kind == CharacterEnd::Kind::Chardev)
        m_mons.push_back({ .option = index, .chardev = end.chardev, .pretty = name == u"qmp-pretty" });
    else if (isQmp)
        facts.monitors.push_back({ .end = end,
            .option = index,
            .monitorOption = index,
            .chardevId = {},
            .pretty = name == u"qmp-pretty" });
}

void FactsReader::readMachine(const OptionValue& value)
{
    if (const QString type = value.get({ u"type" }, true); !type.isEmpty())
        facts.machineType = type;
    if (const auto backend = value.get(u"memory-backend"))
        facts.memoryBackendId = *backend;
    if (const auto share = value.flag(u"aux-ram-share"))
        facts.auxRamShare = share;
    if (const auto accelerators = value.get(u"accel"))
        facts.accelerators << accelerators->split(u':');
}

void FactsReader::readObject(std::size_t index, const OptionValue& value)
{
    const QString type = value.get({ u"qom-type" }, true);
    const QString id = value.get({ u"id" });
    facts.objectIds << id;
    if (!type.startsWith(u"memory-backend-"))
        return;
    facts.memoryBackends.push_back({ .option = index,
        .id = id,
        .type = type,
        .size = value.get({ u"size" }),
        .path = value.get({ u"mem-path" }),
        .share = value.flag(u"share") });
}

void FactsReader::readNetwork(std::size_t index, const QString& name, const OptionValue& value)
{
    NetworkBackend backend{ .option = index,
        .id = value.get({ u"id" }),
        .type = value.get({ u"type" }, true),
        .ifname = value.get({ u"ifname" }),
        .fds = {},
        .hostForwards = {},
        .chardev = value.get({ u"chardev" }),
        .passesLocally = value.flag(u"local-migration-supported") };
    if (name == u"net" && backend.type == u"nic")
        return;
    for (const QString& key : { u"fd"_s, u"fds"_s, u"vhostfd"_s, u"vhostfds"_s }) {
        if (const auto fds = value.get(key))
            backend.fds << *fds;
    }
    for (const OptionValue::Item& item : value.items()) {
        if (item.key == u"hostfwd")
            backend.hostForwards << item.value;
    }
    const QJsonArray forwards = value.object().value(u"hostfwd").toArray();
    for (const QJsonValue& forward : forwards)
        backend.hostForwards << forward.toObject().value(u"str").toString();
    facts.networkBackends.push_back(backend);
}

void FactsReader::readIncoming(std::size_t index, const QString& argument)
{
    IncomingSpec spec{
        .option = index, .kind = IncomingSpec::Kind::Main, .text = argument, .path = {}, .fd = -1
    };
    if (argument == u"defer") {
        spec.kind = IncomingSpec::Kind::Defer;
    } else if (argument.startsWith(u"config:")) {
        spec.kind = IncomingSpec::Kind::Config;
    } else if (argument.startsWith(u"unix:")) {
        spec.path = argument.sliced(5);
    } else if (argument.startsWith(u"fd:")) {
        spec.fd = argument.sliced(3).toInt();
    } else if (argument.startsWith(u'{') || argument.startsWith(u"cpr,") || argument.startsWith(u"main,")
        || argument.contains(u"channel-type=")) {
        const OptionValue value = OptionValue::parse(argument).value_or(OptionValue());
        if (value.get({ u"channel-type" }, true) == u"cpr")
            spec.kind = IncomingSpec::Kind::Cpr;
        if (value.get({ u"addr.type" }) == u"fd")
            spec.fd = value.get({ u"addr.str" }).toInt();
        else
            spec.path = value.get({ u"addr.path" });
    }
    facts.incoming.push_back(spec);
}

void FactsReader::readValue(std::size_t index, const QString& name, const OptionValue& value)
{
    if (name == u"name") {
        facts.name = value.get({ u"guest" }, true);
        facts.debugThreads = value.flag(u"debug-threads").value_or(false);
    } else if (name == u"mon") {
        if (value.get({ u"mode" }) == u"control")
            m_mons.push_back({ .option = index,
                .chardev = value.get({ u"chardev" }, true),
                .pretty = value.flag(u"pretty").value_or(false) });
    } else if (name == u"machine" || name == u"M") {
        readMachine(value);
    } else if (name == u"m") {
        facts.memorySize = sizeOf(value);
    } else if (name == u"accel") {
        facts.accelerators << value.get({ u"accel" }, true);
    } else if (name == u"msg") {
        facts.timestamps = value.flag(u"timestamp").value_or(false);
    } else if (name == u"trace") {
        if (const QString pattern = value.get({ u"enable" }, true); !pattern.isEmpty())
            facts.tracePatterns << pattern;
    } else if (name == u"object") {
        readObject(index, value);
    } else if (name == u"device") {
        if (const QString id = value.get({ u"id" }); !id.isEmpty())
            facts.deviceIds << id;
    } else if (name == u"netdev" || name == u"nic" || name == u"net") {
        readNetwork(index, name, value);
    }
}

void FactsReader::read(std::size_t index, const CommandLine::Option& option)
{
    const QString argument = option.argument.value_or(QString());
    if (readScalar(option.name, argument))
        return;
    if (option.name == u"incoming") {
        readIncoming(index, argument);
        return;
    }
    static const QSet<QString> characterOptions{ u"chardev"_s, u"qmp"_s, u"qmp-pretty"_s, u"serial"_s,
        u"parallel"_s, u"monitor"_s, u"debugcon"_s, u"gdb"_s, u"qtest"_s };
    if (characterOptions.contains(option.name))
        readCharacterDevice(index, option.name, argument);
    const Result<OptionValue> value = OptionValue::parse(argument);
    if (!value)
        return;
    readValue(index, option.name, *value);
    if (value->isJson())
        findFdReferences(value->object(), index, facts.fdReferences);
    for (const OptionValue::Item& item : value->items())
        findFdReferences(item.key, item.value, index, facts.fdReferences);
}

CommandFacts FactsReader::finish()
{
    for (const MonOption& mon : m_mons) {
        MonitorSpec monitor;
        monitor.end.kind = CharacterEnd::Kind::Chardev;
        monitor.end.chardev = mon.chardev;
        monitor.option = mon.option;
        monitor.monitorOption = mon.option;
        monitor.chardevId = mon.chardev;
        monitor.pretty = mon.pretty;
        for (const CharacterDevice& device : facts.characterDevices) {
            if (device.optionName == u"chardev" && device.id == mon.chardev) {
                monitor.end = device.end;
                monitor.option = device.option;
            }
        }
        facts.monitors.push_back(monitor);
    }
    std::erase_if(facts.fdReferences, [this](const FdReference& reference) {
        return std::ranges::any_of(
            facts.monitors, [&](const MonitorSpec& monitor) { return monitor.option == reference.option; });
    });
    return facts;
}

} // namespace

bool MemoryBackend::isShared() const
{
    const bool sharedByDefault = type == u"memory-backend-memfd" || type == u"memory-backend-shm";
    return share.value_or(sharedByDefault);
}

QString CommandLine::Option::text() const
{
    if (name.isEmpty())
        return spelling;
    return argument ? QString(spelling + u' ' + *argument) : spelling;
}

Result<CommandLine> CommandLine::parse(const QStringList& argv)
{
    if (argv.isEmpty() || argv.first().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"read the command line"_s, {}, u"it names no program"_s);
    CommandLine line;
    line.m_program = argv.first();
    for (qsizetype index = 1; index < argv.size(); ++index) {
        const QString& word = argv[index];
        if (!word.startsWith(u'-') || word.size() < 2) {
            line.m_options.push_back({ .name = {}, .spelling = word, .argument = {} });
            continue;
        }
        Option option{
            .name = word.sliced(word.startsWith(u"--") ? 2 : 1), .spelling = word, .argument = {}
        };
        if (!isFlagOption(option.name) && index + 1 < argv.size()) {
            const QString& next = argv[index + 1];
            if (!next.startsWith(u'-') || next.size() < 2 || takesAnything(option.name)) {
                option.argument = next;
                ++index;
            }
        }
        line.m_options.push_back(option);
    }
    return line;
}

QStringList CommandLine::argv() const
{
    QStringList words{ m_program };
    for (const Option& option : m_options) {
        words << option.spelling;
        if (option.argument)
            words << *option.argument;
    }
    return words;
}

CommandFacts CommandLine::facts() const
{
    FactsReader reader;
    reader.facts.program = m_program;
    for (std::size_t index = 0; index < m_options.size(); ++index)
        reader.read(index, m_options[index]);
    return reader.finish();
}

CharacterEnd parseCharacterEnd(const QString& optionName, const QString& argument)
{
    if (optionName != u"chardev")
        return legacyEnd(argument);
    const Result<OptionValue> value = OptionValue::parse(argument);
    if (value)
        return chardevEnd(*value);
    CharacterEnd end;
    end.kind = CharacterEnd::Kind::Other;
    return end;
}

QString shellLine(const QStringList& argv)
{
    static const QRegularExpression safe(u"^[A-Za-z0-9_@%+=:,./-]+$"_s);
    QStringList words;
    for (const QString& word : argv) {
        if (safe.match(word).hasMatch())
            words << word;
        else
            words << u'\'' + QString(word).replace(u'\'', u"'\\''"_s) + u'\'';
    }
    return words.join(u' ');
}

} // namespace cutover::op
