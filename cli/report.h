// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "timeline/summary.h"

namespace cutover::cli {

/// What the record of a migration tells: phases, file descriptors with their proof, and what the pause was
/// spent on.
enum class ReportDetail : std::uint8_t { Folded, EveryRow };
void printReport(
    Console& console, const timeline::Summary& summary, ReportDetail detail = ReportDetail::Folded);

} // namespace cutover::cli
