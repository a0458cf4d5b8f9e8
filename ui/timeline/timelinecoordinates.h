// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "layout/coordinates.h"

namespace cutover::ui {

using layout::clampedTo;
using layout::Interval;
using layout::pixelToTime;
using layout::timeToPixel;
using layout::zoomedAt;

} // namespace cutover::ui
