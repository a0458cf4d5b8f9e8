// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;

namespace cutover::ui {

class ProgramVersions;

/// The program of a destination: typed, chosen from the last ones, or in a file dialog; says its version.
class ProgramChooser : public QWidget
{
    Q_OBJECT
public:
    /// \a versions is borrowed.
    explicit ProgramChooser(ProgramVersions* versions, QWidget* parent = nullptr);

    /// What a label's shortcut leads to.
    QWidget* field() const;
    /// Empty: the source's.
    QString program() const;
    void setProgram(const QString& program);
    /// Offers what is chosen now the next time, too.
    void remember();

Q_SIGNALS:
    void changed();

private:
    void browse();
    void showVersion();

    ProgramVersions* m_versions;
    QComboBox* m_box;
    QLabel* m_version;
    QTimer m_typing;
};

} // namespace cutover::ui
