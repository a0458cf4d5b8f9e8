// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/qmplogmodel.h"

#include <QWidget>

class QAction;

namespace cutover::ui {

class Actions;
class CommandLine;
class LogPanel;
class SessionModel;

/// The log of all QMP messages, and below it the operator's own command line.
class QmpPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit QmpPanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    LogPanel* log() { return m_log; }
    CommandLine* commandLine() { return m_command; }

Q_SIGNALS:
    /// The panel is to be made visible.
    void wanted(QWidget* content);

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    void copySocat();
    void updateActions();

    SessionModel* m_session;
    QmpLogModel m_model;
    LogPanel* m_log;
    CommandLine* m_command;
    QAction* m_socat = nullptr;
};

} // namespace cutover::ui
