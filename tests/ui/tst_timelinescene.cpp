// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "timeline/checkpoints.h"
#include "timeline/details.h"
#include "timeline/phases.h"
#include "timeline/recording.h"
#include "timeline/timelinehit.h"
#include "timeline/timelinelayout.h"
#include "timeline/timelinemodel.h"

#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace cutover;
using namespace cutover::layout;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What the timeline shows of a captured migration, without a display.
class TestTimelineScene : public QObject
{
    Q_OBJECT
private:
    timeline::Record m_record;
    std::unique_ptr<TimelineModel> m_model;

    const Scene& scene() const { return m_model->scene(); }
    static QStringList texts(const Lane& lane)
    {
        QStringList found;
        for (const LaneSpan& span : lane.spans)
            found.append(span.text);
        return found;
    }
    static TimelineGeometry geometry()
    {
        return TimelineGeometry(
            { .width = 1000, .height = 500, .em = 16, .gutter = 100, .looks = {}, .ownershipRows = 1 });
    }
    static timeline::Event ownership(Side side, qint64 timeNs, bool owned)
    {
        return { .side = side,
            .timeNs = timeNs,
            .category = timeline::Category::QmpEvent,
            .name = u"DEVICE_OWNERSHIP"_s,
            .attributes
            = { { u"device"_s, u"net0"_s }, { u"resource"_s, u"tap0"_s }, { u"owned"_s, owned } } };
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void initTestCase()
    {
        m_record.append(test::capturedMigration());
        m_model = std::make_unique<TimelineModel>(m_record);
    }

    void empty()
    {
        const timeline::Record record;
        const TimelineModel model(record);
        QVERIFY(model.scene().isEmpty());
        QVERIFY(model.scene().pauseInterval().isEmpty());
        QVERIFY(hitTest(model.scene(), model.index(), geometry(), {}, { 500, 200 }, 4).kind
            == TimelineHit::Kind::Nothing);
        QVERIFY(!model.index().step({}, 1));
        QVERIFY(!model.index().nearest(5, std::nullopt));
        QVERIFY(detailsOf(model, {}, std::nullopt).isEmpty());
    }

    void lanes()
    {
        const QStringList source = texts(scene().source);
        QVERIFY2(source.contains(u"guest runs"_s) && source.contains(u"stop"_s) && source.contains(u"save"_s),
            qPrintable(source.join(u", ")));
        QVERIFY2(source.indexOf(u"stop"_s) < source.indexOf(u"save"_s), qPrintable(source.join(u", ")));
        const QStringList destination = texts(scene().destination);
        QVERIFY2(destination.contains(u"creates devices"_s) && destination.contains(u"load"_s),
            qPrintable(destination.join(u", ")));
        QCOMPARE(destination.last(), u"guest runs"_s);
        for (const Lane* lane : { &scene().source, &scene().destination }) {
            for (std::size_t i = 1; i < lane->spans.size(); ++i)
                QVERIFY(lane->spans[i - 1].time.endNs <= lane->spans[i].time.startNs);
            // The guest's state at the end goes on until the end of the record.
            QCOMPARE(lane->spans.back().time.endNs, scene().extent.endNs);
        }
    }

    void pauseAndCheckpoints()
    {
        QVERIFY(scene().pause.isKnown());
        QCOMPARE(scene().originNs, scene().pause.startNs);
        QCOMPARE(scene().pauseInterval().length(), scene().pause.pause.valueNs);
        QCOMPARE(scene().source.marks.size(), std::size_t{ 5 });
        QCOMPARE(scene().destination.marks.size(), std::size_t{ 4 });
        for (const LaneMark& mark : scene().source.marks) {
            QCOMPARE(m_record.events()[mark.event].attributes[u"name"_s].toString(), mark.name);
            QVERIFY(!mark.sentence.isEmpty());
        }
    }

    void keyEventsSayTheSame()
    {
        const auto all = m_record.events();
        const auto keys = m_model->keyEvents().events();
        QVERIFY(keys.size() <= all.size());
        QCOMPARE(timeline::pauseBreakdown(keys), timeline::pauseBreakdown(all));
        QCOMPARE(timeline::phases(keys), timeline::phases(all));
        QCOMPARE(timeline::fdTable(keys), timeline::fdTable(all));
        QCOMPARE(timeline::checkpoints(keys), timeline::checkpoints(all));
    }

    void growsAsAtOnce()
    {
        timeline::Record record;
        TimelineModel model(record);
        for (const timeline::Event& event : m_record.events())
            record.append(event);
        QSignalSpy changed(&model, &TimelineModel::changed);
        QVERIFY(changed.wait(cutover::patience::limitMs));
        QCOMPARE(model.index().extent(), m_model->index().extent());
        QCOMPARE(model.scene().source.spans, scene().source.spans);
        QCOMPARE(model.scene().destination.marks, scene().destination.marks);
        QCOMPARE(model.scene().arrows, scene().arrows);
        for (const Side side : { Side::Source, Side::Destination, Side::Console })
            QVERIFY(std::ranges::equal(model.index().points(side), m_model->index().points(side)));
        // Without anything new nothing is worked on.
        QVERIFY(!changed.wait(100));
        record.clear();
        QVERIFY(model.scene().isEmpty());
    }

    void lateEventsFindTheirPlace()
    {
        std::vector<timeline::Event> events;
        for (const qint64 time : { 100, 300, 200, 0, 400, 50 })
            events.push_back(
                { .side = Side::Source, .timeNs = time, .category = {}, .name = {}, .attributes = {} });
        EventIndex index;
        for (std::size_t count = 1; count <= events.size(); ++count)
            index.take(std::span(events).first(count));
        std::vector<qint64> times;
        for (const EventPoint& point : index.points(Side::Source))
            times.push_back(point.timeNs);
        QCOMPARE(times, (std::vector<qint64>{ 50, 100, 200, 300, 400 }));
        QCOMPARE(index.extent(), (Interval{ 50, 401 }));
        QCOMPARE(index.count(Side::Source, { 100, 300 }), std::size_t{ 2 });
    }

    void runsCountEveryEventOnce()
    {
        std::vector<timeline::Event> events;
        for (int i = 0; i < 10'000; ++i)
            events.push_back({ .side = Side::Destination,
                .timeNs = 1'000 + (i * 7),
                .category = {},
                .name = {},
                .attributes = {} });
        EventIndex index;
        index.take(events);
        for (const double width : { 10.0, 333.0, 1920.0, 100'000.0 }) {
            std::size_t sum = 0;
            double last = -1;
            for (const EventRun& run : index.runs(Side::Destination, index.extent(), width)) {
                sum += run.count;
                QVERIFY(run.x > last);
                last = run.x;
            }
            QCOMPARE(sum, events.size());
            QVERIFY(last < width);
        }
    }

    void arrows()
    {
        QCOMPARE(scene().arrows.size(), std::size_t{ 6 });
        for (const Arrow& arrow : scene().arrows) {
            QVERIFY(arrow.sentNs < arrow.receivedNs);
            QVERIFY(!arrow.inferred);
            QVERIFY(!arrow.text.isEmpty());
        }
    }

    void ownershipAsReported()
    {
        const std::vector<timeline::Event> events{ ownership(Side::Source, 1'000, false),
            ownership(Side::Destination, 3'000, true) };
        const auto rows = ownershipRows(events, {}, { 0, 10'000 });
        QCOMPARE(rows.size(), std::size_t{ 1 });
        QCOMPARE(rows[0].title, u"net0"_s);
        QCOMPARE(rows[0].resource, u"tap0"_s);
        QVERIFY(rows[0].reported);
        const std::vector<OwnershipSpan> expected{
            { .time = { 0, 1'000 }, .owner = Owner::Source, .inferred = true },
            { .time = { 1'000, 3'000 }, .owner = Owner::Nobody, .inferred = false },
            { .time = { 3'000, 10'000 }, .owner = Owner::Destination, .inferred = false },
        };
        QCOMPARE(rows[0].spans, expected);
        QVERIFY(!ownerSentence(rows[0], rows[0].spans[1]).isEmpty());
    }

    void embeddedVmm()
    {
        auto recording = timeline::readRecording(u"" CUTOVER_TEST_DATA "/recordings/vmm-prepared.cutover"_s);
        QVERIFY(recording);
        timeline::Record record;
        record.append(std::move(recording->events));
        const TimelineModel model(record);
        const Scene& scene = model.scene();
        QVERIFY(scene.pause.isKnown());
        QCOMPARE(scene.ownership.size(), std::size_t{ 3 });
        for (const OwnershipRow& row : scene.ownership) {
            QVERIFY(row.reported);
            QVERIFY(!row.resource.isEmpty());
            std::vector<Owner> owners;
            for (const OwnershipSpan& span : row.spans)
                owners.push_back(span.owner);
            QCOMPARE(owners, (std::vector{ Owner::Source, Owner::Nobody, Owner::Destination }));
            // Nobody owns it only within the pause.
            QVERIFY(row.spans[1].time.startNs >= scene.pause.startNs);
            QVERIFY(row.spans[1].time.endNs <= scene.pause.endNs);
        }
        QCOMPARE(scene.arrows.size(), std::size_t{ 9 });
        for (const Arrow& arrow : scene.arrows) {
            QVERIFY(arrow.inferred);
            QVERIFY(arrow.sentNs < arrow.receivedNs);
        }
        QCOMPARE(scene.streams.size(), std::size_t{ 1 });
        QVERIFY(scene.streams[0].endNs < scene.extent.endNs);
        QVERIFY(scene.console.spans.size() >= 8);
        QVERIFY(std::ranges::any_of(
            scene.console.marks, [](const LaneMark& mark) { return mark.name == u"migrate"; }));
    }

    void ownershipOfTwoIsAFault()
    {
        const std::vector<timeline::Event> events{ ownership(Side::Source, 1'000, true),
            ownership(Side::Destination, 3'000, true), ownership(Side::Source, 4'000, false) };
        const auto rows = ownershipRows(events, {}, { 0, 10'000 });
        QCOMPARE(rows[0].spans.size(), std::size_t{ 4 });
        QCOMPARE(rows[0].spans[2].owner, Owner::Both);
    }

    void ownershipFromTheTrace()
    {
        timeline::Event line{ .side = Side::Source,
            .timeNs = 500,
            .category = timeline::Category::Trace,
            .name = u"x_device_ownership"_s,
            .attributes = { { u"arguments"_s, u"disk 0 resource /run/disk.sock owned 0"_s } } };
        const auto rows = ownershipRows(std::span(&line, 1), {}, { 0, 1'000 });
        QCOMPARE(rows.size(), std::size_t{ 1 });
        QCOMPARE(rows[0].title, u"disk 0"_s);
        QCOMPARE(rows[0].resource, u"/run/disk.sock"_s);
        QCOMPARE(rows[0].spans.back().owner, Owner::Nobody);
    }

    void ownershipFollowsTheGuest()
    {
        QCOMPARE(scene().ownership.size(), std::size_t{ 1 });
        const OwnershipRow& guest = scene().ownership[0];
        QVERIFY(!guest.reported);
        std::vector<Owner> owners;
        for (const OwnershipSpan& span : guest.spans)
            owners.push_back(span.owner);
        // Before the source was started nobody had the guest.
        QCOMPARE(owners, (std::vector{ Owner::Nobody, Owner::Source, Owner::Nobody, Owner::Destination }));
        for (std::size_t i = 0; i < guest.spans.size(); ++i) {
            QVERIFY(guest.spans[i].inferred);
            QVERIFY(guest.spans[i].owner != Owner::Both);
            if (i > 0)
                QCOMPARE(guest.spans[i].time.startNs, guest.spans[i - 1].time.endNs);
        }
    }

    void hits()
    {
        const TimelineGeometry place = geometry();
        const Interval range = scene().pauseSurroundings();
        const auto at
            = [&](QPointF position) { return hitTest(scene(), m_model->index(), place, range, position, 3); };
        const LaneMark& stopped = scene().source.marks[1];
        const double x = place.xOf(stopped.timeNs, range);
        const TimelineHit onMark = at({ x, place.label(LaneId::Source, 0, 0, 1).center().y() });
        QCOMPARE(onMark.kind, TimelineHit::Kind::Mark);
        QCOMPARE(onMark.event, stopped.event);
        QCOMPARE(onMark.sentence, stopped.sentence);

        const TimelineHit onBar
            = at({ place.xOf(range.startNs + 1000, range), place.bar(LaneId::Source).center().y() });
        QCOMPARE(onBar.kind, TimelineHit::Kind::Span);
        QCOMPARE(onBar.title, u"guest runs"_s);

        const double middle = place.xOf(scene().pause.startNs + (scene().pause.pause.valueNs / 2), range);
        QCOMPARE(at({ middle, place.band().center().y() }).kind, TimelineHit::Kind::Pause);
        const TimelineHit owner = at({ middle, place.ownershipBar(0).center().y() });
        QCOMPARE(owner.kind, TimelineHit::Kind::Ownership);
        QCOMPARE(at({ 10, 200 }).kind, TimelineHit::Kind::Nothing);
    }

    void detailsOfEvents()
    {
        const LaneMark& mark = scene().source.marks.front();
        const Details details = detailsOf(*m_model,
            { .kind = TimelineHit::Kind::Event,
                .lane = {},
                .event = mark.event,
                .time = {},
                .title = {},
                .sentence = {} },
            mark.timeNs - 1'000'000);
        QCOMPARE(details.title, u"vmstate_downtime_checkpoint"_s);
        QCOMPARE(details.sentence, mark.sentence);
        const QString text = detailsText(details);
        QVERIFY2(text.contains(u"name: src-downtime-start"), qPrintable(text));
        QVERIFY2(text.contains(u"From marker A: +1.00 ms"), qPrintable(text));
        QVERIFY2(text.contains(u"From the start of the pause: 0"), qPrintable(text));
    }

    void qmpPartners()
    {
        const auto events = m_record.events();
        const auto sent = std::ranges::find_if(events, [](const timeline::Event& event) {
            return event.category == timeline::Category::QmpSent && event.name == u"migrate";
        });
        const auto number = static_cast<std::size_t>(sent - events.begin());
        const auto reply = qmpPartner(m_record, number);
        QVERIFY(reply);
        QCOMPARE(events[*reply].name, u"return"_s);
        QCOMPARE(qmpPartner(m_record, *reply), number);
        QVERIFY(!qmpPartner(m_record, 0));
    }

    void stepping()
    {
        std::optional<EventPoint> point = m_model->index().step({ .timeNs = 0, .index = 0, .side = {} }, 1);
        std::vector<EventPoint> forth;
        while (point) {
            forth.push_back(*point);
            point = m_model->index().step(*point, 1);
        }
        QCOMPARE(forth.size(), m_model->index().size());
        QVERIFY(std::ranges::is_sorted(forth, {}, &EventPoint::timeNs));
        std::vector<EventPoint> back;
        for (point = forth.back(); point; point = m_model->index().step(*point, -1))
            back.push_back(*point);
        std::ranges::reverse(back);
        QCOMPARE(back, forth);
        const auto destination = m_model->index().step({ .timeNs = 0, .index = 0, .side = {} }, 1,
            [](const EventPoint& each) { return each.side == Side::Destination; });
        QCOMPARE(destination->side, Side::Destination);
    }

    void nearest()
    {
        const EventPoint& some = m_model->index().points(Side::Source)[20];
        QCOMPARE(m_model->index().nearest(some.timeNs, some.side)->timeNs, some.timeNs);
        QCOMPARE(m_model->index().nearest(0, Side::Destination)->side, Side::Destination);
        QVERIFY(!m_model->index().nearest(0, Side::Channel));
    }
};

QTEST_GUILESS_MAIN(TestTimelineScene)
#include "tst_timelinescene.moc"
