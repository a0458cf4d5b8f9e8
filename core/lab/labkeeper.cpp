// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/uniquefd.h"
#include "lab/labfolder.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

Result<void> startLabKeeper()
{
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
    LabFolder::sweep();
    ::_exit(0);
}

} // namespace cutover::lab
