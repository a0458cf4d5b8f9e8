// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QFrame>

class QAction;
class QHBoxLayout;
class QLabel;
class QProgressBar;
class QTextBrowser;

namespace cutover::ui {

class Actions;
class DemoDirector;
struct DemoRequest;
class SessionModel;

/// The commentary of a demo, and what came of each step, below what it speaks of; hidden while there is none.
class DemoStrip : public QFrame
{
    Q_OBJECT
public:
    /// \a director is borrowed.
    explicit DemoStrip(DemoDirector* director, QWidget* parent = nullptr);

    /// Next, Repeat and Skip, and what starts a demo.
    void addActions(Actions& actions);

Q_SIGNALS:
    void failed(const cutover::Error& error);

protected:
    void changeEvent(QEvent* event) override;

private:
    void update();
    void updateActions();
    void showFindings();
    void showLessons();
    void tell(const Result<void>& result);

    DemoDirector* m_director;
    QLabel* m_number;
    QLabel* m_title;
    QLabel* m_text;
    QLabel* m_recorded;
    QTextBrowser* m_findings;
    QProgressBar* m_busy;
    QHBoxLayout* m_buttons;
    QAction* m_next = nullptr;
    QAction* m_repeat = nullptr;
    QAction* m_skip = nullptr;
};

} // namespace cutover::ui
