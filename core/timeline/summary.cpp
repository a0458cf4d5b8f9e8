// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/summary.h"

namespace cutover::timeline {

Summary summarize(const Facts& facts, std::optional<std::size_t> migration)
{
    Summary summary;
    summary.migrations = facts.migrations.size();
    summary.index = migration.value_or(facts.migrations.empty() ? 0 : facts.migrations.size() - 1);
    summary.phases = phases(facts, migration);
    summary.checkpoints = checkpoints(facts, migration);
    summary.pause = pauseBreakdown(facts, migration);
    summary.fds = fdTable(facts, migration);
    summary.alarms = fdAlarms(facts, migration);
    // A session that was refused has a verdict and no migration.
    const auto window = facts.migration(migration);
    for (const Fact& fact : window ? facts.in(*window) : std::span<const Fact>(facts.all)) {
        if (fact.kind != FactKind::Verdict)
            continue;
        summary.outcome = fact.event->name;
        summary.verdict = fact.event->attributes;
    }
    return summary;
}

} // namespace cutover::timeline
