// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "base/clock.h"
#include "breakdown/breakdownbar.h"
#include "breakdown/breakdownpanel.h"
#include "mainwindow.h"
#include "preflight/preflightpanel.h"
#include "pulse/pulsepanel.h"
#include "pulse/pulsestrip.h"
#include "timeline/timelinepanel.h"
#include "widgets/endpointcard.h"
#include "widgets/phasestrip.h"

#include <KColorSchemeManager>

#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// Pulse, pause breakdown, preflight, cards and phases, by clicks and keys in the window.
class TestFindings : public QObject
{
    Q_OBJECT
private:
    static void show(MainWindow& window)
    {
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
        // The layout was made for the test's screen, which is smaller.
        window.actionGroups().find(u"view_reset"_s)->trigger();
        QTest::qWait(0);
    }

    static void raise(MainWindow& window, const QString& dock)
    {
        auto* found = window.findChild<QDockWidget*>(dock);
        found->show();
        found->raise();
        QTRY_VERIFY(!found->visibleRegion().isEmpty());
    }

    /// Presses Ctrl+K and then \a key.
    static void chord(MainWindow& window, Qt::Key key)
    {
        QWidget* target = window.focusWidget() ? window.focusWidget() : &window;
        QTest::keyClick(target, Qt::Key_K, Qt::ControlModifier);
        QTest::keyClick(target, key);
    }

    static void save(QWidget& widget, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (folder.isEmpty())
            return;
        QTest::qWait(100);
        QVERIFY(widget.grab().save(folder + u'/' + name + u".png"));
    }

    static op::Check ramCheck()
    {
        return { .id = u"ram-shared"_s,
            .verdict = op::Verdict::Refuse,
            .title = u"The guest's RAM can be passed"_s,
            .evidence = u"Private: ram0 (memory-backend-ram)."_s,
            .remedy = u"Restart the VMM once with share=on, or migrate in the mode normal."_s,
            .fix = op::Fix{ .kind = op::FixKind::Mode, .names = { u"normal"_s } } };
    }

    static void showWithPulse(test::ScriptedSession& session)
    {
        session.showMigrated();
        session.events.append(test::capturedPulse());
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh(); }

    void pulseShowsTheGaps()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        showWithPulse(session);
        raise(window, u"pulseDock"_s);
        auto* panel = window.findChild<PulsePanel*>();
        auto* figures = panel->findChild<QTreeView*>(u"pulseFigures"_s);
        QTRY_COMPARE(panel->strip()->scene().view, PulseView::Gap);
        QCOMPARE(panel->strip()->scene().rows.size(), 3);
        QVERIFY(panel->strip()->accessibleDescription().contains(u"Guest gap"));
        QVERIFY(figures->model()->rowCount() >= 8);
        save(window, u"pulse"_s);

        // A gap in the strip, then its row in the table, lead to the timeline.
        auto& zoom = window.timelinePanel()->zoom();
        zoom.setSelection(std::nullopt);
        const PulseRow guest = panel->strip()->scene().rows.front();
        QTRY_VERIFY(panel->strip()->isVisible() && panel->strip()->width() > 200);
        QTest::qWait(20); // for layouts
        const QRectF strip(panel->strip()->rect());
        QTest::mouseClick(panel->strip(), Qt::LeftButton, {},
            QPointF(strip.center().x() + 20, strip.height() / 5).toPoint());
        QTRY_VERIFY(zoom.selection().has_value());
        QCOMPARE(zoom.selection()->startNs, guest.gap->startNs);
        QCOMPARE(zoom.selection()->endNs, guest.gap->endNs());
        zoom.setSelection(std::nullopt);
        figures->setFocus();
        figures->setCurrentIndex(figures->model()->index(0, 0));
        QTest::keyClick(figures, Qt::Key_Return);
        QVERIFY(zoom.selection().has_value());

        chord(window, Qt::Key_G);
        QCOMPARE(panel->strip()->scene().view, PulseView::Run);
        save(window, u"pulse-run"_s);
        chord(window, Qt::Key_T);
        auto* samples = panel->findChild<QTreeView*>(u"pulseSamples"_s);
        QVERIFY(samples->isVisible());
        QCOMPARE(samples->model()->rowCount(), 8);
        chord(window, Qt::Key_L);
        QCOMPARE(session.calls.last(), u"pulse"_s);
        chord(window, Qt::Key_H);
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"Guest gap\t"));
    }

    void aVmmWithoutPulseSaysWhatThereIsInstead()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        session.events.append({ .side = Side::Source,
            .timeNs = test::capturedStartNs,
            .category = timeline::Category::Pulse,
            .name = u"absent"_s });
        session.showMigrated();
        raise(window, u"pulseDock"_s);
        auto* panel = window.findChild<PulsePanel*>();
        const auto says = [panel](const QString& part) {
            return std::ranges::any_of(panel->findChildren<QLabel*>(),
                [&](const QLabel* label) { return label->isVisible() && label->text().contains(part); });
        };
        QTRY_VERIFY(says(u"no pulse"_s));
        QVERIFY(!panel->strip()->isVisible());
        // The VMMs' own pause is still told.
        QTRY_COMPARE(panel->findChild<QTreeView*>(u"pulseFigures"_s)->model()->rowCount(), 1);
        save(window, u"pulse-absent"_s);
    }

    void breakdownAndTimelineFollowEachOther()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        session.showMigrated();
        raise(window, u"breakdownDock"_s);
        auto* panel = window.findChild<BreakdownPanel*>();
        QTRY_VERIFY(panel->model().rowCount() > 3);
        QCOMPARE(panel->model().sumNs(), panel->model().breakdown().pause.valueNs);
        auto& zoom = window.timelinePanel()->zoom();
        QTreeView* view = panel->view();

        view->setFocus();
        QTest::keyClick(view, Qt::Key_Home);
        QTest::keyClick(view, Qt::Key_Down);
        QTRY_VERIFY(zoom.selection().has_value());
        const Interval second = *zoom.selection();
        QVERIFY(zoom.range().contains(second.startNs));
        QTest::keyClick(view, Qt::Key_Up);
        QVERIFY(*zoom.selection() != second);

        // A part of the bar chooses its row.
        const int longest = 3;
        QTest::mouseClick(
            panel->bar(), Qt::LeftButton, {}, panel->bar()->partArea(longest).center().toPoint());
        QCOMPARE(view->currentIndex().data().toString(), panel->model().index(longest, 0).data().toString());

        // What is picked on the timeline is chosen in the table, and the timeline is left alone.
        zoom.setSelection(std::nullopt);
        const auto events = session.record().events();
        const auto inside = std::ranges::find_if(
            events, [&](const timeline::Event& event) { return second.contains(event.timeNs); });
        QVERIFY(inside != events.end());
        Q_EMIT window.timelinePanel()->eventSelected(static_cast<std::size_t>(inside - events.begin()));
        QVERIFY(!zoom.selection());
        QCOMPARE(panel->model().indexFor(second).data().toString(), view->currentIndex().data().toString());
        save(window, u"breakdown"_s);
    }

    void breakdownIsGroupedSortedCopiedAndSaved()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        session.showMigrated();
        raise(window, u"breakdownDock"_s);
        auto* panel = window.findChild<BreakdownPanel*>();
        QTRY_VERIFY(panel->model().rowCount() > 3);
        QTreeView* view = panel->view();
        view->setFocus();

        view->sortByColumn(BreakdownModel::TimeColumn, Qt::DescendingOrder);
        const auto duration = [view](int row) {
            return view->model()->index(row, 0).data(BreakdownModel::DurationRole).toLongLong();
        };
        for (int row = 1; row < view->model()->rowCount(); ++row)
            QVERIFY(duration(row - 1) >= duration(row));

        const int phases = panel->model().rowCount();
        chord(window, Qt::Key_D);
        QVERIFY(panel->model().rowCount() > phases);
        QCOMPARE(panel->model().sumNs(), panel->model().breakdown().pause.valueNs);
        save(window, u"breakdown-device"_s);
        chord(window, Qt::Key_C);
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
        QCOMPARE(lines.size(), qsizetype(panel->model().breakdown().rows.size() + 1));

        const QTemporaryDir folder;
        chord(window, Qt::Key_S);
        QFileDialog* dialog = nullptr;
        QTRY_VERIFY((dialog = panel->findChild<QFileDialog*>()));
        const QString path = folder.filePath(u"pause.csv"_s);
        Q_EMIT dialog->fileSelected(path);
        dialog->reject();
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArrayList csv = file.readAll().trimmed().split('\n');
        qint64 sum = 0;
        for (const QByteArray& line : csv.sliced(1))
            sum += line.split(',').at(3).toLongLong();
        QCOMPARE(sum, panel->model().breakdown().pause.valueNs);
    }

    void remedyIsCarriedOutAndUndone()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        session.found
            = { { .id = u"blockers"_s, .verdict = op::Verdict::Pass, .title = u"Fine"_s }, ramCheck() };
        session.go(op::state::Ready{ .refused = true });
        raise(window, u"preflightDock"_s);
        auto* panel = window.findChild<PreflightPanel*>();
        auto* button = panel->findChild<QPushButton*>(u"fixButton"_s);
        auto* undo = panel->findChild<QPushButton*>(u"undoFixButton"_s);
        QTRY_VERIFY(button->isVisible());
        QVERIFY(!undo->isVisible());
        QVERIFY(button->text().contains(u"normal"));
        save(window, u"preflight"_s);
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(session.calls.last(), u"fix"_s);
        QCOMPARE(session.fixed.front().checkId, u"ram-shared"_s);

        session.asked.mode = u"normal"_s;
        session.found
            = { { .id = u"ram-shared"_s, .verdict = op::Verdict::NotApplicable, .title = u"RAM"_s } };
        session.go(op::state::Ready{});
        QTRY_VERIFY(undo->isVisible());
        QVERIFY(!button->isVisible());
        save(window, u"preflight-done"_s);
        panel->view()->setFocus();
        chord(window, Qt::Key_U);
        QCOMPARE(session.calls.last(), u"undo"_s);
        QVERIFY(session.fixed.empty());
    }

    void onlyProblemsAndTheText()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        session.showMigrated();
        raise(window, u"preflightDock"_s);
        auto* panel = window.findChild<PreflightPanel*>();
        QTRY_COMPARE(panel->view()->model()->rowCount(), 2);
        panel->view()->setFocus();
        chord(window, Qt::Key_O);
        QCOMPARE(panel->view()->model()->rowCount(), 1);
        chord(window, Qt::Key_P);
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"ram-shared"));
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"Remedy: "));
        chord(window, Qt::Key_O);
        QCOMPARE(panel->view()->model()->rowCount(), 2);
    }

    void phasesLeadToTheTimeline()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        auto* strip = window.findChild<PhaseStrip*>();
        QCOMPARE(strip->cell(timeline::PhaseId::Switchover)->focusPolicy(), Qt::NoFocus);
        session.go(op::state::Checking{});
        session.showMigrated();
        PhaseCell* cell = strip->cell(timeline::PhaseId::Switchover);
        QTRY_VERIFY(!phaseInterval(cell->phase()).isEmpty());
        auto& zoom = window.timelinePanel()->zoom();
        QTest::mouseClick(cell, Qt::LeftButton);
        QCOMPARE(zoom.selection().value(), phaseInterval(cell->phase()));
        PhaseCell* setup = strip->cell(timeline::PhaseId::Setup);
        setup->setFocus();
        QTest::keyClick(setup, Qt::Key_Return);
        QCOMPARE(zoom.selection().value(), phaseInterval(setup->phase()));
    }

    void cardsWithLongNames_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::newRow("light") << u"BreezeLight"_s;
        QTest::newRow("dark") << u"BreezeDark"_s;
    }
    void cardsWithLongNames()
    {
        QFETCH(const QString, scheme);
        KColorSchemeManager* manager = KColorSchemeManager::instance();
        manager->activateScheme(manager->indexForSchemeId(scheme));
        test::ScriptedSession session;
        MainWindow window(&session);
        show(window);
        session.go(op::state::Checking{});
        showWithPulse(session);
        const QString name = u"production-database-primary-replica-with-a-very-long-name-07"_s;
        session.source.name = session.destination.name = name;
        session.source.qmpPath
            = u"/run/user/1000/virtual-machines/production/database/primary/monitor/qmp.sock"_s;
        session.source.processStartNs = realtimeNs() - qint64{ 3 } * 3600 * 1'000'000'000;
        session.destination.runState.clear();
        session.destination.connected = false;
        session.destination.waitingForSource = true;
        Q_EMIT session.endpointsChanged();
        QTest::qWait(0);
        QVERIFY2(
            window.width() <= 1280 && window.height() <= 800, qPrintable(QString::number(window.width())));
        auto* source = window.findChild<EndpointCard*>(u"sourceCard"_s);
        const auto texts = [](const QWidget* card) {
            QStringList all;
            for (const QLabel* label : card->findChildren<QLabel*>())
                all.append(label->text());
            return all.join(u'\n');
        };
        QVERIFY(texts(source).contains(u"pid 41872"));
        QVERIFY(source->accessibleDescription().contains(u"3 hours"));
        auto* destination = window.findChild<EndpointCard*>(u"destinationCard"_s);
        QVERIFY(texts(destination).contains(u"waiting for the source (expected)"));
        // What is cut can be read in a tooltip.
        const auto labels = source->findChildren<QLabel*>();
        QVERIFY(std::ranges::any_of(
            labels, [&](const QLabel* label) { return label->toolTip().contains(name); }));
        save(window, u"cards-"_s + QLatin1StringView(QTest::currentDataTag()));

        chord(window, Qt::Key_1);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"41872"_s);
        chord(window, Qt::Key_2);
        QCOMPARE(QGuiApplication::clipboard()->text(), session.source.qmpPath);
        session.go(op::state::Idle{});
        session.destination = {};
        Q_EMIT session.endpointsChanged();
        const QAction* copy = window.actionGroups().find(u"destination_copy_pid"_s);
        QVERIFY(!copy->isEnabled());
        QVERIFY(copy->toolTip().contains(u"not known"));
        manager->activateScheme(manager->indexForSchemeId(u"BreezeLight"_s));
    }
};

QTEST_MAIN(TestFindings)
#include "tst_findings.moc"
