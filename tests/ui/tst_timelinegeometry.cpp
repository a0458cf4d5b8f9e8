// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/timelinecoordinates.h"
#include "timeline/timelinelayout.h"
#include "timeline/zoomcontrol.h"

#include <QSignalSpy>
#include <QTest>

using namespace cutover::layout;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// Everything about time, pixels and places that needs no display.
class TestTimelineGeometry : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void roundTrip_data()
    {
        QTest::addColumn<qint64>("start");
        QTest::addColumn<qint64>("length");
        QTest::newRow("a microsecond in 2026") << qint64{ 1'795'208'955'074'523'000 } << qint64{ 1'000 };
        QTest::newRow("a second in 2026") << qint64{ 1'795'208'955'074'523'000 } << qint64{ 1'000'000'000 };
        QTest::newRow("a day from zero") << qint64{ 0 } << qint64{ 86'400'000'000'000 };
    }
    void roundTrip()
    {
        QFETCH(const qint64, start);
        QFETCH(const qint64, length);
        const Interval range{ .startNs = start, .endNs = start + length };
        const double width = 1200;
        const auto perPixel = static_cast<qint64>(static_cast<double>(length) / width) + 1;
        for (const double share : { 0.0, 0.25, 0.5, 0.999 }) {
            const qint64 time = start + static_cast<qint64>(static_cast<double>(length) * share);
            const qint64 back = pixelToTime(timeToPixel(time, range, width), range, width);
            QVERIFY2(std::abs(back - time) <= perPixel, qPrintable(QString::number(back - time)));
        }
        QCOMPARE(timeToPixel(range.startNs, range, width), 0.0);
        QCOMPARE(timeToPixel(range.endNs, range, width), width);
    }

    void degenerate()
    {
        const Interval empty{ .startNs = 5, .endNs = 5 };
        QCOMPARE(timeToPixel(7, empty, 100), 0.0);
        QCOMPARE(pixelToTime(50, { .startNs = 5, .endNs = 15 }, 0), qint64{ 5 });
    }

    void zoomKeepsTheAnchor()
    {
        const Interval range{ .startNs = 1'000'000, .endNs = 2'000'000 };
        const qint64 anchor = 1'250'000;
        const Interval near = zoomedAt(range, anchor, 0.5);
        QCOMPARE(near.length(), qint64{ 500'000 });
        QCOMPARE(timeToPixel(anchor, near, 1000), timeToPixel(anchor, range, 1000));
    }

    void clamping()
    {
        const Interval bounds{ .startNs = 0, .endNs = 1000 };
        QCOMPARE(clampedTo({ -50, 50 }, bounds, 10), (Interval{ 0, 100 }));
        QCOMPARE(clampedTo({ 990, 1090 }, bounds, 10), (Interval{ 900, 1000 }));
        QCOMPARE(clampedTo({ 500, 501 }, bounds, 10).length(), qint64{ 10 });
        QCOMPARE(clampedTo({ -5000, 5000 }, bounds, 10), bounds);
    }

    void zoomControl()
    {
        ZoomControl zoom;
        QSignalSpy changed(&zoom, &ZoomControl::rangeChanged);
        zoom.setTrace({ 0, 1'000'000 });
        QVERIFY(zoom.isFollowing());
        QCOMPARE(zoom.range(), zoom.bounds());
        zoom.setTrace({ 0, 2'000'000 });
        QCOMPARE(zoom.range(), zoom.bounds());
        QCOMPARE(changed.size(), 2);

        zoom.zoomAt(1'000'000, 0.5);
        QVERIFY(!zoom.isFollowing());
        const Interval before = zoom.range();
        zoom.setTrace({ 0, 3'000'000 });
        QCOMPARE(zoom.range(), before);

        for (int i = 0; i < 100; ++i)
            zoom.zoomAt(1'000'000, 0.5);
        QCOMPARE(zoom.range().length(), ZoomControl::minimumRangeNs);
        zoom.pan(-1e6);
        QCOMPARE(zoom.range().startNs, zoom.bounds().startNs);
        zoom.reveal(2'500'000);
        QVERIFY(zoom.range().contains(2'500'000));
        zoom.setFollowing(true);
        QCOMPARE(zoom.range().endNs, zoom.bounds().endNs);
        zoom.fit();
        QCOMPARE(zoom.range(), zoom.bounds());

        // Beyond what was recorded, until all of that is shown.
        const Interval bounds = zoom.bounds();
        const Interval beyond{ -2'000'000, 2'000'000 };
        zoom.setRange(beyond);
        QCOMPARE(zoom.range().startNs, bounds.startNs);
        zoom.setRangeBeyond(beyond);
        QCOMPARE(zoom.range(), beyond);
        zoom.pan(0.1);
        QVERIFY(zoom.range().startNs > beyond.startNs);
        zoom.pan(-1e6);
        QCOMPARE(zoom.range(), beyond);
        zoom.fit();
        QCOMPARE(zoom.range(), bounds);
        zoom.setRangeBeyond(beyond);
        zoom.setTrace({ 50'000'000, 60'000'000 });
        QVERIFY(zoom.bounds().startNs > beyond.endNs);
        QCOMPARE(zoom.range().startNs, zoom.bounds().startNs);

        zoom.setSelection(Interval{ 10, 5 });
        QVERIFY(!zoom.selection());
        zoom.setSelection(Interval{ 5, 10 });
        QCOMPARE(zoom.selection()->length(), qint64{ 5 });
    }

    void rulerSteps()
    {
        QCOMPARE(rulerStep({ 0, 1'000'000 }, 1000, 100), qint64{ 100'000 });
        QCOMPARE(rulerStep({ 0, 1'000'000 }, 1000, 101), qint64{ 200'000 });
        QCOMPARE(rulerStep({ 0, 1'000'000 }, 1000, 210), qint64{ 500'000 });
        QCOMPARE(rulerStep({ 0, 0 }, 1000, 100), qint64{ 1 });
    }

    void rulerLabels()
    {
        const auto ticks = rulerTicks({ -150'000, 1'250'000 }, 700, 50, 0);
        QVERIFY(!ticks.empty());
        QStringList labels;
        for (const RulerTick& tick : ticks)
            labels.append(tick.label);
        QVERIFY2(labels.contains(u"0"_s), qPrintable(labels.join(u' ')));
        QVERIFY2(labels.contains(u"−100 µs"_s), qPrintable(labels.join(u' ')));
        QVERIFY2(labels.contains(u"+1.1 ms"_s), qPrintable(labels.join(u' ')));
        QCOMPARE(QSet<QString>(labels.begin(), labels.end()).size(), labels.size());
    }

    void labelsNeverOverlap()
    {
        std::vector<LabelRequest> requests;
        for (int i = 0; i < 40; ++i)
            requests.push_back({ .x = i * 11.0, .width = 60 });
        const auto places = placeLabels(requests, 3, 6, 440);
        int placed = 0;
        for (std::size_t a = 0; a < places.size(); ++a) {
            if (!places[a])
                continue;
            ++placed;
            QVERIFY(places[a]->left >= 0);
            QVERIFY(places[a]->left + requests[a].width <= 440);
            for (std::size_t b = 0; b < places.size(); ++b) {
                if (!places[b] || a == b)
                    continue;
                const bool crossed = places[a]->row < places[b]->row && requests[b].x >= places[a]->left
                    && requests[b].x <= places[a]->left + requests[a].width;
                QVERIFY2(!crossed, qPrintable(QStringLiteral("%1 by %2").arg(a).arg(b)));
                if (places[a]->row != places[b]->row)
                    continue;
                const bool apart = places[a]->left + requests[a].width <= places[b]->left
                    || places[b]->left + requests[b].width <= places[a]->left;
                QVERIFY2(apart, qPrintable(QStringLiteral("%1 and %2").arg(a).arg(b)));
            }
        }
        QVERIFY(placed >= 12);
    }

    void labelLeftOfTheEdge()
    {
        const std::vector<LabelRequest> requests{ { .x = 95, .width = 30 } };
        const auto places = placeLabels(requests, 1, 4, 100);
        QVERIFY(places[0]);
        QVERIFY(places[0]->left + 30 <= 95);
        QVERIFY(!placeLabels(requests, 0, 4, 100)[0]);
    }

    void lanesDoNotOverlap()
    {
        for (const double height : { 200.0, 330.0, 700.0 }) {
            const TimelineGeometry geometry(
                { .width = 900, .height = height, .em = 17, .gutter = 90, .looks = {}, .ownershipRows = 3 });
            QVERIFY(geometry.ruler().bottom() <= geometry.band().top());
            QVERIFY(geometry.band().bottom() <= geometry.lanes().top());
            double bottom = geometry.lanes().top();
            for (const LaneId lane : allLanes) {
                QVERIFY(geometry.isShown(lane));
                QVERIFY(geometry.lane(lane).top() >= bottom - 0.01);
                bottom = geometry.lane(lane).bottom();
                QVERIFY(geometry.lane(lane).contains(geometry.bar(lane).center()));
                QVERIFY(geometry.lane(lane).contains(geometry.title(lane).center()));
                const int rows = geometry.labelRows(lane);
                if (rows > 0)
                    QVERIFY(geometry.label(lane, rows - 1, 0, 10).bottom() <= bottom + 0.01);
            }
            QCOMPARE(geometry.scrollRange() > 0, bottom > height + 0.01);
            for (int row = 0; row < 3; ++row) {
                QVERIFY(geometry.lane(LaneId::Ownership).contains(geometry.ownershipBar(row)));
                QCOMPARE(geometry.ownershipRowAt(geometry.ownershipBar(row).center().y()), row);
            }
        }
    }

    void lanesFoldAndHide()
    {
        TimelineGeometry::Space space{
            .width = 900, .height = 400, .em = 17, .gutter = 90, .looks = {}, .ownershipRows = 2
        };
        const TimelineGeometry open(space);
        space.looks[static_cast<std::size_t>(LaneId::Source)].folded = true;
        space.looks[static_cast<std::size_t>(LaneId::Channels)].visible = false;
        space.looks[static_cast<std::size_t>(LaneId::Ownership)].folded = true;
        const TimelineGeometry folded(space);
        QVERIFY(!folded.isShown(LaneId::Channels));
        QCOMPARE(folded.labelRows(LaneId::Source), 0);
        QVERIFY(folded.labelRows(LaneId::Destination) >= open.labelRows(LaneId::Destination));
        QVERIFY(folded.lane(LaneId::Ownership).height() < open.lane(LaneId::Ownership).height());
        QVERIFY(folded.lane(LaneId::Ownership).contains(folded.ownershipBar(1)));
        QCOMPARE(folded.laneAt(folded.lane(LaneId::Destination).center().y()), LaneId::Destination);
        space.ownershipRows = 0;
        QVERIFY(!TimelineGeometry(space).isShown(LaneId::Ownership));
    }

    void lanesScroll()
    {
        TimelineGeometry::Space space{
            .width = 900, .height = 150, .em = 17, .gutter = 90, .looks = {}, .ownershipRows = 4
        };
        const double range = TimelineGeometry(space).scrollRange();
        QVERIFY(range > 0);
        space.scroll = range + 1000;
        const TimelineGeometry end(space);
        QVERIFY(std::abs(end.lane(LaneId::Console).bottom() - space.height) < 0.01);
        QVERIFY(!end.laneAt(end.band().center().y()));
    }

    void markersAndPlayPosition()
    {
        ZoomControl zoom;
        zoom.setTrace({ 0, 10'000'000 });
        QSignalSpy markers(&zoom, &ZoomControl::markersChanged);
        zoom.setMarker(ZoomControl::Marker::A, 1'000);
        QVERIFY(!zoom.markerDifference());
        zoom.setMarker(ZoomControl::Marker::B, 400);
        QCOMPARE(zoom.markerDifference(), qint64{ -600 });
        zoom.setMarker(ZoomControl::Marker::B, 400);
        QCOMPARE(markers.size(), 2);
        zoom.setRange({ 0, 100'000 });
        zoom.setPlayPosition(5'000'000);
        QVERIFY(zoom.range().contains(5'000'000));
    }

    void followingKeepsAChosenLength()
    {
        ZoomControl zoom;
        zoom.setTrace({ 0, 10'000'000 });
        zoom.setRange({ 0, 100'000 });
        zoom.setFollowing(true);
        QCOMPARE(zoom.range().length(), qint64{ 100'000 });
        QCOMPARE(zoom.range().endNs, zoom.bounds().endNs);
        zoom.setTrace({ 0, 20'000'000 });
        QVERIFY(zoom.isFollowing());
        QCOMPARE(zoom.range().length(), qint64{ 100'000 });
        QCOMPARE(zoom.range().endNs, zoom.bounds().endNs);
        zoom.fit();
        QCOMPARE(zoom.range(), zoom.bounds());
        zoom.setTrace({ 0, 30'000'000 });
        QCOMPARE(zoom.range(), zoom.bounds());
    }

    void arrowsAreBundledUntilZoomed()
    {
        std::vector<Arrow> arrows;
        for (int i = 0; i < 100; ++i)
            arrows.push_back({ .name = QString::number(i),
                .id = 0,
                .sentNs = 1'000 + (i * 10),
                .receivedNs = 5'000 + (i * 10),
                .inferred = false,
                .text = {} });
        const auto far = bundleArrows(arrows, { 0, 1'000'000 }, 1000, 8);
        QCOMPARE(far.size(), std::size_t{ 1 });
        QCOMPARE(far[0].count, std::size_t{ 100 });
        QCOMPARE(far[0].time(), (Interval{ 1'000, 5'991 }));
        const auto near = bundleArrows(arrows, { 1'000, 2'000 }, 1000, 8);
        QCOMPARE(near.size(), std::size_t{ 100 });
        QVERIFY(near[99].isSingle());
        QVERIFY(bundleArrows({}, { 0, 1 }, 100, 8).empty());
    }
};

QTEST_GUILESS_MAIN(TestTimelineGeometry)
#include "tst_timelinegeometry.moc"
