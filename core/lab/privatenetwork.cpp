// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/privatenetwork.h"

#include "base/process.h"
#include "base/uniquefd.h"

#include <QDir>
#include <QFile>
#include <QProcess>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr int endWaitMs = 1000;
constexpr int mostLooks = 10;
bool entered = false;
std::optional<Error> obstacle;

bool writeFile(const char* path, const QByteArray& text)
{
    const UniqueFd fd = UniqueFd::adopt(::open(path, O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.constData(), std::size_t(text.size())) == text.size();
}

Result<void> runIp(const QStringList& arguments)
{
    const QString attempt = u"set up the lab's network"_s;
    const QString command = u"ip "_s + arguments.join(u' ');
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(u"ip"_s, arguments, QIODevice::ReadOnly);
    if (!process.waitForStarted())
        return failure(ErrorCode::NotFound, attempt, command, process.errorString(), u"Install iproute2."_s);
    if (!process.waitForFinished() || process.exitCode() != 0 || process.exitStatus() != QProcess::NormalExit)
        return failure(
            ErrorCode::System, attempt, command, QString::fromUtf8(process.readAll()).simplified());
    return {};
}

Result<void> enter()
{
    const QString attempt = u"make a private network"_s;
    const uid_t uid = ::geteuid();
    const gid_t gid = ::getegid();
    const bool root = uid == 0;
    if (::unshare(root ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        Error error
            = systemError(attempt, root ? u"network namespace"_s : u"user namespace"_s, errno).error();
        if (!root)
            error.remedy = u"Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
                           "kernel.apparmor_restrict_unprivileged_userns=0), or run as root."_s;
        return std::unexpected(error);
    }
    if (!root) {
        const QByteArray id = QByteArray::number(uid);
        const QByteArray group = QByteArray::number(gid);
        // We become root inside, which TAPs need; outside we stay who we are.
        if (!writeFile("/proc/self/setgroups", "deny") || !writeFile("/proc/self/uid_map", "0 " + id + " 1")
            || !writeFile("/proc/self/gid_map", "0 " + group + " 1"))
            return systemError(attempt, u"user namespace"_s, errno);
    }
    return {};
}

} // namespace

Result<void> enterPrivateNetwork()
{
    auto result = enter();
    if (result)
        entered = true;
    else
        obstacle = result.error();
    return result;
}

bool inPrivateNetwork()
{
    return entered;
}

Result<void> privateNetwork()
{
    if (entered)
        return {};
    return obstacle ? Result<void>(std::unexpected(*obstacle))
                    : failure(ErrorCode::Refused, u"use a private network"_s, {},
                          u"this process has not moved into one"_s);
}

int endPrivateNetwork(pid_t spared)
{
    if (!entered)
        return 0;
    const auto networkOf = [](const QString& process) {
        return QFile::symLinkTarget(u"/proc/%1/ns/net"_s.arg(process)).section(u'/', -1);
    };
    const QString ours = networkOf(u"self"_s);
    int count = 0;
    // What was started while we looked is found by the next look.
    for (int look = 0, found = 1; found > 0 && look < mostLooks && !ours.isEmpty(); ++look) {
        found = 0;
        for (const QString& name : QDir(u"/proc"_s).entryList(QDir::Dirs)) {
            const pid_t pid = name.toInt();
            if (pid <= 0 || pid == ::getpid() || pid == spared || networkOf(name) != ours)
                continue;
            const auto process = ProcessHandle::open(pid);
            if (process && (*process)->alive() && networkOf(name) == ours
                && (*process)->sendSignal(SIGKILL)) {
                pollfd ended{ .fd = (*process)->pidFd(), .events = POLLIN, .revents = 0 };
                ::poll(&ended, 1, endWaitMs);
                ++found;
            }
        }
        count += found;
    }
    return count;
}

Result<TapLink> createTap(const QString& interface, int number, int queues, int queueLength)
{
    const QString attempt = u"make a TAP"_s;
    if (auto network = privateNetwork(); !network)
        return std::unexpected(network.error());
    if (interface.isEmpty() || interface.size() > 15 || number < 0 || number > 199 || queues < 1)
        return failure(
            ErrorCode::InvalidArgument, attempt, interface, u"name, number or queues out of range"_s);
    const QString net = u"10.77.%1."_s.arg(number);
    const TapLink link{ .interface = interface,
        .queues = queues,
        .hostAddress = net + u'1',
        .guestAddress = net + u'2',
        .guestMac = u"52:54:00:c7:00:%1"_s.arg(number, 2, 16, QLatin1Char('0')) };
    QStringList add{ u"tuntap"_s, u"add"_s, u"dev"_s, interface, u"mode"_s, u"tap"_s, u"vnet_hdr"_s };
    if (queues > 1)
        add << u"multi_queue"_s;
    const QList<QStringList> commands{ { u"link"_s, u"set"_s, u"lo"_s, u"up"_s }, add,
        // The kernel's own talk (router solicitations, duplicate address detection) would be in the figures.
        { u"link"_s, u"set"_s, u"dev"_s, interface, u"addrgenmode"_s, u"none"_s },
        { u"link"_s, u"set"_s, u"dev"_s, interface, u"txqueuelen"_s, QString::number(queueLength), u"up"_s },
        { u"addr"_s, u"add"_s, link.hostAddress, u"peer"_s, link.guestAddress, u"dev"_s, interface },
        { u"neigh"_s, u"replace"_s, link.guestAddress, u"lladdr"_s, link.guestMac, u"dev"_s, interface,
            u"nud"_s, u"permanent"_s } };
    for (const QStringList& command : commands) {
        if (auto done = runIp(command); !done)
            return std::unexpected(done.error());
    }
    return link;
}

void removeTap(const TapLink& link)
{
    std::ignore = runIp({ u"link"_s, u"delete"_s, u"dev"_s, link.interface });
}

} // namespace cutover::lab
