// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/evidence.h"
#include "timeline/facts.h"

#include <QString>

#include <array>
#include <cstdint>
#include <optional>

namespace cutover::timeline {

enum class PhaseId : std::uint8_t { Precreate, Setup, FdTransfer, Devices, Switchover, Done };

enum class PhaseState : std::uint8_t {
    NotReached,
    Running,
    Done,
    Failed, ///< the migration ended here
    Skipped, ///< this migration has no such phase: without CPR there is no fd transfer
};

struct Phase
{
    PhaseId id = PhaseId::Precreate;
    Side side = Side::Source; ///< who works; Channel = both
    PhaseState state = PhaseState::NotReached;
    qint64 startNs = 0; ///< CLOCK_REALTIME; 0 = not known
    qint64 endNs = 0;

    /// Nullopt unless both ends are known.
    std::optional<qint64> durationNs() const
    {
        return startNs > 0 && endNs >= startNs ? std::optional(endNs - startNs) : std::nullopt;
    }
    bool operator==(const Phase&) const = default;
};

/// "precreate", "setup", "fd-transfer", "devices", "switchover", "done".
QString phaseName(PhaseId id);
/// What happens in it, one sentence.
QString phaseText(PhaseId id);
/// "not-reached", "running", "done", "failed", "skipped".
QString phaseStateId(PhaseState state);

using Phases = std::array<Phase, 6>;

/// The phases of one migration, the last one without \a migration; none reached if there is none.
///
/// precreate: the destination waits for the CPR state. setup: from the command to the CPR state. fd transfer:
/// until the destination has the last fd. devices: the destination creates its devices, until it takes the
/// main channel. switchover: the pause, or, for a paused guest, the same steps without one. done: until both
/// sides are through.
Phases phases(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

} // namespace cutover::timeline
