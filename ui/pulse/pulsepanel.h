// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "pulse/pulsefigures.h"
#include "pulse/pulsesamplemodel.h"
#include "sessionmodel.h"

#include <QTimer>
#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QLabel;
class QSplitter;
class QStackedWidget;
class QTreeView;

namespace cutover::ui {

class Actions;
class PulseStrip;

/// The guest's heartbeat: what it, its network and its disk saw of the switchover.
class PulsePanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit PulsePanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    /// Where a gap is to be looked for.
    void setPause(const timeline::PauseBreakdown& pause);
    const timeline::PulseTrail& trail() const { return m_trail; }
    PulseStrip* strip() { return m_strip; }

Q_SIGNALS:
    /// The operator wants to see where it lies.
    void chosen(const cutover::ui::Interval& time);

protected:
    /// To what is listed here; a focus proxy that is hidden would trap Tab.
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void take(std::size_t first, std::size_t count);
    void refresh();
    void updateActions();
    void copy() const;
    QString summary() const;

    SessionModel* m_session;
    timeline::PulseTrail m_trail;
    timeline::PauseBreakdown m_pause;
    PulseFigureModel m_figures;
    PulseSampleModel m_samples;

    KSqueezedTextLabel* m_summary;
    QLabel* m_note;
    PulseStrip* m_strip;
    QTreeView* m_figureView;
    QTreeView* m_sampleView;
    QStackedWidget* m_tables;
    QSplitter* m_splitter;
    QWidget* m_bar;
    QAction* m_listen = nullptr;
    QAction* m_gap = nullptr;
    QAction* m_table = nullptr;
    QAction* m_copy = nullptr;
    QTimer m_refreshTimer;
};

} // namespace cutover::ui
