// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "report/timelinestyle.h"
#include "report/timelinesvg.h"

#include <array>

namespace cutover::report {

using layout::Owner;
using layout::Tone;

namespace {

constexpr std::array sides{ Side::Source, Side::Destination, Side::Channel, Side::Console };
constexpr std::array tones{ Tone::Idle, Tone::Runs, Tone::Stop, Tone::Save, Tone::Prepare, Tone::Load,
    Tone::Wait, Tone::Fault };
constexpr std::array owners{ Owner::Source, Owner::Destination, Owner::Both };

QString toneName(Tone tone)
{
    switch (tone) {
    case Tone::Idle:
        return QStringLiteral("idle");
    case Tone::Runs:
        return QStringLiteral("runs");
    case Tone::Stop:
        return QStringLiteral("stop");
    case Tone::Save:
        return QStringLiteral("save");
    case Tone::Prepare:
        return QStringLiteral("prepare");
    case Tone::Load:
        return QStringLiteral("load");
    case Tone::Wait:
        return QStringLiteral("wait");
    case Tone::Fault:
        return QStringLiteral("fault");
    }
    return {};
}

QString rule(const QString& name, const QString& property, Colour colour)
{
    return u".tl-" + name + u'{' + property + u':' + colour.css() + QStringLiteral("}\n");
}

QString fill(const QString& name, Colour colour)
{
    return rule(name, QStringLiteral("fill"), colour);
}

QString bar(const QString& name, const Palette& palette, Colour colour)
{
    return fill(name, colour) + fill(name + QStringLiteral("-on"), palette.on(colour));
}

QString rulesOf(const Palette& palette)
{
    QString rules = fill(QStringLiteral("background"), palette.background)
        + fill(QStringLiteral("text"), palette.text) + fill(QStringLiteral("faint"), palette.faint)
        + fill(QStringLiteral("line"), palette.line) + fill(QStringLiteral("pause"), palette.pause)
        + fill(QStringLiteral("shade"), mix(palette.background, palette.pause, 0.13))
        + fill(QStringLiteral("stream"), mix(palette.background, palette.channel, 0.18))
        + fill(QStringLiteral("bundle"), mix(palette.background, palette.channel, 0.35))
        + fill(QStringLiteral("head"), palette.channel)
        + rule(QStringLiteral("arrow"), QStringLiteral("stroke"), palette.channel)
        + rule(QStringLiteral("edge"), QStringLiteral("stroke"), mix(palette.background, palette.pause, 0.7))
        + rule(QStringLiteral("nobody"), QStringLiteral("stroke"), palette.faint);
    for (const Side side : sides) {
        rules += fill(u"tick-" + sideId(side), mix(palette.background, sideColour(palette, side), 0.75));
        for (const Tone tone : tones)
            rules += bar(barClass(side, tone).sliced(3), palette, barColour(palette, side, tone));
    }
    for (const Owner owner : owners) {
        for (const bool inferred : { false, true })
            rules
                += bar(ownerClass(owner, inferred).sliced(3), palette, ownerColour(palette, owner, inferred));
    }
    return rules;
}

} // namespace

Colour sideColour(const Palette& palette, Side side)
{
    switch (side) {
    case Side::Source:
        return palette.source;
    case Side::Destination:
        return palette.destination;
    case Side::Channel:
        return palette.channel;
    case Side::Console:
        break;
    }
    return palette.faint;
}

Colour barColour(const Palette& palette, Side side, Tone tone)
{
    const auto tint
        = [&palette](Colour colour, double share) { return mix(palette.background, colour, share); };
    const Colour own = sideColour(palette, side);
    switch (tone) {
    case Tone::Runs:
        return own;
    case Tone::Stop:
        return tint(palette.pause, 0.9);
    case Tone::Save:
        return tint(own, 0.45);
    case Tone::Prepare:
        return tint(own, 0.3);
    case Tone::Load:
        return tint(own, 0.4);
    case Tone::Wait:
        return tint(palette.neutral, 0.3);
    case Tone::Fault:
        return palette.pause;
    case Tone::Idle:
        break;
    }
    return tint(palette.text, 0.2);
}

Colour ownerColour(const Palette& palette, Owner owner, bool inferred)
{
    const Colour colour = owner == Owner::Both ? palette.pause
        : owner == Owner::Source               ? palette.source
                                               : palette.destination;
    return mix(palette.background, colour, inferred ? 0.3 : 1.0);
}

QString barClass(Side side, Tone tone)
{
    return u"tl-" + sideId(side) + u'-' + toneName(tone);
}

QString ownerClass(Owner owner, bool inferred)
{
    const QString who = owner == Owner::Both ? QStringLiteral("both")
        : owner == Owner::Source             ? QStringLiteral("source")
                                             : QStringLiteral("destination");
    return u"tl-owner-" + who + (inferred ? QStringLiteral("-inferred") : QString());
}

QString timelineStyle(Surroundings surroundings)
{
    QString rules
        = QStringLiteral(".timeline text{font-family:system-ui,'Noto Sans','DejaVu Sans',sans-serif;"
                         "font-size:%1px}\n.timeline .tl-small{font-size:%2px}\n"
                         ".timeline .tl-bold{font-size:%2px;font-weight:bold}\n"
                         ".tl-middle{text-anchor:middle}\n.tl-end{text-anchor:end}\n"
                         ".tl-arrow{fill:none;stroke-width:1.2px}\n.tl-dashed{stroke-dasharray:5 3}\n"
                         ".tl-edge{stroke-width:1px}\n"
                         ".tl-nobody{fill:none;stroke-width:1px;stroke-dasharray:2 2}\n")
              .arg(normalFont)
              .arg(smallFont);
    rules += rulesOf(surroundings == Surroundings::Dark ? darkPalette() : lightPalette());
    if (surroundings == Surroundings::AnyScreen)
        rules += QStringLiteral("@media screen and (prefers-color-scheme: dark){\n") + rulesOf(darkPalette())
            + QStringLiteral("}\n");
    return rules;
}

} // namespace cutover::report
