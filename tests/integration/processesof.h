// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QDir>
#include <QFile>
#include <QStringList>

#include <unistd.h>

namespace cutover::test {

/// The pids of the other processes that name \a folder on their command lines.
inline QStringList processesOf(const QString& folder)
{
    QStringList found;
    const QStringList pids
        = QDir(QStringLiteral("/proc")).entryList({ QStringLiteral("[0-9]*") }, QDir::Dirs);
    for (const QString& pid : pids) {
        QFile arguments(QStringLiteral("/proc/") + pid + QStringLiteral("/cmdline"));
        if (pid.toInt() != ::getpid() && arguments.open(QIODevice::ReadOnly)
            && arguments.readAll().contains(folder.toUtf8()))
            found << pid;
    }
    return found;
}

} // namespace cutover::test
