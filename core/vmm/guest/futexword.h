// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtTypes>

#include <atomic>
#include <ctime>
#include <limits>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::vmm {

/// A word that threads of this process wait for.
using FutexWord = std::atomic<quint32>;
static_assert(sizeof(FutexWord) == sizeof(quint32) && FutexWord::is_always_lock_free);

/// Returns when woken, when \a word is not \a expected, at CLOCK_MONOTONIC \a untilNs, or for no reason.
inline void futexWait(FutexWord& word, quint32 expected, qint64 untilNs = -1)
{
    constexpr qint64 nsPerSecond = 1'000'000'000;
    const timespec until{ .tv_sec = static_cast<time_t>(untilNs / nsPerSecond),
        .tv_nsec = static_cast<long>(untilNs % nsPerSecond) };
    syscall(SYS_futex, reinterpret_cast<quint32*>(&word), FUTEX_WAIT_BITSET_PRIVATE, expected,
        untilNs < 0 ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

inline void futexWakeAll(FutexWord& word)
{
    syscall(SYS_futex, reinterpret_cast<quint32*>(&word), FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(),
        nullptr, nullptr, 0);
}

} // namespace cutover::vmm
