// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timelinelayout.h"

#include "timeline/keyevents.h"
#include "timeline/record.h"

#include <QObject>
#include <QTimer>

namespace cutover::ui {

/// What the timeline shows of a record, kept up to date: at most once per frame of the screen, and less often
/// where that takes long. Nothing happens while the record does not grow.
class TimelineModel : public QObject
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    explicit TimelineModel(const timeline::Record& record, QObject* parent = nullptr);

    const timeline::Record& record() const { return m_record; }
    const Scene& scene() const { return m_scene; }
    const EventIndex& index() const { return m_index; }
    /// Enough for everything that is derived of the record; see timeline::KeyEvents.
    const timeline::KeyEvents& keyEvents() const { return m_keys; }
    /// The place in time of event number \a event; nothing where it has none.
    std::optional<EventPoint> pointOf(std::size_t event) const;

    /// Takes in what the record has got since the last time, now.
    void refresh();

Q_SIGNALS:
    void changed();
    void cleared();

private:
    const timeline::Record& m_record;
    EventIndex m_index;
    timeline::KeyEvents m_keys;
    Scene m_scene;
    QTimer m_timer{ this };
};

} // namespace cutover::ui
