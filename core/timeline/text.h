// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/summary.h"

#include <QString>

namespace cutover::timeline {

/// How a block of text is laid out.
struct TextStyle
{
    int width = 80; ///< columns, at least 40; nothing is wider, except what must not be cut: figures
    bool colour = false; ///< ANSI colours, for a terminal
    bool everyRow = false; ///< of the pause, also the smallest
};

/// Each block: whole lines with line ends, columns aligned, no trailing spaces. Empty if there is nothing to
/// show.
QString phaseTable(const Phases& phases, const TextStyle& style = {});
QString fdTable(const std::vector<FdEntry>& fds, const TextStyle& style = {});
/// The pause with its evidence and its rows as bars. Rows below one percent of the pause are added up in one
/// row per kind of work, so that the figures still add up, unless every row is asked for.
QString breakdownBars(const PauseBreakdown& pause, const TextStyle& style = {});

} // namespace cutover::timeline
