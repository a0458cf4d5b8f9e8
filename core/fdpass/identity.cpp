// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/identity.h"

#include "base/error.h"
#include "fdpass/procfd.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::fdpass {

namespace {

IdentityProof unknown(const QString& text)
{
    return { .identity = Identity::Unknown, .method = IdentityMethod::None, .text = text };
}

IdentityProof byInode(Identity identity, const QString& text)
{
    return { .identity = identity, .method = IdentityMethod::InodeAndFdinfo, .text = text };
}

QString inodeText(const ProcFd& file)
{
    return u"device %1, inode %2"_s.arg(file.status.st_dev).arg(file.status.st_ino);
}

/// What cannot change while a file is open; the offset and the status flags can.
QByteArray fixedFdinfo(const ProcFd& file)
{
    const uint accessMode = file.field("flags").toUInt(nullptr, 8) & O_ACCMODE;
    return file.field("mnt_id") + ' ' + QByteArray::number(accessMode);
}

IdentityProof judge(const ProcFd& a, const ProcFd& b)
{
    if (a.status.st_dev != b.status.st_dev || a.status.st_ino != b.status.st_ino)
        return byInode(Identity::Different, u"different inodes (%1; %2)"_s.arg(inodeText(a), inodeText(b)));
    if (a.link != b.link && a.isAnonymousInode())
        return byInode(Identity::Different, u"different kinds of file (%1; %2)"_s.arg(a.link, b.link));
    if (fixedFdinfo(a) != fixedFdinfo(b)) {
        return byInode(Identity::Different,
            u"the same inode (%1), opened twice: access mode or mount differ"_s.arg(inodeText(a)));
    }
    for (const char* key : { "eventfd-id", "iff", "tty-index" }) {
        if (a.field(key) != b.field(key)) {
            return byInode(Identity::Different,
                u"%1 differs (%2; %3)"_s.arg(QLatin1StringView(key), QString::fromUtf8(a.field(key)),
                    QString::fromUtf8(b.field(key))));
        }
    }
    if (S_ISSOCK(a.status.st_mode))
        return byInode(
            Identity::Same, u"the same socket (%1); a socket has one open file"_s.arg(inodeText(a)));
    if (!a.field("eventfd-id").isEmpty()) {
        return byInode(Identity::Same,
            u"the same eventfd (kernel id %1); an eventfd has one open file"_s.arg(
                QString::fromLatin1(a.field("eventfd-id"))));
    }
    if (a.isAnonymousInode())
        return byInode(Identity::Unknown, u"unrelated files share this inode (%1)"_s.arg(a.link));
    if (a.isMemfd()) {
        return byInode(Identity::SameInode,
            u"the same memory (%1); without kcmp not proven to be the same open file"_s.arg(inodeText(a)));
    }
    return byInode(Identity::SameInode,
        u"the same inode (%1); without kcmp two separate opens of it look alike"_s.arg(inodeText(a)));
}

} // namespace

QString identityId(Identity identity)
{
    switch (identity) {
    case Identity::Same:
        return u"same"_s;
    case Identity::SameInode:
        return u"same-inode"_s;
    case Identity::Different:
        return u"different"_s;
    case Identity::Unknown:
        break;
    }
    return u"unknown"_s;
}

QString identityMethodId(IdentityMethod method)
{
    switch (method) {
    case IdentityMethod::Kcmp:
        return u"kcmp"_s;
    case IdentityMethod::InodeAndFdinfo:
        return u"inode"_s;
    case IdentityMethod::None:
        break;
    }
    return u"none"_s;
}

IdentityProof compareFds(pid_t pidA, int fdA, pid_t pidB, int fdB)
{
    if (pidA <= 0 || pidB <= 0 || fdA < 0 || fdB < 0)
        return unknown(u"there is no such process or fd"_s);
    const long order = ::syscall(SYS_kcmp, pidA, pidB, KCMP_FILE, fdA, fdB);
    if (order == 0)
        return {
            .identity = Identity::Same, .method = IdentityMethod::Kcmp, .text = u"the same open file (kcmp)"_s
        };
    if (order > 0)
        return { .identity = Identity::Different,
            .method = IdentityMethod::Kcmp,
            .text = u"different open files (kcmp)"_s };
    const int sysErrno = errno;
    if (sysErrno == EBADF || sysErrno == ESRCH) {
        return unknown(u"cannot compare fd %1 of process %2 with fd %3 of process %4: %5"_s.arg(fdA)
                .arg(pidA)
                .arg(fdB)
                .arg(pidB)
                .arg(errnoText(sysErrno)));
    }
    return compareFdsByInode(pidA, fdA, pidB, fdB);
}

IdentityProof compareFdsByInode(pid_t pidA, int fdA, pid_t pidB, int fdB)
{
    const auto a = readProcFd(pidA, fdA);
    if (!a)
        return unknown(a.error().message());
    const auto b = readProcFd(pidB, fdB);
    if (!b)
        return unknown(b.error().message());
    return judge(*a, *b);
}

FoundFd findSameFile(pid_t pid, const QList<int>& candidates, pid_t otherPid, int otherFd)
{
    FoundFd found;
    for (const int candidate : candidates) {
        auto proof = compareFds(pid, candidate, otherPid, otherFd);
        if (proof.identity == Identity::Same)
            return { .fd = candidate, .proof = std::move(proof) };
        if (proof.identity == Identity::SameInode && found.fd < 0)
            found = { .fd = candidate, .proof = std::move(proof) };
    }
    return found;
}

} // namespace cutover::fdpass
