// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/palette.h"

#include <cmath>

namespace cutover::report {

QString Colour::css() const
{
    return QStringLiteral("#%1%2%3")
        .arg(red, 2, 16, QLatin1Char('0'))
        .arg(green, 2, 16, QLatin1Char('0'))
        .arg(blue, 2, 16, QLatin1Char('0'));
}

Colour mix(Colour under, Colour over, double share)
{
    const auto blend
        = [share](quint8 a, quint8 b) { return static_cast<quint8>(std::lround(a + ((b - a) * share))); };
    return { .red = blend(under.red, over.red),
        .green = blend(under.green, over.green),
        .blue = blend(under.blue, over.blue) };
}

static double luminance(Colour colour)
{
    const auto linear = [](quint8 value) {
        const double channel = value / 255.0;
        return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return (0.2126 * linear(colour.red)) + (0.7152 * linear(colour.green)) + (0.0722 * linear(colour.blue));
}

double contrast(Colour a, Colour b)
{
    const double first = luminance(a) + 0.05;
    const double second = luminance(b) + 0.05;
    return first > second ? first / second : second / first;
}

Colour Palette::on(Colour fill) const
{
    return contrast(fill, text) >= contrast(fill, background) ? text : background;
}

const Palette& lightPalette()
{
    static const Palette palette{
        .background = { 0xff, 0xff, 0xff },
        .raised = { 0xf3, 0xf5, 0xf6 },
        .text = { 0x1b, 0x1f, 0x23 },
        .faint = { 0x54, 0x5b, 0x61 },
        .line = { 0xd0, 0xd5, 0xd9 },
        .source = { 0x1c, 0x6a, 0xa6 },
        .destination = { 0x16, 0x72, 0x3e },
        .channel = { 0x78, 0x3a, 0x95 },
        .pause = { 0xb0, 0x22, 0x2e },
        .neutral = { 0x93, 0x56, 0x00 },
    };
    return palette;
}

const Palette& darkPalette()
{
    static const Palette palette{
        .background = { 0x1b, 0x1e, 0x20 },
        .raised = { 0x26, 0x2a, 0x2d },
        .text = { 0xec, 0xef, 0xf1 },
        .faint = { 0xab, 0xb3, 0xb9 },
        .line = { 0x43, 0x49, 0x4e },
        .source = { 0x6c, 0xb6, 0xeb },
        .destination = { 0x62, 0xcd, 0x8b },
        .channel = { 0xc8, 0x8f, 0xe2 },
        .pause = { 0xff, 0x80, 0x86 },
        .neutral = { 0xf0, 0xb2, 0x55 },
    };
    return palette;
}

} // namespace cutover::report
