// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"

#include <QLocale>

#include <algorithm>

namespace cutover::op::checks {

using namespace Qt::StringLiterals;

static QStringList privateBackends(const Facts& facts)
{
    QStringList names;
    for (const MemoryBackendFacts& backend : facts.memoryBackends) {
        if (backend.share == false)
            names << u"%1 (%2)"_s.arg(backend.id, backend.type);
    }
    return names;
}

static QString ramRemedy(const Context& context)
{
    const bool onlySize = context.source.process && context.source.process->command.memoryBackends.empty();
    if (onlySize)
        return i18n("RAM that is given by -m alone is private: restart the VMM once with “-object "
                    "memory-backend-memfd,id=ram0,size=%1 -machine memory-backend=ram0,aux-ram-share=on”.",
            context.source.process->command.memorySize.isEmpty()
                ? u"SIZE"_s
                : context.source.process->command.memorySize);
    return i18n("Restart the VMM once with share=on for each memory backend, or migrate in the mode normal.");
}

Check blockers(const Context& context)
{
    const QString id = u"blockers"_s;
    const QString title = i18n("Nothing blocks the migration");
    const std::optional<QStringList>& reasons = context.source.blockedReasons;
    if (!reasons || context.source.blockedReasonsMode != context.plan.mode)
        return warning(id, title, i18n("The source's reasons for this mode are not known."),
            i18n("A blocked migration ends at once with an error, and the guest goes on."));
    if (reasons->isEmpty())
        return pass(id, title, i18n("The source names no reason against the mode %1.", context.plan.mode));
    return fixableByMode(refuse(id, title, reasons->join(u' '),
                             i18n("Remove what blocks, for instance with device_del, or choose another "
                                  "mode.")),
        context, u"normal"_s);
}

Check ramShared(const Context& context)
{
    const QString id = u"ram-shared"_s;
    const QString title = i18n("The guest's RAM can be passed");
    if (context.plan.mode != u"cpr-transfer")
        return notApplicable(id, title, i18n("The mode does not pass RAM on a channel."));
    const QStringList bad = privateBackends(context.source);
    if (!bad.isEmpty())
        return fixableByMode(refuse(id, title, i18n("Private: %1.", bad.join(u", "_s)), ramRemedy(context)),
            context, u"normal"_s);
    QStringList good;
    for (const MemoryBackendFacts& backend : context.source.memoryBackends) {
        if (!backend.share)
            return warning(
                id, title, i18n("Whether %1 is shared is not known.", backend.id), ramRemedy(context));
        good << u"%1 (%2)"_s.arg(backend.id, backend.type);
    }
    if (good.isEmpty())
        return warning(id, title, i18n("The source shows no memory backend."), ramRemedy(context));
    return pass(id, title, i18n("Shared: %1.", good.join(u", "_s)));
}

Check auxRamShare(const Context& context)
{
    const QString id = u"aux-ram-share"_s;
    const QString title = i18n("Firmware and video RAM can be passed");
    if (!context.plan.passesFiles())
        return notApplicable(id, title, i18n("The mode does not pass RAM."));
    if (!context.source.auxRamShare)
        return notApplicable(id, title, i18n("The source's machine has no property “aux-ram-share”."));
    if (*context.source.auxRamShare)
        return pass(id, title, i18n("“aux-ram-share” is on."));
    return fixableByMode(refuse(id, title, i18n("“aux-ram-share” is off."),
                             i18n("Restart the VMM once with “-machine aux-ram-share=on”, or migrate in the "
                                  "mode normal.")),
        context, u"normal"_s);
}

Check guestMemfd(const Context& context)
{
    const QString id = u"guest-memfd"_s;
    const QString title = i18n("The guest's RAM is not confidential");
    if (!context.plan.usesCpr())
        return notApplicable(id, title, i18n("The mode does not pass RAM."));
    const QStringList reasons = context.source.blockedReasons.value_or(QStringList());
    const bool blocked
        = std::ranges::any_of(reasons, [](const QString& reason) { return reason.contains(u"guest_memfd"); });
    if (blocked || context.source.confidentialGuest)
        return refuse(id, title, i18n("The guest uses guest_memfd, which CPR cannot pass."),
            i18n("Shut the guest down for the update; confidential guests cannot be moved."));
    return pass(id, title, i18n("No guest_memfd is in use."));
}

Check cprExecRam(const Context& context)
{
    const QString id = u"cpr-exec-ram"_s;
    const QString title = i18n("RAM survives the exec");
    if (context.plan.mode != u"cpr-exec")
        return notApplicable(id, title, i18n("The mode is not cpr-exec."));
    const QStringList bad = privateBackends(context.source);
    QStringList unsure;
    for (const MemoryBackendFacts& backend : context.source.memoryBackends) {
        if (!backend.share)
            unsure << backend.id;
    }
    // Not passed as an open file but opened again, by its name.
    if (context.plan.saved) {
        for (const RamFile& file : context.plan.saved->ramFiles) {
            if (!file.proven)
                return fixableByMode(
                    refuse(id, title, i18n("%1 is not the file that the source has open.", file.path),
                        i18n("The new program would open another file, with empty memory: restart the VMM "
                             "once with a memory-backend-memfd.")),
                    context, u"normal"_s);
        }
        if (const QStringList foreign = foreignRamFiles(context); !foreign.isEmpty())
            return refuse(id, title, i18n("The new program does not use %1.", foreign.join(u", "_s)),
                i18n("The guest would start with other memory: give it the same memory backend."));
    }
    const bool unknown = context.source.memoryBackends.empty();
    if (bad.isEmpty() && unsure.isEmpty() && !unknown)
        return pass(id, title, i18n("All memory backends are shared."));
    return fixableByMode(
        refuse(id, title,
            unknown              ? i18n("The source shows no memory backend.")
                : !bad.isEmpty() ? i18n("Private: %1.", bad.join(u", "_s))
                                 : i18n("Whether %1 is shared is not known.", unsure.join(u", "_s)),
            i18n("QEMU does not check this and starts with empty memory, so the guest would be lost. %1",
                ramRemedy(context))),
        context, u"normal"_s);
}

Check sharedFileRam(const Context& context)
{
    const QString id = u"shared-file-ram"_s;
    const QString title = i18n("The two VMMs do not write the same RAM file");
    if (context.plan.mode != u"normal")
        return notApplicable(id, title, i18n("In this mode both are meant to use the same RAM."));
    QStringList shared;
    for (const MemoryBackendFacts& backend : context.source.memoryBackends) {
        if (backend.type == u"memory-backend-file" && backend.share.value_or(false))
            shared << backend.path;
    }
    if (shared.isEmpty())
        return pass(id, title, i18n("The source has no shared RAM file."));
    if (context.source.capability(u"x-ignore-shared"_s).value_or(false))
        return pass(id, title, i18n("“x-ignore-shared” is on: the file is handed over, not copied."));
    QStringList both;
    for (const MemoryBackend& backend : context.launch.memoryBackends) {
        if (shared.contains(backend.path) && backend.isShared())
            both << backend.path;
    }
    if (!both.isEmpty())
        return fixableByMode(
            refuse(id, title, i18n("Both use %1.", both.join(u", "_s)),
                i18n("The destination would overwrite the memory of the running guest: choose the mode "
                     "cpr-transfer, or give the destination another file.")),
            context, u"cpr-transfer"_s);
    if (!context.launchKnown)
        return warning(id, title,
            i18n("The source uses %1; what the destination uses is not known.", shared.join(u", "_s)),
            i18n("Make sure that the destination uses another file."));
    return pass(id, title, i18n("The destination does not use %1.", shared.join(u", "_s)));
}

Check freeMemory(const Context& context)
{
    const QString id = u"free-memory"_s;
    const QString title = i18n("There is memory for a second copy of the guest");
    const bool saved = context.plan.saved && context.plan.saved->copiedBytes != 0;
    if (context.plan.usesCpr() && !saved)
        return notApplicable(id, title, i18n("The RAM is handed over, not copied."));
    const qint64 needed = saved ? context.plan.saved->copiedBytes : context.source.ramSize;
    const qint64 available = context.source.availableMemory;
    if (needed < 0 || available < 0)
        return warning(id, title, i18n("How much is needed or free is not known."),
            i18n("Make sure that the host has room for the guest twice."));
    const QLocale locale;
    const QString evidence
        = i18n("%1 needed, %2 free.", locale.formattedDataSize(needed), locale.formattedDataSize(available));
    if (needed > available)
        return fixableByMode(
            refuse(id, title, evidence, i18n("Free memory on the host, or choose the mode cpr-transfer.")),
            context, u"cpr-transfer"_s);
    if (needed > available - available / 8)
        return warning(id, title, evidence, i18n("It is tight: free memory on the host first."));
    return pass(id, title, evidence);
}

} // namespace cutover::op::checks
