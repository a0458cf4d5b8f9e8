// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <optional>
#include <sys/socket.h>

namespace cutover::engine {

struct InetAddress
{
    sockaddr_storage storage = {};
    socklen_t length = 0;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// "localhost", 127.0.0.0/8 or ::1 with \a port; none for every other host. Asks no name server.
std::optional<InetAddress> loopbackAddress(const QString& host, quint16 port);

} // namespace cutover::engine
