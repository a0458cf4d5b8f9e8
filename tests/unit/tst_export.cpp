// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/export.h"
#include "timeline/text.h"

#include "timelinehelp.h"

#include <QJsonArray>
#include <QRegularExpression>
#include <QTest>

#include <map>
#include <set>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestExport : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void csv();
    void csvKeepsEveryEvent();
    void perfettoFollowsTheSchema_data();
    void perfettoFollowsTheSchema();
    void perfettoSlicesNest_data();
    void perfettoSlicesNest();
    void perfettoKeepsNanoseconds();
    void perfettoShowsFdsAsFlows();
    void json_data();
    void json();
    void text_data();
    void text();
    void textIsNotWider();
    void textIsSafeForATerminal();
    void textWithoutAnything();
};

static Event odd(const QString& name, const QJsonObject& attributes = {})
{
    return { .side = Side::Source,
        .timeNs = 1795208129469562001,
        .category = Category::Action,
        .name = name,
        .attributes = attributes };
}

void TestExport::csv()
{
    const std::vector<Event> events{ odd(u"plain"_s),
        odd(u"comma, quote \" and\r\nline"_s, { { u"a"_s, 1 } }),
        Event{ .side = Side::Console,
            .timeNs = 0,
            .category = Category::State,
            .name = u"untimed"_s,
            .attributes = {} } };
    QCOMPARE(toCsv(events),
        "time_ns,time,side,category,name,attributes\r\n"
        "1795208129469562001,2026-11-20T20:55:29.469562001Z,source,action,plain,\r\n"
        "1795208129469562001,2026-11-20T20:55:29.469562001Z,source,action,\"comma, quote \"\" "
        "and\r\nline\",\"{\"\"a\"\":1}\"\r\n"
        ",,console,state,untimed,\r\n"_ba);
    QCOMPARE(toCsv({}), "time_ns,time,side,category,name,attributes\r\n"_ba);
}

void TestExport::csvKeepsEveryEvent()
{
    const auto events = test::migrationFrom(u"qemu-11.1-guarded"_s);
    const QByteArray csv = toCsv(events);
    QCOMPARE(csv.count("\r\n"), qsizetype(events.size()) + 1);
}

static QJsonArray traceEvents(const std::vector<Event>& events, QJsonObject* whole = nullptr)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(toPerfetto(events), &error);
    if (error.error != QJsonParseError::NoError)
        qWarning("%s", qPrintable(error.errorString()));
    if (whole)
        *whole = document.object();
    return document.object()[u"traceEvents"].toArray();
}

void TestExport::perfettoFollowsTheSchema_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : { "qemu-11.1.3-cpr-transfer-defer", "qemu-10.0-guarded", "qemu-11.1-failed" })
        QTest::newRow(name) << QString::fromLatin1(name);
    QTest::newRow("nothing") << u"none"_s;
    QTest::newRow("odd names") << u"odd"_s;
}

void TestExport::perfettoFollowsTheSchema()
{
    QFETCH(QString, name);
    auto events = test::migrationFrom(name);
    if (name == u"odd")
        events = { odd(u"\"quote\" \\ \n \x01 ä"_s), odd(u""_s) };
    QJsonObject whole;
    const QJsonArray list = traceEvents(events, &whole);
    QCOMPARE(whole[u"displayTimeUnit"].toString(), u"ns"_s);
    QVERIFY(list.size() >= 4);
    std::set<std::pair<int, int>> named;
    std::set<std::pair<int, int>> used;
    std::set<int> processes;
    for (const QJsonValue& value : list) {
        QVERIFY(value.isObject());
        const QJsonObject event = value.toObject();
        const QString ph = event[u"ph"].toString();
        QVERIFY(QStringList({ u"M"_s, u"X"_s, u"i"_s, u"s"_s, u"f"_s }).contains(ph));
        QVERIFY(event[u"name"].isString());
        QVERIFY(event[u"pid"].isDouble());
        QVERIFY(event[u"tid"].isDouble());
        const std::pair thread(event[u"pid"].toInt(), event[u"tid"].toInt());
        if (ph == u"M") {
            QVERIFY(!event[u"args"][u"name"].toString().isEmpty());
            if (event[u"name"].toString() == u"process_name")
                processes.insert(thread.first);
            else
                named.insert(thread);
            continue;
        }
        used.insert(thread);
        QVERIFY(event[u"cat"].isString());
        QVERIFY(event[u"ts"].isDouble() && event[u"ts"].toDouble() >= 0);
        if (ph == u"X")
            QVERIFY(event[u"dur"].isDouble() && event[u"dur"].toDouble() >= 0);
        if (ph == u"i")
            QCOMPARE(event[u"s"].toString(), u"t"_s);
        if (ph == u"s" || ph == u"f")
            QVERIFY(event[u"id"].isDouble());
        if (ph == u"f")
            QCOMPARE(event[u"bp"].toString(), u"e"_s);
        QVERIFY(event[u"args"].isUndefined() || event[u"args"].isObject());
    }
    QCOMPARE(processes.size(), 4);
    QVERIFY(named == used);
}

void TestExport::perfettoSlicesNest_data()
{
    perfettoFollowsTheSchema_data();
}

/// The format has complete events of one thread lie within or beside each other; a trace processor leaves out
/// or cuts those that cross.
void TestExport::perfettoSlicesNest()
{
    QFETCH(const QString, name);
    const std::vector<Event> events = name == u"odd" ? std::vector<Event>() : test::migrationFrom(name);
    struct Slice
    {
        qint64 startNs = 0;
        qint64 endNs = 0;
        QString name;
    };
    std::map<std::pair<int, int>, std::vector<Slice>> lanes;
    for (const QJsonValue& value : traceEvents(events)) {
        const QJsonObject event = value.toObject();
        if (event[u"ph"].toString() != u"X")
            continue;
        const qint64 startNs = qRound64(event[u"ts"].toDouble() * 1000);
        lanes[{ event[u"pid"].toInt(), event[u"tid"].toInt() }].push_back({ .startNs = startNs,
            .endNs = startNs + qRound64(event[u"dur"].toDouble() * 1000),
            .name = event[u"name"].toString() });
    }
    for (auto& [lane, slices] : lanes) {
        std::ranges::stable_sort(slices, [](const Slice& a, const Slice& b) {
            return a.startNs != b.startNs ? a.startNs < b.startNs : a.endNs > b.endNs;
        });
        std::vector<Slice> open;
        for (const Slice& slice : slices) {
            while (!open.empty() && open.back().endNs <= slice.startNs)
                open.pop_back();
            if (!open.empty() && slice.endNs > open.back().endNs)
                QFAIL(qPrintable(u"%1.%2: %3 crosses %4"_s.arg(lane.first)
                        .arg(lane.second)
                        .arg(slice.name, open.back().name)));
            open.push_back(slice);
        }
    }
}

void TestExport::perfettoKeepsNanoseconds()
{
    const auto nanosecond = [](qint64 ns) {
        Event event = odd(u"e"_s);
        event.timeNs += ns;
        return event;
    };
    const QByteArray out
        = toPerfetto(std::vector{ nanosecond(0), nanosecond(1), nanosecond(86'400'000'000'123) });
    QVERIFY(out.contains("\"ts\":0.000,"));
    QVERIFY(out.contains("\"ts\":0.001,"));
    QVERIFY(out.contains("\"ts\":86400000000.123,"));
    QVERIFY(out.contains("\"start_ns\":\"1795208129469562001\""));
}

void TestExport::perfettoShowsFdsAsFlows()
{
    std::map<qint64, std::pair<QJsonObject, QJsonObject>> flows;
    const QJsonArray list = traceEvents(test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s));
    for (const QJsonValue& value : list) {
        const QJsonObject event = value.toObject();
        if (event[u"ph"].toString() == u"s")
            flows[event[u"id"].toInteger()].first = event;
        else if (event[u"ph"].toString() == u"f")
            flows[event[u"id"].toInteger()].second = event;
    }
    QCOMPARE(flows.size(), 6);
    for (const auto& [id, ends] : flows) {
        QVERIFY(ends.first[u"ts"].toDouble() < ends.second[u"ts"].toDouble());
        QVERIFY(ends.first[u"pid"] != ends.second[u"pid"]);
        QCOMPARE(ends.first[u"name"], ends.second[u"name"]);
        QCOMPARE(ends.first[u"cat"], ends.second[u"cat"]);
    }
}

void TestExport::json_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : { "qemu-10.0-guarded", "qemu-11.1-failed", "qemu-11.1-paused" })
        QTest::newRow(name) << QString::fromLatin1(name);
    QTest::newRow("nothing") << u"none"_s;
}

void TestExport::json()
{
    QFETCH(QString, name);
    auto events = test::migrationFrom(name);
    events.push_back(odd(u"migrated"_s));
    events.back().category = Category::Verdict;
    for (const Event& event : events)
        events.back().timeNs = std::max(events.back().timeNs, event.timeNs);
    const QJsonObject json = toJson(summarize(events));
    QCOMPARE(json[u"outcome"].toString(), u"migrated"_s);
    qint64 sum = 0;
    for (const QJsonValue& row : json[u"pause"][u"rows"].toArray())
        sum += row[u"durationNs"].toInteger();
    QCOMPARE(sum, json[u"pause"][u"ns"].toInteger());
    QCOMPARE(json[u"pause"][u"ns"].isNull(), sum == 0);
    QCOMPARE(json[u"phases"].toArray().size(), 6);
    test::compareGolden(u"summary-"_s + name + u".json"_s, QJsonDocument(json).toJson());
}

void TestExport::text_data()
{
    json_data();
    QTest::newRow("qemu-11.1.3-cpr-transfer-defer") << u"qemu-11.1.3-cpr-transfer-defer"_s;
}

static QString allText(const Summary& summary, const TextStyle& style)
{
    return phaseTable(summary.phases, style) + u'\n' + fdTable(summary.fds, style) + u'\n'
        + breakdownBars(summary.pause, style);
}

void TestExport::text()
{
    QFETCH(QString, name);
    const Summary summary = summarize(test::migrationFrom(name));
    QString all;
    for (const TextStyle style : { TextStyle{ .width = 80, .colour = false },
             TextStyle{ .width = 120, .colour = false }, TextStyle{ .width = 100, .colour = true } })
        all += allText(summary, style) + u"\n"_s;
    test::compareGolden(u"text-"_s + name + u".txt"_s, all.toUtf8());

    const QString plain = allText(summary, { .width = 100, .colour = false });
    QString coloured = allText(summary, { .width = 100, .colour = true });
    coloured.remove(QRegularExpression(u"\x1b\\[[0-9]+m"_s));
    QCOMPARE(coloured, plain);
    for (const QString& line : plain.split(u'\n'))
        QVERIFY(!line.endsWith(u' '));
}

void TestExport::textIsNotWider()
{
    const Summary summary = summarize(test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s));
    for (int width = 60; width < 140; ++width) {
        const TextStyle style{ .width = width, .colour = false };
        const QString tables = phaseTable(summary.phases, style) + fdTable(summary.fds, style)
            + breakdownBars(summary.pause, style).section(u'\n', 3);
        for (const QString& line : tables.split(u'\n'))
            QVERIFY2(line.size() <= width, qPrintable(line));
    }
}

void TestExport::textIsSafeForATerminal()
{
    FdEntry fd;
    fd.name = u"evil\x1b[2J\nname"_s;
    fd.proof = u"\a"_s;
    const QString text = fdTable(std::vector{ fd });
    QVERIFY(!text.contains(u'\x1b'));
    QVERIFY(!text.contains(u'\a'));
    QCOMPARE(text.count(u'\n'), 2);
}

void TestExport::textWithoutAnything()
{
    QVERIFY(fdTable(std::vector<FdEntry>()).isEmpty());
    QVERIFY(breakdownBars(pauseBreakdown({})).startsWith(u"Pause: not known."));
    QCOMPARE(phaseTable(phases({})).count(u'\n'), 7);
}

QTEST_GUILESS_MAIN(TestExport)
#include "tst_export.moc"
