// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logcriteria.h"

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace cutover::ui {

/// The line above a log: which lines to show, whether to follow, and how many there are.
class LogFilterBar : public QWidget
{
    Q_OBJECT
public:
    /// \a kinds as LogModel::kinds(); \a hint stands in the empty text field.
    LogFilterBar(const QStringList& kinds, const QString& hint, QWidget* parent = nullptr);

    const LogCriteria& criteria() const { return m_criteria; }
    /// Shows everything.
    void clear();
    /// The names to choose from; the choice is kept.
    void setNames(const QStringList& names);
    void setFollowing(bool following);
    void setCount(const QString& text);
    QLineEdit* edit() { return m_text; }

Q_SIGNALS:
    void criteriaChanged();
    void followingChanged(bool following);

private:
    void makeKinds(const QStringList& kinds);
    void takeKinds();
    void takeText();
    void showKinds();
    void showProblem();

    LogCriteria m_criteria;
    QComboBox* m_side;
    QToolButton* m_kinds;
    QList<QAction*> m_kindActions;
    QComboBox* m_names;
    QLineEdit* m_text;
    QToolButton* m_expression;
    QToolButton* m_follow;
    QLabel* m_count;
};

} // namespace cutover::ui
