// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QPointer>
#include <QPushButton>

class QAction;

namespace cutover::ui {

/// A push button that shows and triggers an action, which can be exchanged.
class ActionButton : public QPushButton
{
    Q_OBJECT
public:
    explicit ActionButton(QWidget* parent = nullptr);
    /// \a action is borrowed.
    void setAction(QAction* action);

private:
    void sync();

    QPointer<QAction> m_action;
};

} // namespace cutover::ui
