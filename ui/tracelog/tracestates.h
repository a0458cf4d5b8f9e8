// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"
#include "qmp/replywatch.h"

#include <QMap>
#include <QString>

#include <array>
#include <cstdint>

namespace cutover::ui {

/// Which trace events are on, as each VMM has told: from the answers to trace-event-get-state, and to the
/// commands that switch them, whoever sent them.
class TraceStates : public QObject
{
    Q_OBJECT
public:
    struct Known
    {
        QMap<QString, bool> events; ///< name, whether it is on
        bool complete = false; ///< all events of the VMM were told
        QString refusal; ///< the VMM's own words for why the last command failed; empty: it did not
    };

    /// \a record is borrowed.
    explicit TraceStates(const timeline::Record& record, QObject* parent = nullptr);

    const Known& known(Side side) const { return m_known[side == Side::Destination ? 1 : 0]; }

Q_SIGNALS:
    void changed(cutover::Side side);

private:
    void take(Side side, const QString& name, const QString& command, const QString& reply);

    ReplyWatch m_watch;
    std::array<Known, 2> m_known;
};

} // namespace cutover::ui
