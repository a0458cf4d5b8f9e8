// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/capabilities.h"
#include "engine/channels.h"
#include "engine/parameters.h"

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
    bool modeExplicit = false; ///< set by -global or later
    Capabilities capabilities;
    Channels channels;
    bool defer = false; ///< -incoming defer was given and channels may still come

    bool incoming() const
    {
        return moment != CheckMoment::Migrate && (defer || channels.main || channels.cpr);
    }
    /// The mode in force: a destination learns it from its channels.
    MigrationMode mode() const;
    /// The operator's switch in force for that mode.
    bool migrateFds() const;
};

Combination combinationOf(
    const MigrationSettings& settings, const Channels& channels, CheckMoment moment, bool defer = false);

/// One combination that is refused.
struct RefusedCombination
{
    const char* id; ///< stable: "fds-off-in-cpr"
    bool (*applies)(const Combination&);
    ErrorCode code;
    const char16_t* cause;
    const char16_t* remedy;
};

/// The table: every combination that is refused, in the order of checking.
std::span<const RefusedCombination> refusedCombinations();

/// The first row of the table that applies, as an error. \a attempt: "start", "migrate".
Result<void> checkCombination(const Combination& combination);

} // namespace cutover::engine
