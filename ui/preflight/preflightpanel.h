// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "preflight/checkmodel.h"
#include "sessionmodel.h"

#include <QSortFilterProxyModel>
#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QLabel;
class QSplitter;
class QTreeView;

namespace cutover::ui {

class Actions;
class ActionButton;

/// Only what needs attention, if that is wanted.
class CheckFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;
    void setProblemsOnly(bool only);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    bool m_problemsOnly = false;
};

/// What could go wrong: verdict, evidence and remedy of each check, and the remedies that can be carried out
/// here.
class PreflightPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit PreflightPanel(SessionModel* session, QWidget* parent = nullptr);

    void addActions(Actions& actions);
    QTreeView* view() { return m_view; }
    const CheckModel& model() const { return m_model; }

protected:
    /// To what is listed here; a focus proxy that is hidden would trap Tab.
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeDetails();
    void takeChecks();
    void updateDetails();
    void updateActions();
    const op::Check* chosen() const;
    /// The change that Undo takes back: the chosen check's, else the latest.
    std::optional<op::DoneFix> undoable() const;
    void report(const Result<void>& result);
    QString asText() const;

    SessionModel* m_session;
    CheckModel m_model;
    CheckFilter m_filter;
    KSqueezedTextLabel* m_summary;
    QWidget* m_top;
    QSplitter* m_splitter;
    QTreeView* m_view;
    QWidget* m_details;
    QLabel* m_title;
    QLabel* m_evidence;
    QLabel* m_remedy;
    QLabel* m_effect;
    ActionButton* m_fixButton;
    QLabel* m_done;
    ActionButton* m_undoButton;
    QAction* m_fix = nullptr;
    QAction* m_undo = nullptr;
    QAction* m_problems = nullptr;
    QAction* m_copy = nullptr;
};

} // namespace cutover::ui
