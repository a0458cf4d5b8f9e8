// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <KCommandBar>

#include <QKeySequence>
#include <QList>
#include <QString>

class QAction;
class QObject;

namespace cutover::ui {

/// All actions of a window, in groups: what menus, the command palette and tests take them from.
class Actions
{
public:
    /// Creates an action owned by \a parent. \a id is stable: settings and tests use it.
    QAction* add(const QString& group, const QString& id, const QString& text, const QString& icon,
        const QKeySequence& shortcut, QObject* parent);
    /// Takes in an action that somebody else owns.
    void add(const QString& group, QAction* action);

    QList<QAction*> all() const;
    QAction* find(const QString& id) const;
    const QList<KCommandBar::ActionGroup>& groups() const { return m_groups; }

private:
    QList<KCommandBar::ActionGroup> m_groups;
};

/// Enables \a action, or disables it and says why in its tooltip; \a tip is what it does, and always its
/// "what's this".
void allow(QAction* action, const Result<void>& allowed, const QString& tip);

} // namespace cutover::ui
