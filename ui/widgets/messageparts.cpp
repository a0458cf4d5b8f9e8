// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/messageparts.h"

#include <KLocalizedString>
#include <KMessageWidget>

#include <QLabel>
#include <QToolButton>

namespace cutover::ui {

void nameMessageParts(KMessageWidget* message)
{
    message->setAccessibleName(i18n("Message"));
    for (QToolButton* button : message->findChildren<QToolButton*>())
        button->setAccessibleName(i18n("Close this message"));
    for (QLabel* label : message->findChildren<QLabel*>())
        label->setAccessibleName(i18n("Text of the message"));
}

} // namespace cutover::ui
