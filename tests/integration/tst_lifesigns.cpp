// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/lifesigns.h"

#include "base/clock.h"
#include "tapnetwork.h"

#include <QCoreApplication>
#include <QTest>

#include <atomic>
#include <functional>
#include <sys/prctl.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using timeline::GapKind;

/// What is seen from outside of a guest without a heartbeat, on a real TAP and real threads.
class TestLifeSigns : public QObject
{
    Q_OBJECT
public:
    explicit TestLifeSigns(QString noNetwork)
        : m_noNetwork(std::move(noNetwork))
    {
    }

private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void longestSilenceOfThePause();
    void nothingWithoutASignAfterwards();
    void aSilentGuestSaysSo();
    void framesOfATap();
    void timeOfProcessors();
    void otherThreadsAreNoProcessors();
    void nobodyThere();

private:
    QString m_noNetwork;
};

static std::optional<timeline::Silence> find(const LifeSigns& signs, GapKind kind, qint64 from, qint64 to)
{
    const auto all = signs.around(from, to);
    const auto found = std::ranges::find(all, kind, &timeline::Silence::kind);
    return found == all.end() ? std::nullopt : std::optional(*found);
}

void TestLifeSigns::longestSilenceOfThePause()
{
    SilenceTracker tracker;
    for (const qint64 time : { 0, 10, 20, 30 })
        tracker.look(time, true);
    for (const qint64 time : { 40, 50, 60, 70 })
        tracker.look(time, false);
    for (const qint64 time : { 80, 90, 105, 115 })
        tracker.look(time, true);
    const SilenceTracker::Silence expected{ .lengthNs = 50, .errorNs = 20, .endNs = 80, .otherwiseNs = 15 };
    QCOMPARE(tracker.around(40, 60), std::optional(expected));
    // The gap may begin a look before it was seen.
    QCOMPARE(tracker.around(15, 15)->lengthNs, 10);
    QVERIFY(!tracker.around(200, 300));
}

void TestLifeSigns::nothingWithoutASignAfterwards()
{
    SilenceTracker tracker;
    QVERIFY(!tracker.around(0, 100));
    tracker.look(0, false);
    tracker.look(10, true);
    tracker.look(20, false);
    QVERIFY(!tracker.around(0, 100));
    tracker.look(30, true);
    QCOMPARE(tracker.around(0, 100)->lengthNs, 20);
}

void TestLifeSigns::aSilentGuestSaysSo()
{
    SilenceTracker tracker;
    for (const qint64 time : { 0, 500, 510, 520, 530, 1000 })
        tracker.look(time, true);
    const auto silence = tracker.around(514, 516);
    QCOMPARE(silence->lengthNs, 10);
    QCOMPARE(silence->otherwiseNs, 500);
}

void TestLifeSigns::framesOfATap()
{
    if (!m_noNetwork.isEmpty())
        QSKIP(qPrintable(m_noNetwork));
    const HostTap tap("signs0", false, IFF_TAP | IFF_NO_PI);
    QVERIFY(tap.made());
    const UniqueFd guest = tap.attach();
    QVERIFY(guest);
    const QByteArray frame(60, '\x7f');
    qint64 sentNs = 0;
    const auto send = [&] {
        sentNs = realtimeNs();
        return ::write(guest.get(), frame.constData(), std::size_t(frame.size())) == frame.size();
    };
    const LifeSigns signs(::getpid());
    for (int i = 0; i < 20; ++i) {
        QVERIFY(send());
        QTest::qWait(2);
    }
    const qint64 fromNs = sentNs;
    QTest::qWait(60);
    QVERIFY(send());
    const qint64 toNs = sentNs;
    std::optional<timeline::Silence> silence;
    QVERIFY(QTest::qWaitFor(
        [&] {
            silence = find(signs, GapKind::Packets, fromNs + 20'000'000, fromNs + 30'000'000);
            return send() && silence;
        },
        patience::limitMs));
    QVERIFY2(silence->lengthNs + silence->errorNs >= toNs - fromNs,
        qPrintable(QString::number(silence->lengthNs)));
    QVERIFY(silence->otherwiseNs > 0);
    QVERIFY(!find(signs, GapKind::Processors, fromNs, toNs));
}

/// A thread that is busy while it may.
class BusyThread
{
public:
    explicit BusyThread(const char* name)
        : m_thread([this, name](const std::stop_token& stop) {
            ::prctl(PR_SET_NAME, name);
            m_named = true;
            while (!stop.stop_requested()) {
                if (!busy)
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        })
    {
        while (!m_named)
            std::this_thread::yield();
    }
    std::atomic<bool> busy = false;

private:
    std::atomic<bool> m_named = false;
    std::jthread m_thread;
};

void TestLifeSigns::timeOfProcessors()
{
    BusyThread processor("CPU 0/KVM");
    const LifeSigns signs(::getpid());
    processor.busy = true;
    QTest::qWait(50);
    processor.busy = false;
    // The thread sees it within its turn, which others may take from it.
    QTest::qWait(50);
    const qint64 fromNs = realtimeNs();
    QTest::qWait(50);
    const qint64 toNs = realtimeNs();
    processor.busy = true;
    std::optional<timeline::Silence> silence;
    QVERIFY(QTest::qWaitFor(
        [&] {
            silence = find(signs, GapKind::Processors, fromNs, toNs);
            return silence.has_value();
        },
        patience::limitMs));
    QVERIFY2(silence->lengthNs + silence->errorNs >= toNs - fromNs,
        qPrintable(QString::number(silence->lengthNs)));
    QVERIFY(!find(signs, GapKind::Packets, fromNs, toNs));
}

void TestLifeSigns::otherThreadsAreNoProcessors()
{
    BusyThread other("worker");
    other.busy = true;
    const LifeSigns signs(::getpid());
    const qint64 fromNs = realtimeNs();
    QTest::qWait(50);
    QVERIFY(signs.around(fromNs, realtimeNs()).empty());
}

void TestLifeSigns::nobodyThere()
{
    LifeSigns signs(0);
    signs.add(-1);
    signs.add(std::numeric_limits<pid_t>::max());
    QTest::qWait(30);
    QVERIFY(signs.around(0, std::numeric_limits<qint64>::max() / 2).empty());
}

int main(int argc, char* argv[])
{
    // A namespace is entered before any thread exists.
    TestLifeSigns test(enterNetwork());
    const QCoreApplication application(argc, argv);
    QTEST_SET_MAIN_SOURCE_PATH
    return QTest::qExec(&test, argc, argv);
}

#include "tst_lifesigns.moc"
