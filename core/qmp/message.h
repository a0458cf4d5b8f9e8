// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QByteArray>
#include <QJsonObject>
#include <QMetaType>
#include <QString>
#include <QStringList>

#include <cstdint>

namespace cutover::qmp {

/// One message as it was on the wire, for logs and recordings.
struct RawMessage
{
    enum class Direction : std::uint8_t { Sent, Received };

    Direction direction = Direction::Sent;
    QByteArray bytes; ///< without the line end
    qint64 timeNs
        = 0; ///< CLOCK_REALTIME: just before the first byte was sent, just after the last was received
};

/// What a QMP server says of itself before anything else.
struct Greeting
{
    int major = 0;
    int minor = 0;
    int micro = 0;
    QString package; ///< the distribution's own version, may be empty
    QStringList capabilities; ///< "oob"

    bool operator==(const Greeting&) const = default;
};

/// Protocol when \a message is no greeting.
Result<Greeting> parseGreeting(const QJsonObject& message);
QJsonObject toJson(const Greeting& greeting);

/// The "timestamp" member of an event as CLOCK_REALTIME in ns; 0 when it is missing, out of range, or -1
/// (QEMU could not read its clock).
qint64 eventTimeNs(const QJsonObject& event);
QJsonObject eventTimestamp(qint64 timeNs);

} // namespace cutover::qmp

Q_DECLARE_METATYPE(cutover::qmp::RawMessage)
Q_DECLARE_METATYPE(cutover::qmp::Greeting)
