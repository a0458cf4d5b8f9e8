// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "colours.h"
#include "mainwindow.h"
#include "panels/eventspanel.h"
#include "timeline/detailspanel.h"
#include "timeline/recording.h"
#include "timeline/timelinepanel.h"

#include <KColorSchemeManager>

#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QImage>
#include <QLineEdit>
#include <QMenu>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBrowser>
#include <QWheelEvent>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Marker = ZoomControl::Marker;

/// Counts how often a widget is painted.
class PaintCounter : public QObject
{
public:
    explicit PaintCounter(QWidget* widget) { widget->installEventFilter(this); }
    int count = 0;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        count += event->type() == QEvent::Paint ? 1 : 0;
        return QObject::eventFilter(watched, event);
    }
};

/// The timeline and its table in the real window, by mouse and keys.
class TestTimeline : public QObject
{
    Q_OBJECT
private:
    test::ScriptedSession m_session;
    std::unique_ptr<MainWindow> m_window;

    TimelinePanel* panel() { return m_window->timelinePanel(); }
    TimelineView* view() { return panel()->view(); }
    ZoomControl& zoom() { return panel()->zoom(); }
    QTableView* table() { return m_window->findChild<QTableView*>(u"eventsView"_s); }
    EventsPanel* events() { return m_window->findChild<EventsPanel*>(); }
    void key(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(view(), static_cast<Qt::Key>(key), modifiers);
    }
    QPoint place(qint64 timeNs, const QRectF& row)
    {
        return QPointF(view()->geometryNow().xOf(timeNs, zoom().range()), row.center().y()).toPoint();
    }
    void drag(QWidget* widget, QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::mousePress(widget, Qt::LeftButton, modifiers, from);
        for (int i = 1; i <= 4; ++i)
            QTest::mouseMove(widget, from + ((to - from) * i / 4));
        QTest::mouseRelease(widget, Qt::LeftButton, modifiers, to);
    }
    void wheel(QPoint at, QPoint angle, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QWheelEvent event(at, view()->viewport()->mapToGlobal(at), {}, angle, Qt::NoButton, modifiers,
            Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(view()->viewport(), &event);
    }

    static bool holds(const QImage& image, const QColor& colour)
    {
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (image.pixel(x, y) == colour.rgb())
                    return true;
            }
        }
        return false;
    }
    static void save(const QImage& image, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(image.save(folder + u'/' + name + QString::fromUtf8(QTest::currentDataTag()) + u".png"));
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init()
    {
        test::startAfresh({ u"Timeline"_s });
        m_session.events.clear();
        m_window = std::make_unique<MainWindow>(&m_session);
        m_window->resize(1400, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        m_window->activateWindow();
        m_session.go(op::state::Checking{});
        m_session.showMigrated();
        QTRY_VERIFY(panel()->scene().pause.isKnown());
        zoom().fit();
        panel()->setFocus();
        QVERIFY(view()->hasFocus());
    }
    void cleanup()
    {
        m_window.reset();
        m_session.now = op::state::Idle{};
    }

    void looksRight_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<bool>("embedded");
        QTest::addColumn<QSize>("size");
        for (const QSize& size : { QSize(1280, 800), QSize(1920, 1080) }) {
            for (const QString& scheme : { u"BreezeLight"_s, u"BreezeDark"_s }) {
                for (const bool embedded : { false, true })
                    QTest::addRow("%s-%s-%d", qPrintable(scheme), embedded ? "vmm" : "qemu", size.width())
                        << scheme << embedded << size;
            }
        }
    }
    void looksRight()
    {
        QFETCH(const QString, scheme);
        QFETCH(const bool, embedded);
        QFETCH(const QSize, size);
        KColorSchemeManager* schemes = KColorSchemeManager::instance();
        schemes->activateScheme(schemes->indexForSchemeId(scheme));
        if (embedded) {
            auto recording
                = timeline::readRecording(u"" CUTOVER_TEST_DATA "/recordings/vmm-prepared.cutover"_s);
            QVERIFY(recording);
            m_session.events.clear();
            m_session.events.append(std::move(recording->events));
        }
        m_window->resize(size);
        panel()->refresh();
        key(Qt::Key_P);
        const auto& marks = panel()->scene().source.marks;
        zoom().setMarker(Marker::A, marks[1].timeNs);
        zoom().setMarker(Marker::B, marks.back().timeNs);
        panel()->selectEvent(marks[2].event);
        events()->selectEvent(marks[2].event);
        QTest::qWait(20);
        save(m_window->grab().toImage(), u"pause-"_s);
        const QImage image = view()->grab().toImage();
        const Colours colours = Colours::of(view()->palette());
        for (const QColor& colour :
            { colours.background, colours.tint(colours.source, 0.9), colours.tint(colours.destination, 0.9) })
            QVERIFY2(holds(image, colour), qPrintable(colour.name()));
        key(Qt::Key_F);
        QTest::qWait(20);
        save(m_window->grab().toImage(), u"all-"_s);
        schemes->activateScheme(schemes->indexForSchemeId(u"BreezeLight"_s));
    }

    void wheelZoomsAtTheCursor()
    {
        const QRectF plot = view()->geometryNow().plot();
        const QPoint at(
            static_cast<int>(plot.left() + (plot.width() * 0.7)), static_cast<int>(plot.center().y()));
        const qint64 under = view()->geometryNow().timeAt(at.x(), zoom().range());
        const qint64 before = zoom().range().length();
        for (int i = 0; i < 5; ++i)
            wheel(at, { 0, 120 });
        QVERIFY(zoom().range().length() < before / 2);
        const qint64 perPixel = zoom().range().length() / static_cast<qint64>(plot.width()) + 1;
        QVERIFY(std::abs(view()->geometryNow().timeAt(at.x(), zoom().range()) - under) <= perPixel * 2);
        const Interval zoomed = zoom().range();
        wheel(at, { 0, -120 }, Qt::ShiftModifier);
        QCOMPARE(zoom().range().length(), zoomed.length());
        QVERIFY(zoom().range().startNs > zoomed.startNs);
        for (int i = 0; i < 10; ++i)
            wheel(at, { 0, -120 });
        QCOMPARE(zoom().range(), zoom().bounds());
    }

    void draggingPans()
    {
        key(Qt::Key_P);
        const Interval before = zoom().range();
        const QPoint from = view()->geometryNow().plot().center().toPoint();
        drag(view()->viewport(), from, from + QPoint(100, 0));
        QCOMPARE(zoom().range().length(), before.length());
        QVERIFY(zoom().range().startNs < before.startNs);
        QVERIFY(!zoom().selection());
    }

    void shiftDragMarksARange()
    {
        key(Qt::Key_P);
        const Interval before = zoom().range();
        const QPoint from = view()->geometryNow().plot().center().toPoint();
        drag(view()->viewport(), from, from + QPoint(-120, 0), Qt::ShiftModifier);
        QVERIFY(zoom().selection());
        QCOMPARE(zoom().range(), before);
        const double pixels = view()->geometryNow().xOf(zoom().selection()->endNs, before)
            - view()->geometryNow().xOf(zoom().selection()->startNs, before);
        QVERIFY(std::abs(pixels - 120) <= 2);
        key(Qt::Key_Z);
        QCOMPARE(zoom().range(), *zoom().selection());
        QTest::mouseClick(view()->viewport(), Qt::LeftButton, {}, from);
        QVERIFY(!zoom().selection());
    }

    void clickSelectsInBoth()
    {
        key(Qt::Key_P);
        const LaneMark& mark = panel()->scene().source.marks.back();
        const QRectF label = view()->geometryNow().label(LaneId::Source, 0, 0, 1);
        QTest::mouseClick(view()->viewport(), Qt::LeftButton, {}, place(mark.timeNs, label));
        QCOMPARE(view()->selectedEvent(), mark.event);
        QCOMPARE(events()->model().eventAt(table()->currentIndex().row()), mark.event);
        auto* details = m_window->findChild<QTextBrowser*>(u"detailsText"_s);
        QVERIFY2(details->toPlainText().contains(mark.name), qPrintable(details->toPlainText()));

        // And back: a row of the table is found in the timeline.
        zoom().fit();
        table()->setFocus();
        const int row = table()->currentIndex().row();
        QTest::keyClick(table(), Qt::Key_Down);
        QCOMPARE(view()->selectedEvent(), events()->model().eventAt(row + 1));
    }

    void clickOnWhatLasts()
    {
        key(Qt::Key_P);
        const Interval pause = panel()->scene().pauseInterval();
        const QPoint middle = place(pause.startNs + (pause.length() / 2), view()->geometryNow().band());
        QTest::mouseClick(view()->viewport(), Qt::LeftButton, {}, middle);
        QCOMPARE(view()->selection().kind, TimelineHit::Kind::Pause);
        auto* details = m_window->findChild<QTextBrowser*>(u"detailsText"_s);
        QVERIFY2(details->toPlainText().contains(u"Clock error"), qPrintable(details->toPlainText()));
        QTest::mouseDClick(view()->viewport(), Qt::LeftButton, {}, middle);
        QVERIFY(zoom().range().length() < pause.length() * 2);
    }

    void stepsByKey()
    {
        QSignalSpy selected(panel(), &TimelinePanel::eventSelected);
        key(Qt::Key_Period);
        key(Qt::Key_Period);
        QCOMPARE(selected.size(), 2);
        const std::size_t second = *view()->selectedEvent();
        key(Qt::Key_Period);
        key(Qt::Key_Comma);
        QCOMPARE(*view()->selectedEvent(), second);

        const auto record = m_session.events.events();
        const auto find = std::ranges::find(record, u"cpr_find_fd"_s, &timeline::Event::name);
        panel()->selectEvent(static_cast<std::size_t>(find - record.begin()));
        key(Qt::Key_N);
        QCOMPARE(record[*view()->selectedEvent()].name, u"cpr_find_fd"_s);
        const std::size_t next = *view()->selectedEvent();
        key(Qt::Key_N, Qt::ShiftModifier);
        QVERIFY(*view()->selectedEvent() != next);
        key(Qt::Key_E);
        QCOMPARE(record[*view()->selectedEvent()].side, find->side);
    }

    void markersByKeyAndMouse()
    {
        const LaneMark& first = panel()->scene().source.marks.front();
        const LaneMark& last = panel()->scene().source.marks.back();
        key(Qt::Key_P);
        const QAction* range = m_window->actionGroups().find(u"timeline_markers_range"_s);
        QVERIFY(!range->isEnabled());
        QVERIFY(range->toolTip().contains(u"not set"));
        panel()->selectEvent(first.event);
        key(Qt::Key_A, Qt::ShiftModifier);
        panel()->selectEvent(last.event);
        key(Qt::Key_B, Qt::ShiftModifier);
        QCOMPARE(zoom().marker(Marker::A), first.timeNs);
        QCOMPARE(zoom().markerDifference(), last.timeNs - first.timeNs);
        key(Qt::Key_R);
        QCOMPARE(zoom().selection(), (Interval{ first.timeNs, last.timeNs }));

        // The flags can be dragged.
        const double x = view()->geometryNow().xOf(first.timeNs, zoom().range());
        const QPoint flag = view()->geometryNow().markerFlag(x, true).center().toPoint();
        drag(view()->viewport(), flag, flag + QPoint(60, 0));
        QVERIFY(*zoom().marker(Marker::A) > first.timeNs);
        key(Qt::Key_X, Qt::ShiftModifier);
        QVERIFY(!zoom().marker(Marker::A) && !zoom().marker(Marker::B) && !zoom().selection());
    }

    void markersByMenu()
    {
        const QPoint at = view()->geometryNow().plot().center().toPoint();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, view()->viewport()->mapToGlobal(at));
        QCoreApplication::sendEvent(view()->viewport(), &event);
        auto* menu = panel()->findChild<QMenu*>(u"timelineMenu"_s);
        QVERIFY(menu);
        QTRY_VERIFY(menu->isVisible());
        QTest::keyClick(menu, Qt::Key_Down);
        QTest::keyClick(menu, Qt::Key_Return);
        QTRY_VERIFY(zoom().marker(Marker::A));
        const qint64 wanted = view()->geometryNow().timeAt(at.x(), zoom().range());
        QCOMPARE(*zoom().marker(Marker::A), wanted);
    }

    void lanesByKeyAndMouse()
    {
        const auto folded
            = [this](LaneId lane) { return view()->laneLooks()[static_cast<std::size_t>(lane)].folded; };
        QTest::mouseClick(view()->viewport(), Qt::LeftButton, {},
            view()->geometryNow().title(LaneId::Destination).center().toPoint());
        QVERIFY(folded(LaneId::Destination));
        key(Qt::Key_O);
        QVERIFY(!folded(LaneId::Destination));
        key(Qt::Key_Up);
        QCOMPARE(view()->currentLane(), LaneId::Channels);
        key(Qt::Key_Space);
        QVERIFY(folded(LaneId::Channels));
        key(Qt::Key_2, Qt::AltModifier);
        QVERIFY(!view()->geometryNow().isShown(LaneId::Channels));
        QVERIFY(!m_window->actionGroups().find(u"timeline_show_channels"_s)->isChecked());

        // The next window knows it.
        MainWindow another(&m_session);
        QVERIFY(!another.timelinePanel()
                ->view()
                ->laneLooks()[static_cast<std::size_t>(LaneId::Channels)]
                .visible);
        key(Qt::Key_2, Qt::AltModifier);
        QVERIFY(view()->geometryNow().isShown(LaneId::Channels));
    }

    void lanesScrollWhereThereIsNoRoom()
    {
        m_window->resize(1100, 620);
        QTRY_VERIFY(view()->verticalScrollBar()->maximum() > 0);
        const QPoint title = view()->geometryNow().title(LaneId::Source).center().toPoint();
        const Interval before = zoom().range();
        wheel(title, { 0, -120 });
        QVERIFY(view()->verticalScrollBar()->value() > 0);
        QCOMPARE(zoom().range(), before);
        for (int i = 0; i < 5 && view()->currentLane() != LaneId::Console; ++i)
            key(Qt::Key_Down);
        QVERIFY(view()->geometryNow().lane(LaneId::Console).bottom() <= view()->viewport()->height() + 1);
    }

    void minimapMovesTheView()
    {
        key(Qt::Key_P);
        for (int i = 0; i < 12; ++i)
            key(Qt::Key_S);
        zoom().setRange({ zoom().trace().startNs, zoom().trace().startNs + (zoom().trace().length() / 4) });
        Minimap* map = panel()->minimap();
        const Interval before = zoom().range();
        const QPoint inFrame = map->frame().center().toPoint();
        drag(map, inFrame, inFrame + QPoint(100, 0));
        QVERIFY(zoom().range().startNs > before.startNs);
        QCOMPARE(zoom().range().length(), before.length());
        const QPoint edge(static_cast<int>(map->frame().right()), map->height() / 2);
        drag(map, edge, edge + QPoint(80, 0));
        QVERIFY(zoom().range().length() > before.length());
        QTest::mouseClick(map, Qt::LeftButton, {}, { map->width() - 5, map->height() / 2 });
        QCOMPARE(zoom().range().endNs, zoom().bounds().endNs);
    }

    void followsWhatHappens()
    {
        key(Qt::Key_P);
        QVERIFY(!zoom().isFollowing());
        const qint64 length = zoom().range().length();
        key(Qt::Key_End);
        QVERIFY(zoom().isFollowing());
        const qint64 later = zoom().trace().endNs + 5'000'000;
        m_session.events.append({ .side = Side::Source,
            .timeNs = later,
            .category = timeline::Category::Trace,
            .name = u"late"_s,
            .attributes = {} });
        QTRY_VERIFY(zoom().range().contains(later));
        QVERIFY(std::abs(zoom().range().length() - length) <= 1);
        key(Qt::Key_A);
        QVERIFY(!zoom().isFollowing());
    }

    void playPositionIsShown()
    {
        key(Qt::Key_P);
        const QImage before = view()->grab().toImage();
        panel()->setPlayPosition(panel()->scene().pause.startNs);
        QVERIFY(view()->grab().toImage() != before);
        panel()->setPlayPosition(std::nullopt);
        QCOMPARE(view()->grab().toImage(), before);
    }

    void tableFiltersByMouseAndKeys()
    {
        auto* filter = events()->findChild<QLineEdit*>(u"eventsFilter"_s);
        auto* side = events()->findChild<QComboBox*>(u"eventsSide"_s);
        const int all = table()->model()->rowCount();
        filter->setFocus();
        QTest::keyClicks(filter, u"cpr_find"_s);
        const int found = table()->model()->rowCount();
        QVERIFY(found > 0 && found < all);
        side->setFocus();
        QTest::keyClicks(side, u"Source"_s);
        QCOMPARE(side->currentText(), u"Source"_s);
        QVERIFY(table()->model()->rowCount() < found);
        // What the filter hides is selected all the same, and found again once it is gone.
        const LaneMark& mark = panel()->scene().source.marks.front();
        panel()->selectEvent(mark.event);
        events()->selectEvent(mark.event);
        QVERIFY(!table()->currentIndex().isValid());
        filter->clear();
        QCOMPARE(events()->model().eventAt(table()->currentIndex().row()), mark.event);

        auto* times = events()->findChild<QComboBox*>(u"eventsTimes"_s);
        times->setCurrentIndex(1);
        const int first = events()->model().rowOf(mark.event);
        QCOMPARE(table()->model()->index(first, EventModel::TimeColumn).data().toString(), u"0"_s);
    }

    void copiesAndExports()
    {
        table()->setFocus();
        table()->selectRow(3);
        QTest::keyClick(table(), Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(table(), Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().trimmed().split(u'\n');
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0].split(u'\t').size(), 5);

        const QTemporaryDir folder;
        QSignalSpy exported(events(), &EventsPanel::exported);
        events()->exportTo(folder.filePath(u"two.csv"_s), EventsPanel::Rows::Selected);
        QVERIFY(exported.wait(cutover::patience::limitMs));
        QFile two(folder.filePath(u"two.csv"_s));
        QVERIFY(two.open(QIODevice::ReadOnly));
        QCOMPARE(two.readAll().count("\r\n"), 3);
        events()->exportTo(folder.filePath(u"all.csv"_s), EventsPanel::Rows::Shown);
        QVERIFY(exported.wait(cutover::patience::limitMs));
        QFile all(folder.filePath(u"all.csv"_s));
        QVERIFY(all.open(QIODevice::ReadOnly));
        QCOMPARE(all.readAll().count("\r\n"), table()->model()->rowCount() + 1);
        QSignalSpy failed(events(), &EventsPanel::failed);
        events()->exportTo(folder.filePath(u"missing/all.csv"_s), EventsPanel::Rows::Shown);
        QVERIFY(failed.wait(cutover::patience::limitMs));
    }

    void detailsLinkToOtherEvents()
    {
        const auto record = m_session.events.events();
        const auto migrate = std::ranges::find_if(record, [](const timeline::Event& event) {
            return event.category == timeline::Category::QmpSent && event.name == u"migrate";
        });
        const auto number = static_cast<std::size_t>(migrate - record.begin());
        panel()->selectEvent(number);
        key(Qt::Key_I);
        auto* details = m_window->findChild<QTextBrowser*>(u"detailsText"_s);
        QVERIFY(details->hasFocus());
        const QString html = details->toHtml();
        const QRegularExpression link(u"event:(\\d+)"_s);
        bool followed = false;
        for (const QRegularExpressionMatch& match : link.globalMatch(html)) {
            const auto target = match.captured(1).toULongLong();
            if (target == number)
                continue;
            Q_EMIT details->anchorClicked(QUrl(match.captured()));
            QCOMPARE(view()->selectedEvent(), target);
            QCOMPARE(record[target].name, u"return"_s);
            followed = true;
            break;
        }
        QVERIFY2(followed, qPrintable(html));
    }

    void isAccessible()
    {
        QAccessibleInterface* chart = QAccessible::queryAccessibleInterface(view());
        QVERIFY(chart);
        QCOMPARE(chart->role(), QAccessible::Chart);
        QCOMPARE(chart->text(QAccessible::Name), u"Timeline"_s);
        QVERIFY(chart->state().focusable);
        QVERIFY(chart->text(QAccessible::Description).contains(u"paused for"));
        const LaneMark& mark = panel()->scene().source.marks.front();
        panel()->selectEvent(mark.event);
        const QString value = chart->text(QAccessible::Value);
        QVERIFY2(
            value.contains(u"Source") && value.contains(u"vmstate_downtime_checkpoint"), qPrintable(value));
    }

    void idleWindowPaintsNothing()
    {
        PaintCounter paints(view()->viewport());
        PaintCounter map(panel()->minimap());
        PaintCounter rows(table()->viewport());
        // On a busy machine it may take a while until everything has been painted once.
        const auto isQuiet = [&] {
            const int before = paints.count + map.count + rows.count;
            QTest::qWait(300);
            return paints.count + map.count + rows.count == before;
        };
        QTRY_VERIFY(isQuiet());
        for (const QTimer* timer : panel()->findChildren<QTimer*>())
            QVERIFY(!timer->isActive());
        for (const QTimer* timer : events()->findChildren<QTimer*>())
            QVERIFY(!timer->isActive());
    }
};

QTEST_MAIN(TestTimeline)
#include "tst_timeline.moc"
