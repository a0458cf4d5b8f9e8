// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <cstdint>

namespace cutover::engine {

/// Where RAM and fds go, and when the guest stops in between.
enum class Handover : std::uint8_t {
    LateStop, ///< fds first, while the guest runs: exclusive devices fail on the destination
    EarlyStop, ///< stop and release first, then every fd
    Prepared, ///< shareable fds first, the rest together with the state after stop and release
};

/// "late-stop", "early-stop", "prepared".
QString handoverId(Handover handover);

} // namespace cutover::engine
