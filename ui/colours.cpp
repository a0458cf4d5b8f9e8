// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "colours.h"

#include <KColorScheme>

#include <cmath>

namespace cutover::ui {

static QColor mix(const QColor& under, const QColor& over, double share)
{
    const auto part = static_cast<float>(share);
    const auto blend = [part](float a, float b) { return a + ((b - a) * part); };
    return QColor::fromRgbF(blend(under.redF(), over.redF()), blend(under.greenF(), over.greenF()),
        blend(under.blueF(), over.blueF()));
}

/// Relative luminance of WCAG 2.
static double luminance(const QColor& colour)
{
    const auto linear = [](float channel) {
        return channel <= 0.04045F ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return (0.2126 * linear(colour.redF())) + (0.7152 * linear(colour.greenF()))
        + (0.0722 * linear(colour.blueF()));
}

static double contrast(const QColor& a, const QColor& b)
{
    const double first = luminance(a) + 0.05;
    const double second = luminance(b) + 0.05;
    return first > second ? first / second : second / first;
}

static Colours make(const QPalette& palette)
{
    const KColorScheme view(QPalette::Active, KColorScheme::View);
    Colours colours;
    colours.background = palette.color(QPalette::Base);
    colours.text = palette.color(QPalette::Text);
    colours.raised = palette.color(QPalette::AlternateBase);
    colours.faint = mix(colours.background, colours.text, 0.68);
    colours.line = mix(colours.background, colours.text, 0.18);
    colours.idle = mix(colours.background, colours.text, 0.22);
    colours.accent = palette.color(QPalette::Highlight);
    colours.source = view.foreground(KColorScheme::LinkText).color();
    colours.destination = view.foreground(KColorScheme::PositiveText).color();
    colours.channel = view.foreground(KColorScheme::VisitedText).color();
    colours.pause = view.foreground(KColorScheme::NegativeText).color();
    colours.positive = colours.destination;
    colours.neutral = view.foreground(KColorScheme::NeutralText).color();
    colours.negative = colours.pause;
    return colours;
}

Colours Colours::of(const QPalette& palette)
{
    // Delegates ask for every cell, and a KColorScheme reads its settings.
    static thread_local qint64 key = 0;
    static thread_local Colours known;
    if (palette.cacheKey() != key) {
        known = make(palette);
        key = palette.cacheKey();
    }
    return known;
}

QColor Colours::tint(const QColor& colour, double share) const
{
    return mix(background, colour, share);
}

QColor Colours::textOn(const QColor& fill) const
{
    return contrast(fill, text) >= contrast(fill, background) ? text : background;
}

} // namespace cutover::ui
