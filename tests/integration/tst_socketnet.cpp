// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/socketnetwork.h"
#include "lab/trafficpeer.h"
#include "tapmachine.h"
#include "vmm/devices/packetsocket.h"

#include "../unit/fdhelpers.h"

#include <QTest>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;
using engine::Device;
using engine::Ownership;
using vmm::TapNetConfig;

namespace {

constexpr int deadlineMs = 60'000;

/// A network of sockets, the guest's ends of which become the device's.
struct Network
{
    explicit Network(int queues = 1)
    {
        auto made = lab::makeSocketNetwork(queues);
        if (!made)
            return;
        host = std::move(made->host);
        for (UniqueFd& socket : made->guest)
            config.sockets << socket.release();
        config.queues = quint32(queues);
    }
    TapNetConfig config;
    std::vector<UniqueFd> host;
};

std::unique_ptr<lab::TrafficPeer> peerOn(std::vector<UniqueFd> sockets)
{
    auto peer = lab::TrafficPeer::create(lab::makeFrameLink(std::move(sockets)), 2000);
    return peer ? std::move(*peer) : nullptr;
}

bool goesOn(const lab::TrafficPeer& peer)
{
    const quint64 before = peer.reading().received;
    return QTest::qWaitFor([&] { return peer.reading().received > before + 50; }, deadlineMs);
}

UniqueFd copyOf(int fd)
{
    return UniqueFd::adopt(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

UniqueFd oneOfPair(int type)
{
    std::array<int, 2> ends{ -1, -1 };
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return {};
    UniqueFd::adopt(ends[1]);
    return UniqueFd::adopt(ends[0]);
}

} // namespace

class TestSocketNet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void echoes_data();
    void echoes();
    void isHandedOver();
    void refusesWhatIsNoSuchSocket();
    void cannotBeOpenedTwice();
    void oddMessages();
    void withoutItsPeer();
};

void TestSocketNet::echoes_data()
{
    QTest::addColumn<int>("queues");
    QTest::newRow("one queue") << 1;
    QTest::newRow("eight") << 8;
}

void TestSocketNet::echoes()
{
    QFETCH(const int, queues);
    Network network(queues);
    TapMachine machine;
    QVERIFY2(machine.create(network.config) && machine.openAndStart(), qPrintable(machine.error));
    QCOMPARE(machine.net->fdSlots().size(), queues + 1);
    QCOMPARE(machine.net->fdSlots().first().kind, fdpass::FdKind::Socket);
    QCOMPARE(machine.net->resource().count(u':'), queues - 1);
    QVERIFY(!machine.net->reopenObstacle().isEmpty());
    for (qsizetype slot = 0; slot < queues; ++slot) {
        QCOMPARE(machine.net->slotFd(slot), network.config.sockets[slot]);
        QVERIFY((::fcntl(machine.net->slotFd(slot), F_GETFD) & FD_CLOEXEC) != 0);
    }
    const auto peer = peerOn(std::move(network.host));
    QVERIFY(peer && goesOn(*peer));
    const lab::TrafficReading reading = peer->stop(deadlineMs);
    QCOMPARE(reading.lost(), 0ULL);
    QCOMPARE(reading.reordered, 0ULL);
    QCOMPARE(machine.net->counters().received, reading.sent);
    QCOMPARE(machine.net->counters().sendDropped, 0ULL);

    TapMachine other;
    network.config.queues = 3;
    QVERIFY(!other.create(network.config));
    QVERIFY2(other.error.contains(u"3 queues, but %1 desc"_s.arg(queues)), qPrintable(other.error));
}

void TestSocketNet::isHandedOver()
{
    Network network(2);
    TapMachine source;
    QVERIFY2(source.create(network.config) && source.openAndStart(), qPrintable(source.error));
    const auto peer = peerOn(std::move(network.host));
    QVERIFY(peer && goesOn(*peer));

    // The same command line, in which the numbers are nobody's.
    TapMachine destination;
    QVERIFY2(destination.create(network.config, copyOf(source.memory.blocks().front().memfd)),
        qPrintable(destination.error));
    const auto token = [&] { return copyOf(source.net->slotFd(2)); };
    QVERIFY(destination.net->attachFd(2, token()));
    QVERIFY(destination.net->attachFd(0, copyOf(source.net->slotFd(0))));
    QVERIFY(!destination.net->take(100)); // one is missing
    QVERIFY(destination.net->attachFd(1, copyOf(source.net->slotFd(1))));
    const auto early = destination.net->take(100);
    QVERIFY(!early);
    QCOMPARE(early.error().code, ErrorCode::Busy);

    source.stop();
    QVERIFY(source.net->release(100, Device::Keep::Backend));
    QVERIFY(destination.load(source.save()));
    QVERIFY2(destination.check(destination.net->take(100)), qPrintable(destination.error));
    QCOMPARE(destination.net->ownership(), Ownership::Owned);
    QCOMPARE(source.net->ownership(), Ownership::None);
    destination.start();
    QVERIFY(goesOn(*peer));
    const lab::TrafficReading reading = peer->stop(deadlineMs);
    QCOMPARE(reading.lost(), 0ULL);
    QCOMPARE(reading.reordered, 0ULL);
    destination.stop();
}

void TestSocketNet::refusesWhatIsNoSuchSocket()
{
    const UniqueFd lonely = UniqueFd::adopt(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    const UniqueFd stream = oneOfPair(SOCK_STREAM);
    const UniqueFd datagrams = oneOfPair(SOCK_DGRAM);
    const UniqueFd inet = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const UniqueFd file = makeMemfd("x", 4096);
    for (const auto& [fd, cause] :
        { std::pair(lonely.get(), u"not connected"_s), std::pair(stream.get(), u"bounds of messages"_s),
            std::pair(datagrams.get(), u"bounds of messages"_s),
            std::pair(inet.get(), u"bounds of messages"_s), std::pair(file.get(), u"not a socket"_s) }) {
        TapMachine machine;
        QVERIFY(machine.create({ .sockets = { fd } }));
        const auto opened = machine.net->openBackend();
        QVERIFY(!opened);
        QVERIFY2(opened.error().cause.contains(cause), qPrintable(opened.error().message()));
        QVERIFY(::fcntl(fd, F_GETFD) >= 0); // not ours, left alone
        QVERIFY(!machine.net->attachFd(0, copyOf(fd)));
        QCOMPARE(machine.net->slotFd(0), -1);
    }
    TapMachine machine;
    constexpr int nobodys = 1 << 19;
    QVERIFY(machine.create({ .sockets = { nobodys } }));
    const auto opened = machine.net->openBackend();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::NotFound);
    QVERIFY2(opened.error().remedy.contains(u"let the migration pass it"), qPrintable(opened.error().remedy));
}

void TestSocketNet::cannotBeOpenedTwice()
{
    Network network;
    TapMachine machine;
    QVERIFY2(machine.create(network.config) && machine.openAndStart(), qPrintable(machine.error));
    machine.stop();
    // A rollback after a handover that would have had it opened by name.
    QVERIFY(machine.net->release(100, Device::Keep::Nothing));
    QCOMPARE(machine.net->slotFd(0), network.config.sockets.first());
    QVERIFY(machine.net->take(100));
    machine.start();
    const auto peer = peerOn(std::move(network.host));
    QVERIFY(peer && goesOn(*peer));
    machine.stop();

    machine.net->detachBackend();
    // What is open under the number now is another file.
    UniqueFd other = oneOfPair(SOCK_SEQPACKET);
    const UniqueFd same = UniqueFd::adopt(::dup2(other.get(), network.config.sockets.first()));
    const auto opened = machine.net->openBackend();
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::NotFound);
    QVERIFY2(opened.error().message().contains(u"no name"), qPrintable(opened.error().message()));
    QVERIFY(!machine.net->take(100));
}

void TestSocketNet::oddMessages()
{
    Network network;
    TapMachine machine;
    QVERIFY2(machine.create(network.config) && machine.openAndStart(), qPrintable(machine.error));
    const int host = network.host.front().get();
    const auto dropped = [&] { return machine.net->counters().receiveDropped; };
    // A buffer of the guest has 2048 bytes, the header among them.
    for (const std::size_t length : { 0, 1, 11, 2049, 60'000 }) {
        const quint64 before = dropped();
        const QByteArray message(qsizetype(length), 'x');
        QCOMPARE(::send(host, message.constData(), length, MSG_NOSIGNAL), ssize_t(length));
        QTRY_COMPARE_WITH_TIMEOUT(dropped(), before + 1, deadlineMs);
    }
    const auto peer = peerOn(std::move(network.host));
    QVERIFY(peer && goesOn(*peer));
    QCOMPARE(peer->stop(deadlineMs).lost(), 0ULL);
}

/// The device goes on without a network, and without asking for it again and again.
void TestSocketNet::withoutItsPeer()
{
    Network network;
    TapMachine machine;
    QVERIFY2(machine.create(network.config) && machine.openAndStart(), qPrintable(machine.error));
    QVERIFY(vmm::hasPeer(machine.net->slotFd(0)));
    auto peer = peerOn(std::move(network.host));
    QVERIFY(peer && goesOn(*peer));
    peer.reset();
    QVERIFY(!vmm::hasPeer(machine.net->slotFd(0)));
    const quint64 beats = machine.pulse().beats;
    QTRY_VERIFY_WITH_TIMEOUT(machine.pulse().beats > beats + 100, deadlineMs);
    QCOMPARE(machine.net->counters().receiveDropped, 0ULL);
    QCOMPARE(machine.net->fault(), nullptr);
    machine.net->stop();
    machine.net->start();
    machine.stop();
    QVERIFY(machine.net->release(100, Device::Keep::Backend));
}

QTEST_GUILESS_MAIN(TestSocketNet)
#include "tst_socketnet.moc"
