// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "models/qmpfilter.h"
#include "models/qmplogmodel.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QListView;
class QPlainTextEdit;
class QToolButton;

namespace KSyntaxHighlighting {
class SyntaxHighlighter;
}

namespace cutover::ui {

/// The log of all QMP messages with a filter, and the chosen message in full.
class QmpPanel : public QWidget
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit QmpPanel(const timeline::Record& record, QWidget* parent = nullptr);

    QListView* view() { return m_view; }
    QLineEdit* filterEdit() { return m_text; }
    bool isFollowing() const;

Q_SIGNALS:
    /// The operator chose the message that is this event of the record.
    void eventSelected(std::size_t event);

protected:
    void focusInEvent(QFocusEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void showChosen(const QModelIndex& index);
    void updateCount();
    void applyTheme();
    QWidget* makeFilterRow();

    QmpLogModel m_model;
    QmpFilter m_filter;
    QComboBox* m_side;
    QLineEdit* m_text;
    QToolButton* m_follow;
    QLabel* m_count;
    QListView* m_view;
    QPlainTextEdit* m_pretty;
    KSyntaxHighlighting::SyntaxHighlighter* m_highlighter;
};

} // namespace cutover::ui
