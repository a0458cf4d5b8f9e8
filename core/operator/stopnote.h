// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/journal.h"

namespace cutover::op {

/// Notes, before it is done, that the source is stopped ahead of a migration: whoever dies before he has
/// continued it, or the migration has, leaves a pair for rescue. \a pair is one that is armed; its folder
/// exists. The note stays while the journal is written anew.
Result<void> noteStop(const PairJournal& pair);
/// The source runs again where it was: nothing is left to do for it.
Result<void> noteContinued(const QString& folder);
/// Whether there is such a note.
bool isStopNoted(const QString& folder);

} // namespace cutover::op
