// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/channels.h"
#include "engine/realize.h"
#include "engine/settings.h"

#include <QLatin1StringView>

#include <cstdint>
#include <span>

namespace cutover::engine {

/// When settings and channels are judged together.
enum class CheckMoment : std::uint8_t {
    Start, ///< the command line is complete; channels are those of -incoming
    Incoming, ///< migrate-incoming; channels are those of -incoming and of the command
    Migrate, ///< migrate
};

struct Combination
{
    CheckMoment moment = CheckMoment::Start;
    Parameters parameters;
    Channels channels;
    bool defer = false; ///< -incoming defer: the main channel, or both, may still come

    bool incoming() const
    {
        return moment != CheckMoment::Migrate && (defer || channels.main || channels.cpr);
    }
    /// True when there is a way in which \a address cannot carry fds; an fd's kind is not known here.
    bool mainIsInet() const { return channels.main && channels.main->transport == Transport::Inet; }

    /// The mode in force: a destination that was not told has it from its channels.
    MigrationMode mode() const;
    /// The operator's switch in force: set, or following the mode.
    bool migrateFds() const;
    /// What decides for each fd once the combination has been accepted: the destination's policy, on both
    /// sides. \a mainPassesFds: of a main channel that is an fd itself.
    RealizePolicy policy(bool mainPassesFds = true) const;
};

/// One combination that is refused.
struct RefusedCombination
{
    QLatin1StringView id; ///< stable: "fds-off-in-cpr"
    bool (*applies)(const Combination&) = nullptr;
    ErrorCode code = ErrorCode::Refused;
    QLatin1StringView cause;
    QLatin1StringView remedy;
};

/// The table: every combination that is refused, in the order of checking.
std::span<const RefusedCombination> refusedCombinations();

/// The first row of the table that applies; nullptr for a combination that is accepted.
const RefusedCombination* findRefused(const Combination& combination);

/// findRefused() as an error, which names the channel where one is to blame.
Result<void> checkCombination(const Combination& combination);

} // namespace cutover::engine
