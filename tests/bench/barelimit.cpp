// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "barelimit.h"

#include "base/clock.h"
#include "base/uniquefd.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace cutover::bench {

namespace {

constexpr int mostFds = 253;

[[noreturn]] void parked(int socket, qint64* arrived)
{
    std::array<char, CMSG_SPACE(sizeof(int) * mostFds)> control{};
    char byte = 0;
    iovec piece{ .iov_base = &byte, .iov_len = 1 };
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    // The table grows before the clock runs, as in a VMM that has prepared itself.
    ::close(::fcntl(socket, F_DUPFD_CLOEXEC, 512));
    *arrived = -1;
    const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    *arrived = size == 1 ? monotonicNs() : 0;
    ::_exit(0);
}

} // namespace

qint64 parkedProcessNs(int fds)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return 0;
    const UniqueFd near = UniqueFd::adopt(ends[0]);
    const UniqueFd far = UniqueFd::adopt(ends[1]);
    auto* arrived = static_cast<volatile qint64*>(
        ::mmap(nullptr, sizeof(qint64), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    const pid_t child = ::fork();
    if (child == 0)
        parked(far.get(), const_cast<qint64*>(arrived));
    while (*arrived == 0)
        ::usleep(100);
    ::usleep(2000);

    const std::vector<int> passed(static_cast<std::size_t>(fds), STDERR_FILENO);
    std::array<char, CMSG_SPACE(sizeof(int) * mostFds)> control{};
    char byte = 1;
    iovec piece{ .iov_base = &byte, .iov_len = 1 };
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * passed.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * passed.size());
    std::memcpy(CMSG_DATA(header), passed.data(), sizeof(int) * passed.size());
    const qint64 began = monotonicNs();
    const bool sent = ::sendmsg(near.get(), &message, MSG_NOSIGNAL) == 1;
    ::waitpid(child, nullptr, 0);
    const qint64 took = sent ? *arrived - began : 0;
    ::munmap(const_cast<qint64*>(arrived), sizeof(qint64));
    return took;
}

} // namespace cutover::bench
