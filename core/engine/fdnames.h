// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "cpr/stream.h"
#include "engine/section.h"

#include <vector>

class QCborStreamReader;

namespace cutover::engine {

/// The names of a device section's fds, which come before its state: [[name, id], ...] in the order of the
/// fds, which are taken out of \a section. \a reader is inside the payload's outermost array. Malformed when
/// the names are damaged or not as many as the fds.
Result<std::vector<cpr::Entry>> readFdNames(QCborStreamReader& reader, Section& section);

} // namespace cutover::engine
