// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/labfolder.h"

#include "base/logging.h"
#include "base/process.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::lab {

namespace {

constexpr qint64 noteLimit = 1 << 16;

QString notePath(const QString& folder)
{
    return folder + u"/lab.json"_s;
}

Result<QString> labsRoot()
{
    const QString attempt = u"use the folder for labs"_s;
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    const bool usable = !runtime.isEmpty() && QFileInfo(runtime).isDir() && QFileInfo(runtime).isWritable();
    QString root = QDir::tempPath() + u"/cutover-labs-%1"_s.arg(::getuid());
    if (usable)
        root = runtime + u"/cutover-labs"_s;
    const QByteArray path = QFile::encodeName(root);
    if (::mkdir(path.constData(), 0700) != 0 && errno != EEXIST)
        return systemError(attempt, root, errno);
    struct stat status{};
    if (::lstat(path.constData(), &status) != 0)
        return systemError(attempt, root, errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
        return failure(ErrorCode::PermissionDenied, attempt, root,
            u"it is not a private folder of this user"_s,
            u"Remove it, or set XDG_RUNTIME_DIR to a private folder."_s);
    }
    return root;
}

QJsonObject toJson(const LabProcess& process)
{
    return { { u"pid"_s, process.pid }, { u"start"_s, QString::number(process.startTicks) } };
}

LabProcess fromJson(const QJsonObject& object)
{
    return { .pid = static_cast<pid_t>(object["pid"_L1].toInteger()),
        .startTicks = object["start"_L1].toString().toULongLong() };
}

bool isAlive(const LabProcess& process)
{
    auto handle = ProcessHandle::open(process.pid, process.startTicks);
    return handle && (*handle)->alive();
}

/// Empty when there is none.
QJsonObject readNote(const QString& folder)
{
    QFile file(notePath(folder));
    if (!file.open(QIODevice::ReadOnly) || file.size() > noteLimit)
        return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

QFileInfoList labFolders(const QString& root)
{
    return QDir(root).entryInfoList({ u"lab-*"_s }, QDir::Dirs | QDir::NoSymLinks | QDir::NoDotAndDotDot);
}

bool sweepFolder(const QString& folder)
{
    const QJsonObject note = readNote(folder);
    const LabProcess owner = fromJson(note["owner"_L1].toObject());
    // A note that cannot be read proves nothing, so its lab is left alone.
    if (owner.pid <= 0 || note["keep"_L1].toBool(true) || isAlive(owner))
        return false;
    const QJsonArray processes = note["processes"_L1].toArray();
    for (const auto& value : processes) {
        const LabProcess process = fromJson(value.toObject());
        if (process.pid <= 1)
            continue;
        if (auto handle = ProcessHandle::open(process.pid, process.startTicks))
            std::ignore = (*handle)->sendSignal(SIGKILL);
    }
    return QDir(folder).removeRecursively();
}

} // namespace

Result<LabFolder> LabFolder::create()
{
    auto root = labsRoot();
    if (!root)
        return std::unexpected(root.error());
    QByteArray pattern = QFile::encodeName(*root + u"/lab-XXXXXX"_s);
    if (!::mkdtemp(pattern.data()))
        return systemError(u"create a folder for the lab"_s, *root, errno);
    LabFolder folder(QFile::decodeName(pattern));
    if (auto noted = folder.note({}, false); !noted) {
        folder.remove();
        return std::unexpected(noted.error());
    }
    return folder;
}

bool LabFolder::contains(const QString& path)
{
    const auto root = labsRoot();
    const QString canonical = QFileInfo(path).canonicalFilePath();
    return root && !canonical.isEmpty() && canonical.startsWith(QFileInfo(*root).canonicalFilePath() + u'/');
}

int LabFolder::sweep()
{
    auto root = labsRoot();
    if (!root)
        return 0;
    int count = 0;
    for (const QFileInfo& entry : labFolders(*root)) {
        if (sweepFolder(entry.absoluteFilePath()))
            ++count;
    }
    return count;
}

bool LabFolder::isAnyKept(const LabProcess& owner)
{
    const auto root = labsRoot();
    return root && std::ranges::any_of(labFolders(*root), [&owner](const QFileInfo& entry) {
        const QJsonObject note = readNote(entry.absoluteFilePath());
        return note["keep"_L1].toBool() && fromJson(note["owner"_L1].toObject()) == owner;
    });
}

Result<void> LabFolder::note(const std::vector<LabProcess>& processes, bool keep) const
{
    const QString attempt = u"write down what runs in the lab"_s;
    auto start = processStartTime(::getpid());
    if (!start)
        return std::unexpected(start.error());
    QJsonArray list;
    for (const LabProcess& process : processes)
        list.append(toJson(process));
    const QJsonObject note{
        { u"owner"_s, toJson({ .pid = ::getpid(), .startTicks = *start }) },
        { u"processes"_s, list },
        { u"keep"_s, keep },
    };
    QSaveFile file(notePath(m_path));
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(note).toJson(QJsonDocument::Compact)) < 0
        || !file.commit())
        return failure(ErrorCode::System, attempt, file.fileName(), file.errorString());
    return {};
}

void LabFolder::remove() const
{
    if (!QDir(m_path).removeRecursively())
        qCWarning(lcProcess).noquote() << "cannot remove the lab's folder" << m_path;
}

} // namespace cutover::lab
