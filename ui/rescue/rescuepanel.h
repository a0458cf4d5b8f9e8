// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/rescue.h"

#include <QScrollArea>

#include <map>

class QAction;
class QGridLayout;
class QLabel;
class QToolButton;

namespace cutover::ui {

class Actions;
class SessionModel;

/// Says where a guest is that needs the operator, what was looked at and seen, and offers the next steps,
/// each with its proof and its cost. Hidden while no guest does. What a small window has no room for is
/// scrolled to.
class RescuePanel : public QScrollArea
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit RescuePanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    /// To the first step that can be done.
    void goToSteps();

    /// As high as its texts need it at the present width.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Row
    {
        QAction* action = nullptr;
        QToolButton* button = nullptr;
        QLabel* text = nullptr;
    };

    void update();
    /// Gives each text the height that it needs at its width; a layout that is short of room would cut it.
    void makeRoom();
    void updateRow(op::RescueKind kind, Row& row);
    void perform(op::RescueKind kind);
    void nextPair();

    SessionModel* m_session;
    QWidget* m_content;
    QLabel* m_sentence;
    QLabel* m_pair;
    QLabel* m_source;
    QLabel* m_destination;
    QLabel* m_trouble;
    QGridLayout* m_steps;
    std::map<op::RescueKind, Row> m_rows;
    QAction* m_look = nullptr;
    QAction* m_next = nullptr;
};

} // namespace cutover::ui
