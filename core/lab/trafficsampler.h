// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "lab/trafficpeer.h"

#include <QObject>
#include <QTimer>

namespace cutover::timeline {
class Record;
}

namespace cutover::lab {

/// Puts what a traffic peer sees into a record: a few times a second for some seconds, and then rests, until
/// it is told to listen again. Reading the peer costs nobody anything, so it goes on during a switchover.
class TrafficSampler : public QObject
{
    Q_OBJECT
public:
    /// Both are borrowed. Begins to listen.
    TrafficSampler(TrafficPeer& peer, timeline::Record& record, QObject* parent = nullptr);

    /// For another while.
    void listen();
    /// The longest silence is counted anew: a migration begins.
    void markSilence();
    /// The last sample, after the peer was stopped: nothing is under way any more.
    void finish(const TrafficReading& reading);

private:
    void append(const TrafficReading& reading, bool isFinal);

    TrafficPeer& m_peer;
    timeline::Record& m_record;
    QTimer m_timer;
    qint64 m_untilNs = 0; ///< CLOCK_MONOTONIC
};

} // namespace cutover::lab
