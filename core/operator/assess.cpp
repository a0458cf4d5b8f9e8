// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/rescue.h"

#include "operator/sessionmachine.h"

#include <KLocalizedString>

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace cutover::op {

QString rescueKindId(RescueKind kind)
{
    switch (kind) {
    case RescueKind::ResumeSource:
        return QStringLiteral("resume-source");
    case RescueKind::StartDestination:
        return QStringLiteral("start-destination");
    case RescueKind::CleanUp:
        return QStringLiteral("clean-up");
    case RescueKind::FinishUp:
        return QStringLiteral("finish-up");
    }
    return {};
}

const RescueOption* Assessment::option(RescueKind kind) const
{
    for (const RescueOption& candidate : options) {
        if (candidate.kind == kind)
            return &candidate;
    }
    return nullptr;
}

const RescueOption* Assessment::recommended() const
{
    for (const RescueOption& candidate : options) {
        if (candidate.allowed && candidate.recommended)
            return &candidate;
    }
    return nullptr;
}

void PairEvidence::hearSource(const QJsonObject& migration)
{
    const auto flag = [&](QLatin1StringView name) {
        const QJsonValue value = migration[name];
        return value.isBool() ? std::optional(value.toBool()) : std::nullopt;
    };
    sourceSawItRun = flag("destination-ran"_L1);
    sourceSawItEnd = flag("destination-gone"_L1);
    if (sourceSawItRun == true)
        destination.everResumed = true;
}

/// The source shares a word with the destination that is set before the guest's first instruction.
static bool sourceProvesItNeverRan(const PairEvidence& evidence)
{
    return evidence.sourceSawItRun == false && evidence.sourceSawItEnd == true;
}

static bool ran(const PairEvidence& evidence)
{
    return evidence.destination.everResumed || evidence.destination.ranGuest == RanGuest::Yes
        || evidence.journal.destinationRan;
}

/// One process is both sides.
static bool isExec(const PairEvidence& evidence)
{
    return evidence.journal.mode == u"cpr-exec";
}

static Knowledge knowledgeOf(const PairEvidence& evidence)
{
    Knowledge known;
    known.source = evidence.source;
    known.destination = evidence.destination;
    known.destination.everResumed = ran(evidence);
    known.launched = evidence.journal.destination.pid > 0;
    known.migrateSent = evidence.journal.stage != JournalStage::Armed;
    known.guardReleased = evidence.journal.mayHaveReleased();
    known.fdLost = evidence.journal.fdLost;
    known.executed = isExec(evidence) && evidence.destination.connected;
    // A dead source cannot say it again.
    if (known.source.gone && evidence.journal.stateWhole && QFileInfo::exists(evidence.journal.stateFile))
        known.source.migrationStatus = QStringLiteral("completed");
    if (sourceProvesItNeverRan(evidence)) {
        known.destination.gone = true;
        known.destination.ranGuest = RanGuest::No;
    }
    return known;
}

/// Why the destination cannot have run the guest, or nothing.
static QString proofThatItNeverRan(const PairEvidence& evidence)
{
    if (ran(evidence))
        return {};
    if (evidence.journal.stage == JournalStage::Armed && evidence.journal.destination.pid == 0)
        return i18n("None was started.");
    if (sourceProvesItNeverRan(evidence))
        return i18n("The source saw the destination end before the guest's first instruction there.");
    if (evidence.journal.guarded && !evidence.journal.mayHaveReleased())
        return i18n("It was started paused, and no 'cont' was ever sent to it.");
    if (evidence.destination.ranGuest == RanGuest::No)
        return i18n("Its trace log covers its whole life and never says 'running'.");
    return {};
}

static RescueOption resumeSource(const PairEvidence& evidence)
{
    RescueOption option{ .kind = RescueKind::ResumeSource, .title = i18n("Continue on the source") };
    const QString proof = proofThatItNeverRan(evidence);
    if (evidence.source.gone)
        option.proof = i18n("The source's process has ended.");
    else if (isExec(evidence)) {
        option.allowed = true;
        option.proof = i18n("Its process still runs the old program, which has all of the guest.");
    } else if (proof.isEmpty())
        option.proof = ran(evidence)
            ? i18n("The destination ran the guest: its memory and disks have moved past the source's state, "
                   "and to continue there would corrupt them.")
            : i18n("It is not proved that the destination never ran the guest.");
    else if (!evidence.destination.gone && !evidence.journal.launched)
        option.proof = i18n("The destination is alive and was not started by Cutover; end it first.");
    else {
        option.allowed = true;
        option.proof = evidence.journal.destination.pid == 0 ? i18n("There is no destination. %1", proof)
            : evidence.destination.gone                      ? i18n("The destination is dead. %1", proof)
                                        : i18n("The destination will be ended first. %1", proof);
    }
    return option;
}

/// The new program has the RAM, and nothing but QEMU's refusal keeps it from the rest.
static RescueOption loadState(const PairEvidence& evidence)
{
    RescueOption option{ .kind = RescueKind::StartDestination,
        .title = i18n("Load the guest's state and start it"),
        .recommended = true };
    const QString& status = evidence.destination.migrationStatus;
    if (!evidence.journal.fdLost.isEmpty())
        option.proof = evidence.journal.fdLost;
    else if (!evidence.destination.answered)
        option.proof = i18n("The new program does not answer.");
    else if (!status.isEmpty() && status != u"none")
        option.proof = i18n("QEMU loads a state once only, and this one ended as '%1': %2", status,
            evidence.destination.errorDesc);
    else {
        option.allowed = true;
        option.proof = i18n("The new program waits for the state in %1, and has not run the guest.",
            evidence.journal.stateFile);
    }
    return option;
}

static std::vector<RescueOption> optionsOfExec(const PairEvidence& evidence, GuestLocation location)
{
    switch (location) {
    case GuestLocation::Source:
        return { { .kind = RescueKind::CleanUp,
            .allowed = true,
            .title = i18n("Clean up after the attempt"),
            .proof = i18n("The old program still has the guest."),
            .recommended = true } };
    case GuestLocation::Destination:
        return { { .kind = RescueKind::FinishUp,
            .allowed = true,
            .title = i18n("Finish: move the monitor to its place"),
            .proof = i18n("The new program runs the guest."),
            .recommended = true } };
    case GuestLocation::NowhereDestinationHolds:
        return { { .kind = RescueKind::StartDestination,
            .allowed = true,
            .title = i18n("Start the guest in the new program"),
            .proof = i18n("The new program has loaded all of it, and the old one is gone."),
            .recommended = true } };
    case GuestLocation::Kept:
        return { loadState(evidence) };
    case GuestLocation::NowhereSourceHolds: {
        RescueOption option = resumeSource(evidence);
        option.recommended = true;
        return { option };
    }
    case GuestLocation::Saved:
    case GuestLocation::Lost:
    case GuestLocation::Both:
    case GuestLocation::Unknown:
        break;
    }
    return {};
}

static std::vector<RescueOption> optionsOfPair(const PairEvidence& evidence, GuestLocation location)
{
    std::vector<RescueOption> options;
    const QString pid = QString::number(evidence.journal.destination.pid);
    switch (location) {
    case GuestLocation::Source:
        options.push_back({ .kind = RescueKind::CleanUp,
            .allowed = evidence.journal.launched || evidence.destination.gone,
            .title = i18n("Clean up after the attempt"),
            .proof = evidence.destination.gone ? i18n("The destination has ended.")
                : evidence.journal.launched
                ? i18n("The destination (process %1) never ran the guest and will be ended.", pid)
                : i18n("The destination (process %1) was not started by Cutover; end it yourself.", pid),
            .recommended = true });
        break;
    case GuestLocation::Destination:
        options.push_back({ .kind = RescueKind::FinishUp,
            .allowed = true,
            .title = i18n("Finish: end the source"),
            .proof = evidence.source.gone
                ? i18n("The source has ended.")
                : i18n("The destination runs the guest; the source (%1) is no longer needed.",
                      evidence.source.runState),
            .recommended = true });
        break;
    case GuestLocation::NowhereDestinationHolds:
        options.push_back({ .kind = RescueKind::StartDestination,
            .allowed = true,
            .title = i18n("Start the guest on the destination"),
            .proof = evidence.source.gone
                ? i18n("The destination has loaded all of it, and the source is dead.")
                : i18n("The destination has loaded all of it, and the source does not run it (%1).",
                      evidence.source.runState),
            .recommended = true });
        options.push_back(resumeSource(evidence));
        break;
    case GuestLocation::NowhereSourceHolds: {
        RescueOption option = resumeSource(evidence);
        option.recommended = true;
        options.push_back(std::move(option));
        break;
    }
    case GuestLocation::Saved:
    case GuestLocation::Kept:
    case GuestLocation::Lost:
    case GuestLocation::Both:
    case GuestLocation::Unknown:
        options.push_back(resumeSource(evidence));
        // What location could not prove, a rescue must not assume.
        options.back().allowed = false;
        break;
    }
    return options;
}

Assessment assess(const PairEvidence& evidence)
{
    MachineConfig config;
    config.guarded = evidence.journal.guarded;
    config.exec = isExec(evidence);
    config.throughFile = config.exec || evidence.journal.mode == u"cpr-reboot";
    config.launched = evidence.journal.launched;
    config.sourceWasRunning = evidence.journal.sourceWasRunning;

    Assessment result;
    result.location = locate(config, knowledgeOf(evidence));
    result.sentence = guestLocationSentence(result.location);
    result.options
        = config.exec ? optionsOfExec(evidence, result.location) : optionsOfPair(evidence, result.location);
    if (evidence.consoleAlive) {
        for (RescueOption& option : result.options) {
            option.allowed = false;
            option.proof = i18n(
                "Process %1 is driving this migration.", QString::number(evidence.journal.console.pid));
        }
    }
    return result;
}

} // namespace cutover::op
