// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QByteArrayView>
#include <QList>
#include <QString>

#include <cstdint>

namespace cutover::fdpass {

/// One line of /proc/net/unix.
struct UnixSocketEntry
{
    enum class State : std::uint8_t { Listening, Connecting, Connected, Other };
    /// As it was bound: relative and since renamed paths stay as they were; "@x" is abstract; empty =
    /// unbound.
    QString path;
    quint64 inode = 0; ///< 0: waits to be accepted
    State state = State::Other;
};

/// \a table: the content of a /proc/net/unix. Lines that are not whole are left out.
QList<UnixSocketEntry> parseUnixTable(QByteArrayView table);

} // namespace cutover::fdpass
