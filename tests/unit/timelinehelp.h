// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"
#include "timeline/fromtrace.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTest>

#include <vector>

namespace cutover::test {

inline QByteArray dataFile(const QString& name)
{
    QFile file(QStringLiteral(CUTOVER_TEST_DATA "/") + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline std::vector<timeline::Event> parseLog(Side side, const QByteArray& log)
{
    std::vector<timeline::Event> events;
    for (const QByteArray& line : log.split('\n')) {
        if (!line.isEmpty())
            events.push_back(timeline::fromTrace(side, trace::parseLine(line)));
    }
    return events;
}

inline timeline::Event qmpEvent(Side side, qint64 timeNs, const QString& name, const QJsonObject& data = {})
{
    return { .side = side,
        .timeNs = timeNs,
        .category = timeline::Category::QmpEvent,
        .name = name,
        .attributes = data };
}

/// The QMP events of a file with one JSON object a line.
inline std::vector<timeline::Event> parseEvents(const QByteArray& lines)
{
    std::vector<timeline::Event> events;
    for (const QByteArray& line : lines.split('\n')) {
        const QJsonObject object = QJsonDocument::fromJson(line).object();
        if (object.isEmpty())
            continue;
        const QJsonObject stamp = object[u"timestamp"].toObject();
        events.push_back(qmpEvent(*sideFromId(object[u"side"].toString()),
            stamp[u"seconds"].toInteger() * 1'000'000'000 + stamp[u"microseconds"].toInteger() * 1000,
            object[u"event"].toString(), object[u"data"].toObject()));
    }
    return events;
}

inline void append(std::vector<timeline::Event>& to, const std::vector<timeline::Event>& from)
{
    to.insert(to.end(), from.begin(), from.end());
}

/// A migration recorded in tests/data/logs: the source's log, the destination's log, the QMP events if any.
inline std::vector<timeline::Event> migrationFrom(const QString& name)
{
    const QString prefix = QStringLiteral("logs/") + name;
    auto events = parseLog(Side::Source, dataFile(prefix + QStringLiteral("-src.log")));
    append(events, parseLog(Side::Destination, dataFile(prefix + QStringLiteral("-dst.log"))));
    append(events, parseEvents(dataFile(prefix + QStringLiteral("-events.jsonl"))));
    return events;
}

/// Compares with tests/data/golden/NAME; CUTOVER_REGENERATE=1 writes it instead.
inline void compareGolden(const QString& name, const QByteArray& actual)
{
    const QString path = QStringLiteral(CUTOVER_TEST_DATA "/golden/") + name;
    if (qEnvironmentVariableIsSet("CUTOVER_REGENERATE")) {
        QVERIFY(QDir().mkpath(QStringLiteral(CUTOVER_TEST_DATA "/golden")));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(actual), actual.size());
        return;
    }
    const QByteArray expected = dataFile(QStringLiteral("golden/") + name);
    const auto lines = [](const QByteArray& text) { return text.split('\n'); };
    QCOMPARE(lines(actual), lines(expected));
}

} // namespace cutover::test
