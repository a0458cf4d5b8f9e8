// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Bytes and file descriptors over AF_UNIX sockets (stream or seqpacket) with SCM_RIGHTS. No function
/// here blocks, whatever the socket's own mode, and none raises SIGPIPE.
namespace cutover::fdpass {

/// The kernel's SCM_MAX_FD.
inline constexpr std::size_t maxFdsPerMessage = 253;

/// True for an errno value that says that the other end is gone, as opposed to a mistake of ours.
bool isPeerGone(int sysErrno);

/// One sendmsg(). Returns the number of bytes sent; 0 = would block, then no fd was sent either. The
/// fds (borrowed) travel with the first byte sent; when the result is not 0 they are all sent, also
/// if fewer bytes than asked for went out (stream only: send the rest without them).
/// \a bytes must not be empty, and \a fds not longer than maxFdsPerMessage: InvalidArgument.
/// A peer that is gone is Disconnected.
Result<std::size_t> sendSome(int socket, std::span<const std::byte> bytes, std::span<const int> fds = {});

/// What one receiveSome() gave.
struct Chunk
{
    std::size_t size = 0; ///< bytes written to the buffer
    /// In the order they were sent. They belong to one of the chunk's bytes: the kernel may put bytes
    /// that were sent without fds before it into the same chunk, and never a byte of a later message
    /// with fds.
    std::vector<UniqueFd> fds;
    bool endOfStream = false; ///< the peer closed or shut down its side; size is 0
    bool wouldBlock = false; ///< nothing there; size is 0
};

/// One recvmsg(). Received fds are close-on-exec. More than \a maxFds of them, no room for them in our
/// fd table, unknown control data, or a datagram longer than \a buffer: everything received is closed
/// and the call fails; such a stream cannot be used any further. A peer that is gone without an
/// orderly end is Disconnected. \a buffer must not be empty, \a maxFds at most maxFdsPerMessage. An
/// empty datagram of a seqpacket peer cannot be told from the end of the stream, unless it carries fds.
Result<Chunk> receiveSome(int socket, std::span<std::byte> buffer, std::size_t maxFds = maxFdsPerMessage);

/// receiveSome() for one message that must carry exactly \a expectedFds fds: fewer or more are all closed
/// and the call fails (Protocol, or LimitExceeded for more), as does the end of the stream
/// (Disconnected). The chunk is either data or wouldBlock.
Result<Chunk> receiveExactly(int socket, std::span<std::byte> buffer, std::size_t expectedFds);

/// Bytes with any number of fds on their way out. More than maxFdsPerMessage fds are split over several
/// messages, each of which needs a byte: all but the last carry one byte.
class Outgoing
{
public:
    /// Takes both over. \a bytes must have at least one byte per message: InvalidArgument from advance().
    Outgoing(std::vector<std::byte> bytes, std::vector<UniqueFd> fds = {});

    /// Sends as much as the socket takes. True = all sent (and our copies of the fds are closed);
    /// false = call again when the socket is writable. An error closes the fds and is final: every
    /// further call returns it.
    Result<bool> advance(int socket);
    bool isDone() const { return !m_error && m_sent == m_bytes.size() && m_fds.empty(); }

private:
    Result<bool> send(int socket);

    std::vector<std::byte> m_bytes;
    std::vector<UniqueFd> m_fds;
    std::size_t m_sent = 0;
    std::optional<Error> m_error;
};

/// The receiving side of Outgoing: a known number of bytes with a known number of fds.
class Incoming
{
public:
    /// \a bytes must not be 0 if \a fds is not.
    Incoming(std::size_t bytes, std::size_t fds);

    /// Receives what is there, never a byte more than asked for. True = complete; false = call again
    /// when the socket is readable. End of the stream before that is Disconnected; all bytes with fewer
    /// fds, or more fds than expected, is Protocol. An error closes
    /// what was received and is final.
    Result<bool> advance(int socket);

    std::span<const std::byte> bytes() const { return std::span(m_bytes).first(m_received); }
    /// All of them once advance() has returned true, none before.
    std::vector<UniqueFd> takeFds();

private:
    Result<bool> receive(int socket);

    std::vector<std::byte> m_bytes;
    std::vector<UniqueFd> m_fds;
    std::size_t m_received = 0;
    std::size_t m_expectedFds = 0;
    std::size_t m_receivedFds = 0;
    std::optional<Error> m_error;
    bool m_complete = false;
};

} // namespace cutover::fdpass
