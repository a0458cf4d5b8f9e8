// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/cborstate.h"

namespace cutover::vmm {

using namespace Qt::StringLiterals;

void StateReader::fail(const QString& cause)
{
    if (!m_ok)
        return;
    m_ok = false;
    m_result = failure(ErrorCode::Malformed, u"load the state of"_s, m_device, cause);
}

void StateReader::enterArray(qsizetype length)
{
    if (!m_ok)
        return;
    if (!m_reader.isArray() || !m_reader.isLengthKnown() || m_reader.length() != quint64(length))
        return fail(u"it is not an array of %1 values"_s.arg(length));
    if (!m_reader.enterContainer())
        fail(m_reader.lastError().toString());
}

void StateReader::leaveArray()
{
    if (!m_ok)
        return;
    if (m_reader.hasNext())
        return fail(u"it has more values than expected"_s);
    if (!m_reader.leaveContainer())
        fail(m_reader.lastError().toString());
}

quint64 StateReader::number(quint64 maximum)
{
    if (!m_ok)
        return 0;
    if (!m_reader.isUnsignedInteger()) {
        fail(u"a number is missing"_s);
        return 0;
    }
    const quint64 value = m_reader.toUnsignedInteger();
    if (value > maximum) {
        fail(u"%1 is more than %2"_s.arg(value).arg(maximum));
        return 0;
    }
    if (!m_reader.next())
        fail(m_reader.lastError().toString());
    return m_ok ? value : 0;
}

bool StateReader::boolean()
{
    if (!m_ok)
        return false;
    if (!m_reader.isBool()) {
        fail(u"a truth value is missing"_s);
        return false;
    }
    const bool value = m_reader.toBool();
    if (!m_reader.next())
        fail(m_reader.lastError().toString());
    return m_ok && value;
}

void StateReader::null()
{
    if (!m_ok)
        return;
    if (!m_reader.isNull() || !m_reader.next())
        fail(u"something is there that should not be"_s);
}

std::size_t StateReader::bytes(std::span<std::byte> room)
{
    if (!m_ok)
        return 0;
    if (!m_reader.isByteArray() || !m_reader.isLengthKnown() || m_reader.length() > room.size()) {
        fail(u"there is no byte string of at most %1 bytes"_s.arg(room.size()));
        return 0;
    }
    std::size_t done = 0;
    while (true) {
        // One byte too much is asked for where there is no room, so that a stream which lies is noticed.
        char surplus = 0;
        const auto left = room.subspan(done);
        const auto chunk = left.empty()
            ? m_reader.readStringChunk(&surplus, 1)
            : m_reader.readStringChunk(reinterpret_cast<char*>(left.data()), qsizetype(left.size()));
        if (chunk.status == QCborStreamReader::EndOfString)
            return done;
        if (chunk.status == QCborStreamReader::Error || chunk.data < 0 || (left.empty() && chunk.data > 0)) {
            fail(u"a byte string is damaged"_s);
            return 0;
        }
        done += std::size_t(chunk.data);
    }
}

} // namespace cutover::vmm
