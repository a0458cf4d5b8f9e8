// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/fdnames.h"

#include <QCborStreamReader>

#include <limits>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

static std::unexpected<Error> malformed(const Section& section, const QString& cause)
{
    return failure(ErrorCode::Malformed, u"load the state"_s, QString::fromUtf8(section.device), cause);
}

Result<std::vector<cpr::Entry>> readFdNames(QCborStreamReader& reader, Section& section)
{
    std::vector<cpr::Entry> entries;
    if (!reader.isArray() || !reader.isLengthKnown() || reader.length() != section.fds.size())
        return malformed(
            section, u"%1 descriptors came with it, and it does not name as many"_s.arg(section.fds.size()));
    reader.enterContainer();
    for (UniqueFd& fd : section.fds) {
        if (!reader.isArray() || !reader.enterContainer() || !reader.isString())
            return malformed(section, u"a descriptor's name is damaged"_s);
        const QString name = reader.readAllString();
        if (name.isEmpty() || !reader.isInteger())
            return malformed(section, u"a descriptor's name is damaged"_s);
        const qint64 id = reader.toInteger();
        if (id < std::numeric_limits<qint32>::min() || id > std::numeric_limits<qint32>::max()
            || !reader.next() || reader.hasNext() || !reader.leaveContainer())
            return malformed(section, u"a descriptor's name is damaged"_s);
        entries.push_back({ .name = name.toUtf8(), .id = static_cast<qint32>(id), .fd = std::move(fd) });
    }
    section.fds.clear();
    if (reader.hasNext() || !reader.leaveContainer())
        return malformed(section, u"the descriptors' names are damaged"_s);
    return entries;
}

} // namespace cutover::engine
