// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionplanner.h"

#include "trace/parser.h"

#include <QJsonArray>

#include <algorithm>

namespace cutover::op {

using namespace Qt::StringLiterals;

static constexpr qint64 slowBytesPerMs = 50'000;
static constexpr qint64 dayMs = 86'400'000;

static Command command(Side side, const QString& name, const QJsonObject& arguments, bool optional = false)
{
    return { .side = side, .name = name, .arguments = arguments, .optional = optional };
}

static QJsonArray capabilities(const QList<std::pair<QString, bool>>& values)
{
    QJsonArray list;
    for (const auto& [name, state] : values)
        list.append(QJsonObject{ { u"capability"_s, name }, { u"state"_s, state } });
    return list;
}

static Command setCapabilities(
    Side side, const QList<std::pair<QString, bool>>& values, bool optional = false)
{
    return command(
        side, u"migrate-set-capabilities"_s, { { u"capabilities"_s, capabilities(values) } }, optional);
}

static QJsonObject channel(const QString& type, const QJsonObject& address)
{
    return { { u"channel-type"_s, type }, { u"addr"_s, address } };
}

static void planCapabilities(MachineConfig& config, const Plan& plan, const Facts& source)
{
    QList<std::pair<QString, bool>> wanted;
    QList<std::pair<QString, bool>> before;
    for (const auto& [name, value] :
        { std::pair(u"events"_s, true), std::pair(u"return-path"_s, plan.returnPath) }) {
        const auto present = source.capability(name);
        if (!present || *present == value)
            continue;
        wanted.append({ name, value });
        before.append({ name, *present });
    }
    for (auto it = plan.capabilities.begin(); it != plan.capabilities.end(); ++it) {
        const auto present = source.capability(it.key());
        if (present == it->toBool())
            continue;
        wanted.append({ it.key(), it->toBool() });
        if (present)
            before.append({ it.key(), *present });
    }
    if (wanted.isEmpty())
        return;
    config.armSource.push_back(setCapabilities(Side::Source, wanted));
    config.restoreSource.push_back(setCapabilities(Side::Source, before, true));
}

/// What sets a parameter of the source to what it is now: null where nobody has set it over QMP and the VMM
/// takes that for its default. The value itself would no longer follow from other parameters.
static QJsonValue presentValue(const Facts& source, const QString& name)
{
    for (const QJsonValue& known : source.parameterProvenance) {
        const QJsonArray layers = known[u"layers"].toArray();
        const bool isSet = std::ranges::any_of(
            layers, [](const QJsonValue& layer) { return layer[u"source"].toString() == u"qmp"; });
        if (known[u"name"].toString() == name && !isSet && source.schema
            && source.schema->validate(u"migrate-set-parameters"_s, { { name, QJsonValue::Null } }))
            return QJsonValue::Null;
    }
    return source.parameters[name];
}

static void planMode(MachineConfig& config, const Plan& plan, const Facts& source)
{
    const QString present = source.parameters[u"mode"].toString();
    if (present == plan.mode || (present.isEmpty() && plan.mode == u"normal"))
        return;
    config.armSource.push_back(
        command(Side::Source, u"migrate-set-parameters"_s, { { u"mode"_s, plan.mode } }));
    if (!present.isEmpty())
        config.restoreSource.push_back(command(Side::Source, u"migrate-set-parameters"_s,
            { { u"mode"_s, presentValue(source, u"mode"_s) } }, true));
}

static void planParameters(MachineConfig& config, const Plan& plan, const Facts& source)
{
    QJsonObject ofSource = plan.parameters;
    if (!plan.sourceFault.isEmpty())
        ofSource.insert(u"x-fault"_s, plan.sourceFault);
    if (ofSource.isEmpty())
        return;
    QJsonObject before;
    for (const QString& name : ofSource.keys()) {
        if (source.parameters.contains(name))
            before.insert(name, presentValue(source, name));
    }
    config.armSource.push_back(command(Side::Source, u"migrate-set-parameters"_s, ofSource));
    if (!before.isEmpty())
        config.restoreSource.push_back(command(Side::Source, u"migrate-set-parameters"_s, before, true));
    if (plan.deferIncoming && !plan.parameters.isEmpty())
        config.configureDestination.push_back(
            command(Side::Destination, u"migrate-set-parameters"_s, plan.parameters));
}

static void planProgram(MachineConfig& config, const Plan& plan, const Facts& source)
{
    if (!plan.executes())
        return;
    const QString name = u"cpr-exec-command"_s;
    config.armSource.push_back(command(Side::Source, u"migrate-set-parameters"_s,
        { { name, QJsonArray::fromStringList(plan.launchArgv()) } }));
    config.restoreSource.push_back(command(
        Side::Source, u"migrate-set-parameters"_s, { { name, source.parameters[name].toArray() } }, true));
}

/// A log whose lines carry a time is worth having; one without is left as it is.
static void planTracing(MachineConfig& config, const Facts& source)
{
    if (!source.process || !source.process->command.timestamps || source.process->command.logFile.isEmpty())
        return;
    const QStringList& enabled = source.process->command.tracePatterns;
    for (const QString& pattern : trace::subscription()) {
        if (enabled.contains(pattern) || enabled.contains(u"*"_s))
            continue;
        const auto set = [&](bool on) {
            return command(Side::Source, u"trace-event-set-state"_s,
                { { u"name"_s, pattern }, { u"enable"_s, on }, { u"ignore-unavailable"_s, true } }, true);
        };
        config.armSource.push_back(set(true));
        config.restoreSource.push_back(set(false));
    }
}

/// So that the longest gap that is told afterwards is one of this migration.
static void planPulse(MachineConfig& config, const Facts& source)
{
    if (source.schema && source.schema->hasArgument(u"x-set-pulse-rates"_s, u"reset-gaps"_s))
        config.armSource.push_back(
            command(Side::Source, u"x-set-pulse-rates"_s, { { u"reset-gaps"_s, true } }, true));
}

MachineConfig planMachine(const Plan& plan, const Facts& source, const PlannerOptions& options)
{
    MachineConfig config;
    config.cpr = plan.needsCprChannel();
    config.throughFile = plan.savesToFile();
    config.exec = plan.executes();
    config.defer = plan.deferIncoming;
    config.guarded = plan.guardedCommit;
    config.launched = !plan.attached && !config.exec;
    config.keepSource = plan.keepSource;
    config.sourceWasRunning = source.isRunning();
    config.limits = options.limits;
    // What a slow disk reads in that time is not to be taken for a destination that hangs.
    if (plan.saved && plan.saved->copiedBytes > 0)
        config.limits.loadMs
            += static_cast<int>(std::min<qint64>(plan.saved->copiedBytes / slowBytesPerMs, dayMs));

    planCapabilities(config, plan, source);
    planMode(config, plan, source);
    planParameters(config, plan, source);
    planProgram(config, plan, source);
    if (options.traceSource)
        planTracing(config, source);
    if (options.samplePulse)
        planPulse(config, source);

    const QJsonObject main = channel(u"main"_s, plan.mainAddress);
    if (plan.deferIncoming) {
        QList<std::pair<QString, bool>> wanted{ { u"events"_s, true },
            { u"return-path"_s, plan.returnPath } };
        for (auto it = plan.capabilities.begin(); it != plan.capabilities.end(); ++it)
            wanted.append({ it.key(), it->toBool() });
        config.configureDestination.push_back(setCapabilities(Side::Destination, wanted));
        // With the guard, cont takes over the disks and their image locks, not the end of the migration. QEMU
        // 10.0 and 11.1 do so without the capability, too (measured, after -S as after stop): it is set
        // because only the capability documents it.
        if (plan.guardedCommit && source.capability(u"late-block-activate"_s))
            config.configureDestination.push_back(
                setCapabilities(Side::Destination, { { u"late-block-activate"_s, true } }, true));
        // In RunState inmigrate, stop only says that the end of the migration shall not start the guest.
        if (plan.guardedCommit && plan.attached)
            config.configureDestination.push_back(command(Side::Destination, u"stop"_s, {}));
        std::vector<Command>& incoming
            = config.throughFile ? config.loadDestination : config.configureDestination;
        incoming.push_back(command(Side::Destination, u"migrate-incoming"_s,
            { { u"channels"_s, QJsonArray{ main } }, { u"exit-on-error"_s, false } }));
        // Before the source has given the guest away there is nobody to configure.
        if (config.exec) {
            std::vector<Command>& all = config.configureDestination;
            config.loadDestination.insert(config.loadDestination.begin(), all.begin(), all.end());
            all.clear();
        }
    }

    const bool relayed = !plan.relayMainPath.isEmpty();
    QJsonArray channels{ relayed ? channel(u"main"_s, Plan::unixAddress(plan.relayMainPath)) : main };
    if (plan.needsCprChannel())
        channels.append(channel(u"cpr"_s, Plan::unixAddress(relayed ? plan.relayCprPath : plan.cprPath)));
    config.migrate = command(Side::Source, u"migrate"_s, { { u"channels"_s, channels } });
    return config;
}

} // namespace cutover::op
