// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionmachine.h"

#include "operator/sessionstepper.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace state;

Result<Step> step(const Machine& machine, const SessionInput& input)
{
    Stepper stepper(machine);
    auto done = stepper.take(input);
    if (!done)
        return std::unexpected(std::move(done).error());
    return std::move(stepper).result();
}

bool isMigrationOver(const SideView& side)
{
    const QString& status = side.migrationStatus;
    return side.runState != u"finish-migrate"
        && (status == u"failed" || status == u"cancelled" || status == u"completed" || status == u"none"
            || status.isEmpty());
}

bool mayYetStart(const Knowledge& known)
{
    const SideView& destination = known.destination;
    const bool sourceIsDone = known.source.gone || known.source.migrationStatus == u"completed";
    return sourceIsDone && !destination.gone && destination.answered && destination.runState == u"inmigrate"
        && !isMigrationOver(destination);
}

/// One process is first the one side, then the other: what lives is the latter as soon as it has answered.
static GuestLocation locateExecuted(const MachineConfig& config, const Knowledge& known)
{
    const SideView& source = known.source;
    const SideView& destination = known.destination;
    const bool ran = destination.everResumed || destination.ranGuest == RanGuest::Yes || known.guardReleased;
    if (destination.gone || (source.gone && !known.executed))
        return GuestLocation::Lost;
    if (known.executed) {
        if (destination.runState == u"running")
            return GuestLocation::Destination;
        const bool loaded = destination.answered && destination.migrationStatus == u"completed";
        if (loaded && known.fdLost.isEmpty() && !config.sourceWasRunning)
            return GuestLocation::Destination;
        if (ran)
            return GuestLocation::Unknown;
        return loaded && known.fdLost.isEmpty() ? GuestLocation::NowhereDestinationHolds
                                                : GuestLocation::Kept;
    }
    if (source.runState == u"running")
        return GuestLocation::Source;
    if (!source.answered || !isMigrationOver(source))
        return GuestLocation::Unknown;
    return config.sourceWasRunning || source.runState == u"postmigrate" ? GuestLocation::NowhereSourceHolds
                                                                        : GuestLocation::Source;
}

GuestLocation locate(const MachineConfig& config, const Knowledge& known)
{
    if (config.exec && known.migrateSent)
        return locateExecuted(config, known);
    const SideView& source = known.source;
    const SideView& destination = known.destination;
    const bool destinationExists = !destination.gone && (destination.connected || known.launched);
    const bool destinationRuns = destinationExists && destination.runState == u"running";
    const bool destinationLoaded = destinationExists && destination.answered && !destinationRuns
        && destination.migrationStatus == u"completed" && known.fdLost.isEmpty();
    const bool guardHolds = config.guarded && !known.guardReleased;
    // Only an answer of its own proves that a living source does not run the guest; while its
    // migration is not over it may yet resume.
    // One that was stopped before it was told to migrate does not resume by itself; what it waits for may
    // never come, and a guarded destination cannot run the guest meanwhile.
    const bool stoppedAhead = source.runState == u"paused" && guardHolds;
    const bool sourceStands = source.gone
        || (source.answered && source.runState != u"running" && (isMigrationOver(source) || stoppedAhead));
    // The guard is what proves "never ran"; without it only the destination's own log can.
    const bool neverRan = !destination.everResumed && (destination.ranGuest == RanGuest::No || guardHolds);
    const bool ran = destination.everResumed || destination.ranGuest == RanGuest::Yes;

    // Where both have run on the same memory, what they do now proves nothing: often both have crashed.
    if (ran && source.everResumed)
        return GuestLocation::Both;
    if (!source.gone && source.runState == u"running")
        return ran ? GuestLocation::Both : GuestLocation::Source;
    if (destinationRuns)
        return GuestLocation::Destination;
    if (!sourceStands)
        return GuestLocation::Unknown;
    if (destinationLoaded && !config.sourceWasRunning)
        return GuestLocation::Destination;
    if (destinationLoaded && !ran)
        return GuestLocation::NowhereDestinationHolds;
    if (ran)
        return destination.gone ? GuestLocation::Lost : GuestLocation::Unknown;
    // A file that a dead source has not said to be whole may or may not be.
    if (source.gone && config.throughFile && known.migrateSent)
        return neverRan && source.migrationStatus == u"completed" ? GuestLocation::Saved
                                                                  : GuestLocation::Unknown;
    if (source.gone)
        return destinationExists && (!destination.answered || mayYetStart(known)) ? GuestLocation::Unknown
                                                                                  : GuestLocation::Lost;
    if (!config.sourceWasRunning && !known.migrateSent)
        return GuestLocation::Source;
    return neverRan ? GuestLocation::NowhereSourceHolds : GuestLocation::Unknown;
}

static Result<void> refusal(const SessionState& state, const QString& attempt, const QString& reason)
{
    return failure(ErrorCode::Refused, attempt, stateId(state), reason);
}

Result<void> canMigrate(const SessionState& state)
{
    if (const auto* ready = std::get_if<Ready>(&state)) {
        if (!ready->refused)
            return {};
        return refusal(state, i18n("migrate"), i18n("the preflight found what would hurt the guest"));
    }
    return refusal(state, i18n("migrate"), i18n("a preflight has to pass first"));
}

Result<void> canCancel(const SessionState& state)
{
    if (std::holds_alternative<Checking>(state) || std::holds_alternative<Ready>(state)
        || std::holds_alternative<ArmingSource>(state) || std::holds_alternative<Launching>(state)
        || std::holds_alternative<Transferring>(state)
        || std::holds_alternative<ConfiguringDestination>(state) || std::holds_alternative<Moving>(state))
        return {};
    if (std::holds_alternative<Committing>(state))
        return refusal(state, i18n("cancel"), i18n("the source has given the guest away"));
    return refusal(state, i18n("cancel"), i18n("no migration is under way"));
}

Result<void> canFinish(const SessionState& state)
{
    if (std::holds_alternative<Migrated>(state))
        return {};
    return refusal(state, i18n("finish"), i18n("the guest has not been moved"));
}

bool isFinal(const SessionState& state)
{
    return std::holds_alternative<Finished>(state) || std::holds_alternative<Failed>(state)
        || std::holds_alternative<Stranded>(state);
}

} // namespace cutover::op
