// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/setstyle.h"

#include <array>

namespace cutover::ui {

static constexpr std::size_t letters = 26;

QString setLetter(std::size_t set)
{
    return QString(QChar(u'A' + static_cast<char16_t>(set % letters)));
}

SetStyle styleOfSet(std::size_t set, const Colours& colours)
{
    const std::array fills{ colours.source, colours.destination, colours.channel, colours.neutral,
        colours.pause };
    constexpr std::array lines{ Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine };
    return {
        .letter = setLetter(set), .colour = fills.at(set % fills.size()), .line = lines.at(set % lines.size())
    };
}

} // namespace cutover::ui
