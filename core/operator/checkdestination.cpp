// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"

#include <algorithm>

namespace cutover::op::checks {

using namespace Qt::StringLiterals;

Check destinationState(const Context& context)
{
    const QString id = u"destination-state"_s;
    const QString title = i18n("The destination waits for a guest");
    if (!context.destination)
        return notApplicable(id, title, i18n("The destination cannot be asked yet."));
    const Facts& facts = *context.destination;
    if (!facts.monitorUsable)
        return refuse(id, title, facts.monitorError,
            i18n("Close the program that is connected to this monitor, or start the destination anew."));
    // Ours waits in precreate for the CPR state, where a QEMU has no monitor yet.
    if (facts.runState != u"inmigrate" && facts.runState != u"precreate")
        return refuse(id, title, i18n("The destination is in the state “%1”.", facts.runState),
            i18n("Start it with “-incoming defer”; a VMM that runs a guest cannot receive another one."));
    if (facts.migrationStatus != u"none" && !facts.migrationStatus.isEmpty() && context.plan.deferIncoming
        && facts.migrationStatus != u"setup")
        return refuse(id, title, i18n("Its incoming migration is in the state “%1”.", facts.migrationStatus),
            i18n("Start the destination anew."));
    return pass(id, title, i18n("It is in the state “%1”.", facts.runState));
}

/// The source's own program is there, and as new as the source; another one was asked for.
static Check withSourceProgram(Check check, const Context& context)
{
    if (context.plan.binary.isEmpty() || context.plan.attached)
        return check;
    return fixable(std::move(check), { .kind = FixKind::Program, .names = { QString() } });
}

Check binary(const Context& context)
{
    const QString id = u"binary"_s;
    const QString title = i18n("The destination's program can be started");
    if (context.plan.attached)
        return notApplicable(id, title, i18n("The destination runs already."));
    if (!context.plan.binaryFacts)
        return warning(
            id, title, i18n("The program was not looked at."), i18n("Check that it can be executed."));
    const BinaryFacts& facts = *context.plan.binaryFacts;
    if (!facts.exists)
        return withSourceProgram(refuse(id, title, i18n("%1 does not exist.", facts.path),
                                     i18n("Install it, or name another program with --binary.")),
            context);
    if (!facts.executable)
        return withSourceProgram(refuse(id, title, i18n("%1 is not executable.", facts.path),
                                     i18n("Set its permissions, or name another program with --binary.")),
            context);
    return pass(
        id, title, facts.versionText.isEmpty() ? facts.path : i18n("%1: %2", facts.path, facts.versionText));
}

/// What the source gave up when it started, and the program that it executes would miss.
static QStringList lostRights(const Context& context)
{
    QStringList found;
    const auto line = CommandLine::parse(context.source.process->argv);
    if (!line)
        return found;
    for (const CommandLine::Option& option : line->options()) {
        const QString argument = option.argument.value_or(QString());
        const bool changes
            = option.name == u"run-with" && (argument.contains(u"chroot=") || argument.contains(u"user="));
        if (changes || option.name == u"chroot" || option.name == u"runas")
            found << option.text();
    }
    return found;
}

Check execProgram(const Context& context)
{
    const QString id = u"exec-program"_s;
    const QString title = i18n("The source's process can become the new program");
    constexpr Version first{ 10, 2, 0 };
    if (!context.plan.executes())
        return notApplicable(id, title, i18n("The mode is not cpr-exec."));
    if (context.plan.attached)
        return refuse(id, title, i18n("A destination was started already."),
            i18n("In the mode cpr-exec the source's own process becomes the destination: let Cutover derive "
                 "it, or choose the mode cpr-transfer."));
    if (!context.source.process || context.source.process->argv.isEmpty())
        return refuse(id, title, i18n("The source's process is not known."),
            i18n("Run on the same host as the source, and as its user or as root."));
    if (const QStringList lost = lostRights(context); !lost.isEmpty())
        return fixableByMode(
            refuse(id, title, i18n("The source has given up rights: %1.", lost.join(u", "_s)),
                i18n(
                    "The new program may not find its files, and there would be no way back: choose the mode "
                    "cpr-transfer.")),
            context, u"cpr-transfer"_s);
    const std::optional<Version> version
        = context.plan.binaryFacts ? context.plan.binaryFacts->version : std::nullopt;
    if (!version)
        return refuse(id, title, i18n("The new program did not say its version."),
            i18n("Name a QEMU from 10.2 on with --binary: another program would end with the guest's RAM."));
    if (*version < first || *version < context.source.version)
        return withSourceProgram(
            refuse(id, title, i18n("%1 to %2", context.source.version.toString(), version->toString()),
                i18n(
                    "An older QEMU does not understand what it is handed, and there is no way back: name one "
                    "that is at least as new as the source, and from 10.2 on.")),
            context);
    return pass(id, title,
        i18n("Process %1 executes version %2.", QString::number(context.source.process->pid),
            version->toString()));
}

Check binaryVersion(const Context& context)
{
    const QString id = u"binary-version"_s;
    const QString title = i18n("The destination is not older than the source");
    std::optional<Version> version;
    if (context.destination && context.destination->monitorUsable)
        version = context.destination->version;
    else if (context.plan.binaryFacts)
        version = context.plan.binaryFacts->version;
    if (!version)
        return warning(id, title, i18n("The destination's version is not known."),
            i18n("Check that it is not older than %1.", context.source.version.toString()));
    const QString evidence = i18n("%1 to %2", context.source.version.toString(), version->toString());
    if (*version < context.source.version)
        return withSourceProgram(
            warning(id, title, evidence,
                i18n("An older version may not understand the newer one's state; the guest then stays on the "
                     "source.")),
            context);
    return pass(id, title, evidence);
}

Check machineType(const Context& context)
{
    const QString id = u"machine-type"_s;
    const QString title = i18n("Both build the same machine");
    const QString& source = context.source.machineType;
    if (context.destination && !context.destination->machineType.isEmpty() && !source.isEmpty()) {
        if (context.destination->machineType == source)
            return pass(id, title, i18n("Both are %1.", source));
        return refuse(id, title, i18n("%1 and %2.", source, context.destination->machineType),
            i18n("Start the destination with “-machine %1”.", source));
    }
    const QString& wanted = context.launch.machineType;
    const bool sameProgram = context.plan.binary.isEmpty()
        || (context.source.process && context.plan.binary == context.source.process->executable
            && !context.source.process->executableReplaced);
    if (context.launchKnown && source.isEmpty() && wanted.isEmpty() && sameProgram)
        return pass(id, title, i18n("Neither names a machine type, and both are the same program."));
    if (!context.launchKnown || source.isEmpty())
        return warning(id, title, i18n("The machine types are not known."),
            i18n("Make sure that both have the same “-machine”."));
    if (wanted == source)
        return pass(id, title, i18n("Both are %1.", source));
    const bool asSource = context.source.process && wanted == context.source.process->command.machineType;
    if (asSource && sameProgram)
        return pass(id, title, i18n("Both are started as “%1” by the same program.", wanted));
    if (asSource)
        return warning(id, title,
            i18n("“%1” means %2 in the source, and perhaps another in the destination.",
                wanted.isEmpty() ? i18n("default") : wanted, source),
            i18n("Start the destination with “-machine %1”.", source));
    return refuse(id, title, i18n("The source is %1, the destination “%2”.", source, wanted),
        i18n("Start the destination with “-machine %1”.", source));
}

Check commandLine(const Context& context)
{
    const QString id = u"command-line"_s;
    const QString title = i18n("The source's command line can be used again");
    if (!context.plan.derived)
        return notApplicable(id, title, i18n("The destination's command line is your own."));
    QStringList conflicts;
    QStringList warnings;
    for (const CommandChange& change : context.plan.derived->changes) {
        const QString text = i18nc("option: why", "%1: %2", change.before, change.reason);
        if (change.kind == CommandChange::Kind::Conflict)
            conflicts << text;
        else if (change.kind == CommandChange::Kind::Warning)
            warnings << text;
    }
    if (!conflicts.isEmpty())
        return refuse(id, title, conflicts.join(u' '),
            i18n("Give the destination's command line yourself, after “--”, with these options changed."));
    if (!warnings.isEmpty())
        return warning(id, title, warnings.join(u' '), i18n("Look at these options before you migrate."));
    return pass(id, title, i18np("1 change.", "%1 changes.", int(context.plan.derived->changes.size())));
}

namespace {
QStringList missing(const std::vector<NamedItem>& running, const QStringList& known, const QString& except)
{
    QStringList result;
    for (const NamedItem& item : running) {
        // QEMU 11 lists its monitors as objects; they are the VMM's, not the guest's.
        if (item.type.startsWith(u"monitor-"))
            continue;
        if (!known.contains(item.id) && item.id != except)
            result << (item.type.isEmpty() ? item.id : u"%1 (%2)"_s.arg(item.id, item.type));
    }
    return result;
}
} // namespace

Check hotplug(const Context& context)
{
    const QString id = u"hotplug"_s;
    const QString title = i18n("The destination has all devices of the source");
    if (!context.source.objects || !context.source.peripherals)
        return warning(id, title, i18n("The source did not list its devices."),
            i18n("Make sure that the destination has what was plugged in since the start."));
    if (!context.launchKnown)
        return notApplicable(id, title, i18n("The destination's command line is not known."));
    // Without a memory backend on the command line the machine makes one of its own.
    const QString ownBackend
        = context.launch.memoryBackends.empty() ? context.source.memoryBackendId : QString();
    QStringList absent = missing(*context.source.objects, context.launch.objectIds, ownBackend);
    absent += missing(*context.source.peripherals, context.launch.deviceIds, {});
    QStringList removed;
    for (const QString& device : context.launch.deviceIds) {
        if (!std::ranges::contains(*context.source.peripherals, device, &NamedItem::id))
            removed << device;
    }
    if (!absent.isEmpty())
        return refuse(id, title, i18n("Not on the destination's command line: %1.", absent.join(u", "_s)),
            i18n("Unplug what was added since the start, or give the destination's command line yourself."));
    QStringList nodes;
    const QString words = context.plan.launchArgv().join(u' ');
    for (const BlockNodeFacts& node : context.source.blockNodes) {
        if (!node.nodeName.startsWith(u'#') && !words.isEmpty() && !words.contains(node.nodeName))
            nodes << node.nodeName;
    }
    if (!removed.isEmpty())
        return refuse(id, title, i18n("Unplugged in the source since its start: %1.", removed.join(u", "_s)),
            i18n("Plug them in again, or give the destination's command line yourself."));
    if (!nodes.isEmpty())
        return warning(id, title,
            i18n("Block nodes that were added since the start: %1.", nodes.join(u", "_s)),
            i18n("Add them to the destination's command line if a device uses them."));
    return pass(id, title,
        i18n("Objects and devices with an id are the same; those without an id were not compared."));
}

Check disks(const Context& context)
{
    const QString id = u"disks"_s;
    const QString title = i18n("Disks are handed over in order");
    QStringList writable;
    for (const BlockNodeFacts& node : context.source.blockNodes) {
        if (node.writable && !node.file.isEmpty() && !writable.contains(node.file))
            writable << node.file;
    }
    if (writable.isEmpty())
        return pass(id, title, i18n("No writable image is open."));
    const QString list = writable.join(u", "_s);
    return pass(id, title,
        i18n("Writable: %1. The source lets go of them before the destination takes them; they must be the "
             "same files "
             "on both sides.",
            list));
}

Check openFilesLimit(const Context& context)
{
    const QString id = u"open-files-limit"_s;
    const QString title = i18n("The destination may open enough files");
    if (!context.source.process || context.source.process->openFiles < 0)
        return warning(id, title, i18n("How many files the source has open is not known."),
            i18n("Check “ulimit -n” for the destination."));
    std::optional<OpenFilesLimit> known = context.plan.launchFilesLimit;
    if (context.plan.executes())
        known = context.source.process->openFilesLimit;
    if (context.destination && context.destination->process && context.destination->process->openFilesLimit)
        known = context.destination->process->openFilesLimit;
    if (!known)
        return warning(id, title, i18n("How many files the destination may open is not known."),
            i18n("Check “ulimit -n” for the destination."));
    const OpenFilesLimit limit = *known;
    const auto open = quint64(context.source.process->openFiles);
    const QString evidence = i18n("%1 open in the source, %2 allowed in the destination.",
        QString::number(open), QString::number(limit.soft));
    constexpr quint64 reserve = 32; // monitors, channels, logs, event fds while both are set up
    // What is started by us inherits our limit, which can be raised as far as the hard one.
    const auto raisable = [&](Check check) {
        const bool enough
            = !context.plan.attached && !context.plan.executes() && limit.hard >= open + reserve;
        constexpr quint64 plenty = 65'536;
        const quint64 wanted = std::min(limit.hard, std::max(open + reserve, plenty));
        return enough ? fixable(std::move(check), { .kind = FixKind::FilesLimit, .number = wanted }) : check;
    };
    if (open > limit.soft)
        return raisable(
            refuse(id, title, evidence, i18n("Raise “ulimit -n” before the destination is started.")));
    if (open + reserve > limit.soft)
        return raisable(warning(
            id, title, evidence, i18n("It is tight: raise “ulimit -n” before the destination is started.")));
    return pass(id, title, evidence);
}

Check sandbox(const Context& context)
{
    const QString id = u"sandbox"_s;
    const QString title = i18n("The source's sandbox permits the mode");
    if (context.plan.mode != u"cpr-exec")
        return notApplicable(id, title, i18n("The mode is not cpr-exec."));
    const QString policy = context.source.process ? context.source.process->command.sandbox : QString();
    const OptionValue value = OptionValue::parse(policy).value_or(OptionValue());
    if (value.get(u"spawn") == u"deny"_s)
        return fixableByMode(
            refuse(id, title, i18n("-sandbox %1", policy),
                i18n("“spawn=deny” forbids to execute the new program: choose the mode cpr-transfer.")),
            context, u"cpr-transfer"_s);
    return pass(id, title, policy.isEmpty() ? i18n("It has none.") : i18n("-sandbox %1", policy));
}

} // namespace cutover::op::checks
