// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"
#include "forkedpeer.h"

#include "fdpass/describe.h"
#include "fdpass/fdtable.h"
#include "fdpass/unixsocket.h"

#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <cstring>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace cutover;
using namespace cutover::fdpass;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestDescribe : public QObject
{
    Q_OBJECT
    QString path(const QString& name) const { return m_folder->filePath(name); }
    /// Describes \a fd here and in a process that inherited it: both must agree.
    static Result<FdDescription> describeTwice(int fd)
    {
        auto own = describeFd(fd);
        const ForkedPeer peer;
        const auto theirs = describeFd(peer.pid(), fd);
        if (!theirs)
            return theirs;
        if (own && *own != *theirs)
            return failure(ErrorCode::Malformed, u"agree"_s, own->text, theirs->text);
        return own;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    qsizetype m_before = 0;

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning();
        m_folder = std::make_unique<QTemporaryDir>();
        m_before = openFdCount();
    }
    void cleanup()
    {
        QCOMPARE(openFdCount(), m_before);
        m_folder.reset();
    }

    void memfd();
    void hostileNames();
    void memfdLookalike();
    void regularFile();
    void eventFd();
    void pipes();
    void pseudoTerminal();
    void kvm();
    void tap();
    void unixSockets();
    void abstractSocket();
    void socketPair();
    void tcpSockets();
    void otherThings();
    void notOpen();
    void listsFds();
    void listsFdsOfAnother();
    void kindIds();
    void sizes_data();
    void sizes();
    void reservesFds();
    void reservesNoMoreThanAllowed();
};

void TestDescribe::memfd()
{
    const UniqueFd fd = makeMemfd("ram0", off_t{ 64 } * 1024 * 1024);
    const auto found = describeTwice(fd.get());
    QVERIFY(found);
    struct stat status{};
    QCOMPARE(::fstat(fd.get(), &status), 0);
    QCOMPARE(found->kind, FdKind::Memfd);
    QCOMPARE(found->name, u"ram0"_s);
    QCOMPARE(found->text, u"memfd ram0, 64 MiB"_s);
    QCOMPARE(found->link, u"/memfd:ram0 (deleted)"_s);
    QCOMPARE(found->size, 64 * 1024 * 1024);
    QCOMPARE(found->inode, quint64{ status.st_ino });
    QCOMPARE(found->device, quint64{ status.st_dev });
}

void TestDescribe::hostileNames()
{
    const UniqueFd fd = makeMemfd("\x1b[31mred\n");
    const auto found = describeTwice(fd.get());
    QVERIFY(found);
    QCOMPARE(found->text, u"memfd \\x1b[31mred\\x0a, 0 bytes"_s);
    QCOMPARE(found->name, u"\x1b[31mred\n"_s);
}

void TestDescribe::memfdLookalike()
{
    QFile file(path(u"memfd:x (deleted)"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const auto found = describeTwice(file.handle());
    QVERIFY(found);
    QCOMPARE(found->kind, FdKind::File);
}

void TestDescribe::regularFile()
{
    QFile file(path(u"disk.img"_s));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.resize(1536));
    const auto found = describeTwice(file.handle());
    QVERIFY(found);
    QCOMPARE(found->kind, FdKind::File);
    QCOMPARE(found->name, file.fileName());
    QCOMPARE(found->size, 1536);
    QCOMPARE(found->text, u"file "_s + file.fileName() + u", 1.5 KiB"_s);
}

void TestDescribe::eventFd()
{
    const UniqueFd one = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
    const UniqueFd two = UniqueFd::adopt(::eventfd(0, EFD_CLOEXEC));
    const auto first = describeTwice(one.get());
    const auto second = describeTwice(two.get());
    QVERIFY(first && second);
    QCOMPARE(first->kind, FdKind::EventFd);
    QCOMPARE(first->inode, second->inode); // which is why the name matters
    QVERIFY(first->text.startsWith("eventfd"_L1));
    if (!first->name.isEmpty())
        QVERIFY(first->name != second->name);
}

void TestDescribe::pipes()
{
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    const UniqueFd reader = UniqueFd::adopt(ends[0]);
    const UniqueFd writer = UniqueFd::adopt(ends[1]);
    const auto found = describeTwice(reader.get());
    QVERIFY(found);
    QCOMPARE(found->kind, FdKind::Pipe);
    QCOMPARE(found->text, u"pipe:[%1]"_s.arg(found->inode));
    const QByteArray name = QFile::encodeName(path(u"fifo"_s));
    QCOMPARE(::mkfifo(name.constData(), 0600), 0);
    const UniqueFd fifo = UniqueFd::adopt(::open(name.constData(), O_RDWR | O_CLOEXEC));
    const auto named = describeTwice(fifo.get());
    QVERIFY(named);
    QCOMPARE(named->kind, FdKind::Pipe);
    QCOMPARE(named->text, u"named pipe "_s + path(u"fifo"_s));
}

void TestDescribe::pseudoTerminal()
{
    const UniqueFd master = UniqueFd::adopt(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!master || ::unlockpt(master.get()) != 0)
        QSKIP("no pseudo terminals here");
    const auto found = describeTwice(master.get());
    QVERIFY(found);
    QCOMPARE(found->kind, FdKind::Pty);
    QVERIFY2(found->text.startsWith("pty master"_L1), qPrintable(found->text));
    std::array<char, 64> name{};
    QCOMPARE(::ptsname_r(master.get(), name.data(), name.size()), 0);
    const UniqueFd slave = UniqueFd::adopt(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!slave)
        QSKIP("the slave cannot be opened here");
    const auto other = describeTwice(slave.get());
    QVERIFY(other);
    QCOMPARE(other->kind, FdKind::Pty);
    QVERIFY(other->name.startsWith("/dev/pts/"_L1));
}

void TestDescribe::kvm()
{
    const UniqueFd device = UniqueFd::adopt(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
    if (!device)
        QSKIP("/dev/kvm cannot be opened here");
    const auto found = describeTwice(device.get());
    QVERIFY(found);
    QCOMPARE(found->kind, FdKind::Kvm);
    QCOMPARE(found->text, u"KVM /dev/kvm"_s);
    const UniqueFd machine = UniqueFd::adopt(::ioctl(device.get(), KVM_CREATE_VM, 0));
    if (!machine)
        QSKIP("no virtual machine can be made here");
    const auto vm = describeTwice(machine.get());
    QVERIFY(vm);
    QCOMPARE(vm->kind, FdKind::Kvm);
    QCOMPARE(vm->text, u"KVM virtual machine"_s);
    const UniqueFd processor = UniqueFd::adopt(::ioctl(machine.get(), KVM_CREATE_VCPU, 1));
    QVERIFY(bool(processor));
    const auto vcpu = describeTwice(processor.get());
    QVERIFY(vcpu);
    QCOMPARE(vcpu->kind, FdKind::Kvm);
    QCOMPARE(vcpu->text, u"KVM vCPU 1"_s);
}

void TestDescribe::tap()
{
    const UniqueFd device = UniqueFd::adopt(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!device)
        QSKIP("/dev/net/tun cannot be opened here");
    const auto bare = describeTwice(device.get());
    QVERIFY(bare);
    QCOMPARE(bare->kind, FdKind::Tap);
    QCOMPARE(bare->text, u"TUN/TAP without an interface"_s);
    QVERIFY(bare->name.isEmpty());
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strcpy(request.ifr_name, "cutovertest%d");
    if (::ioctl(device.get(), TUNSETIFF, &request) != 0)
        QSKIP("no TAP interface can be made here");
    const auto attached = describeTwice(device.get());
    QVERIFY(attached);
    QCOMPARE(attached->kind, FdKind::Tap);
    QCOMPARE(attached->name, QString::fromLatin1(request.ifr_name));
    QCOMPARE(attached->text, u"TUN/TAP "_s + attached->name);
}

void TestDescribe::unixSockets()
{
    const QString name = path(u"qmp.sock"_s);
    const auto listener = listenUnix(name);
    QVERIFY(listener);
    const auto client = connectUnix(name);
    QVERIFY(client);
    const auto server = acceptUnix(listener->get());
    QVERIFY(server);
    const auto listening = describeTwice(listener->get());
    QVERIFY(listening);
    QCOMPARE(listening->kind, FdKind::Socket);
    QCOMPARE(listening->name, name);
    QCOMPARE(listening->text, u"unix socket, listening at "_s + name);
    const auto connected = describeTwice(client->get());
    QVERIFY(connected);
    if (connected->name.isEmpty())
        QSKIP("this kernel does not tell the peers of unix sockets");
    QCOMPARE(connected->name, name);
    QCOMPARE(connected->text, u"unix socket, peer "_s + name);
    const auto accepted = describeTwice(server->get());
    QVERIFY(accepted);
    QCOMPARE(accepted->name, u"socket %1"_s.arg(connected->inode));
    QCOMPARE(accepted->text, u"unix socket %1, peer socket %2"_s.arg(name).arg(connected->inode));
}

void TestDescribe::abstractSocket()
{
    const UniqueFd socket = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket)
        QFAIL("no socket");
    const sa_family_t family = AF_UNIX;
    QCOMPARE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&family), sizeof family), 0); // autobind
    QCOMPARE(::listen(socket.get(), 1), 0);
    const auto found = describeTwice(socket.get());
    QVERIFY(found);
    QVERIFY2(found->name.startsWith(u'@'), qPrintable(found->name));
}

void TestDescribe::socketPair()
{
    auto pair = unixSocketPair(SocketType::SeqPacket);
    QVERIFY(pair);
    const auto first = describeTwice(pair->first.get());
    const auto second = describeTwice(pair->second.get());
    QVERIFY(first && second);
    QCOMPARE(first->kind, FdKind::Socket);
    if (first->name.isEmpty())
        QSKIP("this kernel does not tell the peers of unix sockets");
    QCOMPARE(first->name, u"socket %1"_s.arg(second->inode));
    pair->second.reset();
    const auto alone = describeTwice(pair->first.get());
    QVERIFY(alone);
    QVERIFY(alone->text.startsWith("unix socket"_L1));
}

void TestDescribe::tcpSockets()
{
    const UniqueFd listener = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!listener)
        QFAIL("no socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    QCOMPARE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    QCOMPARE(::listen(listener.get(), 1), 0);
    socklen_t length = sizeof address;
    QCOMPARE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    const QString name = u"127.0.0.1:%1"_s.arg(ntohs(address.sin_port));
    const auto listening = describeTwice(listener.get());
    QVERIFY(listening);
    QCOMPARE(listening->kind, FdKind::Socket);
    QCOMPARE(listening->text, u"tcp socket, listening at "_s + name);
    const UniqueFd client = UniqueFd::adopt(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        QSKIP("the loopback interface is down");
    const auto connected = describeTwice(client.get());
    QVERIFY(connected);
    QCOMPARE(connected->name, name);
    QVERIFY2(connected->text.endsWith(u", peer "_s + name), qPrintable(connected->text));

    const UniqueFd six = UniqueFd::adopt(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = in6addr_loopback;
    if (!six || ::bind(six.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) != 0
        || ::listen(six.get(), 1) != 0)
        QSKIP("no IPv6 here");
    const auto version6 = describeTwice(six.get());
    QVERIFY(version6);
    QVERIFY2(version6->text.startsWith("tcp socket, listening at [::1]:"_L1), qPrintable(version6->text));
}

void TestDescribe::otherThings()
{
    const UniqueFd poll = UniqueFd::adopt(::epoll_create1(EPOLL_CLOEXEC));
    const auto epoll = describeTwice(poll.get());
    QVERIFY(epoll);
    QCOMPARE(epoll->kind, FdKind::Other);
    QCOMPARE(epoll->text, u"eventpoll"_s);
    QCOMPARE(epoll->size, -1);
    const UniqueFd null = openNull();
    const auto device = describeTwice(null.get());
    QVERIFY(device);
    QCOMPARE(device->kind, FdKind::Other);
    QCOMPARE(device->text, u"device /dev/null"_s);
    const UniqueFd folder
        = UniqueFd::adopt(::open(QFile::encodeName(m_folder->path()).constData(), O_RDONLY | O_CLOEXEC));
    const auto directory = describeTwice(folder.get());
    QVERIFY(directory);
    QCOMPARE(directory->kind, FdKind::Other);
    QCOMPARE(directory->text, u"folder "_s + m_folder->path());
    const UniqueFd netlink = UniqueFd::adopt(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
    const auto socket = describeTwice(netlink.get());
    QVERIFY(socket);
    QCOMPARE(socket->kind, FdKind::Socket);
    QCOMPARE(socket->text, u"netlink socket"_s);
}

void TestDescribe::notOpen()
{
    for (const int fd : { -1, 9999 }) {
        const auto found = describeFd(fd);
        QVERIFY(!found);
        QCOMPARE(found.error().code, ErrorCode::NotFound);
    }
    const UniqueFd open = openNull();
    for (const pid_t nobody : { 0, -1 }) {
        QCOMPARE(describeFd(nobody, open.get()).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(listFds(nobody).error().code, ErrorCode::InvalidArgument);
    }
    ForkedPeer peer;
    const pid_t gone = peer.pid();
    peer.end();
    const auto found = describeFd(gone, 0);
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::NotFound);
    const auto list = listFds(gone);
    QVERIFY(!list);
    QCOMPARE(list.error().code, ErrorCode::NotFound);
}

void TestDescribe::listsFds()
{
    const auto before = listFds(::getpid());
    QVERIFY(before);
    QVERIFY(std::ranges::is_sorted(*before));
    const UniqueFd fd = openNull();
    QVERIFY(!before->contains(fd.get()));
    auto after = listFds(::getpid());
    QVERIFY(after);
    QVERIFY(after->removeOne(fd.get()));
    QCOMPARE(*after, *before);
}

void TestDescribe::listsFdsOfAnother()
{
    const UniqueFd fd = makeMemfd("x");
    const ForkedPeer peer([] { return std::vector{ ::open("/dev/null", O_RDONLY | O_CLOEXEC) }; });
    QCOMPARE(peer.fds().size(), std::size_t{ 1 });
    const auto list = listFds(peer.pid());
    QVERIFY(list);
    QVERIFY(list->contains(fd.get()));
    QVERIFY(list->contains(peer.fds().front()));
    for (const int open : *list)
        QVERIFY(describeFd(peer.pid(), open));
}

void TestDescribe::kindIds()
{
    QCOMPARE(fdKindId(FdKind::Memfd), u"memfd"_s);
    QCOMPARE(fdKindId(FdKind::Other), u"other"_s);
    QSet<QString> ids;
    for (int kind = 0; kind <= int(FdKind::Other); ++kind)
        ids.insert(fdKindId(FdKind(kind)));
    QCOMPARE(ids.size(), int(FdKind::Other) + 1);
    QVERIFY(!ids.contains(QString()));
}

void TestDescribe::sizes_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("text");
    QTest::newRow("0") << qint64{ 0 } << u"0 bytes"_s;
    QTest::newRow("1023") << qint64{ 1023 } << u"1023 bytes"_s;
    QTest::newRow("1K") << qint64{ 1024 } << u"1 KiB"_s;
    QTest::newRow("256K") << (qint64{ 256 } << 10) << u"256 KiB"_s;
    QTest::newRow("1.5M") << (qint64{ 1536 } << 10) << u"1.5 MiB"_s;
    QTest::newRow("16G") << (qint64{ 16 } << 30) << u"16 GiB"_s;
    QTest::newRow("largest") << std::numeric_limits<qint64>::max() << u"8 EiB"_s;
}

void TestDescribe::sizes()
{
    QFETCH(const qint64, bytes);
    QFETCH(const QString, text);
    QCOMPARE(sizeText(bytes), text);
}

void TestDescribe::reservesFds()
{
    const auto tableSize = [] {
        QFile status(u"/proc/self/status"_s);
        if (!status.open(QIODevice::ReadOnly))
            return -1;
        const QRegularExpression line(u"FDSize:\\s*(\\d+)"_s);
        return line.match(QString::fromLatin1(status.readAll())).captured(1).toInt();
    };
    rlimit limit{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    const int wanted = tableSize() + 1;
    if (limit.rlim_cur < static_cast<rlim_t>(wanted) + 64)
        QSKIP("the limit of open files is too low");
    QVERIFY(reserveFds(static_cast<std::size_t>(wanted)));
    QVERIFY(tableSize() >= wanted + m_before - 1);
    QVERIFY(reserveFds(0));
}

void TestDescribe::reservesNoMoreThanAllowed()
{
    rlimit old{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &old), 0);
    const auto used = static_cast<rlim_t>(listFds(::getpid()).value_or(QList<int>()).size());
    const rlimit low{ .rlim_cur = used + 10, .rlim_max = old.rlim_max };
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &low), 0);
    const auto fits = reserveFds(10);
    const auto more = reserveFds(11);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &old), 0);
    QVERIFY(fits);
    QVERIFY(!more);
    QCOMPARE(more.error().code, ErrorCode::LimitExceeded);
    QVERIFY(!more.error().remedy.isEmpty());
}

QTEST_GUILESS_MAIN(TestDescribe)
#include "tst_describe.moc"
