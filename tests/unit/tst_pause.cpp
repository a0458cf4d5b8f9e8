// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/checkpoints.h"
#include "timeline/pause.h"

#include "timelinehelp.h"

#include <QTest>

#include <algorithm>
#include <random>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestPause : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void realMigrations_data();
    void realMigrations();
    void breakdownsMatch_data();
    void breakdownsMatch();
    void arrivalOrderDoesNotMatter();
    void onlyQmpEvents();
    void untimedLines();
    void missingCheckpoints();
    void damagedInputAddsUp();
    void clockErrors_data();
    void clockErrors();
    void severalMigrations();
    void anEarlierDestinationOpensNoMigration();
    void notFinished();
    void clockSetBack();
};

static qint64 sumOf(const PauseBreakdown& breakdown)
{
    qint64 sum = 0;
    for (const PauseRow& row : breakdown.rows)
        sum += row.durationNs;
    return sum;
}

static Event traceLine(Side side, const QByteArray& line)
{
    return fromTrace(side, trace::parseLine(line));
}

void TestPause::realMigrations_data()
{
    QTest::addColumn<PauseOutcome>("outcome");
    QTest::addColumn<bool>("guarded");
    QTest::addColumn<qint64>("pauseNs");
    QTest::newRow("qemu-11.1.3-cpr-transfer-defer") << PauseOutcome::Measured << false << qint64{ 3278000 };
    QTest::newRow("qemu-10.0-plain") << PauseOutcome::Measured << false << qint64{ -1 };
    QTest::newRow("qemu-10.0-guarded") << PauseOutcome::Measured << true << qint64{ 9110000 };
    QTest::newRow("qemu-10.0-paused") << PauseOutcome::SourceWasPaused << false << qint64{ 0 };
    QTest::newRow("qemu-10.0-failed") << PauseOutcome::Resumed << false << qint64{ -1 };
    QTest::newRow("qemu-11.1-sections") << PauseOutcome::Measured << false << qint64{ -1 };
    QTest::newRow("qemu-11.1-guarded") << PauseOutcome::Measured << true << qint64{ 11728000 };
    QTest::newRow("qemu-11.1-paused") << PauseOutcome::SourceWasPaused << false << qint64{ 0 };
    QTest::newRow("qemu-11.1-failed") << PauseOutcome::Resumed << false << qint64{ -1 };
}

void TestPause::realMigrations()
{
    QFETCH(PauseOutcome, outcome);
    QFETCH(bool, guarded);
    QFETCH(qint64, pauseNs);
    const auto events = test::migrationFrom(QString::fromLatin1(QTest::currentDataTag()));
    const PauseBreakdown breakdown = pauseBreakdown(events);
    QCOMPARE(breakdown.outcome, outcome);
    QCOMPARE(breakdown.guarded, guarded);
    QVERIFY(!breakdown.explanation.isEmpty());
    QCOMPARE(migrationCount(events), 1);
    if (pauseNs >= 0)
        QCOMPARE(breakdown.pause.valueNs, pauseNs);
    QCOMPARE(sumOf(breakdown), breakdown.pause.valueNs);
    if (!breakdown.isKnown())
        return;
    QCOMPARE(breakdown.pause.tier, EvidenceTier::Trace);
    QCOMPARE(breakdown.pause.clockErrorNs, 1000);
    QVERIFY(breakdown.pause.valueNs > 500'000);
    for (const PauseRow& row : breakdown.rows)
        QVERIFY(row.durationNs >= 0);
    const auto hasKind
        = [&](PauseRowKind kind) { return std::ranges::contains(breakdown.rows, kind, &PauseRow::kind); };
    QVERIFY(hasKind(PauseRowKind::Stop));
    QVERIFY(hasKind(PauseRowKind::NonIterableSave));
    QVERIFY(hasKind(PauseRowKind::Load));
    QCOMPARE(hasKind(PauseRowKind::GuardWait), guarded);
    QCOMPARE(hasKind(PauseRowKind::Start), outcome == PauseOutcome::Measured);
}

void TestPause::breakdownsMatch_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : { "qemu-11.1.3-cpr-transfer-defer", "qemu-10.0-guarded", "qemu-11.1-failed" })
        QTest::newRow(name) << QString::fromLatin1(name);
}

void TestPause::breakdownsMatch()
{
    QFETCH(QString, name);
    const PauseBreakdown breakdown = pauseBreakdown(test::migrationFrom(name));
    QByteArray text
        = breakdown.explanation.toUtf8() + '\n' + QByteArray::number(breakdown.pause.valueNs) + '\n';
    for (const PauseRow& row : breakdown.rows) {
        text += QString(u"%1 | %2 | %3 | %4 | %5 | +%6\n"_s)
                    .arg(pauseRowKindId(row.kind), sideId(row.side), row.text)
                    .arg(row.durationNs)
                    .arg(row.reportedNs)
                    .arg(row.startNs == 0 ? -1 : row.startNs - breakdown.startNs)
                    .toUtf8();
    }
    test::compareGolden(u"pause-"_s + name + u".txt"_s, text);
}

void TestPause::arrivalOrderDoesNotMatter()
{
    // Equal times keep their order of arrival, so only lines of different times are moved.
    auto events = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    const PauseBreakdown expected = pauseBreakdown(events);
    std::ranges::stable_sort(
        events, std::greater(), [](const Event& event) { return event.timeNs / 100'000'000; });
    QCOMPARE(pauseBreakdown(events), expected);
}

void TestPause::onlyQmpEvents()
{
    for (const char* name : { "qemu-10.0-guarded", "qemu-11.1-guarded" }) {
        const auto events
            = test::parseEvents(test::dataFile(u"logs/"_s + QString::fromLatin1(name) + u"-events.jsonl"_s));
        const PauseBreakdown breakdown = pauseBreakdown(events);
        QCOMPARE(breakdown.outcome, PauseOutcome::Measured);
        QCOMPARE(breakdown.pause.tier, EvidenceTier::QmpEvents);
        QVERIFY(breakdown.pause.valueNs > 1'000'000);
        QCOMPARE(breakdown.rows.size(), 1);
        QCOMPARE(breakdown.rows[0].kind, PauseRowKind::Unattributed);
        QCOMPARE(sumOf(breakdown), breakdown.pause.valueNs);
    }
    const PauseBreakdown failed
        = pauseBreakdown(test::parseEvents(test::dataFile(u"logs/qemu-11.1-failed-events.jsonl"_s)));
    QCOMPARE(failed.outcome, PauseOutcome::Resumed);
    QCOMPARE(failed.pause.valueNs, 269217000 - 266524000);
    const PauseBreakdown paused
        = pauseBreakdown(test::parseEvents(test::dataFile(u"logs/qemu-11.1-paused-events.jsonl"_s)));
    QCOMPARE(paused.outcome, PauseOutcome::SourceWasPaused);
}

static void removeTimes(std::vector<Event>& events)
{
    for (Event& event : events) {
        if (event.category == Category::Trace)
            event.timeNs = 0;
    }
}

void TestPause::untimedLines()
{
    auto events = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    removeTimes(events);
    const PauseBreakdown order = pauseBreakdown(events);
    QCOMPARE(order.outcome, PauseOutcome::Untimed);
    QCOMPARE(order.pause.tier, EvidenceTier::OrderOnly);
    QVERIFY(!order.pause.isKnown());
    QCOMPARE(checkpoints(events).size(), 9);

    auto both = test::migrationFrom(u"qemu-11.1-guarded"_s);
    removeTimes(both);
    const PauseBreakdown qmp = pauseBreakdown(both);
    QCOMPARE(qmp.outcome, PauseOutcome::Measured);
    QCOMPARE(qmp.pause.tier, EvidenceTier::QmpEvents);
    QCOMPARE(sumOf(qmp), qmp.pause.valueNs);
    QCOMPARE(qmp.rows.size(), 1);
}

void TestPause::missingCheckpoints()
{
    // Whatever single kind of line is missing, what remains adds up.
    const auto all = test::migrationFrom(u"qemu-11.1-guarded"_s);
    QSet<QString> keys;
    const auto keyOf
        = [](const Event& event) { return QString(event.name + event.attributes[u"name"].toString()); };
    for (const Event& event : all)
        keys.insert(keyOf(event));
    for (const QString& key : keys) {
        std::vector<Event> events;
        std::ranges::copy_if(
            all, std::back_inserter(events), [&](const Event& event) { return keyOf(event) != key; });
        const PauseBreakdown breakdown = pauseBreakdown(events);
        QVERIFY2(breakdown.isKnown(), qPrintable(key));
        QCOMPARE(sumOf(breakdown), breakdown.pause.valueNs);
    }
}

void TestPause::damagedInputAddsUp()
{
    const auto all = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    std::mt19937_64 random(2026); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases every time
    int known = 0;
    for (int round = 0; round < 300; ++round) {
        auto events = all;
        for (Event& event : events) {
            if (random() % 8 == 0)
                event.timeNs += static_cast<qint64>(random() % 4'000'000) - 2'000'000;
            if (random() % 8 == 0 && event.attributes.contains(u"downtimeUs"_s))
                event.attributes[u"downtimeUs"_s] = static_cast<qint64>(random() >> (random() % 64));
            if (random() % 64 == 0)
                event.timeNs = 0;
        }
        const PauseBreakdown breakdown = pauseBreakdown(events);
        known += breakdown.isKnown() ? 1 : 0;
        QCOMPARE(sumOf(breakdown), breakdown.pause.valueNs);
        for (const PauseRow& row : breakdown.rows) {
            QVERIFY(row.durationNs >= 0);
            QVERIFY(row.startNs == 0 || (row.startNs >= breakdown.startNs && row.startNs < breakdown.endNs));
        }
    }
    QVERIFY(known > 100);
}

void TestPause::clockErrors_data()
{
    QTest::addColumn<QList<qint64>>("offsets"); // before, after; in ns
    QTest::addColumn<bool>("sampled");
    QTest::addColumn<qint64>("errorNs");
    QTest::newRow("not sampled") << QList<qint64>{} << false << qint64{ 1000 };
    QTest::newRow("steady") << QList<qint64>{ 1'795'000'000'000'000'000, 1'795'000'000'000'000'000 } << true
                            << qint64{ 1200 };
    QTest::newRow("stepped") << QList<qint64>{ 1'795'000'000'000'000'000, 1'794'999'999'999'500'000 } << true
                             << qint64{ 501'200 };
    QTest::newRow("damaged") << QList<qint64>{ std::numeric_limits<qint64>::min(),
        std::numeric_limits<qint64>::max() }
                             << true << qint64{ 1'000'000'000'000'001'200 };
}

void TestPause::clockErrors()
{
    QFETCH(QList<qint64>, offsets);
    auto events = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    const auto [first, last] = std::ranges::minmax(events, {}, &Event::timeNs);
    qint64 at = first.timeNs - 1;
    for (const qint64 offset : offsets) {
        events.push_back({ .side = Side::Console,
            .timeNs = at,
            .category = Category::Clock,
            .name = u"sample"_s,
            .attributes = { { u"offsetNs"_s, offset }, { u"uncertaintyNs"_s, 100 } } });
        at = last.timeNs + 1;
    }
    const PauseBreakdown breakdown = pauseBreakdown(events);
    QTEST(breakdown.clockSampled, "sampled");
    QTEST(breakdown.pause.clockErrorNs, "errorNs");
}

void TestPause::severalMigrations()
{
    auto events = test::migrationFrom(u"qemu-11.1-failed"_s);
    test::append(events, test::migrationFrom(u"qemu-11.1-guarded"_s));
    // Recorded the other way round in time: the second of these files was made first.
    QCOMPARE(migrationCount(events), 2);
    QCOMPARE(pauseBreakdown(events, 0).outcome, PauseOutcome::Measured);
    QCOMPARE(pauseBreakdown(events, 1).outcome, PauseOutcome::Resumed);
    QCOMPARE(pauseBreakdown(events).outcome, PauseOutcome::Resumed);
    QCOMPARE(pauseBreakdown(events, 2).outcome, PauseOutcome::NoMigration);
    QCOMPARE(pauseBreakdown({}).outcome, PauseOutcome::NoMigration);
}

void TestPause::anEarlierDestinationOpensNoMigration()
{
    // The log of a VMM that was the destination of a first hop, followed as the source of a second one.
    auto events
        = test::parseLog(Side::Source, test::dataFile(u"logs/qemu-11.1.3-cpr-transfer-defer-dst.log"_s));
    QCOMPARE(migrationCount(events), 0);
    events.push_back(
        traceLine(Side::Source, "2026-11-21T09:00:00.000001Z migrate_set_state new state setup"));
    QCOMPARE(migrationCount(events), 1);
    events.push_back(
        traceLine(Side::Source, "2026-11-21T09:00:00.1Z vmstate_downtime_checkpoint src-downtime-start"));
    events.push_back(traceLine(Side::Destination,
        "2026-11-21T09:00:00.2Z runstate_set current_run_state 1 (inmigrate) new_state 9 (running)"));
    QCOMPARE(pauseBreakdown(events).pause.valueNs, 100'000'000);
}

void TestPause::notFinished()
{
    std::vector<Event> events{ traceLine(
        Side::Source, "2026-11-21T09:00:00.0Z migrate_set_state new state setup") };
    QCOMPARE(pauseBreakdown(events).outcome, PauseOutcome::NotReached);
    events.push_back(
        traceLine(Side::Source, "2026-11-21T09:00:00.1Z vmstate_downtime_checkpoint src-downtime-start"));
    const PauseBreakdown ongoing = pauseBreakdown(events);
    QCOMPARE(ongoing.outcome, PauseOutcome::Ongoing);
    QVERIFY(ongoing.startNs > 0);
    QVERIFY(!ongoing.isKnown());
}

void TestPause::clockSetBack()
{
    const std::vector<Event> events{
        traceLine(Side::Source, "2026-11-21T09:00:00.0Z migrate_set_state new state setup"),
        traceLine(Side::Destination,
            "2026-11-21T09:00:00.2Z runstate_set current_run_state 1 (inmigrate) new_state 9 (running)"),
        traceLine(Side::Source, "2026-11-21T09:00:00.3Z vmstate_downtime_checkpoint src-downtime-start"),
    };
    const PauseBreakdown breakdown = pauseBreakdown(events);
    QCOMPARE(breakdown.outcome, PauseOutcome::Inconsistent);
    QVERIFY(breakdown.rows.empty());
}

QTEST_GUILESS_MAIN(TestPause)
#include "tst_pause.moc"
