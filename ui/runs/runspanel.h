// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"
#include "base/error.h"
#include "runs/runseries.h"
#include "timeline/timelinecoordinates.h"

#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QLabel;
class QProgressBar;
class QStackedWidget;

namespace cutover::ui {

class FailureBox;
class RunsForm;
class RunsView;
class SessionModel;

/// Sets of runs: chosen, performed and looked at.
class RunsPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session, the window's own, is borrowed: nothing is begun on what it works on.
    explicit RunsPanel(SessionModel* session, QWidget* parent = nullptr);
    ~RunsPanel() override;

    void addActions(Actions& actions);
    RunSeries& series() { return m_series; }
    RunsForm* form() { return m_form; }
    RunsView* view() { return m_view; }
    /// Whether nothing is lost when the window closes now. Cancels what runs otherwise; mayCloseNow() says
    /// when that has ended.
    bool mayClose();

Q_SIGNALS:
    /// The timeline of a run is wanted. \a path: its recording; \a pause: of the run; \a around: the stretch
    /// to show, with the stop at the same place and the same scale for all runs of the series. Both empty
    /// where the pause is not known.
    void runWanted(
        const QString& path, const cutover::ui::Interval& pause, const cutover::ui::Interval& around);
    /// Something has ended that is worth a word.
    void said(const QString& sentence);
    void mayCloseNow();

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    QWidget* makeProgress();
    void makeSeriesActions(Actions& actions);
    void makeViewActions(Actions& actions);
    QAction* addAction(Actions& actions, const char* id, const QString& text, const QString& brief,
        const char* icon, Qt::Key key);
    void start();
    void showForm(bool form);
    void showSlowest();
    void chooseFile(bool save);
    void tellReady(const QString& path, std::size_t set, std::size_t run);
    void updateProgress();
    void updateActions();
    Result<void> canStart() const;

    SessionModel* m_session;
    RunSeries m_series;
    QWidget* m_bar;
    KSqueezedTextLabel* m_summary;
    QWidget* m_progress = nullptr;
    QProgressBar* m_progressBar = nullptr;
    QLabel* m_progressText = nullptr;
    FailureBox* m_failure;
    QStackedWidget* m_pages;
    RunsForm* m_form;
    RunsView* m_view;
    QAction* m_setUp = nullptr;
    QAction* m_start = nullptr;
    QAction* m_cancel = nullptr;
    QAction* m_open = nullptr;
    QAction* m_save = nullptr;
    QAction* m_slowest = nullptr;
    QAction* m_chosen = nullptr;
    bool m_closing = false;
};

} // namespace cutover::ui
