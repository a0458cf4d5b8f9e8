// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLatin1StringView>

#include <cstdint>

namespace cutover::engine {

/// QEMU's MigrationStatus, as far as this engine knows it.
enum class MigrationStatus : std::uint8_t {
    None,
    Setup,
    Active,
    Device,
    Completed,
    Failing,
    Failed,
    Cancelling,
    Cancelled,
};

/// QEMU's spelling: "setup", "cancelling", ...
constexpr QLatin1StringView migrationStatusName(MigrationStatus status)
{
    using namespace Qt::StringLiterals;
    switch (status) {
    case MigrationStatus::None:
        return "none"_L1;
    case MigrationStatus::Setup:
        return "setup"_L1;
    case MigrationStatus::Active:
        return "active"_L1;
    case MigrationStatus::Device:
        return "device"_L1;
    case MigrationStatus::Completed:
        return "completed"_L1;
    case MigrationStatus::Failing:
        return "failing"_L1;
    case MigrationStatus::Failed:
        return "failed"_L1;
    case MigrationStatus::Cancelling:
        return "cancelling"_L1;
    case MigrationStatus::Cancelled:
        return "cancelled"_L1;
    }
    return "none"_L1;
}

} // namespace cutover::engine
