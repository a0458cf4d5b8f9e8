// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cpr/decoder.h"
#include "cpr/encoder.h"

#include <optional>
#include <vector>

/// The two ends of a CPR channel on a connected, stream-type unix socket. Neither blocks.
namespace cutover::cpr {

/// Writes an encoded stream and ends it.
class Sender
{
public:
    /// The fds in \a pieces stay the caller's and must be open until advance() has returned true.
    explicit Sender(std::vector<Piece> pieces);

    /// Sends what the socket takes. True = everything is sent and the socket is shut down for
    /// writing (the peer closes its end when it has used the stream: HUP); false = call again when the
    /// socket is writable. An error is final: every further call returns it.
    Result<bool> advance(int socket);

private:
    Result<bool> send(int socket);

    std::vector<Piece> m_pieces;
    std::size_t m_next = 0; // the piece to send
    qsizetype m_sentOfNext = 0;
    bool m_shutDown = false;
    std::optional<Error> m_error;
};

/// Feeds \a decoder with what is there. True = the stream has ended and is whole (finish() was called);
/// false = call again when the socket is readable.
Result<bool> receive(int socket, Decoder& decoder);

} // namespace cutover::cpr
