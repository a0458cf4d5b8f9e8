// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/procfs.h"

#include "base/process.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <unistd.h>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype readLimit = 16 * 1024 * 1024;

QStringList splitNul(const QByteArray& bytes)
{
    QStringList words;
    if (bytes.isEmpty())
        return words;
    const QByteArrayView whole
        = bytes.endsWith('\0') ? QByteArrayView(bytes).chopped(1) : QByteArrayView(bytes);
    qsizetype start = 0;
    while (start <= whole.size()) {
        qsizetype end = whole.indexOf('\0', start);
        if (end < 0)
            end = whole.size();
        words << QFile::decodeName(whole.sliced(start, end - start).toByteArray());
        start = end + 1;
    }
    return words;
}

QByteArray fieldOf(const QByteArray& text, QByteArrayView key)
{
    for (const QByteArray& line : text.split('\n')) {
        if (line.startsWith(key))
            return line.sliced(key.size()).simplified();
    }
    return {};
}

std::unexpected<Error> malformed(const QString& path)
{
    return failure(ErrorCode::Malformed, u"read"_s, path, u"it does not look as expected"_s);
}

} // namespace

ProcFs::ProcFs(QString root)
    : m_root(std::move(root))
{
}

QString ProcFs::path(pid_t pid, const QString& entry) const
{
    return m_root + u'/' + QString::number(pid) + u'/' + entry;
}

Result<QByteArray> ProcFs::read(const QString& path) const
{
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return systemError(u"read"_s, path, errno);
    QFile file;
    if (!file.open(fd, QIODevice::ReadOnly | QIODevice::Unbuffered, QFileDevice::AutoCloseHandle)) {
        ::close(fd);
        return systemError(u"read"_s, path, EIO);
    }
    QByteArray bytes;
    std::array<char, 16384> buffer{};
    qint64 got = 0;
    while ((got = file.read(buffer.data(), buffer.size())) > 0 && bytes.size() < readLimit)
        bytes.append(buffer.data(), got);
    // A process that ends while it is read says ESRCH, which is no content rather than a fault.
    if (got < 0 && bytes.isEmpty())
        return systemError(u"read"_s, path, ESRCH);
    return bytes;
}

Result<QString> ProcFs::readLink(const QString& path) const
{
    std::array<char, PATH_MAX> buffer{};
    const ssize_t length = ::readlink(QFile::encodeName(path).constData(), buffer.data(), buffer.size());
    if (length < 0)
        return systemError(u"read the link"_s, path, errno);
    return QFile::decodeName(QByteArray(buffer.data(), length));
}

QList<pid_t> ProcFs::pids() const
{
    QList<pid_t> result;
    const QStringList names = QDir(m_root).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::NoSort);
    for (const QString& name : names) {
        bool ok = false;
        const int pid = name.toInt(&ok);
        if (ok && pid > 0)
            result << pid;
    }
    std::ranges::sort(result);
    return result;
}

Result<QStringList> ProcFs::commandLine(pid_t pid) const
{
    return read(path(pid, u"cmdline"_s)).transform(splitNul);
}

Result<QString> ProcFs::executable(pid_t pid) const
{
    return readLink(path(pid, u"exe"_s));
}

Result<QString> ProcFs::workingDirectory(pid_t pid) const
{
    return readLink(path(pid, u"cwd"_s));
}

Result<ProcessStatus> ProcFs::status(pid_t pid) const
{
    const QString file = path(pid, u"status"_s);
    const Result<QByteArray> text = read(file);
    if (!text)
        return std::unexpected(text.error());
    const QByteArray state = fieldOf(*text, "State:");
    const QList<QByteArray> uids = fieldOf(*text, "Uid:").split(' ');
    const QList<QByteArray> gids = fieldOf(*text, "Gid:").split(' ');
    bool ok = false;
    ProcessStatus status;
    status.name = QString::fromUtf8(fieldOf(*text, "Name:"));
    status.parent = fieldOf(*text, "PPid:").toInt();
    status.uid = uids.value(1).toUInt(&ok);
    status.gid = gids.value(1).toUInt();
    status.threads = fieldOf(*text, "Threads:").toInt();
    if (!ok || state.isEmpty())
        return malformed(file);
    status.state = state.front();
    if (const QByteArray resident = fieldOf(*text, "VmRSS:"); !resident.isEmpty())
        status.residentBytes = resident.split(' ').first().toLongLong() * 1024;
    return status;
}

Result<quint64> ProcFs::startTime(pid_t pid) const
{
    return processStartTime(pid, m_root);
}

Result<QStringList> ProcFs::environment(pid_t pid) const
{
    return read(path(pid, u"environ"_s)).transform(splitNul);
}

Result<OpenFilesLimit> ProcFs::openFilesLimit(pid_t pid) const
{
    const QString file = path(pid, u"limits"_s);
    const Result<QByteArray> text = read(file);
    if (!text)
        return std::unexpected(text.error());
    const QList<QByteArray> fields = fieldOf(*text, "Max open files").split(' ');
    const auto number = [](const QByteArray& field, bool& ok) {
        if (field == "unlimited") {
            ok = true;
            return ~quint64{ 0 };
        }
        return field.toULongLong(&ok);
    };
    bool softOk = false;
    bool hardOk = false;
    const OpenFilesLimit limit{ .soft = number(fields.value(0), softOk),
        .hard = number(fields.value(1), hardOk) };
    if (!softOk || !hardOk)
        return malformed(file);
    return limit;
}

Result<QList<pid_t>> ProcFs::children(pid_t pid) const
{
    const QDir tasks(path(pid, u"task"_s));
    if (!tasks.exists())
        return systemError(u"list the children of"_s, QString::number(pid), ENOENT);
    QList<pid_t> result;
    for (const QString& task : tasks.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const Result<QByteArray> text = read(tasks.filePath(task + u"/children"));
        if (!text)
            continue;
        for (const QByteArray& word : text->simplified().split(' ')) {
            if (const int child = word.toInt(); child > 0)
                result << child;
        }
    }
    std::ranges::sort(result);
    return result;
}

Result<quint64> ProcFs::namespaceId(pid_t pid, const QString& kind) const
{
    const QString file = (pid == 0 ? QString(m_root + u"/self/") : path(pid, {})) + u"ns/" + kind;
    const Result<QString> link = readLink(file);
    if (!link)
        return std::unexpected(link.error());
    bool ok = false;
    const quint64 number = link->section(u'[', 1).section(u']', 0, 0).toULongLong(&ok);
    if (!ok)
        return malformed(file);
    return number;
}

Result<QSet<quint64>> ProcFs::socketInodes(pid_t pid) const
{
    const QString folder = path(pid, u"fd"_s);
    if (::access(QFile::encodeName(folder).constData(), R_OK | X_OK) != 0)
        return systemError(u"list the open files of"_s, QString::number(pid), errno);
    QSet<quint64> inodes;
    const QStringList names
        = QDir(folder).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot, QDir::NoSort);
    for (const QString& name : names) {
        const Result<QString> link = readLink(folder + u'/' + name);
        if (link && link->startsWith(u"socket:["))
            inodes.insert(link->sliced(8).chopped(1).toULongLong());
    }
    return inodes;
}

Result<QList<UnixSocketEntry>> ProcFs::unixSockets(pid_t pid) const
{
    const Result<QByteArray> text
        = read(pid == 0 ? QString(m_root + u"/net/unix") : path(pid, u"net/unix"_s));
    if (!text)
        return std::unexpected(text.error());
    return fdpass::parseUnixTable(*text);
}

Result<qint64> ProcFs::availableMemory() const
{
    const QString file = m_root + u"/meminfo";
    const Result<QByteArray> text = read(file);
    if (!text)
        return std::unexpected(text.error());
    bool ok = false;
    const qint64 kibibytes = fieldOf(*text, "MemAvailable:").split(' ').first().toLongLong(&ok);
    if (!ok)
        return malformed(file);
    return kibibytes * 1024;
}

} // namespace cutover::op
