// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/results.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace cutover::runs {

QString runOutcomeId(RunOutcome outcome)
{
    switch (outcome) {
    case RunOutcome::Migrated:
        return u"migrated"_s;
    case RunOutcome::Failed:
        return u"failed"_s;
    case RunOutcome::Refused:
        return u"refused"_s;
    case RunOutcome::Cancelled:
        return u"cancelled"_s;
    case RunOutcome::NeedsOperator:
        break;
    }
    return u"needs-operator"_s;
}

void addRun(SetResult& set, Run run)
{
    if (run.recording.size() > maxKeptRecording)
        run.recording.clear();
    set.runs.push_back(std::move(run));
    std::vector<Run*> slowest;
    std::size_t failed = 0;
    for (Run& each : set.runs) {
        if (each.recording.isEmpty())
            continue;
        if (each.outcome != RunOutcome::Migrated && ++failed > keptFailed)
            each.recording.clear();
        else if (each.outcome == RunOutcome::Migrated)
            slowest.push_back(&each);
    }
    std::ranges::stable_sort(slowest, std::ranges::greater{}, [](const Run* each) { return each->pauseNs; });
    for (std::size_t i = keptSlowest; i < slowest.size(); ++i)
        slowest[i]->recording.clear();
}

} // namespace cutover::runs
