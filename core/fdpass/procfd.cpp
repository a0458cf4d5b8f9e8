// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/procfd.h"

#include "base/uniquefd.h"

#include <QFile>

#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <unistd.h>

namespace cutover::fdpass {

namespace {

constexpr QLatin1StringView memfdPrefix("/memfd:");
constexpr QLatin1StringView deletedSuffix(" (deleted)");

Result<QByteArray> readSmallFile(const QByteArray& path, const QString& attempt)
{
    const UniqueFd file = UniqueFd::adopt(::open(path.constData(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return systemError(attempt, QFile::decodeName(path), errno);
    constexpr qsizetype limit = qsizetype{ 64 } * 1024; // an epoll's fdinfo has a line for each of its fds
    QByteArray content;
    std::array<char, 4096> buffer{};
    while (content.size() < limit) {
        const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return systemError(attempt, QFile::decodeName(path), errno);
        if (size == 0)
            break;
        content.append(buffer.data(), size);
    }
    return content;
}

} // namespace

QByteArray procFolder(pid_t pid)
{
    // For ourselves also right where /proc belongs to another pid namespace.
    return pid == ::getpid() ? QByteArrayLiteral("/proc/self") : "/proc/" + QByteArray::number(pid);
}

QByteArray ProcFd::field(QByteArrayView key) const
{
    for (const QByteArray& line : fdinfo.split('\n')) {
        if (line.size() > key.size() && line.startsWith(key) && line.at(key.size()) == ':')
            return line.sliced(key.size() + 1).trimmed();
    }
    return {};
}

bool ProcFd::isMemfd() const
{
    // A regular file may be called "/memfd:x (deleted)", but then it has a name in a folder.
    return S_ISREG(status.st_mode) && status.st_nlink == 0 && link.startsWith(memfdPrefix);
}

QString ProcFd::memfdName() const
{
    QString name = link.sliced(memfdPrefix.size());
    if (name.endsWith(deletedSuffix))
        name.chop(deletedSuffix.size());
    return name;
}

Result<ProcFd> readProcFd(pid_t pid, int fd)
{
    const QString attempt = QStringLiteral("inspect the open file");
    const QByteArray number = QByteArray::number(fd);
    const QByteArray path = procFolder(pid) + "/fd/" + number;
    const QByteArray fdinfoPath = procFolder(pid) + "/fdinfo/" + number;
    const QString object = QFile::decodeName(path);

    if (pid <= 0)
        return failure(
            ErrorCode::InvalidArgument, attempt, object, QStringLiteral("there is no such process"));

    // The process may close and reuse the number at any moment: an O_PATH handle ties link and status
    // together (it does not keep the file itself open), the inode in fdinfo ties that to them.
    for (int attemptsLeft = 3; attemptsLeft > 0; --attemptsLeft) {
        const UniqueFd handle = UniqueFd::adopt(::open(path.constData(), O_PATH | O_CLOEXEC));
        if (!handle)
            return systemError(attempt, object, errno);
        ProcFd result;
        if (::fstat(handle.get(), &result.status) != 0)
            return systemError(attempt, object, errno);
        std::array<char, PATH_MAX> target{};
        const QByteArray handlePath = "/proc/self/fd/" + QByteArray::number(handle.get());
        const ssize_t length = ::readlink(handlePath.constData(), target.data(), target.size());
        if (length < 0)
            return systemError(attempt, object, errno);
        result.link = QFile::decodeName(QByteArray(target.data(), length));
        const auto fdinfo = readSmallFile(fdinfoPath, attempt);
        if (!fdinfo)
            return std::unexpected(fdinfo.error());
        result.fdinfo = *fdinfo;
        const QByteArray inode = result.field("ino");
        if (inode.isNull() || inode.toULongLong() == result.status.st_ino)
            return result;
    }
    return failure(ErrorCode::Busy, attempt, object, QStringLiteral("it keeps changing"));
}

} // namespace cutover::fdpass
