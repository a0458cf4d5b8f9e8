// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

#include <optional>
#include <sys/types.h>

namespace cutover::engine {

/// The exclusive right to use one resource, between processes that agree on it: a memfd that travels beside
/// the resource's fd. Each process opens it anew, and holds an open-file-description lock (F_OFD_SETLK) on
/// its own opening: the end of the process frees the lock, closing or receiving other fds of the memfd does
/// not. A child forked without exec shares the lock until it ends. Not thread-safe.
class OwnershipToken
{
public:
    struct Owner
    {
        pid_t pid = 0;
        quint64 startTime = 0; ///< clock ticks since boot (processStartTime())
        bool operator==(const Owner&) const = default;
    };

    OwnershipToken() = default; ///< no token: take() is an error
    /// A new token that nobody owns; \a name is for people, 1 to 200 bytes.
    static Result<OwnershipToken> create(const QString& name);
    /// A token made by another process. Malformed for an fd that is not one.
    static Result<OwnershipToken> adopt(UniqueFd memfd);
    OwnershipToken(OwnershipToken&&) noexcept = default;
    OwnershipToken& operator=(OwnershipToken&&) noexcept = default;
    ~OwnershipToken() = default;

    /// Success when already held. Busy names the owner. Never waits; two system calls.
    Result<void> take();
    void release();
    bool held() const { return m_held && m_lock; }
    /// Who holds it now, as far as the holder has said; nothing when nobody does.
    std::optional<Owner> owner() const;

    const QString& name() const { return m_name; }
    int fd() const { return m_memfd.get(); } ///< to pass on, borrowed; -1 without a token
    explicit operator bool() const { return bool(m_memfd); }

private:
    static Result<OwnershipToken> open(UniqueFd memfd, const QString& name);
    std::optional<Owner> readOwner() const;

    UniqueFd m_memfd; // its open file is shared with every process it was passed to
    UniqueFd m_lock; // our own open file
    QString m_name;
    Owner m_self;
    bool m_held = false;
};

} // namespace cutover::engine
