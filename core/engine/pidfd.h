// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QtTypes>

#include <sys/types.h>

namespace cutover::engine {

/// A pidfd of the process that \a pid and \a startTimeTicks (base/process.h) name. NotFound when that process
/// is not, or no longer, here; InvalidArgument for our own and for process 1.
Result<UniqueFd> openPidFd(pid_t pid, quint64 startTimeTicks);

/// A pidfd of the process at the other end of a connected unix socket, as openPidFd(); it is the one that
/// connected or listened, whoever holds that end now.
Result<UniqueFd> openPeerPidFd(int socket);

/// True once all threads of the process have ended.
bool hasEnded(int pidFd);

/// SIGKILL, then waits for the end. Timeout when the process is still there after \a timeLimitMs.
Result<void> killAndWait(int pidFd, int timeLimitMs);

} // namespace cutover::engine
