// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/actionbutton.h"

#include <QAction>

namespace cutover::ui {

ActionButton::ActionButton(QWidget* parent)
    : QPushButton(parent)
{
    connect(this, &QPushButton::clicked, this, [this] {
        if (m_action)
            m_action->trigger();
    });
}

void ActionButton::setAction(QAction* action)
{
    if (m_action)
        m_action->disconnect(this);
    m_action = action;
    connect(action, &QAction::changed, this, &ActionButton::sync);
    sync();
}

void ActionButton::sync()
{
    if (!m_action)
        return;
    setText(m_action->text());
    setIcon(m_action->icon());
    setEnabled(m_action->isEnabled());
    setToolTip(m_action->toolTip());
    setAccessibleName(m_action->text().remove(u'&'));
    setAccessibleDescription(m_action->toolTip());
}

} // namespace cutover::ui
