// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/derive.h"
#include "timeline/event.h"

#include <optional>
#include <span>
#include <vector>

namespace cutover::op {

/// The destination's command line as the operator reviews it, in a record an Action named "derived" with
/// {argv, changes, edits}; each change is {kind, before, after, reason}.
struct ReviewedCommand
{
    QStringList argv;
    std::vector<CommandChange> changes; ///< by Cutover
    std::vector<CommandChange> edits; ///< by the operator, against the source's command line
};

QJsonObject toAttributes(const ReviewedCommand& command);
/// Malformed for attributes that toAttributes() does not write.
Result<ReviewedCommand> fromAttributes(const QJsonObject& attributes);

/// The last one in \a events that is readable.
std::optional<ReviewedCommand> lastReviewed(std::span<const timeline::Event> events);

} // namespace cutover::op
