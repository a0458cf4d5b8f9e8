// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cpr/channel.h"

#include "fdpass/transfer.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace cutover::cpr {

Sender::Sender(std::vector<Piece> pieces)
    : m_pieces(std::move(pieces))
{
}

Result<bool> Sender::advance(int socket)
{
    if (m_error)
        return std::unexpected(*m_error);
    auto done = send(socket);
    if (!done)
        m_error = done.error();
    return done;
}

Result<bool> Sender::send(int socket)
{
    while (m_next < m_pieces.size()) {
        const Piece& piece = m_pieces[m_next];
        const auto rest
            = std::as_bytes(std::span(piece.bytes)).subspan(static_cast<std::size_t>(m_sentOfNext));
        const bool withFd = piece.fd >= 0 && m_sentOfNext == 0;
        const auto sent = fdpass::sendSome(socket, rest, std::span(&piece.fd, withFd ? 1 : 0));
        if (!sent)
            return std::unexpected(sent.error());
        if (*sent == 0)
            return false;
        m_sentOfNext += static_cast<qsizetype>(*sent);
        if (m_sentOfNext == piece.bytes.size()) {
            ++m_next;
            m_sentOfNext = 0;
        }
    }
    if (!std::exchange(m_shutDown, true) && ::shutdown(socket, SHUT_WR) != 0)
        return systemError(
            QStringLiteral("end the CPR stream on"), QStringLiteral("fd %1").arg(socket), errno);
    return true;
}

Result<bool> receive(int socket, Decoder& decoder)
{
    std::array<std::byte, 4096> buffer{};
    for (;;) {
        auto chunk = fdpass::receiveSome(socket, buffer);
        if (!chunk)
            return std::unexpected(chunk.error());
        if (chunk->wouldBlock)
            return false;
        const auto done = chunk->endOfStream
            ? decoder.finish()
            : decoder.feed(std::span(buffer).first(chunk->size), std::move(chunk->fds));
        if (!done)
            return std::unexpected(done.error());
        if (chunk->endOfStream)
            return true;
    }
}

} // namespace cutover::cpr
