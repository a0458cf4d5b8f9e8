// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "colours.h"
#include "mainwindow.h"
#include "start/startpanel.h"
#include "timeline/timelinepanel.h"
#include "widgets/failurebox.h"

#include <KColorSchemeManager>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QImage>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QModelIndex>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTabBar>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

class TestMainWindow : public QObject
{
    Q_OBJECT
private:
    static void useScheme(const QString& id)
    {
        KColorSchemeManager* manager = KColorSchemeManager::instance();
        const QModelIndex scheme = manager->indexForSchemeId(id);
        QVERIFY2(scheme.isValid(), qPrintable(id));
        manager->activateScheme(scheme);
    }

    /// Looks at every 3rd pixel.
    static QSet<QRgb> coloursIn(const QImage& image)
    {
        QSet<QRgb> found;
        for (int y = 0; y < image.height(); y += 3) {
            for (int x = 0; x < image.width(); x += 3)
                found.insert(image.pixel(x, y));
        }
        return found;
    }

    static void save(const QImage& image, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (!folder.isEmpty())
            QVERIFY(image.save(folder + u'/' + name + u".png"));
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh(); }

    void startPage()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QVERIFY(window.startPanel()->isVisible());
        for (const QDockWidget* dock : window.findChildren<QDockWidget*>())
            QVERIFY(!dock->isVisible());
        auto* button = window.findChild<QAbstractButton*>(u"connectButton"_s);
        QVERIFY(!button->isEnabled());
        QVERIFY(!button->toolTip().isEmpty());

        auto* path = window.findChild<QLineEdit*>(u"sourcePath"_s);
        path->setFocus();
        QTest::keyClicks(path, u"/run/vm/qmp.sock"_s);
        QTest::keyClick(path, Qt::Key_Return);
        QCOMPARE(session.calls, QStringList{ u"begin"_s });
        QCOMPARE(session.asked.source.qmpPath, u"/run/vm/qmp.sock"_s);
        QCOMPARE(session.asked.mode, u"cpr-transfer"_s);
        QVERIFY(session.asked.guarded);
        QVERIFY(!window.startPanel()->isVisible());
        QVERIFY(window.findChild<QDockWidget*>(u"fdsDock"_s)->isVisible());
    }

    void lightAndDark_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << u"BreezeLight"_s << false;
        QTest::newRow("dark") << u"BreezeDark"_s << true;
    }
    void lightAndDark()
    {
        QFETCH(const QString, scheme);
        QFETCH(const bool, dark);
        useScheme(scheme);
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        save(window.grab().toImage(), u"start-"_s + QLatin1StringView(QTest::currentDataTag()));
        session.go(op::state::Checking{});
        session.showMigrated();
        QTRY_VERIFY(window.timelinePanel()->scene().pause.isKnown());
        const QImage image = window.grab().toImage();
        save(image, u"migrated-"_s + QLatin1StringView(QTest::currentDataTag()));
        QVERIFY(coloursIn(image).size() > 200);
        QCOMPARE(Colours::of(window.palette()).isDark(), dark);

        const QImage timeline = window.timelinePanel()->view()->grab().toImage();
        const Colours colours = Colours::of(window.palette());
        const QSet<QRgb> seen = coloursIn(timeline);
        QVERIFY(seen.contains(colours.background.rgb()));
        QVERIFY(seen.contains(colours.tint(colours.source, 0.9).rgb()));
        QVERIFY(seen.contains(colours.tint(colours.destination, 0.9).rgb()));
        useScheme(u"BreezeLight"_s);
    }

    void mainButtonFollowsTheState()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        const auto next = [&window] { QTest::keyClick(&window, Qt::Key_Return, Qt::ControlModifier); };
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        next();
        QCOMPARE(session.calls.last(), u"migrate"_s);
        session.go(op::state::Moving{});
        next();
        QCOMPARE(session.calls.last(), u"cancel"_s);
        session.go(op::state::Migrated{});
        next();
        QCOMPARE(session.calls.last(), u"finish"_s);
        session.go(op::state::Ready{ .refused = true });
        next();
        QCOMPARE(session.calls.last(), u"check"_s);
        const QAction* migrate = window.actionGroups().find(u"session_migrate"_s);
        QVERIFY(!migrate->isEnabled());
        QVERIFY2(migrate->toolTip().contains(u"preflight"), qPrintable(migrate->toolTip()));
    }

    void failuresSayWhatToDo()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        session.why = op::Failure{ .side = Side::Destination,
            .phase = op::SessionPhase::Devices,
            .error = { .code = ErrorCode::Remote,
                .attempt = u"create its devices"_s,
                .object = {},
                .cause = u"the process ended"_s,
                .remedy = u"Read its output."_s },
            .destinationOutput = u"qemu-system-x86_64: ram0 backing store is too small"_s };
        session.go(op::state::Failed{ .why = *session.why });
        auto* box = window.findChild<FailureBox*>();
        QVERIFY(box->isVisible());
        QVERIFY(box->text().contains(u"Read its output."));
        auto* output = box->findChild<QPlainTextEdit*>();
        QVERIFY(!output->isVisible());
        QVERIFY(output->toPlainText().contains(u"too small"));
        bool found = false;
        for (QAbstractButton* button : box->findChildren<QAbstractButton*>()) {
            if (button->text().contains(u"Output")) {
                found = true;
                QTest::mouseClick(button, Qt::LeftButton);
            }
        }
        QVERIFY(found);
        QVERIFY(output->isVisible());
    }

    void timelineByKey()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        TimelinePanel* panel = window.timelinePanel();
        panel->setFocus();
        QVERIFY(panel->view()->hasFocus());
        const auto key = [panel](Qt::Key which) { QTest::keyClick(panel->view(), which); };

        const Interval all = panel->zoom().range();
        key(Qt::Key_W);
        QVERIFY(panel->zoom().range().length() < all.length());
        const Interval zoomed = panel->zoom().range();
        key(Qt::Key_D);
        QVERIFY(panel->zoom().range().startNs > zoomed.startNs);
        key(Qt::Key_A);
        QCOMPARE(panel->zoom().range(), zoomed);
        key(Qt::Key_S);
        key(Qt::Key_F);
        QCOMPARE(panel->zoom().range(), all);
        key(Qt::Key_P);
        QVERIFY(panel->zoom().range().length() < all.length() / 10);
        QVERIFY(panel->zoom().range().contains(panel->scene().pause.startNs));

        QSignalSpy selected(panel, &TimelinePanel::eventSelected);
        key(Qt::Key_Period);
        key(Qt::Key_Period);
        QCOMPARE(selected.size(), 2);
        const auto second = panel->view()->selectedEvent();
        key(Qt::Key_Comma);
        QVERIFY(panel->view()->selectedEvent() != second);
        // The table twin shows the same event.
        auto* table = window.findChild<QAbstractItemView*>(u"eventsView"_s);
        QVERIFY(table->currentIndex().isValid());
        key(Qt::Key_End);
        QVERIFY(panel->zoom().isFollowing());
        QCOMPARE(panel->zoom().range().endNs, all.endNs);
    }

    void goesToPanelsByKey()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        const QList<std::pair<Qt::Key, QString>> panels{ { Qt::Key_1, u"fdsDock"_s },
            { Qt::Key_2, u"breakdownDock"_s }, { Qt::Key_3, u"qmpDock"_s }, { Qt::Key_4, u"preflightDock"_s },
            { Qt::Key_5, u"eventsDock"_s } };
        for (const auto& [key, name] : panels) {
            auto* dock = window.findChild<QDockWidget*>(name);
            QTest::keyClick(&window, key, Qt::ControlModifier);
            QVERIFY2(dock->isAncestorOf(window.focusWidget()), qPrintable(name));
            // A dock behind another tab is not visible to the user.
            QTRY_VERIFY2(!dock->visibleRegion().isEmpty(), qPrintable(name));
            QTest::keyClick(&window, key, Qt::ControlModifier);
            QVERIFY2(dock->isHidden(), qPrintable(name));
            QTest::keyClick(&window, key, Qt::ControlModifier);
            QVERIFY2(!dock->isHidden(), qPrintable(name));
        }
    }

    void tabReachesEveryControl_data()
    {
        QTest::addColumn<bool>("started");
        QTest::newRow("start page") << false;
        QTest::newRow("session page") << true;
    }
    void tabReachesEveryControl()
    {
        QFETCH(const bool, started);
        test::ScriptedSession session;
        if (started)
            session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QSet<const QWidget*> reached;
        const QWidget* first = window.focusWidget();
        QVERIFY(first);
        for (const QWidget* next = first; !reached.contains(next); next = window.focusWidget()) {
            reached.insert(next);
            QTest::keyClick(window.focusWidget(), Qt::Key_Tab);
        }
        QStringList missed;
        for (const QWidget* widget : window.findChildren<QWidget*>()) {
            if ((widget->focusPolicy() & Qt::TabFocus) && widget->isVisible() && widget->isEnabled()
                && !widget->focusProxy() && !widget->visibleRegion().isEmpty() && !reached.contains(widget))
                missed.append(
                    QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->accessibleName());
        }
        const QWidget* last = window.focusWidget();
        missed.append(u"came round at %1 %2"_s.arg(
            QString::fromLatin1(last->metaObject()->className()), last->accessibleName()));
        QVERIFY2(missed.size() == 1, qPrintable(missed.join(u'\n')));
    }

    void choicesOfTheCardAreChecked()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        auto* guarded = window.findChild<QCheckBox*>(u"cardGuarded"_s);
        QVERIFY(guarded->isEnabled());
        guarded->click();
        QCOMPARE(session.calls.last(), u"check"_s);
        QVERIFY(!session.asked.guarded);
    }

    void fitsSmallScreens()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        window.resize(960, 540);
        window.actionGroups().find(u"view_reset"_s)->trigger();
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        session.go(op::state::Checking{});
        session.showMigrated();
        QTest::qWait(0);
        save(window.grab().toImage(), u"small"_s);
        QVERIFY2(window.width() <= 960 && window.height() <= 540,
            qPrintable(u"%1 x %2"_s.arg(window.width()).arg(window.height())));
    }

    void typingIsNotTakenByTheTimeline()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        const Interval before = window.timelinePanel()->zoom().range();
        auto* filter = window.findChild<QDockWidget*>(u"qmpDock"_s)->findChild<QLineEdit*>();
        filter->setFocus();
        QTest::keyClicks(filter, u"was.d"_s);
        QCOMPARE(filter->text(), u"was.d"_s);
        QCOMPARE(window.timelinePanel()->zoom().range(), before);
    }

    void layoutIsKeptAndReset()
    {
        test::ScriptedSession session;
        session.showMigrated();
        session.go(op::state::Finished{ .verified = true });
        {
            MainWindow window(&session);
            test::show(window, { 1280, 800 });
            window.findChild<QDockWidget*>(u"fdsDock"_s)->hide();
            window.close();
        }
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* dock = window.findChild<QDockWidget*>(u"fdsDock"_s);
        QVERIFY(!dock->isVisible());
        window.actionGroups().find(u"view_reset"_s)->trigger();
        QVERIFY(dock->isVisible());
        for (const QDockWidget* each : window.findChildren<QDockWidget*>())
            QVERIFY(!(each->features() & QDockWidget::DockWidgetFloatable));
    }

    void everyActionIsReachable()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        QSet<QKeySequence> keys;
        QSet<QString> ids;
        for (const QAction* action : window.actionGroups().all()) {
            QVERIFY2(!action->objectName().isEmpty(), qPrintable(action->text()));
            QVERIFY2(!ids.contains(action->objectName()), qPrintable(action->objectName()));
            ids.insert(action->objectName());
            QVERIFY2(!action->shortcuts().isEmpty(), qPrintable(action->text()));
            for (const QKeySequence& shortcut : action->shortcuts()) {
                QVERIFY2(!keys.contains(shortcut), qPrintable(shortcut.toString()));
                keys.insert(shortcut);
            }
        }
        QVERIFY(keys.contains(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_I)));
    }

    void noUnnamedControl()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QStringList unnamed;
        for (const QWidget* widget : window.findChildren<QWidget*>()) {
            const bool interactive
                = widget->focusPolicy() != Qt::NoFocus || qobject_cast<const QAbstractButton*>(widget);
            const QString name = QString::fromLatin1(widget->metaObject()->className());
            // Parts of other controls, which speak for them.
            const bool part = qobject_cast<const QHeaderView*>(widget)
                || qobject_cast<const QScrollBar*>(widget) || qobject_cast<const QTabBar*>(widget)
                || qobject_cast<const QMenu*>(widget) || qobject_cast<const QMenuBar*>(widget)
                || name.startsWith(u"QDockWidget") || name.startsWith(u"QLineEditIcon")
                || name == u"QComboBoxPrivateContainer" || name == u"QComboBoxListView"
                || widget->objectName().startsWith(u"qt_")
                || (qobject_cast<const QAbstractButton*>(widget)
                    && qobject_cast<const QTabBar*>(widget->parentWidget()));
            if (!interactive || part)
                continue;
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            if (widget->accessibleName().isEmpty() && (!button || button->text().isEmpty()))
                unnamed.append(name + u' ' + widget->objectName() + u" in "_s
                    + QString::fromLatin1(widget->parentWidget()->metaObject()->className()));
        }
        QVERIFY2(unnamed.isEmpty(), qPrintable(unnamed.join(u'\n')));
    }
};

QTEST_MAIN(TestMainWindow)
#include "tst_mainwindow.moc"
