// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelineview.h"

#include "timeline/record.h"

#include <QTimer>
#include <QWidget>

class KSqueezedTextLabel;
class QAction;

namespace cutover::ui {

/// The timeline with its title line, its actions and the details of what is selected; follows a record.
class TimelinePanel : public QWidget
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit TimelinePanel(const timeline::Record& record, QWidget* parent = nullptr);

    /// To be put into menus and the command palette. They act while the panel has the focus.
    const QList<QAction*>& timelineActions() const { return m_actions; }
    const Scene& scene() const { return m_view->scene(); }
    ZoomControl& zoom() { return m_zoom; }
    TimelineView* view() { return m_view; }

    void selectEvent(std::optional<std::size_t> event);
    void showPause();
    /// Up to where a replay has come, CLOCK_REALTIME. Nothing ends that.
    void setPlayPosition(std::optional<qint64> timeNs) { Q_UNUSED(timeNs) }
    /// Takes in what the record has got since the last time; otherwise done a few times per second.
    void refresh();

Q_SIGNALS:
    void eventSelected(std::size_t event);
    void sceneChanged();

protected:
    void focusInEvent(QFocusEvent* event) override;

private:
    QAction* addAction(
        const QString& name, const QString& text, const QString& icon, const QList<QKeySequence>& keys);
    void makeActions();
    void scheduleRefresh();
    void showDetails(std::optional<std::size_t> event);
    void updateTitle();

    const timeline::Record& m_record;
    ZoomControl m_zoom;
    TimelineView* m_view;
    KSqueezedTextLabel* m_title;
    KSqueezedTextLabel* m_details;
    QList<QAction*> m_actions;
    QAction* m_follow = nullptr;
    QTimer m_refreshTimer;
};

} // namespace cutover::ui
