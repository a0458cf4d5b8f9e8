// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "windowtest.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QComboBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>

#include <algorithm>

/// Somebody in front of the window: has a mouse and a keyboard, and knows what is shown.
namespace cutover::ui::test {

class WindowUser
{
public:
    explicit WindowUser(MainWindow& window)
        : m_window(window)
    {
    }

    /// By its object name; there must be one. Of several, such as the same choice on the start page and in a
    /// dock, the one that is on the screen.
    template <typename Widget>
    Widget* the(const QString& name) const
    {
        const QList<Widget*> all = m_window.findChildren<Widget*>(name);
        if (all.isEmpty())
            qFatal("no %s", qPrintable(name));
        const auto seen
            = std::ranges::find_if(all, [](Widget* widget) { return !widget->visibleRegion().isEmpty(); });
        return seen == all.end() ? all.first() : *seen;
    }
    QWidget* the(const QString& name) const { return the<QWidget>(name); }

    void click(QWidget* widget, QPoint at = {}) const
    {
        QVERIFY2(isReachable(widget), qPrintable(widget->objectName()));
        QTest::mouseClick(widget, Qt::LeftButton, {}, at);
    }
    void click(const QString& name) const { click(the(name)); }
    /// The sign itself; the rest of the widget may be empty.
    void tick(const QString& name) const
    {
        QWidget* box = the(name);
        click(box, { 8, box->height() / 2 });
    }
    void clickCell(QAbstractItemView* view, const QModelIndex& index, int x = -1) const
    {
        view->scrollTo(index);
        const QRect cell = view->visualRect(index);
        click(view->viewport(), { x < 0 ? cell.center().x() : cell.left() + x, cell.center().y() });
    }
    /// To whoever has the focus, as a keyboard does.
    void press(QKeyCombination keys) const
    {
        QWidget* focus = m_window.focusWidget();
        QTest::keyClick(
            focus && focus->isVisible() ? focus : &m_window, keys.key(), keys.keyboardModifiers());
    }
    /// Replaces what is in the field.
    void type(QLineEdit* field, const QString& text) const
    {
        click(field);
        if (QTest::currentTestFailed())
            return;
        QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(field, text);
        QCOMPARE(field->text(), text);
    }
    void type(const QString& name, const QString& text) const { type(the<QLineEdit>(name), text); }
    void choose(const QString& comboBox, int entry) const
    {
        auto* box = the<QComboBox>(comboBox);
        QVERIFY2(isReachable(box), qPrintable(comboBox));
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Home);
        for (int i = 0; i < entry; ++i)
            QTest::keyClick(box, Qt::Key_Down);
        QCOMPARE(box->currentIndex(), entry);
    }

    /// What the main button would do now; empty when it can do nothing.
    QString offer() const
    {
        const auto* button = the<QAbstractButton>(QStringLiteral("mainButton"));
        return button->isEnabled() && button->isVisible() ? button->text() : QString();
    }
    bool waitForOffer(const QString& text) const
    {
        return QTest::qWaitFor([&] { return offer() == text; }, deadlineMs);
    }
    void clickMain() const { click(QStringLiteral("mainButton")); }
    /// What is said of the session, and what has gone wrong.
    QString sentence() const { return the<QLabel>(QStringLiteral("sessionSentence"))->text(); }

    /// In the dialog that is open now: types the path and presses Enter.
    void typeFile(const QString& path) const
    {
        QFileDialog* dialog = nullptr;
        QVERIFY(QTest::qWaitFor([&] {
            dialog = m_window.findChild<QFileDialog*>();
            return dialog && dialog->isVisible();
        }));
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        auto* field = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
        QVERIFY2(field, "the dialog is not Qt's own");
        QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(field, path);
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(QTest::qWaitFor([&] { return !m_window.findChild<QFileDialog*>(); }));
        // A window manager would.
        m_window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&m_window));
    }

private:
    /// On the screen, and allowed.
    static bool isReachable(QWidget* widget)
    {
        return QTest::qWaitFor(
            [widget] { return widget->isEnabled() && !widget->visibleRegion().isEmpty(); }, deadlineMs);
    }

    MainWindow& m_window;
};

} // namespace cutover::ui::test
