// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/pulse.h"

#include <QTest>

using namespace cutover;
using namespace cutover::timeline;
using namespace Qt::StringLiterals;

static constexpr qint64 ms = 1'000'000;
static constexpr qint64 start = 1'795'000'000'000 * ms;

static Event eventOf(const Heartbeat& sample)
{
    return { .side = sample.side,
        .timeNs = sample.timeNs,
        .category = Category::Pulse,
        .name = u"heartbeat"_s,
        .attributes = pulseAttributes(sample) };
}

static Event eventOf(const Traffic& sample)
{
    return { .side = Side::Console,
        .timeNs = sample.timeNs,
        .category = Category::Pulse,
        .name = u"traffic"_s,
        .attributes = pulseAttributes(sample) };
}

/// A guest that was stopped at `start` for 300 µs, as its samples of before and after tell.
static std::vector<Event> switchover()
{
    constexpr qint64 offset = start - 50'000 * ms;
    const Heartbeat before{ .side = Side::Source,
        .timeNs = start - 100 * ms,
        .clockOffsetNs = offset,
        .beats = 1000,
        .lastBeatNs = start - 100 * ms - offset,
        .longestGapNs = 20'000,
        .longestGapAtNs = start - 120 * ms - offset,
        .starts = 1,
        .blocksWritten = 10,
        .longestStorageGapNs = 40'000 };
    Heartbeat after = before;
    after.side = Side::Destination;
    after.timeNs = start + 100 * ms;
    after.beats = 2997;
    after.starts = 2;
    after.startGapNs = 300'000;
    after.longestGapNs = 310'000;
    after.longestGapAtNs = start + 300'000 - offset;
    after.longestStorageGapNs = 500'000;
    return { eventOf(before), eventOf(after) };
}

static PauseBreakdown pauseOf(qint64 lengthNs)
{
    PauseBreakdown pause;
    pause.outcome = PauseOutcome::Measured;
    pause.startNs = start;
    pause.endNs = start + lengthNs;
    pause.pause = { .valueNs = lengthNs, .tier = EvidenceTier::Trace };
    return pause;
}

class TestPulseTrail : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void watchedHeartIsReadBack()
    {
        std::vector<Event> events = switchover();
        PulseTrail asked = pulseTrail(events);
        QVERIFY(!events.back().attributes.contains("observed"_L1));
        Heartbeat watched = asked.heartbeats.back();
        watched.observed = true;
        watched.gapErrorNs = 200'000;
        watched.guestClockGapNs = -1;
        events.push_back(eventOf(watched));
        QCOMPARE(pulseTrail(events).heartbeats.back(), watched);
        const auto gaps = pulseGaps(pulseTrail(events), pauseOf(290'000));
        QVERIFY(!gaps.empty() && gaps.front().observed);
        events.back().attributes["gapErrorNs"_L1] = -5;
        events.back().attributes["guestClockGapNs"_L1] = 1e300;
        const Heartbeat damaged = pulseTrail(events).heartbeats.back();
        QCOMPARE(damaged.gapErrorNs, 0);
        QCOMPARE(damaged.guestClockGapNs, 0);
    }

    void samplesAreReadBack()
    {
        const Heartbeat beat{ .side = Side::Destination,
            .timeNs = start,
            .clockOffsetNs = -5,
            .beats = 7,
            .startGapNs = 3,
            .ringFaults = 1,
            .meanSweepNs = 9 };
        const Traffic traffic{ .timeNs = start, .sent = 9, .received = 7, .reordered = 1, .isFinal = true };
        const PulseTrail trail = pulseTrail(std::vector{ eventOf(beat), eventOf(traffic) });
        QCOMPARE(trail.heartbeats, std::vector{ beat });
        QCOMPARE(trail.traffic, std::vector{ traffic });
        QCOMPARE(trail.traffic.front().missing(), 2);
    }

    void damageReadsAsNothing()
    {
        const Event event{ .side = Side::Source,
            .timeNs = start,
            .category = Category::Pulse,
            .name = u"heartbeat"_s,
            .attributes = { { u"beats"_s, u"many"_s }, { u"startGapNs"_s, -4 },
                { u"longestGapNs"_s, std::numeric_limits<qint64>::max() } } };
        const PulseTrail trail = pulseTrail(std::span(&event, 1));
        QCOMPARE(trail.heartbeats.front().beats, 0);
        QCOMPARE(trail.heartbeats.front().startGapNs, 0);
        QCOMPARE(trail.heartbeats.front().longestGapNs, 0);
        QVERIFY(pulseGaps(trail, pauseOf(1)).empty());
        PulseTrail other;
        QVERIFY(!other.take({ .category = Category::Trace, .name = u"heartbeat"_s }));
        QVERIFY(!other.take({ .category = Category::Pulse, .name = u"unheard-of"_s }));
        QVERIFY(other.isEmpty());
    }

    void silenceStandsInForAHeartbeat()
    {
        const Silence silence{ .kind = GapKind::Processors,
            .lengthNs = 3 * ms,
            .errorNs = ms,
            .endNs = start + 2 * ms,
            .otherwiseNs = 5 * ms };
        const Event event{ .side = Side::Console,
            .timeNs = start + 9 * ms,
            .category = Category::Pulse,
            .name = u"silence"_s,
            .attributes = pulseAttributes(silence) };
        PulseTrail trail;
        QVERIFY(trail.take(event));
        QVERIFY(trail.take(event));
        QCOMPARE(trail.silences, std::vector{ silence });
        const auto gaps = pulseGaps(trail, pauseOf(250'000));
        QCOMPARE(gaps.size(), 1);
        QCOMPARE(gaps.front().kind, GapKind::Processors);
        QCOMPARE(gaps.front().startNs, start - ms);
        QCOMPARE(gaps.front().endNs(), start + 2 * ms);
        QCOMPARE(gaps.front().otherwiseNs, 5 * ms);
        // Of another migration, or beside the guest's own word.
        QVERIFY(pulseGaps(trail, {}).empty());
        trail.take(switchover().front());
        QVERIFY(std::ranges::none_of(pulseGaps(trail, pauseOf(250'000)),
            [](const PulseGap& gap) { return gap.kind == GapKind::Processors; }));
        Event unheardOf = event;
        unheardOf.attributes[u"of"_s] = u"thoughts"_s;
        QVERIFY(!trail.take(unheardOf));
    }

    void aVmmWithoutPulseSaysSo()
    {
        PulseTrail trail;
        QVERIFY(trail.take({ .category = Category::Pulse, .name = u"absent"_s }));
        QVERIFY(trail.absent);
        trail.take(switchover().front());
        QVERIFY(!trail.absent);
    }

    void gapIsPlacedByTheBeatThatEndedIt()
    {
        const auto gaps = pulseGaps(pulseTrail(switchover()), pauseOf(250'000));
        QCOMPARE(gaps.size(), 2);
        QCOMPARE(gaps[0].kind, GapKind::Guest);
        QCOMPARE(gaps[0].lengthNs, 300'000);
        QCOMPARE(gaps[0].place, GapPlace::Measured);
        QCOMPARE(gaps[0].startNs, start);
        QCOMPARE(gaps[0].endNs(), start + 300'000);
        QCOMPARE(gaps[1].kind, GapKind::Storage);
        QCOMPARE(gaps[1].lengthNs, 500'000);
        QCOMPARE(gaps[1].place, GapPlace::AtPause);
    }

    void aLongerGapElsewhereLeavesOnlyTheLength()
    {
        std::vector<Event> events = switchover();
        QJsonObject& late = events.back().attributes;
        late[u"longestGapNs"_s] = 9 * ms;
        late[u"longestGapAtNs"_s] = late[u"longestGapAtNs"_s].toInteger() + 1000 * ms;
        const auto gaps = pulseGaps(pulseTrail(events), pauseOf(250'000));
        QCOMPARE(gaps[0].lengthNs, 300'000);
        QCOMPARE(gaps[0].place, GapPlace::AtPause);
        QCOMPARE(gaps[0].startNs, start);
        const auto unplaced = pulseGaps(pulseTrail(events), {});
        QCOMPARE(unplaced[0].place, GapPlace::Unknown);
        QCOMPARE(unplaced[0].endNs(), 0);
    }

    void noGapBeforeASwitchover()
    {
        const std::vector<Event> events = switchover();
        QVERIFY(pulseGaps(pulseTrail(std::span(events).first(1)), {}).empty());
    }

    void silenceOfTheNetworkCountsAtThePause()
    {
        Traffic traffic{
            .timeNs = start + 500 * ms, .longestSilenceNs = 2 * ms, .longestSilenceAtNs = start + 2 * ms
        };
        PulseTrail trail = pulseTrail(std::vector{ eventOf(traffic) });
        auto gaps = pulseGaps(trail, pauseOf(250'000));
        QCOMPARE(gaps.size(), 1);
        QCOMPARE(gaps[0].startNs, start);
        traffic.longestSilenceAtNs = start + 400 * ms;
        trail = pulseTrail(std::vector{ eventOf(traffic) });
        QVERIFY(pulseGaps(trail, pauseOf(250'000)).empty());
    }

    void rates()
    {
        const PulseTrail trail = pulseTrail(switchover());
        QCOMPARE(beatsPerSecond(trail.heartbeats[0], trail.heartbeats[1]).value(), 1997 * 5.0);
        QVERIFY(!beatsPerSecond(trail.heartbeats[1], trail.heartbeats[0]));
        QVERIFY(!beatsPerSecond(trail.heartbeats[0], trail.heartbeats[0]));
    }
};

QTEST_GUILESS_MAIN(TestPulseTrail)
#include "tst_pulsetrail.moc"
