// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "operator/derive.h"

#include <QString>

#include <vector>

namespace cutover::op {

/// Where \a path leads when every link at its end is followed, whether or not something is there. A path
/// that is no link, or leads in a circle, is returned as it is, absolute.
QString finalPlace(const QString& path);

/// What is renamed when the source is gone, onto the final places of the paths that the source's clients
/// know: \a moves as derived, with relative paths seen from \a workingDirectory, and the destination's
/// permanent monitor onto \a sourcePath, the monitor that was used, unless another of \a moves goes there.
/// To be called while the source lives: a VMM that ends removes the links its command line names.
std::vector<PathMove> plannedMoves(const std::vector<PathMove>& moves, const QString& monitorPath,
    const QString& sourcePath, const QString& workingDirectory);

/// Renames the socket's file \a from onto \a to, the path that clients know, and leaves a link at
/// \a from, which the process itself names on its command line. Atomic for clients of \a to. Does nothing
/// where that link stands already.
Result<void> takePlace(const QString& from, const QString& to);

} // namespace cutover::op
