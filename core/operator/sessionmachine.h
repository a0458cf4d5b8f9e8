// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/sessionstate.h"

namespace cutover::op {

/// The migration session as a value: configuration, knowledge, state.
struct Machine
{
    MachineConfig config;
    Knowledge known;
    SessionState state;
};

struct Step
{
    Machine next;
    std::vector<SessionAction> actions; ///< to be carried out in this order
};

/// Pure: the machine after \a input, and what has to be done. An input that does not fit the state
/// is an Error (Refused) that names both, and changes nothing. What a VMM says by itself (events,
/// disconnects, exits) always fits.
Result<Step> step(const Machine& machine, const SessionInput& input);

/// No migration is under way on this side, as far as it has said.
bool isMigrationOver(const SideView& side);

/// The source is done or dead and the destination still loads what it has got: it may start the guest.
bool mayYetStart(const Knowledge& known);

/// Where the guest is, by what is known; see the rules of the commit in sessionmachine.cpp.
GuestLocation locate(const MachineConfig& config, const Knowledge& known);

/// Whether the operator may ask for this in \a state; the error is the reason, for tooltips.
Result<void> canMigrate(const SessionState& state);
Result<void> canCancel(const SessionState& state);
Result<void> canFinish(const SessionState& state);

/// Done, failed or stranded: nothing happens any more without the operator.
bool isFinal(const SessionState& state);

} // namespace cutover::op
