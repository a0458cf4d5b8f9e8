// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <cstdint>
#include <functional>
#include <optional>
#include <sys/types.h>

namespace cutover::engine {

enum class Transport : std::uint8_t { Unix, Inet, Fd };

/// Where a channel leads to, or listens.
struct ChannelAddress
{
    Transport transport = Transport::Unix;
    QString path; ///< Unix
    QString host; ///< Inet: "localhost" or a loopback address
    quint16 port = 0; ///< Inet: 0 = the kernel chooses (listening only)
    QString fd; ///< Fd: a number that was inherited, or a name given with getfd

    /// "unix:/run/a.sock", "tcp:127.0.0.1:4444", "fd:17"
    QString text() const;
    /// QEMU's MigrationAddress: {"transport": "socket", "type": ...}.
    QJsonObject toJson() const;
    /// QEMU's SocketAddress, as in query-migrate's "socket-address".
    QJsonObject toSocketAddress() const;

    bool operator==(const ChannelAddress&) const = default;
};

/// "unix:PATH", "tcp:HOST:PORT" ("tcp::PORT" is localhost), "fd:NAME". \a attempt begins the error.
Result<ChannelAddress> parseUri(const QString& uri, const QString& attempt);
/// QEMU's MigrationAddress; the types unix, inet and fd of transport "socket".
Result<ChannelAddress> parseAddress(const QJsonObject& address, const QString& attempt);

/// The channels of one migration.
struct Channels
{
    std::optional<ChannelAddress> main;
    std::optional<ChannelAddress> cpr;

    bool operator==(const Channels&) const = default;
};

/// The arguments of "migrate" and "migrate-incoming": exactly one of "uri" and "channels". A channel type
/// twice, or an address that is malformed or not supported, is an error that names it. That a channel is
/// missing is checkCombination()'s matter.
Result<Channels> parseChannels(const QJsonObject& arguments, const QString& attempt);

/// All -incoming options of a command line.
struct Incoming
{
    bool defer = false;
    Channels channels;
    std::optional<QString> config; ///< what follows "config:"; see MigrationSettings::applyConfig()

    /// Whether this VM waits for a migration: config alone does not make it.
    bool isIncoming() const { return defer || channels.main || channels.cpr; }
    bool operator==(const Incoming&) const = default;
};

/// Each of \a arguments is one of: "defer", a URI, a channel as JSON or in the dotted form
/// "cpr,addr.transport=socket,addr.type=unix,addr.path=PATH" (also "main,..."), "config:...". At most one of
/// each kind; "defer" and a main channel exclude each other.
Result<Incoming> parseIncoming(const QStringList& arguments);

/// Looks a name of getfd up and gives the fd away, or NotFound. Without one an Fd address is the number of an
/// fd that this process has inherited.
using FdLookup = std::function<Result<UniqueFd>(const QString& name)>;

/// A listening socket that removes its socket file when it ends, if the file is still the one it made.
class Listener
{
public:
    Listener() = default;
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&& other) noexcept;
    ~Listener();

    int fd() const { return m_socket.get(); }
    explicit operator bool() const { return bool(m_socket); }
    /// With the port that the kernel chose.
    const ChannelAddress& address() const { return m_address; }
    /// Whether its connections can carry fds.
    bool canPassFds() const { return m_unix; }

    /// The next connection (non-blocking, close-on-exec), or none when nobody waits. A peer on a unix socket
    /// that is neither our user nor root is PermissionDenied and has been closed: go on listening.
    Result<UniqueFd> accept();
    /// Stops listening and removes the file.
    void close();

private:
    friend Result<Listener> listenOn(const ChannelAddress&, const FdLookup&);
    UniqueFd m_socket;
    ChannelAddress m_address;
    bool m_unix = false;
    dev_t m_device = 0; ///< of the socket file
    ino_t m_inode = 0; ///< 0: no file of ours
};

/// Listens. An Fd address must be a listening stream socket; it is taken over.
Result<Listener> listenOn(const ChannelAddress& address, const FdLookup& lookup = {});

/// A connected, non-blocking socket. Waits up to \a timeLimitMs, also for a listener whose queue is full:
/// Timeout. For a thread that may wait; \a alarm (an fd, or -1) that becomes readable ends the wait:
/// Cancelled. A unix listener that is neither our user nor root is PermissionDenied.
Result<UniqueFd> connectTo(
    const ChannelAddress& address, int timeLimitMs, int alarm = -1, const FdLookup& lookup = {});

/// True when fds can travel over the connected socket \a socket.
bool canPassFds(int socket);

} // namespace cutover::engine
