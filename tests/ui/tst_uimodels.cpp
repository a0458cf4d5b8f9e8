// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "format.h"
#include "jsontext.h"
#include "models/breakdownmodel.h"
#include "models/checkmodel.h"
#include "models/eventmodel.h"
#include "models/fdlist.h"
#include "models/fdmodel.h"
#include "models/vmmmodel.h"
#include "nextstep.h"

#include <QAbstractItemModelTester>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTest>

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
        QCOMPARE(model.index(last, EventModel::TimeColumn).data(EventModel::SortRole),
            model.index(last - 1, EventModel::TimeColumn).data(EventModel::SortRole));
        record.clear();
        QCOMPARE(model.rowCount(), 0);
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

    void fds()
    {
        FdModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        QVERIFY(model.summary().isEmpty());
        const auto events = test::capturedMigration();
        auto before = test::capturedTrace(Side::Source);
        before.resize(17);
        model.setRows(fdList(before));
        QCOMPARE(model.index(0, FdModel::EffectColumn).data().toString(), u"passes"_s);
        const int alone = model.rowCount();
        QCOMPARE(alone, 6);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setRows(timeline::fdTable(events));
        QCOMPARE(model.rowCount(), 6);
        QCOMPARE(model.index(0, FdModel::EffectColumn).data().toString(), u"passed"_s);
        QCOMPARE(model.index(0, FdModel::ProofColumn).data().toString(), u"same file"_s);
        QCOMPARE(model.index(0, FdModel::ProofColumn).data(FdModel::RankRole).toInt(),
            static_cast<int>(FdModel::Rank::Positive));
        QVERIFY(model.index(0, FdModel::ProofColumn).data(Qt::ToolTipRole).toString().contains(u"kcmp"));
        QVERIFY2(model.summary().contains(u'6'), qPrintable(model.summary()));

        auto lost = timeline::fdTable(events);
        lost[2].claim = timeline::FdClaim::Missing;
        model.setRows(lost);
        QCOMPARE(model.index(2, FdModel::EffectColumn).data().toString(), u"lost"_s);
        QVERIFY2(model.summary().contains(u"lost"), qPrintable(model.summary()));
        QVERIFY(changed.size() >= 1);
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
        model.setBreakdown({});
        QCOMPARE(model.rowCount(), 0);
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
        QVERIFY(!nextStep(Stranded{}, false).enabled);
        QVERIFY(isUnderWay(Moving{}));
        QVERIFY(!isUnderWay(Failed{}));
    }
};

QTEST_MAIN(TestUiModels)
#include "tst_uimodels.moc"
