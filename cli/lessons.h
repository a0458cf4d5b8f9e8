// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/command.h"

namespace cutover::cli {

/// What plays the lesson that \a options name, or lists all of them. Fails only with usage errors.
Result<std::unique_ptr<Command>> createLesson(Console& console, const Options& options);

} // namespace cutover::cli
