// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "mainwindow.h"

#include <KCommandBar>

#include <QAbstractItemView>
#include <QAccessible>
#include <QAction>
#include <QDockWidget>
#include <QMenuBar>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What holds for every page and dock, whoever made it: controls have names, the keyboard reaches them, and
/// every action is found in the command palette.
class TestWholeWindow : public QObject
{
    Q_OBJECT
private:
    /// "start", "session", or the name of a dock.
    static void addPlaces()
    {
        QTest::addColumn<QString>("place");
        QTest::newRow("start page") << u"start"_s;
        QTest::newRow("session page") << u"session"_s;
        test::ScriptedSession session;
        const MainWindow window(&session);
        for (const QDockWidget* dock : window.findChildren<QDockWidget*>())
            QTest::newRow(qPrintable(dock->objectName())) << dock->objectName();
    }

    /// A window that shows \a place; what is to be looked at in it.
    static QWidget* go(test::ScriptedSession& session, MainWindow& window, const QString& place)
    {
        test::show(window, { 1400, 900 });
        if (place == u"start")
            return window.centralWidget();
        session.go(op::state::Checking{});
        session.showMigrated();
        if (place == u"session")
            return window.centralWidget();
        auto* dock = window.findChild<QDockWidget*>(place);
        dock->show();
        dock->raise();
        dock->widget()->setFocus(Qt::OtherFocusReason);
        QTest::qWait(0);
        return dock;
    }

    static QString describe(QAccessibleInterface* item)
    {
        const QObject* object = item->object();
        return u"%1 (%2, role %3)"_s
            .arg(object ? QString::fromLatin1(object->metaObject()->className()) : u"?"_s,
                object ? object->objectName() : QString())
            .arg(static_cast<int>(item->role()));
    }

    static void walk(QAccessibleInterface* item, QStringList& faults)
    {
        if (!item || !item->isValid() || item->state().invisible)
            return;
        const QAccessible::Role role = item->role();
        switch (role) {
        case QAccessible::PushButton:
        case QAccessible::CheckBox:
        case QAccessible::RadioButton:
        case QAccessible::ComboBox:
        case QAccessible::EditableText:
        case QAccessible::SpinBox:
        case QAccessible::Slider:
        case QAccessible::PageTab:
        case QAccessible::Table:
        case QAccessible::Tree:
        case QAccessible::List:
            if (item->text(QAccessible::Name).trimmed().isEmpty())
                faults << u"no name: "_s + describe(item);
            break;
        case QAccessible::NoRole:
            faults << u"no role: "_s + describe(item);
            break;
        case QAccessible::Client:
            if (item->state().focusable && item->text(QAccessible::Name).trimmed().isEmpty())
                faults << u"focus on what nobody can name: "_s + describe(item);
            break;
        default:
            break;
        }
        // The cells are data; a combo box and a spin box speak for their parts.
        if (role == QAccessible::Table || role == QAccessible::Tree || role == QAccessible::List
            || role == QAccessible::ComboBox || role == QAccessible::SpinBox || role == QAccessible::ScrollBar
            || role == QAccessible::MenuBar)
            return;
        for (int i = 0; i < item->childCount(); ++i)
            walk(item->child(i), faults);
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh({ u"RecentSessions"_s }); }

    void everyControlHasANameAndARole_data() { addPlaces(); }
    void everyControlHasANameAndARole()
    {
        QFETCH(const QString, place);
        test::ScriptedSession session;
        MainWindow window(&session);
        QWidget* shown = go(session, window, place);
        QStringList faults;
        walk(QAccessible::queryAccessibleInterface(shown), faults);
        QVERIFY2(faults.isEmpty(), qPrintable(faults.join(u'\n')));
    }

    void tabReachesEverything_data() { addPlaces(); }
    void tabReachesEverything()
    {
        QFETCH(const QString, place);
        test::ScriptedSession session;
        MainWindow window(&session);
        const QWidget* shown = go(session, window, place);
        QSet<const QWidget*> reached;
        QVERIFY(window.focusWidget());
        // Where it began need not be on the way round.
        for (int steps = 0; steps < 200; ++steps) {
            reached.insert(window.focusWidget());
            QTest::keyClick(window.focusWidget(), Qt::Key_Tab);
        }
        QStringList missed;
        for (const QWidget* widget : shown->findChildren<QWidget*>()) {
            if ((widget->focusPolicy() & Qt::TabFocus) && widget->isVisible() && widget->isEnabled()
                && !widget->focusProxy() && !widget->visibleRegion().isEmpty() && !reached.contains(widget))
                missed << u"%1 %2 %3"_s.arg(QString::fromLatin1(widget->metaObject()->className()),
                    widget->objectName(), widget->accessibleName());
        }
        QVERIFY2(missed.isEmpty(), qPrintable(missed.join(u'\n')));
    }

    void theFocusComesBackByShiftTab_data() { addPlaces(); }
    void theFocusComesBackByShiftTab()
    {
        QFETCH(const QString, place);
        test::ScriptedSession session;
        MainWindow window(&session);
        go(session, window, place);
        const QWidget* first = window.focusWidget();
        QVERIFY(first);
        QTest::keyClick(window.focusWidget(), Qt::Key_Tab);
        QVERIFY(window.focusWidget() != first);
        QTest::keyClick(window.focusWidget(), Qt::Key_Backtab);
        QCOMPARE(window.focusWidget(), first);
    }

    void everyActionIsInThePalette()
    {
        test::ScriptedSession session;
        session.showMigrated();
        MainWindow window(&session);
        test::show(window, { 1400, 900 });
        window.actionGroups().find(u"help_commands"_s)->trigger();
        auto* palette = window.findChild<KCommandBar*>();
        QVERIFY(palette);
        const auto* list = palette->findChild<QAbstractItemView*>();
        QVERIFY(list);
        QStringList offered;
        for (int row = 0; row < list->model()->rowCount(); ++row)
            offered << list->model()->index(row, 0).data().toString();
        for (const QAction* action : window.actionGroups().all()) {
            const QString text = QString(action->text()).remove(u'&');
            // The palette offers what can be done now.
            if (action->isEnabled())
                QVERIFY2(std::ranges::any_of(offered, [&](const QString& row) { return row.endsWith(text); }),
                    qPrintable(text));
        }
    }

    void everyActionIsInAMenuWithAShortcutOfItsOwn()
    {
        test::ScriptedSession session;
        const MainWindow window(&session);
        QList<QAction*> inMenus = window.menuBar()->actions();
        for (qsizetype i = 0; i < inMenus.size(); ++i) // menus in menus, too
            inMenus += inMenus[i]->menu() ? inMenus[i]->menu()->actions() : QList<QAction*>();
        QHash<QKeySequence, QString> owners;
        for (QAction* action : window.actionGroups().all()) {
            QVERIFY2(inMenus.contains(action), qPrintable(action->objectName()));
            QVERIFY2(!action->shortcuts().isEmpty(), qPrintable(action->objectName()));
            for (const QKeySequence& keys : action->shortcuts()) {
                QVERIFY2(!owners.contains(keys),
                    qPrintable(
                        u"%1: %2 and %3"_s.arg(keys.toString(), owners.value(keys), action->objectName())));
                owners.insert(keys, action->objectName());
            }
        }
    }

    void disabledActionsSayWhy()
    {
        test::ScriptedSession session;
        const MainWindow window(&session);
        for (const QAction* action : window.actionGroups().all()) {
            if (action->isEnabled())
                continue;
            const QString tip = action->toolTip();
            QVERIFY2(!tip.isEmpty() && tip != QString(action->text()).remove(u'&'),
                qPrintable(action->objectName()));
        }
    }
};

QTEST_MAIN(TestWholeWindow)
#include "tst_wholewindow.moc"
