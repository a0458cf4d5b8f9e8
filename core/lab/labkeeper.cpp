// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "base/uniquefd.h"
#include "lab/labfolder.h"
#include "lab/privatenetwork.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

static pid_t keeper = 0;

pid_t labKeeper()
{
    return keeper;
}

Result<void> startLabKeeper()
{
    const LabProcess keptFor{ .pid = ::getpid(), .startTicks = processStartTime(::getpid()).value_or(0) };
    std::array<int, 2> ends{ -1, -1 };
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return systemError(u"watch over the lab"_s, {}, errno);
    UniqueFd here = UniqueFd::adopt(ends[0]);
    UniqueFd owner = UniqueFd::adopt(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0)
        return systemError(u"watch over the lab"_s, {}, errno);
    if (pid > 0) {
        // Never closed by us: its end is ours.
        static_cast<void>(owner.release());
        keeper = pid;
        return {};
    }
    owner.reset();
    ::setsid();
    const UniqueFd nothing = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
    // Whoever reads our owner's output must see its end.
    for (const int standard : { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO })
        ::dup2(nothing.get(), standard);
    char byte = 0;
    while (::read(here.get(), &byte, 1) < 0 && errno == EINTR) { }
    // Its files close before it counts as dead, and a lab is swept only then.
    if (const auto dying = ProcessHandle::open(keptFor.pid, keptFor.startTicks)) {
        pollfd ended{ .fd = (*dying)->pidFd(), .events = POLLIN, .revents = 0 };
        ::poll(&ended, 1, -1);
    }
    const bool kept = LabFolder::isAnyKept(keptFor);
    LabFolder::sweep();
    if (!kept)
        endPrivateNetwork();
    ::_exit(0);
}

} // namespace cutover::lab
