// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/side.h"
#include "operator/facts.h"

#include <QJsonObject>

#include <optional>

namespace cutover::op {

/// What is known when a command is about to be sent. Unknown values count as the dangerous ones.
struct GuardState
{
    Side side = Side::Source; ///< who gets the command
    QString mode; ///< its MigMode as last set; empty: unknown
    QString runState; ///< its RunState; empty: unknown
    /// Whether the VMM at the other side may have run the guest or may run it now.
    bool otherMayRunGuest = true;
    bool privateRam = false; ///< some RAM of the guest is not shared
    bool inSession = false; ///< a migration between the two is prepared, under way or just over
};

/// Whether some RAM of the guest may be private: what is not known counts as such.
bool mayHavePrivateRam(const Facts& facts);

/// A command that is known to crash a VMM or to lose, end or double a guest.
struct Hazard
{
    QString id; ///< stable, kebab-case
    QString reason; ///< what would happen, one sentence
    QString confirmation; ///< the question to ask before it is sent all the same
};

/// \a command: {"execute": …, "arguments": …}.
std::optional<Hazard> hazardOf(const QJsonObject& command, const GuardState& state);

/// Refused, with the reason as cause and the confirmation as remedy, for a hazard.
Result<void> checkCommand(const QJsonObject& command, const GuardState& state);

} // namespace cutover::op
