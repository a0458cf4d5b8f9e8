// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionreplay.h"
#include "timeline/recording.h"

#include <QString>

#include <vector>

namespace cutover::ui {

/// A recording, prepared so that any moment of it can be shown at once. A position is a number of events:
/// those before it have happened.
struct Replay
{
    QString path; ///< absolute
    timeline::RecordingHeader header;
    /// In the order of time; an event without a time stays behind the one that it came after.
    std::vector<timeline::Event> events;
    std::vector<qint64> times; ///< of each event, never decreasing; 0 = before any time is known
    timeline::RecordingDamage damage;
    qint64 skippedEvents = 0; ///< of kinds that this program does not know
    op::ReplayIndex index;

    /// The position after all events up to \a timeNs.
    std::size_t positionAt(qint64 timeNs) const;
    /// The time at \a position: of its last event; at 0 of the first event that has one.
    qint64 timeAt(std::size_t position) const;
};

/// Takes some tenths of a second for a million events.
Replay prepareReplay(const QString& path, timeline::Recording recording);

} // namespace cutover::ui
