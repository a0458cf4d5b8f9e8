// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/sockets.h"

#include "base/uniquefd.h"
#include "fdpass/procfd.h"
#include "fdpass/unixtable.h"

#include <QFile>
#include <QList>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::fdpass {

namespace {

struct UnixEntry
{
    quint32 inode = 0;
    quint32 peerInode = 0;
    quint32 fileInode = 0;
    dev_t fileDevice = 0;
    bool hasFile = false;
    bool listening = false;
    QString name;
};

/// A path, or '@' and the name for an abstract address, with further NULs shown as '@' as in /proc/net/unix.
QString unixName(QByteArray name)
{
    while (name.size() > 1 && name.endsWith('\0'))
        name.chop(1);
    if (!name.startsWith('\0'))
        return QFile::decodeName(name);
    name.replace('\0', '@');
    return QString::fromUtf8(name);
}

UnixEntry parseEntry(const nlmsghdr& header)
{
    UnixEntry entry;
    unix_diag_msg body{};
    std::memcpy(&body, NLMSG_DATA(&header), sizeof body);
    entry.inode = body.udiag_ino;
    entry.listening = body.udiag_state == TCP_LISTEN;
    const auto* begin = reinterpret_cast<const char*>(&header);
    std::size_t offset = NLMSG_SPACE(sizeof body);
    while (offset + sizeof(rtattr) <= header.nlmsg_len) {
        rtattr attribute{};
        std::memcpy(&attribute, begin + offset, sizeof attribute);
        if (attribute.rta_len < sizeof attribute || offset + attribute.rta_len > header.nlmsg_len)
            break;
        const char* payload = begin + offset + RTA_LENGTH(0);
        const std::size_t size = attribute.rta_len - RTA_LENGTH(0);
        if (attribute.rta_type == UNIX_DIAG_NAME) {
            entry.name = unixName(QByteArray(payload, static_cast<qsizetype>(size)));
        } else if (attribute.rta_type == UNIX_DIAG_PEER && size == sizeof entry.peerInode) {
            std::memcpy(&entry.peerInode, payload, size);
        } else if (attribute.rta_type == UNIX_DIAG_VFS && size == sizeof(unix_diag_vfs)) {
            unix_diag_vfs file{};
            std::memcpy(&file, payload, size);
            entry.hasFile = true;
            entry.fileInode = file.udiag_vfs_ino;
            // The kernel's own dev_t: 12 bits major, 20 bits minor.
            entry.fileDevice = makedev(file.udiag_vfs_dev >> 20, file.udiag_vfs_dev & 0xfffffU);
        }
        offset += RTA_ALIGN(attribute.rta_len);
    }
    return entry;
}

/// Asks for one socket (\a inode not 0) or all; \a visit returns false to stop.
void queryUnixSockets(quint32 inode, quint32 show, const std::function<bool(const UnixEntry&)>& visit)
{
    const UniqueFd netlink
        = UniqueFd::adopt(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG));
    if (!netlink)
        return;
    struct
    {
        nlmsghdr header;
        unix_diag_req body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = static_cast<quint16>(NLM_F_REQUEST | (inode == 0 ? NLM_F_DUMP : 0));
    request.body.sdiag_family = AF_UNIX;
    request.body.udiag_states = ~0U;
    request.body.udiag_ino = inode;
    request.body.udiag_show = show;
    request.body.udiag_cookie[0] = ~0U;
    request.body.udiag_cookie[1] = ~0U;
    if (::send(netlink.get(), &request, sizeof request, MSG_NOSIGNAL) != ssize_t{ sizeof request })
        return;

    alignas(nlmsghdr) std::array<char, std::size_t{ 32 } * 1024> buffer{};
    for (;;) {
        const ssize_t received = ::recv(netlink.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return;
        auto rest = static_cast<unsigned int>(received);
        for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data()); NLMSG_OK(header, rest);
            header = NLMSG_NEXT(header, rest)) {
            if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY
                || header->nlmsg_len < NLMSG_SPACE(sizeof(unix_diag_msg)))
                return; // NLMSG_DONE, NLMSG_ERROR
            if (!visit(parseEntry(*header)) || inode != 0)
                return;
        }
    }
}

std::optional<UnixEntry> findUnixEntry(quint32 inode)
{
    std::optional<UnixEntry> found;
    queryUnixSockets(inode, UDIAG_SHOW_NAME | UDIAG_SHOW_PEER, [&](const UnixEntry& entry) {
        if (entry.inode == inode)
            found = entry;
        return false;
    });
    return found;
}

/// A table of the network namespace of process \a pid, such as "tcp"; empty where it cannot be read. Bounded:
/// that of a busy host can be long.
QByteArray readNet(pid_t pid, const char* table)
{
    constexpr qint64 limit = qint64{ 16 } * 1024 * 1024;
    QFile file(QFile::decodeName(procFolder(pid) + "/net/" + table));
    return file.open(QIODevice::ReadOnly) ? file.read(limit) : QByteArray();
}

/// The lines of a table, without its heading, each split at blanks.
QList<QList<QByteArray>> netTable(pid_t pid, const char* table)
{
    QList<QList<QByteArray>> rows;
    for (const QByteArray& line : readNet(pid, table).split('\n').sliced(1))
        rows.append(line.simplified().split(' '));
    return rows;
}

std::optional<SocketAddresses> findInUnixTable(pid_t pid, quint64 inode)
{
    for (const UnixSocketEntry& entry : parseUnixTable(readNet(pid, "unix"))) {
        if (entry.inode == inode)
            return SocketAddresses{ .protocol = QStringLiteral("unix"),
                .local = entry.path,
                .peer = {},
                .listening = entry.state == UnixSocketEntry::State::Listening };
    }
    return std::nullopt;
}

std::optional<SocketAddresses> findUnix(pid_t pid, quint64 inode)
{
    if (const auto entry = findUnixEntry(static_cast<quint32>(inode))) {
        SocketAddresses result{ .protocol = QStringLiteral("unix"),
            .local = entry->name,
            .peer = {},
            .listening = entry->listening };
        if (entry->peerInode != 0) {
            const auto peer = findUnixEntry(entry->peerInode);
            result.peer = peer && !peer->name.isEmpty() ? peer->name
                                                        : QStringLiteral("socket %1").arg(entry->peerInode);
        }
        return result;
    }
    return findInUnixTable(pid, inode);
}

/// "0100007F:1F90" and the 32-digit form of IPv6: words in host byte order.
QString internetAddress(const QByteArray& text)
{
    const auto colon = text.indexOf(':');
    const QByteArray words = colon < 0 ? QByteArray() : QByteArray::fromHex(text.first(colon));
    if (words.size() != 4 && words.size() != 16)
        return {};
    std::array<quint8, 16> bytes{};
    for (qsizetype word = 0; word < words.size() / 4; ++word) {
        quint32 value = 0;
        for (qsizetype byte = 0; byte < 4; ++byte)
            value = (value << 8) | static_cast<quint8>(words[word * 4 + byte]);
        std::memcpy(bytes.data() + word * 4, &value, sizeof value);
    }
    const uint port = text.sliced(colon + 1).toUInt(nullptr, 16);
    const bool any = std::ranges::all_of(bytes, [](quint8 byte) { return byte == 0; });
    if (any && port == 0)
        return {};
    std::array<char, INET6_ADDRSTRLEN> host{};
    const bool version4 = words.size() == 4;
    ::inet_ntop(version4 ? AF_INET : AF_INET6, bytes.data(), host.data(), host.size());
    const QString name = QString::fromLatin1(host.data());
    return (version4 ? name : u'[' + name + u']') + u':' + QString::number(port);
}

std::optional<SocketAddresses> findInternet(pid_t pid, const char* table, quint64 inode)
{
    for (const auto& row : netTable(pid, table)) {
        // sl local remote st queues timer retransmits uid timeout inode ...
        if (row.size() < 10 || row[9].toULongLong() != inode)
            continue;
        return SocketAddresses{ .protocol = QString::fromLatin1(table).remove(u'6'),
            .local = internetAddress(row[1]),
            .peer = internetAddress(row[2]),
            .listening
            = row[3].toUInt(nullptr, 16) == TCP_LISTEN && QLatin1StringView(table).startsWith("tcp"_L1) };
    }
    return std::nullopt;
}

} // namespace

std::optional<SocketAddresses> findSocket(pid_t pid, quint64 inode, const QString& protocolHint)
{
    const QString hint = protocolHint.toLower();
    if (hint.isEmpty() || hint.startsWith("unix"_L1)) {
        if (auto found = findUnix(pid, inode))
            return found;
    }
    for (const char* table : { "tcp", "tcp6", "udp", "udp6" }) {
        if (hint.isEmpty() || hint.startsWith(QLatin1StringView(table).first(3))) {
            if (auto found = findInternet(pid, table, inode))
                return found;
        }
    }
    return std::nullopt;
}

bool isBoundSocket(const struct stat& status)
{
    bool bound = false;
    queryUnixSockets(0, UDIAG_SHOW_VFS, [&](const UnixEntry& entry) {
        bound = entry.hasFile && entry.fileDevice == status.st_dev
            && entry.fileInode == static_cast<quint32>(status.st_ino);
        return !bound;
    });
    return bound;
}

bool isListeningAt(const QString& path)
{
    return std::ranges::any_of(
        parseUnixTable(readNet(::getpid(), "unix")), [&path](const UnixSocketEntry& entry) {
            return entry.path == path && entry.state == UnixSocketEntry::State::Listening;
        });
}

} // namespace cutover::fdpass
