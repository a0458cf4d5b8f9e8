// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cpr/encoder.h"

#include "cpr/wire.h"

#include <QPair>
#include <QSet>
#include <QtEndian>

using namespace Qt::StringLiterals;

namespace cutover::cpr {

namespace {

const QString attempt = u"encode the CPR stream"_s;

void appendWord(QByteArray& bytes, quint32 value)
{
    const quint32 bigEndian = qToBigEndian(value);
    bytes.append(reinterpret_cast<const char*>(&bigEndian), sizeof bigEndian);
}

void appendName(QByteArray& bytes, const QByteArray& name)
{
    appendWord(bytes, static_cast<quint32>(name.size()) + 1);
    bytes.append(name);
    bytes.append('\0');
}

Result<void> checkName(const QByteArray& name)
{
    if (name.contains('\0'))
        return failure(ErrorCode::InvalidArgument, attempt, displayName(name), u"a name contains a NUL"_s);
    if (static_cast<std::size_t>(name.size()) > Limits{}.nameBytes) {
        return failure(ErrorCode::LimitExceeded, attempt, displayName(name.first(40)),
            u"a name of %1 bytes, at most %2 are allowed"_s.arg(name.size()).arg(Limits{}.nameBytes));
    }
    return {};
}

Result<void> checkEntries(std::span<const OutgoingEntry> entries)
{
    if (entries.size() > Limits{}.entries)
        return failure(ErrorCode::LimitExceeded, attempt, {}, u"%1 descriptors"_s.arg(entries.size()));
    QSet<QPair<QByteArray, qint32>> keys;
    for (const OutgoingEntry& entry : entries) {
        if (const auto checked = checkName(entry.name); !checked)
            return checked;
        if (entry.fd < 0)
            return failure(ErrorCode::InvalidArgument, attempt, displayName(entry.name), u"it has no fd"_s);
        const qsizetype before = keys.size();
        keys.insert({ entry.name, entry.id });
        if (keys.size() == before) {
            return failure(ErrorCode::InvalidArgument, attempt, displayName(entry.name),
                u"two descriptors with this name and id %1"_s.arg(entry.id));
        }
    }
    return {};
}

Result<void> checkVfio(const VfioSubsection& vfio)
{
    if (vfio.form != VfioSubsection::Form::List && !vfio.devices.empty()) {
        return failure(
            ErrorCode::InvalidArgument, attempt, {}, u"VFIO devices without a list to put them into"_s);
    }
    if (vfio.devices.size() > Limits{}.entries)
        return failure(ErrorCode::LimitExceeded, attempt, {}, u"%1 VFIO devices"_s.arg(vfio.devices.size()));
    for (const VfioDevice& device : vfio.devices) {
        if (const auto checked = checkName(device.name); !checked)
            return checked;
    }
    return {};
}

void appendVfio(QByteArray& bytes, const VfioSubsection& vfio)
{
    bytes.append(wire::subsection);
    bytes.append(static_cast<char>(wire::vfioSubsectionName.size()));
    bytes.append(wire::vfioSubsectionName);
    appendWord(bytes, vfioSubsectionVersion);
    if (vfio.form == VfioSubsection::Form::Stub)
        return;
    for (const VfioDevice& device : vfio.devices) {
        bytes.append(wire::element);
        appendName(bytes, device.name);
        appendWord(bytes, static_cast<quint32>(device.deviceId));
        appendWord(bytes, device.ioasId);
        appendWord(bytes, device.hwptId);
    }
    bytes.append(wire::endOfList);
}

} // namespace

Result<std::vector<Piece>> encode(std::span<const OutgoingEntry> entries, const VfioSubsection& vfio)
{
    if (const auto checked = checkEntries(entries); !checked)
        return std::unexpected(checked.error());
    if (const auto checked = checkVfio(vfio); !checked)
        return std::unexpected(checked.error());

    std::vector<Piece> pieces;
    pieces.reserve(2 * entries.size() + 1);
    QByteArray bytes;
    appendWord(bytes, streamMagic);
    appendWord(bytes, streamVersion);
    for (const OutgoingEntry& entry : entries) {
        bytes.append(wire::element);
        appendName(bytes, entry.name);
        appendWord(bytes, static_cast<quint32>(entry.id));
        pieces.push_back({ .bytes = std::exchange(bytes, {}), .fd = -1 });
        pieces.push_back({ .bytes = QByteArray(1, wire::fdByte), .fd = entry.fd });
    }
    bytes.append(wire::endOfList);
    if (vfio.form != VfioSubsection::Form::Absent)
        appendVfio(bytes, vfio);
    pieces.push_back({ .bytes = bytes, .fd = -1 });
    return pieces;
}

} // namespace cutover::cpr
