// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/checkpoints.h"
#include "timeline/phases.h"
#include "timeline/spans.h"

#include "timelinehelp.h"

#include <QTest>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

class TestPhases : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void realMigrations_data();
    void realMigrations();
    void everyPrefixIsSane();
    void onlyQmpEvents();
    void aLaunchedDestinationWaits();
    void withoutCpr();
    void failures_data();
    void failures();
    void spansDoNotOverlap_data();
    void spansDoNotOverlap();
    void checkpointsHaveSentences();
    void namesAreDistinct();
};

static QString states(const Phases& list)
{
    QStringList found;
    for (const Phase& phase : list)
        found += phaseStateId(phase.state);
    return found.join(u' ');
}

static Event traceLine(Side side, const QByteArray& line)
{
    return fromTrace(side, trace::parseLine(line));
}

void TestPhases::realMigrations_data()
{
    QTest::addColumn<QString>("name");
    for (const char* name : { "qemu-11.1.3-cpr-transfer-defer", "qemu-10.0-plain", "qemu-10.0-guarded",
             "qemu-10.0-paused", "qemu-10.0-failed", "qemu-11.1-guarded", "qemu-11.1-paused",
             "qemu-11.1-failed", "qemu-10.0-reboot", "qemu-11.1-reboot" })
        QTest::newRow(name) << QString::fromLatin1(name);
}

void TestPhases::realMigrations()
{
    QFETCH(QString, name);
    const auto events = test::migrationFrom(name);
    const Phases list = phases(events);
    const qint64 zeroNs = list[1].startNs;
    const auto at
        = [zeroNs](qint64 timeNs) { return timeNs > 0 ? QString::number((timeNs - zeroNs) / 1000) : u"-"_s; };
    QByteArray text;
    qint64 lastStart = 0;
    for (const Phase& phase : list) {
        text += QString(u"%1 | %2 | %3 | %4 | %5\n"_s)
                    .arg(phaseName(phase.id), sideId(phase.side), phaseStateId(phase.state),
                        at(phase.startNs), at(phase.endNs))
                    .toUtf8();
        QVERIFY(phase.endNs == 0 || phase.endNs >= phase.startNs);
        QVERIFY(phase.startNs == 0 || phase.startNs >= lastStart);
        lastStart = std::max(lastStart, phase.startNs);
    }
    text += '\n';
    for (const Span& span : spans(events)) {
        text += QString(u"%1 | %2 | %3 | %4 | %5%6%7\n"_s)
                    .arg(sideId(span.side), span.id, span.text, at(span.startNs), at(span.endNs),
                        span.openStart ? u" open start"_s : QString(),
                        span.openEnd ? u" open end"_s : QString())
                    .toUtf8();
    }
    test::compareGolden(u"phases-"_s + name + u".txt"_s, text);
}

void TestPhases::everyPrefixIsSane()
{
    // What a live window shows: phases only ever advance, and nothing behind a running one is done.
    auto events = test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s);
    std::ranges::stable_sort(events, {}, &Event::timeNs);
    std::size_t reached = 0;
    for (std::size_t count = 0; count <= events.size(); ++count) {
        const Phases list = phases(std::span(std::as_const(events)).first(count));
        std::size_t furthest = 0;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i].state != PhaseState::NotReached)
                furthest = i;
            QVERIFY(list[i].state != PhaseState::Failed);
        }
        QVERIFY2(furthest >= reached, qPrintable(states(list)));
        reached = furthest;
    }
    QCOMPARE(reached, 5);
}

void TestPhases::onlyQmpEvents()
{
    const auto events = test::parseEvents(test::dataFile(u"logs/qemu-11.1-guarded-events.jsonl"_s));
    const Phases list = phases(events);
    QCOMPARE(list[4].state, PhaseState::Done);
    QVERIFY(list[4].durationNs().has_value());
    QCOMPARE(list[5].state, PhaseState::Done);
    QVERIFY(!spans(events).empty());
}

void TestPhases::aLaunchedDestinationWaits()
{
    auto events = test::migrationFrom(u"qemu-11.1-guarded"_s);
    const qint64 spawnedNs = phases(events)[0].endNs - 5'000'000;
    events.insert(events.begin(),
        Event{ .side = Side::Console,
            .timeNs = spawnedNs,
            .category = Category::Process,
            .name = u"spawned"_s,
            .attributes = {} });
    QCOMPARE(phases(events)[0].durationNs(), std::optional<qint64>(5'000'000));
    const auto found = spans(events);
    const auto waits = std::ranges::find(found, u"waits-for-cpr"_s, &Span::id);
    QVERIFY(waits != found.end());
    QCOMPARE(waits->side, Side::Destination);
    QCOMPARE(waits->startNs, spawnedNs);
}

void TestPhases::withoutCpr()
{
    const std::vector<Event> events{
        traceLine(Side::Source, "2026-11-21T09:00:00.0Z migrate_set_state new state setup"),
        traceLine(Side::Source, "2026-11-21T09:00:00.1Z migrate_set_state new state active"),
        traceLine(Side::Source, "2026-11-21T09:00:00.2Z vmstate_downtime_checkpoint src-downtime-start"),
        traceLine(Side::Destination,
            "2026-11-21T09:00:00.3Z runstate_set current_run_state 1 (inmigrate) new_state 9 (running)"),
        traceLine(Side::Source, "2026-11-21T09:00:00.4Z migrate_set_state new state completed"),
    };
    QCOMPARE(states(phases(events)), u"skipped done skipped skipped done done"_s);
    QCOMPARE(
        states(phases({})), u"not-reached not-reached not-reached not-reached not-reached not-reached"_s);
}

void TestPhases::failures_data()
{
    QTest::addColumn<QList<QByteArray>>("lines"); // of the source; "> " marks those of the destination
    QTest::addColumn<QString>("expected");
    const QByteArray setup = "2026-11-21T09:00:00.0Z migrate_set_state new state setup";
    const QByteArray saved = "2026-11-21T09:00:00.1Z cpr_state_save cpr-transfer mode";
    const QByteArray sent = "2026-11-21T09:00:00.11Z qemu_file_put_fd ioc cpr-out, fd 3 -> status 0";
    const QByteArray loaded = "> 2026-11-21T09:00:00.2Z cpr_state_load cpr-transfer mode";
    const QByteArray received = "> 2026-11-21T09:00:00.21Z qemu_file_get_fd ioc cpr-in -> fd 3";
    const QByteArray listens = "> 2026-11-21T09:00:00.3Z migrate_set_state new state setup";
    const QByteArray stops = "2026-11-21T09:00:00.4Z vmstate_downtime_checkpoint src-downtime-start";
    const QByteArray resumes
        = "2026-11-21T09:00:00.5Z runstate_set current_run_state 7 (finish-migrate) new_state 9 (running)";
    const QByteArray failed = "2026-11-21T09:00:00.6Z migrate_set_state new state failed";
    const QByteArray cancelled = "2026-11-21T09:00:00.6Z migrate_set_state new state cancelled";
    QTest::newRow("no channel") << QList{ setup, failed }
                                << u"done failed not-reached not-reached not-reached not-reached"_s;
    QTest::newRow("nobody reads") << QList{ setup, saved, sent, cancelled }
                                  << u"done done done failed not-reached not-reached"_s;
    QTest::newRow("devices") << QList{ setup, saved, sent, loaded, received, failed }
                             << u"done done done failed not-reached not-reached"_s;
    QTest::newRow("main channel") << QList{ setup, saved, sent, loaded, received, listens, failed }
                                  << u"done done done done failed not-reached"_s;
    QTest::newRow("switchover") << QList{ setup, saved, sent, loaded, received, listens, stops, resumes,
        failed } << u"done done done done failed not-reached"_s;
}

void TestPhases::failures()
{
    QFETCH(QList<QByteArray>, lines);
    std::vector<Event> events;
    for (const QByteArray& line : lines) {
        const bool destination = line.startsWith("> ");
        events.push_back(
            traceLine(destination ? Side::Destination : Side::Source, destination ? line.sliced(2) : line));
    }
    QTEST(states(phases(events)), "expected");
}

void TestPhases::spansDoNotOverlap_data()
{
    realMigrations_data();
}

void TestPhases::spansDoNotOverlap()
{
    QFETCH(QString, name);
    auto all = test::migrationFrom(name);
    const auto check = [](const std::vector<Event>& events) {
        std::array<qint64, 4> ends{};
        for (const Span& span : spans(events)) {
            qint64& end = ends.at(static_cast<std::size_t>(span.side));
            QVERIFY(span.startNs > 0);
            QVERIFY(span.endNs >= span.startNs);
            QVERIFY(span.startNs >= end);
            QVERIFY(!span.id.isEmpty() && !span.text.isEmpty());
            end = span.endNs;
        }
        QVERIFY(ends[0] > 0 && ends[1] > 0);
    };
    check(all);
    std::erase_if(all, [](const Event& event) { return event.category == Category::Trace; });
    if (!all.empty())
        check(all);
}

void TestPhases::checkpointsHaveSentences()
{
    const auto found = checkpoints(test::migrationFrom(u"qemu-11.1.3-cpr-transfer-defer"_s));
    QCOMPARE(found.size(), 9);
    QCOMPARE(found.front().name, u"src-downtime-start"_s);
    QCOMPARE(found.back().name, u"src-downtime-end"_s);
    for (const Checkpoint& checkpoint : found) {
        QVERIFY(checkpoint.timeNs > 0);
        QVERIFY2(checkpoint.text.endsWith(u'.'), qPrintable(checkpoint.name));
    }
    QVERIFY(checkpointText(u"no such checkpoint").isEmpty());
}

void TestPhases::namesAreDistinct()
{
    QSet<QString> names;
    for (int i = 0; i < 6; ++i) {
        names.insert(phaseName(static_cast<PhaseId>(i)));
        QVERIFY(phaseText(static_cast<PhaseId>(i)).endsWith(u'.'));
    }
    QCOMPARE(names.size(), 6);
}

QTEST_GUILESS_MAIN(TestPhases)
#include "tst_phases.moc"
