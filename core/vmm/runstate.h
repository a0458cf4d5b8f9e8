// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLatin1StringView>

#include <cstdint>

namespace cutover::vmm {

/// QEMU's RunState with QEMU's numbers, as far as this VMM has the states, and precreate.
enum class RunState : std::uint8_t {
    InMigrate = 1,
    InternalError = 2,
    Paused = 4,
    PostMigrate = 5,
    Prelaunch = 6,
    FinishMigrate = 7,
    Running = 9,
    Shutdown = 11,
    Precreate = 16, ///< the monitor works, neither RAM nor a device exists
};

/// QEMU's spelling: "finish-migrate", ...
constexpr QLatin1StringView runStateName(RunState state)
{
    using namespace Qt::StringLiterals;
    switch (state) {
    case RunState::InMigrate:
        return "inmigrate"_L1;
    case RunState::InternalError:
        return "internal-error"_L1;
    case RunState::Paused:
        return "paused"_L1;
    case RunState::PostMigrate:
        return "postmigrate"_L1;
    case RunState::Prelaunch:
        return "prelaunch"_L1;
    case RunState::FinishMigrate:
        return "finish-migrate"_L1;
    case RunState::Running:
        return "running"_L1;
    case RunState::Shutdown:
        return "shutdown"_L1;
    case RunState::Precreate:
        break;
    }
    return "precreate"_L1;
}

} // namespace cutover::vmm
