// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "fdpass/unixtable.h"

#include <QHash>
#include <QList>
#include <QSet>
#include <QString>
#include <QStringList>

#include <sys/types.h>

namespace cutover::op {

struct ProcessStatus
{
    QString name; ///< comm, 15 bytes at most
    char state = '?'; ///< 'R', 'S', 'D', 'Z', ...
    pid_t parent = 0;
    uid_t uid = 0; ///< effective
    gid_t gid = 0; ///< effective
    int threads = 0;
    qint64 residentBytes = -1; ///< -1: not said (a zombie has no memory)
};

struct OpenFilesLimit
{
    quint64 soft = 0;
    quint64 hard = 0; ///< ~0 = unlimited, also for soft
};

using fdpass::UnixSocketEntry;

/// Reader of /proc; \a root is for tests. Nothing is cached. A process that is gone is NotFound, one that
/// may not be looked at PermissionDenied.
class ProcFs
{
public:
    explicit ProcFs(QString root = QStringLiteral("/proc"));

    const QString& root() const { return m_root; }
    QString path(pid_t pid, const QString& entry) const;

    QList<pid_t> pids() const; ///< ascending
    /// Empty for a kernel thread or a zombie.
    Result<QStringList> commandLine(pid_t pid) const;
    Result<QString> executable(pid_t pid) const; ///< " (deleted)" as the kernel says
    Result<QString> workingDirectory(pid_t pid) const;
    Result<ProcessStatus> status(pid_t pid) const;
    Result<quint64> startTime(pid_t pid) const; ///< clock ticks since boot
    Result<QStringList> environment(pid_t pid) const; ///< "NAME=value"
    Result<OpenFilesLimit> openFilesLimit(pid_t pid) const;
    Result<QList<pid_t>> children(pid_t pid) const;
    /// \a kind: "mnt", "net", "user", "pid". Equal numbers are the same namespace.
    Result<quint64> namespaceId(pid_t pid, const QString& kind) const;
    /// The inodes of all sockets the process has open.
    Result<QSet<quint64>> socketInodes(pid_t pid) const;
    /// Unix sockets of the network namespace of \a pid; 0 for our own.
    Result<QList<UnixSocketEntry>> unixSockets(pid_t pid = 0) const;
    /// MemAvailable of the machine.
    Result<qint64> availableMemory() const;

private:
    Result<QByteArray> read(const QString& path) const;
    Result<QString> readLink(const QString& path) const;

    QString m_root;
};

} // namespace cutover::op
