// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/trafficpeer.h"

#include "base/clock.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <ctime>
#include <poll.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr qint64 nsPerSecond = 1'000'000'000;

struct Datagram
{
    quint64 number = 0;
    qint64 sentNs = 0; ///< CLOCK_MONOTONIC
    std::array<char, 48> rest{};
};

} // namespace

/// Which of the last datagrams have come back.
class TrafficPeer::Seen
{
public:
    static constexpr quint64 window = 1 << 20;
    /// False when it was there already, or is too old to tell.
    bool insert(quint64 number, quint64 highest)
    {
        if (number + window <= highest)
            return false;
        for (quint64 n = m_cleared + 1; n <= number; ++n)
            m_bits.reset(n % window);
        m_cleared = std::max(m_cleared, number);
        if (m_bits.test(number % window))
            return false;
        m_bits.set(number % window);
        return true;
    }

private:
    std::bitset<window> m_bits;
    quint64 m_cleared = 0;
};

Result<std::unique_ptr<TrafficPeer>> TrafficPeer::create(
    std::unique_ptr<TrafficLink> link, int packetsPerSecond)
{
    if (packetsPerSecond < 1 || packetsPerSecond > 1'000'000)
        return failure(ErrorCode::InvalidArgument, u"send traffic to the guest"_s,
            QString::number(packetsPerSecond), u"the rate is out of range"_s);
    return std::unique_ptr<TrafficPeer>(new TrafficPeer(std::move(link), packetsPerSecond));
}

TrafficPeer::TrafficPeer(std::unique_ptr<TrafficLink> link, int packetsPerSecond)
    : m_link(std::move(link))
    , m_intervalNs(nsPerSecond / packetsPerSecond)
    , m_seen(std::make_unique<Seen>())
    , m_thread([this] { run(); })
{
}

TrafficPeer::~TrafficPeer()
{
    if (m_thread.joinable())
        stop(0);
}

TrafficReading TrafficPeer::reading() const
{
    return { .sent = m_sent,
        .received = m_received,
        .reordered = m_reordered,
        .duplicated = m_duplicated,
        .longestSilenceNs = m_longestNs,
        .longestSilenceAtNs = m_longestAtNs,
        .roundTripNs = m_roundTripNs };
}

TrafficReading TrafficPeer::stop(int timeLimitMs)
{
    m_drainUntilNs = monotonicNs() + timeLimitMs * qint64{ 1'000'000 };
    m_stopping = true;
    if (m_thread.joinable())
        m_thread.join();
    return reading();
}

void TrafficPeer::run()
{
    qint64 next = monotonicNs();
    while (true) {
        const qint64 now = monotonicNs();
        const bool stopping = m_stopping;
        if (stopping && (now >= m_drainUntilNs || m_received >= m_sent))
            return;
        if (!stopping && now >= next) {
            Datagram datagram;
            datagram.number = m_sent + 1;
            datagram.sentNs = now;
            // A full queue is the guest's silence, not a datagram that was sent.
            if (m_link->send(QByteArray(reinterpret_cast<const char*>(&datagram), sizeof datagram)))
                ++m_sent;
            // After a hold-up the rate goes on from now: a burst would measure the queue.
            next = std::max(next + m_intervalNs, now - m_intervalNs);
        }
        takeEchoes();
        const qint64 until = (m_stopping ? std::min(m_drainUntilNs.load(), monotonicNs() + 1'000'000) : next)
            - monotonicNs();
        if (until > 0) {
            pollfd polled{ .fd = m_link->fd(), .events = POLLIN, .revents = 0 };
            const timespec timeout{ .tv_sec = until / nsPerSecond, .tv_nsec = until % nsPerSecond };
            ::ppoll(&polled, 1, &timeout, nullptr);
        }
    }
}

void TrafficPeer::takeEchoes()
{
    while (const auto echo = m_link->receive()) {
        Datagram datagram;
        const qint64 now = monotonicNs();
        if (echo->size() != qsizetype(sizeof datagram))
            continue;
        std::memcpy(&datagram, echo->constData(), sizeof datagram);
        if (datagram.number == 0 || datagram.number > m_sent)
            continue;
        if (m_resetSilence.exchange(false)) {
            m_longestNs = 0;
            m_lastEchoNs = now;
        }
        if (m_lastEchoNs != 0 && now - m_lastEchoNs > m_longestNs) {
            m_longestNs = now - m_lastEchoNs;
            m_longestAtNs = realtimeNs();
        }
        m_lastEchoNs = now;
        m_roundTripNs = now - datagram.sentNs;
        if (!m_seen->insert(datagram.number, m_highest)) {
            ++m_duplicated;
            continue;
        }
        ++m_received;
        if (datagram.number < m_highest)
            ++m_reordered;
        m_highest = std::max(m_highest, datagram.number);
    }
}

} // namespace cutover::lab
