// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/trafficpeer.h"

#include "base/clock.h"

#include <QHostAddress>
#include <QtEndian>

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr quint16 port = 7; // echo
constexpr qint64 nsPerSecond = 1'000'000'000;

struct Datagram
{
    quint64 number = 0;
    qint64 sentNs = 0; ///< CLOCK_MONOTONIC
    std::array<char, 48> rest{};
};

sockaddr_in addressOf(const QString& text, quint16 portNumber)
{
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = qToBigEndian(portNumber);
    address.sin_addr.s_addr = qToBigEndian(QHostAddress(text).toIPv4Address());
    return address;
}

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
    const QString& hostAddress, const QString& guestAddress, int packetsPerSecond)
{
    const QString attempt = u"send traffic to the guest"_s;
    if (packetsPerSecond < 1 || packetsPerSecond > 1'000'000)
        return failure(ErrorCode::InvalidArgument, attempt, guestAddress, u"the rate is out of range"_s);
    UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return systemError(attempt, guestAddress, errno);
    const sockaddr_in near = addressOf(hostAddress, 0);
    const sockaddr_in far = addressOf(guestAddress, port);
    const int room = 8 << 20;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room) != 0
        || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&near), sizeof near) != 0
        || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&far), sizeof far) != 0)
        return systemError(attempt, guestAddress, errno);
    return std::unique_ptr<TrafficPeer>(new TrafficPeer(std::move(socket), packetsPerSecond));
}

TrafficPeer::TrafficPeer(UniqueFd socket, int packetsPerSecond)
    : m_socket(std::move(socket))
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
            if (::send(m_socket.get(), &datagram, sizeof datagram, MSG_NOSIGNAL) == ssize_t(sizeof datagram))
                ++m_sent;
            // After a hold-up the rate goes on from now: a burst would measure the queue.
            next = std::max(next + m_intervalNs, now - m_intervalNs);
        }
        takeEchoes();
        const qint64 until = (m_stopping ? std::min(m_drainUntilNs.load(), monotonicNs() + 1'000'000) : next)
            - monotonicNs();
        if (until > 0) {
            pollfd polled{ .fd = m_socket.get(), .events = POLLIN, .revents = 0 };
            const timespec timeout{ .tv_sec = until / nsPerSecond, .tv_nsec = until % nsPerSecond };
            ::ppoll(&polled, 1, &timeout, nullptr);
        }
    }
}

void TrafficPeer::takeEchoes()
{
    while (true) {
        Datagram datagram;
        const ssize_t size = ::recv(m_socket.get(), &datagram, sizeof datagram, 0);
        if (size < 0)
            return;
        const qint64 now = monotonicNs();
        if (size != ssize_t(sizeof datagram) || datagram.number == 0 || datagram.number > m_sent)
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
