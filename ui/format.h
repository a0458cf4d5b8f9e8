// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "timeline/evidence.h"

#include <QString>
#include <QtTypes>

/// How figures are written for people. All translated.
namespace cutover::ui {

/// Three significant digits in the unit that fits: "231 µs", "2.35 ms", "24.9 ms"; "0" for 0.
QString durationText(qint64 ns);
/// As durationText(), with the sign always written: "+231 µs", "−1.50 ms".
QString signedDurationText(qint64 ns);
/// CLOCK_REALTIME as local wall-clock time with microseconds: "14:02:11.318 204". Empty for 0.
QString clockText(qint64 realtimeNs);
/// "4 GiB"; empty for a negative number.
QString bytesText(qint64 bytes);
/// Share of \a part in \a whole: "19 %", "< 1 %".
QString shareText(qint64 part, qint64 whole);
/// "Source", "Destination", "Channel", "Console".
QString sideTitle(Side side);
/// The short form for dense lists: "src", "dst".
QString sideShort(Side side);
/// What a figure rests on, in two or three words.
QString evidenceTitle(timeline::EvidenceTier tier);
/// The same for a column that says itself that it is evidence: "trace", "QMP events".
QString evidenceShort(timeline::EvidenceTier tier);

} // namespace cutover::ui
