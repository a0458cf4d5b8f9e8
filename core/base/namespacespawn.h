// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <sys/types.h>
#include <utility>
#include <vector>

namespace cutover {

/// What a forked child executes, in a form that needs no memory of its own. Everything is borrowed.
struct PreparedProgram
{
    const char* path = nullptr;
    char* const* argv = nullptr;
    char* const* environment = nullptr;
    const char* workingDirectory = nullptr; ///< null: ours
    std::vector<std::pair<int, int>>
        fds; ///< (ours, above every number in the child; its number in the child)
    bool ownSession = false;
    int namespacePidFd = -1;
    int namespaceKinds = 0; ///< CLONE_NEWUSER, CLONE_NEWNET
};

/// As posix_spawn(), which cannot do it: the child first moves into another process's namespaces. Returns
/// after the program was executed. PermissionDenied where we may not go there; nothing runs then.
Result<pid_t> spawnInNamespaces(const PreparedProgram& program);

} // namespace cutover
