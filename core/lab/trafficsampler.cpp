// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/trafficsampler.h"

#include "base/clock.h"
#include "timeline/pulse.h"
#include "timeline/record.h"

namespace cutover::lab {

static constexpr int intervalMs = 250;
static constexpr qint64 periodNs = 20'000'000'000;

TrafficSampler::TrafficSampler(TrafficPeer& peer, timeline::Record& record, QObject* parent)
    : QObject(parent)
    , m_peer(peer)
    , m_record(record)
{
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (monotonicNs() >= m_untilNs)
            m_timer.stop();
        else
            append(m_peer.reading(), false);
    });
    listen();
}

void TrafficSampler::listen()
{
    m_untilNs = monotonicNs() + periodNs;
    if (!m_timer.isActive())
        m_timer.start(intervalMs);
}

void TrafficSampler::markSilence()
{
    m_peer.markSilence();
    listen();
}

void TrafficSampler::finish(const TrafficReading& reading)
{
    m_timer.stop();
    append(reading, true);
}

void TrafficSampler::append(const TrafficReading& reading, bool isFinal)
{
    const timeline::Traffic sample{ .timeNs = realtimeNs(),
        .sent = static_cast<qint64>(reading.sent),
        .received = static_cast<qint64>(reading.received),
        .reordered = static_cast<qint64>(reading.reordered),
        .duplicated = static_cast<qint64>(reading.duplicated),
        .longestSilenceNs = reading.longestSilenceNs,
        .longestSilenceAtNs = reading.longestSilenceAtNs,
        .roundTripNs = reading.roundTripNs,
        .isFinal = isFinal };
    m_record.append({ .side = Side::Console,
        .timeNs = sample.timeNs,
        .category = timeline::Category::Pulse,
        .name = QStringLiteral("traffic"),
        .attributes = timeline::pulseAttributes(sample) });
}

} // namespace cutover::lab
