// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <poll.h>
#include <span>
#include <vector>

namespace cutover::relay {

/// The two ends of a link. Source is the side that connected to the relay.
enum class End : std::uint8_t { Source, Destination };

constexpr End otherEnd(End end)
{
    return end == End::Source ? End::Destination : End::Source;
}

/// Is told what a link has passed on, after it was passed on, on the thread that drives the link.
class LinkObserver
{
public:
    virtual ~LinkObserver() = default;
    /// \a bytes came from \a from and were sent at \a timeNs (realtime), with \a fds, whose copies here are
    /// given away: whoever keeps one keeps the file open.
    virtual void passed(End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs)
        = 0;
    /// \a from sends no more, and the other end was told so; \a closed: it has closed its socket, and the
    /// other's follows.
    virtual void halfClosed(End from, bool closed, qint64 timeNs) = 0;
};

/// What a link does to one direction on its way; the default does nothing.
class LinkFilter
{
public:
    virtual ~LinkFilter() = default;
    struct Verdict
    {
        std::size_t passBytes = 0; ///< of what was shown; fewer: the channel is cut after them
        bool hold = false; ///< nothing now: ask again when resumeNs has come
        qint64 resumeNs = 0; ///< CLOCK_MONOTONIC; 0 with hold = never
    };
    /// \a bytes from stream offset \a offset on are about to be sent with \a fds; both may be changed.
    /// After a hold the same ones are shown again, changed as they were left.
    virtual Verdict inspect(End from, qint64 offset, std::span<std::byte> bytes, std::vector<UniqueFd>& fds)
        = 0;
};

/// Two connected stream sockets, and all that passes between them: bytes and SCM_RIGHTS, unchanged and in
/// order, fds with the first byte of the piece they came with. Holds one piece of at most 64 KiB for each
/// direction, and reads no more before that is sent, so that an end that stalls is felt by the other.
///
/// Each end's closing is repeated on the other, when everything it had sent was passed on: a half-close by a
/// half-close, a close by a close. QEMU's CPR channel needs both: the source's half-close ends the stream,
/// the destination's close (a hang-up for the source) says that it listens on the main channel. An end that
/// went away while the other still sends is still read to its end first.
///
/// Does not wait: its owner polls with what polled() asks for, and calls advance(). One thread at a time.
class Link
{
public:
    /// What happens to a source that still writes when its receiver has gone or was cut off.
    enum class Orphan : std::uint8_t {
        Ends, ///< its connection ends, too
        Finishes, ///< it is read to its half-close first, and nobody gets that
    };

    /// \a observer and \a filter are borrowed.
    Link(UniqueFd source, UniqueFd destination, LinkObserver* observer, LinkFilter* filter = nullptr,
        Orphan orphan = Orphan::Ends);

    /// What to wait for; an fd of -1 is to be ignored. In the order of End.
    std::array<pollfd, 2> polled() const;
    /// When to call advance() without an event (CLOCK_MONOTONIC); 0 = not.
    qint64 resumeNs() const;
    /// Passes on what is there, up to some pieces; true = there may be more.
    bool advance(std::span<const pollfd, 2> events);

    /// Both sockets are open. Nothing else can happen once this is false.
    bool isOpen() const { return m_open; }
    /// Who closed first; nothing while it is open and when the relay itself has ended it.
    std::optional<End> closedBy() const { return m_closedBy; }
    /// Why the link could not go on: a fault of the relay (its limit of open files, a message it cannot take
    /// in), not that of an end.
    const std::optional<Error>& error() const { return m_error; }
    /// Whether a filter has ended it.
    bool wasCut() const { return m_cut; }
    qint64 bytes(End from) const { return way(from).bytes; } ///< passed on
    std::size_t fds(End from) const { return way(from).fdCount; } ///< passed on

    /// Ends both connections at once, as the death of the relay's process would.
    void close();

private:
    struct Way
    {
        std::vector<std::byte> piece;
        std::size_t size = 0; ///< of the piece; 0 = none
        std::size_t sent = 0;
        std::size_t allowed = 0; ///< by the filter, of the piece
        std::vector<UniqueFd> fds; ///< of the piece
        bool fdsSent = false;
        bool judged = false; ///< the filter has let it pass
        bool held = false;
        qint64 resumeNs = 0;
        bool ended = false; ///< the sender sends no more
        bool endTold = false; ///< and the receiver knows
        bool refused = false; ///< the receiver takes no more
        bool discards = false; ///< nobody takes it any more, but it is read to its end
        qint64 bytes = 0;
        std::size_t fdCount = 0;

        bool isOver() const { return discards ? ended : refused || endTold; }
    };

    const UniqueFd& socket(End end) const { return m_sockets[std::size_t(end)]; }
    Way& way(End from) { return m_ways[std::size_t(from)]; }
    const Way& way(End from) const { return m_ways[std::size_t(from)]; }

    bool pass(End from);
    bool receive(End from);
    bool send(End from);
    bool orphan(End from);
    void cut(End from);
    bool judge(End from);
    void tellEnd(End from);
    void fail(const Error& error);
    void closeIfOver();

    std::array<UniqueFd, 2> m_sockets;
    std::array<Way, 2> m_ways;
    std::array<bool, 2> m_hungUp{};
    LinkObserver* m_observer;
    LinkFilter* m_filter;
    Orphan m_orphan;
    bool m_open = true;
    bool m_cut = false;
    std::optional<End> m_closedBy;
    std::optional<Error> m_error;
};

} // namespace cutover::relay
