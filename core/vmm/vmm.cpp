// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/vmm.h"

#include "fdpass/fdtable.h"
#include "fdpass/unixsocket.h"
#include "vmm/enginebackend.h"
#include "vmm/machine.h"
#include "vmm/migrationcommands.h"
#include "vmm/monitor.h"
#include "vmm/runstateteller.h"
#include "vmm/shell.h"

#include <QTimer>

#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;
using engine::VmLock;

static constexpr std::size_t fdTableSize = 1024;

Vmm::Vmm(VmmOptions options)
    : m_options(std::move(options))
{
}

Vmm::~Vmm()
{
    m_backend.reset(); // its thread works on the machine
    if (m_monitor)
        m_monitor->server().close();
    m_log.flush();
}

Result<void> Vmm::openLog()
{
    m_log.setTimestamps(m_options.timestamps);
    for (const QString& pattern : std::as_const(m_options.tracePatterns))
        m_log.setEnabled(pattern, true);
    return m_options.logFile.isEmpty() ? Result<void>() : m_log.openFile(m_options.logFile);
}

Result<void> Vmm::start()
{
    // Before there are threads: growing it then makes all of them wait.
    std::ignore = fdpass::reserveFds(fdTableSize);
    if (auto opened = openLog(); !opened)
        return opened;
    auto machine = Machine::create({ .name = m_options.name,
                                       .memoryBytes = m_options.memoryBytes,
                                       .processors = m_options.processors,
                                       .accelerator = m_options.accelerator,
                                       .memoryBackend = m_options.memoryBackend,
                                       .objects = m_options.objects,
                                       .devices = m_options.devices,
                                       .startPaused = m_options.startPaused },
        m_log);
    if (!machine)
        return std::unexpected(machine.error());
    m_machine = std::move(*machine);
    m_machine->onFault([this](const Error& error) {
        QMetaObject::invokeMethod(this, [this, error] { processorFailed(error); }, Qt::QueuedConnection);
    });
    auto monitor = Monitor::create([this] {
        const VmLock lock(*m_machine);
        return !m_machine->isCreated();
    });
    if (!monitor)
        return std::unexpected(monitor.error());
    m_monitor = std::move(*monitor);
    m_backend = std::make_unique<EngineBackend>(*m_machine);
    m_runState = std::make_unique<RunStateTeller>(*m_monitor, m_log);
    addCommands();
    // A channel that cannot be opened is found before anybody connects.
    if (m_migration->awaitsCpr()) {
        m_machine->setPolicy(m_migration->incomingPolicy());
        if (auto listening = m_migration->openListeners(); !listening)
            return listening;
    }
    for (const MonitorOptions& options : std::as_const(m_options.monitors)) {
        if (auto opened = openMonitor(options); !opened)
            return opened;
    }
    return m_clientsAwaited.isEmpty() ? startMachine() : Result<void>();
}

Result<void> Vmm::openMonitor(const MonitorOptions& options)
{
    if (!options.server) {
        auto socket = fdpass::connectUnix(options.path);
        if (!socket)
            return std::unexpected(socket.error());
        m_monitor->server().adopt(std::move(*socket));
        return {};
    }
    if (auto listening = m_monitor->server().listenAt(options.path); !listening)
        return listening;
    if (!options.wait)
        return {};
    if (m_clientsAwaited.isEmpty())
        connect(&m_monitor->server(), &qmp::Server::connected, this, &Vmm::clientCame);
    m_clientsAwaited.append(options.path);
    return {};
}

void Vmm::clientCame(quint64 connection)
{
    if (!m_clientsAwaited.removeOne(m_monitor->server().listenerPath(connection))
        || !m_clientsAwaited.isEmpty())
        return;
    if (auto started = startMachine(); !started)
        fail(started.error());
}

void Vmm::addCommands()
{
    const Shell shell{ .monitor = *m_monitor,
        .machine = *m_machine,
        .log = m_log,
        .fds = m_fds,
        .name = m_options.name,
        .defaults = m_options.defaults,
        .runStateChanged = [this](qint64 timeNs) { tellRunState(timeNs); },
        .exitPrecreate = [this] { return exitPrecreate(); },
        .end = [this](const QString& reason, bool guest) { end(reason, guest); },
        .mayTakeBack = [this] { return m_backend->mayTakeBack(); } };
    addStatusCommands(shell);
    addObjectCommands(shell);
    addDeviceCommands(shell);
    addMemoryCommands(shell);
    addFdCommands(shell);
    addTraceCommands(shell);
    addPulseCommands(shell);
    m_migration
        = std::make_unique<MigrationCommands>(MigrationCommands::Parts{ .monitor = *m_monitor,
                                                  .machine = *m_machine,
                                                  .log = m_log,
                                                  .fds = m_fds,
                                                  .backend = *m_backend,
                                                  .runState = *m_runState,
                                                  .createDevices = [this] { return createMachine(); },
                                                  .giveUp = [this](const Error& error) { fail(error); } },
            m_options.settings, m_options.incoming);
    m_migration->addTo(*m_monitor);
}

Result<void> Vmm::startMachine()
{
    if (m_options.precreate || m_migration->awaitsCpr())
        return {};
    return exitPrecreate();
}

Result<void> Vmm::createMachine()
{
    Result<void> created;
    {
        const VmLock lock(*m_machine);
        created = m_machine->createDevices({});
    }
    tellRunState();
    return created;
}

Result<void> Vmm::exitPrecreate()
{
    {
        const VmLock lock(*m_machine);
        if (m_machine->isCreated())
            return qemuError(
                ErrorCode::Refused, u"The command is permitted only before machine initialization"_s);
        if (m_migration->awaitsCpr())
            return qemuError(ErrorCode::Refused,
                u"The machine is created when the CPR state arrives: an incoming migration waits for it"_s);
        m_machine->setPolicy(m_migration->incomingPolicy());
    }
    if (auto created = createMachine(); !created)
        return created;
    if (m_migration->isIncoming())
        return m_migration->openListeners();
    {
        const VmLock lock(*m_machine);
        if (m_machine->startsAlone()) {
            if (auto started = m_machine->cont(); !started)
                return started;
        }
    }
    tellRunState();
    return {};
}

void Vmm::tellRunState(qint64 timeNs)
{
    RunState state = RunState::Precreate;
    {
        const VmLock lock(*m_machine);
        state = m_machine->runState();
    }
    // In a switchover the engine says when.
    if (state != RunState::FinishMigrate)
        m_runState->tell(state, timeNs);
}

void Vmm::processorFailed(const Error& error)
{
    m_log.report(errorText(error));
    {
        const VmLock lock(*m_machine);
        m_machine->processorFailed();
    }
    tellRunState();
}

void Vmm::endBySignal()
{
    end(u"host-signal"_s, false);
}

void Vmm::end(const QString& reason, bool guest)
{
    if (std::exchange(m_ended, true))
        return;
    // Once the command that asked for it is answered.
    QTimer::singleShot(0, this, [this, reason, guest] {
        m_backend.reset();
        bool stopped = false;
        {
            const VmLock lock(*m_machine);
            stopped = m_machine->isRunning();
            m_machine->shutDown();
        }
        m_monitor->emitEvent(u"SHUTDOWN"_s, { { u"guest"_s, guest }, { u"reason"_s, reason } });
        if (stopped)
            tellRunState();
        Q_EMIT finished(0);
    });
}

void Vmm::fail(const Error& error)
{
    m_log.report(errorText(error));
    if (std::exchange(m_ended, true))
        return;
    QTimer::singleShot(0, this, [this] { Q_EMIT finished(1); });
}

} // namespace cutover::vmm
