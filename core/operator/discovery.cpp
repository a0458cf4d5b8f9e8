// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/discovery.h"

#include "operator/socketmove.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

using Occupancy = DiscoveredMonitor::Occupancy;

/// Cheap test before anything is parsed: most processes are no VMM.
bool mayOpenMonitor(const QStringList& argv)
{
    for (qsizetype index = 1; index + 1 < argv.size(); ++index) {
        QStringView word = argv[index];
        if (!word.startsWith(u'-'))
            continue;
        word = word.sliced(word.startsWith(u"--") ? 2 : 1);
        if (word == u"qmp" || word == u"qmp-pretty" || word == u"mon")
            return true;
    }
    return false;
}

bool isLauncherOf(const DiscoveredVmm& outer, const DiscoveredVmm& inner)
{
    return outer.argv.size() > inner.argv.size()
        && outer.argv.last(inner.argv.size() - 1) == inner.argv.sliced(1);
}

/// Sockets by network namespace, read once each.
class SocketTables
{
public:
    explicit SocketTables(const ProcFs& proc)
        : m_proc(proc)
        , m_own(proc.namespaceId(0, u"net"_s).value_or(0))
    {
    }

    const QList<UnixSocketEntry>& of(pid_t pid)
    {
        const quint64 space = m_proc.namespaceId(pid, u"net"_s).value_or(m_own);
        auto known = m_tables.find(space);
        if (known == m_tables.end())
            known = m_tables.insert(
                space, m_proc.unixSockets(space == m_own ? 0 : pid).value_or(QList<UnixSocketEntry>()));
        return *known;
    }

private:
    const ProcFs& m_proc;
    quint64 m_own;
    QHash<quint64, QList<UnixSocketEntry>> m_tables;
};

bool isLibvirtPath(const QString& path)
{
    return path.startsWith(u"/var/lib/libvirt/") || path.startsWith(u"/run/libvirt/")
        || path.startsWith(u"/var/run/libvirt/") || path.contains(u"/.config/libvirt/")
        || path.contains(u"/libvirt/qemu/");
}

Occupancy occupancyOf(
    const QString& boundPath, const QList<UnixSocketEntry>& sockets, const Result<QSet<quint64>>& ownInodes)
{
    if (isLibvirtPath(boundPath))
        return Occupancy::Libvirt;
    if (!ownInodes)
        return Occupancy::Unknown;
    bool listening = false;
    bool taken = false;
    for (const UnixSocketEntry& entry : sockets) {
        if (entry.path != boundPath)
            continue;
        const bool own = ownInodes->contains(entry.inode);
        listening |= own && entry.state == UnixSocketEntry::State::Listening;
        // Inode 0 has not been accepted: a client waits in the queue.
        taken |= (own || entry.inode == 0) && entry.state == UnixSocketEntry::State::Connected;
    }
    if (!listening)
        return Occupancy::NotListening;
    return taken ? Occupancy::Taken : Occupancy::Free;
}

/// A path of a process in another mount namespace. The way through /proc ends with the process, so it is
/// the last resort: containers and sandboxes often see the same file under the same name.
QString seenFromHere(const QString& path, pid_t pid, const ProcFs& proc)
{
    const QString itsPath = proc.path(pid, u"root"_s) + path;
    struct stat its{};
    struct stat ours{};
    const bool same = ::stat(QFile::encodeName(itsPath).constData(), &its) == 0
        && ::stat(QFile::encodeName(path).constData(), &ours) == 0 && its.st_dev == ours.st_dev
        && its.st_ino == ours.st_ino;
    return same ? path : itsPath;
}

DiscoveredMonitor inspectMonitor(const MonitorSpec& spec, const DiscoveredVmm& vmm, const ProcFs& proc,
    const QList<UnixSocketEntry>& sockets, const Result<QSet<quint64>>& ownInodes)
{
    DiscoveredMonitor monitor{ .spec = spec, .path = {} };
    if (spec.end.kind == CharacterEnd::Kind::Fd && spec.end.server) {
        // libvirt listens itself and passes the listener; its path is in the socket's table entry.
        for (const UnixSocketEntry& entry : sockets) {
            if (ownInodes && ownInodes->contains(entry.inode)
                && entry.state == UnixSocketEntry::State::Listening && isLibvirtPath(entry.path)) {
                monitor.path = entry.path;
                monitor.occupancy = Occupancy::Libvirt;
                monitor.exists = QFileInfo::exists(entry.path);
            }
        }
        return monitor;
    }
    if (spec.end.kind != CharacterEnd::Kind::UnixSocket || !spec.end.server) {
        monitor.occupancy = Occupancy::NotListening;
        return monitor;
    }
    monitor.occupancy = occupancyOf(spec.end.path, sockets, ownInodes);
    QString path = spec.end.path;
    if (QDir::isRelativePath(path)) {
        if (vmm.workingDirectory.isEmpty())
            return monitor;
        path = QDir::cleanPath(vmm.workingDirectory + u'/' + path);
    }
    monitor.path = finalPlace(vmm.sameMountNamespace ? path : seenFromHere(path, vmm.pid, proc));
    struct stat status{};
    const QByteArray encoded = QFile::encodeName(monitor.path);
    monitor.exists = ::stat(encoded.constData(), &status) == 0 && S_ISSOCK(status.st_mode);
    monitor.accessible
        = monitor.exists && ::faccessat(AT_FDCWD, encoded.constData(), R_OK | W_OK, AT_EACCESS) == 0;
    return monitor;
}

Result<DiscoveredVmm> inspect(pid_t pid, const QStringList& argv, const ProcFs& proc, SocketTables& tables)
{
    const Result<CommandLine> line = CommandLine::parse(argv);
    if (!line)
        return std::unexpected(line.error());
    DiscoveredVmm vmm;
    vmm.facts = line->facts();
    if (vmm.facts.monitors.empty())
        return failure(ErrorCode::InvalidArgument, u"find the QMP monitor of the process"_s,
            QString::number(pid), u"its command line opens none"_s,
            u"Start the VMM with -qmp unix:PATH,server=on,wait=off"_s);
    const Result<ProcessStatus> status = proc.status(pid);
    if (!status)
        return std::unexpected(status.error());
    const Result<quint64> startTime = proc.startTime(pid);
    if (!startTime)
        return std::unexpected(startTime.error());
    vmm.pid = pid;
    vmm.startTime = *startTime;
    vmm.uid = status->uid;
    vmm.argv = argv;
    vmm.binary = proc.executable(pid).value_or(QString());
    if (vmm.binary.endsWith(u" (deleted)")) {
        vmm.binary.chop(10);
        vmm.binaryReplaced = true;
    }
    if (vmm.binary.isEmpty())
        vmm.binary = line->program();
    vmm.name = vmm.facts.name.isEmpty() ? QFileInfo(line->program()).fileName() : vmm.facts.name;
    vmm.workingDirectory = proc.workingDirectory(pid).value_or(QString());
    const Result<quint64> ownMounts = proc.namespaceId(0, u"mnt"_s);
    const Result<quint64> itsMounts = proc.namespaceId(pid, u"mnt"_s);
    vmm.sameMountNamespace = !ownMounts || !itsMounts || *ownMounts == *itsMounts;

    const Result<QSet<quint64>> inodes = proc.socketInodes(pid);
    for (const MonitorSpec& spec : vmm.facts.monitors)
        vmm.monitors << inspectMonitor(spec, vmm, proc, tables.of(pid), inodes);
    const bool expectsCpr = std::ranges::any_of(
        vmm.facts.incoming, [](const IncomingSpec& spec) { return spec.kind == IncomingSpec::Kind::Cpr; });
    vmm.waitsForCprState = expectsCpr
        && std::ranges::all_of(vmm.monitors,
            [](const DiscoveredMonitor& monitor) { return monitor.occupancy == Occupancy::NotListening; });
    return vmm;
}

} // namespace

const DiscoveredMonitor* DiscoveredVmm::usableMonitor() const
{
    const auto found = std::ranges::find_if(monitors, &DiscoveredMonitor::isUsable);
    return found == monitors.end() ? nullptr : &*found;
}

QList<DiscoveredVmm> discover(const ProcFs& proc, const DiscoveryOptions& options)
{
    QList<DiscoveredVmm> found;
    SocketTables tables(proc);
    for (const pid_t pid : proc.pids()) {
        const Result<QStringList> argv = proc.commandLine(pid);
        if (!argv || pid == ::getpid() || !mayOpenMonitor(*argv))
            continue;
        if (!options.allUsers) {
            const Result<ProcessStatus> status = proc.status(pid);
            if (!status || status->uid != ::geteuid())
                continue;
        }
        if (const Result<DiscoveredVmm> vmm = inspect(pid, *argv, proc, tables))
            found << *vmm;
    }
    const QList<DiscoveredVmm> all = found;
    found.removeIf([&all](const DiscoveredVmm& outer) {
        return std::ranges::any_of(
            all, [&outer](const DiscoveredVmm& inner) { return isLauncherOf(outer, inner); });
    });
    return found;
}

Result<DiscoveredVmm> inspectProcess(pid_t pid, const ProcFs& proc)
{
    const Result<QStringList> argv = proc.commandLine(pid);
    if (!argv)
        return std::unexpected(argv.error());
    if (argv->isEmpty())
        return failure(ErrorCode::NotFound, u"read the command line of the process"_s, QString::number(pid),
            u"it has ended or is a kernel thread"_s);
    SocketTables tables(proc);
    return inspect(pid, *argv, proc, tables);
}

} // namespace cutover::op
