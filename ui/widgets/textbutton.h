// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

class QAction;
class QToolButton;
class QWidget;

namespace cutover::ui {

/// A flat button for \a action in the head of a panel. It says \a text, which is short; the action's own text
/// is for menus, and the button's name for people who do not see where it stands.
QToolButton* textButton(QAction* action, const QString& text, QWidget* parent);

} // namespace cutover::ui
