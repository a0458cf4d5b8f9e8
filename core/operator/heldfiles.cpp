// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/heldfiles.h"

#include "base/process.h"

#include <KLocalizedString>

#include <algorithm>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::op {

using fdpass::Identity;
using fdpass::IdentityMethod;

HeldFiles HeldFiles::of(pid_t pid)
{
    HeldFiles held;
    const auto numbers = fdpass::listFds(pid);
    const auto process = ProcessHandle::open(pid);
    if (!numbers || !process)
        return held;
    for (const int number : *numbers) {
        const auto description = fdpass::describeFd(pid, number);
        if (!description || description->kind != fdpass::FdKind::Memfd)
            continue;
        const long copy = ::syscall(SYS_pidfd_getfd, (*process)->pidFd(), number, 0);
        held.m_files[number] = { .copy = UniqueFd::adopt(static_cast<int>(copy)),
            .device = description->device,
            .inode = description->inode };
    }
    return held;
}

FdProof HeldFiles::proveOne(pid_t process, const PassedFd& passed) const
{
    FdProof result{ .name = passed.name,
        .id = passed.id,
        .sourceFd = passed.sourceFd,
        .destinationFd = passed.destinationFd,
        .description = {},
        .proof = {} };
    const auto now = fdpass::describeFd(process, passed.destinationFd);
    if (now)
        result.description = *now;
    const auto sameInode = [&](const auto& file) {
        return now && file.second.device == now->device && file.second.inode == now->inode;
    };
    const auto before
        = passed.sourceFd >= 0 ? m_files.find(passed.sourceFd) : std::ranges::find_if(m_files, sameInode);
    if (before == m_files.end()) {
        result.proof.text = i18n("it was not looked at before");
        return result;
    }
    result.sourceFd = before->first;
    if (before->second.copy) {
        result.proof
            = fdpass::compareFds(::getpid(), before->second.copy.get(), process, passed.destinationFd);
        return result;
    }
    result.proof = { .identity = !now ? Identity::Unknown
            : sameInode(*before)      ? Identity::SameInode
                                      : Identity::Different,
        .method = now ? IdentityMethod::InodeAndFdinfo : IdentityMethod::None,
        .text = i18n("The inode was compared: a memfd's is its memory.") };
    return result;
}

std::vector<FdProof> HeldFiles::prove(pid_t process, const std::vector<PassedFd>& fds) const
{
    std::vector<FdProof> proofs;
    proofs.reserve(fds.size());
    for (const PassedFd& fd : fds)
        proofs.push_back(proveOne(process, fd));
    return proofs;
}

} // namespace cutover::op
