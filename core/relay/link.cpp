// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/link.h"

#include "base/clock.h"
#include "fdpass/transfer.h"

#include <algorithm>
#include <sys/socket.h>
#include <utility>

namespace cutover::relay {

static constexpr std::size_t pieceBytes = std::size_t{ 64 } << 10U;
/// One end must not keep the other's pieces waiting for ever.
static constexpr int piecesAtOnce = 16;

Link::Link(UniqueFd source, UniqueFd destination, LinkObserver* observer, LinkFilter* filter, Orphan orphan)
    : m_sockets{ std::move(source), std::move(destination) }
    , m_observer(observer)
    , m_filter(filter)
    , m_orphan(orphan)
{
    for (Way& each : m_ways)
        each.piece.resize(pieceBytes);
}

std::array<pollfd, 2> Link::polled() const
{
    std::array<pollfd, 2> result{};
    for (const End end : { End::Source, End::Destination }) {
        const Way& out = way(end);
        const Way& in = way(otherEnd(end));
        short events = 0;
        if (!out.ended && (!out.refused || out.discards) && out.size == 0)
            events |= POLLIN;
        if (in.size > 0 && !in.held && !in.refused)
            events |= POLLOUT;
        // A hang-up is reported for ever, also to who has heard it.
        const bool deaf = !m_open || (m_hungUp[std::size_t(end)] && events == 0);
        result[std::size_t(end)] = { .fd = deaf ? -1 : socket(end).get(), .events = events, .revents = 0 };
    }
    return result;
}

qint64 Link::resumeNs() const
{
    qint64 earliest = 0;
    for (const Way& each : m_ways) {
        if (each.held && each.resumeNs > 0 && (earliest == 0 || each.resumeNs < earliest))
            earliest = each.resumeNs;
    }
    return m_open ? earliest : 0;
}

bool Link::advance(std::span<const pollfd, 2> events)
{
    bool more = false;
    for (const End from : { End::Source, End::Destination }) {
        if (!m_open)
            return false;
        const short seen = events[std::size_t(from)].revents;
        if ((seen & (POLLHUP | POLLERR)) != 0)
            m_hungUp[std::size_t(from)] = true;
        more |= pass(from);
    }
    closeIfOver();
    return m_open && more;
}

bool Link::pass(End from)
{
    Way& now = way(from);
    for (int i = 0; i < piecesAtOnce; ++i) {
        if (!m_open || now.isOver())
            return false;
        if (now.size == 0 && !now.ended && !receive(from))
            return false;
        if (now.size > 0 && !send(from))
            return false;
        if (now.ended && !now.discards)
            tellEnd(from);
    }
    return true;
}

bool Link::receive(End from)
{
    Way& now = way(from);
    auto chunk = fdpass::receiveSome(socket(from).get(), now.piece);
    if (!chunk) {
        if (chunk.error().code != ErrorCode::Disconnected) {
            fail(chunk.error());
            return false;
        }
        now.ended = true;
        return true;
    }
    if (chunk->wouldBlock)
        return false;
    now.ended = chunk->endOfStream;
    now.size = now.allowed = chunk->size;
    now.sent = 0;
    now.fds = std::move(chunk->fds);
    now.fdsSent = now.judged = false;
    return true;
}

bool Link::judge(End from)
{
    Way& now = way(from);
    if (now.judged || !m_filter)
        return true;
    const auto verdict = m_filter->inspect(from, now.bytes, std::span(now.piece).first(now.size), now.fds);
    now.held = verdict.hold;
    now.resumeNs = verdict.resumeNs;
    if (verdict.hold)
        return false;
    now.judged = true;
    now.allowed = std::min(verdict.passBytes, now.size);
    return true;
}

bool Link::send(End from)
{
    Way& now = way(from);
    if (now.discards) {
        now.size = 0;
        now.fds.clear();
        return true;
    }
    if (!judge(from))
        return false;
    while (now.sent < now.allowed) {
        std::vector<int> numbers;
        if (!now.fdsSent) {
            numbers.reserve(now.fds.size());
            std::ranges::transform(now.fds, std::back_inserter(numbers), &UniqueFd::get);
        }
        const auto rest = std::span(now.piece).subspan(now.sent, now.allowed - now.sent);
        const auto sent = fdpass::sendSome(socket(otherEnd(from)).get(), rest, numbers);
        if (!sent) {
            if (sent.error().code != ErrorCode::Disconnected)
                fail(sent.error());
            // What the receiver had sent before it went away is still passed on.
            now.refused = true;
            now.size = 0;
            now.fds.clear();
            return orphan(from);
        }
        if (*sent == 0)
            return false;
        if (!std::exchange(now.fdsSent, true))
            now.fdCount += now.fds.size();
        now.sent += *sent;
        now.bytes += qint64(*sent);
    }
    const bool cut = now.allowed < now.size;
    const std::size_t passed = now.allowed;
    now.size = 0;
    if (passed > 0 && m_observer)
        m_observer->passed(
            from, std::span(now.piece).first(passed), std::exchange(now.fds, {}), realtimeNs());
    now.fds.clear();
    if (cut)
        this->cut(from);
    return m_open && !now.isOver();
}

/// Whether there is still something to be read of it.
bool Link::orphan(End from)
{
    Way& now = way(from);
    now.discards = m_open && m_orphan == Orphan::Finishes && from == End::Source && !now.ended;
    if (now.discards) {
        now.size = 0;
        now.held = false;
        now.fds.clear();
    }
    return now.discards;
}

void Link::cut(End from)
{
    m_cut = true;
    if (!orphan(from)) {
        close();
        return;
    }
    m_sockets[std::size_t(End::Destination)].reset();
    way(End::Destination).refused = true;
    m_hungUp[std::size_t(End::Destination)] = true;
}

void Link::tellEnd(End from)
{
    Way& now = way(from);
    now.endTold = true;
    // A close is both at once, so this is known by now.
    pollfd state{ .fd = socket(from).get(), .events = 0, .revents = 0 };
    bool& hungUp = m_hungUp[std::size_t(from)];
    hungUp = hungUp || (::poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)) != 0);
    if (hungUp && !m_closedBy)
        m_closedBy = from;
    // The other's close follows where this one has closed: one hang-up, not an end of stream before it.
    if (!hungUp)
        ::shutdown(socket(otherEnd(from)).get(), SHUT_WR);
    if (m_observer)
        m_observer->halfClosed(from, hungUp, realtimeNs());
}

void Link::closeIfOver()
{
    if (!m_open)
        return;
    // What waited to be judged waits for nobody any more.
    if (m_hungUp[std::size_t(End::Destination)] && way(End::Source).held)
        orphan(End::Source);
    const bool bothOver = m_ways[0].isOver() && m_ways[1].isOver();
    if (m_orphan == Orphan::Finishes && !m_hungUp[std::size_t(End::Source)] && !way(End::Source).isOver())
        return;
    if (m_cut) {
        close();
        return;
    }
    for (const End end : { End::Source, End::Destination }) {
        const bool left = m_hungUp[std::size_t(end)] && way(end).isOver();
        if (!left && !(bothOver && end == End::Destination))
            continue;
        if (!m_closedBy)
            m_closedBy = way(End::Source).refused ? End::Destination : end;
        close();
        return;
    }
}

void Link::fail(const Error& error)
{
    m_error = error;
    close();
}

void Link::close()
{
    m_open = false;
    for (UniqueFd& each : m_sockets)
        each.reset();
    for (Way& each : m_ways) {
        each.fds.clear();
        each.size = 0;
    }
}

} // namespace cutover::relay
