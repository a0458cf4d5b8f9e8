// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/packetsocket.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

static const QString attempt = u"use the socket"_s;

static QString numberText(int fd)
{
    return u"descriptor %1"_s.arg(fd);
}

Result<void> checkPacketSocket(int fd)
{
    const auto refuse = [&](const QString& cause) {
        return failure(ErrorCode::InvalidArgument, attempt, numberText(fd), cause,
            u"Give one end of a connected unix socket of type SOCK_SEQPACKET."_s);
    };
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof domain;
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) {
        if (errno == ENOTSOCK)
            return refuse(u"it is not a socket"_s);
        return systemError(attempt, numberText(fd), errno);
    }
    size = sizeof type;
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        return systemError(attempt, numberText(fd), errno);
    if (domain != AF_UNIX || type != SOCK_SEQPACKET)
        return refuse(u"it is not a unix socket that keeps the bounds of messages"_s);
    sockaddr_un peer{};
    size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0)
        return refuse(u"it is not connected"_s);
    return {};
}

Result<UniqueFd> takePacketSocket(int number)
{
    if (::fcntl(number, F_GETFD) < 0)
        return failure(ErrorCode::NotFound, attempt, numberText(number),
            u"this process was not started with it, and there is no name by which it could be opened"_s,
            u"Start the program with the socket as that descriptor, or let the migration pass it."_s);
    if (auto fits = checkPacketSocket(number); !fits)
        return std::unexpected(fits.error());
    UniqueFd socket = UniqueFd::adopt(number);
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) != 0
        || ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0)
        return systemError(attempt, numberText(number), errno);
    return socket;
}

bool hasPeer(int fd)
{
    pollfd polled{ .fd = fd, .events = POLLRDHUP, .revents = 0 };
    return ::poll(&polled, 1, 0) == 0;
}

} // namespace cutover::vmm
