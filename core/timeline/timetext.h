// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>
#include <QtTypes>

namespace cutover::timeline {

/// "2026-11-21T09:39:54.655243000Z"; empty for a time that is not known (not above 0).
QString isoTime(qint64 timeNs);

/// A duration for people, three to four digits: "0 ns", "850 ns", "3.28 µs", "145 µs", "3.28 ms", "1.20 s",
/// "2 min 5 s". Negative ones get a minus sign.
QString durationText(qint64 ns);

} // namespace cutover::timeline
