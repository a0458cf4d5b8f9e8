// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <optional>
#include <sys/stat.h>
#include <sys/types.h>

/// What the kernel's socket tables say; shared by describe and unixsocket.
namespace cutover::fdpass {

struct SocketAddresses
{
    QString protocol; ///< "unix", "tcp", "udp", ...
    QString local; ///< empty when it has none
    QString peer; ///< empty when it has none or it is not known
    bool listening = false;
};

/// Looks the socket with inode \a inode up in the network namespace of process \a pid. \a protocolHint is the
/// content of the system.sockprotoname attribute, may be empty. Nothing when it is in none of the tables.
std::optional<SocketAddresses> findSocket(pid_t pid, quint64 inode, const QString& protocolHint);

/// True when a unix socket of our network namespace is bound to the file \a status describes. False also
/// when that cannot be found out.
bool isBoundSocket(const struct stat& status);

/// True when a socket of our network namespace that is bound to \a path, as it was given to bind(), accepts
/// connections: a socket's file is there a moment earlier. Makes no connection.
bool isListeningAt(const QString& path);

} // namespace cutover::fdpass
