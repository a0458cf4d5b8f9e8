// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/channels.h"

#include "base/clock.h"
#include "engine/loopback.h"
#include "engine/optiontext.h"
#include "engine/wait.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QFile>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

int socketOption(int socket, int option)
{
    int value = -1;
    socklen_t length = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

Result<UniqueFd> adoptSocket(
    const QString& name, bool listening, const FdLookup& lookup, const QString& attempt)
{
    UniqueFd fd;
    if (lookup) {
        auto found = lookup(name);
        if (!found)
            return found;
        fd = std::move(*found);
    } else {
        const auto number = parseInteger(name);
        if (!number || *number <= STDERR_FILENO || *number > 1 << 20)
            return failure(ErrorCode::InvalidArgument, attempt, u"fd:"_s + name,
                u"it is not the number of an inherited descriptor"_s);
        if (::fcntl(int(*number), F_GETFD) < 0)
            return systemError(attempt, u"fd:"_s + name, errno);
        fd = UniqueFd::adopt(int(*number));
    }
    const int accepts = socketOption(fd.get(), SO_ACCEPTCONN);
    if (socketOption(fd.get(), SO_TYPE) != SOCK_STREAM || accepts != int(listening)) {
        // A mistaken number may belong to somebody else here: it stays open.
        if (!lookup)
            static_cast<void>(fd.release());
        return failure(ErrorCode::InvalidArgument, attempt, u"fd:"_s + name,
            listening ? u"it is not a listening stream socket"_s : u"it is not a connected stream socket"_s);
    }
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) < 0
        || ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) < 0)
        return systemError(attempt, u"fd:"_s + name, errno);
    return fd;
}

Result<UniqueFd> inetSocket(const InetAddress& address, const QString& attempt, const QString& object)
{
    auto socket = UniqueFd::adopt(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!socket)
        return systemError(attempt, object, errno);
    return socket;
}

void setNoDelay(int socket)
{
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::unexpected<Error> notLoopback(const QString& attempt, const ChannelAddress& address)
{
    return failure(ErrorCode::Unsupported, attempt, address.text(), u"it is not a loopback address"_s);
}

Result<UniqueFd> listenInet(ChannelAddress& address, const QString& attempt)
{
    const auto name = loopbackAddress(address.host, address.port);
    if (!name)
        return notLoopback(attempt, address);
    auto socket = inetSocket(*name, attempt, address.text());
    if (!socket)
        return socket;
    const int on = 1;
    sockaddr_storage bound = {};
    socklen_t length = sizeof bound;
    if (::setsockopt(socket->get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || ::bind(socket->get(), name->get(), name->length) < 0 || ::listen(socket->get(), 1) < 0
        || ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&bound), &length) < 0)
        return systemError(attempt, address.text(), errno);
    const auto* const port = bound.ss_family == AF_INET6
        ? &reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
        : &reinterpret_cast<const sockaddr_in*>(&bound)->sin_port;
    address.port = ntohs(*port);
    return socket;
}

Result<UniqueFd> connectInet(
    const ChannelAddress& address, std::span<const int> alarms, qint64 deadlineNs, const QString& attempt)
{
    const auto name = loopbackAddress(address.host, address.port);
    if (!name)
        return notLoopback(attempt, address);
    auto socket = inetSocket(*name, attempt, address.text());
    if (!socket)
        return socket;
    if (::connect(socket->get(), name->get(), name->length) < 0) {
        if (errno != EINPROGRESS)
            return systemError(attempt, address.text(), errno);
        if (auto done = waitFor(socket->get(), POLLOUT, alarms, deadlineNs); !done)
            return std::unexpected(done.error());
        if (const int error = socketOption(socket->get(), SO_ERROR); error != 0)
            return systemError(attempt, address.text(), error);
    }
    setNoDelay(socket->get());
    return socket;
}

Result<UniqueFd> connectUnixWaiting(
    const ChannelAddress& address, std::span<const int> alarms, qint64 deadlineNs, const QString& attempt)
{
    constexpr qint64 pauseNs = 2'000'000;
    while (true) {
        auto socket = fdpass::connectUnix(address.path);
        if (socket) {
            if (auto trusted = fdpass::requireTrustedPeer(socket->get()); !trusted)
                return std::unexpected(trusted.error());
            return socket;
        }
        if (socket.error().code != ErrorCode::Busy)
            return socket;
        if (monotonicNs() >= deadlineNs) {
            return failure(ErrorCode::Timeout, attempt, address.text(),
                u"the listener did not take the connection in time"_s);
        }
        // No event tells that a listener's queue has room.
        const auto paused = waitFor(-1, 0, alarms, std::min(deadlineNs, monotonicNs() + pauseNs));
        if (!paused && paused.error().code != ErrorCode::Timeout)
            return std::unexpected(paused.error());
    }
}

} // namespace

std::optional<InetAddress> loopbackAddress(const QString& host, quint16 port)
{
    const QByteArray text = host == u"localhost" ? "127.0.0.1"_ba : host.toLatin1();
    InetAddress address;
    sockaddr_in v4 = {};
    if (::inet_pton(AF_INET, text.constData(), &v4.sin_addr) == 1) {
        if (ntohl(v4.sin_addr.s_addr) >> 24 != 127)
            return std::nullopt;
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&address.storage, &v4, sizeof v4);
        address.length = sizeof v4;
        return address;
    }
    sockaddr_in6 v6 = {};
    if (::inet_pton(AF_INET6, text.constData(), &v6.sin6_addr) != 1
        || std::memcmp(&v6.sin6_addr, &in6addr_loopback, sizeof v6.sin6_addr) != 0)
        return std::nullopt;
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
    return address;
}

bool canPassFds(int socket)
{
    return socketOption(socket, SO_DOMAIN) == AF_UNIX;
}

Listener::Listener(Listener&& other) noexcept
    : m_socket(std::move(other.m_socket))
    , m_address(std::move(other.m_address))
    , m_unix(other.m_unix)
    , m_device(other.m_device)
    , m_inode(std::exchange(other.m_inode, 0))
{
}

Listener& Listener::operator=(Listener&& other) noexcept
{
    if (this != &other) {
        close();
        m_socket = std::move(other.m_socket);
        m_address = std::move(other.m_address);
        m_unix = other.m_unix;
        m_device = other.m_device;
        m_inode = std::exchange(other.m_inode, 0);
    }
    return *this;
}

Listener::~Listener()
{
    close();
}

Result<UniqueFd> Listener::accept()
{
    if (!m_unix) {
        auto socket
            = UniqueFd::adopt(::accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            setNoDelay(socket.get());
            return socket;
        }
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
            return UniqueFd();
        return systemError(u"accept a connection"_s, m_address.text(), errno);
    }
    auto socket = fdpass::acceptUnix(m_socket.get());
    if (!socket || !*socket)
        return socket;
    if (auto trusted = fdpass::requireTrustedPeer(socket->get()); !trusted)
        return std::unexpected(trusted.error());
    return socket;
}

void Listener::close()
{
    if (m_inode != 0) {
        struct stat status{};
        const QByteArray path = QFile::encodeName(m_address.path);
        if (::lstat(path.constData(), &status) == 0 && status.st_dev == m_device && status.st_ino == m_inode)
            ::unlink(path.constData());
        m_inode = 0;
    }
    m_socket.reset();
}

Result<Listener> listenOn(const ChannelAddress& address, const FdLookup& lookup)
{
    const QString attempt = u"listen for a migration"_s;
    Listener listener;
    listener.m_address = address;
    Result<UniqueFd> socket;
    switch (address.transport) {
    case Transport::Unix:
        socket = fdpass::listenUnix(address.path);
        break;
    case Transport::Inet:
        socket = listenInet(listener.m_address, attempt);
        break;
    case Transport::Fd:
        socket = adoptSocket(address.fd, true, lookup, attempt);
        break;
    }
    if (!socket)
        return std::unexpected(socket.error());
    listener.m_socket = std::move(*socket);
    listener.m_unix = canPassFds(listener.m_socket.get());
    if (address.transport == Transport::Unix) {
        struct stat status{};
        if (::lstat(QFile::encodeName(address.path).constData(), &status) < 0)
            return systemError(attempt, address.text(), errno);
        listener.m_device = status.st_dev;
        listener.m_inode = status.st_ino;
    }
    return listener;
}

Result<UniqueFd> connectTo(const ChannelAddress& address, int timeLimitMs, int alarm, const FdLookup& lookup)
{
    const QString attempt = u"connect to the destination"_s;
    const qint64 deadlineNs = deadlineIn(timeLimitMs);
    const std::span<const int> alarms(&alarm, alarm >= 0 ? 1 : 0);
    switch (address.transport) {
    case Transport::Unix:
        return connectUnixWaiting(address, alarms, deadlineNs, attempt);
    case Transport::Inet:
        return connectInet(address, alarms, deadlineNs, attempt);
    case Transport::Fd:
        break;
    }
    return adoptSocket(address.fd, false, lookup, attempt);
}

} // namespace cutover::engine
