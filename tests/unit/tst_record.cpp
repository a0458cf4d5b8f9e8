// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/event.h"
#include "timeline/record.h"
#include "timeline/timetext.h"

#include <QSignalSpy>
#include <QTest>

#include <limits>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestRecord : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void categoriesRoundTrip();
    void appendsInOrderOfArrival();
    void replaysBothWays();
    void durations_data();
    void durations();
    void times();
};

void TestRecord::categoriesRoundTrip()
{
    QSet<QString> ids;
    for (int i = 0; i <= static_cast<int>(Category::Endpoint); ++i) {
        const auto category = static_cast<Category>(i);
        const QString id = categoryId(category);
        QVERIFY(!id.isEmpty());
        QCOMPARE(categoryFromId(id), std::optional(category));
        ids.insert(id);
    }
    QCOMPARE(ids.size(), static_cast<int>(Category::Endpoint) + 1);
    QVERIFY(!categoryFromId(u"something else"));
}

void TestRecord::appendsInOrderOfArrival()
{
    Record record;
    QSignalSpy appended(&record, &Record::appended);
    const auto event = [](const QString& name) {
        return Event{
            .side = Side::Source, .timeNs = 0, .category = Category::Action, .name = name, .attributes = {}
        };
    };
    record.append(event(u"a"_s));
    record.append(std::vector<Event>{});
    record.append({ event(u"b"_s), event(u"c"_s) });
    record.append(std::vector{ event(u"d"_s) });
    QCOMPARE(record.size(), 4);
    QString names;
    for (const Event& each : record.events())
        names += each.name;
    QCOMPARE(names, u"abcd"_s);
    QCOMPARE(appended.size(), 3);
    QCOMPARE(appended[1][0].value<std::size_t>(), 1);
    QCOMPARE(appended[1][1].value<std::size_t>(), 2);
    record.clear();
    QVERIFY(record.isEmpty());
}

void TestRecord::replaysBothWays()
{
    Record record;
    record.append(Event{});
    QSignalSpy appended(&record, &Record::appended);
    QSignalSpy rewound(&record, &Record::rewound);
    QSignalSpy cleared(&record, &Record::cleared);
    std::vector<Event> recording(5);
    for (std::size_t i = 0; i < recording.size(); ++i)
        recording[i].timeNs = static_cast<qint64>(i);
    record.load(recording);
    QVERIFY(record.isLoaded());
    QVERIFY(record.isEmpty());
    QCOMPARE(record.whole().size(), 5);
    QCOMPARE(cleared.size(), 1);

    record.show(3);
    QCOMPARE(appended.takeFirst(),
        (QVariantList{ QVariant::fromValue<std::size_t>(0), QVariant::fromValue<std::size_t>(3) }));
    QCOMPARE(record.events().back().timeNs, 2);
    record.show(99);
    QCOMPARE(record.size(), 5);
    QCOMPARE(appended.takeFirst(),
        (QVariantList{ QVariant::fromValue<std::size_t>(3), QVariant::fromValue<std::size_t>(2) }));
    record.show(5);
    QVERIFY(appended.isEmpty());
    QCOMPARE(cleared.size(), 1);
    bool told = false;
    connect(&record, &Record::cleared, &record, [&] { told = record.isRewinding(); });
    record.show(1);
    QCOMPARE(rewound.size(), 1);
    QCOMPARE(rewound.first().first().value<std::size_t>(), 1);
    QCOMPARE(record.size(), 1);
    QCOMPARE(record.whole().size(), 5);
    // The same in other words, for the others.
    QCOMPARE(cleared.size(), 2);
    QVERIFY(told);
    QVERIFY(!record.isRewinding());
    QCOMPARE(appended.takeFirst(),
        (QVariantList{ QVariant::fromValue<std::size_t>(0), QVariant::fromValue<std::size_t>(1) }));
    record.show(0);
    QVERIFY(appended.isEmpty());

    QCOMPARE(record.release(), recording);
    QVERIFY(!record.isLoaded());
    QVERIFY(record.whole().empty());
    record.append(Event{});
    QCOMPARE(record.size(), 1);
}

void TestRecord::durations_data()
{
    QTest::addColumn<qint64>("ns");
    QTest::addColumn<QString>("text");
    QTest::newRow("0") << qint64{ 0 } << u"0 ns"_s;
    QTest::newRow("ns") << qint64{ 999 } << u"999 ns"_s;
    QTest::newRow("1 us") << qint64{ 1000 } << u"1.00 µs"_s;
    QTest::newRow("9.99 us") << qint64{ 9994 } << u"9.99 µs"_s;
    QTest::newRow("10.0 us") << qint64{ 9996 } << u"10.0 µs"_s;
    QTest::newRow("145 us") << qint64{ 145'000 } << u"145 µs"_s;
    QTest::newRow("3.28 ms") << qint64{ 3'278'000 } << u"3.28 ms"_s;
    QTest::newRow("s") << qint64{ 1'200'000'000 } << u"1.20 s"_s;
    QTest::newRow("min") << qint64{ 125'000'000'000 } << u"2 min 5 s"_s;
    QTest::newRow("negative") << qint64{ -1500 } << u"-1.50 µs"_s;
    QTest::newRow("least") << std::numeric_limits<qint64>::min() << u"-153722867 min 16 s"_s;
}

void TestRecord::durations()
{
    QFETCH(qint64, ns);
    QTEST(durationText(ns), "text");
}

void TestRecord::times()
{
    QCOMPARE(isoTime(1795208129469562001), u"2026-11-20T20:55:29.469562001Z"_s);
    QCOMPARE(isoTime(0), QString());
}

QTEST_GUILESS_MAIN(TestRecord)
#include "tst_record.moc"
