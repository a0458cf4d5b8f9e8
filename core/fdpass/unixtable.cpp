// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/unixtable.h"

#include <QFile>

#include <array>

namespace cutover::fdpass {

QList<UnixSocketEntry> parseUnixTable(QByteArrayView table)
{
    QList<UnixSocketEntry> entries;
    // The first line says what the columns are: Num RefCount Protocol Flags Type St Inode [Path].
    for (qsizetype end = table.indexOf('\n'); end >= 0;) {
        table = table.sliced(end + 1);
        end = table.indexOf('\n');
        QByteArrayView rest = (end < 0 ? table : table.first(end)).trimmed();
        constexpr int columnsBeforePath = 7;
        std::array<QByteArrayView, columnsBeforePath> columns;
        for (QByteArrayView& column : columns) {
            const qsizetype space = rest.indexOf(' ');
            column = space < 0 ? rest : rest.first(space);
            rest = space < 0 ? QByteArrayView() : rest.sliced(space).trimmed();
        }
        if (columns.back().isEmpty())
            continue;
        // The rest is the path, which may hold spaces.
        UnixSocketEntry entry{ .path = QFile::decodeName(rest.toByteArray()),
            .inode = columns[6].toULongLong() };
        const uint flags = columns[3].toUInt(nullptr, 16);
        const uint state = columns[5].toUInt(nullptr, 16);
        constexpr uint acceptingConnections = 0x10000; // __SO_ACCEPTCON, linux/net.h
        if ((flags & acceptingConnections) != 0)
            entry.state = UnixSocketEntry::State::Listening;
        else if (state == 3) // SS_CONNECTED
            entry.state = UnixSocketEntry::State::Connected;
        else if (state == 2) // SS_CONNECTING
            entry.state = UnixSocketEntry::State::Connecting;
        entries << entry;
    }
    return entries;
}

} // namespace cutover::fdpass
