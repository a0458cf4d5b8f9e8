// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logcriteria.h"

#include <QWidget>

class KSqueezedTextLabel;
class QAction;
class QBoxLayout;
class QComboBox;
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

    /// In two rows, which it takes where one has no room.
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void criteriaChanged();
    void followingChanged(bool following);

protected:
    void resizeEvent(QResizeEvent* event) override;

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
    KSqueezedTextLabel* m_count;
    QBoxLayout* m_rows;
    QBoxLayout* m_choices;
    QBoxLayout* m_words;
};

} // namespace cutover::ui
