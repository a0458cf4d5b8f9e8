// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

namespace cutover::vmm {

/// Bytes of virtio_net_hdr_v1 before each frame of a TAP that is opened here.
inline constexpr int netHeaderBytes = 12;

/// How a TAP is opened; every queue alike.
struct TapOptions
{
    QString interface; ///< 1 to 15 bytes; a TAP that exists
    bool multiQueue = false;
    bool offloads = false; ///< frames may come without their checksum filled in
};

/// A queue of the TAP, non-blocking, with IFF_NO_PI and IFF_VNET_HDR, in the network namespace of the calling
/// thread. Busy when all its queues are taken: the only one of a TAP without multiple queues. The kernel
/// gives anybody a further queue of one that has them. NotFound where there is no such interface: none is
/// made.
Result<UniqueFd> openTapQueue(const TapOptions& options);

/// Success when \a fd is a queue of that TAP, opened that way. An empty interface accepts each.
Result<void> checkTapQueue(int fd, const TapOptions& options);

} // namespace cutover::vmm
