// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/describe.h"

#include "fdpass/procfd.h"
#include "fdpass/sockets.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <memory>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::fdpass {

namespace {

// Documentation/admin-guide/devices.txt of Linux
constexpr unsigned int miscMajor = 10;
constexpr unsigned int tunMinor = 200;
constexpr unsigned int kvmMinor = 232;
constexpr unsigned int ttyAuxMajor = 5;
constexpr unsigned int ptmxMinor = 2;
constexpr unsigned int firstPtySlaveMajor = 136;
constexpr unsigned int lastPtySlaveMajor = 143;

constexpr std::array<std::pair<FdKind, QLatin1StringView>, 11> kindIds{ {
    { FdKind::Memfd, "memfd"_L1 },
    { FdKind::Tap, "tap"_L1 },
    { FdKind::EventFd, "eventfd"_L1 },
    { FdKind::Socket, "socket"_L1 },
    { FdKind::Kvm, "kvm"_L1 },
    { FdKind::Vfio, "vfio"_L1 },
    { FdKind::Iommufd, "iommufd"_L1 },
    { FdKind::File, "file"_L1 },
    { FdKind::Pipe, "pipe"_L1 },
    { FdKind::Pty, "pty"_L1 },
    { FdKind::Other, "other"_L1 },
} };

void set(FdDescription& description, FdKind kind, const QString& name, const QString& text)
{
    description.kind = kind;
    description.name = name;
    description.text = printable(text);
}

/// "KVM vCPU 0" for "kvm-vcpu:0", the kernel's own word for what has no better one.
void describeAnonymous(FdDescription& description, const ProcFd& file)
{
    QString what = file.link.sliced("anon_inode:"_L1.size());
    if (what.startsWith(u'[') && what.endsWith(u']'))
        what = what.sliced(1, what.size() - 2);
    if (what == "eventfd"_L1) {
        const QString id = QString::fromLatin1(file.field("eventfd-id"));
        set(description, FdKind::EventFd, id, id.isEmpty() ? u"eventfd"_s : u"eventfd "_s + id);
    } else if (what == "kvm-vm"_L1) {
        set(description, FdKind::Kvm, what, u"KVM virtual machine"_s);
    } else if (what.startsWith("kvm-vcpu:"_L1)) {
        set(description, FdKind::Kvm, what, u"KVM vCPU "_s + what.sliced("kvm-vcpu:"_L1.size()));
    } else if (what.startsWith("kvm"_L1)) {
        set(description, FdKind::Kvm, what, what);
    } else if (what.startsWith("vfio"_L1)) {
        set(description, FdKind::Vfio, what, what);
    } else if (what.startsWith("iommufd"_L1)) {
        set(description, FdKind::Iommufd, what, what);
    } else {
        set(description, FdKind::Other, what, what);
    }
}

void describeCharacterDevice(FdDescription& description, const ProcFd& file)
{
    const unsigned int major = ::major(file.status.st_rdev);
    const unsigned int minor = ::minor(file.status.st_rdev);
    const QString& path = file.link;
    if (major == miscMajor && minor == tunMinor) {
        const QString interface = QString::fromUtf8(file.field("iff"));
        set(description, FdKind::Tap, interface,
            interface.isEmpty() ? u"TUN/TAP without an interface"_s : u"TUN/TAP "_s + interface);
    } else if (path.startsWith("/dev/tap"_L1)) {
        set(description, FdKind::Tap, path, u"macvtap "_s + path);
    } else if (major == miscMajor && minor == kvmMinor) {
        set(description, FdKind::Kvm, path, u"KVM "_s + path);
    } else if (path.startsWith("/dev/vfio/"_L1)) {
        set(description, FdKind::Vfio, path, u"VFIO "_s + path);
    } else if (path == "/dev/iommu"_L1) {
        set(description, FdKind::Iommufd, path, u"iommufd"_s);
    } else if (major == ttyAuxMajor && minor == ptmxMinor) {
        const QString index = QString::fromLatin1(file.field("tty-index"));
        set(description, FdKind::Pty, index.isEmpty() ? path : u"/dev/pts/"_s + index,
            index.isEmpty() ? u"pty master"_s : u"pty master of /dev/pts/"_s + index);
    } else if (major >= firstPtySlaveMajor && major <= lastPtySlaveMajor) {
        set(description, FdKind::Pty, path, u"pty "_s + path);
    } else {
        set(description, FdKind::Other, path, u"device "_s + path);
    }
}

/// "UNIX-STREAM", "TCP", "NETLINK", ...: works for the sockets of other processes too.
QString socketProtocol(pid_t pid, int fd)
{
    std::array<char, 64> value{};
    const QByteArray path = procFolder(pid) + "/fd/" + QByteArray::number(fd);
    const ssize_t length
        = ::getxattr(path.constData(), "system.sockprotoname", value.data(), value.size() - 1);
    return length <= 0 ? QString() : QString::fromLatin1(value.data());
}

void describeSocket(FdDescription& description, pid_t pid, int fd)
{
    const QString protocol = socketProtocol(pid, fd);
    const auto found = findSocket(pid, description.inode, protocol);
    if (!found) {
        set(description, FdKind::Socket, {},
            protocol.isEmpty() ? u"socket"_s : protocol.toLower() + u" socket"_s);
        return;
    }
    const bool connected = !found->peer.isEmpty();
    QString text = found->protocol + u" socket"_s;
    if (found->listening)
        text += u", listening"_s;
    if (!found->local.isEmpty())
        text += (found->listening || !connected ? u" at "_s : u" "_s) + found->local;
    if (connected)
        text += u", peer "_s + found->peer;
    set(description, FdKind::Socket, connected ? found->peer : found->local, text);
}

FdDescription describe(pid_t pid, int fd, const ProcFd& file)
{
    FdDescription result{ .kind = FdKind::Other,
        .link = file.link,
        .text = {},
        .device = file.status.st_dev,
        .inode = file.status.st_ino,
        .size = S_ISREG(file.status.st_mode) ? qint64{ file.status.st_size } : -1,
        .name = {} };
    if (file.isMemfd()) {
        const QString name = file.memfdName();
        set(result, FdKind::Memfd, name, u"memfd "_s + name + u", "_s + sizeText(result.size));
    } else if (S_ISREG(file.status.st_mode)) {
        set(result, FdKind::File, file.link, u"file "_s + file.link + u", "_s + sizeText(result.size));
    } else if (S_ISBLK(file.status.st_mode)) {
        set(result, FdKind::File, file.link, u"block device "_s + file.link);
    } else if (S_ISDIR(file.status.st_mode)) {
        set(result, FdKind::Other, file.link, u"folder "_s + file.link);
    } else if (S_ISFIFO(file.status.st_mode)) {
        const bool named = !file.link.startsWith("pipe:"_L1);
        set(result, FdKind::Pipe, file.link, named ? u"named pipe "_s + file.link : file.link);
    } else if (S_ISSOCK(file.status.st_mode) && file.link.startsWith("socket:"_L1)) {
        describeSocket(result, pid, fd);
    } else if (file.isAnonymousInode()) {
        describeAnonymous(result, file);
    } else if (S_ISCHR(file.status.st_mode)) {
        describeCharacterDevice(result, file);
    } else {
        set(result, FdKind::Other, file.link, file.link);
    }
    return result;
}

struct FolderCloser
{
    void operator()(DIR* folder) const { ::closedir(folder); }
};

} // namespace

QString fdKindId(FdKind kind)
{
    const auto* found = std::ranges::find(kindIds, kind, &std::pair<FdKind, QLatin1StringView>::first);
    return found == kindIds.end() ? QString() : QString(found->second);
}

QString printable(const QString& text)
{
    QString result;
    result.reserve(text.size());
    for (const QChar character : text) {
        const char16_t code = character.unicode();
        if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            result += u"\\x%1"_s.arg(code, 2, 16, QLatin1Char('0'));
        else
            result += character;
    }
    return result;
}

QString sizeText(qint64 bytes)
{
    constexpr std::array units{ "bytes"_L1, "KiB"_L1, "MiB"_L1, "GiB"_L1, "TiB"_L1, "PiB"_L1, "EiB"_L1 };
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    QString number = QString::number(value, 'f', unit == 0 ? 0 : 1);
    if (number.endsWith(".0"_L1))
        number.chop(2);
    return number + u' ' + units.at(unit);
}

Result<FdDescription> describeFd(int fd)
{
    return describeFd(::getpid(), fd);
}

Result<FdDescription> describeFd(pid_t pid, int fd)
{
    const auto file = readProcFd(pid, fd);
    if (!file)
        return std::unexpected(file.error());
    return describe(pid, fd, *file);
}

Result<QList<int>> listFds(pid_t pid)
{
    if (pid <= 0) {
        return failure(ErrorCode::InvalidArgument, u"list the open files of process"_s, QString::number(pid),
            u"there is no such process"_s);
    }
    const QByteArray path = procFolder(pid) + "/fd";
    const std::unique_ptr<DIR, FolderCloser> folder(::opendir(path.constData()));
    if (!folder)
        return systemError(u"list the open files in"_s, QFile::decodeName(path), errno);
    const int own = pid == ::getpid() ? ::dirfd(folder.get()) : -1;
    QList<int> fds;
    while (const dirent* entry = ::readdir(folder.get())) {
        bool isNumber = false; // "." and ".." are not
        const int fd = QByteArrayView(static_cast<const char*>(entry->d_name)).toInt(&isNumber);
        if (isNumber && fd != own)
            fds.append(fd);
    }
    std::ranges::sort(fds);
    return fds;
}

} // namespace cutover::fdpass
