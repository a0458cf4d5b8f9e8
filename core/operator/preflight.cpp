// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/preflight.h"

#include "operator/checks.h"

#include <algorithm>
#include <array>

namespace cutover::op {

using namespace Qt::StringLiterals;

QString verdictId(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Pass:
        return u"pass"_s;
    case Verdict::Warning:
        return u"warning"_s;
    case Verdict::Refuse:
        return u"refuse"_s;
    case Verdict::NotApplicable:
        break;
    }
    return u"not-applicable"_s;
}

std::vector<Check> preflight(const Facts& source, const Plan& plan, const std::optional<Facts>& destination)
{
    static constexpr std::array<checks::CheckFunction, 37> all{ checks::qmpUsable, checks::runState,
        checks::migrationIdle, checks::modeOffered, checks::channelsOffered, checks::capabilitiesFit,
        checks::blockers, checks::ramShared, checks::auxRamShare, checks::guestMemfd, checks::cprExecRam,
        checks::sharedFileRam, checks::freeMemory, checks::stateFile, checks::savedRam, checks::returnPath,
        checks::eventsCapability, checks::guardedCommit, checks::mainChannel, checks::cprChannel,
        checks::socketPathLength, checks::socketPaths, checks::ports, checks::tapNames, checks::fdSwitches,
        checks::destinationState, checks::binary, checks::execProgram, checks::binaryVersion,
        checks::machineType, checks::commandLine, checks::hotplug, checks::disks, checks::openFilesLimit,
        checks::sandbox, checks::identityProof, checks::traceEvidence };
    checks::Context context{ .source = source, .plan = plan, .destination = destination, .launch = {} };
    if (const auto line = CommandLine::parse(plan.launchArgv())) {
        context.launch = line->facts();
        context.launchKnown = true;
    } else if (destination && destination->process && !destination->process->argv.isEmpty()) {
        context.launch = destination->process->command;
        context.launchKnown = true;
    }
    std::vector<Check> results;
    results.reserve(all.size());
    for (const checks::CheckFunction check : all)
        results.push_back(check(context));
    return results;
}

Verdict worst(const std::vector<Check>& checks)
{
    const auto has
        = [&checks](Verdict verdict) { return std::ranges::contains(checks, verdict, &Check::verdict); };
    if (has(Verdict::Refuse))
        return Verdict::Refuse;
    return has(Verdict::Warning) ? Verdict::Warning : Verdict::Pass;
}

} // namespace cutover::op
