// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace cutover::test {

/// A second real process: a fork that inherits every fd, runs \a work
/// (system calls and little else: QtTest has a thread), reports the fd numbers it returns and then waits
/// until it is destroyed.
class ForkedPeer
{
public:
    explicit ForkedPeer(const std::function<std::vector<int>()>& work = {})
    {
        std::array<int, 2> report{};
        std::array<int, 2> life{};
        if (::pipe2(report.data(), O_CLOEXEC) != 0 || ::pipe2(life.data(), O_CLOEXEC) != 0)
            return;
        m_life = UniqueFd::adopt(life[1]);
        const UniqueFd reportEnd = UniqueFd::adopt(report[0]);
        m_pid = ::fork();
        if (m_pid == 0) {
            ::close(life[1]);
            if (work) {
                for (const int fd : work())
                    (void)!::write(report[1], &fd, sizeof fd);
            }
            ::close(report[1]);
            char byte = 0;
            while (::read(life[0], &byte, 1) < 0 && errno == EINTR) { }
            ::_exit(0);
        }
        ::close(report[1]);
        ::close(life[0]);
        int fd = -1;
        while (::read(reportEnd.get(), &fd, sizeof fd) == ssize_t{ sizeof fd })
            m_fds.push_back(fd);
    }
    ForkedPeer(const ForkedPeer&) = delete;
    ForkedPeer& operator=(const ForkedPeer&) = delete;
    ForkedPeer(ForkedPeer&&) = delete;
    ForkedPeer& operator=(ForkedPeer&&) = delete;
    ~ForkedPeer() { end(); }

    void end()
    {
        m_life.reset();
        if (m_pid > 0)
            ::waitpid(m_pid, nullptr, 0);
        m_pid = -1;
    }

    pid_t pid() const { return m_pid; }
    const std::vector<int>& fds() const { return m_fds; }

private:
    pid_t m_pid = -1;
    UniqueFd m_life;
    std::vector<int> m_fds;
};

} // namespace cutover::test
