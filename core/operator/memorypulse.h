// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/beatwatch.h"
#include "timeline/pulse.h"

#include <memory>
#include <optional>

namespace cutover::op {

/// The heartbeat of a guest whose VMM cannot be asked for it: read from the guest's RAM. For the time of a
/// switchover it is watched closely. GUI thread.
class MemoryPulse
{
public:
    /// From now on the guest is the one in process \a pid; whether it has a heartbeat. What is being watched
    /// goes on.
    Result<void> open(pid_t pid, qint64 ramBytes);
    bool isOpen() const { return m_page != nullptr; }
    /// Lets go of the guest's RAM.
    void close();

    /// Begins to watch for the guest's standstill; the one of before is forgotten. Nothing where it is not
    /// open; goes on where it does already.
    void watch();
    bool isWatching() const { return m_watch != nullptr; }
    /// The guest may move to RAM of process \a pid.
    void expectIn(pid_t pid, qint64 ramBytes);
    /// The guest has moved, or will not: the watch ends as soon as it has beaten for a while.
    void settle();

    /// The number of the latest beat; nothing where there is no heartbeat (any more).
    std::optional<quint32> beats() const;
    /// The heartbeat as of now, with the standstill that was watched. Nothing while that is not over.
    std::optional<timeline::Heartbeat> sample(Side side);

private:
    std::shared_ptr<const GuestPage> m_page;
    std::unique_ptr<BeatWatch> m_watch;
    qint64 m_intervalNs = 0;
    std::optional<qint64> m_settledNs; ///< CLOCK_MONOTONIC
    quint32 m_settledAt = 0; ///< number of the beat
    std::optional<BeatGap> m_gap;
    qint64 m_starts = 1;
};

} // namespace cutover::op
