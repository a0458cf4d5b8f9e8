// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <cstdint>
#include <expected>

namespace cutover {

/// What kind of failure an Error is; decides exit codes and whether a retry makes sense.
enum class ErrorCode : std::uint8_t {
    InvalidArgument, ///< the caller or the user asked for something malformed
    NotFound,
    PermissionDenied,
    Timeout,
    Disconnected, ///< the peer went away
    Protocol, ///< the peer broke the protocol
    Malformed, ///< input data is damaged
    LimitExceeded,
    Unsupported, ///< this VMM, kernel or build cannot do it
    Refused, ///< we decline, for a reason that cause names
    Cancelled,
    Busy,
    Remote, ///< the peer answered with an error of its own
    System, ///< a system call failed, see sysErrno
};

/// A failure as a value. Sentences without a final full stop; outer text never repeats the cause.
struct Error
{
    ErrorCode code = ErrorCode::System;
    QString attempt; ///< what was attempted, as an infinitive: "connect to the QMP socket"
    QString object; ///< on what: a path, a command, an fd's name; may be empty
    QString cause; ///< why it failed, beyond the errno text; may be empty
    QString remedy; ///< what the user can do next, one sentence; may be empty
    int sysErrno = 0; ///< 0 when no system call failed

    /// "Cannot <attempt> '<object>': <cause>: <errno text>", without the remedy.
    QString message() const;

    bool operator==(const Error&) const = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

/// An Error of code System (PermissionDenied, NotFound, Busy where errno says so) for errno value \a
/// sysErrno.
std::unexpected<Error> systemError(const QString& attempt, const QString& object, int sysErrno);

std::unexpected<Error> failure(ErrorCode code, const QString& attempt, const QString& object,
    const QString& cause, const QString& remedy = {});

/// The kernel's text for \a sysErrno, thread-safe.
QString errnoText(int sysErrno);

} // namespace cutover
