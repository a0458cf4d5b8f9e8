// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionstate.h"

#include <KLocalizedString>

namespace cutover::op {

using namespace state;

namespace {

template <typename... Ts>
struct Overloaded : Ts...
{
    using Ts::operator()...;
};

} // namespace

QString sessionPhaseId(SessionPhase phase)
{
    switch (phase) {
    case SessionPhase::Connect:
        return QStringLiteral("connect");
    case SessionPhase::Preflight:
        return QStringLiteral("preflight");
    case SessionPhase::Arm:
        return QStringLiteral("arm");
    case SessionPhase::Transfer:
        return QStringLiteral("transfer");
    case SessionPhase::Devices:
        return QStringLiteral("devices");
    case SessionPhase::Switchover:
        return QStringLiteral("switchover");
    case SessionPhase::Commit:
        return QStringLiteral("commit");
    case SessionPhase::Verify:
        return QStringLiteral("verify");
    case SessionPhase::Finish:
        return QStringLiteral("finish");
    case SessionPhase::Rescue:
        return QStringLiteral("rescue");
    }
    return {};
}

QString sessionPhaseTitle(SessionPhase phase)
{
    switch (phase) {
    case SessionPhase::Connect:
        return i18nc("phase of a migration", "connecting");
    case SessionPhase::Preflight:
        return i18nc("phase of a migration", "preflight");
    case SessionPhase::Arm:
        return i18nc("phase of a migration", "arming");
    case SessionPhase::Transfer:
        return i18nc("phase of a migration", "fd transfer");
    case SessionPhase::Devices:
        return i18nc("phase of a migration", "device creation");
    case SessionPhase::Switchover:
        return i18nc("phase of a migration", "switchover");
    case SessionPhase::Commit:
        return i18nc("phase of a migration", "commit");
    case SessionPhase::Verify:
        return i18nc("phase of a migration", "verification");
    case SessionPhase::Finish:
        return i18nc("phase of a migration", "finishing");
    case SessionPhase::Rescue:
        return i18nc("phase of a migration", "rescue");
    }
    return {};
}

static QString sideTitle(Side side)
{
    switch (side) {
    case Side::Source:
        return i18nc("side of a migration", "Source");
    case Side::Destination:
        return i18nc("side of a migration", "Destination");
    case Side::Channel:
        return i18nc("side of a migration", "Channel");
    case Side::Console:
        return i18nc("side of a migration", "Console");
    }
    return {};
}

QString Failure::sentence() const
{
    return i18nc(
        "side, phase: message", "%1, %2: %3", sideTitle(side), sessionPhaseTitle(phase), error.message());
}

QString guestLocationId(GuestLocation location)
{
    switch (location) {
    case GuestLocation::Source:
        return QStringLiteral("source");
    case GuestLocation::Destination:
        return QStringLiteral("destination");
    case GuestLocation::NowhereSourceHolds:
        return QStringLiteral("nowhere-source-holds");
    case GuestLocation::NowhereDestinationHolds:
        return QStringLiteral("nowhere-destination-holds");
    case GuestLocation::Saved:
        return QStringLiteral("saved");
    case GuestLocation::Kept:
        return QStringLiteral("kept");
    case GuestLocation::Lost:
        return QStringLiteral("lost");
    case GuestLocation::Both:
        return QStringLiteral("both");
    case GuestLocation::Unknown:
        return QStringLiteral("unknown");
    }
    return {};
}

QString guestLocationSentence(GuestLocation location)
{
    switch (location) {
    case GuestLocation::Source:
        return i18n("The guest is on the source.");
    case GuestLocation::Destination:
        return i18n("The guest is on the destination.");
    case GuestLocation::NowhereSourceHolds:
        return i18n("The guest runs nowhere. The destination never ran it, so the source can go on with it.");
    case GuestLocation::NowhereDestinationHolds:
        return i18n(
            "The guest runs nowhere. The destination has loaded all of it and waits to be told to start.");
    case GuestLocation::Saved:
        return i18n("The guest runs nowhere. It is whole in its state file and its RAM files: start the "
                    "destination’s command again and load the file with migrate-incoming.");
    case GuestLocation::Kept:
        return i18n(
            "The guest runs nowhere. The process that had it has become the new program: it holds the "
            "guest's RAM, and the state of its devices is in the state file.");
    case GuestLocation::Lost:
        return i18n("The guest is lost: the process that had it is gone, and nobody else may go on with it. "
                    "Restart it from its disks.");
    case GuestLocation::Both:
        return i18n(
            "The source runs the guest although the destination has run it too: its memory and disks must be "
            "taken as corrupted.");
    case GuestLocation::Unknown:
        return i18n("It is not proved where the guest is.");
    }
    return {};
}

QString stateId(const SessionState& state)
{
    return std::visit(
        Overloaded{
            [](const Idle&) { return QStringLiteral("idle"); },
            [](const Checking&) { return QStringLiteral("checking"); },
            [](const Ready&) { return QStringLiteral("ready"); },
            [](const ArmingSource&) { return QStringLiteral("arming-source"); },
            [](const Launching&) { return QStringLiteral("launching"); },
            [](const Transferring&) { return QStringLiteral("transferring"); },
            [](const ConfiguringDestination&) { return QStringLiteral("configuring-destination"); },
            [](const Moving&) { return QStringLiteral("moving"); },
            [](const Committing&) { return QStringLiteral("committing"); },
            [](const Verifying&) { return QStringLiteral("verifying"); },
            [](const Migrated&) { return QStringLiteral("migrated"); },
            [](const Finishing&) { return QStringLiteral("finishing"); },
            [](const Finished&) { return QStringLiteral("finished"); },
            [](const Aborting&) { return QStringLiteral("aborting"); },
            [](const Failed&) { return QStringLiteral("failed"); },
            [](const Locating&) { return QStringLiteral("locating"); },
            [](const Stranded&) { return QStringLiteral("stranded"); },
        },
        state);
}

QString stateSentence(const SessionState& state)
{
    return std::visit(
        Overloaded{
            [](const Idle&) { return i18n("Not connected."); },
            [](const Checking&) { return i18n("Looking at the source and checking what could go wrong."); },
            [](const Ready& now) {
                return now.refused ? i18n("The preflight found what would hurt the guest.")
                                   : i18n("Ready to migrate.");
            },
            [](const ArmingSource&) { return i18n("Setting the source's capabilities and parameters."); },
            [](const Launching&) { return i18n("Starting the destination."); },
            [](const Transferring&) {
                return i18n(
                    "The source sends its descriptors; the destination creates its devices. The guest runs.");
            },
            [](const ConfiguringDestination&) {
                return i18n("Setting the destination's capabilities. The guest runs on the source.");
            },
            [](const Moving&) { return i18n("The guest's state moves."); },
            [](const Committing&) { return i18n("Starting the guest on the destination."); },
            [](const Verifying&) { return i18n("Verifying the result."); },
            [](const Migrated& now) {
                return now.verified ? i18n("Moved and verified.")
                                    : i18n("Moved, but the verification found a fault.");
            },
            [](const Finishing&) { return i18n("Ending the source."); },
            [](const Finished& now) {
                return now.verified ? i18n("Finished: moved and verified.")
                                    : i18n("Finished: moved, but the verification found a fault.");
            },
            [](const Aborting&) { return i18n("Undoing: making sure that only the source has the guest."); },
            [](const Failed& now) {
                if (now.why.phase == SessionPhase::Connect || now.why.phase == SessionPhase::Preflight)
                    return now.cancelled ? i18n("Cancelled. Nothing was changed.")
                                         : i18n("Failed. Nothing was changed.");
                return now.cancelled ? i18n("Cancelled. The guest is on the source.")
                                     : i18n("Failed. The guest is on the source.");
            },
            [](const Locating&) { return i18n("Finding out where the guest is."); },
            [](const Stranded& now) { return guestLocationSentence(now.location); },
        },
        state);
}

QString inputId(const SessionInput& input)
{
    return std::visit<QString>(
        Overloaded{
            [](const input::Begin&) { return QStringLiteral("begin"); },
            [](const input::Checked&) { return QStringLiteral("checked"); },
            [](const input::CheckFailed&) { return QStringLiteral("check-failed"); },
            [](const input::Migrate&) { return QStringLiteral("migrate"); },
            [](const input::Cancel&) { return QStringLiteral("cancel"); },
            [](const input::Finish&) { return QStringLiteral("finish"); },
            [](const input::Launched&) { return QStringLiteral("launched"); },
            [](const input::LaunchFailed&) { return QStringLiteral("launch-failed"); },
            [](const input::ListenerReady&) { return QStringLiteral("listener-ready"); },
            [](const input::Connected& up) { return QStringLiteral("connected ") + sideId(up.side); },
            [](const input::Disconnected& lost) {
                return QStringLiteral("disconnected ") + sideId(lost.side);
            },
            [](const input::Exited& exit) { return QStringLiteral("exited ") + sideId(exit.side); },
            [](const input::Reply& reply) { return QStringLiteral("reply ") + sideId(reply.side); },
            [](const input::FdLost&) { return QStringLiteral("fd-lost"); },
            [](const input::RelayLost&) { return QStringLiteral("relay-lost"); },
            [](const input::Continued&) { return QStringLiteral("continued"); },
            [](const input::VmEvent& event) { return event.name + QLatin1Char(' ') + sideId(event.side); },
            [](const input::TimerFired&) { return QStringLiteral("timer"); },
            [](const input::Verified&) { return QStringLiteral("verified"); },
            [](const input::MonitorMoved&) { return QStringLiteral("monitor-moved"); },
        },
        input);
}

} // namespace cutover::op
