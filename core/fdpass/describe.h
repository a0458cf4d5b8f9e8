// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QList>
#include <QString>

#include <cstdint>
#include <sys/types.h>

namespace cutover::fdpass {

enum class FdKind : std::uint8_t {
    Memfd,
    Tap, ///< /dev/net/tun (TAP or TUN, attached or not) or a macvtap node
    EventFd,
    Socket,
    Kvm, ///< /dev/kvm, a VM, a vCPU
    Vfio,
    Iommufd,
    File, ///< regular file or block device
    Pipe,
    Pty,
    Other,
};

/// The stable identifier used in recordings and JSON: "memfd", "tap", "eventfd", ...
QString fdKindId(FdKind kind);

/// What an fd was at one moment.
struct FdDescription
{
    FdKind kind = FdKind::Other;
    QString link; ///< what /proc/PID/fd/N links to
    QString text; ///< for people, printable(): "memfd ram0, 64 MiB"
    quint64 device = 0; ///< st_dev
    quint64 inode = 0; ///< st_ino; the kernel's anonymous inode is shared by many unrelated files
    qint64 size = -1; ///< bytes, for memfds and regular files; -1 = has none
    /// What tells it from others of its kind, where there is such a thing: the memfd's name (for QEMU's
    /// memory-backend-memfd the type, not the id), the interface, the path, the socket's peer or else
    /// its own address, the eventfd's kernel id.
    QString name;

    bool operator==(const FdDescription&) const = default;
};

/// Describes an fd of this process. NotFound when it is not open.
Result<FdDescription> describeFd(int fd);

/// Describes an fd of process \a pid through /proc: the fd is not duplicated, so nothing is kept open.
/// NotFound when process or fd do not exist, PermissionDenied when we may not inspect the process,
/// InvalidArgument for a pid that is not positive (an unknown process is never taken for our own). The
/// peer of a unix socket is known only in our own network namespace.
Result<FdDescription> describeFd(pid_t pid, int fd);

/// The open fds of process \a pid, ascending. For our own process without the one used to read the list.
Result<QList<int>> listFds(pid_t pid);

/// \a text with control characters as \xNN: names chosen by another process must not steer a terminal.
QString printable(const QString& text);

/// "64 MiB", "1.5 GiB", "300 bytes".
QString sizeText(qint64 bytes);

} // namespace cutover::fdpass
