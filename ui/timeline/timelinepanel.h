// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "minimap.h"
#include "timelinemodel.h"
#include "timelineview.h"

#include <QWidget>

class KSqueezedTextLabel;
class QAction;

namespace cutover::ui {

class Actions;

/// The timeline with its title line, its actions, its overview and a line on what is selected; follows a
/// record.
class TimelinePanel : public QWidget
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit TimelinePanel(const timeline::Record& record, QWidget* parent = nullptr);

    /// Gives the panel's actions to \a actions. They act while the panel has the focus.
    void addActions(Actions& actions);
    const Scene& scene() const { return m_model.scene(); }
    const TimelineModel& model() const { return m_model; }
    ZoomControl& zoom() { return m_zoom; }
    TimelineView* view() { return m_view; }
    Minimap* minimap() { return m_minimap; }

    void selectEvent(std::optional<std::size_t> event);
    void showPause();
    /// As TimelineView::picture().
    QImage picture() const { return m_view->picture(); }
    /// Up to where a replay has come, CLOCK_REALTIME; what is later stands back. Nothing ends that.
    void setPlayPosition(std::optional<qint64> timeNs) { m_zoom.setPlayPosition(timeNs); }
    /// Takes in what the record has got since the last time; otherwise done with the next frame.
    void refresh() { m_model.refresh(); }

Q_SIGNALS:
    void eventSelected(std::size_t event);
    void sceneChanged();
    /// The operator wants to see all details of what is selected.
    void detailsRequested();

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    QAction* addAction(const char* id, const QString& text, const char* icon, const QList<QKeySequence>& keys,
        const QString& tip);
    // timelineactions.cpp
    void makeActions();
    void makeStepActions();
    void makeZoomActions();
    void makeMarkerActions();
    void makeLaneActions();
    void updateActions();
    void showMenu(const QPoint& global, qint64 timeNs);
    void restoreLanes();
    void saveLanes() const;

    void showSelection();
    void updateTitle();

    TimelineModel m_model;
    ZoomControl m_zoom;
    TimelineView* m_view;
    Minimap* m_minimap;
    KSqueezedTextLabel* m_title;
    KSqueezedTextLabel* m_details;
    QList<QAction*> m_actions;
    QList<QAction*> m_laneActions; ///< in the order of the lanes
};

} // namespace cutover::ui
