// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "relay/link.h"
#include "transferhelpers.h"

#include "fdpass/transfer.h"

#include <array>
#include <poll.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace cutover::test {

/// Remembers what a link told.
class Listening : public relay::LinkObserver
{
public:
    void passed(relay::End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds,
        qint64 /*timeNs*/) override
    {
        Bytes& all = bytesFrom[std::size_t(from)];
        all.insert(all.end(), bytes.begin(), bytes.end());
        fdsSeen += fds.size();
    }
    void halfClosed(relay::End from, bool closed, qint64 /*timeNs*/) override
    {
        ends.emplace_back(from, closed);
    }

    std::array<Bytes, 2> bytesFrom;
    std::size_t fdsSeen = 0;
    std::vector<std::pair<relay::End, bool>> ends;
};

/// A link between two sockets, whose other ends are in the test's hands.
struct LinkBench
{
    explicit LinkBench(
        relay::LinkFilter* filter = nullptr, relay::Link::Orphan orphan = relay::Link::Orphan::Ends)
        : link(std::move(source.b), std::move(destination.b), &seen, filter, orphan)
    {
    }
    /// As long as there is anything to do at once.
    void run()
    {
        for (;;) {
            auto polled = link.polled();
            if (!link.isOpen() || (::poll(polled.data(), polled.size(), 0) <= 0 && !more))
                return;
            more = link.advance(polled);
        }
    }

    SocketPair source; ///< a: what the source holds
    SocketPair destination;
    Listening seen;
    relay::Link link;
    bool more = false;
};

/// What poll() says of a socket right now.
inline short pollNow(int socket, short events = POLLIN | POLLRDHUP)
{
    pollfd state{ .fd = socket, .events = events, .revents = 0 };
    ::poll(&state, 1, 0);
    return state.revents;
}

/// Everything that is there, with the fds; ends at the end of the stream or when nothing is left.
struct Got
{
    Bytes bytes;
    std::vector<UniqueFd> fds;
    bool end = false;
    bool reset = false; ///< the connection was lost with something unread
};

inline Got receiveAll(int socket)
{
    Got got;
    Bytes buffer(65536);
    for (;;) {
        auto chunk = fdpass::receiveSome(socket, buffer);
        if (!chunk) {
            got.reset = true;
            return got;
        }
        if (chunk->wouldBlock)
            return got;
        if (chunk->endOfStream) {
            got.end = true;
            return got;
        }
        got.bytes.insert(got.bytes.end(), buffer.begin(), buffer.begin() + std::ptrdiff_t(chunk->size));
        std::ranges::move(chunk->fds, std::back_inserter(got.fds));
    }
}

} // namespace cutover::test
