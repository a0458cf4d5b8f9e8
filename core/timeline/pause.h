// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/evidence.h"
#include "timeline/facts.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::timeline {

enum class PauseOutcome : std::uint8_t {
    NoMigration, ///< the record holds none
    NotReached, ///< the migration has not stopped the guest (yet, or ever)
    Ongoing, ///< the guest was stopped and nobody was seen to start it
    Measured, ///< from the stop on the source to the start on the destination
    Resumed, ///< the migration failed: from the stop on the source to its start there
    SourceWasPaused, ///< the guest did not run when the migration began: nothing was paused
    Untimed, ///< it happened, but the evidence carries no times
    Inconsistent, ///< the end lies before the start: the clock was stepped
};

enum class PauseRowKind : std::uint8_t {
    Stop, ///< the source stops processors and devices
    IterableSave, ///< one device's last round
    NonIterableSave, ///< one device's state
    Execute, ///< cpr-exec: the source's process becomes the new program, which creates its devices
    Transfer, ///< the source has sent everything, the destination has not begun with the device state
    Load, ///< one device's state
    LoadTail, ///< after the last device until the stream is done with
    BottomHalf, ///< the destination's main loop takes over
    GuardWait, ///< loaded and paused, until `cont` comes
    Start, ///< the destination activates disks and starts the guest
    Unattributed, ///< nothing that was logged accounts for this time
};

/// "stop", "iterable-save", ... for JSON.
QString pauseRowKindId(PauseRowKind kind);
/// "not-reached", "measured", ... for JSON.
QString pauseOutcomeId(PauseOutcome outcome);

struct PauseRow
{
    PauseRowKind kind = PauseRowKind::Unattributed;
    Side side = Side::Source;
    QString
        device; ///< QEMU's idstr, with "#N" for an instance other than 0; empty if the row is of no device
    QString text; ///< what the time went to, in a few words
    qint64 durationNs = 0; ///< its share of the pause
    qint64 reportedNs = 0; ///< the work's own length: more than its share where both sides worked at once
    qint64 startNs = 0; ///< CLOCK_REALTIME of the first instant of the share; 0 if the share is empty

    bool operator==(const PauseRow&) const = default;
};

/// What the pause of one migration was spent on. If the pause is known, the rows' durations add up to it
/// exactly.
///
/// Each instant counts once. Where both sides work at the same time it goes to the source as long as that
/// saves, since the destination cannot be done before everything was sent; then to the destination's load;
/// then to what lies between checkpoints (transfer, tail of the load, bottom half, wait, start). Time that
/// none of these covers is unattributed, one row per checkpoint that precedes it. A device's work is the time
/// QEMU reports for it, ending at the line that reports it.
struct PauseBreakdown
{
    PauseOutcome outcome = PauseOutcome::NoMigration;
    QString explanation; ///< one sentence on what the figure is, or why there is none
    Figure pause;
    qint64 startNs = 0; ///< CLOCK_REALTIME; 0 = not known
    qint64 endNs = 0;
    bool guarded = false; ///< the destination waited for `cont`
    bool clockSampled = false; ///< the clock was compared before and after: steps are part of the clock error
    std::vector<PauseRow> rows; ///< in the order of their first instant; unattributed last

    bool isKnown() const { return outcome == PauseOutcome::Measured || outcome == PauseOutcome::Resumed; }
    qint64 unattributedNs() const;

    bool operator==(const PauseBreakdown&) const = default;
};

/// The rows, with the devices below one percent of the pause added up in one row per kind of work.
std::vector<PauseRow> condensedRows(const PauseBreakdown& pause);

/// Of the last migration, or of number \a migration (0 = first).
PauseBreakdown pauseBreakdown(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

} // namespace cutover::timeline
