// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/commandline.h"
#include "operator/procfs.h"

#include <QList>

namespace cutover::op {

struct DiscoveredMonitor
{
    enum class Occupancy : std::uint8_t {
        Free, ///< listens and has no client
        Taken, ///< QMP serves one client at a time, and it has one
        Libvirt, ///< libvirt's own monitor: taken whenever libvirtd runs
        NotListening, ///< the socket is not up (yet), or it is a client of somebody else's
        Unknown, ///< not permitted to look
    };
    MonitorSpec spec;
    QString path; ///< unix socket as it can be opened from here; empty: not a unix server or not known where
    bool exists = false;
    bool accessible = false; ///< our permissions allow to connect
    Occupancy occupancy = Occupancy::Unknown;

    bool isUsable() const
    {
        return accessible && (occupancy == Occupancy::Free || occupancy == Occupancy::Unknown);
    }
};

/// A running process whose command line opens a QMP monitor.
struct DiscoveredVmm
{
    pid_t pid = 0;
    quint64 startTime = 0; ///< clock ticks since boot; with the pid it names the process for ever
    QString name; ///< -name, else the program's file name
    QString binary; ///< what it executes, without " (deleted)"
    bool binaryReplaced = false; ///< the file was replaced or removed since: an update is waiting
    uid_t uid = 0;
    QString workingDirectory; ///< empty: not permitted to look
    QStringList argv;
    CommandFacts facts;
    QList<DiscoveredMonitor> monitors;
    bool waitsForCprState = false; ///< a destination before its monitor is up
    bool sameMountNamespace = true;

    /// Our way in: the first monitor that is usable, or nullptr.
    const DiscoveredMonitor* usableMonitor() const;
};

struct DiscoveryOptions
{
    bool allUsers = false; ///< false: those of our own uid
};

/// All of them, by pid. One pass over /proc, a few milliseconds for hundreds of processes. Launchers that
/// carry a VMM's command line inside their own are left out, and so are we.
QList<DiscoveredVmm> discover(const ProcFs& proc = ProcFs(), const DiscoveryOptions& options = {});

/// One process, whatever its user. NotFound if it is gone, InvalidArgument if it opens no QMP monitor.
Result<DiscoveredVmm> inspectProcess(pid_t pid, const ProcFs& proc = ProcFs());

} // namespace cutover::op
