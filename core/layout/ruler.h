// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

#include <QString>

#include <vector>

namespace cutover::layout {

struct RulerTick
{
    qint64 timeNs = 0;
    QString label; ///< offset from the origin, "+250 µs"
};

/// The step of 1, 2 or 5 times a power of ten that keeps ticks at least \a spacing pixels apart; at least 1.
qint64 rulerStep(const Interval& range, double width, double spacing);

/// The ticks of \a range at multiples of the step, counted from \a originNs.
std::vector<RulerTick> rulerTicks(const Interval& range, double width, double spacing, qint64 originNs);

} // namespace cutover::layout
