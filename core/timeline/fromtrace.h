// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"
#include "trace/parser.h"

namespace cutover::timeline {

/// A line of a VMM's log as an event: a trace event with its typed fields, or, for text, a Process event
/// "stderr" with the attribute "line". A line without a time becomes an event without one.
Event fromTrace(Side side, const trace::Line& line);

} // namespace cutover::timeline
