// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "forkedpeer.h"
#include "sectionhelpers.h"

#include "engine/mainchannel.h"
#include "engine/wait.h"
#include "fdpass/transfer.h"

#include <QTest>

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>

using namespace cutover;
using namespace cutover::engine;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestMainChannel : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void sectionsWithFds();
    void fdsAreMovedAsTheyWereSent();
    void manyFds_data();
    void manyFds();
    void aSmallSectionIsOneMessage();
    void aQueueIsOneMessage();
    void largeSectionsInBothDirections();
    void tcpRefusesFds();
    void deadlines();
    void cancelEndsAWait();
    void cancelEndsALargeTransfer();
    void aKilledPeerIsNoticed_data();
    void aKilledPeerIsNoticed();
    void whatThePeerSentBeforeItEndedArrives();
    void theLastWordsOfAPeerThatEndsMeanwhileArrive();
    void theEndOfTheStreamNamesTheSection();
    void sendingToAPeerThatIsGone();
    void anInterruptedSendLeavesTheChannelUsable();
    void aSendCutInTheMiddleIsFinal();
    void aProxyThatKeepsFds_data();
    void aProxyThatKeepsFds();
    void aProxyThatDropsFds();
    void strayFds();
    void unconnected();
};

void TestMainChannel::init()
{
    QTest::failOnWarning();
}

namespace {

struct ChannelPair
{
    ChannelPair()
    {
        SocketPair sockets;
        a = MainChannel(std::move(sockets.a));
        b = MainChannel(std::move(sockets.b));
    }
    MainChannel a;
    MainChannel b;
};

ErrorCode codeOf(const auto& result)
{
    return result ? ErrorCode::InvalidArgument : result.error().code;
}

UniqueFd makeEvent()
{
    return UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

void ring(const UniqueFd& event)
{
    const std::uint64_t one = 1;
    (void)!::write(event.get(), &one, sizeof one);
}

std::pair<UniqueFd, UniqueFd> tcpPair()
{
    const UniqueFd listener = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0
        || ::getsockname(listener.get(), generic, &size) != 0)
        return {};
    UniqueFd client = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(client.get(), generic, size) != 0)
        return {};
    return { std::move(client), UniqueFd::adopt(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)) };
}

/// Copies from one socket to another in pieces of its own until the end of the stream.
class Proxy
{
public:
    Proxy(UniqueFd in, UniqueFd out, std::size_t piece, bool keepFds)
        : m_thread(
              [in = std::move(in), out = std::move(out), piece, keepFds] { run(in, out, piece, keepFds); })
    {
    }
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;
    ~Proxy() { m_thread.join(); }

private:
    static void await(int fd, short events)
    {
        pollfd polled{ .fd = fd, .events = events, .revents = 0 };
        (void)::poll(&polled, 1, -1);
    }

    static void run(const UniqueFd& in, const UniqueFd& out, std::size_t piece, bool keepFds)
    {
        Bytes buffer(piece);
        while (true) {
            auto chunk = fdpass::receiveSome(in.get(), buffer);
            if (!chunk || chunk->endOfStream)
                return;
            if (chunk->wouldBlock) {
                await(in.get(), POLLIN);
                continue;
            }
            std::vector<int> fds = keepFds ? numbersOf(chunk->fds) : std::vector<int>();
            std::span<const std::byte> rest = std::span(buffer).first(chunk->size);
            while (!rest.empty()) {
                const auto sent = fdpass::sendSome(out.get(), rest, fds);
                if (!sent)
                    return;
                if (*sent == 0) {
                    await(out.get(), POLLOUT);
                    continue;
                }
                fds.clear();
                rest = rest.subspan(*sent);
            }
        }
    }

    std::thread m_thread;
};

} // namespace

void TestMainChannel::sectionsWithFds()
{
    const qsizetype before = openFdCount();
    {
        ChannelPair pair;
        QVERIFY(pair.a.canPassFds());
        QVERIFY(pair.a.sendHeader());
        QVERIFY(pair.b.receiveHeader(soon()));
        const auto fds = openNulls(3);
        const auto numbers = numbersOf(fds);
        QVERIFY(pair.a.send("net0", 4, 2, "state", numbers, soon()));
        QVERIFY(pair.a.send("@end", 0, 1, {}, {}, soon()));
        const auto net0 = pair.b.receive(soon());
        QVERIFY(net0);
        QCOMPARE(net0->device, "net0");
        QCOMPARE(net0->instance, 4U);
        QCOMPARE(net0->version, 2U);
        QCOMPARE(net0->payload, "state");
        QCOMPARE(net0->fds.size(), std::size_t{ 3 });
        const auto end = pair.b.receive(soon());
        QVERIFY(end);
        QVERIFY(end->payload.isEmpty() && end->fds.empty());
        QVERIFY(pair.b.requireNoStrayFds());
        QCOMPARE(pair.a.bytesSent(), pair.b.bytesReceived());
    }
    QCOMPARE(openFdCount(), before);
}

void TestMainChannel::fdsAreMovedAsTheyWereSent()
{
    ChannelPair pair;
    std::vector<UniqueFd> fds;
    for (int i = 0; i < 5; ++i)
        fds.push_back(makeMemfd("fd"));
    QVERIFY(pair.a.send("net0", 0, 1, "x", numbersOf(fds), soon()));
    const auto section = pair.b.receive(soon());
    QVERIFY(section);
    QCOMPARE(section->fds.size(), fds.size());
    for (std::size_t i = 0; i < fds.size(); ++i) {
        QCOMPARE(inodeOf(section->fds[i].get()), inodeOf(fds[i].get()));
        QCOMPARE(::fcntl(section->fds[i].get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
}

void TestMainChannel::manyFds_data()
{
    QTest::addColumn<int>("count");
    QTest::addColumn<int>("payload");
    for (const int count : { 252, 253, 254, 300 }) {
        for (const int payload : { 0, 10, 100000 })
            QTest::addRow("%d fds, %d bytes", count, payload) << count << payload;
    }
}

void TestMainChannel::manyFds()
{
    QFETCH(const int, count);
    QFETCH(const int, payload);
    const qsizetype before = openFdCount();
    {
        ChannelPair pair;
        const auto fds = openNulls(std::size_t(count));
        const QByteArray bytes = patternArray(payload);
        std::thread sender([&] {
            (void)pair.a.send("net0", 0, 1, bytes, numbersOf(fds), soon());
            (void)pair.a.send("net1", 0, 1, "x", numbersOf(fds), soon());
        });
        const auto first = pair.b.receive(soon());
        const auto second = pair.b.receive(soon());
        sender.join();
        QVERIFY(first && second);
        QCOMPARE(first->fds.size(), fds.size());
        QCOMPARE(first->payload, bytes);
        QCOMPARE(second->fds.size(), fds.size());
        QVERIFY(pair.b.requireNoStrayFds());
    }
    QCOMPARE(openFdCount(), before);
}

void TestMainChannel::aSmallSectionIsOneMessage()
{
    auto sockets = fdpass::unixSocketPair(fdpass::SocketType::SeqPacket);
    QVERIFY(sockets);
    MainChannel channel(std::move(sockets->first));
    const auto fds = openNulls(16);
    const QByteArray payload = patternArray(60000);
    QVERIFY(channel.send("net0", 0, 1, payload, numbersOf(fds), soon()));
    Bytes buffer(100000);
    const auto chunk = fdpass::receiveSome(sockets->second.get(), buffer);
    QVERIFY(chunk);
    QCOMPARE(chunk->size, sectionHeadBytes + 4 + 60000 + sectionTrailerBytes);
    QCOMPARE(chunk->fds.size(), std::size_t{ 16 });
}

void TestMainChannel::aQueueIsOneMessage()
{
    auto sockets = fdpass::unixSocketPair(fdpass::SocketType::SeqPacket);
    QVERIFY(sockets);
    MainChannel channel(std::move(sockets->first));
    const auto fds = openNulls(4);
    const auto numbers = numbersOf(fds);
    QVERIFY(channel.queue("net0", 0, 1, "a", std::span(numbers).first(1)));
    QVERIFY(channel.queue("net1", 0, 1, "b"));
    QVERIFY(channel.queue("net2", 0, 1, "c", std::span(numbers).subspan(1)));
    QCOMPARE(channel.bytesSent(), std::uint64_t{ 0 });
    QVERIFY(channel.send("@end", 0, 1, {}, {}, soon()));
    Bytes buffer(100000);
    auto chunk = fdpass::receiveSome(sockets->second.get(), buffer);
    QVERIFY(chunk);
    QCOMPARE(chunk->size, channel.bytesSent());
    SectionDecoder decoder;
    feed(decoder, std::span(buffer).first(chunk->size), std::move(chunk->fds));
    QCOMPARE(decoder.next({}).value()->fds.size(), std::size_t{ 1 });
    QCOMPARE(decoder.next({}).value()->fds.size(), std::size_t{ 0 });
    QCOMPARE(decoder.next({}).value()->fds.size(), std::size_t{ 3 });
    QCOMPARE(decoder.next({}).value()->device, "@end");
    QVERIFY(channel.flush(soon()));
    QCOMPARE(channel.bytesSent(), chunk->size);
}

void TestMainChannel::largeSectionsInBothDirections()
{
    ChannelPair pair;
    const QByteArray payload = patternArray((9 << 20) + 13);
    std::thread peer([&] {
        for (int i = 0; i < 3; ++i) {
            auto section = pair.b.receive(soon());
            if (!section)
                return;
            (void)pair.b.send(section->device, section->instance, 1, section->payload, {}, soon());
        }
    });
    for (std::uint32_t i = 0; i < 3; ++i) {
        QVERIFY(pair.a.send("ballast0", i, 1, payload, {}, soon()));
        const auto back = pair.a.receive(soon());
        QVERIFY(back);
        QCOMPARE(back->instance, i);
        QVERIFY(back->payload == payload);
    }
    peer.join();
}

void TestMainChannel::tcpRefusesFds()
{
    auto [client, server] = tcpPair();
    if (!client || !server)
        QSKIP("no TCP on the loopback interface here");
    MainChannel a(std::move(client));
    MainChannel b(std::move(server));
    QVERIFY(!a.canPassFds());
    const auto fds = openNulls(1);
    const auto refused = a.send("net0", 0, 1, "x", numbersOf(fds), soon());
    QCOMPARE(codeOf(refused), ErrorCode::Unsupported);
    QCOMPARE(refused.error().object, u"net0"_s);
    QCOMPARE(a.bytesSent(), std::uint64_t{ 0 });
    QVERIFY(a.sendHeader());
    QVERIFY(a.send("net0", 0, 1, "x", {}, soon()));
    QVERIFY(b.receiveHeader(soon()));
    QCOMPARE(b.receive(soon()).value().payload, "x");
    a.close();
    QCOMPARE(codeOf(b.receive(soon())), ErrorCode::Disconnected);
}

void TestMainChannel::deadlines()
{
    ChannelPair pair;
    QCOMPARE(codeOf(pair.a.receive(monotonicNs() - 1)), ErrorCode::Timeout);
    const qint64 deadline = monotonicNs() + 20'000'000;
    QCOMPARE(codeOf(pair.a.receive(deadline)), ErrorCode::Timeout);
    QVERIFY(monotonicNs() >= deadline);
    // What is there already is received at any time, and a timeout is not the end.
    QVERIFY(pair.b.send("net0", 0, 1, "x", {}, 0));
    QVERIFY(pair.a.receive(0));

    const QByteArray big(64 << 20, 'x');
    const auto sent = pair.a.send("ballast0", 0, 1, big, {}, monotonicNs() + 20'000'000);
    QCOMPARE(codeOf(sent), ErrorCode::Timeout);
    QCOMPARE(sent.error().object, u"ballast0"_s);
}

void TestMainChannel::cancelEndsAWait()
{
    SocketPair sockets;
    const UniqueFd cancel = makeEvent();
    MainChannel channel(std::move(sockets.a), { { .fd = cancel.get(), .kind = Alarm::Kind::Cancel } });
    std::thread other([&] { ring(cancel); });
    QCOMPARE(codeOf(channel.receive(noDeadline)), ErrorCode::Cancelled);
    other.join();
    QCOMPARE(codeOf(channel.receive(noDeadline)), ErrorCode::Cancelled);
    channel.dropAlarms(Alarm::Kind::Cancel);
    MainChannel peer(std::move(sockets.b));
    QVERIFY(peer.send("@abort", 0, 1, {}, {}, soon()));
    QVERIFY(channel.receive(soon()));
}

void TestMainChannel::cancelEndsALargeTransfer()
{
    SocketPair sockets;
    const UniqueFd cancel = makeEvent();
    MainChannel a(std::move(sockets.a), { { .fd = cancel.get(), .kind = Alarm::Kind::Cancel } });
    MainChannel b(std::move(sockets.b));
    const QByteArray payload(1 << 20, 'x');
    std::thread reader([&] {
        int received = 0;
        while (b.receive(soon())) {
            if (++received == 3)
                ring(cancel);
        }
    });
    Result<void> sent;
    while (sent)
        sent = a.send("@ram", 0, 1, payload, {}, soon());
    a.close();
    reader.join();
    QCOMPARE(codeOf(sent), ErrorCode::Cancelled);
}

void TestMainChannel::aKilledPeerIsNoticed_data()
{
    QTest::addColumn<bool>("holdSocket");
    QTest::newRow("by the end of the stream") << false;
    QTest::newRow("by its pidfd, another process holds its socket") << true;
}

void TestMainChannel::aKilledPeerIsNoticed()
{
    QFETCH(const bool, holdSocket);
    SocketPair sockets;
    ForkedPeer process;
    QVERIFY(process.pid() > 0);
    const UniqueFd pidFd = UniqueFd::adopt(int(::syscall(SYS_pidfd_open, process.pid(), 0)));
    if (!pidFd)
        QSKIP("pidfd_open is not permitted here");
    if (!holdSocket)
        sockets.b.reset();
    MainChannel channel(std::move(sockets.a), { { .fd = pidFd.get(), .kind = Alarm::Kind::PeerExit } });
    ::kill(process.pid(), SIGKILL);
    const auto received = channel.receive(noDeadline);
    QCOMPARE(codeOf(received), ErrorCode::Disconnected);
    if (holdSocket) {
        QCOMPARE(received.error().cause, u"the peer's process has ended"_s);
        const QByteArray big(8 << 20, 'x');
        QCOMPARE(codeOf(channel.send("ballast0", 0, 1, big, {}, noDeadline)), ErrorCode::Disconnected);
    }
}

void TestMainChannel::whatThePeerSentBeforeItEndedArrives()
{
    SocketPair sockets;
    MainChannel peer(std::move(sockets.b));
    const auto fds = openNulls(1);
    QVERIFY(peer.send("net0", 0, 1, "x", numbersOf(fds), soon()));
    QVERIFY(peer.send("@abort", 0, 1, "why", {}, soon()));
    peer.close();
    ForkedPeer process;
    const UniqueFd pidFd = UniqueFd::adopt(int(::syscall(SYS_pidfd_open, process.pid(), 0)));
    if (!pidFd)
        QSKIP("pidfd_open is not permitted here");
    process.end();
    MainChannel channel(std::move(sockets.a), { { .fd = pidFd.get(), .kind = Alarm::Kind::PeerExit } });
    QCOMPARE(codeOf(channel.send("@go", 0, 1, {}, {}, soon())), ErrorCode::Disconnected);
    QCOMPARE(channel.receive(noDeadline).value().fds.size(), std::size_t{ 1 });
    QCOMPARE(channel.receive(noDeadline).value().payload, "why");
    QCOMPARE(codeOf(channel.receive(noDeadline)), ErrorCode::Disconnected);
}

void TestMainChannel::theLastWordsOfAPeerThatEndsMeanwhileArrive()
{
    // The kernel looks at one descriptor after the other. Many idle ones between the two make it likely that
    // both change meanwhile, in some of these runs.
    const auto idle = CancelEvent::create();
    QVERIFY(idle);
    const std::vector<Alarm> many(900, { .fd = idle->fd(), .kind = Alarm::Kind::Cancel });
    for (int run = 0; run < 300; ++run) {
        SocketPair sockets;
        auto ended = CancelEvent::create();
        QVERIFY(ended);
        std::vector<Alarm> alarms = many;
        alarms.push_back({ .fd = ended->fd(), .kind = Alarm::Kind::PeerExit });
        MainChannel channel(std::move(sockets.a), std::move(alarms));
        const std::jthread peer([&sockets, &ended] {
            MainChannel last(std::move(sockets.b));
            std::ignore = last.send("@abort", 0, 1, "why", {}, soon());
            ended->ring();
        });
        const auto received = channel.receive(soon());
        QVERIFY2(received, qPrintable(received ? QString() : received.error().message()));
        QCOMPARE(received->payload, "why");
    }
}

void TestMainChannel::theEndOfTheStreamNamesTheSection()
{
    const Bytes section = sectionBytes("net0", 0, 1, "payload");
    for (std::size_t cut = 0; cut < section.size(); ++cut) {
        SocketPair sockets;
        if (cut > 0)
            QCOMPARE(fdpass::sendSome(sockets.a.get(), std::span(section).first(cut)).value(), cut);
        sockets.a.reset();
        MainChannel channel(std::move(sockets.b));
        const auto received = channel.receive(soon());
        QCOMPARE(codeOf(received), ErrorCode::Disconnected);
        QCOMPARE(received.error().object, cut < sectionHeadBytes + 4 ? QString() : u"net0"_s);
    }
}

void TestMainChannel::sendingToAPeerThatIsGone()
{
    ChannelPair pair;
    pair.b.close();
    const auto sent = pair.a.send("@go", 0, 1, {}, {}, soon());
    QCOMPARE(codeOf(sent), ErrorCode::Disconnected);
    QCOMPARE(sent.error().object, u"@go"_s);
    QCOMPARE(pair.a.bytesSent(), std::uint64_t{ 0 });
    QCOMPARE(pair.a.send("other", 0, 1, {}, {}, soon()).error(), sent.error());
}

void TestMainChannel::anInterruptedSendLeavesTheChannelUsable()
{
    ChannelPair pair;
    const QByteArray payload(60000, 'x');
    Result<void> sent;
    int accepted = -1;
    for (; sent; ++accepted)
        sent = pair.a.send("net0", 0, 1, payload, {}, monotonicNs());
    QCOMPARE(codeOf(sent), ErrorCode::Timeout);
    std::thread reader([&] {
        while (pair.b.receive(soon())) { }
    });
    // Unless a part of a section is out: then the stream is cut, and says so.
    const auto next = pair.a.send("net1", 0, 1, "x", {}, soon());
    QVERIFY(next || next.error() == sent.error());
    pair.a.close();
    reader.join();
    QVERIFY(accepted > 0);
}

void TestMainChannel::aSendCutInTheMiddleIsFinal()
{
    ChannelPair pair;
    const QByteArray big(16 << 20, 'x');
    const auto sent = pair.a.send("ballast0", 0, 1, big, {}, monotonicNs() + 1'000'000);
    QCOMPARE(codeOf(sent), ErrorCode::Timeout);
    QVERIFY(pair.a.bytesSent() > 0);
    QCOMPARE(pair.a.send("@abort", 0, 1, {}, {}, soon()).error(), sent.error());
    QCOMPARE(pair.a.queue("@abort", 0, 1, {}).error(), sent.error());
    QCOMPARE(pair.a.flush(soon()).error(), sent.error());
}

void TestMainChannel::aProxyThatKeepsFds_data()
{
    QTest::addColumn<int>("piece");
    for (const int piece : { 1, 13, 1000, 8192, 65536, 1 << 20 })
        QTest::addRow("pieces of %d bytes", piece) << piece;
}

void TestMainChannel::aProxyThatKeepsFds()
{
    QFETCH(const int, piece);
    const qsizetype before = openFdCount();
    {
        SocketPair near;
        SocketPair far;
        MainChannel sender(std::move(near.a));
        MainChannel receiver(std::move(far.b));
        Proxy proxy(std::move(near.b), std::move(far.a), std::size_t(piece), true);
        const QByteArray payload = patternArray(piece == 1 ? 500 : 150000);
        std::thread thread([&, channel = std::move(sender)]() mutable {
            const auto fds = openNulls(260);
            const auto numbers = numbersOf(fds);
            (void)channel.sendHeader();
            for (std::uint32_t i = 0; i < 20; ++i) {
                (void)channel.send("ram", i, 1, payload, {}, soon());
                (void)channel.send("cpu", i, 1, payload.first(400), {}, soon());
                (void)channel.send("net", i, 1, "x", std::span(numbers).first(i % 4), soon());
                (void)channel.send(
                    "blk", i, 1, payload, std::span(numbers).first(i % 2 == 0 ? 1 : 259), soon());
            }
            (void)channel.send("end", 0, 1, {}, {}, soon());
        });
        Result<void> header = receiver.receiveHeader(soon());
        QStringList wrong;
        if (!header)
            wrong += header.error().message();
        Result<Section> section;
        int count = 0;
        do {
            section = receiver.receive(soon());
            if (!section) {
                wrong += section.error().message();
                break;
            }
            ++count;
            const std::uint32_t i = section->instance;
            const std::size_t expected = section->device == "net" ? i % 4
                : section->device == "blk"                        ? (i % 2 == 0 ? 1 : 259)
                                                                  : 0;
            if (section->fds.size() != expected)
                wrong += QString::fromLatin1(section->device);
        } while (section->device != "end");
        if (!receiver.requireNoStrayFds())
            wrong += u"stray"_s;
        receiver.close();
        thread.join();
        QCOMPARE(wrong, QStringList());
        QCOMPARE(count, 81);
    }
    QCOMPARE(openFdCount(), before);
}

void TestMainChannel::aProxyThatDropsFds()
{
    const qsizetype before = openFdCount();
    {
        SocketPair near;
        SocketPair far;
        MainChannel sender(std::move(near.a));
        MainChannel receiver(std::move(far.b));
        Proxy proxy(std::move(near.b), std::move(far.a), 4096, false);
        const auto fds = openNulls(2);
        QVERIFY(sender.send("net0", 0, 1, "x", numbersOf(fds), soon()));
        const auto section = receiver.receive(soon());
        sender.close();
        QCOMPARE(codeOf(section), ErrorCode::Protocol);
        QCOMPARE(section.error().message(),
            u"Cannot read section 'net0': it announces 2 descriptors, 0 arrived on the channel "
            "(a proxy that does not pass descriptors?)"_s);
    }
    QCOMPARE(openFdCount(), before);
}

void TestMainChannel::strayFds()
{
    const qsizetype before = openFdCount();
    {
        SocketPair sockets;
        MainChannel channel(std::move(sockets.b));
        const auto fds = openNulls(2);
        const Bytes section = sectionBytes("net0", 0, 1, "x", 1);
        QVERIFY(fdpass::sendSome(sockets.a.get(), section, numbersOf(fds)).value() > 0);
        const auto received = channel.receive(soon());
        QCOMPARE(codeOf(received), ErrorCode::Protocol);
        QCOMPARE(received.error().object, u"net0"_s);
        QCOMPARE(openFdCount(), before + 4);
        QVERIFY(channel.send("@abort", 0, 1, {}, {}, soon()));
    }
    QCOMPARE(openFdCount(), before);
}

void TestMainChannel::unconnected()
{
    MainChannel channel;
    QVERIFY(!channel.isOpen());
    QCOMPARE(codeOf(channel.send("a", 0, 1, {}, {}, noDeadline)), ErrorCode::Disconnected);
    QCOMPARE(codeOf(channel.queue("a", 0, 1, {})), ErrorCode::Disconnected);
    QCOMPARE(codeOf(channel.flush(noDeadline)), ErrorCode::Disconnected);
    QCOMPARE(codeOf(channel.sendHeader()), ErrorCode::Disconnected);
    QCOMPARE(codeOf(channel.receive(noDeadline)), ErrorCode::Disconnected);
    QCOMPARE(codeOf(channel.receiveHeader(noDeadline)), ErrorCode::Disconnected);
    channel.close();
}

QTEST_GUILESS_MAIN(TestMainChannel)
#include "tst_mainchannel.moc"
