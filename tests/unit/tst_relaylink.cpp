// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cprfixture.h"
#include "relayhelp.h"

#include <QTest>

#include <limits>
#include <sys/resource.h>

using namespace cutover;
using namespace cutover::test;
using namespace cutover::relay;

class TestRelayLink : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(); }
    void init() { m_open = openFdCount(); }
    void cleanup() { QCOMPARE(openFdCount(), m_open); }

    void passesBytesBothWays();
    void everyCutOfTheStream();
    void descriptorsOnAnyByte();
    void fullMessages();
    void keepsNoDescriptor();
    void halfCloseThenClose();
    void sourceCloses();
    void destinationClosesWithUnreadBytes();
    void lastWordsOfWhoHasGone();
    void stalledReceiver();
    void stalledSenderIsHungUpOn();
    void orphanedSourceFinishes_data();
    void orphanedSourceFinishes();
    void noFdsLeft();

private:
    qsizetype m_open = 0;
};

static void put(int socket, std::span<const std::byte> bytes, std::span<const int> fds = {})
{
    const auto sent = fdpass::sendSome(socket, bytes, fds);
    QVERIFY(sent);
    QCOMPARE(*sent, bytes.size());
}

void TestRelayLink::passesBytesBothWays()
{
    LinkBench bench;
    put(bench.source.a.get(), bytesOf("forth"));
    put(bench.destination.a.get(), bytesOf("and back"));
    bench.run();
    QCOMPARE(text(receiveAll(bench.destination.a.get()).bytes), "forth");
    QCOMPARE(text(receiveAll(bench.source.a.get()).bytes), "and back");
    QCOMPARE(bench.link.bytes(End::Source), 5);
    QCOMPARE(bench.link.bytes(End::Destination), 8);
    QVERIFY(bench.link.isOpen());
}

void TestRelayLink::everyCutOfTheStream()
{
    const auto stream = CapturedStream::load();
    QVERIFY(!stream.bytes.isEmpty());
    for (qsizetype cut = 0; cut <= stream.bytes.size(); ++cut) {
        LinkBench bench;
        for (const auto& [begin, end] :
            { std::pair(qsizetype(0), cut), std::pair(cut, stream.bytes.size()) }) {
            if (begin == end)
                continue;
            const auto fds = stream.fdsBetween(begin, end);
            put(bench.source.a.get(), asBytes(stream.bytes).subspan(begin, end - begin), numbersOf(fds));
            bench.run();
        }
        const Got got = receiveAll(bench.destination.a.get());
        QCOMPARE(text(got.bytes), stream.bytes);
        QCOMPARE(got.fds.size(), stream.fds.size());
        QCOMPARE(bench.link.fds(End::Source), stream.fds.size());
        QCOMPARE(text(bench.seen.bytesFrom[0]), stream.bytes);
    }
}

void TestRelayLink::descriptorsOnAnyByte()
{
    const Bytes bytes = pattern(64);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        LinkBench bench;
        const UniqueFd memory = makeMemfd("one");
        const int number = memory.get();
        for (std::size_t i = 0; i < bytes.size(); ++i)
            put(bench.source.a.get(), std::span(bytes).subspan(i, 1),
                std::span(&number, i == at ? std::size_t(1) : std::size_t(0)));
        bench.run();
        Got got = receiveAll(bench.destination.a.get());
        QCOMPARE(got.bytes, bytes);
        QCOMPARE(got.fds.size(), std::size_t(1));
        QCOMPARE(inodeOf(got.fds.front().get()), inodeOf(number));
    }
}

void TestRelayLink::fullMessages()
{
    LinkBench bench;
    const auto fds = openNulls(fdpass::maxFdsPerMessage);
    for (int i = 0; i < 3; ++i)
        put(bench.source.a.get(), bytesOf("x"), numbersOf(fds));
    std::size_t arrived = 0;
    for (int i = 0; i < 3; ++i) {
        bench.run();
        arrived += receiveAll(bench.destination.a.get()).fds.size();
    }
    QCOMPARE(arrived, 3 * fdpass::maxFdsPerMessage);
}

void TestRelayLink::keepsNoDescriptor()
{
    LinkBench bench;
    SocketPair carried;
    const int number = carried.a.get();
    put(bench.source.a.get(), bytesOf("socket"), std::span(&number, 1));
    carried.a.reset();
    bench.run();
    QCOMPARE(bench.seen.fdsSeen, std::size_t(1));
    Got got = receiveAll(bench.destination.a.get());
    QCOMPARE(got.fds.size(), std::size_t(1));
    QVERIFY((pollNow(carried.b.get()) & POLLHUP) == 0);
    got.fds.clear();
    // A copy in the relay would keep the connection up.
    QVERIFY((pollNow(carried.b.get()) & POLLHUP) != 0);
}

void TestRelayLink::halfCloseThenClose()
{
    LinkBench bench;
    put(bench.source.a.get(), bytesOf("stream"));
    ::shutdown(bench.source.a.get(), SHUT_WR);
    bench.run();
    Got got = receiveAll(bench.destination.a.get());
    QCOMPARE(text(got.bytes), "stream");
    QVERIFY(got.end);
    // The destination uses what it got: the source must not take that for a hang-up.
    QCOMPARE(pollNow(bench.source.a.get()), short(0));
    QCOMPARE(pollNow(bench.destination.a.get()) & POLLHUP, 0);
    QVERIFY(bench.link.isOpen());
    bench.destination.a.reset();
    bench.run();
    QVERIFY((pollNow(bench.source.a.get()) & POLLHUP) != 0);
    QVERIFY(!bench.link.isOpen());
    QCOMPARE(bench.link.closedBy(), std::optional(End::Destination));
    QCOMPARE(
        bench.seen.ends, (std::vector{ std::pair(End::Source, false), std::pair(End::Destination, true) }));
}

void TestRelayLink::sourceCloses()
{
    LinkBench bench;
    put(bench.source.a.get(), bytesOf("last"));
    bench.source.a.reset();
    bench.run();
    QVERIFY(!bench.link.isOpen());
    QCOMPARE(bench.link.closedBy(), std::optional(End::Source));
    QVERIFY((pollNow(bench.destination.a.get()) & POLLHUP) != 0);
    const Got got = receiveAll(bench.destination.a.get());
    QCOMPARE(text(got.bytes), "last");
    QVERIFY(got.end);
}

void TestRelayLink::destinationClosesWithUnreadBytes()
{
    LinkBench bench;
    put(bench.source.a.get(), bytesOf("unread"));
    bench.run();
    bench.destination.a.reset();
    bench.run();
    QVERIFY(!bench.link.isOpen());
    QCOMPARE(bench.link.closedBy(), std::optional(End::Destination));
    QVERIFY((pollNow(bench.source.a.get()) & POLLHUP) != 0);
}

void TestRelayLink::lastWordsOfWhoHasGone()
{
    LinkBench bench;
    put(bench.destination.a.get(), bytesOf("this is why"));
    bench.destination.a.reset();
    put(bench.source.a.get(), bytesOf("nobody reads this"));
    bench.run();
    QCOMPARE(text(receiveAll(bench.source.a.get()).bytes), "this is why");
    QVERIFY(!bench.link.isOpen());
}

void TestRelayLink::stalledReceiver()
{
    LinkBench bench;
    const Bytes bytes = pattern(std::size_t(8) << 20);
    std::size_t written = 0;
    for (std::size_t before = 1; before != written;) {
        before = written;
        const auto sent = fdpass::sendSome(bench.source.a.get(), std::span(bytes).subspan(written));
        QVERIFY(sent);
        written += *sent;
        bench.run();
    }
    // What the relay holds is bounded: the source feels the stall.
    QVERIFY(written < bytes.size());
    Bytes arrived;
    while (arrived.size() < bytes.size()) {
        const Got got = receiveAll(bench.destination.a.get());
        arrived.insert(arrived.end(), got.bytes.begin(), got.bytes.end());
        bench.run();
        if (written < bytes.size()) {
            const auto sent = fdpass::sendSome(bench.source.a.get(), std::span(bytes).subspan(written));
            QVERIFY(sent);
            written += *sent;
            bench.run();
        }
    }
    QVERIFY(arrived == bytes);
}

void TestRelayLink::stalledSenderIsHungUpOn()
{
    LinkBench bench;
    put(bench.source.a.get(), bytesOf("half a str"));
    bench.run();
    bench.link.close();
    QVERIFY((pollNow(bench.source.a.get()) & POLLHUP) != 0);
    QVERIFY((pollNow(bench.destination.a.get()) & POLLHUP) != 0);
    QCOMPARE(bench.link.closedBy(), std::nullopt);
}

/// Lets so many bytes pass, and then holds or cuts.
struct Limit : LinkFilter
{
    std::size_t bytes = 0;
    bool holds = false;
    Verdict inspect(End, qint64 offset, std::span<std::byte> piece, std::vector<UniqueFd>&) override
    {
        const std::size_t end = std::size_t(offset) + piece.size();
        if (end <= bytes)
            return { .passBytes = piece.size() };
        return holds ? Verdict{ .hold = true } : Verdict{ .passBytes = bytes - std::size_t(offset) };
    }
};

void TestRelayLink::orphanedSourceFinishes_data()
{
    QTest::addColumn<bool>("cuts");
    QTest::addColumn<bool>("holds");
    QTest::newRow("the destination goes") << false << false;
    QTest::newRow("cut") << true << false;
    QTest::newRow("held, then the destination goes") << false << true;
}

void TestRelayLink::orphanedSourceFinishes()
{
    QFETCH(const bool, cuts);
    QFETCH(const bool, holds);
    Limit limit;
    limit.bytes = cuts ? 5 : holds ? 0 : std::numeric_limits<std::size_t>::max();
    limit.holds = holds;
    LinkBench bench(&limit, Link::Orphan::Finishes);
    put(bench.source.a.get(), bytesOf("begun, "));
    bench.run();
    bench.destination.a.reset();
    bench.run();
    // More than a socket takes in: written only if it is read.
    const Bytes rest = pattern(std::size_t{ 4 } << 20U);
    std::size_t written = 0;
    while (written < rest.size()) {
        QVERIFY(bench.link.isOpen());
        const auto sent = fdpass::sendSome(bench.source.a.get(), std::span(rest).subspan(written));
        QVERIFY2(sent, qPrintable(sent ? QString() : sent.error().message()));
        written += *sent;
        bench.run();
    }
    QCOMPARE(::shutdown(bench.source.a.get(), SHUT_WR), 0);
    bench.run();
    QVERIFY(!bench.link.isOpen());
    QCOMPARE(bench.link.wasCut(), cuts);
    QCOMPARE(bench.link.closedBy().has_value(), !cuts);
    char byte = 0;
    QCOMPARE(::read(bench.source.a.get(), &byte, 1), 0);
}

void TestRelayLink::noFdsLeft()
{
    LinkBench bench;
    const auto fds = openNulls(4);
    put(bench.source.a.get(), bytesOf("x"), numbersOf(fds));
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto polled = [&] {
        auto state = bench.link.polled();
        for (pollfd& each : state)
            each.revents = POLLIN;
        return state;
    }();
    bench.link.advance(polled);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
    QVERIFY(!bench.link.isOpen());
    QVERIFY(bench.link.error());
    QCOMPARE(bench.link.error()->code, ErrorCode::LimitExceeded);
}

QTEST_GUILESS_MAIN(TestRelayLink)
#include "tst_relaylink.moc"
