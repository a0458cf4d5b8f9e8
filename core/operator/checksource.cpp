// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"

#include <algorithm>

namespace cutover::op::checks {

using namespace Qt::StringLiterals;

Check qmpUsable(const Context& context)
{
    const QString id = u"qmp-usable"_s;
    const QString title = i18n("The source's monitor answers");
    if (context.source.monitorUsable)
        return pass(
            id, title, i18n("%1, version %2", context.source.address, context.source.version.toString()));
    return refuse(id, title, context.source.monitorError,
        i18n("Close the program that is connected to this monitor, or name another monitor of the source."));
}

Check runState(const Context& context)
{
    const QString id = u"run-state"_s;
    const QString title = i18n("The source has a guest that can be moved");
    const QString& state = context.source.runState;
    const QString evidence = i18n("The source is in the state “%1”.", state);
    if (state == u"running" || state == u"paused" || state == u"suspended")
        return pass(id, title, evidence);
    if (state == u"prelaunch")
        return fixable(warning(id, title, evidence, i18n("The guest was never started; “cont” starts it.")),
            { .kind = FixKind::ContinueGuest });
    if (state == u"inmigrate")
        return refuse(id, title, evidence,
            i18n("It waits for a guest itself: finish that migration first, or use it as the destination."));
    if (state == u"postmigrate")
        return refuse(id, title, evidence,
            i18n("Its guest has been moved away: migrate from the VMM that has it now, or use “rescue” if "
                 "that one "
                 "is dead and never ran it."));
    if (state == u"io-error")
        return fixable(
            refuse(id, title, evidence, i18n("Repair the storage, then continue the guest and try again.")),
            { .kind = FixKind::ContinueGuest });
    if (state == u"shutdown" || state == u"guest-panicked" || state == u"internal-error")
        return refuse(id, title, evidence, i18n("Restart the guest; there is nothing worth moving."));
    if (state.isEmpty())
        return refuse(id, title, i18n("The source did not say in what state it is."),
            i18n("Check its monitor with query-status."));
    return refuse(id, title, evidence, i18n("Wait until the source is running or paused."));
}

Check migrationIdle(const Context& context)
{
    const QString id = u"migration-idle"_s;
    const QString title = i18n("No migration is under way");
    static const QStringList idle{ u"none"_s, u"completed"_s, u"failed"_s, u"cancelled"_s };
    const QString& status = context.source.migrationStatus;
    if (idle.contains(status))
        return pass(id, title, i18n("The last status is “%1”.", status));
    if (status.isEmpty())
        return warning(id, title, i18n("The source did not say whether it migrates."),
            i18n("Check its monitor with query-migrate."));
    return fixable(refuse(id, title, i18n("A migration is in the state “%1”.", status),
                       i18n("Wait for its end, or cancel it with migrate_cancel.")),
        { .kind = FixKind::CancelMigration });
}

Check modeOffered(const Context& context)
{
    const QString id = u"mode-offered"_s;
    const QString title = i18n("The source offers the migration mode");
    static const QStringList known{ u"normal"_s, u"cpr-reboot"_s, u"cpr-transfer"_s, u"cpr-exec"_s };
    const QString& mode = context.plan.mode;
    const QStringList& modes = context.source.modes;
    if (modes.isEmpty() && mode == u"normal")
        return pass(id, title, i18n("It knows no modes, so it migrates normally."));
    if (!modes.contains(mode))
        return fixableByMode(
            refuse(id, title,
                modes.isEmpty() ? i18n("It knows no modes.") : i18n("It knows %1.", modes.join(u", "_s)),
                i18n("Choose one of the modes it knows; cpr-transfer came with QEMU 10.0, cpr-exec with "
                     "10.2.")),
            context, u"normal"_s);
    if (mode == u"cpr-exec" && context.source.schema
        && !context.source.schema->hasArgument(u"migrate-set-parameters"_s, u"cpr-exec-command"_s))
        return fixableByMode(
            refuse(id, title, i18n("It offers the mode, but no parameter “cpr-exec-command”."),
                i18n("Choose cpr-transfer: it moves as little, and the source stays until the guest runs.")),
            context, u"cpr-transfer"_s);
    if (!known.contains(mode))
        return warning(id, title, i18n("It offers “%1”, which Cutover does not know.", mode),
            i18n("Try it on a guest that you can lose."));
    return pass(id, title, i18n("It knows %1.", modes.join(u", "_s)));
}

Check channelsOffered(const Context& context)
{
    const QString id = u"channels-offered"_s;
    const QString title = i18n("“migrate” takes channels");
    if (!context.plan.needsCprChannel())
        return notApplicable(id, title, i18n("The mode needs no CPR channel."));
    if (context.source.offersChannels)
        return pass(id, title, i18n("The argument “channels” is in its schema."));
    return fixableByMode(refuse(id, title, i18n("Its schema has no such argument."),
                             i18n("The source is too old for cpr-transfer; choose the mode normal.")),
        context, u"normal"_s);
}

Check capabilitiesFit(const Context& context)
{
    const QString id = u"capabilities"_s;
    const QString title = i18n("The source's capabilities fit the mode");
    if (!context.plan.usesCpr())
        return notApplicable(id, title, i18n("The mode conflicts with none."));
    QStringList conflicts;
    for (const QString& name : { u"postcopy-ram"_s, u"background-snapshot"_s, u"x-colo"_s }) {
        if (context.source.capability(name).value_or(false))
            conflicts << name;
    }
    if (conflicts.isEmpty())
        return pass(id, title, i18n("None that conflicts with CPR is on."));
    return fixable(
        refuse(id, title, i18n("On: %1.", conflicts.join(u", "_s)),
            i18n("Switch them off with migrate-set-capabilities; QEMU refuses them together with CPR.")),
        { .kind = FixKind::Capabilities, .names = conflicts, .on = false });
}

Check returnPath(const Context& context)
{
    const QString id = u"return-path"_s;
    const QString title = i18n("The destination can report failure");
    const std::optional<bool> state = context.source.capability(u"return-path"_s);
    if (context.plan.savesToFile())
        return notApplicable(id, title,
            context.plan.executes()
                ? i18n("Nothing is left that a destination could report to: Cutover asks it itself.")
                : i18n("A file answers nothing: Cutover asks the destination itself, and goes back to the "
                       "source if it has failed."));
    const QString remedy
        = i18n("Without it the source believes a migration that the destination has rejected, and "
               "the guest runs nowhere: prefer a VMM that has it, and guarded commit.");
    if (!state)
        return warning(id, title, i18n("The source has no capability “return-path”."), remedy);
    if (!context.plan.returnPath)
        return warning(id, title, i18n("You chose to leave “return-path” off."), remedy);
    return pass(id, title,
        *state ? i18n("“return-path” is on.")
               : i18n("“return-path” is off; Cutover turns it on for this migration."));
}

Check eventsCapability(const Context& context)
{
    const QString id = u"events-capability"_s;
    const QString title = i18n("The source tells each step");
    const std::optional<bool> state = context.source.capability(u"events"_s);
    if (!state)
        return warning(id, title, i18n("The source has no capability “events”."),
            i18n("Phases are found by asking repeatedly, and their times are rough."));
    return pass(id, title,
        *state ? i18n("“events” is on.") : i18n("“events” is off; Cutover turns it on for this migration."));
}

Check guardedCommit(const Context& context)
{
    const QString id = u"guarded-commit"_s;
    const QString title = i18n("The guest cannot start twice");
    if (context.plan.vmmGuardsCommit)
        return pass(id, title,
            i18n("Source and destination agree on the moment by themselves: the destination starts on the "
                 "source's word."));
    if (!context.plan.guardedCommit && context.plan.savesToFile())
        return fixable(
            refuse(id, title, i18n("Guarded commit is off."),
                context.plan.executes()
                    ? i18n("In the mode cpr-exec it is what proves that the new program has "
                           "the guest's RAM before the guest runs: leave it on.")
                    : i18n("In the mode cpr-reboot it is what lets the guest go back to the source when the "
                           "destination cannot load it: leave it on.")),
            { .kind = FixKind::Guard, .on = true });
    if (context.plan.guardedCommit)
        return pass(
            id, title, i18n("The destination waits for the console's word, which costs the pause a little."));
    return fixable(
        warning(id, title, i18n("Guarded commit is off: the destination starts the guest by itself."),
            i18n(
                "If the main channel is cut in that moment, both VMMs run the guest; leave guarded commit on "
                "unless every microsecond counts.")),
        { .kind = FixKind::Guard, .on = true });
}

Check identityProof(const Context& context)
{
    const QString id = u"identity-proof"_s;
    const QString title = i18n("That files have moved can be proved");
    if (!context.plan.passesFiles())
        return notApplicable(id, title, i18n("No files are passed in this mode."));
    if (!context.source.process)
        return warning(id, title, i18n("The source's process is not known."),
            i18n("Connect by process id, or run on the same host."));
    const std::optional<bool> permitted = context.source.process->kcmpPermitted;
    if (permitted.value_or(false))
        return pass(id, title, i18n("kcmp is permitted."));
    return warning(id, title,
        i18n("kcmp is not permitted for process %1.", QString::number(context.source.process->pid)),
        i18n("The proof rests on inode numbers; run as the VMM's user, or as root, for the full proof."));
}

Check traceEvidence(const Context& context)
{
    const QString id = u"trace"_s;
    const QString title = i18n("The source's steps are traced");
    const QString remedy
        = i18n("The pause is measured, but not broken down; start VMMs with “-msg timestamp=on”, “-D” "
               "and “-trace” for the full picture.");
    if (!context.source.process || context.source.process->argv.isEmpty())
        return warning(id, title, i18n("The source's command line is not known."), remedy);
    const CommandFacts& command = context.source.process->command;
    const bool tracesCheckpoints = std::ranges::any_of(command.tracePatterns,
        [](const QString& pattern) { return pattern.startsWith(u"vmstate_downtime") || pattern == u"*"; });
    if (!command.timestamps)
        return warning(id, title, i18n("Its log has no times."), remedy);
    if (!tracesCheckpoints || command.logFile.isEmpty())
        return warning(id, title, i18n("It does not log the checkpoints of the pause."), remedy);
    return pass(id, title, i18n("With times, in %1.", command.logFile));
}

} // namespace cutover::op::checks
