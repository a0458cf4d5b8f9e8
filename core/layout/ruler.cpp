// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "layout/ruler.h"

#include <KLocalizedString>

#include <QLocale>

#include <cstdlib>

namespace cutover::layout {

static QString tickLabel(qint64 offsetNs, qint64 stepNs)
{
    if (offsetNs == 0)
        return QStringLiteral("0");
    const qint64 size = std::abs(offsetNs);
    const qint64 unit = size < 1'000 ? 1
        : size < 1'000'000           ? 1'000
        : size < 1'000'000'000       ? 1'000'000
                                     : 1'000'000'000;
    int decimals = 0;
    for (qint64 smallest = unit; smallest > stepNs; smallest /= 10)
        ++decimals;
    const QString number = (offsetNs < 0 ? QStringLiteral("−") : QStringLiteral("+"))
        + QLocale().toString(static_cast<double>(size) / static_cast<double>(unit), 'f', decimals);
    switch (unit) {
    case 1:
        return i18nc("nanoseconds", "%1 ns", number);
    case 1'000:
        return i18nc("microseconds", "%1 µs", number);
    case 1'000'000:
        return i18nc("milliseconds", "%1 ms", number);
    default:
        return i18nc("seconds", "%1 s", number);
    }
}

qint64 rulerStep(const Interval& range, double width, double spacing)
{
    if (range.isEmpty() || width <= 0)
        return 1;
    const double wanted = static_cast<double>(range.length()) * spacing / width;
    qint64 step = 1;
    while (static_cast<double>(step) < wanted && step <= range.length()) {
        for (const qint64 factor : { 2, 5, 10 }) {
            if (static_cast<double>(step * factor) >= wanted)
                return step * factor;
        }
        step *= 10;
    }
    return step;
}

std::vector<RulerTick> rulerTicks(const Interval& range, double width, double spacing, qint64 originNs)
{
    std::vector<RulerTick> ticks;
    if (range.isEmpty() || width <= 0)
        return ticks;
    const qint64 step = rulerStep(range, width, spacing);
    qint64 offset = (range.startNs - originNs) / step * step;
    if (originNs + offset < range.startNs)
        offset += step;
    for (; originNs + offset < range.endNs; offset += step)
        ticks.push_back({ .timeNs = originNs + offset, .label = tickLabel(offset, step) });
    return ticks;
}

} // namespace cutover::layout
