// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <cstddef>

namespace cutover::fdpass {

/// Grows this process's fd table so that \a count more fds can be received without growing it then:
/// growing during recvmsg() costs milliseconds in a process with threads, and next to nothing before
/// there are any. LimitExceeded when the soft limit of open files does not leave that many.
Result<void> reserveFds(std::size_t count);

} // namespace cutover::fdpass
