// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"
#include "models/breakdownmodel.h"
#include "models/checkmodel.h"
#include "models/fdmodel.h"
#include "sessionmodel.h"

#include <QMainWindow>

class QLabel;
class QStackedWidget;

namespace cutover::ui {

class EndpointCard;
class EventsPanel;
class FailureBox;
class LogActions;
class PhaseStrip;
class QmpPanel;
class SessionCard;
class StartPanel;
class TablePanel;
class TimelinePanel;
class TracePanel;

/// The window: one session. Composition and wiring only; what is shown is made by the panels and models.
class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit MainWindow(SessionModel* session, QWidget* parent = nullptr);
    ~MainWindow() override;

    const Actions& actionGroups() const { return m_actions; }
    TimelinePanel* timelinePanel() { return m_timeline; }
    StartPanel* startPanel() { return m_start; }
    /// Begins with the mode and the commit that are chosen in the window.
    void begin(op::SessionRequest request);
    void startLab(const QString& binary);

protected:
    void changeEvent(QEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    // mainwindow.cpp
    QWidget* makeSessionPage();
    void makeDocks();
    void connectSession();
    void connectSelection();
    void checkAgain();
    void showStart(bool start);
    void updateState();
    void updateEndpoints();
    void updateChecks();
    void updateScene();
    void report(const Result<void>& result);

    // mainwindowactions.cpp
    void makeActions();
    void makeSessionActions();
    void makeViewActions();
    void makeMenus();
    void updateActions();
    void showCommands();
    void showAbout();

    // mainwindowlayout.cpp
    QDockWidget* addDock(const QString& id, const QString& title, QWidget* content);
    void applyDefaultLayout();
    void resetLayout();
    void restoreLayout();
    void saveLayout();
    void hideDocks();
    void showDocks();
    void goToDock(QDockWidget* dock);
    void bringForward(const QWidget* content);

    SessionModel* m_session;
    Actions m_actions;
    QAction* m_mainAction = nullptr;
    class KCommandBar* m_commandBar = nullptr;

    FdModel m_fds;
    CheckModel m_checks;
    BreakdownModel m_breakdown;

    FailureBox* m_failure = nullptr;
    QStackedWidget* m_pages = nullptr;
    StartPanel* m_start = nullptr;
    EndpointCard* m_source = nullptr;
    SessionCard* m_card = nullptr;
    EndpointCard* m_destination = nullptr;
    PhaseStrip* m_phases = nullptr;
    TimelinePanel* m_timeline = nullptr;
    TablePanel* m_fdPanel = nullptr;
    TablePanel* m_checkPanel = nullptr;
    TablePanel* m_breakdownPanel = nullptr;
    QmpPanel* m_qmp = nullptr;
    TracePanel* m_trace = nullptr;
    LogActions* m_logs = nullptr;
    EventsPanel* m_events = nullptr;
    QList<QDockWidget*> m_docks; ///< in the order of their shortcuts
    QByteArray m_hiddenLayout; ///< of the docks while the start page is shown
    QLabel* m_status = nullptr;
    QLabel* m_recording = nullptr;
    bool m_closeAnnounced = false;
};

} // namespace cutover::ui
