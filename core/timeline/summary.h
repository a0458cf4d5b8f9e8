// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/checkpoints.h"
#include "timeline/fds.h"
#include "timeline/pause.h"
#include "timeline/phases.h"

#include <QJsonObject>

namespace cutover::timeline {

/// Everything that is derived for one migration.
struct Summary
{
    std::size_t migrations = 0; ///< in the record
    std::size_t index = 0; ///< of this one
    Phases phases;
    std::vector<Checkpoint> checkpoints;
    PauseBreakdown pause;
    std::vector<FdEntry> fds;
    std::vector<FdAlarm> alarms;
    QString outcome; ///< the name of the session's verdict; empty without one
    QJsonObject verdict; ///< and its attributes
};

/// Of the last migration, or of number \a migration (0 = first).
Summary summarize(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

} // namespace cutover::timeline
