// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

namespace cutover::vmm {

/// Success when \a fd is a connected AF_UNIX socket of type SOCK_SEQPACKET, whoever is at its other end. That
/// type and no other: it keeps the bounds of a frame, which a stream does not, and tells when the other end
/// is gone, which a datagram socket does not. A few system calls; InvalidArgument says what it is instead.
Result<void> checkPacketSocket(int fd);

/// Takes over the socket that this process was started with as descriptor \a number: makes it non-blocking
/// and close-on-exec. NotFound where that number is not open; what is not such a socket is left alone.
Result<UniqueFd> takePacketSocket(int number);

/// False once nothing more can come, because every copy of the other end is closed.
bool hasPeer(int fd);

} // namespace cutover::vmm
