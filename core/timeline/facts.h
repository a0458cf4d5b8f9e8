// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cutover::timeline {

enum class FactKind : std::uint8_t {
    CprSaveFd,
    CprDeleteFd,
    CprFindFd,
    CprStateSave,
    CprStateLoad,
    CprExec,
    CprTransferInput,
    PutFd,
    GetFd,
    TraceState,
    TraceRunstate,
    IncomingAccepted,
    OutgoingConnected,
    Checkpoint,
    DowntimeSave,
    DowntimeLoad,
    QmpStop,
    QmpResume,
    QmpMigration,
    SentMigrate,
    Spawned,
    Exited,
    SessionFd,
    RelayFd,
    ClockSample,
    Verdict,
};

struct Fact
{
    FactKind kind = FactKind::Checkpoint;
    Side side = Side::Console;
    qint64 timeNs = 0; ///< 0 = the event carries none
    qint64 orderNs = 0; ///< the time, or for an untimed event the latest time that had come before it
    const Event* event = nullptr;

    QString text(QLatin1StringView key) const { return event->attributes.value(key).toString(); }
    qint64 number(QLatin1StringView key, qint64 otherwise = 0) const
    {
        return event->attributes.value(key).toInteger(otherwise);
    }
    /// The state that a TraceState or QmpMigration fact reports.
    QString state() const;
};

/// One migration within a record: its facts are [first, end) of the facts.
struct Window
{
    std::size_t first = 0;
    std::size_t end = 0;
};

/// What the derivations need of a record, found in one pass. Who derives several things of the same events
/// makes it once.
///
/// Migrations start with the source's `migrate` command, or, where that was not recorded, with the source's
/// state "setup"; they reach until the next one starts. What a VMM logged as the destination of an earlier
/// migration opens none, although the record may hold it under the source.
struct Facts
{
    Facts() = default;
    /// Implicit: to derive a single thing, events will do. They must outlive it.
    Facts(std::span<const Event> events);
    Facts(const std::vector<Event>& events)
        : Facts(std::span(events))
    {
    }

    std::vector<Fact> all; ///< by time
    std::vector<Window> migrations;
    qint64 firstNs = 0; ///< the earliest and the latest time of any event; 0 without one
    qint64 lastNs = 0;

    /// Window \a index, the last one without an index; nullopt if there is no such migration.
    std::optional<Window> migration(std::optional<std::size_t> index) const;
    std::span<const Fact> in(const Window& window) const
    {
        return std::span(all).subspan(window.first, window.end - window.first);
    }
    std::span<const Fact> before(const Window& window) const { return std::span(all).first(window.first); }
};

/// Whether \a event is one of the facts.
bool isFact(const Event& event);

bool isTerminal(QStringView migrationState);

} // namespace cutover::timeline
