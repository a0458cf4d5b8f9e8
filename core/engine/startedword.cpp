// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/startedword.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t pageSize = 4096;
const QString attempt = u"share the word that tells whether the destination has run"_s;

} // namespace

Result<StartedWord> StartedWord::create()
{
    UniqueFd memfd = UniqueFd::adopt(::memfd_create("cutover-started", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!memfd)
        return systemError(attempt, u"memfd"_s, errno);
    if (::ftruncate(memfd.get(), pageSize) != 0
        || ::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
        return systemError(attempt, u"memfd"_s, errno);
    return map(std::move(memfd));
}

Result<StartedWord> StartedWord::adopt(UniqueFd memfd)
{
    struct stat status = {};
    if (::fstat(memfd.get(), &status) != 0)
        return systemError(attempt, u"descriptor"_s, errno);
    const int seals = ::fcntl(memfd.get(), F_GET_SEALS);
    if (status.st_size != off_t(pageSize) || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return failure(ErrorCode::Malformed, attempt, u"descriptor"_s,
            u"it is not a memfd of one page that cannot shrink"_s);
    return map(std::move(memfd));
}

Result<StartedWord> StartedWord::map(UniqueFd memfd)
{
    void* page = ::mmap(nullptr, pageSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, memfd.get(), 0);
    if (page == MAP_FAILED)
        return systemError(attempt, u"memfd"_s, errno);
    return StartedWord(std::move(memfd), page);
}

StartedWord::StartedWord(UniqueFd memfd, void* page)
    : m_memfd(std::move(memfd))
    , m_page(page)
{
}

StartedWord::StartedWord(StartedWord&& other) noexcept
    : m_memfd(std::move(other.m_memfd))
    , m_page(std::exchange(other.m_page, nullptr))
{
}

StartedWord& StartedWord::operator=(StartedWord&& other) noexcept
{
    std::swap(m_memfd, other.m_memfd);
    std::swap(m_page, other.m_page);
    return *this;
}

StartedWord::~StartedWord()
{
    if (m_page)
        ::munmap(m_page, pageSize);
}

} // namespace cutover::engine
