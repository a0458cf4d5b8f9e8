// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "breakdown/breakdownmodel.h"
#include "format.h"
#include "jsontext.h"
#include "models/eventmodel.h"
#include "models/vmmmodel.h"
#include "nextstep.h"
#include "preflight/checkmodel.h"
#include "pulse/pulsefigures.h"
#include "pulse/pulsegeometry.h"
#include "pulse/pulsesamplemodel.h"
#include "widgets/endpointcard.h"

#include <QAbstractItemModelTester>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Mode = QAbstractItemModelTester::FailureReportingMode;

class TestUiModels : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void durations_data()
    {
        QTest::addColumn<qint64>("ns");
        QTest::addColumn<QString>("text");
        QTest::newRow("zero") << qint64{ 0 } << u"0"_s;
        QTest::newRow("ns") << qint64{ 850 } << u"850 ns"_s;
        QTest::newRow("whole us") << qint64{ 44'000 } << u"44 µs"_s;
        QTest::newRow("us") << qint64{ 44'510 } << u"44.5 µs"_s;
        QTest::newRow("nearly ms") << qint64{ 999'900 } << u"1.00 ms"_s;
        QTest::newRow("ms") << qint64{ 24'930'000 } << u"24.9 ms"_s;
        QTest::newRow("s") << qint64{ 1'250'000'000 } << u"1.25 s"_s;
        QTest::newRow("negative") << qint64{ -1'500'000 } << u"−1.50 ms"_s;
    }
    void durations()
    {
        QFETCH(const qint64, ns);
        QTEST(durationText(ns), "text");
    }

    void shares()
    {
        QCOMPARE(shareText(1, 1000), u"< 1 %"_s);
        QCOMPARE(shareText(0, 1000), u"0 %"_s);
        QCOMPARE(shareText(250, 1000), u"25 %"_s);
        QVERIFY(shareText(1, 0).isEmpty());
    }

    void eventModelGrows()
    {
        timeline::Record record;
        EventModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        record.append(test::capturedMigration());
        QCOMPARE(model.rowCount(), static_cast<int>(record.size()));
        record.append({ .side = Side::Console,
            .timeNs = 0,
            .category = timeline::Category::Action,
            .name = u"note"_s,
            .attributes = {} });
        const int last = model.rowCount() - 1;
        QCOMPARE(model.index(last, EventModel::NameColumn).data().toString(), u"note"_s);
        QVERIFY(model.index(last, EventModel::TimeColumn).data().toString().isEmpty());
        record.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void eventModelSorts()
    {
        timeline::Record record;
        record.append(test::capturedMigration());
        EventModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        const auto isSorted = [&](int column, Qt::SortOrder order) {
            for (int row = 1; row < model.rowCount(); ++row) {
                const QString above = model.index(row - 1, column).data().toString();
                const QString here = model.index(row, column).data().toString();
                const int way = above.compare(here, Qt::CaseInsensitive);
                if (order == Qt::AscendingOrder ? way > 0 : way < 0)
                    return false;
            }
            return true;
        };
        const QPersistentModelIndex some = model.index(7, EventModel::NameColumn);
        const std::size_t event = model.eventAt(7);
        for (const auto order : { Qt::DescendingOrder, Qt::AscendingOrder }) {
            model.sort(EventModel::NameColumn, order);
            QVERIFY(isSorted(EventModel::NameColumn, order));
            QCOMPARE(model.eventAt(some.row()), event);
            QCOMPARE(model.rowOf(event), some.row());
        }
        // What comes later finds its place.
        model.sort(EventModel::TimeColumn, Qt::AscendingOrder);
        record.append({ .side = Side::Console,
            .timeNs = test::capturedStartNs + 1'000,
            .category = timeline::Category::Action,
            .name = u"late"_s,
            .attributes = {} });
        const int row = model.rowOf(record.size() - 1);
        QVERIFY(row >= 0 && row < model.rowCount() / 2);
        model.sort(EventModel::DetailsColumn, Qt::AscendingOrder);
        QCOMPARE(model.rowOf(record.size() - 1), row);
    }

    void eventModelFilters()
    {
        timeline::Record record;
        record.append(test::capturedMigration());
        EventModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        const int all = model.rowCount();
        model.setFilter({ .side = Side::Destination, .category = {}, .text = {} });
        const int destination = model.rowCount();
        QVERIFY(destination > 0 && destination < all);
        model.setFilter(
            { .side = Side::Destination, .category = timeline::Category::Trace, .text = u"CPR_FIND"_s });
        QVERIFY(model.rowCount() > 0 && model.rowCount() < destination);
        QCOMPARE(model.index(0, EventModel::NameColumn).data().toString(), u"cpr_find_fd"_s);
        QCOMPARE(model.rowOf(0), -1);
        model.setFilter({ .side = {}, .category = {}, .text = u"name=ram0"_s });
        QVERIFY(model.rowCount() > 0);
        model.setFilter({ .side = {}, .category = {}, .text = u"no such thing"_s });
        QCOMPARE(model.rowCount(), 0);
        model.setFilter({});
        QCOMPARE(model.rowCount(), all);
    }

    void eventModelTellsTimesInManyWays()
    {
        timeline::Record record;
        record.append(test::capturedMigration());
        EventModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        const qint64 second = model.index(1, 0).data(EventModel::TimeRole).toLongLong();
        model.setOrigins(second, second - 2'000);
        const auto text = [&] { return model.index(1, EventModel::TimeColumn).data().toString(); };
        model.setTimeMode(EventModel::TimeMode::FromOrigin);
        QCOMPARE(text(), u"0"_s);
        model.setTimeMode(EventModel::TimeMode::FromMarker);
        QCOMPARE(text(), u"+2 µs"_s);
        model.setTimeMode(EventModel::TimeMode::FromPrevious);
        QVERIFY(model.index(0, EventModel::TimeColumn).data().toString().isEmpty());
        QCOMPARE(
            text(), signedDurationText(second - model.index(0, 0).data(EventModel::TimeRole).toLongLong()));
    }

    void eventModelNeverKeepsOneWaiting()
    {
        std::vector<timeline::Event> events;
        for (int i = 0; i < 200'000; ++i)
            events.push_back({ .side = i % 2 == 0 ? Side::Source : Side::Destination,
                .timeNs = 1'000'000 + i,
                .category = timeline::Category::Trace,
                .name = u"event%1"_s.arg(i % 7),
                .attributes = { { u"number"_s, i } } });
        timeline::Record record;
        record.append(std::move(events));
        EventModel model(record);
        QTRY_VERIFY(!model.isBusy());
        model.setFilter({ .side = {}, .category = {}, .text = u"number=77"_s });
        bool ran = false;
        QTimer::singleShot(0, this, [&] { ran = true; });
        QTRY_VERIFY(!model.isBusy());
        QVERIFY(ran);
        QCOMPARE(model.rowCount(), 1 + 10 + 100 + 1000);
    }

    void prettyKeepsEveryToken_data()
    {
        QTest::addColumn<QString>("raw");
        QTest::addColumn<QString>("pretty");
        QTest::newRow("order and digits") << QStringLiteral(R"({"b":1.50,"a":12345678901234567890})")
                                          << u"{\n    \"b\": 1.50,\n    \"a\": 12345678901234567890\n}"_s;
        QTest::newRow("empty") << QStringLiteral(R"({"return": { }, "x": []})")
                               << u"{\n    \"return\": {},\n    \"x\": []\n}"_s;
        QTest::newRow("escapes") << QStringLiteral(R"({"s":"a\"{, \\"})")
                                 << u"{\n    \"s\": \"a\\\"{, \\\\\"\n}"_s;
        QTest::newRow("no JSON") << u"not {json"_s << u"not {json"_s;
    }
    void prettyKeepsEveryToken()
    {
        QFETCH(const QString, raw);
        QTEST(prettyJson(raw), "pretty");
    }

    void highlighting()
    {
        JsonHighlighter highlighter;
        const auto light = highlighter.formats(QStringLiteral(R"({"event": "STOP", "n": 5})"));
        QVERIFY(light.size() >= 3);
        for (const QTextLayout::FormatRange& range : light)
            QVERIFY(range.start >= 0 && range.start + range.length <= 25);
        highlighter.setDark(true);
        const auto dark = highlighter.formats(QStringLiteral(R"({"event": "STOP", "n": 5})"));
        QVERIFY(light.first().format.foreground() != dark.first().format.foreground()
            || light.last().format.foreground() != dark.last().format.foreground());
    }

    void checks()
    {
        CheckModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        model.setChecks({ { .id = u"a"_s,
                              .verdict = op::Verdict::Pass,
                              .title = u"A"_s,
                              .evidence = u"e"_s,
                              .remedy = {} },
            { .id = u"b"_s,
                .verdict = op::Verdict::Refuse,
                .title = u"B"_s,
                .evidence = u"e"_s,
                .remedy = u"r"_s } });
        QCOMPARE(model.index(0, CheckModel::TitleColumn).data().toString(), u"B"_s);
        QCOMPARE(model.index(0, CheckModel::RemedyColumn).data().toString(), u"r"_s);
        QVERIFY(model.summary().contains(u"1 passed"));
    }

    void breakdownSums()
    {
        BreakdownModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        const auto breakdown = timeline::pauseBreakdown(test::capturedMigration());
        model.setBreakdown(breakdown);
        QVERIFY(model.rowCount() >= 4);
        qint64 sum = 0;
        for (int row = 0; row < model.rowCount(); ++row) {
            const QModelIndex group = model.index(row, 0);
            sum += group.data(BreakdownModel::DurationRole).toLongLong();
            qint64 parts = 0;
            for (int part = 0; part < model.rowCount(group); ++part)
                parts += model.index(part, 0, group).data(BreakdownModel::DurationRole).toLongLong();
            if (model.rowCount(group) > 0)
                QCOMPARE(parts, group.data(BreakdownModel::DurationRole).toLongLong());
        }
        QCOMPARE(sum, breakdown.pause.valueNs);
        QCOMPARE(model.sumNs(), breakdown.pause.valueNs);
        model.setGrouping(BreakdownModel::Grouping::ByDevice);
        QCOMPARE(model.sumNs(), breakdown.pause.valueNs);
        model.setBreakdown({});
        QCOMPARE(model.rowCount(), 0);
    }

    void breakdownPlaces()
    {
        BreakdownModel model;
        const auto breakdown = timeline::pauseBreakdown(test::capturedMigration());
        model.setBreakdown(breakdown);
        for (int row = 0; row < model.rowCount(); ++row) {
            const Interval time = model.interval(model.index(row, 0));
            QVERIFY(time.startNs >= breakdown.startNs);
            QVERIFY(time.endNs <= breakdown.endNs);
            QVERIFY(!model.index(row, BreakdownModel::EvidenceColumn).data().toString().isEmpty());
        }
        QVERIFY(!model.indexFor({ .startNs = 1, .endNs = 2 }).isValid());
        const Interval first = model.interval(model.index(0, 0));
        QCOMPARE(model.indexFor(first), model.index(0, 0));
    }

    void pulseTables()
    {
        PulseFigureModel figures;
        PulseSampleModel samples;
        const QAbstractItemModelTester figureTester(&figures, Mode::QtTest);
        const QAbstractItemModelTester sampleTester(&samples, Mode::QtTest);
        const auto pause = timeline::pauseBreakdown(test::capturedMigration());
        timeline::PulseTrail trail;
        for (const timeline::Event& event : test::capturedPulse()) {
            trail.take(event);
            figures.setFigures(pulseFigures(trail, pause));
            samples.setSamples(trail.heartbeats);
        }
        QCOMPARE(samples.rowCount(), 8);
        // The latest is the first.
        QCOMPARE(
            samples.index(0, PulseSampleModel::SideColumn).data().toString(), sideTitle(Side::Destination));
        QCOMPARE(
            samples.index(0, PulseSampleModel::RateColumn).data().toString(), QLocale().toString(10'000));
        const PulseFigure& gap = figures.figures().front();
        QCOMPARE(gap.what, gapTitle(timeline::GapKind::Guest));
        QCOMPARE(gap.time.length(), pause.pause.valueNs + 200'000);
        samples.setSamples({});
        figures.setFigures({});
        QCOMPARE(samples.rowCount() + figures.rowCount(), 0);
    }

    void pulseScenes()
    {
        const auto pause = timeline::pauseBreakdown(test::capturedMigration());
        const timeline::PulseTrail trail = timeline::pulseTrail(test::capturedPulse());
        QVERIFY(pulseScene({}, {}, PulseView::Gap).range.isEmpty());
        // Without a gap that has a place there is only the run.
        QCOMPARE(pulseScene(trail, {}, PulseView::Gap).view, PulseView::Run);

        const PulseScene run = pulseScene(trail, pause, PulseView::Run);
        QCOMPARE(run.rows.size(), 3);
        for (const PulseStretch& stretch : run.rows[0].stretches)
            QVERIFY(stretch.level > 0 && stretch.level <= 1);

        const PulseScene scene = pulseScene(trail, pause, PulseView::Gap);
        QCOMPARE(scene.view, PulseView::Gap);
        const timeline::PulseGap& gap = scene.rows[0].gap.value();
        QVERIFY(scene.range.startNs < gap.startNs);
        QVERIFY(scene.range.endNs > gap.endNs());
        QCOMPARE(scene.rows[0].stretches.size(), 2);
        const Interval hole{ .startNs = gap.startNs, .endNs = gap.endNs() };
        QCOMPARE(beatTimes(scene.rows[0].stretches[0], hole, 1).back(), gap.startNs);
        QCOMPARE(beatTimes(scene.rows[0].stretches[1], hole, 1).front(), gap.endNs());
        // Too near to each other to be drawn one by one.
        QVERIFY(beatTimes(scene.rows[0].stretches[0], hole, 1'000'000'000).empty());

        const QRectF area(0, 0, 100, 90);
        for (std::size_t row = 1; row < 3; ++row)
            QVERIFY(pulseRowArea(area, row, 3).top() >= pulseRowArea(area, row - 1, 3).bottom());
        QVERIFY(pulseRowArea(area, 2, 3).bottom() <= area.bottom());
    }

    void endpointTexts()
    {
        op::EndpointStatus status{ .name = u"web"_s, .qmpPath = u"/run/q"_s, .pid = 7, .connected = true };
        const qint64 now = qint64{ 100'000 } * 1'000'000'000;
        const auto text = [&] { return endpointText(Side::Destination, status, true, now); };
        QCOMPARE(text().rank, StateRank::None);
        status.waitingForSource = true;
        QCOMPARE(text().rank, StateRank::Waits);
        QVERIFY(text().state.contains(u"expected"));
        status.waitingForSource = false;
        status.runState = u"running"_s;
        QCOMPARE(text().rank, StateRank::Runs);
        status.migrationStatus = u"failed"_s;
        QCOMPARE(text().rank, StateRank::Bad);
        QVERIFY(text().connection.contains(u"/run/q"));
        // The seconds of a VMM that runs for hours are of no use.
        status.processStartNs = now - qint64{ 3 * 3600 + 125 } * 1'000'000'000;
        QVERIFY(text().details.contains(u"3 hours and 2 minutes"));
        status.gone = true;
        QVERIFY(!text().details.contains(u"up"));
        QSet<QString> signs;
        for (int rank = 0; rank <= static_cast<int>(StateRank::Bad); ++rank)
            signs.insert(stateSign(static_cast<StateRank>(rank)));
        QCOMPARE(signs.size(), 5);
    }

    void vmms()
    {
        VmmModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        op::DiscoveredVmm free;
        free.pid = 77;
        free.name = u"web-07"_s;
        op::DiscoveredMonitor monitor;
        monitor.path = u"/run/qmp.sock"_s;
        monitor.exists = monitor.accessible = true;
        monitor.occupancy = op::DiscoveredMonitor::Occupancy::Free;
        free.monitors.append(monitor);
        op::DiscoveredVmm taken = free;
        taken.monitors[0].occupancy = op::DiscoveredMonitor::Occupancy::Libvirt;
        model.setVmms({ free, taken });
        QCOMPARE(model.index(0, VmmModel::SocketColumn).data().toString(), u"/run/qmp.sock"_s);
        QVERIFY(model.index(1, VmmModel::StateColumn).data().toString().contains(u"libvirt"));
    }

    void nextSteps()
    {
        using namespace op::state;
        QCOMPARE(nextStep(Idle{}, false).step, NextStep::Connect);
        QCOMPARE(nextStep(Ready{}, false).step, NextStep::Migrate);
        QCOMPARE(nextStep(Ready{ .refused = true }, false).step, NextStep::Check);
        QCOMPARE(nextStep(Moving{}, false).step, NextStep::Cancel);
        QVERIFY(nextStep(Moving{}, false).enabled);
        const NextStepInfo committing = nextStep(Committing{}, false);
        QVERIFY(!committing.enabled);
        QVERIFY(!committing.reason.isEmpty());
        QCOMPARE(nextStep(Migrated{}, false).step, NextStep::Finish);
        QVERIFY(nextStep(Migrated{}, true).label != nextStep(Migrated{}, false).label);
        QCOMPARE(nextStep(Stranded{}, false).step, NextStep::Rescue);
        QVERIFY(nextStep(Stranded{}, false).enabled);
        QVERIFY(isUnderWay(Moving{}));
        QVERIFY(!isUnderWay(Failed{}));
    }
};

QTEST_MAIN(TestUiModels)
#include "tst_uimodels.moc"
