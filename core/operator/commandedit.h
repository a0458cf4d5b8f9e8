// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/derive.h"

namespace cutover::op {

/// What the operator made of a derived command line.
struct CommandEdit
{
    /// To be given to derive() again, which adds and changes the same as before: the edited command line
    /// without Cutover's own options. What derive() dropped stands last.
    QStringList base;
    /// Cutover's own options that are no longer there as they were; the reason says why they must stay.
    std::vector<CommandChange> missing;
};

/// Takes back from \a edited what derive() has done to it. InvalidArgument when \a edited names no program.
/// Pure; an option of Cutover's that was moved is taken as the same.
Result<CommandEdit> undoDerivation(const DerivedCommand& derived, const QStringList& edited);

/// The differences of two command lines, whatever the order of their options; each with \a reason. Options of
/// one name that differ only in their arguments are Replaced.
std::vector<CommandChange> compareCommands(
    const QStringList& before, const QStringList& after, const QString& reason);

} // namespace cutover::op
