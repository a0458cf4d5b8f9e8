// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"
#include "timeline/summary.h"

#include <QByteArray>
#include <QJsonObject>

#include <span>

namespace cutover::timeline {

/// All events as CSV (RFC 4180: CRLF, quotes doubled), UTF-8, in the order of the record. Columns: time_ns
/// (empty if not known), time (ISO 8601, UTC, nanoseconds), side, category, name, attributes (JSON).
QByteArray toCsv(std::span<const Event> events);

/// All events in the Chrome trace event format (JSON), which the Perfetto UI and trace_processor read. A
/// process per side, a thread per lane; states, phases and device sections are complete events ("X"),
/// checkpoints, QMP events and the rest instants ("i"), each fd of a migration a flow ("s", "f") from the
/// source to the destination. ts is in microseconds since the first event, with three decimals; the start is
/// in otherData.start_ns. Events without a time are left out.
QByteArray toPerfetto(std::span<const Event> events);

/// All events as one JSON document: an array of the objects that are the lines of a recording.
QByteArray toJson(std::span<const Event> events);

/// What `cutoverctl --json` prints of a migration: {"migration", "migrations", "outcome", "verdict",
/// "phases", "checkpoints", "pause": {"outcome", "ns", "tier", "clockErrorNs", "rows", ...}, "fds",
/// "alarms"}. Durations and times are integers in ns; what is not known is null.
QJsonObject toJson(const Summary& summary);

} // namespace cutover::timeline
