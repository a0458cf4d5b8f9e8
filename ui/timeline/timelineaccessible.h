// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

class QWidget;

namespace cutover::ui {

/// Lets screen readers find in a TimelineView a chart whose value is what is selected in it. Once is enough.
void installTimelineAccessibility();

/// Has \a text read out, where somebody listens.
void speak(QWidget* widget, const QString& text);

} // namespace cutover::ui
