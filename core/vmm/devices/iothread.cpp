// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/iothread.h"

#include "base/clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <pthread.h>
#include <span>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

namespace detail {

/// Guarded by its group's mutex, except core and fd, which never change.
struct IoWatch
{
    std::shared_ptr<IoGroupCore> core;
    int fd = -1;
    std::uint32_t events = 0;
    bool armed = false;
    bool removed = false;
    IoThread::Callback callback;
};

struct IoGroupCore
{
    int epoll = -1;
    /// Held while a callback runs; recursive because callbacks add and remove watches.
    std::recursive_mutex mutex;
    std::atomic<bool> running = false;
    bool resumePending = false;
    std::vector<std::unique_ptr<IoWatch>> watches;
    std::function<void()> resumed;

    auto find(int fd) { return std::ranges::find(watches, fd, &IoWatch::fd); }
};

} // namespace detail

using detail::IoGroupCore;
using detail::IoWatch;

namespace {

constexpr qint64 spinNs = 20'000;

/// Hang-up and error are reported whether asked for or not; edge-triggered, they are so once.
constexpr std::uint32_t nothing = EPOLLET;

int control(int epoll, int operation, IoWatch& watch, std::uint32_t events)
{
    epoll_event event{ .events = events == 0 ? nothing : events, .data = { .ptr = &watch } };
    return ::epoll_ctl(epoll, operation, watch.fd, &event) == 0 ? 0 : errno;
}

void arm(IoGroupCore& core, IoWatch& watch)
{
    watch.armed = true;
    control(core.epoll, EPOLL_CTL_MOD, watch, watch.events);
}

} // namespace

Result<std::unique_ptr<IoThread>> IoThread::create()
{
    const QString attempt = u"start the I/O thread"_s;
    UniqueFd epoll = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll)
        return systemError(attempt, {}, errno);
    UniqueFd wake = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake)
        return systemError(attempt, {}, errno);
    epoll_event event{ .events = EPOLLIN, .data = { .ptr = nullptr } };
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0)
        return systemError(attempt, {}, errno);
    return std::unique_ptr<IoThread>(new IoThread(std::move(epoll), std::move(wake)));
}

IoThread::IoThread(UniqueFd epoll, UniqueFd wakeFd)
    : m_epoll(std::move(epoll))
    , m_wake(std::move(wakeFd))
    , m_always(std::make_unique<IoGroup>(*this))
{
    m_always->resume();
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    m_thread = std::thread(&IoThread::run, this);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::pthread_setname_np(m_thread.native_handle(), "iothread");
}

IoThread::~IoThread()
{
    m_stopping = true;
    wake();
    m_thread.join();
}

Result<void> IoThread::add(int fd, std::uint32_t events, Callback callback)
{
    return m_always->add(fd, events, std::move(callback));
}

void IoThread::remove(int fd)
{
    m_always->remove(fd);
}

void IoThread::wake()
{
    const std::uint64_t one = 1;
    (void)!::write(m_wake.get(), &one, sizeof one);
}

void IoThread::run()
{
    std::array<epoll_event, 32> events{};
    while (!m_stopping) {
        const int count = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()), -1);
        bool woken = false;
        for (const epoll_event& event : std::span(events).first(std::size_t(std::max(count, 0)))) {
            if (event.data.ptr)
                dispatch(*static_cast<IoWatch*>(event.data.ptr), event.events);
            else
                woken = true;
        }
        if (woken) {
            std::uint64_t count64 = 0;
            (void)!::read(m_wake.get(), &count64, sizeof count64);
            resumeGroups();
        }
        // Nothing buried so far can be among later events: it left epoll before it came here.
        std::vector<std::unique_ptr<IoWatch>> grave;
        const std::scoped_lock lock(m_graveMutex);
        grave.swap(m_grave);
    }
}

void IoThread::dispatch(IoWatch& watch, std::uint32_t events)
{
    const std::shared_ptr<IoGroupCore> core = watch.core;
    const std::scoped_lock lock(core->mutex);
    if (watch.removed)
        return;
    if (!core->running || core->resumePending) {
        // Left to the next resume(), or else it would be reported again and again.
        if (std::exchange(watch.armed, false))
            control(core->epoll, EPOLL_CTL_MOD, watch, 0);
        return;
    }
    watch.callback(events);
}

void IoThread::resumeGroups()
{
    {
        const std::scoped_lock lock(m_groupsMutex);
        m_scratch = m_groups;
    }
    for (const auto& core : m_scratch) {
        const std::scoped_lock lock(core->mutex);
        if (!core->running || !std::exchange(core->resumePending, false))
            continue;
        for (const auto& watch : core->watches) {
            if (!watch->armed)
                arm(*core, *watch);
        }
        if (core->resumed)
            core->resumed();
    }
    m_scratch.clear();
}

void IoThread::bury(std::unique_ptr<IoWatch> watch)
{
    const std::scoped_lock lock(m_graveMutex);
    m_grave.push_back(std::move(watch));
}

IoGroup::IoGroup(IoThread& thread)
    : m_thread(thread)
    , m_core(std::make_shared<IoGroupCore>())
{
    m_core->epoll = thread.m_epoll.get();
    const std::scoped_lock lock(thread.m_groupsMutex);
    thread.m_groups.push_back(m_core);
}

IoGroup::~IoGroup()
{
    pause();
    {
        const std::scoped_lock lock(m_core->mutex);
        while (!m_core->watches.empty())
            remove(m_core->watches.back()->fd);
        m_core->resumed = nullptr;
    }
    const std::scoped_lock lock(m_thread.m_groupsMutex);
    std::erase(m_thread.m_groups, m_core);
}

Result<void> IoGroup::add(int fd, std::uint32_t events, IoThread::Callback callback)
{
    const std::scoped_lock lock(m_core->mutex);
    const bool armed = m_core->running && !m_core->resumePending;
    auto watch = std::make_unique<IoWatch>(m_core, fd, events, armed, false, std::move(callback));
    if (const int sysErrno = control(m_core->epoll, EPOLL_CTL_ADD, *watch, armed ? events : 0); sysErrno != 0)
        return systemError(u"watch"_s, u"fd %1"_s.arg(fd), sysErrno);
    m_core->watches.push_back(std::move(watch));
    return {};
}

void IoGroup::remove(int fd)
{
    const std::scoped_lock lock(m_core->mutex);
    const auto watch = m_core->find(fd);
    if (watch == m_core->watches.end())
        return;
    (*watch)->removed = true;
    ::epoll_ctl(m_core->epoll, EPOLL_CTL_DEL, fd, nullptr);
    m_thread.bury(std::move(*watch));
    m_core->watches.erase(watch);
}

void IoGroup::setEvents(int fd, std::uint32_t events)
{
    const std::scoped_lock lock(m_core->mutex);
    const auto watch = m_core->find(fd);
    if (watch == m_core->watches.end() || (*watch)->events == events)
        return;
    (*watch)->events = events;
    if ((*watch)->armed)
        arm(*m_core, **watch);
}

void IoGroup::setResumed(std::function<void()> callback)
{
    const std::scoped_lock lock(m_core->mutex);
    m_core->resumed = std::move(callback);
}

void IoGroup::resume()
{
    {
        const std::scoped_lock lock(m_core->mutex);
        if (m_core->running.exchange(true))
            return;
        m_core->resumePending = true;
    }
    m_thread.wake();
}

void IoGroup::pause()
{
    m_core->running = false;
    // Most callbacks end within microseconds, less than a sleep costs.
    const qint64 deadline = monotonicNs() + spinNs;
    while (!m_core->mutex.try_lock()) {
        if (monotonicNs() > deadline) {
            m_core->mutex.lock();
            break;
        }
    }
    m_core->mutex.unlock();
}

bool IoGroup::pausing() const
{
    return !m_core->running.load(std::memory_order_relaxed);
}

} // namespace cutover::vmm
