// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/pidfd.h"

#include "base/process.h"
#include "engine/wait.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::engine {

using namespace Qt::StringLiterals;

Result<UniqueFd> openPidFd(pid_t pid, quint64 startTimeTicks)
{
    const QString attempt = u"watch the other side's process"_s;
    const QString object = u"process %1"_s.arg(pid);
    if (pid <= 1 || pid == ::getpid())
        return failure(ErrorCode::InvalidArgument, attempt, object, u"no VMM can have this process number"_s);
    UniqueFd pidFd = UniqueFd::adopt(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidFd)
        return systemError(attempt, object, errno == ESRCH ? ENOENT : errno);
    const auto startTime = processStartTime(pid);
    if (!startTime)
        return std::unexpected(startTime.error());
    if (*startTime != startTimeTicks)
        return failure(ErrorCode::NotFound, attempt, object, u"it is another process by now"_s);
    return pidFd;
}

Result<UniqueFd> openPeerPidFd(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return systemError(u"watch the other side's process"_s, {}, errno);
    const auto startTime = processStartTime(peer.pid);
    if (!startTime)
        return std::unexpected(startTime.error());
    return openPidFd(peer.pid, *startTime);
}

bool hasEnded(int pidFd)
{
    return waitFor(pidFd, POLLIN, {}, 0).has_value();
}

Result<void> killAndWait(int pidFd, int timeLimitMs)
{
    if (::syscall(SYS_pidfd_send_signal, pidFd, SIGKILL, nullptr, 0) != 0 && errno != ESRCH)
        return systemError(u"end the other side's process"_s, {}, errno);
    return waitFor(pidFd, POLLIN, {}, deadlineIn(timeLimitMs));
}

} // namespace cutover::engine
