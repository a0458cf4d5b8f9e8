// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/facts.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace cutover::timeline {

/// What the destination did with an fd of the CPR state.
enum class FdClaim : std::uint8_t {
    Unknown, ///< not seen (yet)
    Claimed, ///< it looked for the name and found the fd
    Missing, ///< it looked for the name and did not find it: it uses something new instead
    Unclaimed, ///< received, but never looked for: open and unused
};

/// "unknown", "claimed", "missing", "unclaimed".
QString fdClaimId(FdClaim claim);

/// One fd on its way from the source to the destination. Times are CLOCK_REALTIME, 0 = not known.
struct FdEntry
{
    QString name; ///< as in the CPR state; empty if no trace line tells it
    int id = 0;
    std::optional<int> sourceFd; ///< its number in the source
    std::optional<int> destinationFd; ///< and in the destination
    bool saved = false; ///< the source put it into its CPR state
    bool sent = false;
    bool received = false;
    FdClaim claim = FdClaim::Unknown;
    qint64 savedNs = 0;
    qint64 sentNs = 0; ///< by the source's log, or else when a relay has passed it on
    qint64 receivedNs = 0;
    qint64 claimedNs = 0;
    QString kind; ///< these five come from the session's verification; empty before it
    QString text;
    QString identity;
    QString method;
    QString proof;

    bool operator==(const FdEntry&) const = default;
};

/// The fds of one migration, the last one without \a migration, in the order in which they were sent; then
/// those that were not sent. The CPR stream carries no numbers: what was sent and what was received is
/// matched by their order in it, names by the numbers that each side logs.
std::vector<FdEntry> fdTable(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

/// An fd that got lost on its way: the destination may run on with fresh, empty memory in its place.
struct FdAlarm
{
    QString name;
    int id = 0;
    qint64 timeNs = 0; ///< when it was noticed; 0 = not known
    QString text; ///< one sentence

    bool operator==(const FdAlarm&) const = default;
};

/// fds that were sent but not received, or not found by the destination of this migration. A VMM that starts
/// afresh looks for names in vain, too: only what was sent counts.
std::vector<FdAlarm> fdAlarms(const Facts& facts, std::optional<std::size_t> migration = std::nullopt);

} // namespace cutover::timeline
