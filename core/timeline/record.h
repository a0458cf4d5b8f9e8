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
///
/// A recording that was loaded is replayed in it: events() are those up to the position of the replay, and
/// that moves both ways.
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

    /// Holds a recording in place of what it had, and shows nothing of it yet. Until clear() or release() it
    /// takes no other events.
    void load(std::vector<Event> recording);
    bool isLoaded() const { return m_loaded; }
    /// Shows the first \a count events of the recording, or all if there are fewer.
    void show(std::size_t count);
    /// show() is going back: who has taken in rewound() can ignore cleared() and appended().
    bool isRewinding() const { return m_rewinding; }
    /// Clears it and gives away what it had: to free a million events takes a while.
    std::vector<Event> release();

    /// Valid until the next change of the record.
    std::span<const Event> events() const { return std::span(m_events).first(m_shown); }
    /// Of a recording also what is not shown; the same numbers as in events().
    std::span<const Event> whole() const { return m_events; }
    std::size_t size() const { return m_shown; }
    bool isEmpty() const { return m_shown == 0; }

Q_SIGNALS:
    /// The events [first, first + count) are new.
    void appended(std::size_t first, std::size_t count);
    /// The replay has gone back: events() ends before \a size now; what was there is still in whole(). For
    /// those who do not know how to go back, cleared() follows, and appended() for what is left.
    void rewound(std::size_t size);
    void cleared();

private:
    std::vector<Event> m_events;
    std::size_t m_shown = 0; ///< of m_events; all of them unless a recording is loaded
    bool m_loaded = false;
    bool m_rewinding = false;
};

} // namespace cutover::timeline
