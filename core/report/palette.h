// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

namespace cutover::report {

/// A colour of a drawing that chooses its own: opaque sRGB.
struct Colour
{
    quint8 red = 0;
    quint8 green = 0;
    quint8 blue = 0;

    QString css() const; ///< "#1c6ca8"
    bool operator==(const Colour&) const = default;
};

/// \a over laid on \a under with the opacity \a share, 0 to 1.
Colour mix(Colour under, Colour over, double share);
/// The contrast of WCAG 2, 1 to 21.
double contrast(Colour a, Colour b);

/// The colours of a report in light or in dark surroundings.
struct Palette
{
    Colour background;
    Colour raised; ///< what stands off from the background
    Colour text;
    Colour faint; ///< text of second rank
    Colour line;
    Colour source;
    Colour destination;
    Colour channel;
    Colour pause; ///< and whatever is bad
    Colour neutral; ///< what asks for attention

    /// Text or background, whichever reads better on \a fill.
    Colour on(Colour fill) const;
};

const Palette& lightPalette();
const Palette& darkPalette();

} // namespace cutover::report
