// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/endpoint.h"
#include "timeline/pulse.h"

#include <QPointer>
#include <QTimer>

#include <functional>
#include <optional>

namespace cutover::op {

/// Finds out now and then how a guest's heart beats, and puts that into the record. It asks the VMM over
/// the monitor that drives the migration, so whoever owns it lets it rest while the guest is being handed
/// over. It stops by itself: a window that is left open for hours keeps neither the VMM nor the record busy.
class PulseSampler : public QObject
{
    Q_OBJECT
public:
    /// \a record is borrowed. \a holder names the VMM that has the guest, or null where it cannot be asked.
    /// \a look is tried before that: the heartbeat as it can be seen without the VMM.
    PulseSampler(timeline::Record& record, std::function<Endpoint*()> holder,
        std::function<std::optional<timeline::Heartbeat>()> look);

    /// One question now, and then one each \a intervalMs for \a periodMs. Takes the place of what goes on.
    void listen(int intervalMs, int periodMs);
    /// One question now; nothing while another waits for its answer.
    void ask();
    /// Asks no more. The answer to a question that was asked still counts.
    void rest();
    bool isListening() const { return m_timer.isActive(); }

Q_SIGNALS:
    void listeningChanged();

private:
    void take(Side side, const Result<QJsonValue>& answer);
    void note(const timeline::Heartbeat& sample);

    timeline::Record& m_record;
    std::function<Endpoint*()> m_holder;
    std::function<std::optional<timeline::Heartbeat>()> m_look;
    QTimer m_timer;
    qint64 m_untilNs = 0; ///< CLOCK_MONOTONIC
    QPointer<Endpoint> m_asked; ///< its answer is awaited
};

} // namespace cutover::op
