// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "breakdown/breakdownbar.h"
#include "colours.h"
#include "runs/distribution.h"
#include "runs/runlistmodel.h"
#include "runs/setlistmodel.h"
#include "runs/setstyle.h"
#include "runs/sharebars.h"
#include "runs/sharemodel.h"
#include "runs/spreadmodel.h"

#include <QAbstractItemModelTester>
#include <QPalette>
#include <QSet>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What the dock of runs shows, without a window: figures, runs, shares, sets that are chosen, and plots.
class TestRunsModels : public QObject
{
    Q_OBJECT
private:
    static constexpr qint64 us = 1000;

    static runs::SetResult setOf(const QString& name, const std::vector<qint64>& pausesUs)
    {
        runs::SetResult set;
        set.settings.name = name;
        for (const qint64 pause : pausesUs) {
            runs::Run run{ .number = static_cast<int>(set.runs.size()) + 1,
                .outcome = runs::RunOutcome::Migrated };
            run.pauseNs = pause * us;
            run.totalNs = pause * us * 10;
            run.phaseNs[4] = pause * us;
            run.parts = { { .kind = u"stop"_s, .side = Side::Source, .durationNs = pause * us } };
            set.runs.push_back(run);
        }
        return set;
    }
    static std::vector<qint64> pauses(int count, qint64 firstUs)
    {
        std::vector<qint64> all;
        for (int i = 0; i < count; ++i)
            all.push_back(firstUs + i);
        return all;
    }
    static runs::Results resultsOf(std::vector<runs::SetResult> sets)
    {
        runs::Results results;
        results.sets = std::move(sets);
        return results;
    }
    static QString cell(const QAbstractItemModel& model, int row, int column)
    {
        return model.index(row, column).data().toString();
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void figuresOfSets()
    {
        SpreadModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setResults(resultsOf({ setOf(u"fast"_s, pauses(12, 300)), setOf(u"slow"_s, pauses(12, 900)) }),
            runs::Metric::Pause);
        QCOMPARE(reset.size(), 1);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(cell(model, 0, SpreadModel::SetColumn), u"A fast"_s);
        QCOMPARE(cell(model, 0, SpreadModel::RunsColumn), u"12"_s);
        QVERIFY2(cell(model, 0, SpreadModel::MedianColumn).contains(u"µs"), "the median");
        QVERIFY(cell(model, 0, SpreadModel::IntervalColumn).contains(u" to "));
        // What twelve runs can tell, and what they cannot.
        QVERIFY(cell(model, 0, SpreadModel::NinetyColumn).contains(u"µs"));
        QCOMPARE(cell(model, 0, SpreadModel::NinetyNineColumn), u"needs 100 runs"_s);
        QCOMPARE(cell(model, 0, SpreadModel::VerdictColumn), u"–"_s);
        QVERIFY2(cell(model, 1, SpreadModel::VerdictColumn).endsWith(u"clear"),
            qPrintable(cell(model, 1, SpreadModel::VerdictColumn)));
        QVERIFY(model.sentence(0).isEmpty());
        QVERIFY2(model.sentence(1).contains(u"slow is"), qPrintable(model.sentence(1)));
        // More runs keep the rows.
        model.setResults(resultsOf({ setOf(u"fast"_s, pauses(13, 300)), setOf(u"slow"_s, pauses(12, 900)) }),
            runs::Metric::Pause);
        QCOMPARE(reset.size(), 1);
        QCOMPARE(cell(model, 0, SpreadModel::RunsColumn), u"13"_s);
    }

    void setsWithoutFigures()
    {
        runs::SetResult absent = setOf(u"absent"_s, {});
        absent.unavailable = u"there is no such program"_s;
        runs::SetResult failed = setOf(u"failed"_s, { 5, 6 });
        failed.runs[1].outcome = runs::RunOutcome::Failed;
        SpreadModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setResults(resultsOf({ failed, absent }), runs::Metric::Pause);
        QCOMPARE(cell(model, 0, SpreadModel::RunsColumn), u"1 + 1 failed"_s);
        QCOMPARE(cell(model, 0, SpreadModel::IntervalColumn), u"too few runs"_s);
        QCOMPARE(cell(model, 1, SpreadModel::MedianColumn), u"not available"_s);
        QCOMPARE(model.index(1, SpreadModel::SetColumn).data(Qt::ToolTipRole).toString(), absent.unavailable);
        model.setResults({}, runs::Metric::Pause);
        QCOMPARE(model.rowCount(), 0);
    }

    void listOfRuns()
    {
        runs::SetResult set = setOf(u"A"_s, { 30, 10, 20 });
        RunListModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        model.setRuns({ set.runs[0] }, [](std::size_t) { return true; });
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        set.runs[2].outcome = runs::RunOutcome::Failed;
        set.runs[2].failure = u"it did not work"_s;
        model.setRuns(set.runs, [](std::size_t run) { return run > 0; });
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(changed.size(), 1); // the recording of the first was let go of
        QCOMPARE(reset.size(), 0);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(cell(model, 0, RunListModel::RecordingColumn), u"–"_s);
        QCOMPARE(cell(model, 1, RunListModel::RecordingColumn), u"kept"_s);
        QCOMPARE(cell(model, 2, RunListModel::OutcomeColumn), u"failed"_s);
        QCOMPARE(cell(model, 2, RunListModel::StoryColumn), u"it did not work"_s);
        QCOMPARE(cell(model, 0, RunListModel::GuestColumn), u"–"_s);
        QCOMPARE(
            model.index(1, RunListModel::PauseColumn).data(RunListModel::SortRole).toLongLong(), 10 * us);
        model.setRuns(setOf(u"B"_s, { 1 }).runs, [](std::size_t) { return false; });
        QCOMPARE(reset.size(), 1);
        QCOMPARE(model.rowCount(), 1);
    }

    void sharesOfSets()
    {
        runs::SetResult other = setOf(u"other"_s, { 7 });
        other.runs[0].parts = { { .kind = u"load"_s, .side = Side::Destination, .durationNs = 7 * us } };
        ShareModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setResults(resultsOf({ setOf(u"one"_s, { 5, 5 }), other }));
        QCOMPARE(model.columnCount(), 3);
        QCOMPARE(model.rowCount(), 3); // one phase, two parts
        QCOMPARE(model.headerData(2, Qt::Horizontal, Qt::DisplayRole).toString(), u"B other"_s);
        QVERIFY(cell(model, 0, 0).startsWith(u"Phase: "));
        QCOMPARE(cell(model, 1, 2), u"–"_s);
        QCOMPARE(cell(model, 2, 1), u"–"_s);
        QVERIFY(cell(model, 2, 2).contains(u"7"));
        model.setResults({});
        QCOMPARE(model.rowCount(), 0);
    }

    void barsOfSets()
    {
        runs::SetResult other = setOf(u"other"_s, { 20 });
        other.runs[0].parts = { { .kind = u"stop"_s, .side = Side::Source, .durationNs = 5 * us },
            { .kind = u"load"_s, .side = Side::Destination, .durationNs = 15 * us },
            { .kind = u"wait"_s, .side = Side::Destination, .durationNs = 0 } };
        ShareBars bars;
        QVERIFY(bars.isHidden());
        bars.setResults(resultsOf({ setOf(u"one"_s, { 10, 10 }), setOf(u"none"_s, {}), other }));
        QVERIFY(!bars.isHidden());
        bars.resize(600, bars.sizeHint().height());
        QCOMPARE(bars.bars().size(), 2); // a set without runs has nothing to divide
        QCOMPARE(bars.bars()[1].letter, u"C"_s);
        QCOMPARE(bars.bars()[1].parts.size(), 2);
        QCOMPARE(bars.bars()[1].parts[1].kind, timeline::PauseRowKind::Load);
        // One scale for all, and no gap between the parts.
        const QRectF one = bars.partArea(0, 0);
        const QRectF stop = bars.partArea(1, 0);
        const QRectF load = bars.partArea(1, 1);
        QCOMPARE(one.left(), stop.left());
        QCOMPARE(stop.right(), load.left());
        QVERIFY(qAbs(one.width() - 2 * stop.width()) < 1e-6);
        QVERIFY(qAbs(load.width() - 3 * stop.width()) < 1e-6);
        QVERIFY(load.right() <= 600 && load.top() >= one.bottom());
        QVERIFY(bars.partArea(1, 2).isNull() && bars.partArea(2, 0).isNull());
        QVERIFY(bars.accessibleDescription().contains(u"C other"_s));
        const QImage painted = bars.grab().toImage();
        const Colours colours = Colours::of(bars.palette());
        QCOMPARE(painted.pixel((stop.topLeft() + QPointF(3, 2)).toPoint()),
            pauseKindColour(timeline::PauseRowKind::Stop, colours).rgb());
        QCOMPARE(painted.pixel((load.topLeft() + QPointF(3, 2)).toPoint()),
            pauseKindColour(timeline::PauseRowKind::Load, colours).rgb());
        bars.setResults({});
        QVERIFY(bars.isHidden());
    }

    void setsToBeRun()
    {
        SetListModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 2);
        for (int row = 0; row < model.rowCount(); ++row)
            QVERIFY(model.check(row));
        const int added = model.addCopy(0);
        QCOMPARE(added, 2);
        QVERIFY(model.check(added));
        runs::Settings settings = model.sets()[0];
        settings.name = model.sets()[1].name;
        model.change(added, settings);
        QVERIFY(!model.check(added));
        QVERIFY(!model.check(1));
        QVERIFY(cell(model, added, 0).contains(u"not possible"));
        settings.name = u"copied"_s;
        settings.migrateFds = false; // contradicts the handover
        model.change(added, settings);
        QVERIFY(!model.check(added));
        QVERIFY(model.check(1));
        QVERIFY(model.remove(added));
        QVERIFY(model.remove(0));
        QVERIFY(!model.remove(0)); // the last one stays
        while (model.addCopy(0) >= 0) { }
        QCOMPARE(model.rowCount(), runs::maxSets);
        QSet<QString> names;
        for (const runs::Settings& set : model.sets())
            names.insert(set.name);
        QCOMPARE(names.size(), runs::maxSets);
    }

    void setsAreToldApartWithoutColour()
    {
        const Colours colours = Colours::of(QPalette());
        for (std::size_t a = 0; a < 4; ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                QVERIFY(styleOfSet(a, colours).line != styleOfSet(b, colours).line);
                QVERIFY(styleOfSet(a, colours).letter != styleOfSet(b, colours).letter);
            }
        }
        QCOMPARE(styleOfSet(2, colours).letter, setLetter(2));
    }

    void axis()
    {
        const auto plotted = [](const std::vector<qint64>& all) {
            return std::vector{ plottedSet(setOf(u"A"_s, all), runs::Metric::Pause) };
        };
        const LengthAxis near = lengthAxis(plotted({ 1000, 1010 }), false);
        QVERIFY(near.lowNs > 0 && near.lowNs < 1000 * us);
        QVERIFY(near.highNs > 1010 * us);
        const LengthAxis wide = lengthAxis(plotted({ 100, 1000 }), false);
        QCOMPARE(wide.lowNs, 0.0);
        const LengthAxis single = lengthAxis(plotted({ 500 }), false);
        QVERIFY(single.highNs > single.lowNs);
        QVERIFY(single.share(500 * us) > 0 && single.share(500 * us) < 1);
        const LengthAxis nothing = lengthAxis({}, true);
        QVERIFY(nothing.highNs > nothing.lowNs);
        const LengthAxis logarithmic = lengthAxis(plotted({ 1, 10, 100 }), true);
        const double decade = logarithmic.share(10 * us) - logarithmic.share(1 * us);
        QVERIFY(qAbs(decade - (logarithmic.share(100 * us) - logarithmic.share(10 * us))) < 1e-9);
        QVERIFY(logarithmic.share(0) < 0);
    }

    void ticks_data()
    {
        QTest::addColumn<bool>("logarithmic");
        QTest::newRow("linear") << false;
        QTest::newRow("logarithmic") << true;
    }
    void ticks()
    {
        QFETCH(const bool, logarithmic);
        const LengthAxis axis
            = lengthAxis({ plottedSet(setOf(u"A"_s, { 3, 70, 4000 }), runs::Metric::Pause) }, logarithmic);
        constexpr double width = 400;
        constexpr double spacing = 60;
        const std::vector<LengthTick> all = lengthTicks(axis, width, spacing);
        QVERIFY(all.size() > 2);
        for (std::size_t i = 0; i < all.size(); ++i) {
            QVERIFY(axis.share(all[i].ns) > -1e-9 && axis.share(all[i].ns) < 1 + 1e-9);
            QVERIFY(!all[i].label.isEmpty());
            if (i > 0)
                QVERIFY((axis.share(all[i].ns) - axis.share(all[i - 1].ns)) * width > spacing - 1);
        }
        QVERIFY(lengthTicks(axis, 0, spacing).empty());
    }

    void steps()
    {
        const PlottedSet set = plottedSet(setOf(u"A"_s, { 30, 10, 20, 20 }), runs::Metric::Pause);
        QVERIFY(std::ranges::is_sorted(set.values, {}, &PlottedSet::Value::ns));
        QCOMPARE(set.values.front().run, std::size_t(1));
        const QRectF area(10, 20, 300, 100);
        const LengthAxis axis = lengthAxis({ set }, false);
        const std::vector<QPointF> line = stepLine(set, axis, area);
        QCOMPARE(line.front(), area.bottomLeft());
        QCOMPARE(line.back(), area.topRight());
        for (std::size_t i = 1; i < line.size(); ++i) {
            QVERIFY(line[i].x() >= line[i - 1].x() - 1e-9);
            QVERIFY(line[i].y() <= line[i - 1].y() + 1e-9);
        }
        // Three of four took 20 µs at most.
        const std::vector<RunPoint> points = runPoints(DistributionView::Steps, { set }, axis, area);
        QVERIFY(qAbs(points[2].at.y() - (area.bottom() - 75)) < 1e-9);
        QVERIFY(stepLine({}, axis, area).empty());
    }

    void boxes()
    {
        const std::vector<PlottedSet> sets{ plottedSet(setOf(u"A"_s, pauses(9, 100)), runs::Metric::Pause),
            plottedSet(setOf(u"none"_s, {}), runs::Metric::Pause),
            plottedSet(setOf(u"B"_s, pauses(3, 150)), runs::Metric::Pause) };
        const QRectF area(50, 10, 400, 150);
        const LengthAxis axis = lengthAxis(sets, false);
        const QRectF row = boxRow(area, 0, sets.size());
        QCOMPARE(row.height(), 50.0);
        const BoxShape shape = boxShape(sets[0], axis, row);
        QVERIFY(shape.leastX < shape.box.left() && shape.box.left() < shape.medianX);
        QVERIFY(shape.medianX < shape.box.right() && shape.box.right() < shape.mostX);
        QVERIFY(row.contains(shape.box));
        QVERIFY(shape.medianInterval && shape.medianInterval->first < shape.medianX);
        QVERIFY(!boxShape(sets[2], axis, boxRow(area, 2, sets.size())).medianInterval); // too few runs
        for (const RunPoint& point : runPoints(DistributionView::Boxes, sets, axis, area))
            QVERIFY(boxRow(area, point.set, sets.size()).contains(point.at));
    }

    void keysGoFromRunToRun()
    {
        const std::vector<PlottedSet> sets{ plottedSet(setOf(u"A"_s, { 10, 30 }), runs::Metric::Pause),
            plottedSet(setOf(u"none"_s, {}), runs::Metric::Pause),
            plottedSet(setOf(u"B"_s, { 28, 11, 90 }), runs::Metric::Pause) };
        const QRectF area(0, 0, 100, 100);
        const auto points = runPoints(DistributionView::Boxes, sets, lengthAxis(sets, false), area);
        QCOMPARE(points.size(), std::size_t(5));
        using enum PointStep;
        const auto first = stepped(points, std::nullopt, Longer);
        QCOMPARE(first, std::optional<std::size_t>(1)); // the longest of the first set
        QCOMPARE(stepped(points, first, Longer), first);
        QCOMPARE(stepped(points, first, Shorter), std::optional<std::size_t>(0));
        QCOMPARE(stepped(points, 0, Shorter), std::optional<std::size_t>(0));
        const auto other = stepped(points, first, NextSet);
        QCOMPARE(points[*other].ns, 28.0 * us);
        QCOMPARE(stepped(points, other, NextSet), other);
        QCOMPARE(stepped(points, other, PreviousSet), first);
        QCOMPARE(stepped({}, std::nullopt, Longer), std::nullopt);
        QCOMPARE(pointAt(points, points[3].at + QPointF(2, 0), 8), std::optional<std::size_t>(3));
        QVERIFY(!pointAt(points, { -50, -50 }, 8));
    }
};

QTEST_MAIN(TestRunsModels)

#include "tst_runsmodels.moc"
