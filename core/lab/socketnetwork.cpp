// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/socketnetwork.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

/// As much as the machine allows, if need be.
static bool setRoom(int socket)
{
    const int room = 8 << 20;
    return ::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) == 0
        || ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0;
}

Result<SocketNetwork> makeSocketNetwork(int queues)
{
    SocketNetwork network;
    for (int queue = 0; queue < queues; ++queue) {
        std::array<int, 2> ends{ -1, -1 };
        const int made = ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data());
        if (made != 0)
            return systemError(u"make a network of sockets"_s, {}, errno);
        network.host.push_back(UniqueFd::adopt(ends[0]));
        network.guest.push_back(UniqueFd::adopt(ends[1]));
        if (!setRoom(ends[0]) || !setRoom(ends[1]))
            return systemError(u"make a network of sockets"_s, {}, errno);
    }
    return network;
}

} // namespace cutover::lab
