// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "log/logfilter.h"
#include "log/logfilterbar.h"
#include "log/logpanel.h"
#include "log/logview.h"
#include "qmp/qmplogmodel.h"
#include "tracelog/traceeventmodel.h"
#include "tracelog/tracelogmodel.h"
#include "tracelog/tracestates.h"

#include <QAbstractItemModelTester>
#include <QLineEdit>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Mode = QAbstractItemModelTester::FailureReportingMode;

/// Models, filter and view of the logs.
class TestLogs : public QObject
{
    Q_OBJECT
private:
    static timeline::Event message(qint64 number)
    {
        const bool sent = number % 2 == 0;
        const QByteArray id = QByteArray::number(number / 2);
        const QByteArray head = sent ? "{\"execute\": \"query-status\", \"id\": "
                                     : "{\"return\": {\"status\": \"running\"}, \"id\": ";
        return test::qmp(Side::Source, sent, number, head + id + '}', sent ? u"query-status"_s : u"return"_s);
    }
    static std::vector<timeline::Event> messages(qint64 count)
    {
        std::vector<timeline::Event> events;
        for (qint64 i = 0; i < count; ++i)
            events.push_back(message(i));
        return events;
    }
    static QStringList shown(const QAbstractItemModel& model)
    {
        QStringList names;
        for (int row = 0; row < model.rowCount(); ++row)
            names.append(model.index(row, 0).data(LogModel::NameRole).toString());
        return names;
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s)); }

    void joinsCommandAndReply()
    {
        timeline::Record record;
        QmpLogModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        record.append(test::capturedMigration());
        QTRY_COMPARE(model.rowCount(), 8);
        const QModelIndex command = model.index(0);
        const QModelIndex answer = model.index(1);
        QCOMPARE(model.messageKind(0), MessageKind::Command);
        QCOMPARE(command.data(LogModel::PartnerRole).toInt(), 1);
        QCOMPARE(answer.data(LogModel::PartnerRole).toInt(), 0);
        QCOMPARE(answer.data(LogModel::LatencyRole).toLongLong(), qint64{ 108'000 });
        QCOMPARE(answer.data(LogModel::NameRole).toString(), u"migrate"_s);
        QVERIFY(answer.data(LogModel::RemarkRole).toString().contains(u"108"));
        QCOMPARE(model.messageKind(2), MessageKind::Event);
        QVERIFY(command.data(Qt::AccessibleTextRole).toString().contains(u"migrate"));
        const LogDetails details = model.details(1, true);
        QVERIFY(details.text.contains(u"\"execute\": \"migrate\"") && details.text.contains(u"\"return\""));
        QVERIFY2(details.title.contains(u"108"), qPrintable(details.title));
        QCOMPARE(model.details(1, false).text.count(u'\n'), 2);
        // The same id on the other side is another command.
        record.append(test::qmp(Side::Destination, false, 1, R"({"return": {}, "id": "s41"})", u"return"_s));
        QTRY_COMPARE(model.rowCount(), 9);
        QCOMPARE(model.partner(8), -1);
    }

    void marksACommandWithoutReplyUntilItComes()
    {
        timeline::Record record;
        QmpLogModel model(record);
        record.append(test::qmp(Side::Source, true, 100, R"({"execute": "stop", "id": "a"})", u"stop"_s));
        QTRY_COMPARE(model.rowCount(), 1);
        QVERIFY(model.index(0).data(LogModel::AlarmRole).toBool());
        QVERIFY(!model.index(0).data(LogModel::RemarkRole).toString().isEmpty());
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        record.append(test::qmp(
            Side::Source, false, 300, R"({"error": {"class": "X", "desc": "no"}, "id": "a"})", u"error"_s));
        QTRY_COMPARE(model.rowCount(), 2);
        QCOMPARE(changed.size(), 1);
        QVERIFY(!model.index(0).data(LogModel::AlarmRole).toBool());
        QCOMPARE(model.latencyNs(0), 200);
        QVERIFY(model.index(1).data(LogModel::AlarmRole).toBool());
    }

    void comesInSlicesAndInOrder()
    {
        timeline::Record record;
        QmpLogModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        int inserts = 0;
        int ticks = 0;
        QTimer tick;
        connect(&tick, &QTimer::timeout, this, [&ticks] { ++ticks; });
        tick.start(0);
        connect(&model, &QAbstractItemModel::rowsInserted, this, [&inserts] { ++inserts; });
        record.append(messages(60'000));
        QTRY_VERIFY(model.isComplete());
        QCOMPARE(model.rowCount(), 60'000);
        QVERIFY(inserts > 1);
        QVERIFY(ticks > 1);
        QCOMPARE(model.partner(59'998), 59'999);
        QCOMPARE(model.rowOf(12'345), 12'345);
        record.clear();
        QCOMPARE(model.rowCount(), 0);
        record.append(messages(2));
        QTRY_COMPARE(model.rowCount(), 2);
    }

    void filters()
    {
        timeline::Record record;
        QmpLogModel model(record);
        LogFilter filter(model);
        const QAbstractItemModelTester tester(&filter, Mode::QtTest);
        record.append(test::capturedMigration());
        model.takeAll();
        LogCriteria criteria;
        criteria.side = Side::Destination;
        filter.setCriteria(criteria);
        QCOMPARE(filter.rowCount(), 3);
        criteria.setText(u"resume"_s, false);
        filter.setCriteria(criteria);
        QCOMPARE(filter.rowCount(), 1);
        QCOMPARE(filter.rowOf(filter.sourceRow(0)), 0);
        criteria.side.reset();
        criteria.setText(u"event.*(STOP|RESUME)"_s, true);
        filter.setCriteria(criteria);
        QCOMPARE(shown(filter), (QStringList{ u"STOP"_s, u"RESUME"_s }));
        criteria.setText({}, false);
        criteria.kinds = 1U << static_cast<unsigned>(MessageKind::Command);
        filter.setCriteria(criteria);
        QCOMPARE(shown(filter), (QStringList{ u"migrate"_s, u"query-status"_s }));
        criteria.kinds = LogCriteria::everyKind;
        criteria.setText(u"migration"_s, false);
        filter.setCriteria(criteria);
        QCOMPARE(filter.rowCount(), 2);
        record.append(test::qmp(Side::Source, false, 1, R"({"event": "MIGRATION"})", u"MIGRATION"_s));
        record.append(test::qmp(Side::Source, false, 1, R"({"event": "STOP"})", u"STOP"_s));
        QTRY_VERIFY(model.isComplete());
        QCOMPARE(filter.rowCount(), 3);
        criteria.setText(u"(["_s, true);
        QVERIFY(!criteria.expressionProblem().isEmpty());
        filter.setCriteria(criteria);
        QCOMPARE(filter.rowCount(), 0);
    }

    void filtersManyInSlices()
    {
        timeline::Record record;
        QmpLogModel model(record);
        record.append(messages(60'000));
        model.takeAll();
        LogFilter filter(model);
        const QAbstractItemModelTester tester(&filter, Mode::QtTest);
        LogCriteria criteria;
        criteria.setText(u"\"id\": 29"_s, false);
        filter.setCriteria(criteria);
        QTRY_VERIFY(filter.isComplete());
        const int wide = filter.rowCount();
        QCOMPARE(wide, 2 * (1 + 10 + 100 + 1000));
        // Goes on with what it has found.
        criteria.setText(u"\"id\": 299"_s, false);
        filter.setCriteria(criteria);
        QVERIFY(filter.isComplete());
        QCOMPARE(filter.rowCount(), 2 * (1 + 10 + 100));
        criteria.setText(u"\"id\": 2"_s, false);
        filter.setCriteria(criteria);
        record.append(messages(10));
        QTRY_VERIFY(model.isComplete() && filter.isComplete());
        QCOMPARE(filter.rowCount(), (2 * (1 + 10 + 100 + 1000 + 10'000)) + 2);
    }

    void viewKeepsNothingPerRow()
    {
        timeline::Record record;
        QmpLogModel model(record);
        LogFilter filter(model);
        LogView view;
        view.setModel(&filter);
        view.resize(600, 300);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        record.append(messages(20'000));
        model.takeAll();
        filter.completeNow();
        // Follows.
        QScrollBar* bar = view.verticalScrollBar();
        QCOMPARE(bar->value(), bar->maximum());
        const QModelIndex last = filter.index(19'999);
        QVERIFY(view.viewport()->rect().contains(view.visualRect(last)));
        QCOMPARE(view.indexAt(view.visualRect(last).center()), last);

        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, QPoint(50, 20));
        QVERIFY(!view.isFollowing());
        const int chosen = view.currentIndex().row();
        QVERIFY(chosen > 19'000 && chosen < 19'999);
        QVERIFY(view.selectionModel()->isSelected(view.currentIndex()));
        const int before = bar->value();
        record.append(messages(10));
        model.takeAll();
        QCOMPARE(filter.rowCount(), 20'010);
        QCOMPARE(bar->value(), before);

        QTest::keyClick(&view, Qt::Key_Up);
        QCOMPARE(view.currentIndex().row(), chosen - 1);
        QTest::keyClick(&view, Qt::Key_Home);
        QCOMPARE(view.currentIndex().row(), 0);
        QCOMPARE(bar->value(), 0);
        QTest::keyClick(&view, Qt::Key_PageDown);
        QVERIFY(view.currentIndex().row() > 5);
        QTest::keyClick(&view, Qt::Key_End);
        QCOMPARE(view.currentIndex().row(), 20'009);
        QVERIFY(view.isFollowing());
        // The wheel ends it, too.
        QSignalSpy following(&view, &LogView::followingChanged);
        bar->triggerAction(QAbstractSlider::SliderPageStepSub);
        QVERIFY(!view.isFollowing());
        QCOMPARE(following.size(), 1);
        view.setFollowing(true);
        QCOMPARE(bar->value(), bar->maximum());
    }

    void panelKeepsTheChosenLine()
    {
        timeline::Record record;
        QmpLogModel model(record);
        LogPanel panel(&model, LogDelegate::Text::Json,
            { .name = u"log"_s, .empty = u"-"_s, .filterHint = {}, .detailsHint = {}, .count = [](int count) {
                 return QString::number(count);
             } });
        panel.resize(1200, 400);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        QSignalSpy selected(&panel, &LogPanel::eventSelected);
        record.append(messages(100));
        // Not taken in yet: chosen as soon as it is.
        panel.selectEvent(40);
        QTRY_COMPARE(panel.view()->currentIndex().row(), 40);
        QVERIFY(selected.isEmpty());
        QTest::keyClicks(panel.bar()->edit(), u"\"id\": 2"_s);
        QTRY_VERIFY(panel.filter()->isComplete());
        QCOMPARE(panel.chosenRow(), 40);
        QCOMPARE(panel.filter()->sourceRow(panel.view()->currentIndex().row()), 40);
        panel.goToPartner();
        QCOMPARE(panel.chosenRow(), 41);
        QCOMPARE(selected.size(), 1);
        // What the filter hides is shown when it is asked for.
        panel.revealEvent(2);
        QVERIFY(panel.bar()->edit()->text().isEmpty());
        QTRY_COMPARE(panel.view()->currentIndex().row(), 2);
        QVERIFY(panel.copyText(false).startsWith(u"{\"execute\""));
        QVERIFY(panel.copyText(true).contains(u'\n'));
        record.clear();
        QCOMPARE(panel.chosenRow(), -1);
        QVERIFY(panel.copyText(false).isEmpty());
    }

    void traceLines()
    {
        timeline::Record record;
        TraceLogModel model(record);
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        record.append(test::capturedMigration());
        record.append({ .side = Side::Destination,
            .timeNs = 5,
            .category = timeline::Category::Process,
            .name = u"stderr"_s,
            .attributes = { { u"line"_s, u"qemu: error: no such disk"_s } } });
        model.takeAll();
        QVERIFY(model.rowCount() > 50);
        QVERIFY(model.names().contains(u"cpr_save_fd"_s));
        const int last = model.rowCount() - 1;
        QCOMPARE(model.kind(last), static_cast<int>(TraceLogModel::LineKind::Message));
        QVERIFY(model.index(last).data(LogModel::AlarmRole).toBool());
        QCOMPARE(model.text(last), u"qemu: error: no such disk"_s);
        LogFilter filter(model);
        LogCriteria criteria;
        criteria.name = u"vmstate_downtime_checkpoint"_s;
        criteria.side = Side::Source;
        filter.setCriteria(criteria);
        filter.completeNow();
        QVERIFY(filter.rowCount() > 1);
        const LogDetails details = model.details(filter.sourceRow(0), true);
        QVERIFY2(details.text.contains(u"name: src-downtime-start"), qPrintable(details.text));
        QVERIFY(details.text.contains(u'.')); // a sentence on what it means
    }

    void traceStatesFollowTheAnswers()
    {
        timeline::Record record;
        TraceStates states(record);
        QSignalSpy changed(&states, &TraceStates::changed);
        int number = 0;
        const auto exchange = [&](const QByteArray& command, const QByteArray& reply, const QString& name) {
            const QByteArray id = ", \"id\": \"" + QByteArray::number(++number) + "\"}";
            record.append(test::qmp(Side::Source, true, 1, command + id, name));
            record.append(test::qmp(
                Side::Source, false, 2, reply + id, reply.contains("error") ? u"error"_s : u"return"_s));
        };
        exchange("{\"execute\": \"trace-event-get-state\", \"arguments\": {\"name\": \"*\"}",
            "{\"return\": [{\"name\": \"cpr_find_fd\", \"state\": \"disabled\"}, {\"name\": \"cpr_save_fd\", "
            "\"state\": \"enabled\"}, {\"name\": \"x\", \"state\": \"unavailable\"}]",
            u"trace-event-get-state"_s);
        QTRY_COMPARE(states.known(Side::Source).events.size(), 2);
        QVERIFY(states.known(Side::Source).complete);
        QVERIFY(!states.known(Side::Source).events[u"cpr_find_fd"_s]);
        QVERIFY(states.known(Side::Destination).events.isEmpty());
        exchange("{\"execute\": \"trace-event-set-state\", \"arguments\": {\"name\": \"cpr_f*\", \"enable\": "
                 "true}",
            "{\"return\": {}", u"trace-event-set-state"_s);
        QVERIFY(states.known(Side::Source).events[u"cpr_find_fd"_s]);
        exchange(
            "{\"execute\": \"trace-event-set-state\", \"arguments\": {\"name\": \"nix\", \"enable\": true}",
            "{\"error\": {\"class\": \"GenericError\", \"desc\": \"unknown event \\\"nix\\\"\"}",
            u"trace-event-set-state"_s);
        QCOMPARE(states.known(Side::Source).refusal, u"unknown event \"nix\""_s);
        QCOMPARE(states.known(Side::Source).events.size(), 2);
        record.append(test::qmp(Side::Source, false, 3, "{\"QMP\": {}}", u"QMP"_s));
        QVERIFY(states.known(Side::Source).events.isEmpty());
        QVERIFY(changed.size() >= 4);
    }

    void traceEventsAreSwitchedByTheVmm()
    {
        TraceEventModel model;
        const QAbstractItemModelTester tester(&model, Mode::QtTest);
        model.setEvents({ { u"a"_s, false }, { u"b"_s, true } });
        QCOMPARE(model.index(0).data().toString(), u"b"_s);
        QVERIFY(!(model.flags(model.index(0)) & Qt::ItemIsUserCheckable));
        model.setEditable(true);
        QSignalSpy asked(&model, &TraceEventModel::switchRequested);
        QVERIFY(!model.setData(model.index(1), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(asked.size(), 1);
        QCOMPARE(model.index(1).data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Unchecked));
        // It stays where it is when it has been switched.
        model.setEvents({ { u"a"_s, true }, { u"b"_s, true } });
        QCOMPARE(model.index(1).data().toString(), u"a"_s);
        QCOMPARE(model.index(1).data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Checked));
    }
};

QTEST_MAIN(TestLogs)
#include "tst_logs.moc"
