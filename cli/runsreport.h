// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "runs/comparison.h"

namespace cutover::cli {

/// What a series of runs tells, as tables and sentences.
void printRuns(Console& console, const runs::Results& results);

/// {"type": "summary", count, cancelled, sets: [{name, settings, runs, failed, unavailable, metrics: {pause:
/// {runs, medianNs, lowNs, highNs, lowerQuartileNs, upperQuartileNs, leastNs, mostNs, p90Ns, p99Ns}}}],
/// comparisons: [{a, b, metric, differenceNs, lowNs, highNs, p, exact, verdict, sentence}], notes}. What is
/// not told is null.
QJsonObject runsSummaryJson(const runs::Results& results);

} // namespace cutover::cli
