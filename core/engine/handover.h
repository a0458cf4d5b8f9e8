// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QLatin1StringView>

#include <cstdint>

namespace cutover::engine {

/// Where RAM and fds go, and when the guest stops in between.
enum class Handover : std::uint8_t {
    LateStop, ///< fds first, while the guest runs: exclusive devices fail on the destination
    EarlyStop, ///< stop and release first, then every fd
    Prepared, ///< shareable fds first, the rest together with the state after stop and release
};

/// "late-stop", "early-stop", "prepared".
constexpr QLatin1StringView handoverName(Handover handover)
{
    using namespace Qt::StringLiterals;
    switch (handover) {
    case Handover::LateStop:
        return "late-stop"_L1;
    case Handover::EarlyStop:
        return "early-stop"_L1;
    case Handover::Prepared:
        break;
    }
    return "prepared"_L1;
}

} // namespace cutover::engine
