// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/guestpage.h"

#include "base/uniquefd.h"
#include "fdpass/describe.h"
#include "fdpass/procfd.h"

#include <KLocalizedString>

#include <QFile>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cutover::op {

namespace {

QString attempt()
{
    return i18n("look for the guest's heartbeat");
}

/// QEMU calls it after the type of the backend, not after its id.
bool isGuestRam(const fdpass::ProcFd& file, qint64 ramBytes)
{
    return file.isMemfd() && file.status.st_size == ramBytes
        && file.memfdName() == QLatin1StringView("memory-backend-memfd");
}

/// The very file that was looked at, for reading.
Result<UniqueFd> openAgain(pid_t pid, int fd, const fdpass::ProcFd& seen)
{
    const QByteArray path = fdpass::procFolder(pid) + "/fd/" + QByteArray::number(fd);
    auto file = UniqueFd::adopt(::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const QString object = QFile::decodeName(path);
    if (!file)
        return systemError(attempt(), object, errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0)
        return systemError(attempt(), object, errno);
    if (status.st_dev != seen.status.st_dev || status.st_ino != seen.status.st_ino
        || status.st_size != seen.status.st_size)
        return failure(ErrorCode::NotFound, attempt(), object, i18n("it was closed meanwhile"));
    if (status.st_uid != ::geteuid() && ::geteuid() != 0)
        return failure(ErrorCode::PermissionDenied, attempt(), object, i18n("it belongs to somebody else"));
    // Reading what is gone would end us.
    const int seals = ::fcntl(file.get(), F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return failure(ErrorCode::Refused, attempt(), object,
            i18n("the guest's memory is not sealed, so it could be cut while it is read"),
            i18n("Leave “seal=on”, the default, to memory-backend-memfd."));
    return file;
}

} // namespace

Result<GuestPage> GuestPage::map(pid_t pid, qint64 ramBytes)
{
    const auto fds = fdpass::listFds(pid);
    if (!fds)
        return std::unexpected(fds.error());
    for (const int fd : *fds) {
        const auto seen = fdpass::readProcFd(pid, fd);
        if (!seen || !isGuestRam(*seen, ramBytes)
            || ramBytes < lab::pulsePageAddress + qint64(lab::pulsePageBytes))
            continue;
        const auto file = openAgain(pid, fd, *seen);
        if (!file)
            return std::unexpected(file.error());
        void* const bytes
            = ::mmap(nullptr, lab::pulsePageBytes, PROT_READ, MAP_SHARED, file->get(), lab::pulsePageAddress);
        if (bytes == MAP_FAILED)
            return systemError(attempt(), seen->link, errno);
        return GuestPage(static_cast<const std::byte*>(bytes), seen->status.st_ino);
    }
    return failure(ErrorCode::NotFound, attempt(), QString::number(pid),
        i18n("no memfd of its is the guest's memory of %1", fdpass::sizeText(ramBytes)));
}

GuestPage::~GuestPage()
{
    if (m_bytes)
        ::munmap(const_cast<std::byte*>(m_bytes), lab::pulsePageBytes);
}

Result<lab::PulsePage> GuestPage::pulse() const
{
    return lab::PulsePage::read({ m_bytes, lab::pulsePageBytes });
}

} // namespace cutover::op
