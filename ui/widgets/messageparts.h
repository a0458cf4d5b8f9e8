// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

class KMessageWidget;

namespace cutover::ui {

/// Gives \a message and the parts that it made for itself names for a screen reader.
void nameMessageParts(KMessageWidget* message);

} // namespace cutover::ui
