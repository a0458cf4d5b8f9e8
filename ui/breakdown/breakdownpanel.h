// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "breakdown/breakdownmodel.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QLabel;
class QTreeView;

namespace cutover::ui {

class Actions;
class BreakdownBar;

/// Where the pause went: a bar, and a table that can be grouped, sorted, copied and saved.
class BreakdownPanel : public QWidget
{
    Q_OBJECT
public:
    explicit BreakdownPanel(QWidget* parent = nullptr);

    void addActions(Actions& actions);
    void setBreakdown(const timeline::PauseBreakdown& breakdown);
    const BreakdownModel& model() const { return m_model; }
    QTreeView* view() { return m_view; }
    BreakdownBar* bar() { return m_bar; }
    /// Without chosen(): the part that has most in common with \a time, or none.
    void select(const Interval& time);

Q_SIGNALS:
    /// The operator has gone to a part that has a place in time.
    void chosen(const cutover::ui::Interval& time);
    void failed(const cutover::Error& error);

protected:
    /// To what is listed here; a focus proxy that is hidden would trap Tab.
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    /// What was done gets the room that its figures leave, and never less than can be read.
    void fitColumns();
    void refresh();
    void currentChanged(const QModelIndex& current);
    void updateActions();
    void save();

    BreakdownModel m_model;
    QSortFilterProxyModel m_sorted;
    KSqueezedTextLabel* m_summary;
    BreakdownBar* m_bar;
    QTreeView* m_view;
    QLabel* m_empty;
    QWidget* m_top;
    QAction* m_byDevice = nullptr;
    QAction* m_copy = nullptr;
    QAction* m_save = nullptr;
    bool m_selecting = false;
};

} // namespace cutover::ui
