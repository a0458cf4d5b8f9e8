// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/record.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cutover::timeline {

void Record::append(Event event)
{
    Q_ASSERT(!m_loaded);
    m_events.push_back(std::move(event));
    m_shown = m_events.size();
    Q_EMIT appended(m_shown - 1, 1);
}

void Record::append(std::vector<Event> batch)
{
    Q_ASSERT(!m_loaded);
    if (batch.empty())
        return;
    const std::size_t first = m_events.size();
    const std::size_t count = batch.size();
    if (m_events.empty())
        m_events = std::move(batch);
    else
        m_events.insert(
            m_events.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    m_shown = m_events.size();
    Q_EMIT appended(first, count);
}

void Record::clear()
{
    release();
}

std::vector<Event> Record::release()
{
    std::vector<Event> events = std::exchange(m_events, {});
    m_shown = 0;
    m_loaded = false;
    Q_EMIT cleared();
    return events;
}

void Record::load(std::vector<Event> recording)
{
    release();
    m_events = std::move(recording);
    m_loaded = true;
}

void Record::show(std::size_t count)
{
    Q_ASSERT(m_loaded);
    const std::size_t before = m_shown;
    m_shown = std::min(count, m_events.size());
    if (m_shown > before) {
        Q_EMIT appended(before, m_shown - before);
    } else if (m_shown < before) {
        m_rewinding = true;
        Q_EMIT rewound(m_shown);
        Q_EMIT cleared();
        if (m_shown > 0)
            Q_EMIT appended(0, m_shown);
        m_rewinding = false;
    }
}

} // namespace cutover::timeline
