// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/handovermessages.h"

#include <QCborMap>
#include <QCborValue>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonValue>
#include <QStringList>

#include <limits>

namespace cutover::engine::message {

using namespace Qt::StringLiterals;

namespace {

Result<QCborMap> mapOf(const QByteArray& payload, QLatin1StringView name)
{
    QCborParserError parseError;
    const QCborValue value = QCborValue::fromCbor(payload, &parseError);
    if (parseError.error != QCborError::NoError || parseError.offset != payload.size() || !value.isMap())
        return failure(ErrorCode::Malformed, u"read the message"_s, name, u"it is not one CBOR map"_s);
    return value.toMap();
}

std::unexpected<Error> wrongMember(QLatin1StringView message, QLatin1StringView member)
{
    return failure(ErrorCode::Malformed, u"read the message"_s, message,
        u"member '%1' is missing or of the wrong kind"_s.arg(member));
}

QCborMap toMap(const Process& process)
{
    return { { u"pid"_s, qint64(process.pid) }, { u"start-time"_s, qint64(process.startTimeTicks) } };
}

Result<Process> processOf(const QCborValue& value, QLatin1StringView message)
{
    const QCborMap map = value.toMap();
    const qint64 pid = map.value("pid"_L1).toInteger(0);
    const qint64 startTime = map.value("start-time"_L1).toInteger(-1);
    if (pid <= 0 || pid > std::numeric_limits<pid_t>::max() || startTime < 0)
        return wrongMember(message, "process"_L1);
    return Process{ .pid = static_cast<pid_t>(pid), .startTimeTicks = static_cast<quint64>(startTime) };
}

QString shown(const QJsonValue& value)
{
    if (value.isUndefined())
        return u"absent"_s;
    const QByteArray json = QJsonDocument(QJsonArray{ value }).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(json.sliced(1, json.size() - 2));
}

} // namespace

QByteArray encode(const Hello& message)
{
    const QCborMap map{ { u"process"_s, toMap(message.source) }, { u"running"_s, message.running },
        { u"handover"_s, message.handover },
        { u"configuration"_s, QCborValue::fromJsonValue(message.configuration) } };
    return map.toCborValue().toCbor();
}

QByteArray encode(const Prepared& message)
{
    return QCborMap{ { u"process"_s, toMap(message.destination) } }.toCborValue().toCbor();
}

QByteArray encode(const End& message)
{
    return QCborMap{ { u"sections"_s, message.sections } }.toCborValue().toCbor();
}

QByteArray encode(const Error& error)
{
    return QCborMap{
        { u"code"_s, qint64(error.code) }, { u"attempt"_s, error.attempt }, { u"object"_s, error.object },
        { u"cause"_s, error.cause }, { u"remedy"_s, error.remedy }, { u"errno"_s, error.sysErrno }
    }.toCborValue()
        .toCbor();
}

Result<Hello> decodeHello(const QByteArray& payload)
{
    const auto map = mapOf(payload, hello);
    if (!map)
        return std::unexpected(map.error());
    const auto source = processOf(map->value("process"_L1), hello);
    if (!source)
        return std::unexpected(source.error());
    if (!map->value("running"_L1).isBool())
        return wrongMember(hello, "running"_L1);
    if (!map->value("handover"_L1).isString())
        return wrongMember(hello, "handover"_L1);
    if (!map->value("configuration"_L1).isMap())
        return wrongMember(hello, "configuration"_L1);
    return Hello{ .source = *source,
        .running = map->value("running"_L1).toBool(),
        .handover = map->value("handover"_L1).toString(),
        .configuration = map->value("configuration"_L1).toMap().toJsonObject() };
}

Result<Prepared> decodePrepared(const QByteArray& payload)
{
    const auto map = mapOf(payload, prepared);
    if (!map)
        return std::unexpected(map.error());
    const auto destination = processOf(map->value("process"_L1), prepared);
    if (!destination)
        return std::unexpected(destination.error());
    return Prepared{ .destination = *destination };
}

Result<End> decodeEnd(const QByteArray& payload)
{
    const auto map = mapOf(payload, end);
    if (!map)
        return std::unexpected(map.error());
    const qint64 sections = map->value("sections"_L1).toInteger(-1);
    if (sections < 0)
        return wrongMember(end, "sections"_L1);
    return End{ .sections = sections };
}

Result<Error> decodeError(const QByteArray& payload)
{
    const auto map = mapOf(payload, abort);
    if (!map)
        return std::unexpected(map.error());
    const qint64 code = map->value("code"_L1).toInteger(-1);
    const qint64 sysErrno = map->value("errno"_L1).toInteger(-1);
    if (code < 0 || code > qint64(ErrorCode::System))
        return wrongMember(abort, "code"_L1);
    if (sysErrno < 0 || sysErrno > 4095)
        return wrongMember(abort, "errno"_L1);
    return Error{ .code = static_cast<ErrorCode>(code),
        .attempt = map->value("attempt"_L1).toString(),
        .object = map->value("object"_L1).toString(),
        .cause = map->value("cause"_L1).toString(),
        .remedy = map->value("remedy"_L1).toString(),
        .sysErrno = static_cast<int>(sysErrno) };
}

QString configurationDifference(const QJsonObject& source, const QJsonObject& destination)
{
    QStringList keys = source.keys() + destination.keys();
    keys.sort();
    keys.removeDuplicates();
    for (const QString& key : std::as_const(keys)) {
        const QJsonValue here = source.value(key);
        const QJsonValue there = destination.value(key);
        if (here == there)
            continue;
        if (here.isObject() && there.isObject())
            return key + u'/' + configurationDifference(here.toObject(), there.toObject());
        return u"%1: %2 on the source, %3 on the destination"_s.arg(key, shown(here), shown(there));
    }
    return {};
}

} // namespace cutover::engine::message
