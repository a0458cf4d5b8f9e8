// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/fdinspector.h"

#include <algorithm>
#include <unistd.h>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

using fdpass::FoundFd;
using fdpass::Identity;

QString channelId(Channel channel)
{
    return channel == Channel::Cpr ? u"cpr"_s : u"main"_s;
}

void FdInspector::add(const PassedFd& passed, UniqueFd fd)
{
    const auto open = std::ranges::count_if(m_waiting, [](const Waiting& each) { return bool(each.fd); });
    if (std::size_t(open) >= waitingAtMost) {
        const auto oldest
            = std::ranges::find_if(m_waiting, [](const Waiting& each) { return bool(each.fd); });
        oldest->fd.reset();
    }
    m_waiting.push_back({ .passed = passed, .fd = std::move(fd) });
}

InspectedFd FdInspector::inspectNext()
{
    Waiting next = std::move(m_waiting.front());
    m_waiting.pop_front();
    InspectedFd result;
    static_cast<PassedFd&>(result) = std::move(next.passed);
    if (!next.fd)
        return result;
    if (auto description = fdpass::describeFd(next.fd.get()))
        result.description = *std::move(description);
    result.atSource = findAtSource(next.fd.get());
    return result;
}

FoundFd FdInspector::findAtSource(int fd)
{
    // Our own process is what SO_PEERCRED names in a test, and for a socket that was handed on.
    if (m_source <= 0 || m_source == ::getpid())
        return {};
    auto found = fdpass::findSameFile(m_source, m_sourceFds, ::getpid(), fd);
    if (found.proof.identity == Identity::Same)
        return found;
    m_sourceFds = fdpass::listFds(m_source).value_or(QList<int>());
    return fdpass::findSameFile(m_source, m_sourceFds, ::getpid(), fd);
}

static FoundFd findByInode(
    pid_t pid, const QList<int>& candidates, const std::optional<fdpass::FdDescription>& description)
{
    if (!description || description->link.startsWith("anon_inode:"_L1))
        return {};
    for (const int candidate : candidates) {
        const auto other = fdpass::describeFd(pid, candidate);
        if (!other || other->device != description->device || other->inode != description->inode
            || other->kind != description->kind)
            continue;
        return { .fd = candidate,
            .proof = { .identity = Identity::SameInode,
                .method = fdpass::IdentityMethod::InodeAndFdinfo,
                .text = u"the inode that was passed on; the source's descriptor could not be compared"_s } };
    }
    return {};
}

std::vector<ArrivedFd> findAtDestination(const std::vector<InspectedFd>& fds, pid_t source, pid_t destination)
{
    std::vector<ArrivedFd> result;
    if (destination <= 0 || destination == ::getpid())
        return result;
    const QList<int> candidates = fdpass::listFds(destination).value_or(QList<int>());
    for (std::size_t i = 0; i < fds.size(); ++i) {
        FoundFd found;
        if (fds[i].atSource.fd >= 0)
            found = fdpass::findSameFile(destination, candidates, source, fds[i].atSource.fd);
        if (found.fd < 0)
            found = findByInode(destination, candidates, fds[i].description);
        result.push_back({ .index = i, .atDestination = std::move(found) });
    }
    return result;
}

} // namespace cutover::relay
