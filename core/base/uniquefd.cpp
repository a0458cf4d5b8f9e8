// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/uniquefd.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace cutover {

void UniqueFd::reset() noexcept
{
    if (m_fd < 0)
        return;
    const int saved = errno;
    // Never retried: after EINTR Linux has already freed the number.
    ::close(std::exchange(m_fd, -1));
    errno = saved;
}

Result<UniqueFd> UniqueFd::duplicate() const
{
    const int copy = ::fcntl(m_fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return systemError(QStringLiteral("duplicate fd"), QString::number(m_fd), errno);
    return adopt(copy);
}

} // namespace cutover
