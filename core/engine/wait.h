// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QtTypes>

#include <span>

namespace cutover::engine {

/// CLOCK_MONOTONIC now plus \a milliseconds, in nanoseconds.
qint64 deadlineIn(int milliseconds);

/// Blocks until poll(2) reports any of \a events, an error or a hang-up for \a fd. Cancelled when one of
/// \a alarms becomes readable, Timeout at \a deadlineNs (CLOCK_MONOTONIC).
Result<void> waitFor(int fd, short events, std::span<const int> alarms, qint64 deadlineNs);

/// An eventfd that other threads ring and one thread waits for.
class CancelEvent
{
public:
    static Result<CancelEvent> create();
    void ring() noexcept;
    void clear() noexcept;
    bool isRung() const noexcept;
    int fd() const { return m_eventFd.get(); }

private:
    explicit CancelEvent(UniqueFd eventFd)
        : m_eventFd(std::move(eventFd))
    {
    }
    UniqueFd m_eventFd;
};

} // namespace cutover::engine
