// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"

#include <QJsonObject>
#include <QString>
#include <QtTypes>

#include <cstdint>
#include <optional>

namespace cutover::timeline {

/// What an event tells of; decides which attributes it carries.
enum class Category : std::uint8_t {
    QmpSent, ///< a raw QMP message to a VMM; name = command
    QmpReceived, ///< a raw QMP message from a VMM; name = "return", "error" or the event's name
    QmpEvent, ///< a QMP event; name = QEMU's name, attributes = its data
    Trace, ///< a line of the trace log; name = the trace event, attributes as trace::attributes()
    /// Seen by the relay of a channel, see relay/watch.h; side = Channel, or the end it tells of
    Relay,
    /// What the console or its user did: "check" (asked for, with the request), "destination" (its command
    /// line, derived), "derived" (the same as it was reviewed, see op::ReviewedCommand), "note" (tolerated;
    /// "text", and "failure" in full), "command", "socket-moved"; "switch": a switch was set; {scope:
    /// "global" or "device", device, property, on, ok, cause, remedy}, side = the VMM that was asked.
    Action,
    State, ///< the session's state changed; name = the state; its data and the "sentence" about it
    Process, ///< name = "spawned" (by the console: the destination), "exited", "stderr" (attribute "line")
    /// name = the fd's name; {id, kind, text, sourceFd, destinationFd, identity, method, proof}; identity is
    /// fdpass::identityId(), or "new": another open file, as was predicted
    Fd,
    /// A VMM's devices, their fds and the switches, name = "devices"; {inventory: op::FdInventory, route:
    /// op::FdRoute}. The latest one of a side counts; that of the destination follows a migration.
    Inventory,
    Check, ///< a preflight check; name = its id; {verdict, title, evidence, remedy}
    Verdict, ///< how a migration ended; name = the outcome
    Pulse, ///< name = "heartbeat", "traffic", or "absent" (the VMM has none); attributes as in pulse.h
    Clock, ///< a sample of CLOCK_REALTIME - CLOCK_MONOTONIC; {offsetNs, uncertaintyNs}
    Endpoint, ///< what is known of the VMM of this side has changed; name = "status"; all that is known
};

/// The stable identifier used in recordings and exports: "qmp-sent", "trace", ...
QString categoryId(Category category);
std::optional<Category> categoryFromId(QStringView id);

/// One thing that happened, on one clock.
struct Event
{
    Side side = Side::Console;
    qint64 timeNs = 0; ///< CLOCK_REALTIME; 0 = no time known, only its place in the record counts
    Category category = Category::Action;
    QString name;
    QJsonObject attributes;

    bool operator==(const Event&) const = default;
};

} // namespace cutover::timeline
