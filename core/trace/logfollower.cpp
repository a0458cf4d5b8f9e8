// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "trace/logfollower.h"

#include <QFile>
#include <QFileInfo>
#include <QPointer>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cutover::trace {

namespace {

constexpr std::size_t readSize = 64 * 1024;
constexpr int readsPerSlice = 8;

QString attempt()
{
    return QStringLiteral("follow the log");
}

} // namespace

LogFollower::LogFollower(QObject* parent)
    : QObject(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(0);
    connect(&m_timer, &QTimer::timeout, this, &LogFollower::readSlice);
}

LogFollower::~LogFollower() = default;

Result<void> LogFollower::start(const QString& path, StartAt startAt)
{
    stop();
    m_path = path;
    const QString folder = QFileInfo(path).absolutePath();
    UniqueFd inotify = UniqueFd::adopt(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!inotify)
        return systemError(attempt(), path, errno);
    constexpr std::uint32_t mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE
        | IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR;
    if (::inotify_add_watch(inotify.get(), QFile::encodeName(folder).constData(), mask) < 0)
        return systemError(attempt(), path, errno);
    m_inotify = std::move(inotify);
    m_notifier = std::make_unique<QSocketNotifier>(m_inotify.get(), QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &LogFollower::handleNotify);

    if (auto opened = openFile(startAt); !opened && opened.error().sysErrno != ENOENT) {
        stop();
        return opened;
    }
    schedule();
    return {};
}

void LogFollower::stop()
{
    m_timer.stop();
    m_notifier.reset();
    m_inotify.reset();
    m_file.reset();
    m_offset = 0;
    m_partial.clear();
    m_skipping = false;
    m_reportedErrno = 0;
}

void LogFollower::handleNotify()
{
    // What happened does not matter, only that something did: the file itself tells the rest.
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    while (::read(m_inotify.get(), buffer.data(), buffer.size()) > 0) { }
    schedule();
}

void LogFollower::schedule()
{
    if (!m_timer.isActive())
        m_timer.start();
}

void LogFollower::readSlice()
{
    QByteArrayList found;
    Progress progress = Progress::More;
    for (int i = 0; i < readsPerSlice && progress == Progress::More; ++i)
        progress = readOnce(found);
    if (progress == Progress::More)
        schedule();
    if (!found.isEmpty())
        Q_EMIT lines(found);
}

void LogFollower::readNow(bool lastLine)
{
    // A receiver may stop or delete the follower.
    const QPointer<LogFollower> guard(this);
    Progress progress = Progress::More;
    while (guard && isActive() && progress == Progress::More) {
        QByteArrayList found;
        for (int i = 0; i < readsPerSlice && progress == Progress::More; ++i)
            progress = readOnce(found);
        if (progress == Progress::Drained && lastLine)
            flushPartial(found);
        if (!found.isEmpty())
            Q_EMIT lines(found);
    }
}

/// One read of the file. Opens it, and its replacement, when it is there.
LogFollower::Progress LogFollower::readOnce(QByteArrayList& out)
{
    if (!m_file) {
        if (const auto opened = openFile(StartAt::Beginning); !opened) {
            if (opened.error().sysErrno != ENOENT)
                report(opened.error());
            return Progress::Drained;
        }
    }

    struct stat status{};
    if (::fstat(m_file.get(), &status) == 0 && status.st_size < m_offset) {
        m_offset = 0;
        m_partial.clear();
        m_skipping = false;
    }
    std::array<char, readSize> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): written by pread
    ssize_t got = 0;
    do
        got = ::pread(m_file.get(), buffer.data(), buffer.size(), m_offset);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        report(systemError(QStringLiteral("read the log"), m_path, errno).error());
        return Progress::Drained;
    }
    if (got > 0) {
        m_reportedErrno = 0;
        m_offset += got;
        take(QByteArrayView(buffer.data(), got), out);
        return Progress::More;
    }
    struct stat current{};
    const bool exists = ::stat(QFile::encodeName(m_path).constData(), &current) == 0;
    if (!exists || (current.st_dev == m_device && current.st_ino == m_inode))
        return Progress::Drained;
    flushPartial(out);
    m_file.reset();
    return Progress::More;
}

Result<void> LogFollower::openFile(StartAt startAt)
{
    // O_NONBLOCK: opening a FIFO that somebody put there must not block.
    UniqueFd file = UniqueFd::adopt(
        ::open(QFile::encodeName(m_path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file)
        return systemError(QStringLiteral("open the log"), m_path, errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0)
        return systemError(QStringLiteral("open the log"), m_path, errno);
    if (!S_ISREG(status.st_mode))
        return failure(ErrorCode::InvalidArgument, QStringLiteral("read the log"), m_path,
            QStringLiteral("it is not a regular file"));
    m_file = std::move(file);
    m_device = status.st_dev;
    m_inode = status.st_ino;
    m_offset = startAt == StartAt::End ? status.st_size : 0;
    m_skipping = false;
    m_partial.clear();
    m_reportedErrno = 0;
    if (m_offset > 0) {
        char last = '\n';
        if (::pread(m_file.get(), &last, 1, m_offset - 1) == 1)
            m_skipping = last != '\n';
    }
    return {};
}

void LogFollower::take(QByteArrayView bytes, QByteArrayList& out)
{
    while (!bytes.isEmpty()) {
        const qsizetype end = bytes.indexOf('\n');
        const QByteArrayView piece = end < 0 ? bytes : bytes.first(end);
        if (!m_skipping) {
            m_partial.append(piece.first(std::min(piece.size(), maxLineLength - m_partial.size())));
            if (end >= 0 || m_partial.size() == maxLineLength) {
                m_skipping = end < 0;
                flushPartial(out);
            }
        } else if (end >= 0) {
            m_skipping = false;
        }
        bytes = end < 0 ? QByteArrayView() : bytes.sliced(end + 1);
    }
}

void LogFollower::flushPartial(QByteArrayList& out)
{
    if (m_partial.endsWith('\r'))
        m_partial.chop(1);
    if (!m_partial.isEmpty())
        out.append(std::exchange(m_partial, {}));
}

void LogFollower::report(const Error& error)
{
    // Zero is "nothing told yet".
    const int identity = error.sysErrno == 0 ? -1 : error.sysErrno;
    if (identity == m_reportedErrno)
        return;
    m_reportedErrno = identity;
    Q_EMIT failed(error);
}

} // namespace cutover::trace
