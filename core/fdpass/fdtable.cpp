// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/fdtable.h"

#include "base/uniquefd.h"
#include "fdpass/describe.h"

#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/resource.h>
#include <unistd.h>

namespace cutover::fdpass {

Result<void> reserveFds(std::size_t count)
{
    const QString attempt = QStringLiteral("reserve descriptors");
    const QString object = QString::number(count);
    if (count == 0)
        return {};
    const auto open = listFds(::getpid());
    if (!open)
        return std::unexpected(open.error());
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return systemError(attempt, object, errno);
    const auto used = static_cast<std::size_t>(open->size());
    if (limit.rlim_cur <= used || limit.rlim_cur - used < count) {
        return failure(ErrorCode::LimitExceeded, attempt, object,
            QStringLiteral("%1 of %2 are in use").arg(used).arg(limit.rlim_cur),
            QStringLiteral("Raise the limit of open files (ulimit -n) and try again."));
    }
    // Received fds take the lowest free numbers, so the highest of them is below this.
    const std::size_t highest = used + count - 1;
    if (highest > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return systemError(attempt, object, EMFILE);
    const UniqueFd something = UniqueFd::adopt(::open("/", O_PATH | O_CLOEXEC));
    if (!something)
        return systemError(attempt, object, errno);
    const UniqueFd high
        = UniqueFd::adopt(::fcntl(something.get(), F_DUPFD_CLOEXEC, static_cast<int>(highest)));
    // EMFILE: numbers up to the limit are open, so the table is that large already.
    if (!high && errno != EMFILE)
        return systemError(attempt, object, errno);
    return {};
}

} // namespace cutover::fdpass
