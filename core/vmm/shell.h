// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/devicetypes.h"

#include <QList>
#include <QString>

#include <functional>

namespace cutover::vmm {

class FdStore;
class Machine;
class Monitor;
class TraceLog;

/// What the commands of the monitor work on. Everything outlives the monitor.
struct Shell
{
    Monitor& monitor;
    Machine& machine;
    TraceLog& log;
    FdStore& fds;
    QString name; ///< of the VM
    QList<PropertyDefault> defaults; ///< of device_add and object-add

    /// To be called without the VM's lock after whatever may have changed the run state. \a timeNs:
    /// CLOCK_REALTIME, 0 = now.
    std::function<void(qint64 timeNs)> runStateChanged;
    /// Without the lock.
    std::function<Result<void>()> exitPrecreate;
    /// Ends the program once the command is answered. \a reason: QEMU's ShutdownCause.
    std::function<void(const QString& reason, bool guest)> end;
    /// Whether a guest that was handed over may run here again.
    std::function<Result<void>()> mayTakeBack;
};

void addStatusCommands(const Shell& shell);
void addObjectCommands(const Shell& shell);
void addDeviceCommands(const Shell& shell);
void addMemoryCommands(const Shell& shell);
void addFdCommands(const Shell& shell);
void addTraceCommands(const Shell& shell);
void addPulseCommands(const Shell& shell);

} // namespace cutover::vmm
