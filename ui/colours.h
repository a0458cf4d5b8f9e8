// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QColor>
#include <QPalette>

namespace cutover::ui {

/// The meanings that the painted views give to the colours of the scheme in use. Cheap to ask for at each
/// painting; not to be kept over a PaletteChange.
struct Colours
{
    QColor background;
    QColor raised; ///< bands and cards that stand off from the background
    QColor text;
    QColor faint; ///< text of second rank
    QColor line;
    QColor accent; ///< focus, selection
    QColor source;
    QColor destination;
    QColor channel;
    QColor pause;
    QColor positive;
    QColor neutral;
    QColor negative;
    QColor idle; ///< bars of time in which nothing happens

    static Colours of(const QPalette& palette);
    /// \a colour laid over the background with the opacity \a share, 0 to 1.
    QColor tint(const QColor& colour, double share) const;
    /// Black or white, whichever reads better on \a fill; from the palette's own extremes.
    QColor textOn(const QColor& fill) const;
    bool isDark() const { return background.lightnessF() < 0.5F; }
};

} // namespace cutover::ui
