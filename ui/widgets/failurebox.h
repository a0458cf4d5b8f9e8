// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionstate.h"

#include <QWidget>

class KMessageWidget;
class QAction;
class QPlainTextEdit;

namespace cutover::ui {

/// Says in the window what went wrong: side, phase, cause, remedy; the destination's output on demand.
class FailureBox : public QWidget
{
    Q_OBJECT
public:
    enum class Weight : std::uint8_t { Note, Warning, Error };

    explicit FailureBox(QWidget* parent = nullptr);

    void showFailure(const op::Failure& failure, Weight weight);
    void showError(const Error& error);
    void clear();
    QString text() const;

private:
    void show(const QString& sentence, const QString& remedy, const QString& output, Weight weight);

    KMessageWidget* m_message;
    QPlainTextEdit* m_output;
    QAction* m_showOutput;
};

} // namespace cutover::ui
