// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/token.h"

#include "base/process.h"
#include "engine/crc32c.h"
#include "fdpass/describe.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

/// What the memfd holds, in the host's byte order: it never leaves the host.
struct Record
{
    std::array<char, 8> magic = { 'C', 'U', 'T', 'O', 'V', 'T', 'O', 'K' };
    std::uint32_t version = 1;
    std::uint32_t crc = 0; // of the two members below: a record that is just being written does not match
    std::int64_t pid = 0; // 0 = nobody
    std::uint64_t startTime = 0;

    std::uint32_t sum() const
    {
        const std::array<std::uint64_t, 2> words{ static_cast<std::uint64_t>(pid), startTime };
        return crc32c(std::as_bytes(std::span(words)));
    }
};
static_assert(sizeof(Record) == 32);

constexpr int tokenSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr qsizetype maxNameBytes = 200;

QString namePrefix()
{
    return u"token:"_s;
}

bool writeRecord(int fd, Record record)
{
    record.crc = record.sum();
    return ::pwrite(fd, &record, sizeof record, 0) == ssize_t{ sizeof record };
}

struct flock wholeFile(short type)
{
    struct flock lock{};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return lock;
}

std::unexpected<Error> notAToken(const QString& name, const QString& cause)
{
    return failure(ErrorCode::Malformed, u"use as an ownership token the descriptor"_s, name, cause);
}

Result<OwnershipToken::Owner> thisProcess()
{
    const pid_t pid = ::getpid();
    const auto startTime = processStartTime(pid);
    if (!startTime)
        return std::unexpected(startTime.error());
    return OwnershipToken::Owner{ .pid = pid, .startTime = *startTime };
}

} // namespace

Result<OwnershipToken> OwnershipToken::create(const QString& name)
{
    const QString attempt = u"create the ownership token"_s;
    const QByteArray fileName = (namePrefix() + name).toUtf8();
    if (name.isEmpty() || fileName.size() > namePrefix().size() + maxNameBytes || name.contains(QChar())) {
        return failure(ErrorCode::InvalidArgument, attempt, name,
            u"its name must have 1 to %1 bytes"_s.arg(maxNameBytes));
    }
    UniqueFd memfd = UniqueFd::adopt(::memfd_create(fileName.constData(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd)
        return systemError(attempt, name, errno);
    if (::ftruncate(memfd.get(), sizeof(Record)) != 0 || !writeRecord(memfd.get(), {})
        || ::fcntl(memfd.get(), F_ADD_SEALS, tokenSeals | F_SEAL_SEAL) != 0)
        return systemError(attempt, name, errno);
    return open(std::move(memfd), name);
}

Result<OwnershipToken> OwnershipToken::adopt(UniqueFd memfd)
{
    const auto description = fdpass::describeFd(memfd.get());
    if (!description)
        return std::unexpected(description.error());
    const QString& name = description->name;
    struct stat status{};
    const int seals = ::fcntl(memfd.get(), F_GET_SEALS);
    if (description->kind != fdpass::FdKind::Memfd || seals < 0 || (seals & tokenSeals) != tokenSeals)
        return notAToken(name, u"it is not a memfd of fixed size"_s);
    if (::fstat(memfd.get(), &status) != 0)
        return systemError(u"look at the ownership token"_s, name, errno);
    Record record;
    if (status.st_size != off_t{ sizeof record }
        || ::pread(memfd.get(), &record, sizeof record, 0) != ssize_t{ sizeof record })
        return notAToken(name, u"its size is not %1 bytes"_s.arg(sizeof record));
    if (record.magic != Record().magic || record.version != Record().version)
        return notAToken(name, u"its content is not a token's"_s);
    return open(std::move(memfd), name.startsWith(namePrefix()) ? name.sliced(namePrefix().size()) : name);
}

Result<OwnershipToken> OwnershipToken::open(UniqueFd memfd, const QString& name)
{
    const auto self = thisProcess();
    if (!self)
        return std::unexpected(self.error());
    const QByteArray path = "/proc/self/fd/" + QByteArray::number(memfd.get());
    OwnershipToken token;
    token.m_lock = UniqueFd::adopt(::open(path.constData(), O_RDWR | O_CLOEXEC));
    if (!token.m_lock)
        return systemError(u"open anew the ownership token"_s, name, errno);
    token.m_memfd = std::move(memfd);
    token.m_name = name;
    token.m_self = *self;
    return token;
}

Result<void> OwnershipToken::take()
{
    const QString attempt = u"take the ownership of"_s;
    if (held())
        return {};
    if (!m_lock)
        return failure(ErrorCode::InvalidArgument, attempt, m_name, u"there is no token for it"_s);
    struct flock lock = wholeFile(F_WRLCK);
    if (::fcntl(m_lock.get(), F_OFD_SETLK, &lock) != 0) {
        const int sysErrno = errno;
        if (sysErrno != EAGAIN && sysErrno != EACCES)
            return systemError(attempt, m_name, sysErrno);
        const auto owner = readOwner();
        auto busy = failure(ErrorCode::Busy, attempt, m_name,
            owner ? u"process %1 owns it"_s.arg(owner->pid) : u"another process owns it"_s);
        busy.error().sysErrno = EBUSY;
        return busy;
    }
    if (m_self.pid != ::getpid()) {
        const auto self = thisProcess();
        if (!self) {
            release();
            return std::unexpected(self.error());
        }
        m_self = *self;
    }
    if (!writeRecord(m_lock.get(), { .pid = m_self.pid, .startTime = m_self.startTime })) {
        const int sysErrno = errno;
        release();
        return systemError(attempt, m_name, sysErrno);
    }
    m_held = true;
    return {};
}

void OwnershipToken::release()
{
    if (!m_lock)
        return;
    if (m_held)
        writeRecord(m_lock.get(), {});
    struct flock lock = wholeFile(F_UNLCK);
    (void)::fcntl(m_lock.get(), F_OFD_SETLK, &lock);
    m_held = false;
}

std::optional<OwnershipToken::Owner> OwnershipToken::owner() const
{
    if (held())
        return m_self;
    struct flock lock = wholeFile(F_WRLCK);
    if (!m_lock || ::fcntl(m_lock.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return std::nullopt;
    return readOwner();
}

std::optional<OwnershipToken::Owner> OwnershipToken::readOwner() const
{
    Record record;
    if (::pread(m_lock.get(), &record, sizeof record, 0) != ssize_t{ sizeof record }
        || record.crc != record.sum())
        return std::nullopt;
    if (record.pid <= 0 || record.pid > std::numeric_limits<pid_t>::max())
        return std::nullopt;
    return Owner{ .pid = static_cast<pid_t>(record.pid), .startTime = record.startTime };
}

} // namespace cutover::engine
