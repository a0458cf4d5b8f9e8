// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "actions.h"

#include <QAction>
#include <QIcon>

#include <algorithm>

namespace cutover::ui {

QAction* Actions::add(const QString& group, const QString& id, const QString& text, const QString& icon,
    const QKeySequence& shortcut, QObject* parent)
{
    auto* action = new QAction(text, parent);
    action->setObjectName(id);
    if (!icon.isEmpty())
        action->setIcon(QIcon::fromTheme(icon));
    action->setShortcut(shortcut);
    add(group, action);
    return action;
}

void Actions::add(const QString& group, QAction* action)
{
    auto found = std::ranges::find(m_groups, group, &KCommandBar::ActionGroup::name);
    if (found == m_groups.end()) {
        m_groups.append({ group, {} });
        found = std::prev(m_groups.end());
    }
    found->actions.append(action);
}

QList<QAction*> Actions::all() const
{
    QList<QAction*> actions;
    for (const KCommandBar::ActionGroup& group : m_groups)
        actions += group.actions;
    return actions;
}

QAction* Actions::find(const QString& id) const
{
    const QList<QAction*> actions = all();
    const auto found = std::ranges::find(actions, id, &QObject::objectName);
    return found == actions.end() ? nullptr : *found;
}

void allow(QAction* action, const Result<void>& allowed, const QString& tip)
{
    action->setEnabled(allowed.has_value());
    action->setToolTip(allowed ? tip : allowed.error().message());
    action->setWhatsThis(tip);
}

} // namespace cutover::ui
