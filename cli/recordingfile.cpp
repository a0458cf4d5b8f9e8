// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/recordingfile.h"

#include <QFile>
#include <QFileInfo>

#include <KLocalizedString>

#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace cutover::cli {

/// Several times what a migration with a complete trace needs.
static constexpr off_t reservedBytes = off_t{ 8 } * 1024 * 1024;

RecordingFile::~RecordingFile()
{
    static_cast<void>(close());
}

Result<void> RecordingFile::open(const QString& path)
{
    m_path = QFileInfo(path).absoluteFilePath();
    if (auto opened = m_writer.open(m_path, u"cutoverctl "_s + QStringLiteral(CUTOVER_VERSION)); !opened)
        return opened;
    if (auto reserved = reserve(); !reserved) {
        static_cast<void>(m_writer.close());
        QFile::remove(m_path);
        return reserved;
    }
    return {};
}

Result<void> RecordingFile::reserve()
{
    const QString attempt = i18n("reserve room for the recording");
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(reservedBytes))
        return systemError(attempt, m_path, EFBIG);
    const auto file = UniqueFd::adopt(::open(QFile::encodeName(m_path).constData(), O_WRONLY | O_CLOEXEC));
    if (!file)
        return systemError(attempt, m_path, errno);
    if (::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, reservedBytes) == 0) {
        m_reserved = true;
        return {};
    }
    if (errno == EOPNOTSUPP || errno == ENOSYS)
        return {};
    return systemError(attempt, m_path, errno);
}

Result<void> RecordingFile::close()
{
    if (!m_writer.isOpen())
        return {};
    const auto closed = m_writer.close();
    if (std::exchange(m_reserved, false)) {
        const QByteArray path = QFile::encodeName(m_path);
        struct stat status{};
        if (::stat(path.constData(), &status) == 0)
            static_cast<void>(::truncate(path.constData(), status.st_size) == 0);
    }
    return closed;
}

} // namespace cutover::cli
