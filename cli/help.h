// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "cli/options.h"

namespace cutover::cli {

/// What `cutoverctl --help` says.
void printOverview(Console& console, const QList<CommandSpec>& commands);
/// What `cutoverctl COMMAND --help` says.
void printHelp(Console& console, const CommandSpec& command);

} // namespace cutover::cli
