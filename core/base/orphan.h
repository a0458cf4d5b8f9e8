// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

namespace cutover {

/// Reaps a child that nobody waits for any more, when it ends: by the main thread's event loop, as long as
/// there is one. From any thread. \a pidFd is its pidfd.
void reapLater(UniqueFd pidFd);

} // namespace cutover
