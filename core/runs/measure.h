// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/results.h"
#include "timeline/event.h"

#include <QByteArray>

#include <span>

namespace cutover::runs {

/// Fills in what the events of one migration tell of it: the pause with its parts, the phases and the guest's
/// own gaps. \a stoppedByHand: the guest was stopped before the migration, so its pause begins there.
void measure(Run& run, std::span<const timeline::Event> events, bool stoppedByHand);

/// The events as a .cutover file has them; empty if that would be longer than is kept.
QByteArray recordingOf(std::span<const timeline::Event> events, const QString& program);

} // namespace cutover::runs
