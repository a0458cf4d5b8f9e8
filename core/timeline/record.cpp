// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/record.h"

#include <iterator>
#include <utility>

namespace cutover::timeline {

void Record::append(Event event)
{
    m_events.push_back(std::move(event));
    Q_EMIT appended(m_events.size() - 1, 1);
}

void Record::append(std::vector<Event> batch)
{
    if (batch.empty())
        return;
    const std::size_t first = m_events.size();
    const std::size_t count = batch.size();
    if (m_events.empty())
        m_events = std::move(batch);
    else
        m_events.insert(
            m_events.end(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
    Q_EMIT appended(first, count);
}

void Record::clear()
{
    m_events.clear();
    Q_EMIT cleared();
}

} // namespace cutover::timeline
