// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cpr/decoder.h"

#include "cpr/wire.h"
#include "fdpass/describe.h"

#include <QtEndian>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::cpr {

namespace {

QString hexByte(char byte)
{
    return u"0x%1"_s.arg(static_cast<quint8>(byte), 2, 16, QLatin1Char('0'));
}

} // namespace

QString displayName(const QByteArray& name)
{
    if (name.isValidUtf8())
        return fdpass::printable(QString::fromUtf8(name));
    QString text;
    for (const char byte : name) {
        const auto code = static_cast<quint8>(byte);
        text += code < 0x80 ? fdpass::printable(QChar(ushort{ code }))
                            : u"\\x%1"_s.arg(code, 2, 16, QLatin1Char('0'));
    }
    return text;
}

Decoder::Decoder(const Limits& limits, FdSource source)
    : m_limits(limits)
    , m_source(source)
{
}

Result<void> Decoder::feed(std::span<const std::byte> bytes, std::vector<UniqueFd> fds)
{
    if (m_error || m_state == State::Finished) {
        m_unclaimed += fds.size();
        if (m_error)
            return std::unexpected(*m_error);
        return fail(ErrorCode::Malformed, m_offset, u"data after the end of the stream"_s);
    }
    if (!fds.empty()) {
        const std::size_t count = fds.size();
        std::ranges::move(fds, std::back_inserter(m_waiting));
        if (m_source == FdSource::None)
            return fail(ErrorCode::Protocol, m_offset, u"a descriptor where none can be"_s);
        if (m_waiting.size() > m_limits.waitingFds) {
            return fail(ErrorCode::LimitExceeded, m_offset,
                u"%1 descriptors came ahead of their entries, at most %2 may wait"_s.arg(m_waiting.size())
                    .arg(m_limits.waitingFds));
        }
        if (m_state > State::FdByte) {
            return fail(ErrorCode::Protocol, m_offset,
                u"too many descriptors: %1 after the list has ended"_s.arg(count));
        }
    }
    while (!bytes.empty()) {
        if (static_cast<std::size_t>(m_offset) >= m_limits.totalBytes) {
            return fail(ErrorCode::LimitExceeded, m_offset,
                u"the stream is longer than %1 bytes"_s.arg(m_limits.totalBytes));
        }
        const std::size_t size
            = std::min({ bytes.size(), m_fieldSize - static_cast<std::size_t>(m_field.size()),
                m_limits.totalBytes - static_cast<std::size_t>(m_offset) });
        m_field.append(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(size));
        m_offset += static_cast<qint64>(size);
        bytes = bytes.subspan(size);
        if (static_cast<std::size_t>(m_field.size()) < m_fieldSize)
            continue;
        if (const auto done = fieldComplete(); !done)
            return done;
    }
    return {};
}

Result<void> Decoder::finish()
{
    if (m_error)
        return std::unexpected(*m_error);
    switch (m_state) {
    case State::Finished:
        return {};
    case State::FirstVfioMarker:
        m_vfio.form = VfioSubsection::Form::Stub;
        [[fallthrough]];
    case State::SubsectionMarker:
        m_state = State::Finished;
        return {};
    default:
        return fail(ErrorCode::Malformed, m_offset, u"the stream ended too early, "_s + where());
    }
}

std::optional<qint64> Decoder::errorOffset() const
{
    return m_error ? std::optional(m_errorOffset) : std::nullopt;
}

Result<void> Decoder::fieldComplete()
{
    switch (m_state) {
    case State::Magic:
    case State::Version:
        return header();
    case State::EntryMarker:
        return entryMarker();
    case State::NameLength:
    case State::VfioNameLength:
        return nameLength();
    case State::Name:
    case State::VfioName:
        return name();
    case State::Id:
        m_entry->id = static_cast<qint32>(word());
        expect(State::FdByte, 1);
        return {};
    case State::FdByte:
        return fdByte();
    case State::SubsectionMarker:
        if (m_field[0] != wire::subsection) {
            return fail(ErrorCode::Malformed, m_fieldOffset,
                u"data after the end of the stream (%1)"_s.arg(hexByte(m_field[0])));
        }
        expect(State::SubsectionNameLength, 1);
        return {};
    case State::SubsectionNameLength:
        if (m_field[0] == 0)
            return fail(ErrorCode::Malformed, m_fieldOffset, u"a subsection without a name"_s);
        expect(State::SubsectionName, static_cast<quint8>(m_field[0]));
        return {};
    case State::SubsectionName:
        return subsectionName();
    case State::SubsectionVersion:
        if (word() != vfioSubsectionVersion) {
            return fail(ErrorCode::Unsupported, m_fieldOffset,
                u"version %1 of the VFIO subsection, only %2 is known"_s.arg(word()).arg(
                    vfioSubsectionVersion));
        }
        expect(State::FirstVfioMarker, 1);
        return {};
    case State::FirstVfioMarker:
    case State::VfioMarker:
        return vfioMarker();
    case State::VfioIds:
        vfioIds();
        return {};
    case State::Finished:
    case State::Failed:
        break;
    }
    std::unreachable();
}

Result<void> Decoder::header()
{
    if (m_state == State::Magic) {
        if (word() != streamMagic) {
            return fail(ErrorCode::Malformed, m_fieldOffset,
                u"not a CPR stream: it starts with 0x%1 instead of 0x%2"_s
                    .arg(word(), 8, 16, QLatin1Char('0'))
                    .arg(streamMagic, 8, 16, QLatin1Char('0')));
        }
        expect(State::Version, 4);
        return {};
    }
    if (word() != streamVersion) {
        return fail(ErrorCode::Unsupported, m_fieldOffset,
            u"version %1 of the stream, only %2 is known"_s.arg(word()).arg(streamVersion));
    }
    expect(State::EntryMarker, 1);
    return {};
}

Result<void> Decoder::entryMarker()
{
    if (m_field[0] == wire::endOfList) {
        if (!m_waiting.empty()) {
            return fail(ErrorCode::Protocol, m_fieldOffset,
                u"too many descriptors: %1 without an entry"_s.arg(m_waiting.size()));
        }
        expect(State::SubsectionMarker, 1);
        return {};
    }
    if (m_field[0] != wire::element) {
        return fail(ErrorCode::Malformed, m_fieldOffset,
            u"%1 where an entry (0x01) or the end of the list (0x00) must be"_s.arg(hexByte(m_field[0])));
    }
    if (static_cast<std::size_t>(m_keys.size()) + m_duplicates.size() >= m_limits.entries) {
        return fail(
            ErrorCode::LimitExceeded, m_fieldOffset, u"more than %1 descriptors"_s.arg(m_limits.entries));
    }
    m_entry.emplace();
    m_entry->offset = m_fieldOffset;
    expect(State::NameLength, 4);
    return {};
}

Result<void> Decoder::nameLength()
{
    const quint32 length = word();
    if (length == 0)
        return fail(ErrorCode::Malformed, m_fieldOffset, u"a name of length 0, without even its NUL"_s);
    if (length - 1 > m_limits.nameBytes) {
        return fail(ErrorCode::LimitExceeded, m_fieldOffset,
            u"a name of %1 bytes, at most %2 are allowed"_s.arg(length - 1).arg(m_limits.nameBytes));
    }
    expect(m_state == State::NameLength ? State::Name : State::VfioName, length);
    return {};
}

Result<void> Decoder::name()
{
    const qsizetype last = m_field.size() - 1;
    if (m_field[last] != '\0')
        return fail(ErrorCode::Malformed, m_fieldOffset + last, u"a name that does not end with a NUL"_s);
    if (const qsizetype nul = m_field.indexOf('\0'); nul != last)
        return fail(ErrorCode::Malformed, m_fieldOffset + nul, u"a NUL inside a name"_s);
    const QByteArray value = m_field.first(last);
    if (m_state == State::Name) {
        m_entry->name = value;
        expect(State::Id, 4);
    } else {
        m_device.name = value;
        expect(State::VfioIds, 12);
    }
    return {};
}

Result<void> Decoder::fdByte()
{
    if (m_field[0] != wire::fdByte) {
        return fail(ErrorCode::Malformed, m_fieldOffset,
            u"%1 where the byte that carries the descriptor (0x20) must be"_s.arg(hexByte(m_field[0])));
    }
    Entry entry = *std::exchange(m_entry, std::nullopt);
    entry.fdOffset = m_fieldOffset;
    if (m_source == FdSource::Channel) {
        if (m_waiting.empty()) {
            m_entry = std::move(entry);
            return fail(ErrorCode::Protocol, m_fieldOffset,
                u"the byte came without its descriptor: something between the two sides drops them"_s);
        }
        entry.fd = std::move(m_waiting.front());
        m_waiting.pop_front();
    }
    const qsizetype before = m_keys.size();
    m_keys.insert({ entry.name, entry.id });
    if (m_keys.size() == before)
        m_duplicates.push_back({ .name = entry.name, .id = entry.id, .offset = entry.offset });
    else
        m_entries.push_back(std::move(entry));
    expect(State::EntryMarker, 1);
    return {};
}

Result<void> Decoder::subsectionName()
{
    if (m_field != wire::vfioSubsectionName) {
        return fail(
            ErrorCode::Unsupported, m_fieldOffset, u"unknown subsection '%1'"_s.arg(displayName(m_field)));
    }
    if (m_vfio.form != VfioSubsection::Form::Absent)
        return fail(ErrorCode::Malformed, m_fieldOffset, u"the VFIO subsection a second time"_s);
    expect(State::SubsectionVersion, 4);
    return {};
}

Result<void> Decoder::vfioMarker()
{
    m_vfio.form = VfioSubsection::Form::List;
    if (m_field[0] == wire::endOfList) {
        expect(State::SubsectionMarker, 1);
        return {};
    }
    if (m_field[0] != wire::element) {
        return fail(ErrorCode::Malformed, m_fieldOffset,
            u"%1 where a VFIO device (0x01) or the end of the list (0x00) must be"_s.arg(
                hexByte(m_field[0])));
    }
    if (m_vfio.devices.size() >= m_limits.entries) {
        return fail(
            ErrorCode::LimitExceeded, m_fieldOffset, u"more than %1 VFIO devices"_s.arg(m_limits.entries));
    }
    m_device = {};
    m_device.offset = m_fieldOffset;
    expect(State::VfioNameLength, 4);
    return {};
}

void Decoder::vfioIds()
{
    m_device.deviceId = static_cast<qint32>(word(0));
    m_device.ioasId = word(4);
    m_device.hwptId = word(8);
    m_vfio.devices.push_back(std::exchange(m_device, {}));
    expect(State::VfioMarker, 1);
}

void Decoder::expect(State state, std::size_t bytes)
{
    m_state = state;
    m_fieldSize = bytes;
    m_fieldOffset = m_offset;
    m_field.clear();
}

quint32 Decoder::word(qsizetype position) const
{
    return qFromBigEndian<quint32>(m_field.constData() + position);
}

QString Decoder::where() const
{
    switch (m_state) {
    case State::Magic:
    case State::Version:
        return u"in its header"_s;
    case State::EntryMarker:
        return u"after %1 descriptors"_s.arg(entriesDecoded() + m_duplicates.size());
    case State::NameLength:
    case State::Name:
        return u"in the name of descriptor %1"_s.arg(entriesDecoded() + m_duplicates.size() + 1);
    case State::Id:
        return u"in the id of a descriptor"_s;
    case State::FdByte:
        return u"before the byte that carries the descriptor"_s;
    case State::SubsectionNameLength:
    case State::SubsectionName:
    case State::SubsectionVersion:
        return u"in the header of a subsection"_s;
    default:
        return u"in the list of VFIO devices"_s;
    }
}

void Decoder::closeWaiting()
{
    m_unclaimed += m_waiting.size();
    m_waiting.clear();
}

std::unexpected<Error> Decoder::fail(ErrorCode code, qint64 offset, const QString& cause)
{
    closeWaiting();
    QString object;
    if (m_entry && !m_entry->name.isNull()) {
        object = displayName(m_entry->name);
        if (m_entry->id != 0)
            object += u" (id %1)"_s.arg(m_entry->id);
    } else if (!m_device.name.isEmpty()) {
        object = displayName(m_device.name);
    }
    m_state = State::Failed;
    m_errorOffset = offset;
    m_error = Error{ .code = code,
        .attempt = object.isEmpty() ? u"decode the CPR stream"_s : u"decode the CPR stream at descriptor"_s,
        .object = object,
        .cause = u"byte %1: "_s.arg(offset) + cause,
        .remedy = {},
        .sysErrno = 0 };
    return std::unexpected(*m_error);
}

} // namespace cutover::cpr
