// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"
#include "sessionmodel.h"
#include "timeline/timelinecoordinates.h"

#include <QMainWindow>

#include <optional>

class QLabel;
class QStackedWidget;

namespace cutover::ui {

class Closing;
class DemoDirector;
class DemoStrip;
class BreakdownPanel;
class DevicesPanel;
class DetailsPanel;
class EndpointCard;
class EventsPanel;
class Exporter;
class FailureBox;
class Help;
class LogActions;
class PhaseStrip;
class PreflightPanel;
class PulsePanel;
class QmpPanel;
class RescuePanel;
class Recordings;
class RunsPanel;
class SessionCard;
class SetupPanel;
class StartPanel;
class TimelinePanel;
struct DemoRequest;
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
    DemoDirector* demo() { return m_director; }
    void showDemo(const DemoRequest& request);
    /// Takes up the migration whose console ended before it did, if there is one.
    void takeUpLeftPair();
    /// Closes without asking, in the way that is safest for the guest.
    void closeUnasked();
    void begin(const op::SessionRequest& request);
    /// \a request: the migration that is meant.
    void startLab(const lab::LabRequest& lab, const op::SessionRequest& request = {});
    Recordings* recordings() { return m_recordings; }
    Exporter* exporter() { return m_exporter; }
    RunsPanel* runs() { return m_runs; }

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
    void checkAgain(const op::SessionRequest& request);
    void showStart(bool start);
    void lookAt(const QString& what);
    void updateState();
    void updateEndpoints();
    void updateChecks();
    void updateScene();
    /// Marks a stretch on the timeline and brings it into view.
    void showSpan(const Interval& span);
    void showRecording();
    void showRun(const QString& path, const Interval& pause, const Interval& around);
    void alignRun();
    void report(const Result<void>& result);

    // mainwindowactions.cpp
    void makeActions();
    void makeSessionActions();
    void makeViewActions();
    void makeMenus();
    void updateActions();
    void showCommands();
    void showPreferences();
    void applyPreferences();

    // mainwindowlayout.cpp
    QDockWidget* addDock(const QString& id, const QString& title, QWidget* content);
    void applyDefaultLayout();
    void resetLayout();
    void restoreLayout();
    void saveLayout();
    void hideDocks();
    void showDocks();
    /// The dock that \a content is in.
    QDockWidget* dockOf(const QWidget* content) const;
    void goToDock(QDockWidget* dock);
    void bringForward(const QWidget* content);

    SessionModel* m_session;
    Actions m_actions;
    QAction* m_mainAction = nullptr;
    class KCommandBar* m_commandBar = nullptr;
    Help* m_help = nullptr;

    Recordings* m_recordings = nullptr;
    Exporter* m_exporter = nullptr;
    FailureBox* m_failure = nullptr;
    QStackedWidget* m_pages = nullptr;
    DemoDirector* m_director = nullptr;
    DemoStrip* m_demo = nullptr;
    RescuePanel* m_rescue = nullptr;
    Closing* m_closing = nullptr;
    StartPanel* m_start = nullptr;
    EndpointCard* m_source = nullptr;
    SessionCard* m_card = nullptr;
    EndpointCard* m_destination = nullptr;
    PhaseStrip* m_phases = nullptr;
    TimelinePanel* m_timeline = nullptr;
    PreflightPanel* m_preflight = nullptr;
    BreakdownPanel* m_breakdown = nullptr;
    PulsePanel* m_pulse = nullptr;
    DevicesPanel* m_devices = nullptr;
    QmpPanel* m_qmp = nullptr;
    TracePanel* m_trace = nullptr;
    LogActions* m_logs = nullptr;
    EventsPanel* m_events = nullptr;
    DetailsPanel* m_details = nullptr;
    SetupPanel* m_setup = nullptr;
    RunsPanel* m_runs = nullptr;
    QList<QDockWidget*> m_docks; ///< in the order of their shortcuts
    QByteArray m_hiddenLayout; ///< of the docks while the start page is shown
    QLabel* m_status = nullptr;
    QLabel* m_recording = nullptr;
    /// Of a run whose recording is being opened: its path, its pause, and the stretch to show.
    struct WantedRun
    {
        QString path;
        Interval pause;
        Interval around;
    };
    std::optional<WantedRun> m_wantedRun;
    bool m_isConnecting = false; ///< begun, and not yet checked
};

} // namespace cutover::ui
