// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/timetext.h"

#include <QDateTime>
#include <QTimeZone>

#include <array>

namespace cutover::timeline {

QString isoTime(qint64 timeNs)
{
    if (timeNs <= 0)
        return {};
    constexpr qint64 second = 1'000'000'000;
    const QDateTime whole = QDateTime::fromSecsSinceEpoch(timeNs / second, QTimeZone::UTC);
    return whole.toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss."))
        + QStringLiteral("%1Z").arg(timeNs % second, 9, 10, QLatin1Char('0'));
}

QString durationText(qint64 ns)
{
    struct Unit
    {
        qint64 ns;
        const char16_t* name;
    };
    static constexpr std::array units{ Unit{ .ns = 1'000'000'000, .name = u"s" },
        Unit{ .ns = 1'000'000, .name = u"ms" }, Unit{ .ns = 1000, .name = u"µs" } };
    const QString sign = ns < 0 ? QStringLiteral("-") : QString();
    const quint64 size = ns < 0 ? ~static_cast<quint64>(ns) + 1 : static_cast<quint64>(ns);
    constexpr quint64 minute = 60'000'000'000;
    if (size >= minute) {
        return sign + QStringLiteral("%1 min %2 s").arg(size / minute).arg(size % minute / 1'000'000'000);
    }
    for (const Unit& unit : units) {
        const double value = static_cast<double>(size) / static_cast<double>(unit.ns);
        if (value < 1.0)
            continue;
        const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
        return sign + QString::number(value, 'f', decimals) + QLatin1Char(' ')
            + QString::fromUtf16(unit.name);
    }
    return sign + QString::number(size) + QStringLiteral(" ns");
}

} // namespace cutover::timeline
