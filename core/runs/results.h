// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "runs/settings.h"
#include "timeline/evidence.h"
#include "timeline/phases.h"

#include <QByteArray>
#include <QString>

#include <array>
#include <optional>
#include <vector>

namespace cutover::runs {

enum class RunOutcome : std::uint8_t {
    Migrated, ///< and verified
    Failed, ///< the guest stayed on the source
    Refused, ///< by the checks
    Cancelled,
    NeedsOperator, ///< neither: where the guest is has to be found out
};
/// "migrated", "failed", …
QString runOutcomeId(RunOutcome outcome);

/// A share of the pause, as timeline::PauseRow has it.
struct RunPart
{
    QString kind; ///< timeline::pauseRowKindId()
    Side side = Side::Source;
    QString device; ///< empty: of no device
    qint64 durationNs = 0;

    bool operator==(const RunPart&) const = default;
};

/// What is kept of each run. Lengths in ns; nothing = not measured.
struct Run
{
    int number = 0; ///< of the set, from 1
    qint64 startedNs = 0; ///< CLOCK_REALTIME
    RunOutcome outcome = RunOutcome::Failed;
    std::optional<qint64> pauseNs;
    qint64 stopNs = 0; ///< CLOCK_REALTIME: where the pause begins; 0 = not known
    timeline::EvidenceTier tier = timeline::EvidenceTier::None;
    qint64 clockErrorNs = 0; ///< of the pause
    qint64 totalNs = 0; ///< from the command to the verified end
    std::optional<qint64> guestGapNs;
    std::optional<qint64> networkGapNs;
    std::optional<qint64> storageGapNs;
    std::array<std::optional<qint64>, 6> phaseNs; ///< by timeline::PhaseId
    std::vector<RunPart> parts; ///< add up to the pause where they are known
    QString sourceVersion;
    QString destinationVersion;
    QString failure; ///< one sentence; empty when migrated
    QString remedy;
    QByteArray recording; ///< as a .cutover file has it; empty: not kept

    bool operator==(const Run&) const = default;
};

struct SetResult
{
    Settings settings;
    std::vector<Run> runs;
    QString unavailable; ///< why there are none, or no more of them
    QStringList notes; ///< what the lab lacked, one sentence each

    bool operator==(const SetResult&) const = default;
};

/// All that a series of runs gives; what a file holds.
struct Results
{
    QString created; ///< ISO 8601
    QString program;
    int count = 0; ///< runs that each set should have
    bool interleaved = true; ///< A B A B, so that a drift of the machine meets all alike
    bool cancelled = false;
    std::vector<SetResult> sets;

    bool operator==(const Results&) const = default;
};

inline constexpr std::size_t keptSlowest = 3; ///< recordings of a set
inline constexpr std::size_t keptMiddle = 3; ///< nearest to the median
inline constexpr std::size_t keptFailed = 5;
inline constexpr qsizetype maxHeldRecordings = qsizetype{ 64 } << 20; ///< of a set, while runs are added
inline constexpr qsizetype maxKeptRecording = qsizetype{ 16 } << 20;
inline constexpr std::size_t maxParts = 400;

/// Appends \a run. As runs are added the median moves, so recordings are let go of only when there are too
/// many to be held.
void addRun(SetResult& set, Run run);
/// Lets go of the recordings that are not among the slowest, those nearest to the median or the first failed:
/// a file holds no others.
void trimRecordings(SetResult& set);

/// The file of one run's recording in a folder that keeps all of them: "2-early-stop-run-0007.cutover", with
/// nothing of the set's name that a path could trip over. \a set counts from 0, \a run from 1.
QString recordingFileName(std::size_t set, const QString& setName, int run);

/// A file of runs is one JSON object:
///   {"format":"cutover-runs","version":1,"created":"2026-11-21T09:00:00Z","program":"cutover 0.1.0",
///    "count":30,"interleaved":true,"cancelled":false,"sets":[{"name":"A",
///    "settings":{"vmm":"embedded","ram":"256M",…},"unavailable":"","notes":[],"runs":[{"number":1,
///    "startedNs":…,"outcome":"migrated","pauseNs":…,"stopNs":…,"tier":"trace","clockErrorNs":…,"totalNs":…,
///    "guestGapNs":…,"networkGapNs":…,"storageGapNs":…,"phases":{"setup":…},"parts":[{"kind":"stop",
///    "side":"source","device":"","durationNs":…}],"sourceVersion":"…","destinationVersion":"…",
///    "failure":"","remedy":"","recording":[{…},…]}]}]}
/// Lengths are whole ns, settings the keys and values of settingsFromText(), a recording the lines of a
/// .cutover file (timeline/recording.h) as objects. What was not measured is left out. A reader ignores
/// fields that it does not know; "version" grows only when that is not enough.
inline constexpr int resultsVersion = 1;
inline constexpr qint64 maxResultsFile = qint64{ 256 } << 20;

QByteArray toFile(const Results& results);
/// Malformed, with the place, for what breaks the format or its limits; Unsupported for a newer version.
Result<Results> resultsFromFile(const QByteArray& bytes);
/// Replaces \a path as a whole, or leaves it as it was.
Result<void> writeResults(const QString& path, const Results& results);
Result<Results> readResults(const QString& path);

} // namespace cutover::runs
