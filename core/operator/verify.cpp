// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/verify.h"

#include "timeline/fds.h"

#include <KLocalizedString>

#include <algorithm>

namespace cutover::op {

using fdpass::Identity;

PassedFds passedFds(std::span<const timeline::Event> events)
{
    PassedFds result;
    const timeline::Facts facts(events);
    for (const timeline::FdEntry& fd : timeline::fdTable(facts)) {
        result.destinationTold = result.destinationTold || fd.received;
        if (fd.claim == timeline::FdClaim::Claimed && fd.destinationFd)
            result.fds.push_back({ .name = fd.name,
                .id = fd.id,
                .sourceFd = fd.sourceFd.value_or(-1),
                .destinationFd = *fd.destinationFd });
        else if (fd.claim == timeline::FdClaim::Unclaimed)
            result.unclaimed.append(fd.name);
    }
    for (const timeline::FdAlarm& alarm : timeline::fdAlarms(facts))
        result.alarms.append(alarm.text);
    return result;
}

static FdProof prove(pid_t source, pid_t destination, const PassedFd& passed, const QList<int>& candidates)
{
    FdProof result{ .name = passed.name,
        .id = passed.id,
        .sourceFd = passed.sourceFd,
        .destinationFd = passed.destinationFd,
        .description = {},
        .proof = {} };
    if (const auto description = fdpass::describeFd(destination, passed.destinationFd))
        result.description = *description;
    if (passed.sourceFd >= 0) {
        result.proof = fdpass::compareFds(source, passed.sourceFd, destination, passed.destinationFd);
        return result;
    }
    auto found = fdpass::findSameFile(source, candidates, destination, passed.destinationFd);
    result.sourceFd = found.fd;
    result.proof = std::move(found.proof);
    if (found.fd < 0)
        result.proof.text = i18n("no descriptor of the source is the same open file");
    return result;
}

std::vector<FdProof> proveFds(pid_t source, pid_t destination, const std::vector<PassedFd>& fds)
{
    QList<int> candidates;
    const bool search = std::ranges::any_of(fds, [](const PassedFd& fd) { return fd.sourceFd < 0; });
    if (search)
        candidates = fdpass::listFds(source).value_or(QList<int>());
    std::vector<FdProof> proofs;
    proofs.reserve(fds.size());
    for (const PassedFd& fd : fds)
        proofs.push_back(prove(source, destination, fd, candidates));
    return proofs;
}

Verification judge(const VerificationInput& input)
{
    Verification result{ .fds = input.fds };
    if (input.executed) {
        result.evidence.append(i18n("The source's process runs the new program."));
    } else if (input.sourceGone) {
        result.evidence.append(i18n("The source has ended."));
    } else if (input.sourceRunState == u"running") {
        result.findings.append(i18n("The source runs the guest as well."));
    } else {
        result.evidence.append(i18n("The source does not run the guest (%1).", input.sourceRunState));
    }
    const bool runs = input.destinationRunState == u"running";
    if (runs == input.sourceWasRunning) {
        result.evidence.append(runs ? i18n("The destination runs the guest.")
                                    : i18n("The destination has the guest, paused as it was before."));
    } else {
        result.findings.append(i18n("The destination is '%1', but the guest was %2 before.",
            input.destinationRunState, input.sourceWasRunning ? i18n("running") : i18n("paused")));
    }
    if (input.guestBeats == true)
        result.evidence.append(i18n("The guest's heart beats on the destination."));
    else if (input.guestBeats == false)
        result.findings.append(i18n("The guest's heart does not beat on the destination."));
    for (const QString& path : input.ramFiles)
        result.evidence.append(i18n("The destination uses the source's RAM file %1.", path));
    for (const QString& path : input.missingRamFiles)
        result.findings.append(i18n("The destination does not use the source's RAM file %1.", path));
    result.findings += input.alarms;
    for (const QString& name : input.unclaimed)
        result.evidence.append(
            i18n("The destination received the descriptor '%1' and never looked for it.", name));
    qsizetype same = 0;
    qsizetype sameInode = 0;
    for (const FdProof& fd : input.fds) {
        if (fd.proof.identity == Identity::Same)
            ++same;
        else if (fd.proof.identity == Identity::SameInode)
            ++sameInode;
        else if (fd.proof.identity == Identity::Different || fd.sourceFd < 0)
            result.findings.append(
                i18n("The descriptor '%1' is not the same open file on both sides.", fd.name));
        else
            result.evidence.append(
                i18n("The descriptor '%1' could not be compared: %2.", fd.name, fd.proof.text));
    }
    if (same > 0)
        result.evidence.append(i18np("1 descriptor is the same open file on both sides.",
            "%1 descriptors are the same open files on both sides.", same));
    if (sameInode > 0)
        result.evidence.append(
            i18np("1 descriptor has the same inode on both sides, which is weaker evidence.",
                "%1 descriptors have the same inodes on both sides, which is weaker evidence.", sameInode));
    if (input.fdsExpected && input.traceComplete && input.fds.empty())
        result.findings.append(i18n("No descriptor was passed, although the mode passes them."));
    if (input.fdsExpected && !input.traceComplete)
        result.evidence.append(i18n("The destination's log does not tell which descriptors it took over."));
    result.ok = result.findings.isEmpty();
    return result;
}

} // namespace cutover::op
