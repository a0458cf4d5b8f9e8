// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "start/commandmodel.h"

#include "base/error.h"

#include <QSortFilterProxyModel>
#include <QWidget>

#include <optional>

class QCheckBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace cutover::ui {

class TablePanel;

/// The destination's command line before it is run: every change marked, with its reason; editable, and an
/// edit is checked before it is taken.
class CommandReview : public QWidget
{
    Q_OBJECT
public:
    explicit CommandReview(QWidget* parent = nullptr);

    /// Nothing: none is derived, as for a destination that is attached. What is being edited stays.
    void setCommand(const std::optional<op::ReviewedCommand>& command);
    /// Whether the command line can be edited now, and whether there is something to go back to.
    void setAllowed(const Result<void>& edit, const Result<void>& reset);

Q_SIGNALS:
    /// \a base: the command line from which the edited one is derived again.
    void edited(const QStringList& base);
    void resetRequested();

private:
    QWidget* makeTable();
    QWidget* makeEditor();
    void startEditing();
    void stopEditing();
    void checkEdit();
    void useEdit();

    CommandModel m_model;
    QSortFilterProxyModel m_shown;
    op::ReviewedCommand m_command;
    QStringList m_base; ///< of what is typed; empty while it cannot be used
    QStackedWidget* m_pages;
    TablePanel* m_table = nullptr;
    QCheckBox* m_changesOnly = nullptr;
    QPushButton* m_edit = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_reset = nullptr;
    QPlainTextEdit* m_text = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_use = nullptr;
};

/// One option a line, quoted for a shell.
QString commandText(const QStringList& argv);

} // namespace cutover::ui
