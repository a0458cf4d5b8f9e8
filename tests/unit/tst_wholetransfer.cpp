// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "transferhelpers.h"

#include "fdpass/transfer.h"

#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::fdpass;
using namespace cutover::test;

class TestWholeTransfer : public QObject
{
    Q_OBJECT
    qsizetype m_before = 0;

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_before = openFdCount();
    }
    void cleanup() { QCOMPARE(openFdCount(), m_before); }

    void exactCount_data();
    void exactCount();
    void exactCountAtTheEnd();
    void manyFdsAreSplit_data();
    void manyFdsAreSplit();
    void largeTransferInParts();
    void outgoingNeedsAByteForEachMessage();
    void outgoingFailureClosesFds();
    void incomingRefusesWrongCounts_data();
    void incomingRefusesWrongCounts();
    void incomingEndsTooEarly();
};

void TestWholeTransfer::exactCount_data()
{
    QTest::addColumn<int>("sent");
    QTest::addColumn<int>("expected");
    QTest::addColumn<int>("code"); // of the error, -1 = none
    QTest::newRow("none") << 0 << 0 << -1;
    QTest::newRow("one") << 1 << 1 << -1;
    QTest::newRow("all") << 253 << 253 << -1;
    QTest::newRow("missing") << 0 << 1 << int(ErrorCode::Protocol);
    QTest::newRow("too few") << 2 << 3 << int(ErrorCode::Protocol);
    QTest::newRow("too many") << 3 << 2 << int(ErrorCode::LimitExceeded);
    QTest::newRow("unexpected") << 1 << 0 << int(ErrorCode::LimitExceeded);
}

void TestWholeTransfer::exactCount()
{
    QFETCH(const int, sent);
    QFETCH(const int, expected);
    QFETCH(const int, code);
    const SocketPair pair;
    Bytes buffer(8);
    const auto early = receiveExactly(pair.b.get(), buffer, static_cast<std::size_t>(expected));
    QVERIFY(early);
    QVERIFY(early->wouldBlock);
    {
        const auto files = openNulls(static_cast<std::size_t>(sent));
        QVERIFY(sendSome(pair.a.get(), bytesOf("x"), numbersOf(files)));
    }
    const qsizetype before = openFdCount();
    const auto chunk = receiveExactly(pair.b.get(), buffer, static_cast<std::size_t>(expected));
    if (code < 0) {
        QVERIFY(chunk);
        QCOMPARE(chunk->fds.size(), static_cast<std::size_t>(expected));
    } else {
        QVERIFY(!chunk);
        QCOMPARE(int(chunk.error().code), code);
        QCOMPARE(openFdCount(), before);
    }
}

void TestWholeTransfer::exactCountAtTheEnd()
{
    SocketPair pair;
    pair.a.reset();
    Bytes buffer(8);
    const auto chunk = receiveExactly(pair.b.get(), buffer, 0);
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::Disconnected);
}

void TestWholeTransfer::manyFdsAreSplit_data()
{
    QTest::addColumn<SocketType>("type");
    QTest::addColumn<int>("count");
    for (const int count : { 0, 1, 253, 254, 300 }) {
        QTest::addRow("stream %d", count) << SocketType::Stream << count;
        QTest::addRow("seqpacket %d", count) << SocketType::SeqPacket << count;
    }
}

void TestWholeTransfer::manyFdsAreSplit()
{
    QFETCH(const SocketType, type);
    QFETCH(const int, count);
    const SocketPair pair(type);
    std::vector<UniqueFd> files;
    std::vector<ino_t> inodes;
    for (int i = 0; i < count; ++i) {
        files.push_back(makeMemfd("file"));
        inodes.push_back(inodeOf(files.back().get()));
    }
    const Bytes data = pattern(100);
    const qsizetype before = openFdCount();
    Outgoing outgoing(data, std::move(files));
    Incoming incoming(data.size(), static_cast<std::size_t>(count));
    const auto sent = outgoing.advance(pair.a.get());
    QVERIFY(sent);
    QVERIFY(*sent);
    QVERIFY(outgoing.isDone());
    QCOMPARE(openFdCount(), before - count);
    const auto received = incoming.advance(pair.b.get());
    QVERIFY(received);
    QVERIFY(*received);
    QVERIFY(std::ranges::equal(incoming.bytes(), data));
    const auto fds = incoming.takeFds();
    QCOMPARE(fds.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < fds.size(); ++i)
        QCOMPARE(inodeOf(fds[i].get()), inodes[i]);
}

void TestWholeTransfer::largeTransferInParts()
{
    const SocketPair pair;
    const Bytes data = pattern(3'000'000);
    Outgoing outgoing(data, openNulls(260));
    Incoming incoming(data.size(), 260);
    int rounds = 0;
    for (bool complete = false; !complete; ++rounds) {
        QVERIFY(outgoing.advance(pair.a.get()));
        const auto received = incoming.advance(pair.b.get());
        QVERIFY(received);
        complete = *received;
        if (!complete)
            QVERIFY(incoming.takeFds().empty()); // some have come already
    }
    QVERIFY(rounds > 1);
    QVERIFY(outgoing.isDone());
    QVERIFY(std::ranges::equal(incoming.bytes(), data));
    QCOMPARE(incoming.takeFds().size(), std::size_t{ 260 });
}

void TestWholeTransfer::outgoingNeedsAByteForEachMessage()
{
    const SocketPair pair;
    Outgoing outgoing(bytesOf("x"), openNulls(254));
    const auto sent = outgoing.advance(pair.a.get());
    QVERIFY(!sent);
    QCOMPARE(sent.error().code, ErrorCode::InvalidArgument);
    Bytes buffer(8);
    QVERIFY(!outgoing.advance(pair.a.get())); // and does not go on without the fds
    QVERIFY(!outgoing.isDone());
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QVERIFY(chunk);
    QVERIFY(chunk->wouldBlock); // not even a part went out
}

void TestWholeTransfer::outgoingFailureClosesFds()
{
    SocketPair pair;
    pair.b.reset();
    const qsizetype before = openFdCount();
    Outgoing outgoing(bytesOf("x"), openNulls(2));
    const auto sent = outgoing.advance(pair.a.get());
    QVERIFY(!sent);
    QCOMPARE(sent.error().code, ErrorCode::Disconnected);
    QCOMPARE(openFdCount(), before);
    QVERIFY(!outgoing.isDone());
    QVERIFY(!outgoing.advance(pair.a.get()));
}

void TestWholeTransfer::incomingRefusesWrongCounts_data()
{
    QTest::addColumn<int>("sent");
    QTest::addColumn<int>("expected");
    QTest::newRow("none of one") << 0 << 1;
    QTest::newRow("253 of 254") << 253 << 254;
    QTest::newRow("one too many") << 2 << 1;
    QTest::newRow("one where none is expected") << 1 << 0;
    QTest::newRow("254 instead of 253") << 254 << 253;
}

void TestWholeTransfer::incomingRefusesWrongCounts()
{
    QFETCH(const int, sent);
    QFETCH(const int, expected);
    const SocketPair pair;
    Outgoing outgoing(pattern(10), openNulls(static_cast<std::size_t>(sent)));
    QVERIFY(outgoing.advance(pair.a.get()));
    const qsizetype before = openFdCount();
    Incoming incoming(10, static_cast<std::size_t>(expected));
    const auto received = incoming.advance(pair.b.get());
    QVERIFY(!received);
    QCOMPARE(openFdCount(), before);
    QVERIFY(incoming.takeFds().empty());
    QVERIFY(sendSome(pair.a.get(), pattern(10)));
    const auto again = incoming.advance(pair.b.get());
    QVERIFY(!again);
    QCOMPARE(again.error(), received.error());
}

void TestWholeTransfer::incomingEndsTooEarly()
{
    SocketPair pair;
    Outgoing outgoing(pattern(10), openNulls(1));
    QVERIFY(outgoing.advance(pair.a.get()));
    pair.a.reset();
    const qsizetype before = openFdCount();
    Incoming incoming(11, 1);
    const auto received = incoming.advance(pair.b.get());
    QVERIFY(!received);
    QCOMPARE(received.error().code, ErrorCode::Disconnected);
    QVERIFY(received.error().cause.contains(QStringLiteral("10 of 11")));
    QCOMPARE(openFdCount(), before);
}

QTEST_GUILESS_MAIN(TestWholeTransfer)
#include "tst_wholetransfer.moc"
