// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/fromtrace.h"

namespace cutover::timeline {

Event fromTrace(Side side, const trace::Line& line)
{
    const bool isEvent = line.kind == trace::LineKind::Event;
    return { .side = side,
        .timeNs = line.timeNs,
        .category = isEvent ? Category::Trace : Category::Process,
        .name = isEvent ? line.name : QStringLiteral("stderr"),
        .attributes = trace::attributes(line) };
}

} // namespace cutover::timeline
