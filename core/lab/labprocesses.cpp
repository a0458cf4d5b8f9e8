// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/labprocesses.h"

#include <csignal>
#include <poll.h>

namespace cutover::lab {

static constexpr int endWaitMs = 1000;

/// Its parent reaps it: one of ours is a ChildProcess, which wants to know how it ended.
static void awaitEnd(const ProcessHandle& process)
{
    pollfd ended{ .fd = process.pidFd(), .events = POLLIN, .revents = 0 };
    static_cast<void>(::poll(&ended, 1, endWaitMs));
}

Result<void> LabProcesses::open()
{
    LabFolder::sweep();
    auto folder = LabFolder::create();
    if (!folder)
        return std::unexpected(folder.error());
    m_folder = *std::move(folder);
    return {};
}

Result<void> LabProcesses::add(pid_t pid, quint64 startTicks)
{
    m_own.push_back({ .pid = pid, .startTicks = startTicks });
    return note();
}

Result<void> LabProcesses::takeOver(pid_t pid, quint64 startTicks)
{
    auto handle = ProcessHandle::open(pid, startTicks);
    if (!handle)
        return std::unexpected(handle.error());
    std::erase_if(m_others, [](const auto& process) { return !process->alive(); });
    m_others.push_back(*std::move(handle));
    return note();
}

Result<void> LabProcesses::keep()
{
    m_keep = true;
    return note();
}

void LabProcesses::endOthers()
{
    for (const auto& process : m_others) {
        if (process->alive())
            static_cast<void>(process->sendSignal(SIGKILL));
    }
    for (const auto& process : m_others)
        awaitEnd(*process);
    m_others.clear();
}

void LabProcesses::removeFolder()
{
    if (m_folder)
        m_folder->remove();
}

Result<void> LabProcesses::note() const
{
    if (!m_folder)
        return {};
    std::vector<LabProcess> processes = m_own;
    for (const auto& process : m_others)
        processes.push_back({ .pid = process->pid(), .startTicks = process->startTimeTicks() });
    return m_folder->note(processes, m_keep);
}

} // namespace cutover::lab
