// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "actions.h"

#include <QObject>
#include <QPointer>

class QWidget;

namespace cutover::ui {

class GuideWindow;
class ShortcutSheet;
class Shortcuts;

/// What the Help menu of a window offers: the guide, the shortcut sheet, what this program is.
class Help : public QObject
{
    Q_OBJECT
public:
    /// \a actions are those of \a window; both are borrowed. The window is the parent.
    Help(const Actions& actions, QWidget* window);
    ~Help() override;

    void addActions(Actions& actions);
    /// To be called once all actions exist: gives them the shortcuts of the user.
    void loadShortcuts();

    /// Opens the guide at \a page.
    void showGuide(const QString& page);
    /// Null while it has not been opened.
    GuideWindow* guideWindow() const;

private:
    void showContextHelp();
    void showShortcuts();
    void editShortcuts();
    void showAbout();
    void trigger(const QString& actionId);

    const Actions& m_actions;
    QWidget* m_window;
    Shortcuts* m_shortcuts = nullptr;
    QPointer<GuideWindow> m_guide;
    QPointer<ShortcutSheet> m_sheet;
};

} // namespace cutover::ui
