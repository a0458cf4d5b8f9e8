// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

class QLabel;
class QTreeView;
class QVBoxLayout;
class QWidget;

namespace cutover::ui {

/// How tables and trees look in the docks: even rows of one height, one cursor for the whole row, no frame.
void styleTable(QTreeView* view);

/// Lays out \a panel of a dock: on top \a bar, with \a summary and, at its right, room for the buttons that
/// are added to the bar's layout. What is added to the returned layout stands below.
QVBoxLayout* layOutPanel(QWidget* panel, QWidget* bar, QWidget* summary);

/// A paragraph of plain text that can be selected; \a name is what a screen reader calls it.
QLabel* textLabel(QWidget* parent, const QString& name);

} // namespace cutover::ui
