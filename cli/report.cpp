// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/report.h"

#include "timeline/text.h"

#include <algorithm>

namespace cutover::cli {

static constexpr int widest = 110;

void printReport(Console& console, const timeline::Summary& summary, ReportDetail detail)
{
    const timeline::TextStyle style{ .width = std::min(widest, console.width()),
        .colour = console.traits().colour,
        .everyRow = detail == ReportDetail::EveryRow };
    for (const QString& block : { timeline::phaseTable(summary.phases, style),
             timeline::fdTable(summary.fds, style), timeline::breakdownBars(summary.pause, style) }) {
        if (!block.isEmpty())
            console.printRaw('\n' + block.toUtf8());
    }
    for (const timeline::FdAlarm& alarm : summary.alarms)
        console.print(console.paint(Tone::Bad, printable(alarm.text)));
}

} // namespace cutover::cli
