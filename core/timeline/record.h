// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"

#include <QObject>

#include <span>
#include <vector>

namespace cutover::timeline {

/// All events of a session in the order of their arrival; timed events can arrive late, so the order is not
/// that of time. Grows only, until clear(). Holds millions of events; lives on one thread.
class Record : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    void append(Event event);
    /// One signal for all of them; none for an empty batch.
    void append(std::vector<Event> batch);
    void clear();
    void reserve(std::size_t count) { m_events.reserve(count); }

    /// Valid until the next change of the record.
    std::span<const Event> events() const { return m_events; }
    std::size_t size() const { return m_events.size(); }
    bool isEmpty() const { return m_events.empty(); }

Q_SIGNALS:
    /// The events [first, first + count) are new.
    void appended(std::size_t first, std::size_t count);
    void cleared();

private:
    std::vector<Event> m_events;
};

} // namespace cutover::timeline
