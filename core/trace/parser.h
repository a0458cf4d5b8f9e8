// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "trace/traceevent.h"

#include <QByteArrayView>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <cstdint>

namespace cutover::trace {

/// The log carries QEMU's error messages beside its trace events.
enum class LineKind : std::uint8_t { Event, Text };

/// One line of QEMU's log.
struct Line
{
    LineKind kind = LineKind::Text;
    qint64 timeNs = 0; ///< CLOCK_REALTIME; 0 = the line carries no time
    qint64 threadId = 0; ///< only in the format of QEMU before 10.2; 0 = unknown
    QString name; ///< the trace event; empty for text
    QString arguments; ///< what follows the name, unparsed; for text the whole message
    Value value;

    bool isTyped() const { return value.index() != 0; }
};

/// Parses one line, with or without its line end, in any of the formats of QEMU's "log" trace backend:
/// "TIME event arguments" (-msg timestamp=on), "event arguments", and "PID@SECONDS.MICROSECONDS:event
/// arguments" (before 10.2); TIME is ISO 8601 with an optional fraction. Never fails: a line that is no event
/// is text, an event that is unknown or damaged has no typed value. A name counts as an event's if it is an
/// identifier with an underscore, which every event has and no error message starts with.
Line parseLine(QByteArrayView line);

/// The fields of the typed value, keyed by their names in traceevent.h, numbers as numbers; for an untyped
/// event
/// {"arguments"}, for text {"line"}. Addresses are strings, "0x7f...".
QJsonObject attributes(const Line& line);

/// The patterns to subscribe to with -trace or trace-event-set-state so that a timeline is complete.
QStringList subscription();

} // namespace cutover::trace
