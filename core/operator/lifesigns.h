// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"
#include "timeline/pulse.h"

#include <QByteArray>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace cutover::op {

/// Finds how long nothing was seen, among looks that now and then see a sign of life. Pure.
class SilenceTracker
{
public:
    /// \a timeNs: never less than before. \a sign: something was done since the look before.
    void look(qint64 timeNs, bool sign);

    struct Silence
    {
        qint64 lengthNs = 0; ///< between the looks that saw the last sign before and the first one after
        qint64 errorNs = 0; ///< by so much it may be longer or shorter
        qint64 endNs = 0; ///< of the look that saw the first one after
        qint64 otherwiseNs = 0; ///< the longest silence that was seen at another time; 0 = none

        bool operator==(const Silence&) const = default;
    };
    /// The longest that touches the time from \a startNs to \a endNs and has ended.
    std::optional<Silence> around(qint64 startNs, qint64 endNs) const;

private:
    struct Stretch
    {
        qint64 fromNs = 0;
        qint64 toNs = 0;
        qint64 fromLateNs = 0; ///< the sign was at most so much earlier
        qint64 toLateNs = 0;

        qint64 lengthNs() const { return toNs - fromNs; }
    };
    std::optional<qint64> m_lookedNs;
    std::optional<Stretch> m_open; ///< since the latest sign
    std::vector<Stretch> m_longest;
};

/// Looks a thousand times a second, in a thread of its own, for what can be seen from outside of a guest that
/// has no heartbeat: frames that it sends into its TAPs (the interface's counter), and time that its
/// processors use (threads that QEMU names "CPU 0/KVM"; older ones do with debug-threads=on only). A
/// substitute: a guest may be silent though it runs. No word to any VMM, and nothing is kept of it but files
/// of /proc.
class LifeSigns
{
public:
    /// \a pid: the process that has the guest.
    explicit LifeSigns(pid_t pid);
    ~LifeSigns();
    LifeSigns(const LifeSigns&) = delete;
    LifeSigns& operator=(const LifeSigns&) = delete;

    /// The guest may move to process \a pid; nothing where it is watched already.
    void add(pid_t pid);
    /// The silences around a pause; times are CLOCK_REALTIME.
    std::vector<timeline::Silence> around(qint64 startNs, qint64 endNs) const;

private:
    class Process;
    void run(const std::stop_token& stop);

    mutable std::mutex m_mutex;
    std::vector<std::unique_ptr<Process>> m_processes;
    SilenceTracker m_packets;
    SilenceTracker m_processors;
    std::jthread m_thread; ///< last, so that it ends first
};

} // namespace cutover::op
