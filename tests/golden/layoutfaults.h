// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QStringList>

class QWidget;

namespace cutover::ui::test {

/// What is wrong with the place that the visible widgets of \a window have, one sentence each: a text that is
/// wider or higher than its space without being told in full by a tooltip, widgets that overlap, a widget
/// that its parent cuts off. Painted views are not looked into.
QStringList layoutFaults(const QWidget& window);

} // namespace cutover::ui::test
