// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/options.h"
#include "operator/session.h"

/// The options by which check and migrate are told what to do.
namespace cutover::cli {

/// "qmp:PATH" or "pid:N".
Result<op::SourceSpec> parseSource(const QString& text);
/// "derive" or "qmp:PATH[,cpr:PATH][,main:PATH]".
Result<op::DestinationSpec> parseDestination(const QString& text);

/// What check and migrate have in common.
QList<OptionSpec> requestOptions();
/// What only a migration needs.
QList<OptionSpec> migrationRequestOptions();
/// Usage errors for what is missing, malformed or excludes each other.
Result<op::SessionRequest> parseRequest(const Options& options);

} // namespace cutover::cli
