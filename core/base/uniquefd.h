// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <utility>

namespace cutover {

/// The only owner of one file descriptor; closes it on destruction. Move-only, so that no fd is
/// closed twice or kept by accident. Never constructed from a bare int without naming adopt().
class UniqueFd
{
public:
    UniqueFd() noexcept = default;
    /// Takes ownership of \a fd; a negative value means "none".
    static UniqueFd adopt(int fd) noexcept { return UniqueFd(fd); }

    UniqueFd(UniqueFd&& other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    UniqueFd& operator=(UniqueFd&& other) noexcept
    {
        if (this != &other) {
            reset();
            m_fd = std::exchange(other.m_fd, -1);
        }
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    /// The descriptor, or -1; ownership stays here.
    int get() const noexcept { return m_fd; }
    explicit operator bool() const noexcept { return m_fd >= 0; }

    /// Gives ownership to the caller.
    [[nodiscard]] int release() noexcept { return std::exchange(m_fd, -1); }
    /// Closes the descriptor, if any; keeps errno.
    void reset() noexcept;
    /// A new descriptor, close-on-exec, for the same open file description.
    Result<UniqueFd> duplicate() const;

private:
    explicit UniqueFd(int fd) noexcept
        : m_fd(fd < 0 ? -1 : fd)
    {
    }
    int m_fd = -1;
};

} // namespace cutover
