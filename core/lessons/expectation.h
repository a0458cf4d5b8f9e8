// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "operator/session.h"
#include "timeline/event.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <optional>
#include <span>
#include <variant>

namespace cutover::lessons {

namespace expect {
struct Outcome
{
    op::Outcome is = op::Outcome::Migrated;
    bool operator==(const Outcome&) const = default;
};
/// The guest runs there and nowhere else: both VMMs were asked, and its heart beats where there is one.
struct Guest
{
    op::GuestLocation at = op::GuestLocation::Destination;
    bool operator==(const Guest&) const = default;
};
/// All descriptors of these devices are the same open file on both sides, or none is. Empty: of all devices.
struct Fds
{
    QStringList devices;
    bool same = true;
    bool operator==(const Fds&) const = default;
};
struct Check
{
    QString id;
    op::Verdict verdict = op::Verdict::Refuse;
    bool operator==(const Check&) const = default;
};
/// What the attempt failed of.
struct Failure
{
    QString saying; ///< part of it, whatever its letters' case
    std::optional<ErrorCode> code;
    bool operator==(const Failure&) const = default;
};
/// By the guest's own counters: no block was wrong, refused or lost.
struct NoLoss
{
    bool operator==(const NoLoss&) const = default;
};
/// Whether the destination got its RAM and made its devices before the source stopped, or after.
struct Devices
{
    bool insidePause = false;
    bool operator==(const Devices&) const = default;
};
/// The source had stopped the guest, and has resumed it.
struct RolledBack
{
    bool operator==(const RolledBack&) const = default;
};
} // namespace expect

using Expectation = std::variant<expect::Outcome, expect::Guest, expect::Fds, expect::Check, expect::Failure,
    expect::NoLoss, expect::Devices, expect::RolledBack>;

/// Malformed for anything that is not understood.
Result<Expectation> readExpectation(const QJsonObject& object);

/// What one VMM answered when it was asked.
struct Answers
{
    bool reached = false; ///< it answered
    bool gone = false; ///< its process has ended
    QString runState;
    std::optional<bool> beats; ///< nothing where the VMM tells of no heart
    QJsonObject pulse; ///< the last answer to query-pulse; empty for none
};

/// What expectations are held against.
struct Evidence
{
    op::SessionState state;
    std::vector<op::Check> checks;
    std::optional<op::Failure> failure;
    Answers source;
    Answers destination;
    std::span<const timeline::Event> events; ///< of the last migration
};

/// An expectation and what has become of it.
struct Finding
{
    bool holds = false;
    QString sentence; ///< what was expected, translated
    QString seen; ///< what was seen instead, or as the proof; translated, may be empty

    bool operator==(const Finding&) const = default;
};

/// Whether the VMMs have to be asked for it.
bool needsAnswers(const Expectation& expectation);

/// Pure.
Finding judge(const Expectation& expectation, const Evidence& evidence);

/// "migrated", "failed", "refused", "needs-operator", "running".
QString outcomeId(op::Outcome outcome);
op::Outcome outcomeOf(const op::SessionState& state);

} // namespace cutover::lessons
