// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/savedstate.h"

#include "fdpass/describe.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QThreadPool>

#include <algorithm>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace cutover::op {

using namespace Qt::StringLiterals;

bool SavedState::ignoresShared() const
{
    return !ramFiles.empty() && std::ranges::all_of(ramFiles, &RamFile::proven);
}

static bool isInMemory(const struct statfs& system)
{
    return system.f_type == TMPFS_MAGIC || system.f_type == HUGETLBFS_MAGIC || system.f_type == RAMFS_MAGIC;
}

std::optional<bool> hasOpen(pid_t pid, const QString& path)
{
    struct stat file{};
    if (::stat(QFile::encodeName(path).constData(), &file) != 0)
        return std::nullopt;
    const auto fds = fdpass::listFds(pid);
    if (!fds)
        return std::nullopt;
    return std::ranges::any_of(*fds, [&](int fd) {
        const auto open = fdpass::describeFd(pid, fd);
        return open && open->device == file.st_dev && open->inode == file.st_ino;
    });
}

static RamFile lookAtRamFile(const Facts& source, const MemoryBackendFacts& backend)
{
    RamFile file{ .backend = backend.id, .path = backend.path, .size = backend.size };
    if (!source.process)
        return file;
    file.path = QDir::cleanPath(QDir(source.process->workingDirectory).absoluteFilePath(backend.path));
    // A folder as mem-path stands for a file in it that has lost its name.
    file.proven = QFileInfo(file.path).isFile() && hasOpen(source.process->pid, file.path).value_or(false);
    struct statfs system{};
    file.inMemory = ::statfs(QFile::encodeName(file.path).constData(), &system) == 0 && isInMemory(system);
    return file;
}

SavedState lookAtSavedState(const Facts& source, const QString& stateFile)
{
    SavedState state{ .path = stateFile };
    const QFileInfo info(stateFile);
    const QByteArray folder = QFile::encodeName(info.absolutePath());
    // A link that leads nowhere is a file, too, for whoever would write through it.
    state.exists = info.exists() || info.isSymLink();
    state.folderWritable
        = QFileInfo(info.absolutePath()).isDir() && ::access(folder.constData(), W_OK | X_OK) == 0;
    struct statfs system{};
    if (::statfs(folder.constData(), &system) == 0) {
        state.inMemory = isInMemory(system);
        state.freeBytes = static_cast<qint64>(system.f_bavail) * static_cast<qint64>(system.f_bsize);
    }
    qint64 all = source.memoryBackends.empty() ? source.ramSize : 0;
    for (const MemoryBackendFacts& backend : source.memoryBackends) {
        all = all < 0 || backend.size < 0 ? -1 : all + backend.size;
        if (backend.type == u"memory-backend-file" && backend.share.value_or(false))
            state.ramFiles.push_back(lookAtRamFile(source, backend));
    }
    state.copiedBytes = all;
    if (state.ignoresShared() && all >= 0) {
        for (const RamFile& file : state.ramFiles)
            state.copiedBytes -= file.size;
    }
    return state;
}

void removeStateFile(const QString& path)
{
    QThreadPool::globalInstance()->start([path] { QFile::remove(path); });
}

} // namespace cutover::op
