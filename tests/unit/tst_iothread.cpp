// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/devices/iothread.h"

#include "fdhelpers.h"

#include <QTest>

#include <array>
#include <csignal>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace cutover;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;

class TestIoThread : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void runsCallbacks();
    void removeWaitsForTheCallback();
    void aCallbackRemovesItself();
    void epollForgetsWhatOthersHaveOpen();
    void aPausedGroupRests();
    void resumeArmsAgain();
    void resumedComesFirst();
    void otherEvents();
    void aHangUpIsReportedOnce();
    void pauseEndsLoops();
    void pauseAndResumeUnderLoad();
    void addAndRemoveUnderLoad();
    void refusesWhatCannotBeWatched();

private:
    std::unique_ptr<IoThread> m_thread;
    qsizetype m_fds = 0;
};

static UniqueFd makeEvent(unsigned int value = 0)
{
    return UniqueFd::adopt(::eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK));
}

static void drain(int fd)
{
    std::uint64_t count = 0;
    (void)!::read(fd, &count, sizeof count);
}

static void ring(int fd)
{
    const std::uint64_t one = 1;
    (void)!::write(fd, &one, sizeof one);
}

static void rest(int ms = 20)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void TestIoThread::init()
{
    QTest::failOnWarning();
    m_fds = test::openFdCount();
    auto thread = IoThread::create();
    QVERIFY(thread);
    m_thread = std::move(*thread);
}

void TestIoThread::cleanup()
{
    m_thread.reset();
    QCOMPARE(test::openFdCount(), m_fds);
}

void TestIoThread::runsCallbacks()
{
    const UniqueFd event = makeEvent();
    std::atomic<int> calls = 0;
    std::atomic<bool> there = false;
    QVERIFY(!m_thread->isCurrent());
    QVERIFY(m_thread->add(event.get(), EPOLLIN, [&](std::uint32_t events) {
        drain(event.get());
        there = m_thread->isCurrent() && events == EPOLLIN;
        ++calls;
    }));
    for (int round = 1; round <= 3; ++round) {
        ring(event.get());
        QTRY_COMPARE(calls.load(), round);
        QVERIFY(there);
    }
    m_thread->remove(event.get());
    ring(event.get());
    rest();
    QCOMPARE(calls.load(), 3);
    m_thread->remove(event.get());
}

void TestIoThread::removeWaitsForTheCallback()
{
    const UniqueFd event = makeEvent(1);
    std::atomic<bool> entered = false;
    std::atomic<bool> left = false;
    QVERIFY(m_thread->add(event.get(), EPOLLIN, [&](std::uint32_t) {
        entered = true;
        rest(50);
        left = true;
    }));
    QTRY_VERIFY(entered);
    m_thread->remove(event.get());
    QVERIFY(left);
    left = false;
    rest(100);
    QVERIFY(!left);
}

void TestIoThread::aCallbackRemovesItself()
{
    const UniqueFd event = makeEvent(1);
    const auto witness = std::make_shared<int>(7);
    std::atomic<int> seen = 0;
    QVERIFY(m_thread->add(event.get(), EPOLLIN, [&, witness](std::uint32_t) {
        m_thread->remove(event.get());
        seen = *witness; // what was captured lives until the call is over
    }));
    QTRY_COMPARE(seen.load(), 7);
    QTRY_COMPARE(witness.use_count(), 1);
}

void TestIoThread::epollForgetsWhatOthersHaveOpen()
{
    UniqueFd event = makeEvent();
    const auto copy = event.duplicate();
    QVERIFY(copy);
    std::atomic<int> calls = 0;
    QVERIFY(m_thread->add(event.get(), EPOLLIN, [&](std::uint32_t) { ++calls; }));
    m_thread->remove(event.get());
    event.reset();
    ring(copy->get());
    rest();
    QCOMPARE(calls.load(), 0);
}

void TestIoThread::aPausedGroupRests()
{
    const UniqueFd event = makeEvent(1);
    std::atomic<int> calls = 0;
    IoGroup group(*m_thread);
    QVERIFY(!group.running());
    QVERIFY(group.add(event.get(), EPOLLIN, [&](std::uint32_t) {
        drain(event.get());
        ++calls;
    }));
    rest();
    QCOMPARE(calls.load(), 0);
    group.resume();
    QVERIFY(group.running());
    QTRY_COMPARE(calls.load(), 1);
    group.pause();
    ring(event.get());
    rest();
    QCOMPARE(calls.load(), 1);
}

void TestIoThread::resumeArmsAgain()
{
    const UniqueFd event = makeEvent();
    std::atomic<int> calls = 0;
    IoGroup group(*m_thread);
    QVERIFY(group.add(event.get(), EPOLLIN, [&](std::uint32_t) {
        drain(event.get());
        ++calls;
    }));
    for (int round = 1; round <= 20; ++round) {
        group.resume();
        group.resume();
        ring(event.get());
        QTRY_COMPARE(calls.load(), round);
        group.pause();
        group.pause();
        ring(event.get());
        if (round % 2 == 0)
            rest(2); // the thread disarms it; without a rest it may not have seen it yet
        drain(event.get());
    }
}

void TestIoThread::resumedComesFirst()
{
    const UniqueFd event = makeEvent(1);
    std::vector<char> order;
    std::atomic<int> calls = 0;
    IoGroup group(*m_thread);
    QVERIFY(group.add(event.get(), EPOLLIN, [&](std::uint32_t) {
        drain(event.get());
        order.push_back('e');
        ++calls;
    }));
    group.setResumed([&] { order.push_back('r'); });
    group.resume();
    QTRY_COMPARE(calls.load(), 1);
    group.pause();
    ring(event.get());
    group.resume();
    QTRY_COMPARE(calls.load(), 2);
    group.pause();
    QCOMPARE(order, (std::vector{ 'r', 'e', 'r', 'e' }));
}

void TestIoThread::otherEvents()
{
    std::array<int, 2> ends{};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const UniqueFd one = UniqueFd::adopt(ends[0]);
    const UniqueFd other = UniqueFd::adopt(ends[1]);
    std::atomic<std::uint32_t> seen = 0;
    std::atomic<int> calls = 0;
    IoGroup group(*m_thread);
    group.resume();
    QVERIFY(group.add(one.get(), EPOLLIN, [&](std::uint32_t events) {
        seen = events;
        ++calls;
        group.setEvents(one.get(), 0);
    }));
    rest();
    QCOMPARE(calls.load(), 0);
    group.setEvents(one.get(), EPOLLOUT);
    QTRY_COMPARE(calls.load(), 1);
    QCOMPARE(seen.load(), std::uint32_t(EPOLLOUT));
    QCOMPARE(::write(other.get(), "x", 1), 1);
    rest();
    QCOMPARE(calls.load(), 1);
    group.setEvents(one.get(), EPOLLIN);
    QTRY_COMPARE(calls.load(), 2);
    QCOMPARE(seen.load(), std::uint32_t(EPOLLIN));
}

static qint64 processorTimeMs()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
        + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

void TestIoThread::aHangUpIsReportedOnce()
{
    std::array<int, 2> ends{};
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    const UniqueFd one = UniqueFd::adopt(ends[0]);
    UniqueFd other = UniqueFd::adopt(ends[1]);
    std::atomic<int> calls = 0;
    IoGroup group(*m_thread);
    group.resume();
    QVERIFY(group.add(one.get(), 0, [&](std::uint32_t) { ++calls; }));
    other.reset();
    QTRY_COMPARE(calls.load(), 1);
    rest();
    QCOMPARE(calls.load(), 1);
    // Nor does a paused group keep the thread busy with one.
    group.setEvents(one.get(), EPOLLIN);
    group.pause();
    const qint64 before = processorTimeMs();
    rest(300);
    QVERIFY(processorTimeMs() - before < 150);
}

void TestIoThread::pauseEndsLoops()
{
    const UniqueFd event = makeEvent(1);
    std::atomic<bool> inside = false;
    IoGroup group(*m_thread);
    QVERIFY(group.add(event.get(), EPOLLIN, [&](std::uint32_t) {
        inside = true;
        while (!group.pausing()) { }
        inside = false;
    }));
    group.resume();
    QTRY_VERIFY(inside);
    group.pause();
    QVERIFY(!inside);
}

void TestIoThread::pauseAndResumeUnderLoad()
{
    const UniqueFd event = makeEvent(1);
    quint64 count = 0; // plain: the thread sanitizer sees whether pausing orders the accesses
    int resumes = 0;
    IoGroup group(*m_thread);
    group.setResumed([&] { ++resumes; });
    QVERIFY(group.add(event.get(), EPOLLIN, [&](std::uint32_t) { ++count; }));
    quint64 before = 0;
    for (int round = 0; round < 2000; ++round) {
        group.resume();
        if (round % 16 == 0)
            rest(1);
        group.pause();
        QVERIFY(count >= before);
        before = count;
        ++count; // nobody else may be at it now
        QCOMPARE(count, before + 1);
        before = count;
    }
    QVERIFY(count > 2000);
    QVERIFY(resumes > 0 && resumes <= 2000);
}

void TestIoThread::addAndRemoveUnderLoad()
{
    std::atomic<int> wrong = 0;
    std::atomic<int> calls = 0;
    const auto work = [&] {
        for (int round = 0; round < 500; ++round) {
            UniqueFd event = makeEvent(1);
            auto alive = std::make_unique<std::atomic<bool>>(true);
            const auto added = m_thread->add(event.get(), EPOLLIN, [&, mine = alive.get()](std::uint32_t) {
                if (!*mine)
                    ++wrong;
                ++calls;
            });
            if (!added)
                ++wrong;
            if (round % 8 == 0)
                rest(1);
            m_thread->remove(event.get());
            *alive = false;
            alive.reset();
        }
    };
    std::array<std::thread, 3> others;
    for (std::thread& other : others)
        other = std::thread(work);
    for (std::thread& other : others)
        other.join();
    QCOMPARE(wrong.load(), 0);
    QVERIFY(calls > 0);
}

void TestIoThread::refusesWhatCannotBeWatched()
{
    const auto nothing = [](std::uint32_t) { };
    QVERIFY(!m_thread->add(-1, EPOLLIN, nothing));
    const UniqueFd event = makeEvent();
    QVERIFY(m_thread->add(event.get(), EPOLLIN, nothing));
    QVERIFY(!m_thread->add(event.get(), EPOLLIN, nothing));
    m_thread->remove(event.get());
}

QTEST_GUILESS_MAIN(TestIoThread)
#include "tst_iothread.moc"
