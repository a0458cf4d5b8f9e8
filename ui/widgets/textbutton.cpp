// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/textbutton.h"

#include <QAction>
#include <QToolButton>

namespace cutover::ui {

QToolButton* textButton(QAction* action, const QString& text, QWidget* parent)
{
    action->setIconText(text);
    auto* button = new QToolButton(parent);
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setAutoRaise(true);
    button->setAccessibleName(action->text().remove(u'&'));
    return button;
}

} // namespace cutover::ui
