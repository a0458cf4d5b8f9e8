// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/trafficlink.h"

#include <QtTypes>

#include <atomic>
#include <memory>
#include <thread>

namespace cutover::lab {

/// What a guest that echoes every frame looks like from outside.
struct TrafficReading
{
    quint64 sent = 0;
    quint64 received = 0; ///< distinct echoes
    quint64 reordered = 0; ///< echoes that came after a later one
    quint64 duplicated = 0;
    qint64 longestSilenceNs = 0; ///< between two echoes
    qint64 longestSilenceAtNs = 0; ///< CLOCK_REALTIME of its end
    qint64 roundTripNs = 0; ///< of the last echo
    /// Sent and neither back nor still under way: exact only after stop().
    quint64 lost() const { return sent - received; }
};

/// Sends numbered UDP datagrams to a guest at a set rate and takes the echoes, on a thread of its own.
class TrafficPeer
{
public:
    /// \a packetsPerSecond 1..1'000'000.
    static Result<std::unique_ptr<TrafficPeer>> create(
        std::unique_ptr<TrafficLink> link, int packetsPerSecond);
    ~TrafficPeer();

    /// From any thread.
    TrafficReading reading() const;
    /// Ends sending and waits up to \a timeLimitMs for the echoes that are missing.
    TrafficReading stop(int timeLimitMs = 500);
    /// Forgets the longest silence so far, so that the next one can be told.
    void markSilence() { m_resetSilence = true; }

private:
    TrafficPeer(std::unique_ptr<TrafficLink> link, int packetsPerSecond);
    void run();
    void takeEchoes();

    std::unique_ptr<TrafficLink> m_link;
    qint64 m_intervalNs;
    std::atomic<bool> m_stopping = false;
    std::atomic<qint64> m_drainUntilNs = 0;
    std::atomic<bool> m_resetSilence = false;
    std::atomic<quint64> m_sent = 0;
    std::atomic<quint64> m_received = 0;
    std::atomic<quint64> m_reordered = 0;
    std::atomic<quint64> m_duplicated = 0;
    std::atomic<qint64> m_longestNs = 0;
    std::atomic<qint64> m_longestAtNs = 0;
    std::atomic<qint64> m_roundTripNs = 0;
    class Seen;
    std::unique_ptr<Seen> m_seen;
    qint64 m_lastEchoNs = 0;
    quint64 m_highest = 0;
    std::jthread m_thread;
};

} // namespace cutover::lab
