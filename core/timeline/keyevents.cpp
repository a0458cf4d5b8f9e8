// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/keyevents.h"

#include <algorithm>
#include <array>

namespace cutover::timeline {

bool isDecisiveCommand(const Event& event)
{
    static constexpr std::array commands{ u"migrate", u"migrate_cancel", u"migrate-incoming", u"cont",
        u"stop", u"quit", u"x-exit-precreate" };
    return event.category == Category::QmpSent
        && std::ranges::any_of(commands, [&](const char16_t* each) { return event.name == each; });
}

bool isKeyEvent(const Event& event)
{
    switch (event.category) {
    case Category::Action:
    case Category::State:
    case Category::Verdict:
    case Category::Relay:
        return true;
    case Category::QmpSent:
        return isDecisiveCommand(event);
    case Category::QmpEvent:
        return event.name == u"DEVICE_OWNERSHIP" || isFact(event);
    case Category::Trace:
        return event.name == u"x_device_ownership" || event.name == u"process_incoming_migration_co_end"
            || isFact(event);
    default:
        return isFact(event);
    }
}

bool KeyEvents::take(std::span<const Event> all)
{
    const std::size_t before = m_events.size();
    for (; m_taken < all.size(); ++m_taken) {
        const Event& event = all[m_taken];
        // The earliest one tells where the record begins.
        const bool isEarliest = event.timeNs > 0 && (m_earliestNs == 0 || event.timeNs < m_earliestNs);
        if (isEarliest)
            m_earliestNs = event.timeNs;
        if (isEarliest || isKeyEvent(event)) {
            // An event without a time stands where the latest time before it puts it: keep who had that.
            if (event.timeNs <= 0 && m_latestNs > m_latestKeyNs)
                add(all[m_latest], m_latest);
            add(event, m_taken);
        }
        if (event.timeNs > m_latestNs) {
            m_latestNs = event.timeNs;
            m_latest = m_taken;
        }
    }
    if (m_events.size() == before)
        return false;
    m_facts = Facts(m_events);
    return true;
}

void KeyEvents::clear()
{
    m_facts = {};
    m_events.clear();
    m_numbers.clear();
    m_taken = 0;
    m_earliestNs = 0;
    m_latestKeyNs = 0;
    m_latestNs = 0;
    m_latest = 0;
}

void KeyEvents::add(const Event& event, std::size_t number)
{
    m_latestKeyNs = std::max(m_latestKeyNs, event.timeNs);
    m_events.push_back(event);
    m_numbers.push_back(number);
}

} // namespace cutover::timeline
