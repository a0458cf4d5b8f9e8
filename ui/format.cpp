// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "format.h"

#include <KFormat>
#include <KLocalizedString>

#include <QDateTime>
#include <QLocale>

#include <cmath>

namespace cutover::ui {

static QString threeDigits(double value)
{
    const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
    return QLocale().toString(value, 'f', decimals);
}

QString durationText(qint64 ns)
{
    const QString sign = ns < 0 ? QStringLiteral("−") : QString();
    const double value = std::abs(static_cast<double>(ns));
    if (ns == 0)
        return QStringLiteral("0");
    // The limits are where three digits would round up to the next unit.
    if (value < 999.5)
        return sign + i18nc("nanoseconds", "%1 ns", QLocale().toString(value, 'f', 0));
    if (value < 999'500) {
        const double us = value / 1e3;
        const bool whole = std::fmod(value, 1e3) == 0.0;
        return sign
            + i18nc("microseconds", "%1 µs", whole ? QLocale().toString(us, 'f', 0) : threeDigits(us));
    }
    if (value < 999'500'000)
        return sign + i18nc("milliseconds", "%1 ms", threeDigits(value / 1e6));
    if (value < 60e9)
        return sign + i18nc("seconds", "%1 s", threeDigits(value / 1e9));
    return sign + KFormat().formatDuration(static_cast<quint64>(value / 1e6));
}

QString signedDurationText(qint64 ns)
{
    return ns > 0 ? u'+' + durationText(ns) : durationText(ns);
}

QString clockText(qint64 realtimeNs)
{
    if (realtimeNs <= 0)
        return {};
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(realtimeNs / 1'000'000);
    const qint64 micros = realtimeNs / 1'000 % 1'000;
    return time.toString(QStringLiteral("HH:mm:ss.zzz")) + QChar(QChar::Nbsp)
        + QStringLiteral("%1").arg(micros, 3, 10, QLatin1Char('0'));
}

QString bytesText(qint64 bytes)
{
    if (bytes < 0)
        return {};
    const bool whole = bytes < 1024 || (bytes & (bytes - 1)) == 0;
    return KFormat().formatByteSize(static_cast<double>(bytes), whole ? 0 : 1, KFormat::IECBinaryDialect);
}

QString shareText(qint64 part, qint64 whole)
{
    if (whole <= 0)
        return {};
    const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    if (part > 0 && percent < 1)
        return i18nc("a share", "< 1 %");
    return i18nc("a share", "%1 %", QLocale().toString(percent, 'f', 0));
}

QString sideTitle(Side side)
{
    switch (side) {
    case Side::Source:
        return i18n("Source");
    case Side::Destination:
        return i18n("Destination");
    case Side::Channel:
        return i18n("Channel");
    case Side::Console:
        return i18n("Console");
    }
    return {};
}

QString sideShort(Side side)
{
    switch (side) {
    case Side::Source:
        return i18nc("short for source", "src");
    case Side::Destination:
        return i18nc("short for destination", "dst");
    case Side::Channel:
        return i18nc("short for channel", "chn");
    case Side::Console:
        return i18nc("short for console", "con");
    }
    return {};
}

QString evidenceTitle(timeline::EvidenceTier tier)
{
    switch (tier) {
    case timeline::EvidenceTier::None:
        return i18n("no evidence");
    case timeline::EvidenceTier::OrderOnly:
        return i18n("evidence: trace without times");
    case timeline::EvidenceTier::QmpEvents:
        return i18n("evidence: QMP events");
    case timeline::EvidenceTier::Trace:
        return i18n("evidence: timestamped trace");
    }
    return {};
}

QString evidenceShort(timeline::EvidenceTier tier)
{
    switch (tier) {
    case timeline::EvidenceTier::None:
        return i18nc("evidence of a figure", "none");
    case timeline::EvidenceTier::OrderOnly:
        return i18nc("evidence of a figure", "order only");
    case timeline::EvidenceTier::QmpEvents:
        return i18nc("evidence of a figure", "QMP events");
    case timeline::EvidenceTier::Trace:
        return i18nc("evidence of a figure", "timed trace");
    }
    return {};
}

} // namespace cutover::ui
