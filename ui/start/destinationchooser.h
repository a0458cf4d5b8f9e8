// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;

namespace cutover::ui {

class ProgramChooser;
class ProgramVersions;

/// How the destination comes to be: derived from the source, started with a command line of one's own, or
/// started by the operator and waiting.
class DestinationChooser : public QWidget
{
    Q_OBJECT
public:
    using Kind = op::DestinationSpec::Kind;

    /// \a versions is borrowed.
    explicit DestinationChooser(ProgramVersions* versions, QWidget* parent = nullptr);

    op::DestinationSpec destination() const;
    void setDestination(const op::DestinationSpec& destination);
    /// The source that is meant, as far as it is known: for what is suggested and the command that is shown.
    void setSource(const QString& guest, const QStringList& argv);
    /// The rest of the request, on which the shown command depends, too.
    void setMode(const QString& mode, bool guarded);
    /// Why what stands here cannot be used yet.
    Result<void> usable() const;
    /// Keeps what was chosen for the next time.
    void remember();

Q_SIGNALS:
    void changed();

private:
    QWidget* makeDerive(ProgramVersions* versions);
    QWidget* makeCommand();
    QWidget* makeAttach();
    Kind kind() const;
    void showPage();
    void suggestPaths();
    void showHelp();

    QComboBox* m_kind;
    QStackedWidget* m_pages;
    ProgramChooser* m_program = nullptr;
    QPlainTextEdit* m_command = nullptr;
    QLineEdit* m_qmp = nullptr;
    QLineEdit* m_cpr = nullptr;
    QLineEdit* m_main = nullptr;
    QLabel* m_helpText = nullptr;
    QPlainTextEdit* m_help = nullptr;
    QPushButton* m_copy = nullptr;
    QString m_guest;
    QStringList m_sourceArgv;
    QString m_mode = QStringLiteral("cpr-transfer");
    bool m_guarded = true;
};

/// The words of a command as a shell splits them; lines may end in a backslash. InvalidArgument for an open
/// quote and for what only a shell could do.
Result<QStringList> splitCommand(const QString& text);

} // namespace cutover::ui
