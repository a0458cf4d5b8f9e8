// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cutover::vmm {

namespace detail {
struct IoWatch;
struct IoGroupCore;
} // namespace detail

class IoGroup;

/// One thread that waits for fds (epoll, level-triggered) and runs their callbacks: it moves the devices'
/// data. A callback must neither block nor take a lock under which remove(), IoGroup::pause() or a destructor
/// is called.
class IoThread
{
public:
    /// \a events are those of epoll that are there now.
    using Callback = std::function<void(std::uint32_t events)>;

    /// The thread runs until the object is destroyed. It takes no signals.
    static Result<std::unique_ptr<IoThread>> create();
    /// Every IoGroup must be gone.
    ~IoThread();
    IoThread(const IoThread&) = delete;
    IoThread& operator=(const IoThread&) = delete;

    /// Watches \a fd (borrowed, once in one thread) for \a events of epoll until remove(fd). Any thread.
    Result<void> add(int fd, std::uint32_t events, Callback callback);
    /// Returns when the callback of \a fd is not running and never will again; needed before the fd is
    /// closed, because epoll goes on watching what another process still has open. Any thread, also the
    /// callback itself. Unknown fds are ignored.
    void remove(int fd);

    /// True on the thread itself.
    bool isCurrent() const { return std::this_thread::get_id() == m_thread.get_id(); }

private:
    friend class IoGroup;
    IoThread(UniqueFd epoll, UniqueFd wake);

    void run();
    void dispatch(detail::IoWatch& watch, std::uint32_t events);
    void resumeGroups();
    void bury(std::unique_ptr<detail::IoWatch> watch);
    void wake();

    UniqueFd m_epoll;
    UniqueFd m_wake;
    std::atomic<bool> m_stopping = false;
    std::mutex m_groupsMutex;
    std::vector<std::shared_ptr<detail::IoGroupCore>> m_groups;
    std::vector<std::shared_ptr<detail::IoGroupCore>> m_scratch; ///< of the thread
    std::mutex m_graveMutex;
    std::vector<std::unique_ptr<detail::IoWatch>> m_grave; ///< removed, maybe among the events being handled
    std::unique_ptr<IoGroup> m_always; ///< what add() registers
    std::thread m_thread;
};

/// The watches of one device, which run and rest together. While it is paused no callback of the group runs,
/// and what becomes ready stays so. A new group is paused. Callbacks of one group never run at the same time
/// as each other.
class IoGroup
{
public:
    explicit IoGroup(IoThread& thread);
    /// Removes every watch.
    ~IoGroup();
    IoGroup(const IoGroup&) = delete;
    IoGroup& operator=(const IoGroup&) = delete;

    /// As IoThread::add(); callbacks begin with resume(). \a events may be 0: nothing but hang-up and error,
    /// once.
    Result<void> add(int fd, std::uint32_t events, IoThread::Callback callback);
    /// As IoThread::remove().
    void remove(int fd);
    /// Watches \a fd for other events from now on.
    void setEvents(int fd, std::uint32_t events);
    /// Run on the thread after each resume(), before any other callback of the group can have run since.
    void setResumed(std::function<void()> callback);

    /// Wakes the thread, which then arms the watches and runs the callback of setResumed(). Allocates nothing
    /// and does not wait.
    void resume();
    /// Returns when no callback of the group is running, and none will until resume(). Allocates nothing; how
    /// long it waits is up to callbacks that ask pausing().
    void pause();
    /// For a callback in a loop: true when it should return soon because somebody waits in pause().
    bool pausing() const;
    bool running() const { return !pausing(); }

private:
    IoThread& m_thread;
    std::shared_ptr<detail::IoGroupCore> m_core;
};

} // namespace cutover::vmm
