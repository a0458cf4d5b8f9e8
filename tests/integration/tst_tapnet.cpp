// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "tapmachine.h"
#include "tapnetwork.h"
#include "tappeer.h"

#include <QCoreApplication>
#include <QTest>

using namespace cutover;
using namespace cutover::test;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;
using engine::Device;
using engine::Ownership;

static QString whyNot; // NOLINT: set before the tests run

class TestTapNet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void echoes_data();
    void echoes();
    void slotsAndConfiguration();
    void refusesConfigurations_data();
    void refusesConfigurations();
    void waitsWhileStopped();
    void aFullQueueLosesNothing();
    void framesThatDoNotFit();
    void aTapThatIsTaken();
    void refusesOtherTaps();
    void damagedStates();
    void brokenRingsAreContained();
    void goesOnAfterARollback();
    void reopens();
    void anotherProcessGoesOn_data();
    void anotherProcessGoesOn();
    void aDeadOwnerLetsGo();
    void theInterfaceGoes();

private:
    qsizetype m_fds = 0;
};

static TapNetConfig configOf(quint32 queues = 1)
{
    return { .interface = u"tap0"_s, .queues = queues };
}

void TestTapNet::initTestCase()
{
    if (!whyNot.isEmpty())
        QSKIP(qPrintable(whyNot));
}

void TestTapNet::init()
{
    QTest::failOnWarning();
    m_fds = openFdCount();
}

void TestTapNet::cleanup()
{
    QCOMPARE(openFdCount(), m_fds);
}

void TestTapNet::echoes_data()
{
    QTest::addColumn<quint32>("queues");
    QTest::addColumn<bool>("offloads");
    QTest::newRow("one queue") << 1U << true;
    QTest::newRow("without offloads") << 1U << false;
    QTest::newRow("two queues") << 2U << true;
    QTest::newRow("eight queues") << 8U << true;
}

void TestTapNet::echoes()
{
    QFETCH(quint32, queues);
    QFETCH(bool, offloads);
    const HostTap tap("tap0", queues > 1);
    QVERIFY(tap.made());
    TapMachine machine;
    TapNetConfig config = configOf(queues);
    config.offloads = offloads;
    QVERIFY2(machine.create(config) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client(queues * 2);
    QVERIFY(client.warmUp());
    for (int count = 0; count < 500; ++count) {
        client.send(count % 2 == 0 ? 64 : 1472);
        client.receive();
        if (count % 20 == 0)
            QTest::qWait(1);
    }
    QVERIFY(client.receiveAll());
    QCOMPARE(client.reordered(), 0ULL);
    machine.stop();
    const auto counters = machine.net->counters();
    QVERIFY(counters.received >= client.sent() && counters.sent >= client.sent());
    QCOMPARE(counters.receiveDropped + counters.sendDropped, 0ULL);
    QCOMPARE(machine.pulse().ringFaults, 0ULL);
    QVERIFY(!machine.net->fault());
}

void TestTapNet::slotsAndConfiguration()
{
    TapMachine machine;
    QVERIFY(machine.create(configOf(3)));
    const auto list = machine.net->fdSlots();
    QCOMPARE(list.size(), 4);
    for (qint32 queue = 0; queue < 3; ++queue) {
        QCOMPARE(list[queue].name, u"net0"_s);
        QCOMPARE(list[queue].id, queue);
        QCOMPARE(list[queue].kind, fdpass::FdKind::Tap);
        QCOMPARE(list[queue].fdClass, engine::FdClass::Exclusive);
        QCOMPARE(machine.net->slotFd(queue), -1);
    }
    QCOMPARE(list[3].name, u"net0/token"_s);
    QCOMPARE(list[3].fdClass, engine::FdClass::Shareable);
    QCOMPARE(machine.net->slotFd(3), -1);
    QCOMPARE(machine.net->slotFd(4), -1);
    QCOMPARE(machine.net->slotFd(-1), -1);
    QCOMPARE(machine.net->resource(), u"tap0"_s);
    const QJsonObject guest = machine.net->guestConfiguration();
    QVERIFY(!guest.contains(u"interface") && !guest.contains(u"vhost"));
    QCOMPARE(guest[u"queues"].toInt(), 3);
    QCOMPARE(guest[u"offloads"].toBool(), true);
    QVERIFY(machine.net->doorbell(5) >= 0);
    QCOMPARE(machine.net->doorbell(6), -1);
}

void TestTapNet::refusesConfigurations_data()
{
    QTest::addColumn<quint32>("queues");
    QTest::addColumn<bool>("vhost");
    QTest::addColumn<int>("layouts");
    QTest::addColumn<int>("code");
    QTest::newRow("no queue") << 0U << false << 0 << int(ErrorCode::InvalidArgument);
    QTest::newRow("nine queues") << 9U << false << 18 << int(ErrorCode::InvalidArgument);
    QTest::newRow("vhost") << 1U << true << 2 << int(ErrorCode::Unsupported);
    QTest::newRow("a queue without rings") << 2U << false << 3 << int(ErrorCode::InvalidArgument);
    QTest::newRow("rings outside of RAM") << 1U << false << 2 << int(ErrorCode::Malformed);
}

void TestTapNet::refusesConfigurations()
{
    QFETCH(quint32, queues);
    QFETCH(bool, vhost);
    QFETCH(int, layouts);
    QFETCH(int, code);
    GuestMemory memory;
    QVERIFY(memory.addBlock(u"ram"_s, 1 << 20, true));
    const auto thread = IoThread::create();
    QVERIFY(thread);
    const QueueLayout outside{ .descriptors = 1 << 21, .available = 1 << 21, .used = 1 << 21, .size = 256 };
    TapNet net(u"net0"_s, { .interface = u"tap0"_s, .queues = queues, .vhost = vhost }, memory, **thread,
        std::vector(std::size_t(layouts), outside));
    const auto realized = net.realizeFrontend();
    QVERIFY(!realized);
    QCOMPARE(int(realized.error().code), code);
}

void TestTapNet::waitsWhileStopped()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    for (int round = 0; round < 5; ++round) {
        machine.net->stop(); // the processors go on
        const auto before = machine.net->counters();
        for (int count = 0; count < 600; ++count)
            QVERIFY(client.send());
        QTest::qWait(20);
        QCOMPARE(machine.net->counters().received, before.received);
        machine.net->start();
        QVERIFY(client.receiveAll());
    }
    QCOMPARE(client.reordered(), 0ULL);
}

void TestTapNet::aFullQueueLosesNothing()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    machine.processors->stop();
    const auto before = machine.net->counters();
    for (int count = 0; count < 3000; ++count)
        QVERIFY(client.send());
    QTRY_VERIFY(machine.net->counters().received - before.received >= 200);
    QTest::qWait(20);
    QVERIFY(machine.net->counters().received - before.received <= 256);
    machine.processors->start();
    QVERIFY(client.receiveAll());
    QCOMPARE(client.reordered(), 0ULL);
    QCOMPARE(machine.net->counters().receiveDropped, 0ULL);
}

static bool setMtu(int mtu)
{
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request = requestFor("tap0");
    request.ifr_mtu = mtu;
    return ::ioctl(socket.get(), SIOCSIFMTU, &request) == 0;
}

void TestTapNet::framesThatDoNotFit()
{
    const HostTap tap("tap0", false);
    QVERIFY(setMtu(4000));
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in guest{};
    guest.sin_family = AF_INET;
    guest.sin_port = htons(7);
    ::inet_pton(AF_INET, "10.9.0.2", &guest.sin_addr);
    // A buffer has 2048 bytes: 12 of header, 14 of Ethernet, 20 of IP and 8 of UDP before the data.
    constexpr int most = 2048 - 12 - 14 - 20 - 8;
    const QByteArray data(3000, 'x');
    for (const auto& [bytes, dropped] : { std::pair(most, 0), std::pair(most + 1, 1), std::pair(3000, 2) }) {
        const auto before = machine.net->counters();
        QCOMPARE(::sendto(socket.get(), data.constData(), std::size_t(bytes), 0,
                     reinterpret_cast<sockaddr*>(&guest), sizeof guest),
            bytes);
        QTRY_VERIFY(machine.net->counters().received + machine.net->counters().receiveDropped
            > before.received + before.receiveDropped);
        QCOMPARE(machine.net->counters().receiveDropped, quint64(dropped));
    }
    QVERIFY(client.send() && client.receiveAll());
}

void TestTapNet::aTapThatIsTaken()
{
    {
        const HostTap tap("tap0", false);
        TapMachine machine;
        QVERIFY(machine.create(configOf()));
        QVERIFY(machine.net->openBackend());
        TapMachine second;
        QVERIFY(second.create(configOf()));
        const auto opened = second.net->openBackend();
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::Busy);
        QCOMPARE(opened.error().sysErrno, EBUSY);
        QCOMPARE(opened.error().object, u"tap0"_s);
        QCOMPARE(second.net->slotFd(0), -1);
        machine.net->detachBackend();
        QVERIFY(second.net->openBackend());
    }
    const HostTap tap("tap0", true);
    TapMachine machine;
    QVERIFY(machine.create(configOf(2)));
    QVERIFY(machine.net->openBackend() && machine.net->take(100));
    QCOMPARE(machine.net->ownership(), Ownership::Owned);
    TapMachine second;
    QVERIFY(second.create(configOf(2)));
    // The kernel gives a second opener further queues; passed on, it is the token that tells.
    QVERIFY(second.net->openBackend());
    second.net->detachBackend();
    for (qsizetype slot = 0; slot < 3; ++slot)
        QVERIFY(second.net->attachFd(slot, UniqueFd::adopt(::dup(machine.net->slotFd(slot)))));
    const auto taken = second.net->take(100);
    QVERIFY(!taken);
    QCOMPARE(taken.error().code, ErrorCode::Busy);
    QCOMPARE(second.net->ownership(), Ownership::None);
    QVERIFY(machine.net->release(100, Device::Keep::Backend));
    QVERIFY(second.net->take(100));
    QVERIFY(!machine.net->take(100));
}

void TestTapNet::refusesOtherTaps()
{
    const HostTap tap("tap0", false);
    const HostTap other("tap1", false);
    const HostTap plain("tap2", false, IFF_TAP | IFF_NO_PI);
    const HostTap multi("tap3", true);
    QVERIFY(tap.made() && plain.made() && multi.made());
    TapMachine machine;
    QVERIFY(machine.create(configOf()));
    const auto refused = [&](qsizetype slot, UniqueFd fd) {
        const auto attached = machine.net->attachFd(slot, std::move(fd));
        return attached ? QString() : attached.error().message();
    };
    const auto headed = [](const HostTap& host) {
        UniqueFd fd = host.attach();
        const int header = netHeaderBytes;
        ::ioctl(fd.get(), TUNSETVNETHDRSZ, &header);
        return fd;
    };
    QVERIFY(refused(0, headed(other)).contains(u"tap1"));
    QVERIFY(refused(0, headed(plain)).contains(u"tap2"));
    QVERIFY(refused(0, UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_CLOEXEC))).contains(u"not a queue"));
    QVERIFY(refused(0, openNull()).contains(u"not a queue"));
    QVERIFY(refused(1, makeMemfd("x", 4096)).size() > 0);
    QVERIFY(refused(2, openNull()).size() > 0);
    QVERIFY(refused(-1, openNull()).size() > 0);
    UniqueFd fits = headed(tap);
    auto copy = fits.duplicate();
    QVERIFY(machine.net->attachFd(0, std::move(fits)));
    QVERIFY(refused(0, std::move(*copy)).contains(u"already"));
    QVERIFY(!machine.net->take(100)); // no token has come
    auto token = engine::OwnershipToken::create(u"a TAP"_s);
    QVERIFY(token);
    TapMachine empty;
    QVERIFY(empty.create(configOf()));
    QVERIFY(empty.net->attachFd(1, UniqueFd::adopt(::dup(token->fd()))));
    QCOMPARE(empty.net->take(100).error().code, ErrorCode::Protocol);

    for (const auto& [interface, queues, code] : { std::tuple(u"tap3"_s, 1U, ErrorCode::InvalidArgument),
             std::tuple(u"tap1"_s, 2U, ErrorCode::InvalidArgument),
             std::tuple(u"none"_s, 1U, ErrorCode::NotFound),
             std::tuple(u"lo"_s, 1U, ErrorCode::InvalidArgument),
             std::tuple(u"an-interface-too-long"_s, 1U, ErrorCode::InvalidArgument),
             std::tuple(u"tap%d"_s, 1U, ErrorCode::InvalidArgument) }) {
        TapMachine another;
        QVERIFY(another.create({ .interface = interface, .queues = queues }));
        const auto opened = another.net->openBackend();
        QVERIFY2(!opened, qPrintable(interface));
        QVERIFY2(opened.error().code == code, qPrintable(opened.error().message()));
        QCOMPARE(opened.error().object, interface);
    }
}

void TestTapNet::damagedStates()
{
    TapMachine machine;
    QVERIFY(machine.create(configOf(2)));
    const auto load = [&](const QByteArray& state) {
        QCborStreamReader reader(state);
        return machine.net->load(reader);
    };
    const auto stateOf = [](const QList<quint64>& numbers) {
        QByteArray state;
        QCborStreamWriter writer(&state);
        writer.startArray(quint64(numbers.size()));
        for (const quint64 number : numbers)
            writer.append(number);
        writer.endArray();
        return state;
    };
    const QList<quint64> numbers{ 7, 7, 9, 9, 1, 2, 3, 4, 65535, 65535, 0, 0, 1, 2, 3, 4 };
    const QByteArray good = stateOf(numbers);
    QVERIFY(load(good));
    QCOMPARE(machine.net->counters().received, 2ULL);
    QByteArray again;
    QCborStreamWriter writer(&again);
    machine.net->save(writer);
    QCOMPARE(again, good);
    QVERIFY(good.size() <= machine.net->stateSize());
    for (qsizetype length = 0; length < good.size(); ++length)
        QVERIFY(!load(good.first(length)));
    auto bad = numbers;
    bad[0] = 8;
    QCOMPARE(load(stateOf(bad)).error().code, ErrorCode::Malformed);
    bad = numbers;
    bad[8] = bad[9] = 65536;
    QCOMPARE(load(stateOf(bad)).error().code, ErrorCode::Malformed);
    QVERIFY(!load(stateOf(numbers.first(8))));
    QVERIFY(!load(stateOf(numbers + numbers)));
    QVERIFY(!load("\x80"));
    QVERIFY(!load("\xf6"));
}

void TestTapNet::brokenRingsAreContained()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    machine.stop();
    vmm::MachineShape shape{ .ramBytes = TapMachine::ramBytes, .processors = 1, .deviceCount = 1 };
    shape.devices[0] = { .type = DeviceType::Net, .queues = 1 };
    const auto plan = planMachine(machine.memory, shape);
    QVERIFY(plan);
    for (int queue = 0; queue < 2; ++queue) {
        std::byte* ring = machine.memory.at(plan->devices[0].queues[queue].available, 4);
        ring[3] = std::byte(std::to_integer<int>(ring[3]) ^ 0x80);
    }
    machine.net->start();
    client.send();
    QTest::qWait(50);
    machine.net->stop();
    QVERIFY(machine.net->fault());
    QVERIFY(machine.net->release(100, Device::Keep::Backend));
}

void TestTapNet::goesOnAfterARollback()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    client.begin(200);
    for (int round = 0; round < 50; ++round) {
        QTest::qWait(2);
        machine.stop();
        QVERIFY(machine.net->release(100, Device::Keep::Backend));
        QCOMPARE(machine.net->ownership(), Ownership::None);
        const QByteArray state = machine.save();
        QVERIFY(machine.net->take(100));
        machine.start();
    }
    client.end();
    QVERIFY(client.receiveAll());
    QCOMPARE(client.reordered(), 0ULL);
}

void TestTapNet::reopens()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    machine.stop();
    QVERIFY(machine.net->release(100, Device::Keep::Nothing));
    QCOMPARE(machine.net->slotFd(0), -1);
    {
        TapMachine second;
        QVERIFY(second.create(configOf()));
        QVERIFY(second.net->openBackend() && second.net->take(100));
        const auto taken = machine.net->take(100);
        QVERIFY(!taken);
        QCOMPARE(taken.error().code, ErrorCode::Busy);
    }
    QVERIFY(machine.net->take(100));
    machine.start();
    for (int count = 0; count < 100; ++count)
        client.send();
    QVERIFY(client.receiveAll());
}

void TestTapNet::anotherProcessGoesOn_data()
{
    QTest::addColumn<quint32>("queues");
    QTest::newRow("one queue") << 1U;
    QTest::newRow("eight queues") << 8U;
}

void TestTapNet::anotherProcessGoesOn()
{
    QFETCH(quint32, queues);
    const HostTap tap("tap0", queues > 1);
    TapMachine machine;
    QVERIFY2(machine.create(configOf(queues)) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client(queues);
    QVERIFY(client.warmUp());

    TapPeer peer;
    const int ram = machine.memory.blocks().front().memfd;
    const PeerMessage prepared = peer.ask('p', QByteArray(1, char(queues)) + "tap0", { &ram, 1 });
    QVERIFY2(prepared.letter == 'y', prepared.bytes.constData());
    const PeerMessage early = peer.ask('b', {}, backendFds(*machine.net));
    QVERIFY2(early.letter == 'y', early.bytes.constData());
    QVERIFY(early.bytes.contains(QByteArray::number(::getpid())));
    const QByteArray peerFds = peer.ask('c').bytes;
    const qsizetype ownFds = openFdCount();

    client.begin(300);
    for (int hop = 0; hop < 20; ++hop) {
        QTest::qWait(10);
        QVERIFY(handOver(machine, peer.socket(), 't'));
        const PeerMessage taken = peer.answer();
        QVERIFY2(taken.letter == 'y', taken.bytes.constData());
        QCOMPARE(machine.net->ownership(), Ownership::None);
        QTest::qWait(10);
        PeerMessage back = peer.ask('g');
        QCOMPARE(back.letter, 'y');
        QVERIFY2(takeOver(machine, std::move(back)), qPrintable(machine.error));
    }
    client.end();
    QVERIFY2(
        client.receiveAll(), qPrintable(u"%1 of %2 came back"_s.arg(client.received()).arg(client.sent())));
    if (queues == 1)
        QCOMPARE(client.reordered(), 0ULL);
    QVERIFY(client.sent() > 100 * queues);
    QCOMPARE(machine.pulse().ringFaults, 0ULL);
    QCOMPARE(openFdCount(), ownFds);
    QCOMPARE(peer.ask('c').bytes, peerFds);
    QCOMPARE(peer.end(), 0);
}

void TestTapNet::aDeadOwnerLetsGo()
{
    const HostTap tap("tap0", false);
    TapMachine machine;
    QVERIFY2(machine.create(configOf()) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    TapPeer peer;
    const int ram = machine.memory.blocks().front().memfd;
    QCOMPARE(peer.ask('p', "\1tap0", { &ram, 1 }).letter, 'y');
    machine.stop();
    QVERIFY(machine.net->release(100, Device::Keep::Backend));
    QVERIFY(sendMessage(peer.socket(), 't', machine.save(), backendFds(*machine.net)));
    QCOMPARE(peer.answer().letter, 'y');
    const auto early = machine.net->take(100);
    QVERIFY(!early);
    QCOMPARE(early.error().code, ErrorCode::Busy);
    QVERIFY(machine.net->owner() && machine.net->owner()->pid == peer.pid());
    peer.kill();
    QVERIFY(machine.net->take(100));
}

/// Processor time of this process; guest and tests sleep meanwhile.
static qint64 processorNs()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

void TestTapNet::theInterfaceGoes()
{
    const HostTap tap("tap0", true);
    TapMachine machine;
    QVERIFY2(machine.create(configOf(2)) && machine.openAndStart(), qPrintable(machine.error));
    EchoClient client;
    QVERIFY(client.warmUp());
    machine.processors->stop();
    QVERIFY(removeInterface("tap0"));
    const auto gone = machine.net->counters();
    const qint64 before = processorNs();
    QTest::qWait(300);
    QVERIFY(processorNs() - before < 150'000'000); // no busy loop
    QCOMPARE(machine.net->counters().received, gone.received);
    machine.net->stop();
    QVERIFY(!machine.net->fault());
    QVERIFY(machine.net->release(100, Device::Keep::Backend));
    QVERIFY(checkTapQueue(machine.net->slotFd(0), {}).error().message().contains(u"not a queue"));
}

int main(int argc, char** argv)
{
    if (argc == 3 && QByteArrayView(argv[1]) == "--peer")
        return runPeer(QByteArray(argv[2]).toInt());
    whyNot = enterNetwork();
    const QCoreApplication application(argc, argv);
    TestTapNet test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_tapnet.moc"
