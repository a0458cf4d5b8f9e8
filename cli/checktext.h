// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "cli/console.h"
#include "operator/session.h"

#include <QJsonArray>

namespace cutover::cli {

enum class CheckDetail : std::uint8_t {
    All,
    Notable, ///< what needs attention, and how many were fine
};

void printChecks(Console& console, const std::vector<op::Check>& checks, CheckDetail detail);
/// The destination's command line with each change and its reason.
void printDerived(Console& console, const op::DerivedCommand& derived);

QJsonArray checksJson(const std::vector<op::Check>& checks);
QJsonObject derivedJson(const op::DerivedCommand& derived);
/// {side, phase, message, remedy, destinationOutput}
QJsonObject failureJson(const op::Failure& failure);
/// Side, phase, cause and remedy, with what the destination said last; to standard error.
void printFailure(Console& console, const op::Failure& failure);

} // namespace cutover::cli
