// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "log/logmodel.h"

#include <QWidget>

class KSqueezedTextLabel;
class QPlainTextEdit;
class QToolButton;

namespace KSyntaxHighlighting {
class SyntaxHighlighter;
}

namespace cutover::ui {

/// The chosen line of a log in full.
class LogDetailsPane : public QWidget
{
    Q_OBJECT
public:
    /// \a hint stands in the empty pane. Where \a hasRaw, the operator chooses between readable and raw.
    LogDetailsPane(const QString& hint, bool hasRaw, QWidget* parent = nullptr);

    void show(const LogDetails& details);
    void clear();
    bool isPretty() const;
    QPlainTextEdit* edit() { return m_text; }

Q_SIGNALS:
    void prettyChanged(bool pretty);

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyTheme();

    KSqueezedTextLabel* m_title;
    QToolButton* m_pretty;
    QPlainTextEdit* m_text;
    KSyntaxHighlighting::SyntaxHighlighter* m_highlighter;
};

} // namespace cutover::ui
