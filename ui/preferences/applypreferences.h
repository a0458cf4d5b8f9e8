// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/session.h"

#include <QFont>

namespace cutover::ui {

/// The preferences as far as they are a matter of the request: mode, commit, source, tracing, limits.
void applyDefaults(op::SessionRequest& request);

/// Sets the font of the whole program to that of the desktop, scaled by the preference. To be called once the
/// QApplication exists, and again when the preference has changed.
void applyTextScale();

/// The fixed-pitch font of the desktop, scaled as all other text is.
QFont fixedFont();

} // namespace cutover::ui
