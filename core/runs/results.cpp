// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/comparison.h"

#include <algorithm>
#include <cmath>

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
    qsizetype held = 0;
    for (const Run& each : set.runs)
        held += each.recording.size();
    if (held > maxHeldRecordings)
        trimRecordings(set);
}

void trimRecordings(SetResult& set)
{
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
    if (slowest.size() <= keptSlowest + keptMiddle)
        return;
    std::vector<Run*> others(slowest.begin() + keptSlowest, slowest.end());
    const double middle = median(values(set, Metric::Pause));
    std::ranges::stable_sort(others, {},
        [middle](const Run* each) { return std::abs(double(each->pauseNs.value_or(0)) - middle); });
    for (std::size_t i = keptMiddle; i < others.size(); ++i)
        others[i]->recording.clear();
}

QString recordingFileName(std::size_t set, const QString& setName, int run)
{
    QString safe = setName;
    for (QChar& letter : safe) {
        if (!letter.isLetterOrNumber() && letter != u'-' && letter != u'_')
            letter = u'_';
    }
    return u"%1-%2-run-%3.cutover"_s.arg(set + 1).arg(safe).arg(run, 4, 10, QChar(u'0'));
}

} // namespace cutover::runs
