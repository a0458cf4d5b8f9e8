// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/facts.h"

#include <QString>

#include <vector>

namespace cutover::timeline {

/// A stretch of time in which one side was in one state: what a lane of the timeline shows.
struct Span
{
    Side side = Side::Source;
    QString id; ///< QEMU's run state, or "waits-for-cpr", "creates-devices", "load", "starts", "failed"
    QString text; ///< for people: "guest runs"
    qint64 startNs = 0; ///< CLOCK_REALTIME, never 0
    qint64 endNs = 0; ///< never before startNs
    bool openStart = false; ///< began before the record does
    bool openEnd = false; ///< still goes on at the end of the record

    bool operator==(const Span&) const = default;
};

/// The states of both sides over the whole record, by side, then by time, without overlap within a side. From
/// trace lines with times; a side that has none is derived from its QMP events.
std::vector<Span> spans(const Facts& facts);

} // namespace cutover::timeline
