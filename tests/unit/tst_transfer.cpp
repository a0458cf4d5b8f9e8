// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "transferhelpers.h"

#include "fdpass/transfer.h"

#include <QScopeGuard>
#include <QTest>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

using namespace cutover;
using namespace cutover::fdpass;
using namespace cutover::test;

namespace {
int interruptionsLeft = 0; // the next so many calls fail with EINTR

bool interrupted()
{
    if (interruptionsLeft == 0)
        return false;
    --interruptionsLeft;
    errno = EINTR;
    return true;
}
} // namespace

// In place of the C library's: signals cannot be aimed at a call that does not block.
extern "C" ssize_t sendmsg(int socket, const msghdr* message, int flags)
{
    return interrupted() ? -1 : ::syscall(SYS_sendmsg, socket, message, flags);
}

extern "C" ssize_t recvmsg(int socket, msghdr* message, int flags)
{
    return interrupted() ? -1 : ::syscall(SYS_recvmsg, socket, message, flags);
}

namespace {

/// sendmsg() as a peer that keeps to none of our rules would call it.
ssize_t rawSend(int socket, std::string_view bytes, const std::vector<int>& fds)
{
    iovec data{ .iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size() };
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(maxFdsPerMessage * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

} // namespace

class TestTransfer : public QObject
{
    Q_OBJECT
    static void types()
    {
        QTest::addColumn<SocketType>("type");
        QTest::newRow("stream") << SocketType::Stream;
        QTest::newRow("seqpacket") << SocketType::SeqPacket;
    }

    qsizetype m_before = 0;

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_before = openFdCount();
    }
    void cleanup()
    {
        interruptionsLeft = 0;
        QCOMPARE(openFdCount(), m_before);
    }

    void dataOnly_data() { types(); }
    void dataOnly();
    void dataWithFds_data() { types(); }
    void dataWithFds();
    void fdsOnly();
    void fdsKeepTheirPlace();
    void refusesMisuse();
    void moreFdsThanAllowed_data();
    void moreFdsThanAllowed();
    void openFileLimit();
    void unknownControlData();
    void longDatagram();
    void endOfStream_data() { types(); }
    void endOfStream();
    void wouldBlock_data() { types(); }
    void wouldBlock();
    void closedPeer_data() { types(); }
    void closedPeer();
    void resetByPeer();
    void peerGoneErrnos();
    void interruptedCallsAreRepeated();
};

void TestTransfer::dataOnly()
{
    QFETCH(const SocketType, type);
    const SocketPair pair(type);
    const auto sent = sendSome(pair.a.get(), bytesOf("hello"));
    QVERIFY(sent);
    QCOMPARE(*sent, std::size_t{ 5 });
    Bytes buffer(64);
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QVERIFY(chunk);
    QCOMPARE(text(std::span(buffer).first(chunk->size)), QByteArray("hello"));
    QVERIFY(chunk->fds.empty());
    QVERIFY(!chunk->endOfStream);
    QVERIFY(!chunk->wouldBlock);
}

void TestTransfer::dataWithFds()
{
    QFETCH(const SocketType, type);
    const SocketPair pair(type);
    const UniqueFd first = makeMemfd("first");
    const UniqueFd second = makeMemfd("second");
    const std::array numbers{ first.get(), second.get() };
    QVERIFY(sendSome(pair.a.get(), bytesOf("two"), numbers));
    Bytes buffer(64);
    const auto chunk = receiveSome(pair.b.get(), buffer, 2);
    QVERIFY(chunk);
    QCOMPARE(chunk->size, std::size_t{ 3 });
    QCOMPARE(chunk->fds.size(), std::size_t{ 2 });
    QCOMPARE(inodeOf(chunk->fds[0].get()), inodeOf(first.get()));
    QCOMPARE(inodeOf(chunk->fds[1].get()), inodeOf(second.get()));
    for (const UniqueFd& fd : chunk->fds)
        QVERIFY((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

void TestTransfer::fdsOnly()
{
    const SocketPair pair(SocketType::SeqPacket);
    const UniqueFd file = openNull();
    QCOMPARE(rawSend(pair.a.get(), {}, { file.get() }), ssize_t{ 0 });
    Bytes buffer(1);
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QVERIFY(chunk);
    QCOMPARE(chunk->size, std::size_t{ 0 });
    QCOMPARE(chunk->fds.size(), std::size_t{ 1 });
    QVERIFY(!chunk->endOfStream);
}

void TestTransfer::fdsKeepTheirPlace()
{
    const SocketPair pair;
    const UniqueFd first = makeMemfd("first");
    const UniqueFd second = makeMemfd("second");
    const std::array firstNumber{ first.get() };
    const std::array secondNumber{ second.get() };
    QVERIFY(sendSome(pair.a.get(), bytesOf("plain")));
    QVERIFY(sendSome(pair.a.get(), bytesOf("1"), firstNumber));
    QVERIFY(sendSome(pair.a.get(), bytesOf("plain")));
    QVERIFY(sendSome(pair.a.get(), bytesOf("2"), secondNumber));
    Bytes buffer(64);
    const auto one = receiveSome(pair.b.get(), buffer);
    QVERIFY(one);
    QCOMPARE(text(std::span(buffer).first(one->size)), QByteArray("plain1"));
    QCOMPARE(one->fds.size(), std::size_t{ 1 });
    QCOMPARE(inodeOf(one->fds[0].get()), inodeOf(first.get()));
    const auto two = receiveSome(pair.b.get(), buffer);
    QVERIFY(two);
    QCOMPARE(text(std::span(buffer).first(two->size)), QByteArray("plain2"));
    QCOMPARE(inodeOf(two->fds.at(0).get()), inodeOf(second.get()));
}

void TestTransfer::refusesMisuse()
{
    const SocketPair pair;
    const auto nothing = sendSome(pair.a.get(), {});
    QVERIFY(!nothing);
    QCOMPARE(nothing.error().code, ErrorCode::InvalidArgument);
    const UniqueFd file = openNull();
    const std::vector<int> tooMany(maxFdsPerMessage + 1, file.get());
    const auto many = sendSome(pair.a.get(), bytesOf("x"), tooMany);
    QVERIFY(!many);
    QCOMPARE(many.error().code, ErrorCode::InvalidArgument);
    const auto noBuffer = receiveSome(pair.b.get(), {});
    QVERIFY(!noBuffer);
    QCOMPARE(noBuffer.error().code, ErrorCode::InvalidArgument);
    Bytes buffer(8);
    const auto noRoom = receiveSome(pair.b.get(), buffer, maxFdsPerMessage + 1);
    QVERIFY(!noRoom);
    QCOMPARE(noRoom.error().code, ErrorCode::InvalidArgument);
    const auto closedFd = sendSome(pair.a.get(), bytesOf("x"), std::array{ 9999 });
    QVERIFY(!closedFd);
    QCOMPARE(closedFd.error().sysErrno, EBADF);
    const auto notASocket = receiveSome(file.get(), buffer);
    QVERIFY(!notASocket);
    QCOMPARE(notASocket.error().sysErrno, ENOTSOCK);
}

void TestTransfer::moreFdsThanAllowed_data()
{
    QTest::addColumn<SocketType>("type");
    QTest::addColumn<int>("sent");
    QTest::addColumn<int>("allowed");
    for (const auto type : { SocketType::Stream, SocketType::SeqPacket }) {
        const char* name = type == SocketType::Stream ? "stream" : "seqpacket";
        QTest::addRow("%s none allowed", name) << type << 1 << 0;
        QTest::addRow("%s one too many, odd", name) << type << 2 << 1;
        QTest::addRow("%s one too many, even", name) << type << 3 << 2;
        QTest::addRow("%s many", name) << type << 253 << 5;
        QTest::addRow("%s one too many, largest", name) << type << 253 << 252;
    }
}

void TestTransfer::moreFdsThanAllowed()
{
    QFETCH(const SocketType, type);
    QFETCH(const int, sent);
    QFETCH(const int, allowed);
    const SocketPair pair(type);
    {
        const auto files = openNulls(static_cast<std::size_t>(sent));
        QVERIFY(sendSome(pair.a.get(), bytesOf("x"), numbersOf(files)));
    }
    const qsizetype before = openFdCount();
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.b.get(), buffer, static_cast<std::size_t>(allowed));
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::LimitExceeded);
    QVERIFY2(chunk.error().cause.contains(QStringLiteral("more than %1 ").arg(allowed)),
        qPrintable(chunk.error().cause));
    QCOMPARE(openFdCount(), before);
}

void TestTransfer::openFileLimit()
{
    const SocketPair pair;
    {
        const auto files = openNulls(20);
        QVERIFY(sendSome(pair.a.get(), bytesOf("x"), numbersOf(files)));
    }
    const qsizetype before = openFdCount();
    // The lowest limit that leaves three numbers free.
    auto spare = openNulls(3);
    const auto limit = static_cast<rlim_t>(std::ranges::max(numbersOf(spare))) + 1;
    spare.clear();
    rlimit old{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &old), 0);
    const rlimit low{ .rlim_cur = limit, .rlim_max = old.rlim_max };
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &low), 0);
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &old), 0);
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::LimitExceeded);
    QVERIFY2(
        chunk.error().cause.contains(QStringLiteral("limit of open files")), qPrintable(chunk.error().cause));
    QVERIFY(!chunk.error().remedy.isEmpty());
    QCOMPARE(openFdCount(), before);
}

void TestTransfer::unknownControlData()
{
    const SocketPair pair;
    const int on = 1;
    QCOMPARE(::setsockopt(pair.b.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
    {
        const UniqueFd file = openNull();
        QCOMPARE(rawSend(pair.a.get(), "x", { file.get() }), ssize_t{ 1 });
    }
    const qsizetype before = openFdCount();
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::Protocol);
    QCOMPARE(openFdCount(), before);
}

void TestTransfer::longDatagram()
{
    const SocketPair pair(SocketType::SeqPacket);
    const UniqueFd file = openNull();
    QVERIFY(sendSome(pair.a.get(), bytesOf("123456789"), std::array{ file.get() }));
    const qsizetype before = openFdCount();
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.b.get(), buffer);
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::LimitExceeded);
    QCOMPARE(openFdCount(), before);
}

void TestTransfer::endOfStream()
{
    QFETCH(const SocketType, type);
    SocketPair pair(type);
    QVERIFY(sendSome(pair.a.get(), bytesOf("last")));
    pair.a.reset();
    Bytes buffer(8);
    const auto last = receiveSome(pair.b.get(), buffer);
    QVERIFY(last);
    QCOMPARE(last->size, std::size_t{ 4 });
    QVERIFY(!last->endOfStream);
    const auto end = receiveSome(pair.b.get(), buffer);
    QVERIFY(end);
    QVERIFY(end->endOfStream);
    QVERIFY(!end->wouldBlock);
    QCOMPARE(end->size, std::size_t{ 0 });
}

void TestTransfer::wouldBlock()
{
    QFETCH(const SocketType, type);
    const SocketPair pair(type);
    // Non-blocking must not depend on the socket's own mode.
    for (const int socket : { pair.a.get(), pair.b.get() })
        QCOMPARE(::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK), 0);
    Bytes buffer(std::size_t{ 64 } * 1024);
    const auto nothing = receiveSome(pair.b.get(), buffer);
    QVERIFY(nothing);
    QVERIFY(nothing->wouldBlock);
    QVERIFY(!nothing->endOfStream);

    const Bytes block = pattern(std::size_t{ 16 } * 1024);
    std::size_t total = 0;
    for (;;) {
        const auto sent = sendSome(pair.a.get(), block);
        QVERIFY(sent);
        if (*sent == 0)
            break;
        total += *sent;
    }
    const UniqueFd file = openNull();
    const auto full = sendSome(pair.a.get(), block, std::array{ file.get() });
    QVERIFY(full);
    QCOMPARE(*full, std::size_t{ 0 });
    std::size_t received = 0;
    for (;;) {
        const auto chunk = receiveSome(pair.b.get(), buffer);
        QVERIFY(chunk);
        QVERIFY(chunk->fds.empty());
        if (chunk->wouldBlock)
            break;
        received += chunk->size;
    }
    QCOMPARE(received, total);
}

void TestTransfer::closedPeer()
{
    QFETCH(const SocketType, type);
    SocketPair pair(type);
    pair.b.reset();
    const UniqueFd file = openNull();
    const auto sent
        = sendSome(pair.a.get(), bytesOf("x"), std::array{ file.get() }); // SIGPIPE would end the test
    QVERIFY(!sent);
    QCOMPARE(sent.error().code, ErrorCode::Disconnected);
    QVERIFY(isPeerGone(sent.error().sysErrno));
}

void TestTransfer::resetByPeer()
{
    SocketPair pair;
    QVERIFY(sendSome(pair.a.get(), bytesOf("never read")));
    pair.b.reset();
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.a.get(), buffer);
    QVERIFY(!chunk);
    QCOMPARE(chunk.error().code, ErrorCode::Disconnected);
    QCOMPARE(chunk.error().sysErrno, ECONNRESET);
}

void TestTransfer::peerGoneErrnos()
{
    for (const int gone : { EPIPE, ECONNRESET, ECONNABORTED, ECONNREFUSED, ENOTCONN, ESHUTDOWN })
        QVERIFY(isPeerGone(gone));
    for (const int ours : { 0, EBADF, EINVAL, ENOTSOCK, EAGAIN, EINTR, EMSGSIZE, ENOBUFS, ETOOMANYREFS })
        QVERIFY(!isPeerGone(ours));
}

void TestTransfer::interruptedCallsAreRepeated()
{
    const SocketPair pair;
    const UniqueFd file = openNull();
    interruptionsLeft = 3;
    const auto sent = sendSome(pair.a.get(), bytesOf("x"), std::array{ file.get() });
    QVERIFY(sent);
    QCOMPARE(*sent, std::size_t{ 1 });
    QCOMPARE(interruptionsLeft, 0);
    interruptionsLeft = 3;
    Bytes buffer(8);
    const auto chunk = receiveSome(pair.b.get(), buffer, 1);
    QVERIFY(chunk);
    QCOMPARE(chunk->fds.size(), std::size_t{ 1 });
    QCOMPARE(interruptionsLeft, 0);
}

QTEST_GUILESS_MAIN(TestTransfer)
#include "tst_transfer.moc"
