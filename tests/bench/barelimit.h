// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QtTypes>

namespace cutover::bench {

/// From the sendmsg() of one message with \a fds descriptors to the moment at which a process that was
/// blocked in recvmsg() has them, in nanoseconds: what no handover can be faster than.
qint64 parkedProcessNs(int fds);

} // namespace cutover::bench
