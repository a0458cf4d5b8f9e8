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
    void perfettoFaultsAreFound();
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

namespace {

/// What the "Trace Event Format" wants of the events of a phase; what it does not know may not be there.
struct PhaseRule
{
    QStringList needed;
    QStringList allowed;
};

const std::map<QString, PhaseRule>& phaseRules()
{
    static const QStringList common{ u"ph"_s, u"name"_s, u"pid"_s, u"tid"_s };
    static const QStringList timed = common + QStringList{ u"cat"_s, u"ts"_s };
    static const std::map<QString, PhaseRule> rules{
        { u"M"_s, { .needed = common + QStringList{ u"args"_s }, .allowed = {} } },
        { u"X"_s, { .needed = timed + QStringList{ u"dur"_s }, .allowed = { u"args"_s } } },
        { u"i"_s, { .needed = timed + QStringList{ u"s"_s }, .allowed = { u"args"_s } } },
        { u"s"_s, { .needed = timed + QStringList{ u"id"_s }, .allowed = {} } },
        { u"f"_s, { .needed = timed + QStringList{ u"id"_s, u"bp"_s }, .allowed = {} } },
    };
    return rules;
}

/// Empty for an event that follows the format.
QString schemaFault(const QJsonObject& event)
{
    const auto rule = phaseRules().find(event[u"ph"].toString());
    if (rule == phaseRules().end())
        return u"the phase is unknown"_s;
    for (const QString& key : rule->second.needed) {
        if (!event.contains(key))
            return key + u" is missing"_s;
    }
    for (const QString& key : event.keys()) {
        if (!rule->second.needed.contains(key) && !rule->second.allowed.contains(key))
            return key + u" is unknown"_s;
    }
    const auto isWhole = [&event](QLatin1StringView key) {
        return event[key].isDouble() && event[key].toInteger(-1) >= 0
            && static_cast<double>(event[key].toInteger()) == event[key].toDouble();
    };
    const auto isTime = [&event](QLatin1StringView key) {
        return !event.contains(key) || (event[key].isDouble() && event[key].toDouble() >= 0);
    };
    if (!isWhole("pid"_L1) || !isWhole("tid"_L1) || (event.contains(u"id") && !isWhole("id"_L1)))
        return u"pid, tid or id is no whole number"_s;
    if (!isTime("ts"_L1) || !isTime("dur"_L1))
        return u"ts or dur is no time"_s;
    if (!event[u"name"].isString() || (event.contains(u"cat") && event[u"cat"].toString().isEmpty()))
        return u"name or cat is no text"_s;
    if (event.contains(u"args") && !event[u"args"].isObject())
        return u"args is no object"_s;
    if (event.contains(u"s") && event[u"s"] != u"t"_s)
        return u"the scope is not the thread"_s;
    if (event.contains(u"bp") && event[u"bp"] != u"e"_s)
        return u"the binding point is not the enclosing slice"_s;
    const QString name = event[u"name"].toString();
    const bool isNamed = event[u"ph"] != u"M"_s
        || ((name == u"process_name" || name == u"thread_name")
            && !event[u"args"][u"name"].toString().isEmpty());
    return isNamed ? QString() : u"the metadata names nothing"_s;
}

} // namespace

void TestExport::perfettoFollowsTheSchema()
{
    QFETCH(QString, name);
    auto events = test::migrationFrom(name);
    if (name == u"odd")
        events = { odd(u"\"quote\" \\ \n \x01 ä"_s), odd(u""_s) };
    QJsonObject whole;
    const QJsonArray list = traceEvents(events, &whole);
    QCOMPARE(whole.keys(), QStringList({ u"displayTimeUnit"_s, u"otherData"_s, u"traceEvents"_s }));
    QCOMPARE(whole[u"displayTimeUnit"].toString(), u"ns"_s);
    QVERIFY(whole[u"otherData"].isObject());
    QVERIFY(list.size() >= 4);
    std::set<std::pair<int, int>> named;
    std::set<std::pair<int, int>> used;
    std::set<int> processes;
    for (const QJsonValue& value : list) {
        const QJsonObject event = value.toObject();
        const QString fault = schemaFault(event);
        QVERIFY2(fault.isEmpty(),
            qPrintable(
                fault + u": "_s + QString::fromUtf8(QJsonDocument(event).toJson(QJsonDocument::Compact))));
        const std::pair thread(event[u"pid"].toInt(), event[u"tid"].toInt());
        if (event[u"ph"].toString() != u"M")
            used.insert(thread);
        else if (event[u"name"].toString() == u"process_name")
            QVERIFY2(processes.insert(thread.first).second, "a process has two names");
        else
            QVERIFY2(named.insert(thread).second, "a thread has two names");
    }
    QCOMPARE(processes.size(), 4);
    QVERIFY(named == used);
}

/// What the check above is worth.
void TestExport::perfettoFaultsAreFound()
{
    const QJsonObject slice{ { u"ph"_s, u"X"_s }, { u"name"_s, u"a"_s }, { u"cat"_s, u"b"_s },
        { u"pid"_s, 1 }, { u"tid"_s, 1 }, { u"ts"_s, 0.5 }, { u"dur"_s, 1 } };
    QCOMPARE(schemaFault(slice), QString());
    for (const QString& key : slice.keys()) {
        QJsonObject without = slice;
        without.remove(key);
        QVERIFY2(!schemaFault(without).isEmpty(), qPrintable(key));
    }
    const std::pair<QString, QJsonValue> wrong[]{ { u"tid"_s, 1.5 }, { u"ts"_s, -1 }, { u"dur"_s, u"1"_s },
        { u"ph"_s, u"Q"_s }, { u"args"_s, 1 }, { u"cat"_s, u""_s }, { u"colour"_s, u"red"_s } };
    for (const auto& [key, value] : wrong) {
        QJsonObject with = slice;
        with.insert(key, value);
        QVERIFY2(!schemaFault(with).isEmpty(), qPrintable(key));
    }
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

/// Both ends of a flow lie within a slice of their thread: a trace processor drops an arrow that has none.
void TestExport::perfettoShowsFdsAsFlows()
{
    std::map<qint64, std::vector<QJsonObject>> flows;
    std::vector<QJsonObject> slices;
    const QJsonArray list = traceEvents(test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s));
    for (const QJsonValue& value : list) {
        const QJsonObject event = value.toObject();
        const QString phase = event[u"ph"].toString();
        if (phase == u"s" || phase == u"f")
            flows[event[u"id"].toInteger()].push_back(event);
        else if (phase == u"X")
            slices.push_back(event);
    }
    QCOMPARE(flows.size(), 6);
    for (const auto& [id, ends] : flows) {
        QCOMPARE(ends.size(), 2);
        const QJsonObject& first = ends.front();
        const QJsonObject& last = ends.back();
        QCOMPARE(first[u"ph"].toString(), u"s"_s);
        QCOMPARE(last[u"ph"].toString(), u"f"_s);
        QVERIFY(first[u"ts"].toDouble() < last[u"ts"].toDouble());
        QVERIFY(first[u"pid"] != last[u"pid"]);
        QCOMPARE(first[u"name"], last[u"name"]);
        QCOMPARE(first[u"cat"], last[u"cat"]);
        for (const QJsonObject& end : ends) {
            const double at = end[u"ts"].toDouble();
            QVERIFY(std::ranges::any_of(slices, [&end, at](const QJsonObject& slice) {
                const double from = slice[u"ts"].toDouble();
                return slice[u"pid"] == end[u"pid"] && slice[u"tid"] == end[u"tid"]
                    && slice[u"name"] == end[u"name"] && from <= at && at <= from + slice[u"dur"].toDouble();
            }));
        }
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
