// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/labcommand.h"
#include "cli/laboptions.h"
#include "cli/lessons.h"

#include <KLocalizedString>

using namespace Qt::StringLiterals;

namespace cutover::cli {

namespace {

CommandSpec spec()
{
    const QList<OptionSpec> options{
        { .name = u"new-binary"_s,
            .value = u"PROGRAM"_s,
            .help = i18n("The destination's program; default: the source's"),
            .letter = {},
            .choices = {},
            .completes = Completes::Program },
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
        { .name = u"keep"_s,
            .value = {},
            .help = i18n("Leave the processes and their folder afterwards"),
            .letter = {},
            .choices = {} },
        { .name = u"list"_s,
            .value = {},
            .help = i18n("List the lessons, with what this machine lacks for each"),
            .letter = {},
            .choices = {} },
    };
    return {
        .name = u"demo"_s,
        .synopsis = { u"[OPTION …]"_s, u"--vmm qemu [OPTION …]"_s, u"NAME [OPTION …]"_s, u"--list [--json]"_s },
        .summary = i18n("Start a VMM in a private folder, update it, show it"),
        .description
        = i18n("Starts the embedded VMM with a guest that works a network, a disk and a console, moves it to a second "
               "process with cpr-transfer, and shows the phases, the file descriptors with their proof, what the pause "
               "was spent on and what the guest saw of it; with --vmm qemu a QEMU whose guest does nothing but beat. "
               "Ends both. Needs no preparation and no root; the network is a private one.\n\n"
               "With NAME one of the lessons is played: each shows one thing that a live update does or that can go wrong with "
               "it, step by step, and says of everything that must come of it whether it does."),
        .options = labOptionSpecs() + options + migrationOptions(),
        .arguments = { { .name = u"NAME"_s, .help = i18n("A lesson; 'cutoverctl demo --list' lists them"), .required = false, .completes = Completes::Nothing } },
        .takesCommand = false,
        .examples = {
            { u"cutoverctl demo"_s, i18n("The whole of it in a second.") },
            { u"cutoverctl demo --handover early-stop"_s, i18n("Create the devices inside the pause, to see what that costs.") },
            { u"cutoverctl demo --vmm qemu --new-binary qemu-system-x86_64-11.1"_s, i18n("An update from one QEMU to another.") },
            { u"cutoverctl demo late-stop"_s, i18n("A lesson: why the source must stop before its files are passed.") },
            { u"cutoverctl demo --vmm qemu --ram 4G --record demo.cutover"_s, i18n("More memory takes no longer: it stays where it is.") },
        },
        .exitCodes = { i18n("0  migrated and verified; of a lesson: all came as it must"), i18n("1  failed"), i18n("2  the command line was not understood"), i18n("3  refused by the checks"), i18n("4  the guest would need you") },
    };
}

Result<std::unique_ptr<Command>> createQemu(Console& console, const Options& options)
{
    for (const QString& name : { u"handover"_s, u"migrate-fds"_s }) {
        if (options.isSet(name))
            return usageError(i18nc("option", "--%1 is for the embedded VMM", name));
    }
    const auto labOptions = qemuLabOptions(options);
    if (!labOptions)
        return std::unexpected(labOptions.error());
    return std::make_unique<QemuDemo>(console, options, *labOptions);
}

Result<std::unique_ptr<Command>> createEmbedded(Console& console, const Options& options)
{
    auto labOptions = vmmLabOptions(options);
    if (!labOptions)
        return std::unexpected(labOptions.error());
    op::SessionRequest request;
    request.destination.binary = options.value(u"new-binary"_s);
    if (options.value(u"migrate-fds"_s) == "off"_L1) {
        // A CPR mode without descriptors is a contradiction, which the VMM refuses.
        if (options.isSet(u"handover"_s))
            return usageError(i18n("--handover is about descriptors, which --migrate-fds off does not pass"));
        if (labOptions->network == lab::LabNetwork::Socket)
            return usageError(
                i18n("--network socket needs --migrate-fds on: a socket cannot be opened anew"));
        if (labOptions->network == lab::LabNetwork::Auto)
            labOptions->network = lab::LabNetwork::Tap;
        request.mode = u"normal"_s;
        request.parameters.insert(u"migrate-fds"_s, false);
    } else if (options.isSet(u"handover"_s)) {
        request.parameters.insert(u"handover"_s, options.value(u"handover"_s));
    }
    return std::make_unique<VmmDemo>(console, options, *labOptions, std::move(request));
}

Result<std::unique_ptr<Command>> create(Console& console, const Options& options)
{
    if (options.isSet(u"list"_s) || !options.argument().isEmpty())
        return createLesson(console, options);
    return wantsQemu(options) ? createQemu(console, options) : createEmbedded(console, options);
}

} // namespace

CommandEntry demoCommand()
{
    return { .spec = spec, .create = create };
}

} // namespace cutover::cli
