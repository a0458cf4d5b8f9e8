// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "timeline/scene.h"
#include "timeline/timelinehit.h"

#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What the timeline shows of a captured migration, without a display.
class TestTimelineScene : public QObject
{
    Q_OBJECT
private:
    Scene m_scene;
    std::vector<timeline::Event> m_events;

    static QStringList texts(const Lane& lane)
    {
        QStringList found;
        for (const LaneSpan& span : lane.spans)
            found.append(span.text);
        return found;
    }
    TimelineGeometry geometry() const { return { .width = 1000, .height = 400, .em = 16, .gutter = 100 }; }

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void initTestCase()
    {
        m_events = test::capturedMigration();
        m_scene = buildScene(m_events);
    }

    void empty()
    {
        const Scene scene = buildScene({});
        QVERIFY(scene.points.empty());
        QVERIFY(scene.pauseInterval().isEmpty());
        QVERIFY(hitTest(scene, geometry(), {}, { 500, 200 }, 4).kind == TimelineHit::Kind::Nothing);
        QVERIFY(!stepPoint(scene, std::nullopt, 0, 1));
    }

    void lanes()
    {
        const QStringList source = texts(m_scene.source);
        QVERIFY2(source.contains(u"guest runs"_s) && source.contains(u"stop"_s) && source.contains(u"save"_s),
            qPrintable(source.join(u", ")));
        QVERIFY2(source.indexOf(u"stop"_s) < source.indexOf(u"save"_s), qPrintable(source.join(u", ")));
        const QStringList destination = texts(m_scene.destination);
        QVERIFY2(destination.contains(u"creates devices"_s) && destination.contains(u"load"_s),
            qPrintable(destination.join(u", ")));
        QCOMPARE(destination.last(), u"guest runs"_s);
        for (const Lane* lane : { &m_scene.source, &m_scene.destination }) {
            for (std::size_t i = 1; i < lane->spans.size(); ++i)
                QVERIFY(lane->spans[i - 1].time.endNs <= lane->spans[i].time.startNs);
        }
    }

    void pauseAndCheckpoints()
    {
        QVERIFY(m_scene.pause.isKnown());
        QCOMPARE(m_scene.originNs, m_scene.pause.startNs);
        QCOMPARE(m_scene.pauseInterval().length(), m_scene.pause.pause.valueNs);
        QCOMPARE(m_scene.source.checkpoints.size(), std::size_t{ 5 });
        QCOMPARE(m_scene.destination.checkpoints.size(), std::size_t{ 4 });
        for (const LaneCheckpoint& mark : m_scene.source.checkpoints)
            QCOMPARE(m_events[mark.event].attributes[u"name"_s].toString(), mark.checkpoint.name);
    }

    void arrows()
    {
        QCOMPARE(m_scene.arrows.size(), std::size_t{ 6 });
        for (const Arrow& arrow : m_scene.arrows)
            QVERIFY(arrow.sentNs < arrow.receivedNs);
    }

    void hits()
    {
        const TimelineGeometry place = geometry();
        const Interval range = m_scene.pauseSurroundings();
        const LaneCheckpoint& stopped = m_scene.source.checkpoints[1];
        const auto row = TimelineGeometry::Row::Source;
        const double x = place.xOf(stopped.checkpoint.timeNs, range);
        const TimelineHit onMark
            = hitTest(m_scene, place, range, { x, place.label(row, 0, 0, 1).center().y() }, 3);
        QCOMPARE(onMark.kind, TimelineHit::Kind::Checkpoint);
        QCOMPARE(onMark.event, stopped.event);
        QCOMPARE(onMark.sentence, stopped.checkpoint.text);

        const TimelineHit onBar = hitTest(m_scene, place, range,
            { place.xOf(range.startNs + 1000, range), place.bar(row).center().y() }, 3);
        QCOMPARE(onBar.kind, TimelineHit::Kind::Span);
        QVERIFY(onBar.sentence.startsWith(u"guest runs"_s));

        const double middle = place.xOf(m_scene.pause.startNs + (m_scene.pause.pause.valueNs / 2), range);
        QCOMPARE(hitTest(m_scene, place, range, { middle, place.band().center().y() }, 3).kind,
            TimelineHit::Kind::Pause);
        QCOMPARE(hitTest(m_scene, place, range, { 10, 200 }, 3).kind, TimelineHit::Kind::Nothing);
    }

    void stepping()
    {
        std::optional<EventPoint> point = stepPoint(m_scene, std::nullopt, 0, 1);
        std::size_t steps = 0;
        qint64 last = 0;
        while (point) {
            QVERIFY(point->timeNs >= last);
            last = point->timeNs;
            ++steps;
            point = stepPoint(m_scene, point->index, 0, 1);
        }
        QCOMPARE(steps, m_scene.points.size());
        const auto end = stepPoint(m_scene, m_scene.points.back().index, 0, -1);
        QCOMPARE(end->index, m_scene.points[m_scene.points.size() - 2].index);
    }

    void nearest()
    {
        const EventPoint& some = m_scene.points[m_scene.points.size() / 2];
        QCOMPARE(nearestPoint(m_scene, some.timeNs, some.side)->timeNs, some.timeNs);
        QCOMPARE(nearestPoint(m_scene, 0, Side::Destination)->side, Side::Destination);
        QVERIFY(!nearestPoint(m_scene, 0, Side::Channel));
    }
};

QTEST_GUILESS_MAIN(TestTimelineScene)
#include "tst_timelinescene.moc"
