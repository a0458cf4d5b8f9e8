// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QList>
#include <QString>

#include <cstdint>
#include <sys/types.h>

namespace cutover::fdpass {

enum class Identity : std::uint8_t {
    Same, ///< proven: one open file
    SameInode, ///< the same inode and no visible difference, but two separate opens would look alike
    Different, ///< proven: not one open file
    Unknown,
};

enum class IdentityMethod : std::uint8_t { Kcmp, InodeAndFdinfo, None };

/// Stable identifiers for recordings and JSON: "same", "same-inode", "different", "unknown";
/// "kcmp", "inode", "none".
QString identityId(Identity identity);
QString identityMethodId(IdentityMethod method);

struct IdentityProof
{
    Identity identity = Identity::Unknown;
    IdentityMethod method = IdentityMethod::None;
    QString text; ///< what the verdict rests on and what it does not prove, one sentence
};

/// Whether \a fdA of process \a pidA and \a fdB of process \a pidB are one open file description. Asks
/// kcmp(KCMP_FILE); where that is not permitted or not built in, falls back to compareFdsByInode().
/// Pids are positive (an unknown process is never taken for our own). Both must be alive: an fd that cannot
/// be looked at is Unknown.
IdentityProof compareFds(pid_t pidA, int fdA, pid_t pidB, int fdB);

/// The evidence of st_dev, st_ino, the link and fdinfo alone. Same only for what has one open file
/// by construction (sockets, eventfds with a kernel id); SameInode for a memfd still proves that both
/// use the same memory. Unknown for anonymous inodes, which unrelated files share.
IdentityProof compareFdsByInode(pid_t pidA, int fdA, pid_t pidB, int fdB);

/// One of several fds, and why it.
struct FoundFd
{
    int fd = -1; ///< -1 = none of them
    IdentityProof proof;
};

/// Which of \a candidates of process \a pid is the open file \a otherFd of process \a otherPid: the first
/// that is Same, else the first that is SameInode.
FoundFd findSameFile(pid_t pid, const QList<int>& candidates, pid_t otherPid, int otherFd);

} // namespace cutover::fdpass
