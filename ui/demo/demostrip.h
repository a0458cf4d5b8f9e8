// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QFrame>

class QAction;
class QHBoxLayout;
class QLabel;
class QProgressBar;

namespace cutover::ui {

class Actions;
class DemoDirector;

/// The commentary of a demo, below what it speaks of; hidden while there is none.
class DemoStrip : public QFrame
{
    Q_OBJECT
public:
    /// \a director is borrowed.
    explicit DemoStrip(DemoDirector* director, QWidget* parent = nullptr);

    /// Next, Repeat and Skip, and what starts the demo.
    void addActions(Actions& actions);

private:
    void update();

    DemoDirector* m_director;
    QLabel* m_number;
    QLabel* m_title;
    QLabel* m_text;
    QProgressBar* m_busy;
    QHBoxLayout* m_buttons;
    QAction* m_next = nullptr;
    QAction* m_repeat = nullptr;
    QAction* m_skip = nullptr;
};

} // namespace cutover::ui
