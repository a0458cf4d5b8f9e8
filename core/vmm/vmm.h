// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/commandline.h"
#include "vmm/fdstore.h"
#include "vmm/tracelog.h"

#include <QObject>

#include <memory>

namespace cutover::vmm {

class EngineBackend;
class Machine;
class MigrationCommands;
class Monitor;
class RunStateTeller;

/// One virtual machine with its monitors, log and migration: the whole program but its signals.
class Vmm : public QObject
{
    Q_OBJECT
public:
    explicit Vmm(VmmOptions options);
    /// The guest ends with it.
    ~Vmm() override;

    /// Opens the log and the monitors, then makes the machine, or stays in precreate. What it reports is
    /// fatal, and is in the log already if there is one.
    Result<void> start();
    /// Tells clients and ends: finished(0) follows.
    void endBySignal();

Q_SIGNALS:
    /// Once.
    void finished(int exitCode);

private:
    Result<void> openLog();
    Result<void> openMonitor(const MonitorOptions& options);
    void clientCame(quint64 connection);
    void addCommands();
    /// Once every monitor that shall be waited for has a client.
    Result<void> startMachine();
    Result<void> createMachine();
    Result<void> exitPrecreate();
    void tellRunState(qint64 timeNs = 0);
    void processorFailed(const Error& error);
    void end(const QString& reason, bool guest);
    void fail(const Error& error);

    VmmOptions m_options;
    TraceLog m_log;
    FdStore m_fds;
    std::unique_ptr<Machine> m_machine;
    std::unique_ptr<EngineBackend> m_backend;
    std::unique_ptr<Monitor> m_monitor;
    std::unique_ptr<RunStateTeller> m_runState;
    std::unique_ptr<MigrationCommands> m_migration;
    QStringList m_clientsAwaited; ///< paths of monitors
    bool m_ended = false;
};

} // namespace cutover::vmm
