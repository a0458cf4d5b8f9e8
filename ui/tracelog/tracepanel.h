// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "tracelog/tracelogmodel.h"

#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QToolButton;

namespace cutover::ui {

class Actions;
class LogPanel;
class SessionModel;
class TraceSwitches;

/// The log of all trace lines, and the switches of the trace events.
class TracePanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit TracePanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    LogPanel* log() { return m_log; }
    TraceSwitches* switches() { return m_switches; }

Q_SIGNALS:
    /// The panel is to be made visible.
    void wanted(QWidget* content);

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    TraceLogModel m_model;
    LogPanel* m_log;
    TraceSwitches* m_switches;
    KSqueezedTextLabel* m_summary;
    QToolButton* m_button;
    QAction* m_events;
};

} // namespace cutover::ui
