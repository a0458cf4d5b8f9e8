// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

namespace cutover::engine {

/// How long each wait of a handover may last, in milliseconds; each is a migration parameter.
struct TimeLimits
{
    int connect = 60000; ///< CPR channel sent until the destination listens on the main channel
    int prepare = 60000; ///< from the hello until the destination has prepared
    int release = 2000; ///< a device lets go of its resource, or takes it
    int state = 10000; ///< all state sent, or received
    int ready = 5000; ///< until the destination is ready, or until the source says GO
    int started = 2000; ///< until the destination says that the guest runs
    int rollback = 2000; ///< until the destination has let go of what it was sent; then it is killed

    bool operator==(const TimeLimits&) const = default;
};

} // namespace cutover::engine
