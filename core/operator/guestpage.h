// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "lab/pulsepage.h"

#include <optional>
#include <sys/types.h>
#include <utility>

namespace cutover::op {

/// The page in which a QEMU guest may count its beats, mapped read-only from the memfd of its RAM. While it
/// is mapped that RAM stays allocated, even if the VMM ends: keep it for seconds, not for hours.
class GuestPage
{
public:
    /// Looks among the memfds of process \a pid for RAM of \a ramBytes that belongs to that process's user
    /// and to ours, and that nobody can shrink. It may be empty yet: a guest that is being copied arrives
    /// later. No fd is kept. NotFound, PermissionDenied or Refused.
    static Result<GuestPage> map(pid_t pid, qint64 ramBytes);

    GuestPage(GuestPage&& other) noexcept
        : m_bytes(std::exchange(other.m_bytes, nullptr))
        , m_inode(other.m_inode)
    {
    }
    GuestPage& operator=(GuestPage&& other) noexcept
    {
        std::swap(m_bytes, other.m_bytes);
        std::swap(m_inode, other.m_inode);
        return *this;
    }
    GuestPage(const GuestPage&) = delete;
    GuestPage& operator=(const GuestPage&) = delete;
    ~GuestPage();

    /// Any thread. An error where no guest with a heartbeat has written it; may change at any time.
    Result<lab::PulsePage> pulse() const;
    bool isSameMemory(const GuestPage& other) const { return m_inode == other.m_inode; }

private:
    GuestPage(const std::byte* bytes, quint64 inode)
        : m_bytes(bytes)
        , m_inode(inode)
    {
    }
    const std::byte* m_bytes;
    quint64 m_inode; ///< all memfds are of one file system
};

} // namespace cutover::op
