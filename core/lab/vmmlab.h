// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/process.h"
#include "lab/labprocesses.h"
#include "lab/labsource.h"
#include "lab/privatenetwork.h"
#include "lab/socketnetwork.h"
#include "lab/trafficpeer.h"
#include "qmp/client.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <optional>

namespace cutover::lab {

/// What the guest's network device works on.
enum class LabNetwork : std::uint8_t {
    Auto, ///< a TAP where that can be made, else a socket pair
    Tap, ///< a TAP in the private network; without one no network
    Socket, ///< a socket pair, which needs no privilege but cannot be opened anew: it passes or is lost
    None,
};

/// "auto", "tap", "socket", "none".
QString labNetworkId(LabNetwork network);

struct VmmLabOptions
{
    QString binary; ///< of the embedded VMM; empty: beside this program, then in PATH
    QString accelerator = QStringLiteral("thread");
    qint64 ramBytes = qint64{ 256 } * 1024 * 1024; ///< a multiple of 4 KiB
    int processors = 2;
    int queues = 1; ///< of the network device and of the disk, 1..8
    qint64 ballastBytes = 0; ///< 0: no ballast
    LabNetwork network = LabNetwork::Auto; ///< with a traffic peer
    bool disk = true; ///< a disk served by qemu-storage-daemon, where there is one
    bool console = true;
    bool ramMigrateFds = true; ///< the devices' own switches
    bool networkMigrateFds = true;
    bool diskMigrateFds = true;
    bool consoleMigrateFds = true;
    bool ballastMigrateFds = true;
    int packetsPerSecond = 1000;
    QStringList extraArguments; ///< of the source, appended
    int startLimitMs = 30'000; ///< from start() until QMP answers
};

/// A busy guest on the embedded VMM, with everything its devices need: a network with a peer that talks to
/// it, a storage daemon on a temporary image, a console. All of it ends with the lab, unless keep() was
/// called. Asynchronous.
class VmmLab : public QObject
{
    Q_OBJECT
public:
    explicit VmmLab(VmmLabOptions options, QObject* parent = nullptr);
    ~VmmLab() override;

    /// Leads to started() or failed(), never from inside it. Once.
    void start();

    bool isStarted() const { return m_started; }
    QString qmpPath() const { return file(QStringLiteral("source.qmp")); } ///< empty before start()
    QString logPath() const { return file(QStringLiteral("source.log")); }
    QString folder() const { return m_processes.folder(); } ///< empty before start()
    const QStringList& arguments() const { return m_argv; }
    pid_t sourcePid() const { return m_source.pid(); }
    const qmp::Greeting& greeting() const { return m_source.greeting(); }
    /// What this machine lacks and what is used instead, one sentence each.
    const QStringList& notes() const { return m_notes; }
    /// What it has become: Tap, Socket or None, once it is started.
    LabNetwork network() const;
    /// Null without a network.
    TrafficPeer* traffic() const { return m_traffic.get(); }

    /// As LabProcesses has it.
    Result<void> takeOver(pid_t pid, quint64 startTicks) { return m_processes.takeOver(pid, startTicks); }
    Result<void> keep() { return m_processes.keep(); }

Q_SIGNALS:
    void started();
    void failed(const cutover::Error& error);

private:
    QString file(const QString& name) const { return m_processes.file(name); }
    Result<void> prepare();
    void makeNetwork();
    Result<std::unique_ptr<TrafficLink>> trafficLink();
    QString networkBackend() const;
    Result<void> startDaemon();
    void awaitDaemon();
    Result<void> launch();
    QStringList commandLine() const;
    void fail(const Error& error);

    VmmLabOptions m_options;
    LabProcesses m_processes;
    std::optional<TapLink> m_link;
    SocketNetwork m_sockets; ///< each side until it is taken over
    bool m_onSockets = false;
    std::unique_ptr<TrafficPeer> m_traffic;
    std::unique_ptr<ChildProcess> m_daemon;
    LabSource m_source;
    QStringList m_argv;
    QStringList m_notes;
    QTimer m_pollTimer;
    QTimer m_limitTimer;
    bool m_launched = false;
    bool m_started = false;
    bool m_failed = false;
};

} // namespace cutover::lab
