// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/command.h"

namespace cutover::cli {

/// The options of `inspect` that put it between two VMMs.
QList<OptionSpec> relayInspectOptions();
/// Whether \a options ask for that.
bool asksForRelay(const Options& options);
/// Precondition: asksForRelay(). Fails only with usage errors.
Result<std::unique_ptr<Command>> createRelayInspect(Console& console, const Options& options);

} // namespace cutover::cli
