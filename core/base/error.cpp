// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace cutover {

QString errnoText(int sysErrno)
{
    return QString::fromStdString(std::generic_category().message(sysErrno));
}

QString Error::message() const
{
    QString text = QStringLiteral("Cannot ") + attempt;
    if (!object.isEmpty())
        text += QStringLiteral(" '") + object + QLatin1Char('\'');
    if (!cause.isEmpty())
        text += QStringLiteral(": ") + cause;
    if (sysErrno != 0)
        text += QStringLiteral(": ") + errnoText(sysErrno);
    return text;
}

static ErrorCode codeForErrno(int sysErrno)
{
    switch (sysErrno) {
    case EACCES:
    case EPERM:
        return ErrorCode::PermissionDenied;
    case ENOENT:
    case ESRCH:
        return ErrorCode::NotFound;
    case EBUSY:
    case EADDRINUSE:
        return ErrorCode::Busy;
    case EPIPE:
    case ECONNRESET:
    case ECONNREFUSED:
        return ErrorCode::Disconnected;
    case ETIMEDOUT:
        return ErrorCode::Timeout;
    default:
        return ErrorCode::System;
    }
}

std::unexpected<Error> systemError(const QString& attempt, const QString& object, int sysErrno)
{
    return std::unexpected(Error{ .code = codeForErrno(sysErrno),
        .attempt = attempt,
        .object = object,
        .cause = {},
        .remedy = {},
        .sysErrno = sysErrno });
}

std::unexpected<Error> failure(ErrorCode code, const QString& attempt, const QString& object,
    const QString& cause, const QString& remedy)
{
    return std::unexpected(Error{ .code = code,
        .attempt = attempt,
        .object = object,
        .cause = cause,
        .remedy = remedy,
        .sysErrno = 0 });
}

} // namespace cutover
