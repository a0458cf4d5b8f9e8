// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"
#include "operator/plan.h"
#include "operator/sessionstate.h"

namespace cutover::op {

/// What the planner needs of the request beside the plan.
struct PlannerOptions
{
    bool traceSource = true;
    bool samplePulse = false; ///< the guest's gaps will be asked for: it forgets those of before
    SessionLimits limits;
};

/// Pure: the commands that the machine will send, made from what the source offers. The source's
/// present settings, which restoreSource puts back, are taken from \a source.
MachineConfig planMachine(const Plan& plan, const Facts& source, const PlannerOptions& options);

} // namespace cutover::op
