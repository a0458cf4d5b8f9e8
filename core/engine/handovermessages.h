// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QByteArray>
#include <QJsonObject>
#include <QLatin1StringView>
#include <QList>
#include <QString>

#include <sys/types.h>

/// What source and destination say to each other on the main channel besides RAM and device state. Each is
/// a section whose name begins with '@', which no device id does; the payload is one CBOR map.
namespace cutover::engine::message {

inline constexpr QLatin1StringView hello("@hello"); ///< source; carries the `started` word where fds can pass
inline constexpr QLatin1StringView prepared("@prepared"); ///< destination
inline constexpr QLatin1StringView cpu("@cpu"); ///< source: processor state, no map
inline constexpr QLatin1StringView end("@end"); ///< source: state is complete
inline constexpr QLatin1StringView ready("@ready"); ///< destination
inline constexpr QLatin1StringView go("@go"); ///< source
inline constexpr QLatin1StringView started("@started"); ///< destination
inline constexpr QLatin1StringView abort("@abort"); ///< either side
inline constexpr QLatin1StringView ram("@ram"); ///< source: pages, see ramstream.h
inline constexpr QLatin1StringView ramBlock("@ram-block"); ///< source: a block's memfd; the payload is its id
inline constexpr quint32 version = 1;

/// A process as the other side may have to name it: for ever, not only while the pid lives.
struct Process
{
    pid_t pid = 0;
    quint64 startTimeTicks = 0;
};

struct Hello
{
    Process source;
    bool running = true; ///< the guest ran when the migration began
    QString handover; ///< for messages only
    QJsonObject configuration; ///< Vm::guestConfiguration()
};

struct Prepared
{
    Process destination;
};

/// What the state that follows the stop consists of.
struct End
{
    qint64 sections = 0; ///< device sections, @cpu included
};

QByteArray encode(const Hello& message);
QByteArray encode(const Prepared& message);
QByteArray encode(const End& message);
/// An Error as the other side shall see it; code, attempt, object, cause, remedy and errno travel.
QByteArray encode(const Error& error);

/// Malformed for anything that encode() would not have written.
Result<Hello> decodeHello(const QByteArray& payload);
Result<Prepared> decodePrepared(const QByteArray& payload);
Result<End> decodeEnd(const QByteArray& payload);
Result<Error> decodeError(const QByteArray& payload);

/// Names the first member in which the two documents differ: "devices/net0/queues: 1 on the source, 2 on the
/// destination". Empty when they are equal.
QString configurationDifference(const QJsonObject& source, const QJsonObject& destination);

} // namespace cutover::engine::message
