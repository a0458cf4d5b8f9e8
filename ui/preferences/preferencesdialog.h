// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <KConfigDialog>

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace cutover::ui {

/// What the user can choose once for all sessions. Emits settingsChanged() after it has written; the text
/// size and the colour scheme it applies itself. Deletes itself when it is closed.
class PreferencesDialog : public KConfigDialog
{
    Q_OBJECT
public:
    explicit PreferencesDialog(QWidget* parent);

    /// Shows the dialog of this program, made when there is none.
    static PreferencesDialog* open(QWidget* parent);

Q_SIGNALS:
    void helpRequested();

protected:
    void changeEvent(QEvent* event) override;
    void updateSettings() override;
    void updateWidgets() override;
    void updateWidgetsDefault() override;
    bool hasChanged() override;
    bool isDefault() override;
    void showHelp() override { Q_EMIT helpRequested(); }

private:
    QWidget* makeAppearancePage();
    QWidget* makeRecordingPage();
    QWidget* makeMigrationPage();
    void chooseFolder(QLineEdit* edit);
    QSpinBox* makeLimit(const QString& key, const QString& name, int maximum, QWidget* parent);

    /// KColorSchemeManager keeps this choice, not the skeleton.
    QComboBox* m_scheme = nullptr;
};

} // namespace cutover::ui
