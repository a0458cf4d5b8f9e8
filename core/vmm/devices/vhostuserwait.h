// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <cstdint>

namespace cutover::vmm::vhostuser {

/// Waits until poll() reports \a events, an error or a hang-up of \a fd. Timeout at \a deadlineNs, also when
/// that has passed already; the error says that \a attempt failed on \a object.
Result<void> waitFor(
    int fd, short events, std::int64_t deadlineNs, const QString& attempt, const QString& object);

/// Spins for a few microseconds at most before it is worth to sleep.
inline constexpr std::int64_t spinNs = 20'000;

} // namespace cutover::vmm::vhostuser
