// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/commandhistory.h"
#include "qmp/suggestions.h"

#include <QPlainTextEdit>

#include <memory>

class QCompleter;
class QStandardItemModel;

namespace KSyntaxHighlighting {
class SyntaxHighlighter;
}

namespace cutover::ui {

/// Where a QMP command is typed: one line that grows with its text, suggestions from the schema, the history
/// on the arrow keys, a wave under what is wrong.
class CommandEdit : public QPlainTextEdit
{
    Q_OBJECT
public:
    explicit CommandEdit(QWidget* parent = nullptr);

    /// May be null: nothing is suggested then.
    void setSchema(std::shared_ptr<const qmp::Schema> schema);
    const qmp::Schema* schema() const { return m_schema.get(); }
    CommandHistory& history() { return m_history; }

    /// Underlines; an empty range: nothing. \a text is read out and shown as tooltip.
    void markProblem(TextRange where, const QString& text);
    /// Replaces everything.
    void setText(const QString& text);
    void showSuggestions();
    /// The earlier commands that contain what is typed, the newest first.
    void showHistory();
    QCompleter* completer() { return m_completer; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    /// Return was pressed on something that is no unfinished JSON.
    void sendRequested();
    /// The operator comes here to type.
    void entered();
    void left();

protected:
    bool focusNextPrevChild(bool next) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    void insertFromMimeData(const QMimeData* source) override;

private:
    enum class Offers : std::uint8_t { Suggestions, History };

    bool stepHistory(int direction);
    void textEdited();
    void offer(const QList<Suggestion>& items, TextRange range, Offers what);
    void accept(const QModelIndex& index);
    void applyTheme();
    QString plain() const { return toPlainText(); }

    std::shared_ptr<const qmp::Schema> m_schema;
    CommandHistory m_history;
    QCompleter* m_completer;
    QStandardItemModel* m_items;
    TextRange m_replaced; ///< by what is chosen in the popup
    Offers m_offers = Offers::Suggestions;
    KSyntaxHighlighting::SyntaxHighlighter* m_highlighter;
    bool m_setting = false;
};

} // namespace cutover::ui
