// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/message.h"

#include <QJsonArray>
#include <QLatin1StringView>

namespace cutover::qmp {

using namespace Qt::StringLiterals;

static constexpr qint64 maxSeconds = 9'000'000'000; // in ns still within qint64

Result<Greeting> parseGreeting(const QJsonObject& message)
{
    const QJsonValue body = message["QMP"_L1];
    const QJsonValue version = body["version"_L1]["qemu"_L1];
    if (!body.isObject() || !version.isObject() || !body["capabilities"_L1].isArray())
        return failure(ErrorCode::Protocol, u"read the QMP greeting"_s, {},
            u"the first message is not a QMP greeting"_s, u"Name the socket of a QMP monitor."_s);
    Greeting greeting{ .major = version["major"_L1].toInt(),
        .minor = version["minor"_L1].toInt(),
        .micro = version["micro"_L1].toInt(),
        .package = body["version"_L1]["package"_L1].toString(),
        .capabilities = {} };
    const QJsonArray capabilities = body["capabilities"_L1].toArray();
    for (const QJsonValue capability : capabilities)
        greeting.capabilities.append(capability.toString());
    return greeting;
}

QJsonObject toJson(const Greeting& greeting)
{
    const QJsonObject qemu{ { u"major"_s, greeting.major }, { u"minor"_s, greeting.minor },
        { u"micro"_s, greeting.micro } };
    const QJsonObject version{ { u"qemu"_s, qemu }, { u"package"_s, greeting.package } };
    return { { u"QMP"_s,
        QJsonObject{ { u"version"_s, version },
            { u"capabilities"_s, QJsonArray::fromStringList(greeting.capabilities) } } } };
}

qint64 eventTimeNs(const QJsonObject& event)
{
    const QJsonValue timestamp = event["timestamp"_L1];
    const qint64 seconds = timestamp["seconds"_L1].toInteger(-1);
    const qint64 microseconds = timestamp["microseconds"_L1].toInteger(-1);
    if (seconds < 0 || seconds > maxSeconds || microseconds < 0 || microseconds >= 1'000'000)
        return 0;
    return seconds * 1'000'000'000 + microseconds * 1'000;
}

QJsonObject eventTimestamp(qint64 timeNs)
{
    return { { u"seconds"_s, timeNs / 1'000'000'000 }, { u"microseconds"_s, timeNs / 1'000 % 1'000'000 } };
}

} // namespace cutover::qmp
