// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"
#include "timeline/pause.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What a guest with a pulse, and a peer that talks to it, say about a switchover. Read from the events of
/// Category::Pulse: the attributes of a heartbeat have the names of the members below, those of traffic the
/// names that a lab gives them ("longest-silence-ns"). Times and lengths in ns.
namespace cutover::timeline {

/// The guest about itself; counters since its boot. An event "heartbeat" of the side that was asked.
struct Heartbeat
{
    Side side = Side::Source;
    qint64 timeNs = 0; ///< CLOCK_REALTIME of the answer
    qint64 clockOffsetNs = 0; ///< CLOCK_REALTIME minus the guest's clock, as of the answer
    qint64 beats = 0;
    qint64 lastBeatNs = 0; ///< guest's clock
    qint64 longestGapNs = 0; ///< between two beats, since the gaps were last forgotten
    qint64 longestGapAtNs = 0; ///< guest's clock: the beat that ended it
    qint64 starts = 0; ///< how often the guest was started
    qint64 startGapNs = 0; ///< from the latest request to stop to the first beat after it; 0 = never stopped
    qint64 framesReceived = 0;
    qint64 framesEchoed = 0;
    qint64 blocksWritten = 0;
    qint64 blocksVerified = 0;
    qint64 blockErrors = 0;
    qint64 blocksWrong = 0;
    qint64 longestStorageGapNs = 0; ///< requests were in flight and none was completed
    qint64 ringFaults = 0;
    qint64 firstSweepNs
        = 0; ///< the slowest processor's first pass over its memory after a start; 0 = none yet
    qint64 meanSweepNs = 0; ///< the same processor's other passes; 0 = none yet
    /// Nobody could ask the guest: its beats were watched in its RAM, and the guest's clock above is
    /// CLOCK_MONOTONIC of the host. What has no beats is 0.
    bool observed = false;
    qint64 gapErrorNs = 0; ///< of startGapNs, where observed
    /// What the guest's own clock counted during startGapNs, where observed; -1 = not known.
    qint64 guestClockGapNs = -1;

    bool operator==(const Heartbeat&) const = default;
};

/// A peer in the guest's network, whose datagrams the guest echoes. An event "traffic" of the console.
struct Traffic
{
    qint64 timeNs = 0; ///< CLOCK_REALTIME
    qint64 sent = 0;
    qint64 received = 0; ///< distinct echoes
    qint64 reordered = 0;
    qint64 duplicated = 0;
    qint64 longestSilenceNs = 0; ///< between two echoes, since the migration was begun
    qint64 longestSilenceAtNs = 0; ///< CLOCK_REALTIME of its end
    qint64 roundTripNs = 0; ///< of the last echo
    bool isFinal = false; ///< nothing is under way any more

    /// Exact in a final sample, otherwise what is still under way counts, too.
    qint64 missing() const { return sent > received ? sent - received : 0; }
    bool operator==(const Traffic&) const = default;
};

/// The last two stand in for the first where a guest has no heartbeat.
enum class GapKind : std::uint8_t {
    Guest,
    Network,
    Storage,
    Packets, ///< it sent no frame into its TAPs
    Processors, ///< the threads of its processors used no time
};

/// How much is known of where a gap lies.
enum class GapPlace : std::uint8_t {
    Measured, ///< its end was timed
    AtPause, ///< its length was measured; it is laid where the pause begins
    Unknown, ///< its length was measured
};

/// How long a guest without a heartbeat was not seen to do anything, around the pause: a substitute, since it
/// may be silent though it runs. An event "silence" of the console.
struct Silence
{
    GapKind kind = GapKind::Packets; ///< Packets or Processors
    qint64 lengthNs = 0;
    qint64 errorNs = 0; ///< by so much it may be longer or shorter
    qint64 endNs = 0; ///< CLOCK_REALTIME
    /// The longest silence that was seen at another time; where it is as long, this one says nothing. 0 =
    /// none.
    qint64 otherwiseNs = 0;

    bool operator==(const Silence&) const = default;
};

/// A stretch in which the guest did nothing, or was not heard.
struct PulseGap
{
    GapKind kind = GapKind::Guest;
    GapPlace place = GapPlace::Unknown;
    qint64 lengthNs = 0;
    qint64 startNs = 0; ///< CLOCK_REALTIME; 0 where the place is unknown
    bool observed = false; ///< of the guest: as Heartbeat has it
    qint64 otherwiseNs = 0; ///< of packets and processors: as Silence has it

    qint64 endNs() const { return startNs > 0 ? startNs + lengthNs : 0; }
    bool operator==(const PulseGap&) const = default;
};

/// All samples of a record, in the order of their arrival.
struct PulseTrail
{
    std::vector<Heartbeat> heartbeats;
    std::vector<Traffic> traffic;
    std::vector<Silence> silences; ///< of the latest switchover
    bool absent = false; ///< the VMM said that it has no pulse, and none was heard since

    /// Takes in the event if it is a sample; whether it was. Damaged numbers read as 0.
    bool take(const Event& event);
    bool isEmpty() const { return heartbeats.empty() && traffic.empty() && silences.empty() && !absent; }
    bool operator==(const PulseTrail&) const = default;
};

PulseTrail pulseTrail(std::span<const Event> events);

/// The gaps of the latest switchover as far as the samples tell of one; at most one of each kind, substitutes
/// only without a heartbeat. \a pause
/// says where a gap is to be looked for.
std::vector<PulseGap> pulseGaps(const PulseTrail& trail, const PauseBreakdown& pause);

/// Beats a second between two samples; nullopt where that says nothing: no time between them, another boot.
std::optional<double> beatsPerSecond(const Heartbeat& before, const Heartbeat& after);

/// For an event: its attributes. The inverse of PulseTrail::take().
QJsonObject pulseAttributes(const Heartbeat& sample);
QJsonObject pulseAttributes(const Traffic& sample);
QJsonObject pulseAttributes(const Silence& silence);

} // namespace cutover::timeline
