// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/vhostuserwait.h"

#include "base/clock.h"

#include <cerrno>
#include <ctime>
#include <poll.h>

namespace cutover::vmm::vhostuser {

Result<void> waitFor(
    int fd, short events, std::int64_t deadlineNs, const QString& attempt, const QString& object)
{
    for (;;) {
        const std::int64_t leftNs = deadlineNs - monotonicNs();
        if (leftNs <= 0)
            return failure(
                ErrorCode::Timeout, attempt, object, QStringLiteral("no answer within the time limit"));
        const timespec left{ .tv_sec = leftNs / 1'000'000'000, .tv_nsec = leftNs % 1'000'000'000 };
        pollfd entry{ .fd = fd, .events = events, .revents = 0 };
        const int ready = ::ppoll(&entry, 1, &left, nullptr);
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return systemError(attempt, object, errno);
    }
}

} // namespace cutover::vmm::vhostuser
