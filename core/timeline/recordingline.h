// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/event.h"

#include <QByteArrayView>
#include <QHash>
#include <QString>

#include <cstdint>

namespace cutover::timeline {

/// Reads the events of a recording, line by line. Lines as recordingLine() writes them are read several
/// times faster than others that mean the same. For one thread.
class RecordingLineParser
{
public:
    enum class Parsed : std::uint8_t {
        Event,
        Unknown, ///< of a side or category that this program does not know
        Damaged,
    };

    /// \a text is a line without its end; \a cause says what is wrong with a damaged one.
    Parsed parse(QByteArrayView text, Event& event, QString& cause);

private:
    bool parseUsual(QByteArrayView text, Event& event);
    QString sharedName(QByteArrayView name);

    /// A recording has few different names, and shares the memory of each.
    QHash<QByteArray, QString> m_names;
};

} // namespace cutover::timeline
