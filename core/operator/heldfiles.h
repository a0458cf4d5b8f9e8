// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"
#include "operator/verify.h"

#include <map>

namespace cutover::op {

/// The memory files of a process before it executes another program, to be compared with what it has after
/// that. Where the kernel permits it they are held open, which keeps their memory: not to be kept for long.
class HeldFiles
{
public:
    /// Those of process \a pid now; empty where it may not be looked into.
    static HeldFiles of(pid_t pid);

    void clear() { m_files.clear(); }
    /// As proveFds(), with what is held as the source.
    std::vector<FdProof> prove(pid_t process, const std::vector<PassedFd>& fds) const;

private:
    struct File
    {
        UniqueFd copy; ///< invalid where that is not permitted
        quint64 device = 0;
        quint64 inode = 0;
    };
    FdProof proveOne(pid_t process, const PassedFd& passed) const;

    std::map<int, File> m_files; ///< by their numbers in the process
};

} // namespace cutover::op
