// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QByteArray>
#include <QByteArrayView>
#include <QString>

#include <sys/stat.h>
#include <sys/types.h>

/// Reading /proc/PID/fd and /proc/PID/fdinfo; shared by describe and identity.
namespace cutover::fdpass {

/// link, status and fdinfo of one and the same file, as far as /proc lets one see that.
struct ProcFd
{
    QString link;
    struct stat status{};
    QByteArray fdinfo;

    /// The value of one "key:\tvalue" line, trimmed; null when there is no such line.
    QByteArray field(QByteArrayView key) const;
    bool isAnonymousInode() const { return link.startsWith(QLatin1StringView("anon_inode:")); }
    bool isMemfd() const;
    QString memfdName() const; ///< precondition: isMemfd()
};

/// NotFound, PermissionDenied or System; InvalidArgument for a \a pid that is not positive.
Result<ProcFd> readProcFd(pid_t pid, int fd);

/// "/proc/PID"
QByteArray procFolder(pid_t pid);

} // namespace cutover::fdpass
