// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/preflight.h"

#include <KLocalizedString>

/// The single checks of preflight(), by subject; each returns its one Check.
namespace cutover::op::checks {

struct Context
{
    const Facts& source;
    const Plan& plan;
    const std::optional<Facts>& destination;
    CommandFacts launch; ///< of the command line to be run, or of the attached destination's
    bool launchKnown = false; ///< whether launch says anything
};

using CheckFunction = Check (*)(const Context&);

inline Check pass(const QString& id, const QString& title, const QString& evidence)
{
    return { .id = id, .verdict = Verdict::Pass, .title = title, .evidence = evidence, .remedy = {} };
}
inline Check notApplicable(const QString& id, const QString& title, const QString& evidence)
{
    return {
        .id = id, .verdict = Verdict::NotApplicable, .title = title, .evidence = evidence, .remedy = {}
    };
}
inline Check warning(const QString& id, const QString& title, const QString& evidence, const QString& remedy)
{
    return { .id = id, .verdict = Verdict::Warning, .title = title, .evidence = evidence, .remedy = remedy };
}
inline Check refuse(const QString& id, const QString& title, const QString& evidence, const QString& remedy)
{
    return { .id = id, .verdict = Verdict::Refuse, .title = title, .evidence = evidence, .remedy = remedy };
}

inline Check fixable(Check check, const Fix& fix)
{
    check.fix = fix;
    return check;
}
/// RAM files of the source that the destination's command line does not map, shared, from the same path.
QStringList foreignRamFiles(const Context& context);

/// With the change to \a mode, where the source offers it and it is another than the planned one.
inline Check fixableByMode(Check check, const Context& context, const QString& mode)
{
    const bool offered = context.source.modes.contains(mode)
        || (mode == QLatin1StringView("normal") && context.source.modes.isEmpty());
    return offered && mode != context.plan.mode
        ? fixable(std::move(check), { .kind = FixKind::Mode, .names = { mode } })
        : check;
}

// The source's state and what it offers.
Check qmpUsable(const Context& context);
Check runState(const Context& context);
Check migrationIdle(const Context& context);
Check modeOffered(const Context& context);
Check channelsOffered(const Context& context);
Check capabilitiesFit(const Context& context);
Check returnPath(const Context& context);
Check eventsCapability(const Context& context);
Check guardedCommit(const Context& context);

// Channels and paths.
Check mainChannel(const Context& context);
Check cprChannel(const Context& context);
Check socketPathLength(const Context& context);
Check socketPaths(const Context& context);
Check ports(const Context& context);
Check tapNames(const Context& context);
Check fdSwitches(const Context& context);

// Memory.
Check blockers(const Context& context);
Check ramShared(const Context& context);
Check auxRamShare(const Context& context);
Check guestMemfd(const Context& context);
Check cprExecRam(const Context& context);
Check sharedFileRam(const Context& context);
Check freeMemory(const Context& context);
Check stateFile(const Context& context);
Check savedRam(const Context& context);

// The destination and the evidence.
Check destinationState(const Context& context);
Check binary(const Context& context);
Check execProgram(const Context& context);
Check binaryVersion(const Context& context);
Check machineType(const Context& context);
Check commandLine(const Context& context);
Check hotplug(const Context& context);
Check disks(const Context& context);
Check openFilesLimit(const Context& context);
Check sandbox(const Context& context);
Check identityProof(const Context& context);
Check traceEvidence(const Context& context);

} // namespace cutover::op::checks
