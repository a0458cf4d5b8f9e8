// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

#include <cstdint>
#include <sys/types.h>
#include <utility>

/// AF_UNIX sockets. Every socket made here is close-on-exec and non-blocking. Paths may be relative and
/// longer than sun_path (107 bytes), as long as the last component fits. Abstract names are not
/// supported: '@' is an ordinary character.
namespace cutover::fdpass {

enum class SocketType : std::uint8_t { Stream, SeqPacket };

/// A listening socket at \a path, mode 0600. A stale socket file (nobody listens there) is replaced. A
/// live one is Busy, anything else at that path is Refused; both stay untouched.
Result<UniqueFd> listenUnix(const QString& path, int backlog = 1, SocketType type = SocketType::Stream);

/// A connected socket. NotFound without a file; Disconnected where nobody listens; Busy when the
/// listener's queue is full (try again later).
Result<UniqueFd> connectUnix(const QString& path, SocketType type = SocketType::Stream);

/// The next connection, or an empty UniqueFd when none is waiting.
Result<UniqueFd> acceptUnix(int listener);

Result<std::pair<UniqueFd, UniqueFd>> unixSocketPair(SocketType type = SocketType::Stream);

/// Who connected (or listened), as of then.
struct PeerCredentials
{
    pid_t pid = 0; ///< 0 when the peer lives outside our pid namespace
    uid_t uid = 0;
    gid_t gid = 0;
};

Result<PeerCredentials> peerCredentials(int socket);

/// Success when the peer runs as our effective user or as root, else PermissionDenied.
Result<void> requireTrustedPeer(int socket);

} // namespace cutover::fdpass
