// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cpr/dump.h"

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::cpr {

namespace {

QString formId(VfioSubsection::Form form)
{
    switch (form) {
    case VfioSubsection::Form::Absent:
        return u"absent"_s;
    case VfioSubsection::Form::Stub:
        return u"stub"_s;
    case VfioSubsection::Form::List:
        break;
    }
    return u"list"_s;
}

QJsonValue fdJson(const std::optional<fdpass::FdDescription>& fd)
{
    if (!fd)
        return QJsonValue::Null;
    return QJsonObject{
        { u"kind"_s, fdpass::fdKindId(fd->kind) },
        { u"name"_s, fd->name },
        { u"text"_s, fd->text },
        { u"link"_s, fd->link },
        { u"device"_s, QString::number(fd->device) },
        { u"inode"_s, QString::number(fd->inode) },
        { u"size"_s, fd->size },
    };
}

QJsonObject vfioJson(const VfioSubsection& vfio)
{
    QJsonArray devices;
    for (const VfioDevice& device : vfio.devices) {
        devices.append(QJsonObject{
            { u"offset"_s, device.offset },
            { u"name"_s, displayName(device.name) },
            { u"deviceId"_s, device.deviceId },
            { u"ioasId"_s, qint64{ device.ioasId } },
            { u"hwptId"_s, qint64{ device.hwptId } },
        });
    }
    return { { u"form"_s, formId(vfio.form) }, { u"devices"_s, devices } };
}

QString tableRow(
    const QString& offset, const QString& id, const QString& name, qsizetype nameWidth, const QString& rest)
{
    return offset.rightJustified(8) + u"  "_s + id.rightJustified(4) + u"  "_s + name.leftJustified(nameWidth)
        + u"  "_s + rest + u'\n';
}

} // namespace

Dump Dump::of(const Decoder& decoder, std::span<const Entry> entries)
{
    Dump dump;
    for (const Entry& entry : entries) {
        Line line{
            .name = entry.name, .id = entry.id, .offset = entry.offset, .fdOffset = entry.fdOffset, .fd = {}
        };
        if (entry.fd) {
            if (auto description = fdpass::describeFd(entry.fd.get()))
                line.fd = *std::move(description);
        }
        dump.lines.push_back(std::move(line));
    }
    dump.duplicates = decoder.duplicates();
    dump.vfio = decoder.vfio();
    dump.bytes = decoder.bytesDecoded();
    dump.unclaimed = decoder.unclaimed();
    dump.complete = decoder.isFinished();
    dump.errorOffset = decoder.errorOffset();
    if (decoder.error())
        dump.error = decoder.error()->message();
    return dump;
}

QJsonObject Dump::toJson() const
{
    QJsonArray fds;
    for (const Line& line : lines) {
        fds.append(QJsonObject{
            { u"offset"_s, line.offset },
            { u"fdOffset"_s, line.fdOffset },
            { u"name"_s, displayName(line.name) },
            { u"id"_s, line.id },
            { u"fd"_s, fdJson(line.fd) },
        });
    }
    QJsonArray repeated;
    for (const auto& duplicate : duplicates) {
        repeated.append(QJsonObject{ { u"offset"_s, duplicate.offset },
            { u"name"_s, displayName(duplicate.name) }, { u"id"_s, duplicate.id } });
    }
    return {
        { u"bytes"_s, bytes },
        { u"complete"_s, complete },
        { u"fds"_s, fds },
        { u"duplicates"_s, repeated },
        { u"vfio"_s, vfioJson(vfio) },
        { u"unclaimed"_s, static_cast<qint64>(unclaimed) },
        { u"error"_s,
            errorOffset ? QJsonValue(QJsonObject{ { u"offset"_s, *errorOffset }, { u"message"_s, error } })
                        : QJsonValue(QJsonValue::Null) },
    };
}

QString Dump::toText() const
{
    qsizetype nameWidth = 4;
    for (const Line& line : lines)
        nameWidth = std::max(nameWidth, displayName(line.name).size());
    for (const VfioDevice& device : vfio.devices)
        nameWidth = std::max(nameWidth, displayName(device.name).size());

    QString text = u"CPR stream, bytes: %1, descriptors: %2%3\n"_s.arg(bytes)
                       .arg(lines.size())
                       .arg(complete ? QString() : u", incomplete"_s);
    if (!lines.empty())
        text += tableRow(u"offset"_s, u"id"_s, u"name"_s, nameWidth, u"fd"_s);
    for (const Line& line : lines) {
        text += tableRow(QString::number(line.offset), QString::number(line.id), displayName(line.name),
            nameWidth, line.fd ? line.fd->text : u"(not in a file)"_s);
    }
    for (const auto& duplicate : duplicates) {
        text += u"Ignored at byte %1: a second '%2' with id %3\n"_s.arg(duplicate.offset)
                    .arg(displayName(duplicate.name))
                    .arg(duplicate.id);
    }
    if (vfio.form == VfioSubsection::Form::Stub)
        text += u"VFIO devices: none, built without VFIO or iommufd\n"_s;
    for (const VfioDevice& device : vfio.devices) {
        text += tableRow(QString::number(device.offset), QString::number(device.deviceId),
            displayName(device.name), nameWidth,
            u"VFIO device, ioas %1, hwpt %2"_s.arg(device.ioasId).arg(device.hwptId));
    }
    if (unclaimed > 0)
        text += u"Unclaimed descriptors, closed: %1\n"_s.arg(unclaimed);
    if (errorOffset)
        text += error + u'\n';
    return text;
}

} // namespace cutover::cpr
