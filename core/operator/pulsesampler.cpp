// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/pulsesampler.h"

#include "base/clock.h"

#include <QJsonArray>
#include <QPointer>

#include <utility>

namespace cutover::op {

using namespace Qt::StringLiterals;

/// A VMM that does not answer for so long is busy with something else.
static constexpr int answerLimitMs = 5'000;

static timeline::Heartbeat heartbeat(Side side, const QJsonObject& answer)
{
    const auto number = [&answer](QLatin1StringView key) { return answer[key].toInteger(); };
    timeline::Heartbeat sample{ .side = side,
        .timeNs = realtimeNs(),
        .clockOffsetNs = sampleClockOffset().offsetNs,
        .beats = number("beats"_L1),
        .lastBeatNs = number("last-beat-ns"_L1),
        .longestGapNs = number("longest-gap-ns"_L1),
        .longestGapAtNs = number("longest-gap-at-ns"_L1),
        .starts = number("starts"_L1),
        .startGapNs = number("start-gap-ns"_L1),
        .framesReceived = number("frames-received"_L1),
        .framesEchoed = number("frames-echoed"_L1),
        .blocksWritten = number("blocks-written"_L1),
        .blocksVerified = number("blocks-verified"_L1),
        .blockErrors = number("block-errors"_L1),
        .blocksWrong = number("blocks-wrong"_L1),
        .longestStorageGapNs = number("longest-storage-gap-ns"_L1),
        .ringFaults = number("ring-faults"_L1) };
    for (const QJsonValue& processor : answer["processors"_L1].toArray()) {
        const qint64 sweeps = processor["sweeps"_L1].toInteger();
        const qint64 first = processor["first-ns"_L1].toInteger();
        if (!processor["first-done"_L1].toBool() || sweeps <= 0 || first <= sample.firstSweepNs)
            continue;
        sample.firstSweepNs = first;
        sample.meanSweepNs = processor["total-ns"_L1].toInteger() / sweeps;
    }
    return sample;
}

PulseSampler::PulseSampler(timeline::Record& record, std::function<Endpoint*()> holder,
    std::function<std::optional<timeline::Heartbeat>()> look)
    : m_record(record)
    , m_holder(std::move(holder))
    , m_look(std::move(look))
{
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (monotonicNs() >= m_untilNs)
            rest();
        else
            ask();
    });
}

void PulseSampler::listen(int intervalMs, int periodMs)
{
    m_untilNs = monotonicNs() + periodMs * qint64{ 1'000'000 };
    m_timer.start(intervalMs);
    ask();
    Q_EMIT listeningChanged();
}

void PulseSampler::rest()
{
    if (!m_timer.isActive())
        return;
    m_timer.stop();
    Q_EMIT listeningChanged();
}

void PulseSampler::ask()
{
    if (const auto seen = m_look()) {
        note(*seen);
        return;
    }
    Endpoint* vmm = m_holder();
    if (m_asked == vmm || !vmm || !vmm->isConnected())
        return;
    const Side side = vmm->side();
    // With the endpoint goes the answer.
    m_asked = vmm;
    vmm->call(
        u"query-pulse"_s, {},
        [self = QPointer(this), side](const Result<QJsonValue>& answer) {
            if (self)
                self->take(side, answer);
        },
        answerLimitMs);
}

void PulseSampler::take(Side side, const Result<QJsonValue>& answer)
{
    m_asked.clear();
    // The guest may not have come up yet; a lost connection is told by others.
    if (!answer)
        return;
    note(heartbeat(side, answer->toObject()));
}

void PulseSampler::note(const timeline::Heartbeat& sample)
{
    m_record.append({ .side = sample.side,
        .timeNs = sample.timeNs,
        .category = timeline::Category::Pulse,
        .name = u"heartbeat"_s,
        .attributes = timeline::pulseAttributes(sample) });
}

} // namespace cutover::op
