// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"
#include "operator/fix.h"
#include "operator/plan.h"

#include <optional>
#include <vector>

namespace cutover::op {

enum class Verdict : std::uint8_t { Pass, Warning, Refuse, NotApplicable };

/// "pass", "warning", "refuse", "not-applicable".
QString verdictId(Verdict verdict);

struct Check
{
    QString id; ///< stable, kebab-case
    Verdict verdict = Verdict::Pass;
    QString title;
    QString evidence; ///< what was seen
    QString remedy; ///< one sentence; empty for Pass and NotApplicable
    std::optional<Fix> fix; ///< what of the remedy can be done by us

    bool operator==(const Check&) const = default;
};

/// Every check, in a fixed order, also those that do not apply. Pure. \a destination is given when its
/// monitor can be asked already.
std::vector<Check> preflight(const Facts& source, const Plan& plan, const std::optional<Facts>& destination);

/// The worst verdict: Refuse, Warning, or Pass.
Verdict worst(const std::vector<Check>& checks);

} // namespace cutover::op
