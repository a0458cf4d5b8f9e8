// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "timeline/pulse.h"
#include "timeline/summary.h"

#include <optional>
#include <span>

namespace cutover::cli {

/// What the record of a migration tells: phases, file descriptors with their proof, and what the pause was
/// spent on.
enum class ReportDetail : std::uint8_t { Folded, EveryRow };
void printReport(
    Console& console, const timeline::Summary& summary, ReportDetail detail = ReportDetail::Folded);

/// The gap in the heartbeat of a guest that could not be asked but was watched; nothing without one.
std::optional<timeline::Heartbeat> watchedGap(std::span<const timeline::Event> events);
void printWatchedGap(Console& console, std::span<const timeline::Event> events);

} // namespace cutover::cli
