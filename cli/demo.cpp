// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/labcommand.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

CommandSpec spec()
{
    QList<OptionSpec> options{
        { .name = u"vmm"_s,
            .value = u"embedded|qemu"_s,
            .help = i18n("Which kind of VMM; default: embedded"),
            .letter = {},
            .choices = { u"embedded"_s, u"qemu"_s } },
        { .name = u"binary"_s,
            .value = u"PROGRAM"_s,
            .help = i18n("The source's program; default: cutover-vmm or qemu-system-x86_64"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"new-binary"_s,
            .value = u"PROGRAM"_s,
            .help = i18n("The destination's program; default: the source's"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
        { .name = u"accel"_s,
            .value = u"thread|kvm|tcg"_s,
            .help = i18n("The accelerator; default: thread, for QEMU KVM where it can be used"),
            .letter = {},
            .choices = { u"thread"_s, u"kvm"_s, u"tcg"_s } },
        { .name = u"handover"_s,
            .value = u"POLICY"_s,
            .help = i18n("prepared (default), early-stop or late-stop; not for QEMU"),
            .letter = {},
            .choices = { u"prepared"_s, u"early-stop"_s, u"late-stop"_s } },
        { .name = u"migrate-fds"_s,
            .value = u"on|off"_s,
            .help = i18n("off copies the memory and opens every device anew; not for QEMU"),
            .letter = {},
            .choices = { u"on"_s, u"off"_s } },
        { .name = u"queues"_s,
            .value = u"N"_s,
            .help = i18n("Queues of the network device and the disk, 1 to 8; not for QEMU"),
            .letter = {},
            .choices = {} },
        { .name = u"ram"_s,
            .value = u"SIZE"_s,
            .help = i18n("The guest's memory, as 256M or 4G; default: 256M"),
            .letter = {},
            .choices = {} },
        { .name = u"keep"_s,
            .value = {},
            .help = i18n("Leave the processes and their folder afterwards"),
            .letter = {},
            .choices = {} },
    };
    return {
        .name = u"demo"_s,
        .synopsis = { u"[OPTION …]"_s, u"--vmm qemu [OPTION …]"_s },
        .summary = i18n("Start a VMM in a private folder, update it, show it"),
        .description
        = i18n("Starts the embedded VMM with a guest that works a network, a disk and a console, moves it to a second "
               "process with cpr-transfer, and shows the phases, the file descriptors with their proof, what the pause "
               "was spent on and what the guest saw of it; with --vmm qemu a QEMU whose guest is its firmware alone. "
               "Ends both. Needs no preparation and no root; the network is a private one."),
        .options = options + migrationOptions(),
        .arguments = {},
        .takesCommand = false,
        .examples = {
            { u"cutoverctl demo"_s, i18n("The whole of it in a second.") },
            { u"cutoverctl demo --handover early-stop"_s, i18n("Create the devices inside the pause, to see what that costs.") },
            { u"cutoverctl demo --vmm qemu --new-binary qemu-system-x86_64-11.1"_s, i18n("An update from one QEMU to another.") },
            { u"cutoverctl demo --vmm qemu --ram 4G --record demo.cutover"_s, i18n("More memory takes no longer: it stays where it is.") },
        },
        .exitCodes = { i18n("0  migrated and verified"), i18n("1  failed"), i18n("2  the command line was not understood"), i18n("3  refused by the checks"), i18n("4  the guest would need you") },
    };
}

Result<std::optional<qint64>> ramOf(const Options& options)
{
    if (!options.isSet(u"ram"_s))
        return std::nullopt;
    auto bytes = parseSize(options.value(u"ram"_s));
    if (!bytes)
        return std::unexpected(bytes.error());
    return *bytes;
}

Result<std::unique_ptr<Command>> createQemu(Console& console, const Options& options)
{
    for (const QString& name : { u"handover"_s, u"migrate-fds"_s, u"queues"_s }) {
        if (options.isSet(name))
            return usageError(i18nc("option", "--%1 is for the embedded VMM", name));
    }
    lab::QemuLabOptions labOptions;
    if (options.isSet(u"binary"_s))
        labOptions.binary = options.value(u"binary"_s);
    const QString accelerator = options.value(u"accel"_s);
    if (accelerator == "thread"_L1)
        return usageError(i18n("QEMU has no accelerator 'thread'"), i18n("It has kvm and tcg."));
    if (!accelerator.isEmpty())
        labOptions.accelerator = accelerator == "kvm"_L1 ? lab::Accelerator::Kvm : lab::Accelerator::Tcg;
    const auto ram = ramOf(options);
    if (!ram)
        return std::unexpected(ram.error());
    labOptions.ramBytes = ram->value_or(labOptions.ramBytes);
    return std::make_unique<QemuDemo>(console, options, labOptions);
}

Result<std::unique_ptr<Command>> createEmbedded(Console& console, const Options& options)
{
    lab::VmmLabOptions labOptions;
    labOptions.binary = options.value(u"binary"_s);
    const QString accelerator = options.value(u"accel"_s);
    if (accelerator == "tcg"_L1)
        return usageError(i18n("the embedded VMM has no accelerator 'tcg'"), i18n("It has thread and kvm."));
    if (!accelerator.isEmpty())
        labOptions.accelerator = accelerator;
    const auto ram = ramOf(options);
    if (!ram)
        return std::unexpected(ram.error());
    labOptions.ramBytes = ram->value_or(labOptions.ramBytes);
    if (options.isSet(u"queues"_s)) {
        bool isNumber = false;
        labOptions.queues = options.value(u"queues"_s).toInt(&isNumber);
        if (!isNumber || labOptions.queues < 1 || labOptions.queues > 8)
            return usageError(i18nc("text", "--queues cannot be '%1'", options.value(u"queues"_s)),
                i18n("It is a number from 1 to 8."));
    }
    op::SessionRequest request;
    request.destination.binary = options.value(u"new-binary"_s);
    if (options.value(u"migrate-fds"_s) == "off"_L1) {
        // A CPR mode without descriptors is a contradiction, which the VMM refuses.
        if (options.isSet(u"handover"_s))
            return usageError(i18n("--handover is about descriptors, which --migrate-fds off does not pass"));
        request.mode = u"normal"_s;
        request.parameters.insert(u"migrate-fds"_s, false);
    } else if (options.isSet(u"handover"_s)) {
        request.parameters.insert(u"handover"_s, options.value(u"handover"_s));
    }
    return std::make_unique<VmmDemo>(console, options, labOptions, std::move(request));
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    return options.value(u"vmm"_s) == "qemu"_L1 ? createQemu(console, options)
                                                : createEmbedded(console, options);
}

} // namespace

CommandEntry demoCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
