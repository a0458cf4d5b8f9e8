// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "layout/scene.h"
#include "report/palette.h"

namespace cutover::report {

/// Sizes of fonts in pixels.
inline constexpr double normalFont = 13;
inline constexpr double smallFont = 12;

Colour sideColour(const Palette& palette, Side side);
/// Of a bar of a lane.
Colour barColour(const Palette& palette, Side side, layout::Tone tone);
/// Of a stretch in which \a owner has a resource; inferred ones stand back.
Colour ownerColour(const Palette& palette, layout::Owner owner, bool inferred);

/// The names of the style's classes: of a bar, and with "-on" behind it of the text on it.
QString barClass(Side side, layout::Tone tone);
QString ownerClass(layout::Owner owner, bool inferred);

} // namespace cutover::report
