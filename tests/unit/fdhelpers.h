// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <QDir>

#include <cstddef>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace cutover::test {

/// How many fds this process has open; compare before and after.
inline qsizetype openFdCount()
{
    return QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::Files | QDir::System).size();
}

inline UniqueFd openNull()
{
    return UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
}

inline std::vector<UniqueFd> openNulls(std::size_t count)
{
    std::vector<UniqueFd> fds;
    while (fds.size() < count)
        fds.push_back(openNull());
    return fds;
}

inline std::vector<int> numbersOf(const std::vector<UniqueFd>& fds)
{
    std::vector<int> numbers;
    numbers.reserve(fds.size());
    for (const UniqueFd& fd : fds)
        numbers.push_back(fd.get());
    return numbers;
}

inline UniqueFd makeMemfd(const QByteArray& name, off_t size = 0)
{
    UniqueFd fd = UniqueFd::adopt(::memfd_create(name.constData(), MFD_CLOEXEC));
    if (fd && size > 0 && ::ftruncate(fd.get(), size) != 0)
        fd.reset();
    return fd;
}

} // namespace cutover::test
