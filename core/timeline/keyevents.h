// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/facts.h"

#include <span>
#include <vector>

namespace cutover::timeline {

/// Whether anything that is derived of a record (phases, pause, states, descriptors, ownership, what the
/// console did) can depend on \a event. Of a long recording these are few.
bool isKeyEvent(const Event& event);
/// Whether \a event is a command that changes where or whether the guest runs: "migrate", "cont", ...
bool isDecisiveCommand(const Event& event);

/// The key events of a record, in its order, collected as the record grows: every derivation that takes the
/// events of a record gives the same for these, except that what is open at its end reaches only to the last
/// key event.
class KeyEvents
{
public:
    KeyEvents() = default;
    Q_DISABLE_COPY(KeyEvents)

    /// Takes what is new of \a all, the events of the record so far; returns whether it was of any interest.
    bool take(std::span<const Event> all);
    void clear();

    std::span<const Event> events() const { return m_events; }
    /// What is derived of events() starts from this.
    const Facts& facts() const { return m_facts; }
    /// The number in the record of key event \a index.
    std::size_t numberOf(std::size_t index) const { return m_numbers[index]; }
    /// How many events of the record were looked at.
    std::size_t taken() const { return m_taken; }

private:
    void add(const Event& event, std::size_t number);

    std::vector<Event> m_events;
    std::vector<std::size_t> m_numbers;
    Facts m_facts; ///< of m_events
    std::size_t m_taken = 0;
    qint64 m_earliestNs = 0; ///< of any event
    qint64 m_latestKeyNs = 0; ///< the latest time of a key event
    qint64 m_latestNs = 0; ///< and of any
    std::size_t m_latest = 0; ///< the event that has it
};

} // namespace cutover::timeline
