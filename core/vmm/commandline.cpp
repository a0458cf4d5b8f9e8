// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/commandline.h"

#include "engine/combinations.h"
#include "engine/optiontext.h"
#include "vmm/commandlinehelp.h"

#include <QSet>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 pageBytes = 4096;
constexpr qint64 minMemoryBytes = qint64{ 1 } << 20;
constexpr qint64 maxMemoryBytes = qint64{ 1 } << 40;
constexpr int maxProcessors = 64;

std::unexpected<Error> refuse(const QString& option, const QString& argument, const QString& cause)
{
    return failure(ErrorCode::InvalidArgument, u"use -"_s + option, argument, cause,
        u"cutover-vmm -help lists the options."_s);
}

/// The items of one option's argument by key. The first item without '=' has the key \a implied.
class Items
{
public:
    static Result<Items> parse(const QString& option, const QString& argument, const QString& implied)
    {
        Items items;
        items.m_option = option;
        items.m_argument = argument;
        const QList<engine::OptionItem> split = engine::splitOption(argument);
        for (qsizetype i = 0; i < split.size(); ++i) {
            QString key = split[i].key;
            QString value = split[i].value;
            if (key.isEmpty() && i == 0 && !implied.isEmpty()) {
                key = implied;
            } else if (key.isEmpty() && !value.isEmpty()) {
                // A bare "key" is "key=on", "nokey" is "key=off".
                const bool off = value.startsWith(u"no") && value.size() > 2;
                key = off ? value.sliced(2) : value;
                value = off ? u"off"_s : u"on"_s;
            }
            if (key.isEmpty())
                return refuse(option, argument, u"it has an empty key"_s);
            if (items.m_values.contains(key))
                return refuse(option, argument, u"the key '%1' was given twice"_s.arg(key));
            items.m_values.insert(key, value);
        }
        return items;
    }

    Result<void> onlyKeys(std::initializer_list<QStringView> keys) const
    {
        for (auto it = m_values.keyBegin(); it != m_values.keyEnd(); ++it) {
            if (std::ranges::find(keys, QStringView(*it)) == keys.end())
                return refuse(m_option, m_argument, u"there is no key '%1'"_s.arg(*it));
        }
        return {};
    }
    bool contains(const QString& key) const { return m_values.contains(key); }
    QString value(const QString& key) const { return m_values.value(key); }
    Result<bool> flag(const QString& key, bool absent) const
    {
        if (!contains(key))
            return absent;
        const auto on = engine::parseBool(value(key));
        if (!on)
            return refuse(m_option, m_argument, u"'%1' of '%2' is not on or off"_s.arg(value(key), key));
        return *on;
    }
    QJsonObject toJson() const
    {
        QJsonObject object;
        for (auto it = m_values.begin(); it != m_values.end(); ++it)
            object[it.key()] = it.value();
        return object;
    }

private:
    QString m_option;
    QString m_argument;
    QMap<QString, QString> m_values;
};

class Parser
{
public:
    Result<VmmOptions> parse(const QStringList& arguments);

private:
    using Handler = Result<void> (Parser::*)(const QString& argument);
    static Handler handler(const QString& option);

    Result<void> name(const QString& argument);
    Result<void> memory(const QString& argument);
    Result<void> processors(const QString& argument);
    Result<void> accelerator(const QString& argument);
    Result<void> machine(const QString& argument);
    Result<void> global(const QString& argument);
    Result<void> qmp(const QString& argument);
    Result<void> trace(const QString& argument);
    Result<void> logFile(const QString& argument);
    Result<void> message(const QString& argument);
    Result<void> later(const QString&) { return {}; }

    Result<void> applyDefaults();
    Result<void> makeDevices(const QString& option, bool object, QList<DeviceOptions>& list);
    Result<void> checkMemory();
    Result<void> applyMigration();

    QStringList all(const QString& option) const;

    VmmOptions m_options;
    QList<std::pair<QString, QString>> m_given; ///< option, argument
    std::optional<quint64> m_memory;
    QList<std::pair<QString, QString>> m_globals; ///< "driver.property", value
    QSet<QString> m_ids;
};

/// Help asked for by an argument ("-device help"), which wins over every error.
std::optional<Result<QString>> helpFor(const QString& option, const QString& argument)
{
    const bool object = option == u"object";
    if (option == u"device" || object) {
        if (argument == u"help" || argument == u"?")
            return driversText(object);
        if (argument.endsWith(u",help"))
            return driverText(argument.section(u',', 0, 0), object);
    }
    if (option == u"machine" && argument == u"help")
        return QString(u"compat=<str> - machine version: "_s + engine::compatVersions().join(u", "_s)
            + u"\nmemory-backend=<str> - an -object that is guest RAM\n"_s);
    if (option == u"accel" && argument == u"help")
        return u"thread\nkvm\n"_s;
    return std::nullopt;
}

Parser::Handler Parser::handler(const QString& option)
{
    static const QHash<QString, Handler> handlers{ { u"name"_s, &Parser::name }, { u"m"_s, &Parser::memory },
        { u"smp"_s, &Parser::processors }, { u"accel"_s, &Parser::accelerator },
        { u"machine"_s, &Parser::machine }, { u"global"_s, &Parser::global }, { u"qmp"_s, &Parser::qmp },
        { u"trace"_s, &Parser::trace }, { u"D"_s, &Parser::logFile }, { u"msg"_s, &Parser::message } };
    return handlers.value(option, &Parser::later);
}

Result<VmmOptions> Parser::parse(const QStringList& arguments)
{
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        const QString& word = arguments[i];
        if (!word.startsWith(u'-') || word == u"-")
            return refuse(word, {}, u"it is no option"_s);
        const QString option = word.sliced(word.startsWith(u"--") ? 2 : 1);
        const OptionType* const type = optionType(option == u"h" ? u"help" : QStringView(option));
        if (!type) {
            return failure(ErrorCode::InvalidArgument, u"use the option"_s, word,
                u"there is no such option"_s, u"cutover-vmm -help lists the options."_s);
        }
        if (type->name == u"help" || type->name == u"version") {
            return VmmOptions{ .action = VmmOptions::Action::Print,
                .text = type->name == u"help" ? helpText() : versionText() };
        }
        const bool again = std::ranges::contains(m_given, type->name, &std::pair<QString, QString>::first);
        if (again && !type->repeatable)
            return refuse(option, {}, u"it was given before"_s);
        QString argument;
        if (!type->argument.isEmpty()) {
            if (i + 1 == arguments.size())
                return refuse(option, {}, u"its argument is missing: %1"_s.arg(type->argument));
            argument = arguments[++i];
            if (const auto help = helpFor(option, argument)) {
                if (!*help)
                    return std::unexpected(help->error());
                return VmmOptions{ .action = VmmOptions::Action::Print, .text = **help };
            }
        }
        m_given.append({ type->name, argument });
    }
    for (const auto& [option, argument] : std::as_const(m_given)) {
        if (auto done = (this->*handler(option))(argument); !done)
            return std::unexpected(done.error());
    }
    m_options.precreate = !all(u"precreate"_s).isEmpty();
    m_options.startPaused = !all(u"S"_s).isEmpty();
    if (auto done = applyDefaults(); !done)
        return std::unexpected(done.error());
    if (auto done = makeDevices(u"object"_s, true, m_options.objects); !done)
        return std::unexpected(done.error());
    if (auto done = makeDevices(u"device"_s, false, m_options.devices); !done)
        return std::unexpected(done.error());
    if (auto done = checkMemory(); !done)
        return std::unexpected(done.error());
    if (auto done = applyMigration(); !done)
        return std::unexpected(done.error());
    return m_options;
}

QStringList Parser::all(const QString& option) const
{
    QStringList found;
    for (const auto& [given, argument] : m_given) {
        if (given == option)
            found.append(argument);
    }
    return found;
}

Result<void> Parser::name(const QString& argument)
{
    const auto items = Items::parse(u"name"_s, argument, u"guest"_s);
    if (!items)
        return std::unexpected(items.error());
    m_options.name = items->value(u"guest"_s);
    return items->onlyKeys({ u"guest" });
}

Result<void> Parser::memory(const QString& argument)
{
    const auto items = Items::parse(u"m"_s, argument, u"size"_s);
    if (!items)
        return std::unexpected(items.error());
    if (auto known = items->onlyKeys({ u"size" }); !known)
        return known;
    const auto bytes = engine::parseSize(items->value(u"size"_s), qint64{ 1 } << 20);
    if (!bytes || *bytes < minMemoryBytes || *bytes > maxMemoryBytes || *bytes % pageBytes != 0)
        return refuse(u"m"_s, argument, u"it is not a size of 1M to 1T in whole pages of 4096 bytes"_s);
    m_memory = quint64(*bytes);
    return {};
}

Result<void> Parser::processors(const QString& argument)
{
    const auto items = Items::parse(u"smp"_s, argument, u"cpus"_s);
    if (!items)
        return std::unexpected(items.error());
    if (auto known = items->onlyKeys({ u"cpus" }); !known)
        return known;
    const auto number = engine::parseInteger(items->value(u"cpus"_s));
    if (!number || *number < 1 || *number > maxProcessors)
        return refuse(u"smp"_s, argument, u"it is not a number from 1 to %1"_s.arg(maxProcessors));
    m_options.processors = int(*number);
    return {};
}

Result<void> Parser::accelerator(const QString& argument)
{
    const auto items = Items::parse(u"accel"_s, argument, u"accel"_s);
    if (!items)
        return std::unexpected(items.error());
    if (auto known = items->onlyKeys({ u"accel", u"device" }); !known)
        return known;
    AcceleratorWish& wish = m_options.accelerator;
    wish.names = items->value(u"accel"_s).split(u':');
    for (const QString& name : std::as_const(wish.names)) {
        if (!acceleratorNames().contains(name))
            return refuse(u"accel"_s, argument, u"there is no such accelerator; known are thread and kvm"_s);
    }
    if (items->contains(u"device"_s) && !wish.names.contains(u"kvm"))
        return refuse(u"accel"_s, argument, u"'device' is of -accel kvm"_s);
    if (items->contains(u"device"_s))
        wish.kvmDevice = items->value(u"device"_s);
    return {};
}

Result<void> Parser::machine(const QString& argument)
{
    const auto items = Items::parse(u"machine"_s, argument, {});
    if (!items)
        return std::unexpected(items.error());
    if (auto known = items->onlyKeys({ u"compat", u"memory-backend" }); !known)
        return known;
    if (items->contains(u"compat"_s)) {
        m_options.compat = items->value(u"compat"_s);
        if (auto known = engine::compatDefaults(m_options.compat); !known)
            return refuse(u"machine"_s, argument, known.error().cause);
    }
    m_options.memoryBackend = items->value(u"memory-backend"_s);
    return {};
}

Result<void> Parser::global(const QString& argument)
{
    const auto equals = argument.indexOf(u'=');
    const QString path = equals < 0 ? argument : argument.first(equals);
    const auto dot = path.lastIndexOf(u'.');
    if (equals < 0 || dot <= 0 || dot + 1 == path.size())
        return refuse(u"global"_s, argument, u"it has not the form DRIVER.PROPERTY=VALUE"_s);
    m_globals.append({ path, argument.sliced(equals + 1) });
    return {};
}

Result<void> Parser::qmp(const QString& argument)
{
    const auto items = Items::parse(u"qmp"_s, argument, u"unix"_s);
    if (!items)
        return std::unexpected(items.error());
    if (auto known = items->onlyKeys({ u"unix", u"server", u"wait" }); !known)
        return known;
    const QString address = items->value(u"unix"_s);
    if (!argument.startsWith(u"unix:") || address.size() <= 5)
        return refuse(u"qmp"_s, argument, u"it does not begin with unix:PATH"_s);
    const auto server = items->flag(u"server"_s, false);
    if (!server)
        return std::unexpected(server.error());
    const auto wait = items->flag(u"wait"_s, *server);
    if (!wait)
        return std::unexpected(wait.error());
    if (*wait && !*server)
        return refuse(u"qmp"_s, argument, u"'wait' is for server=on only"_s);
    const MonitorOptions monitor{ .path = address.sliced(5), .server = *server, .wait = *wait };
    if (std::ranges::contains(m_options.monitors, monitor.path, &MonitorOptions::path))
        return refuse(u"qmp"_s, argument, u"another -qmp has the same path"_s);
    m_options.monitors.append(monitor);
    return {};
}

Result<void> Parser::trace(const QString& argument)
{
    const auto items = Items::parse(u"trace"_s, argument, u"enable"_s);
    if (!items)
        return std::unexpected(items.error());
    if (items->value(u"enable"_s).isEmpty())
        return refuse(u"trace"_s, argument, u"the pattern is missing"_s);
    m_options.tracePatterns.append(items->value(u"enable"_s));
    return items->onlyKeys({ u"enable" });
}

Result<void> Parser::logFile(const QString& argument)
{
    if (argument.isEmpty())
        return refuse(u"D"_s, argument, u"the path is empty"_s);
    m_options.logFile = argument;
    return {};
}

Result<void> Parser::message(const QString& argument)
{
    const auto items = Items::parse(u"msg"_s, argument, u"timestamp"_s);
    if (!items)
        return std::unexpected(items.error());
    const auto on = items->flag(u"timestamp"_s, false);
    if (!on)
        return std::unexpected(on.error());
    m_options.timestamps = *on;
    return items->onlyKeys({ u"timestamp" });
}

Result<void> Parser::applyDefaults()
{
    if (m_options.compat.isEmpty())
        m_options.compat = engine::compatVersions().last();
    if (auto done = m_options.settings.applyCompat(m_options.compat); !done)
        return done;
    const auto compat = engine::compatDefaults(m_options.compat);
    if (!compat)
        return std::unexpected(compat.error());
    for (const engine::CompatDefault& row : *compat) {
        if (row.driver == u"migration")
            continue;
        const auto preset
            = parsePropertyDefault(row.driver, row.property, row.value, u"use the machine version"_s);
        if (!preset)
            return std::unexpected(preset.error());
        m_options.defaults.append(*preset);
    }
    for (const auto& [path, value] : std::as_const(m_globals)) {
        const auto dot = path.lastIndexOf(u'.');
        const QString driver = path.first(dot);
        const QString property = path.sliced(dot + 1);
        if (driver == u"migration") {
            if (auto done = m_options.settings.applyGlobal(property, value); !done)
                return done;
            continue;
        }
        const auto preset = parsePropertyDefault(driver, property, value, u"use -global"_s);
        if (!preset)
            return std::unexpected(preset.error());
        m_options.defaults.append(*preset);
    }
    return {};
}

Result<void> Parser::makeDevices(const QString& option, bool object, QList<DeviceOptions>& list)
{
    for (const QString& argument : all(option)) {
        QJsonObject given;
        if (engine::isJsonOption(argument)) {
            const auto parsed = engine::parseJsonOption(argument, u"use -"_s + option);
            if (!parsed)
                return std::unexpected(parsed.error());
            given = *parsed;
        } else {
            const auto items = Items::parse(option, argument, object ? u"qom-type"_s : u"driver"_s);
            if (!items)
                return std::unexpected(items.error());
            given = items->toJson();
        }
        auto made = makeDeviceOptions(given, object, m_options.defaults, u"use -"_s + option);
        if (!made)
            return std::unexpected(made.error());
        if (m_ids.contains(made->id))
            return refuse(option, argument, u"the id '%1' was given before"_s.arg(made->id));
        m_ids.insert(made->id);
        list.append(*made);
    }
    return {};
}

Result<void> Parser::checkMemory()
{
    quint64 total = 0;
    for (const DeviceOptions& object : std::as_const(m_options.objects))
        total += quint64(object.properties[u"size"].toInteger());
    if (total > 0 && m_memory && *m_memory != total) {
        return refuse(u"m"_s, QString::number(*m_memory),
            u"the memory of all -object options is %1 bytes"_s.arg(total));
    }
    if (total > quint64(maxMemoryBytes))
        return refuse(u"object"_s, {}, u"the memory of all -object options is more than 1T"_s);
    m_options.memoryBytes = total > 0 ? total : m_memory.value_or(m_options.memoryBytes);
    const QString& backend = m_options.memoryBackend;
    if (!backend.isEmpty() && !std::ranges::contains(m_options.objects, backend, &DeviceOptions::id))
        return refuse(u"machine"_s, backend, u"no -object has this id"_s);
    return {};
}

Result<void> Parser::applyMigration()
{
    auto incoming = engine::parseIncoming(all(u"incoming"_s));
    if (!incoming)
        return std::unexpected(incoming.error());
    m_options.incoming = std::move(*incoming);
    if (m_options.incoming.config) {
        if (auto done = m_options.settings.applyConfig(*m_options.incoming.config); !done)
            return done;
    }
    return engine::checkCombination({ .moment = engine::CheckMoment::Start,
        .parameters = m_options.settings.parameters.parameters(),
        .channels = m_options.incoming.channels,
        .defer = m_options.incoming.defer });
}

} // namespace

Result<VmmOptions> parseCommandLine(const QStringList& arguments)
{
    return Parser().parse(arguments);
}

} // namespace cutover::vmm
