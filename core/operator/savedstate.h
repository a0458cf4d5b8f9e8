// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"

#include <QString>

#include <optional>
#include <vector>

/// The mode cpr-reboot: the source saves its guest into a file, the destination loads it. RAM that both map
/// from the same named file stays where it is; all other RAM goes into the state file.
namespace cutover::op {

/// A shared RAM file of the source.
struct RamFile
{
    QString backend; ///< id of the memory backend
    QString path; ///< absolute
    qint64 size = -1; ///< bytes; -1 unknown
    bool proven = false; ///< the source has just this file open: whoever opens the path gets its memory
    bool inMemory = false; ///< on tmpfs or hugetlbfs
    bool operator==(const RamFile&) const = default;
};

/// What a look at the files has shown.
struct SavedState
{
    QString path; ///< of the state file, absolute
    bool exists = false;
    bool folderWritable = false;
    bool inMemory = false; ///< on tmpfs
    qint64 freeBytes = -1; ///< on its file system; -1 unknown
    std::vector<RamFile> ramFiles;
    qint64 copiedBytes = -1; ///< RAM that goes into the state file, at most; -1 unknown

    /// The capability x-ignore-shared: on only where each RAM file is proven. A RAM file that the
    /// destination cannot find again is saved like all other RAM.
    bool ignoresShared() const;
};

/// Whether process \a pid has the file \a path open; nothing where that cannot be seen.
std::optional<bool> hasOpen(pid_t pid, const QString& path);

/// Looks at the state file's place and at the RAM files of \a source. Blocks for some system calls.
SavedState lookAtSavedState(const Facts& source, const QString& stateFile);

/// When the guest runs again: loaded now, it would be corruption. Not waited for: it can be as large as the
/// guest.
void removeStateFile(const QString& path);

} // namespace cutover::op
