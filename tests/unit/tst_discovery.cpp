// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/discovery.h"

#include "fakeproc.h"

#include <QTest>

#include <sys/socket.h>
#include <sys/un.h>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;
using Occupancy = DiscoveredMonitor::Occupancy;

class TestDiscovery : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void processValues();
    void processErrors();
    void malformedFiles();
    void unixSocketTable();
    void ownProcess();
    void findsOnlyMonitors();
    void otherUsers();
    void occupancy_data();
    void occupancy();
    void relativePathAndRealSocket();
    void otherMountNamespace();
    void otherMountNamespaceWithTheSameFile();
    void linkedMonitor();
    void libvirtListener();
    void waitingDestination();
    void launchersAreLeftOut();
    void replacedBinary();
    void inspectOne();
};

void TestDiscovery::processValues()
{
    const test::FakeProc fake;
    fake.add(42, { u"/bin/vmm"_s, u"a b"_s, u""_s, u"end"_s });
    const ProcFs proc(fake.root());
    QCOMPARE(proc.pids(), QList<pid_t>{ 42 });
    QCOMPARE(proc.commandLine(42).value(), (QStringList{ u"/bin/vmm"_s, u"a b"_s, u""_s, u"end"_s }));
    QCOMPARE(proc.executable(42).value(), u"/opt/vmm"_s);
    const ProcessStatus status = proc.status(42).value();
    QCOMPARE(status.name, u"vmm"_s);
    QCOMPARE(status.state, 'S');
    QCOMPARE(status.parent, 7);
    QCOMPARE(status.uid, ::geteuid());
    QCOMPARE(status.gid, 6U);
    QCOMPARE(status.threads, 3);
    QCOMPARE(status.residentBytes, 2048 * 1024);
    QCOMPARE(proc.startTime(42).value(), 4200U);
    QCOMPARE(proc.environment(42).value(), (QStringList{ u"A=1"_s, u"B=x y"_s }));
    QCOMPARE(proc.openFilesLimit(42)->soft, 1024U);
    QCOMPARE(proc.openFilesLimit(42)->hard, ~quint64{ 0 });
    QCOMPARE(proc.namespaceId(42, u"net"_s).value(), 20U);
    QCOMPARE(proc.namespaceId(0, u"mnt"_s).value(), 10U);
    fake.write(u"42/task/42/children"_s, "44 43 ");
    fake.write(u"42/task/45/children"_s, "");
    QCOMPARE(proc.children(42).value(), (QList<pid_t>{ 43, 44 }));
    fake.write(u"meminfo"_s, "MemTotal: 9 kB\nMemAvailable:   5 kB\n");
    QCOMPARE(proc.availableMemory().value(), 5 * 1024);
}

void TestDiscovery::processErrors()
{
    const test::FakeProc fake;
    const ProcFs proc(fake.root());
    QCOMPARE(proc.commandLine(1).error().code, ErrorCode::NotFound);
    QCOMPARE(proc.executable(1).error().code, ErrorCode::NotFound);
    QCOMPARE(proc.status(1).error().code, ErrorCode::NotFound);
    QCOMPARE(proc.children(1).error().code, ErrorCode::NotFound);
    QCOMPARE(proc.socketInodes(1).error().code, ErrorCode::NotFound);
    QCOMPARE(proc.availableMemory().error().code, ErrorCode::NotFound);
}

void TestDiscovery::malformedFiles()
{
    const test::FakeProc fake;
    fake.add(42, {});
    fake.write(u"42/status"_s, "Name:\n");
    fake.write(u"42/limits"_s, "Max open files  many  few\n");
    fake.write(u"meminfo"_s, "MemAvailable: lots\n");
    fake.link(u"42/ns/net"_s, u"nonsense"_s);
    const ProcFs proc(fake.root());
    QCOMPARE(proc.commandLine(42).value(), QStringList());
    QCOMPARE(proc.status(42).error().code, ErrorCode::Malformed);
    QCOMPARE(proc.openFilesLimit(42).error().code, ErrorCode::Malformed);
    QCOMPARE(proc.availableMemory().error().code, ErrorCode::Malformed);
    QCOMPARE(proc.namespaceId(42, u"net"_s).error().code, ErrorCode::Malformed);
}

void TestDiscovery::unixSocketTable()
{
    const test::FakeProc fake;
    fake.setSockets({ "00010000 01 100 /run/a b", "00000000 03 101 /run/a b", "00000000 02 0 @abstract",
        "00000000 01 102 /run/dgram", "00000000 03 103" });
    const QList<UnixSocketEntry> entries = ProcFs(fake.root()).unixSockets().value();
    QCOMPARE(entries.size(), 5);
    QCOMPARE(entries[0].path, u"/run/a b"_s);
    QCOMPARE(entries[0].inode, 100U);
    QCOMPARE(entries[0].state, UnixSocketEntry::State::Listening);
    QCOMPARE(entries[1].state, UnixSocketEntry::State::Connected);
    QCOMPARE(entries[2].state, UnixSocketEntry::State::Connecting);
    QCOMPARE(entries[3].state, UnixSocketEntry::State::Other);
    QVERIFY(entries[4].path.isEmpty());
}

void TestDiscovery::ownProcess()
{
    const ProcFs proc;
    QVERIFY(proc.pids().contains(::getpid()));
    QVERIFY(!proc.commandLine(::getpid())->isEmpty());
    QCOMPARE(proc.status(::getpid())->uid, ::geteuid());
    QVERIFY(proc.openFilesLimit(::getpid())->soft > 0);
    QVERIFY(proc.availableMemory().value() > 0);
    QVERIFY(proc.unixSockets());
    QVERIFY(proc.namespaceId(0, u"mnt"_s).value() > 0);
}

static const QStringList monitorWords{ u"-qmp"_s, u"unix:/run/x/q,server=on,wait=off"_s };

void TestDiscovery::findsOnlyMonitors()
{
    const test::FakeProc fake;
    fake.add(10, { u"init"_s });
    fake.add(11, {});
    fake.add(12, QStringList{ u"qemu"_s, u"-name"_s, u"web"_s } + monitorWords);
    fake.add(13, { u"mon"_s, u"-mon"_s, u"hour"_s });
    fake.add(14, { u"any-vmm"_s, u"--qmp"_s, u"unix:/run/y,server=on"_s });
    fake.add(15, { u"qemu"_s, u"-monitor"_s, u"stdio"_s });
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QCOMPARE(found.size(), 2);
    QCOMPARE(found[0].pid, 12);
    QCOMPARE(found[0].startTime, 1200U);
    QCOMPARE(found[0].name, u"web"_s);
    QCOMPARE(found[0].binary, u"/opt/vmm"_s);
    QVERIFY(!found[0].monitors[0].exists);
    QVERIFY(!found[0].usableMonitor());
    QCOMPARE(found[1].name, u"any-vmm"_s);
}

void TestDiscovery::otherUsers()
{
    const test::FakeProc fake;
    fake.add(10, QStringList{ u"qemu"_s } + monitorWords, ::geteuid() + 1);
    QVERIFY(discover(ProcFs(fake.root())).isEmpty());
    QCOMPARE(discover(ProcFs(fake.root()), { .allUsers = true }).size(), 1);
}

void TestDiscovery::occupancy_data()
{
    QTest::addColumn<QByteArrayList>("sockets");
    QTest::addColumn<int>("expected");
    QTest::newRow("free") << QByteArrayList{ "00010000 01 100 /run/x/q" } << int(Occupancy::Free);
    QTest::newRow("served") << QByteArrayList{ "00010000 01 100 /run/x/q", "00000000 03 101 /run/x/q" }
                            << int(Occupancy::Taken);
    QTest::newRow("client waits") << QByteArrayList{ "00010000 01 100 /run/x/q", "00000000 03 0 /run/x/q" }
                                  << int(Occupancy::Taken);
    QTest::newRow("somebody else's path")
        << QByteArrayList{ "00010000 01 999 /run/x/q" } << int(Occupancy::NotListening);
    QTest::newRow("nothing") << QByteArrayList{} << int(Occupancy::NotListening);
    QTest::newRow("other socket is served")
        << QByteArrayList{ "00010000 01 100 /run/x/q", "00000000 03 101 /run/z" } << int(Occupancy::Free);
}

void TestDiscovery::occupancy()
{
    QFETCH(QByteArrayList, sockets);
    QFETCH(int, expected);
    const test::FakeProc fake;
    fake.add(12, QStringList{ u"qemu"_s } + monitorWords);
    fake.addSocketFd(12, 3, 100);
    fake.addSocketFd(12, 4, 101);
    fake.setSockets(sockets);
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QCOMPARE(found.size(), 1);
    QCOMPARE(int(found[0].monitors[0].occupancy), expected);
}

void TestDiscovery::relativePathAndRealSocket()
{
    const test::FakeProc fake;
    fake.add(12, { u"qemu"_s, u"-qmp"_s, u"unix:q.sock,server=on,wait=off"_s });
    fake.addSocketFd(12, 3, 100);
    fake.setSockets({ "00010000 01 100 q.sock" });
    const QString folder = fake.root() + u"/cwd"_s;
    QVERIFY(QDir().mkpath(folder));
    const QString path = folder + u"/q.sock"_s;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const QByteArray encoded = path.toLocal8Bit();
    QVERIFY(encoded.size() < qsizetype(sizeof address.sun_path));
    std::ranges::copy(encoded, address.sun_path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    QCOMPARE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    ::close(fd);
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].workingDirectory, folder);
    QVERIFY(found[0].usableMonitor());
    const DiscoveredMonitor* monitor = found[0].usableMonitor();
    QCOMPARE(monitor->path, path);
    QVERIFY(monitor->exists);
    QVERIFY(monitor->accessible);
}

void TestDiscovery::otherMountNamespace()
{
    const test::FakeProc fake;
    fake.add(12, QStringList{ u"qemu"_s } + monitorWords);
    fake.link(u"12/ns/mnt"_s, u"mnt:[11]"_s);
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QVERIFY(!found[0].sameMountNamespace);
    QCOMPARE(found[0].monitors[0].path, QString(fake.root() + u"/12/root/run/x/q"));
}

void TestDiscovery::otherMountNamespaceWithTheSameFile()
{
    const test::FakeProc fake;
    fake.write(u"sockets/q"_s, {});
    const QString path = fake.root() + u"/sockets/q"_s;
    fake.add(12, { u"qemu"_s, u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(path) });
    fake.link(u"12/ns/mnt"_s, u"mnt:[11]"_s);
    fake.link(u"12/root"_s, u"/"_s);
    QCOMPARE(discover(ProcFs(fake.root()))[0].monitors[0].path, path);
}

void TestDiscovery::linkedMonitor()
{
    const test::FakeProc fake;
    fake.write(u"sockets/q"_s, {});
    fake.link(u"sockets/link"_s, u"q"_s);
    fake.add(12, { u"qemu"_s, u"-qmp"_s, u"unix:%1/sockets/link,server=on,wait=off"_s.arg(fake.root()) });
    QCOMPARE(discover(ProcFs(fake.root()))[0].monitors[0].path, QString(fake.root() + u"/sockets/q"));
}

void TestDiscovery::libvirtListener()
{
    const test::FakeProc fake;
    fake.add(12,
        { u"qemu"_s, u"-chardev"_s, u"socket,id=m,fd=28,server=on,wait=off"_s, u"-mon"_s,
            u"chardev=m,id=monitor,mode=control"_s });
    fake.addSocketFd(12, 28, 100);
    fake.setSockets({ "00010000 01 100 /var/lib/libvirt/qemu/domain-1-web/monitor.sock" });
    fake.add(13, { u"qemu"_s, u"-qmp"_s, u"unix:/run/libvirt/qemu/m.sock,server=on"_s });
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QCOMPARE(found.size(), 2);
    QCOMPARE(found[0].monitors[0].occupancy, Occupancy::Libvirt);
    QCOMPARE(found[0].monitors[0].path, u"/var/lib/libvirt/qemu/domain-1-web/monitor.sock"_s);
    QCOMPARE(found[1].monitors[0].occupancy, Occupancy::Libvirt);
    QVERIFY(!found[1].usableMonitor());
}

void TestDiscovery::waitingDestination()
{
    const test::FakeProc fake;
    const QStringList argv = QStringList{ u"qemu"_s } + monitorWords
        + QStringList{ u"-incoming"_s, u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c"_s };
    fake.add(12, argv);
    QVERIFY(discover(ProcFs(fake.root()))[0].waitsForCprState);
    fake.addSocketFd(12, 3, 100);
    fake.setSockets({ "00010000 01 100 /run/x/q" });
    QVERIFY(!discover(ProcFs(fake.root()))[0].waitsForCprState);
}

void TestDiscovery::launchersAreLeftOut()
{
    const test::FakeProc fake;
    fake.add(10, QStringList{ u"timeout"_s, u"60"_s, u"/usr/bin/qemu"_s } + monitorWords);
    fake.add(11, QStringList{ u"/usr/bin/qemu"_s } + monitorWords);
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].pid, 11);
}

void TestDiscovery::replacedBinary()
{
    const test::FakeProc fake;
    fake.add(12, QStringList{ u"qemu"_s } + monitorWords);
    fake.link(u"12/exe"_s, u"/opt/vmm (deleted)"_s);
    const QList<DiscoveredVmm> found = discover(ProcFs(fake.root()));
    QVERIFY(found[0].binaryReplaced);
    QCOMPARE(found[0].binary, u"/opt/vmm"_s);
}

void TestDiscovery::inspectOne()
{
    const test::FakeProc fake;
    fake.add(12, QStringList{ u"qemu"_s } + monitorWords, ::geteuid() + 1);
    fake.add(13, { u"sh"_s });
    const ProcFs proc(fake.root());
    QCOMPARE(inspectProcess(12, proc)->pid, 12);
    QCOMPARE(inspectProcess(13, proc).error().code, ErrorCode::InvalidArgument);
    QVERIFY(!inspectProcess(13, proc).error().remedy.isEmpty());
    QCOMPARE(inspectProcess(14, proc).error().code, ErrorCode::NotFound);
}

QTEST_GUILESS_MAIN(TestDiscovery)
#include "tst_discovery.moc"
