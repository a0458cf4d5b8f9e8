// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "colours.h"

#include <QString>

namespace cutover::ui {

/// How a set of runs is told from the others: by its letter and its kind of line, and by a colour as well.
struct SetStyle
{
    QString letter; ///< "A", "B", …
    QColor colour;
    Qt::PenStyle line = Qt::SolidLine;
};
SetStyle styleOfSet(std::size_t set, const Colours& colours);
/// "A"; the same as the letter of styleOfSet().
QString setLetter(std::size_t set);

} // namespace cutover::ui
