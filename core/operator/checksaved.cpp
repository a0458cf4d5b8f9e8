// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/checks.h"

#include <QDir>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <unistd.h>

/// The modes in which the guest goes through a file: cpr-reboot, and, without its RAM, cpr-exec.
namespace cutover::op::checks {

using namespace Qt::StringLiterals;

/// Device state, firmware and video RAM beside the guest's own.
static constexpr qint64 stateBytes = 64LL << 20;

Check stateFile(const Context& context)
{
    const QString id = u"state-file"_s;
    const QString title = i18n("The guest's state can be saved in a file");
    if (!context.plan.savesToFile())
        return notApplicable(id, title, i18n("The mode saves nothing in a file."));
    if (!context.plan.relayMainPath.isEmpty())
        return refuse(id, title, i18n("A relay is asked for, and nothing passes on a channel."),
            i18n("Switch the relay off, or choose the mode cpr-transfer."));
    if (!context.plan.saved)
        return refuse(id, title, i18n("No state file is given."), i18n("Name one with --state-file."));
    const SavedState& saved = *context.plan.saved;
    const QString folder = QFileInfo(saved.path).absolutePath();
    if (saved.exists)
        return refuse(id, title, i18n("%1 exists.", saved.path),
            i18n("It would be overwritten: name another one with --state-file."));
    if (!saved.folderWritable)
        return refuse(id, title, i18n("The folder %1 cannot be written.", folder),
            i18n("Name a file in another folder with --state-file."));
    if (context.source.process && context.source.process->uid != 0
        && context.source.process->uid != ::geteuid())
        return warning(id, title, i18n("The source runs as another user than Cutover."),
            i18n("Make sure that this user can write the folder %1; if not, the guest goes on on the source.",
                folder));
    const QLocale locale;
    const qint64 needed = std::max<qint64>(saved.copiedBytes, 0) + stateBytes;
    if (saved.freeBytes >= 0 && saved.freeBytes < needed)
        return warning(id, title,
            i18n("Up to %1 needed, %2 free in %3.", locale.formattedDataSize(needed),
                locale.formattedDataSize(saved.freeBytes), folder),
            i18n("If it does not fit, the guest goes on on the source: name a file with more room with "
                 "--state-file."));
    if (!saved.inMemory)
        return warning(id, title, i18n("%1 is on a disk.", saved.path),
            i18n("The guest stands still while it is written and read: name a file on tmpfs, such as in "
                 "/dev/shm, with --state-file."));
    return pass(id, title, i18n("%1, in memory.", saved.path));
}

QStringList foreignRamFiles(const Context& context)
{
    const QString folder = context.source.process ? context.source.process->workingDirectory : QString();
    QStringList missing;
    for (const RamFile& file : context.plan.saved->ramFiles) {
        const bool same
            = std::ranges::any_of(context.launch.memoryBackends, [&](const MemoryBackend& backend) {
                  return backend.id == file.backend && backend.type == u"memory-backend-file"
                      && backend.isShared()
                      && QDir::cleanPath(QDir(folder).absoluteFilePath(backend.path)) == file.path;
              });
        if (!same)
            missing.append(file.path);
    }
    return missing;
}

Check savedRam(const Context& context)
{
    const QString id = u"saved-ram"_s;
    const QString title = i18n("The guest's RAM stays where it is");
    if (!context.plan.savesToFile() || context.plan.executes())
        return notApplicable(id, title, i18n("The mode saves no RAM in a file."));
    if (context.plan.attached || !context.launchKnown || !context.plan.saved)
        return refuse(id, title, i18n("Which RAM the destination uses is not known."),
            i18n("Let Cutover start the destination: it has to load the guest after the source has saved it, "
                 "and is ended if it cannot."));
    const SavedState& saved = *context.plan.saved;
    const QString remedy = i18n("Restart the VMM once with “-object memory-backend-file,id=ram0,size=…,"
                                "mem-path=/dev/shm/NAME,share=on -machine memory-backend=ram0”.");
    if (!saved.ignoresShared()) {
        const QLocale locale;
        const QString size
            = saved.copiedBytes < 0 ? i18n("all of it") : locale.formattedDataSize(saved.copiedBytes);
        return warning(id, title,
            i18n("It is no named file that both share: %1 is written into the state file and read back while "
                 "the guest stands still.",
                size),
            remedy);
    }
    if (const QStringList foreign = foreignRamFiles(context); !foreign.isEmpty())
        return refuse(id, title, i18n("The destination does not use %1.", foreign.join(u", "_s)),
            i18n("The guest would start with other memory: give the destination the same memory backend."));
    if (saved.copiedBytes > 0)
        return warning(id, title,
            i18n("%1 of it is in no shared file and goes through the state file.",
                QLocale().formattedDataSize(saved.copiedBytes)),
            remedy);
    QStringList names;
    for (const RamFile& file : saved.ramFiles) {
        names.append(file.path);
        if (!file.inMemory)
            return warning(id, title, i18n("%1 is on a disk.", file.path),
                i18n("It works, but the guest's memory is written to that disk all the time: /dev/shm is the "
                     "place for it."));
    }
    return pass(id, title, i18n("Both use %1.", names.join(u", "_s)));
}

} // namespace cutover::op::checks
