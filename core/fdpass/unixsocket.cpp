// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/unixsocket.h"

#include "fdpass/sockets.h"

#include <QFile>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace cutover::fdpass {

namespace {

/// A sockaddr_un for a path of any length.
struct Address
{
    sockaddr_un name{};
    UniqueFd folder; ///< keeps the /proc/self/fd detour in name valid

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
    static constexpr socklen_t length = sizeof(sockaddr_un);
};

QByteArray folderOf(const QByteArray& path)
{
    const auto slash = path.lastIndexOf('/');
    if (slash < 0)
        return QByteArrayLiteral(".");
    return slash == 0 ? QByteArrayLiteral("/") : path.first(slash);
}

Result<Address> addressFor(const QString& path, const QString& attempt)
{
    const QByteArray bytes = QFile::encodeName(path);
    if (bytes.isEmpty() || bytes.contains('\0')) {
        return failure(ErrorCode::InvalidArgument, attempt, path,
            bytes.isEmpty() ? QStringLiteral("the path is empty")
                            : QStringLiteral("the path contains a NUL"));
    }
    Address address;
    address.name.sun_family = AF_UNIX;
    constexpr std::size_t room = sizeof address.name.sun_path - 1;
    QByteArray shortened = bytes;
    if (static_cast<std::size_t>(bytes.size()) > room) {
        address.folder
            = UniqueFd::adopt(::open(folderOf(bytes).constData(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!address.folder)
            return systemError(attempt, path, errno);
        shortened = "/proc/self/fd/" + QByteArray::number(address.folder.get()) + '/'
            + bytes.sliced(bytes.lastIndexOf('/') + 1);
        if (static_cast<std::size_t>(shortened.size()) > room) {
            return failure(ErrorCode::InvalidArgument, attempt, path,
                QStringLiteral("the file name is too long for a unix socket"),
                QStringLiteral("Choose a file name of at most 80 bytes."));
        }
    }
    std::memcpy(address.name.sun_path, shortened.constData(), static_cast<std::size_t>(shortened.size()));
    return address;
}

Result<UniqueFd> makeSocket(SocketType type, const QString& attempt, const QString& path)
{
    const int kind = type == SocketType::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    UniqueFd socket = UniqueFd::adopt(::socket(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return systemError(attempt, path, errno);
    return socket;
}

int connectErrno(int socket, const Address& address)
{
    int result = 0;
    do {
        result = ::connect(socket, address.get(), Address::length);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

/// Keeps two consoles from taking each other's just bound socket for a stale one. Advisory, and held
/// for microseconds only.
Result<UniqueFd> lockFolder(const QString& path, const QString& attempt)
{
    UniqueFd folder = UniqueFd::adopt(
        ::open(folderOf(QFile::encodeName(path)).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return folder; // bind() names the reason, if there is one
    for (int attemptsLeft = 20; attemptsLeft > 0; --attemptsLeft) {
        if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            return folder;
        const timespec pause{ .tv_sec = 0, .tv_nsec = 1'000'000 };
        ::nanosleep(&pause, nullptr);
    }
    return failure(ErrorCode::Busy, attempt, path, QStringLiteral("another process keeps the folder locked"));
}

/// Removes what is at \a path if, and only if, it is a socket that nobody listens on.
Result<void> removeStaleSocket(
    const QString& path, const Address& address, SocketType type, const QString& attempt)
{
    struct stat status{};
    if (::lstat(address.name.sun_path, &status) != 0) {
        if (errno == ENOENT)
            return {};
        return systemError(attempt, path, errno);
    }
    if (!S_ISSOCK(status.st_mode)) {
        return failure(ErrorCode::Refused, attempt, path,
            QStringLiteral("a file that is not a socket is in the way"),
            QStringLiteral("Choose another path, or remove the file yourself."));
    }
    const auto busy = [&] {
        return failure(ErrorCode::Busy, attempt, path, QStringLiteral("another process is listening there"),
            QStringLiteral("Choose another path, or end the process that listens there."));
    };
    // Asked first, because a listener that takes one connection only would be spoilt by the probe.
    if (isBoundSocket(status))
        return busy();
    const auto probe = makeSocket(type, attempt, path);
    if (!probe)
        return std::unexpected(probe.error());
    const int probeErrno = connectErrno(probe->get(), address);
    if (probeErrno == ENOENT)
        return {};
    if (probeErrno == 0 || probeErrno == EAGAIN || probeErrno == EPROTOTYPE)
        return busy();
    if (probeErrno != ECONNREFUSED)
        return systemError(attempt, path, probeErrno);
    if (::unlink(address.name.sun_path) != 0 && errno != ENOENT)
        return systemError(attempt, path, errno);
    return {};
}

} // namespace

Result<UniqueFd> listenUnix(const QString& path, int backlog, SocketType type)
{
    const QString attempt = QStringLiteral("listen on the unix socket");
    const auto address = addressFor(path, attempt);
    if (!address)
        return std::unexpected(address.error());
    auto socket = makeSocket(type, attempt, path);
    if (!socket)
        return socket;
    // bind() gives the file the socket's own mode, so there is no moment at which others may connect.
    if (::fchmod(socket->get(), S_IRUSR | S_IWUSR) != 0)
        return systemError(attempt, path, errno);
    const auto lock = lockFolder(path, attempt);
    if (!lock)
        return std::unexpected(lock.error());
    if (::bind(socket->get(), address->get(), Address::length) != 0) {
        if (errno != EADDRINUSE)
            return systemError(attempt, path, errno);
        if (const auto removed = removeStaleSocket(path, *address, type, attempt); !removed)
            return std::unexpected(removed.error());
        if (::bind(socket->get(), address->get(), Address::length) != 0)
            return systemError(attempt, path, errno);
    }
    if (::listen(socket->get(), backlog) != 0)
        return systemError(attempt, path, errno);
    return socket;
}

static QString connectRemedy(int sysErrno)
{
    switch (sysErrno) {
    case ENOENT:
        return QStringLiteral("Check the path, and that the process which makes this socket runs.");
    case ECONNREFUSED:
        return QStringLiteral("Nothing listens there any more: start the process again.");
    case EACCES:
    case EPERM:
        return QStringLiteral("Run as the user who may open this socket.");
    default:
        return {};
    }
}

Result<UniqueFd> connectUnix(const QString& path, SocketType type)
{
    const QString attempt = QStringLiteral("connect to the unix socket");
    const auto address = addressFor(path, attempt);
    if (!address)
        return std::unexpected(address.error());
    auto socket = makeSocket(type, attempt, path);
    if (!socket)
        return socket;
    switch (const int sysErrno = connectErrno(socket->get(), *address)) {
    case 0:
        return socket;
    case EAGAIN:
        return failure(ErrorCode::Busy, attempt, path, QStringLiteral("the listener's queue is full"),
            QStringLiteral("Close the other connections to this socket, or try again."));
    default:
        Error error = systemError(attempt, path, sysErrno).error();
        error.remedy = connectRemedy(sysErrno);
        return std::unexpected(error);
    }
}

Result<UniqueFd> acceptUnix(int listener)
{
    int accepted = -1;
    do {
        accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (accepted < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
        return systemError(
            QStringLiteral("accept a connection on"), QStringLiteral("fd %1").arg(listener), errno);
    }
    return UniqueFd::adopt(accepted);
}

Result<std::pair<UniqueFd, UniqueFd>> unixSocketPair(SocketType type)
{
    const int kind = type == SocketType::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    std::array<int, 2> ends{ -1, -1 };
    if (::socketpair(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return systemError(QStringLiteral("make a pair of sockets"), {}, errno);
    return std::pair(UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1]));
}

Result<PeerCredentials> peerCredentials(int socket)
{
    const QString attempt = QStringLiteral("ask for the credentials of the peer of");
    const QString object = QStringLiteral("fd %1").arg(socket);
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return systemError(attempt, object, errno);
    // What the kernel says for a socket that has no peer, or is not a unix socket.
    if (length != sizeof credentials || credentials.uid == static_cast<uid_t>(-1))
        return failure(
            ErrorCode::Disconnected, attempt, object, QStringLiteral("it is not a connected unix socket"));
    return PeerCredentials{ .pid = credentials.pid, .uid = credentials.uid, .gid = credentials.gid };
}

Result<void> requireTrustedPeer(int socket)
{
    const auto peer = peerCredentials(socket);
    if (!peer)
        return std::unexpected(peer.error());
    if (peer->uid == ::geteuid() || peer->uid == 0)
        return {};
    return failure(ErrorCode::PermissionDenied, QStringLiteral("trust the peer of"),
        QStringLiteral("fd %1").arg(socket),
        QStringLiteral("process %1 runs as user %2").arg(peer->pid).arg(peer->uid),
        QStringLiteral("Run both sides as the same user."));
}

} // namespace cutover::fdpass
