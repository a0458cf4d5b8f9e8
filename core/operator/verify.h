// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "fdpass/describe.h"
#include "fdpass/identity.h"
#include "timeline/event.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <span>
#include <sys/types.h>
#include <vector>

namespace cutover::op {

/// One descriptor that was passed, and the proof that it is the same open file on both sides.
struct FdProof
{
    QString name;
    int id = 0;
    int sourceFd = -1; ///< its number in the source; -1 = not found there
    int destinationFd = -1;
    fdpass::FdDescription description; ///< as the destination has it
    fdpass::IdentityProof proof;
};

/// What a trace log or a relay says of one passed descriptor.
struct PassedFd
{
    QString name;
    int id = 0;
    int sourceFd = -1; ///< -1 = the log does not tell; it is looked for among the source's fds
    int destinationFd = -1;
};

/// What the trace events of one migration tell of its descriptors.
struct PassedFds
{
    std::vector<PassedFd> fds; ///< those that the destination found
    QStringList unclaimed; ///< names that were received and never looked for
    QStringList alarms; ///< one sentence for each that was lost on its way
    bool destinationTold = false; ///< the destination's log covers the CPR state
};
PassedFds passedFds(std::span<const timeline::Event> events);

/// Compares each pair with kcmp or, where that is not allowed, weaker evidence. Takes microseconds per
/// pair where both numbers are known. Both processes must be alive.
std::vector<FdProof> proveFds(pid_t source, pid_t destination, const std::vector<PassedFd>& fds);

/// The evidence that a migration did what it should.
struct Verification
{
    bool ok = false;
    QStringList findings; ///< one translated sentence per fault; empty when ok
    QStringList evidence; ///< one translated sentence per proof
    std::vector<FdProof> fds;
};

/// What verification is made of; run states as each side answered after the migration.
struct VerificationInput
{
    bool sourceWasRunning = true;
    bool sourceGone = false;
    bool executed = false; ///< its process is the destination's
    QString sourceRunState;
    QString destinationRunState;
    std::optional<bool> guestBeats; ///< on the destination; nothing where the VMM cannot tell
    bool fdsExpected = false; ///< the mode passes descriptors
    bool traceComplete = false; ///< the destination's log has told which descriptors it found
    std::vector<FdProof> fds;
    QStringList ramFiles; ///< RAM files that the destination has open, as it must
    QStringList missingRamFiles; ///< and those it has not
    QStringList alarms; ///< fds that were lost, one sentence each
    QStringList unclaimed; ///< names that were received and never looked for
};

/// Pure: the verdict.
Verification judge(const VerificationInput& input);

} // namespace cutover::op
