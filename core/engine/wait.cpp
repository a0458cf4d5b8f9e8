// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/wait.h"

#include "base/clock.h"

#include <QVarLengthArray>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 nsPerMs = 1'000'000;
constexpr qint64 nsPerSecond = 1'000'000'000;

} // namespace

qint64 deadlineIn(int milliseconds)
{
    return monotonicNs() + milliseconds * nsPerMs;
}

Result<void> waitFor(int fd, short events, std::span<const int> alarms, qint64 deadlineNs)
{
    QVarLengthArray<pollfd, 8> polled{ { .fd = fd, .events = events, .revents = 0 } };
    for (const int alarm : alarms)
        polled.append({ .fd = alarm, .events = POLLIN, .revents = 0 });
    while (true) {
        const qint64 left = std::max<qint64>(deadlineNs - monotonicNs(), 0);
        const timespec timeout{ .tv_sec = left / nsPerSecond, .tv_nsec = left % nsPerSecond };
        const int ready = ::ppoll(polled.data(), static_cast<nfds_t>(polled.size()), &timeout, nullptr);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0)
            return systemError(u"wait for the other side"_s, {}, errno);
        if (polled.front().revents != 0)
            return {};
        if (ready > 0)
            return failure(
                ErrorCode::Cancelled, u"wait for the other side"_s, {}, u"the wait was interrupted"_s);
        if (monotonicNs() >= deadlineNs)
            return failure(
                ErrorCode::Timeout, u"wait for the other side"_s, {}, u"the time limit was reached"_s);
    }
}

Result<CancelEvent> CancelEvent::create()
{
    UniqueFd eventFd = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!eventFd)
        return systemError(u"make an eventfd"_s, {}, errno);
    return CancelEvent(std::move(eventFd));
}

void CancelEvent::ring() noexcept
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(m_eventFd.get(), &one, sizeof one);
}

void CancelEvent::clear() noexcept
{
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(m_eventFd.get(), &count, sizeof count);
}

bool CancelEvent::isRung() const noexcept
{
    return waitFor(m_eventFd.get(), POLLIN, {}, 0).has_value();
}

} // namespace cutover::engine
