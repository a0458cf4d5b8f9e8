// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QString>

namespace cutover::op {

/// Renames the socket's file \a from onto \a to, the path that clients know, and leaves a link at
/// \a from, which the process itself names on its command line. Atomic for clients of \a to.
Result<void> takePlace(const QString& from, const QString& to);

} // namespace cutover::op
