// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdhelpers.h"

#include <QByteArray>
#include <QFile>

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace cutover::test {

/// The stream of a real QEMU 11.1.3 with six fds, as captured: its bytes, and for each byte that carried an
/// fd the memfd's name.
struct CapturedStream
{
    QByteArray bytes;
    std::map<qint64, QByteArray> fds;

    static CapturedStream load()
    {
        CapturedStream stream;
        QFile data(QStringLiteral(CUTOVER_TEST_DATA "/cpr-stream.bin"));
        if (data.open(QIODevice::ReadOnly))
            stream.bytes = data.readAll();
        QFile index(QStringLiteral(CUTOVER_TEST_DATA "/cpr-stream.fds"));
        if (index.open(QIODevice::ReadOnly)) {
            while (!index.atEnd()) {
                const QByteArray line = index.readLine().trimmed();
                if (!line.startsWith('#'))
                    stream.fds[line.first(line.indexOf(' ')).toLongLong()]
                        = line.sliced(line.indexOf(' ') + 1);
            }
        }
        return stream;
    }

    /// New fds for the bytes from \a begin up to \a end, in order.
    std::vector<UniqueFd> fdsBetween(qint64 begin, qint64 end) const
    {
        std::vector<UniqueFd> made;
        for (auto at = fds.lower_bound(begin); at != fds.end() && at->first < end; ++at)
            made.push_back(makeMemfd(at->second));
        return made;
    }
};

inline std::span<const std::byte> asBytes(const QByteArray& bytes)
{
    return std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace cutover::test
