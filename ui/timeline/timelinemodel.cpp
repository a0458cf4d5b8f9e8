// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinemodel.h"

#include <QElapsedTimer>

namespace cutover::ui {

static constexpr int frameMs = 16;

TimelineModel::TimelineModel(const timeline::Record& record, QObject* parent)
    : QObject(parent)
    , m_record(record)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(frameMs);
    connect(&m_timer, &QTimer::timeout, this, &TimelineModel::refresh);
    connect(&record, &timeline::Record::appended, this, [this] {
        if (!m_timer.isActive())
            m_timer.start();
    });
    connect(&record, &timeline::Record::cleared, this, [this] {
        // A replay that goes back loses nothing: all of a recording is there to be seen.
        if (m_record.isRewinding())
            return;
        m_index.clear();
        m_keys.clear();
        m_scene = {};
        Q_EMIT cleared();
        refresh();
    });
    refresh();
}

std::optional<EventPoint> TimelineModel::pointOf(std::size_t event) const
{
    const auto events = m_record.whole();
    if (event >= events.size() || events[event].timeNs <= 0)
        return std::nullopt;
    const timeline::Event& found = events[event];
    return EventPoint{ .timeNs = found.timeNs, .index = static_cast<quint32>(event), .side = found.side };
}

void TimelineModel::refresh()
{
    m_timer.stop();
    QElapsedTimer clock;
    clock.start();
    m_index.take(m_record.whole());
    const bool hasNew = m_keys.take(m_record.whole());
    if (hasNew || m_index.extent() != m_scene.extent)
        m_scene = buildScene(m_keys, m_index.extent());
    Q_EMIT changed();
    // Whoever draws and tables what has changed takes part in this; three quarters stay for everything else.
    m_timer.setInterval(std::max(frameMs, static_cast<int>(clock.elapsed()) * 4));
}

} // namespace cutover::ui
