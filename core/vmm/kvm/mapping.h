// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <utility>

#include <sys/mman.h>

namespace cutover::vmm {

/// Readable and writable pages of this process, unmapped with the object.
class Mapping
{
public:
    Mapping() = default;
    /// Shares the pages of \a fd, or with -1 has new ones that are zero. Without any, see errno, on failure.
    Mapping(int fd, std::size_t bytes)
        : m_address(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
              fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0))
        , m_bytes(bytes)
    {
    }
    ~Mapping()
    {
        if (m_address != MAP_FAILED)
            munmap(m_address, m_bytes);
    }
    Mapping(Mapping&& other) noexcept
        : m_address(std::exchange(other.m_address, MAP_FAILED))
        , m_bytes(other.m_bytes)
    {
    }
    Mapping& operator=(Mapping&& other) noexcept
    {
        std::swap(m_address, other.m_address);
        std::swap(m_bytes, other.m_bytes);
        return *this;
    }

    explicit operator bool() const { return m_address != MAP_FAILED; }
    std::byte* address() const { return static_cast<std::byte*>(m_address); }

private:
    void* m_address = MAP_FAILED;
    std::size_t m_bytes = 0;
};

} // namespace cutover::vmm
