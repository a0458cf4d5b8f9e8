// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/vmmlab.h"

#include "lab/programs.h"

#include "fdpass/sockets.h"
#include "trace/parser.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr int pollIntervalMs = 5;
constexpr qint64 imageBytes = qint64{ 64 } << 20;
const QString tapName = u"cutover0"_s;
/// Of the sockets in the source. Above what a VMM has open, so that a destination, which is started with the
/// same command line, has none of them.
constexpr int firstSocketNumber = 500;
constexpr int tapQueueLength = 10000;

QString onOff(bool on)
{
    return on ? u"on"_s : u"off"_s;
}

} // namespace

QString labNetworkId(LabNetwork network)
{
    switch (network) {
    case LabNetwork::Auto:
        return u"auto"_s;
    case LabNetwork::Tap:
        return u"tap"_s;
    case LabNetwork::Socket:
        return u"socket"_s;
    case LabNetwork::None:
        break;
    }
    return u"none"_s;
}

VmmLab::VmmLab(VmmLabOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
{
    m_pollTimer.setInterval(pollIntervalMs);
    m_limitTimer.setSingleShot(true);
    connect(&m_pollTimer, &QTimer::timeout, this, &VmmLab::awaitDaemon);
    connect(&m_limitTimer, &QTimer::timeout, this, [this] {
        fail(failure(ErrorCode::Timeout, u"start the lab"_s, m_options.binary,
            u"its VMM or its storage daemon did not answer in time"_s)
                .error());
    });
    connect(&m_source, &LabSource::failed, this, &VmmLab::fail);
    connect(&m_source, &LabSource::started, this, [this] {
        m_limitTimer.stop();
        m_started = true;
        if (network() != LabNetwork::None) {
            auto link = trafficLink();
            auto peer = link ? TrafficPeer::create(std::move(*link), m_options.packetsPerSecond)
                             : std::unexpected(link.error());
            if (!peer) {
                fail(peer.error());
                return;
            }
            m_traffic = std::move(*peer);
        }
        Q_EMIT started();
    });
}

VmmLab::~VmmLab()
{
    m_traffic.reset();
    m_source.giveUp();
    if (m_processes.isKept()) {
        m_source.setOnDestroy(OnDestroy::Leave);
        if (m_daemon)
            m_daemon->setOnDestroy(OnDestroy::Leave);
        return;
    }
    m_processes.endOthers();
    m_source.end();
    m_daemon.reset();
    if (m_link)
        removeTap(*m_link);
    m_processes.removeFolder();
}

void VmmLab::start()
{
    if (m_launched)
        return;
    m_launched = true;
    m_limitTimer.start(m_options.startLimitMs);
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (auto prepared = prepare(); !prepared)
                fail(prepared.error());
        },
        Qt::QueuedConnection);
}

Result<void> VmmLab::prepare()
{
    if (m_options.binary.isEmpty())
        m_options.binary = embeddedVmm();
    if (m_options.binary.isEmpty())
        return failure(ErrorCode::NotFound, u"start the lab"_s, u"cutover-vmm"_s,
            u"it is neither beside this program nor in PATH"_s, u"Install Cutover, or name the program."_s);
    if (auto opened = m_processes.open(); !opened)
        return opened;
    makeNetwork();
    if (!m_options.disk)
        return launch();
    if (auto daemon = startDaemon(); !daemon) {
        m_notes << u"No disk: "_s + daemon.error().message() + u'.';
        m_options.disk = false;
        return launch();
    }
    m_pollTimer.start();
    return m_processes.add(m_daemon->pid(), m_daemon->startTimeTicks());
}

void VmmLab::makeNetwork()
{
    if (m_options.network == LabNetwork::None)
        return;
    QString why = u"as asked for"_s;
    if (m_options.network != LabNetwork::Socket) {
        auto link = createTap(tapName, 0, m_options.queues, tapQueueLength);
        if (link) {
            m_link = std::move(*link);
            return;
        }
        why = link.error().message();
        if (m_options.network == LabNetwork::Tap) {
            m_notes << u"No network: %1."_s.arg(why);
            return;
        }
    }
    auto sockets = makeSocketNetwork(m_options.queues);
    if (!sockets) {
        m_notes << u"No network: %1."_s.arg(sockets.error().message());
        return;
    }
    m_sockets = std::move(*sockets);
    m_onSockets = true;
    m_notes << u"The network is a socket pair, without a TAP: %1."_s.arg(why);
}

LabNetwork VmmLab::network() const
{
    if (m_link)
        return LabNetwork::Tap;
    return m_onSockets ? LabNetwork::Socket : LabNetwork::None;
}

Result<std::unique_ptr<TrafficLink>> VmmLab::trafficLink()
{
    if (m_link)
        return makeUdpLink(m_link->hostAddress, m_link->guestAddress);
    return makeFrameLink(std::exchange(m_sockets.host, {}));
}

QString VmmLab::networkBackend() const
{
    if (m_link)
        return u"ifname="_s + m_link->interface;
    QStringList numbers;
    for (int queue = 0; queue < m_options.queues; ++queue)
        numbers << QString::number(firstSocketNumber + queue);
    return u"fd="_s + numbers.join(u':');
}

Result<void> VmmLab::startDaemon()
{
    const QString program = QStandardPaths::findExecutable(u"qemu-storage-daemon"_s);
    if (program.isEmpty())
        return failure(ErrorCode::NotFound, u"serve a disk"_s, u"qemu-storage-daemon"_s,
            u"it is not in PATH"_s, u"Install it (Debian: qemu-system-common)."_s);
    const QString image = file(u"disk.img"_s);
    QFile disk(image);
    if (!disk.open(QIODevice::WriteOnly) || !disk.resize(imageBytes))
        return failure(ErrorCode::System, u"make a disk image"_s, image, disk.errorString());
    SpawnOptions spawn;
    spawn.argv = { program, u"--blockdev"_s,
        u"driver=file,filename=%1,node-name=disk"_s.arg(QString(image).replace(u","_s, u",,"_s)),
        u"--export"_s,
        u"type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=%1,writable=on,num-queues=%2"_s
            .arg(file(u"disk.sock"_s).replace(u","_s, u",,"_s))
            .arg(m_options.queues) };
    spawn.workingDirectory = folder();
    spawn.stdoutPath = spawn.stderrPath = file(u"disk.err"_s);
    spawn.ownSession = true;
    auto child = ChildProcess::spawn(spawn);
    if (!child)
        return std::unexpected(child.error());
    m_daemon = std::move(*child);
    return {};
}

void VmmLab::awaitDaemon()
{
    if (!m_daemon->isRunning()) {
        m_pollTimer.stop();
        QFile errors(file(u"disk.err"_s));
        const QString said = errors.open(QIODevice::ReadOnly)
            ? QString::fromUtf8(errors.read(2048)).simplified()
            : QString();
        fail(failure(ErrorCode::Remote, u"serve a disk"_s, u"qemu-storage-daemon"_s, said).error());
        return;
    }
    if (!fdpass::isListeningAt(file(u"disk.sock"_s)))
        return;
    m_pollTimer.stop();
    if (auto launched = launch(); !launched)
        fail(launched.error());
}

QStringList VmmLab::commandLine() const
{
    const QString bytes = QString::number(m_options.ramBytes);
    QStringList argv{ m_options.binary, u"-name"_s, u"cutover-lab"_s, u"-accel"_s, m_options.accelerator,
        u"-m"_s, QString::number(m_options.ramBytes >> 20) + u'M', u"-smp"_s,
        QString::number(m_options.processors), u"-object"_s,
        u"memory-backend-memfd,id=ram0,size=%1,migrate-fds=%2"_s.arg(bytes, onOff(m_options.ramMigrateFds)),
        u"-machine"_s, u"memory-backend=ram0"_s };
    if (network() != LabNetwork::None)
        argv << u"-device"_s
             << u"tap-net,id=net0,%1,queues=%2,migrate-fds=%3"_s.arg(
                    networkBackend(), QString::number(m_options.queues), onOff(m_options.networkMigrateFds));
    if (m_options.disk)
        argv << u"-device"_s
             << u"vhost-user-blk,id=disk0,socket=%1,queues=%2,migrate-fds=%3"_s.arg(
                    file(u"disk.sock"_s), QString::number(m_options.queues), onOff(m_options.diskMigrateFds));
    if (m_options.console)
        argv << u"-device"_s
             << u"console,id=console0,path=%1,migrate-fds=%2"_s.arg(
                    file(u"console.sock"_s), onOff(m_options.consoleMigrateFds));
    if (m_options.ballastBytes > 0)
        argv << u"-device"_s
             << u"ballast,id=ballast0,state=%1,migrate-fds=%2"_s.arg(
                    QString::number(m_options.ballastBytes), onOff(m_options.ballastMigrateFds));
    argv << u"-qmp"_s << u"unix:%1,server=on,wait=off"_s.arg(qmpPath()) << u"-msg"_s << u"timestamp=on"_s
         << u"-D"_s << logPath();
    for (const QString& pattern : trace::subscription())
        argv << u"-trace"_s << pattern;
    return argv + m_options.extraArguments;
}

Result<void> VmmLab::launch()
{
    m_argv = commandLine();
    std::vector<std::pair<int, int>> fds;
    const std::vector<UniqueFd> sockets = std::exchange(m_sockets.guest, {});
    for (int queue = 0; const UniqueFd& socket : sockets)
        fds.emplace_back(socket.get(), firstSocketNumber + queue++);
    if (auto launched = m_source.launch(m_argv, folder(), qmpPath(), file(u"source.err"_s), fds); !launched)
        return launched;
    return m_processes.add(m_source.pid(), m_source.startTimeTicks());
}

void VmmLab::fail(const Error& error)
{
    if (m_failed)
        return;
    m_failed = true;
    m_pollTimer.stop();
    m_limitTimer.stop();
    m_source.giveUp();
    Q_EMIT failed(error);
}

} // namespace cutover::lab
