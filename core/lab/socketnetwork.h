// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <vector>

namespace cutover::lab {

/// A network that needs no privilege: pairs of connected unix sockets, one for each queue of the guest's
/// device. Each message is a frame, as makeUdpMessage() has it.
struct SocketNetwork
{
    std::vector<UniqueFd> host;
    std::vector<UniqueFd> guest; ///< to be inherited by the VMM
};

/// \a queues 1 or more. SOCK_SEQPACKET: it keeps the bounds of frames, and each end is told when the other is
/// gone. Non-blocking; both directions have the same room, so that a guest that echoes what fitted one finds
/// room in the other.
Result<SocketNetwork> makeSocketNetwork(int queues);

} // namespace cutover::lab
