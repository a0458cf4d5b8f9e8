// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/pulse.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cutover::timeline {

using namespace Qt::StringLiterals;

namespace {

template <typename Sample>
struct Field
{
    QLatin1StringView name;
    qint64 Sample::* member;
};

constexpr std::array heartbeatFields{
    Field{ "clockOffsetNs"_L1, &Heartbeat::clockOffsetNs },
    Field{ "beats"_L1, &Heartbeat::beats },
    Field{ "lastBeatNs"_L1, &Heartbeat::lastBeatNs },
    Field{ "longestGapNs"_L1, &Heartbeat::longestGapNs },
    Field{ "longestGapAtNs"_L1, &Heartbeat::longestGapAtNs },
    Field{ "starts"_L1, &Heartbeat::starts },
    Field{ "startGapNs"_L1, &Heartbeat::startGapNs },
    Field{ "framesReceived"_L1, &Heartbeat::framesReceived },
    Field{ "framesEchoed"_L1, &Heartbeat::framesEchoed },
    Field{ "blocksWritten"_L1, &Heartbeat::blocksWritten },
    Field{ "blocksVerified"_L1, &Heartbeat::blocksVerified },
    Field{ "blockErrors"_L1, &Heartbeat::blockErrors },
    Field{ "blocksWrong"_L1, &Heartbeat::blocksWrong },
    Field{ "longestStorageGapNs"_L1, &Heartbeat::longestStorageGapNs },
    Field{ "ringFaults"_L1, &Heartbeat::ringFaults },
    Field{ "firstSweepNs"_L1, &Heartbeat::firstSweepNs },
    Field{ "meanSweepNs"_L1, &Heartbeat::meanSweepNs },
};

/// Only of a heartbeat that was observed.
constexpr std::array observedFields{
    Field{ "gapErrorNs"_L1, &Heartbeat::gapErrorNs },
    Field{ "guestClockGapNs"_L1, &Heartbeat::guestClockGapNs },
};

constexpr std::array trafficFields{
    Field{ "sent"_L1, &Traffic::sent },
    Field{ "received"_L1, &Traffic::received },
    Field{ "reordered"_L1, &Traffic::reordered },
    Field{ "duplicated"_L1, &Traffic::duplicated },
    Field{ "longest-silence-ns"_L1, &Traffic::longestSilenceNs },
    Field{ "longest-silence-at-ns"_L1, &Traffic::longestSilenceAtNs },
    Field{ "round-trip-ns"_L1, &Traffic::roundTripNs },
};

constexpr std::array silenceFields{
    Field{ "lengthNs"_L1, &Silence::lengthNs },
    Field{ "errorNs"_L1, &Silence::errorNs },
    Field{ "endNs"_L1, &Silence::endNs },
    Field{ "otherwiseNs"_L1, &Silence::otherwiseNs },
};

constexpr std::array substitutes{
    std::pair(GapKind::Packets, "packets"_L1),
    std::pair(GapKind::Processors, "processors"_L1),
};

/// More is no duration or counter but damage, and must not overflow when two are added.
constexpr qint64 mostPlausible = qint64{ 1 } << 61;

template <typename Sample, std::size_t N>
void read(Sample& sample, const std::array<Field<Sample>, N>& fields, const QJsonObject& attributes)
{
    for (const auto& field : fields) {
        const qint64 value = attributes[field.name].toInteger();
        // The offset between two clocks alone can be negative.
        const qint64 least = field.name == "clockOffsetNs"_L1 ? -mostPlausible
            : field.name == "guestClockGapNs"_L1              ? -1
                                                              : 0;
        sample.*field.member = value < least || value > mostPlausible ? 0 : value;
    }
}

template <typename Sample, std::size_t N>
QJsonObject write(const Sample& sample, const std::array<Field<Sample>, N>& fields)
{
    QJsonObject attributes;
    for (const auto& field : fields)
        attributes.insert(field.name, sample.*field.member);
    return attributes;
}

/// How far from the pause a gap that belongs to it may end: the guest's first beat comes after the VMM's
/// start.
constexpr qint64 reachNs = 50'000'000;

bool touches(const PauseBreakdown& pause, qint64 startNs, qint64 endNs)
{
    return pause.isKnown() && startNs <= pause.endNs + reachNs && endNs >= pause.startNs;
}

std::optional<PulseGap> guestGap(const PulseTrail& trail, const PauseBreakdown& pause)
{
    if (trail.heartbeats.empty())
        return std::nullopt;
    const Heartbeat& last = trail.heartbeats.back();
    const bool restarted = last.side == Side::Destination
        || std::ranges::any_of(
            trail.heartbeats, [&](const Heartbeat& before) { return before.starts < last.starts; });
    if (!restarted || last.startGapNs <= 0)
        return std::nullopt;
    PulseGap gap{ .kind = GapKind::Guest, .lengthNs = last.startGapNs, .observed = last.observed };
    const qint64 endNs = last.longestGapAtNs + last.clockOffsetNs;
    if (last.longestGapNs >= last.startGapNs && touches(pause, endNs - last.longestGapNs, endNs)) {
        gap.place = GapPlace::Measured;
        gap.startNs = endNs - gap.lengthNs;
    } else if (pause.isKnown()) {
        gap.place = GapPlace::AtPause;
        gap.startNs = pause.startNs;
    }
    return gap;
}

std::optional<PulseGap> networkGap(const PulseTrail& trail, const PauseBreakdown& pause)
{
    if (trail.traffic.empty())
        return std::nullopt;
    const Traffic& last = trail.traffic.back();
    const qint64 startNs = last.longestSilenceAtNs - last.longestSilenceNs;
    if (last.longestSilenceNs <= 0 || !touches(pause, startNs, last.longestSilenceAtNs))
        return std::nullopt;
    return PulseGap{ .kind = GapKind::Network,
        .place = GapPlace::Measured,
        .lengthNs = last.longestSilenceNs,
        .startNs = startNs };
}

/// Only its length is known; that it belongs to the switchover follows from its having grown over it.
std::optional<PulseGap> storageGap(const PulseTrail& trail, const PauseBreakdown& pause)
{
    if (trail.heartbeats.empty() || !pause.isKnown())
        return std::nullopt;
    const Heartbeat& last = trail.heartbeats.back();
    const auto before = std::ranges::find_last_if(
        trail.heartbeats, [&](const Heartbeat& sample) { return sample.timeNs < pause.startNs; });
    const auto after = std::ranges::find_if(
        trail.heartbeats, [&](const Heartbeat& sample) { return sample.timeNs > pause.endNs; });
    if (before.empty() || after == trail.heartbeats.end()
        || after->longestStorageGapNs <= before.front().longestStorageGapNs || last.blocksWritten == 0)
        return std::nullopt;
    return PulseGap{ .kind = GapKind::Storage,
        .place = GapPlace::AtPause,
        .lengthNs = after->longestStorageGapNs,
        .startNs = pause.startNs };
}

void addSubstitutes(std::vector<PulseGap>& gaps, const PulseTrail& trail, const PauseBreakdown& pause)
{
    for (const Silence& each : trail.silences) {
        const qint64 startNs = each.endNs - each.lengthNs;
        if (trail.heartbeats.empty() && each.lengthNs > 0 && touches(pause, startNs, each.endNs))
            gaps.push_back({ .kind = each.kind,
                .place = GapPlace::Measured,
                .lengthNs = each.lengthNs,
                .startNs = startNs,
                .otherwiseNs = each.otherwiseNs });
    }
}

} // namespace

bool PulseTrail::take(const Event& event)
{
    if (event.category != Category::Pulse)
        return false;
    if (event.name == "heartbeat"_L1) {
        Heartbeat sample{ .side = event.side, .timeNs = event.timeNs };
        read(sample, heartbeatFields, event.attributes);
        sample.observed = event.attributes["observed"_L1].toBool();
        if (sample.observed)
            read(sample, observedFields, event.attributes);
        heartbeats.push_back(sample);
        absent = false;
    } else if (event.name == "traffic"_L1) {
        Traffic sample{ .timeNs = event.timeNs, .isFinal = event.attributes["final"_L1].toBool() };
        read(sample, trafficFields, event.attributes);
        traffic.push_back(sample);
    } else if (event.name == "silence"_L1) {
        const auto kind = std::ranges::find(
            substitutes, event.attributes["of"_L1].toString(), &decltype(substitutes)::value_type::second);
        if (kind == substitutes.end())
            return false;
        Silence silence{ .kind = kind->first };
        read(silence, silenceFields, event.attributes);
        std::erase_if(silences, [&](const Silence& before) { return before.kind == silence.kind; });
        silences.push_back(silence);
    } else if (event.name == "absent"_L1) {
        absent = heartbeats.empty();
    } else {
        return false;
    }
    return true;
}

PulseTrail pulseTrail(std::span<const Event> events)
{
    PulseTrail trail;
    for (const Event& event : events)
        trail.take(event);
    return trail;
}

std::vector<PulseGap> pulseGaps(const PulseTrail& trail, const PauseBreakdown& pause)
{
    std::vector<PulseGap> gaps;
    for (const auto& gap : { guestGap(trail, pause), networkGap(trail, pause), storageGap(trail, pause) }) {
        if (gap)
            gaps.push_back(*gap);
    }
    addSubstitutes(gaps, trail, pause);
    return gaps;
}

std::optional<double> beatsPerSecond(const Heartbeat& before, const Heartbeat& after)
{
    if (after.timeNs <= before.timeNs || after.beats < before.beats)
        return std::nullopt;
    return static_cast<double>(after.beats - before.beats) * 1e9
        / static_cast<double>(after.timeNs - before.timeNs);
}

QJsonObject pulseAttributes(const Heartbeat& sample)
{
    QJsonObject attributes = write(sample, heartbeatFields);
    if (sample.observed) {
        attributes.insert("observed"_L1, true);
        attributes.insert("gapErrorNs"_L1, sample.gapErrorNs);
        attributes.insert("guestClockGapNs"_L1, sample.guestClockGapNs);
    }
    return attributes;
}

QJsonObject pulseAttributes(const Traffic& sample)
{
    QJsonObject attributes = write(sample, trafficFields);
    attributes.insert("final"_L1, sample.isFinal);
    return attributes;
}

QJsonObject pulseAttributes(const Silence& silence)
{
    QJsonObject attributes = write(silence, silenceFields);
    const auto kind = std::ranges::find(substitutes, silence.kind, &decltype(substitutes)::value_type::first);
    if (kind != substitutes.end())
        attributes.insert("of"_L1, QString(kind->second));
    return attributes;
}

} // namespace cutover::timeline
