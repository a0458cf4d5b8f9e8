// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/derive.h"

#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;
using Kind = CommandChange::Kind;

class TestDerive : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void wholeLine();
    void singleOptions_data();
    void singleOptions();
    void ownCommandLine_data();
    void ownCommandLine();
    void incomingForms_data();
    void incomingForms();
    void machineTypeIsPinned_data();
    void machineTypeIsPinned();
    void secondHopIsStable();
    void movesAreUnique();
    void switchesAreTold();
    void descriptorsThatCome();
    void everyDifferenceIsReported();
    void inTheSameProcess();
    void badInput();
};

static DeriveOptions standard()
{
    DeriveOptions options;
    options.socketFolder = u"/run/c"_s;
    options.cprFd = 9;
    options.tracePatterns = { u"cpr_*"_s };
    return options;
}

/// What the old program closes, the new one may open; what it keeps open, it may not.
void TestDerive::inTheSameProcess()
{
    DeriveOptions options = standard();
    options.cprFd = -1;
    options.sameProcess = true;
    const QStringList source{ u"/usr/bin/qemu"_s, u"-serial"_s, u"tcp:127.0.0.1:5555,server=on,wait=off"_s,
        u"-netdev"_s, u"user,id=u0,hostfwd=tcp:127.0.0.1:5566-:22"_s, u"-vnc"_s, u"127.0.0.1:7"_s,
        u"-daemonize"_s, u"-qmp"_s, u"unix:/run/vm.qmp,server=on,wait=off"_s };
    const auto derived = derive(source, options);
    QVERIFY(derived);
    QVERIFY(!derived->hasConflicts());
    for (const QString& kept : { source[2], source[4], source[6] })
        QVERIFY2(derived->argv.contains(kept), qPrintable(kept));
    QVERIFY(!derived->argv.contains(u"-daemonize"_s));
    QVERIFY(derived->argv.contains(u"-S"_s) && derived->argv.contains(u"defer"_s));
    QCOMPARE(derived->argv.filter(u"cpr,"_s), QStringList());
    QCOMPARE(derived->monitorPath, u"/run/c/monitor"_s);

    const auto tap = derive(source + QStringList{ u"-netdev"_s, u"tap,id=t0,ifname=tap0"_s }, options);
    QVERIFY(tap && tap->hasConflicts());
    options.sameProcess = false;
    const auto other = derive(source, options);
    QVERIFY(other && other->hasConflicts());
}

static const QStringList ownOptions{ u"-qmp"_s, u"unix:/run/c/monitor,server=on,wait=off"_s, u"-incoming"_s,
    u"cpr,addr.transport=socket,addr.type=fd,addr.str=9"_s, u"-incoming"_s, u"defer"_s, u"-S"_s, u"-msg"_s,
    u"timestamp=on"_s, u"-D"_s, u"/run/c/trace.log"_s, u"-trace"_s, u"cpr_*"_s };

void TestDerive::wholeLine()
{
    DeriveOptions options = standard();
    options.binary = u"/opt/new/qemu"_s;
    options.connectBackPath = u"/run/c/back"_s;
    const auto derived
        = derive({ u"/usr/bin/qemu"_s, u"-name"_s, u"vm,debug-threads=on"_s, u"-machine"_s,
                     u"q35,memory-backend=r"_s, u"-qmp"_s, u"unix:/run/vm.qmp,server=on,wait=off"_s,
                     u"-daemonize"_s, u"-pidfile"_s, u"/run/vm.pid"_s, u"-incoming"_s, u"unix:/old"_s },
            options);
    QVERIFY(derived);
    QCOMPARE(derived->argv,
        (QStringList{ u"/opt/new/qemu"_s, u"-qmp"_s, u"unix:/run/c/back,server=off"_s, u"-name"_s,
            u"vm,debug-threads=on"_s, u"-machine"_s, u"q35,memory-backend=r"_s, u"-qmp"_s,
            u"unix:/run/c/monitor,server=on,wait=off"_s, u"-pidfile"_s, u"/run/c/vm.pid"_s, u"-incoming"_s,
            u"cpr,addr.transport=socket,addr.type=fd,addr.str=9"_s, u"-incoming"_s, u"defer"_s, u"-S"_s,
            u"-msg"_s, u"timestamp=on"_s, u"-D"_s, u"/run/c/trace.log"_s, u"-trace"_s, u"cpr_*"_s }));
    QCOMPARE(derived->monitorPath, u"/run/c/monitor"_s);
    QCOMPARE(derived->logFile, u"/run/c/trace.log"_s);
    QCOMPARE(derived->moves,
        (std::vector<PathMove>{ { .sourcePath = u"/run/vm.qmp"_s, .destinationPath = u"/run/c/monitor"_s },
            { .sourcePath = u"/run/vm.pid"_s, .destinationPath = u"/run/c/vm.pid"_s } }));
    QVERIFY(!derived->hasConflicts());
    for (const CommandChange& change : derived->changes)
        QVERIFY(!change.reason.isEmpty());
}

void TestDerive::singleOptions_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("becomes");
    QTest::addColumn<int>("kind"); // -1: unchanged and not mentioned
    const auto row = [](const char* name, const QStringList& words, const QStringList& becomes, int kind) {
        QTest::newRow(name) << words << becomes << kind;
    };
    const auto same
        = [&row](const char* name, const QStringList& words, int kind) { row(name, words, words, kind); };
    same("device", { u"-device"_s, u"virtio-rng-pci,id=r"_s }, -1);
    same("debug threads", { u"-name"_s, u"a,debug-threads=on"_s }, -1);
    same("bare disk image", { u"disk.img"_s }, -1);
    same("vnc none", { u"-vnc"_s, u"none"_s }, -1);
    same("stdio console", { u"-serial"_s, u"mon:stdio"_s }, -1);
    same("blockdev", { u"-blockdev"_s, uR"({"driver":"file","filename":"/d"})"_s }, -1);
    same("user network", { u"-netdev"_s, u"user,id=n"_s }, -1);
    same("tap by name", { u"-netdev"_s, u"tap,id=n,ifname=tap0"_s }, int(Kind::Conflict));
    same("tap by name in JSON", { u"-netdev"_s, uR"({"type":"tap","id":"n","ifname":"tap0"})"_s },
        int(Kind::Conflict));
    same("tap by fd", { u"-netdev"_s, u"tap,id=n,fds=4:5"_s }, int(Kind::Conflict));
    same("tap made by a script", { u"-netdev"_s, u"tap,id=n"_s }, int(Kind::Warning));
    same("host forward", { u"-netdev"_s, u"user,id=n,hostfwd=tcp::22-:22"_s }, int(Kind::Conflict));
    same("nic with a tap", { u"-nic"_s, u"tap,ifname=tap0,model=virtio"_s }, int(Kind::Conflict));
    same("add-fd", { u"-add-fd"_s, u"fd=3,set=1"_s }, int(Kind::Conflict));
    same("chardev by fd", { u"-chardev"_s, u"socket,id=c,fd=4"_s }, int(Kind::Conflict));
    same("vfio by fd", { u"-device"_s, u"vfio-pci,fd=3,id=v"_s }, int(Kind::Conflict));
    same("vhost-user", { u"-netdev"_s, u"vhost-user,id=n,chardev=c"_s }, int(Kind::Warning));
    same("client socket", { u"-chardev"_s, u"socket,id=c,path=/run/backend"_s }, int(Kind::Warning));
    same("tcp server", { u"-serial"_s, u"tcp::4000,server=on,wait=off"_s }, int(Kind::Conflict));
    same("spice", { u"-spice"_s, u"port=5900"_s }, int(Kind::Conflict));
    same("snapshot", { u"-snapshot"_s }, int(Kind::Conflict));
    same("drive with snapshot", { u"-drive"_s, u"file=/d,snapshot=on"_s }, int(Kind::Conflict));
    same("pty", { u"-serial"_s, u"pty"_s }, int(Kind::Warning));
    same("readconfig", { u"-readconfig"_s, u"/x"_s }, int(Kind::Warning));
    row("incoming", { u"-incoming"_s, u"defer"_s }, {}, int(Kind::Removed));
    row("daemonize", { u"-daemonize"_s }, {}, int(Kind::Removed));
    row("loadvm", { u"-loadvm"_s, u"snap"_s }, {}, int(Kind::Removed));
    row("debugger", { u"-s"_s }, {}, int(Kind::Removed));
    row("own log", { u"-D"_s, u"/old.log"_s }, {}, int(Kind::Removed));
    row("trace to a file", { u"-trace"_s, u"file=/old.log"_s }, {}, int(Kind::Removed));
    row("trace pattern with a file", { u"-trace"_s, u"enable=vm_*,file=/old.log"_s },
        { u"-trace"_s, u"enable=vm_*"_s }, int(Kind::Replaced));
    row("client monitor", { u"-qmp"_s, u"unix:/gone,server=off"_s }, {}, int(Kind::Removed));
    row("tcp monitor", { u"-qmp"_s, u"tcp::4444,server=on,wait=off"_s }, {}, int(Kind::Removed));
    row("pid file", { u"-pidfile"_s, u"/run/vm.pid"_s }, { u"-pidfile"_s, u"/run/c/vm.pid"_s },
        int(Kind::Replaced));
    row("server console", { u"-serial"_s, u"unix:/run/vm.con,server=on"_s },
        { u"-serial"_s, u"unix:/run/c/vm.con,server=on,wait=off"_s }, int(Kind::Replaced));
    row("muxed server console", { u"-serial"_s, u"mon:unix:/run/vm.con,server,nowait"_s },
        { u"-serial"_s, u"mon:unix:/run/c/vm.con,server,wait=off"_s }, int(Kind::Replaced));
    row("server chardev", { u"-chardev"_s, u"socket,path=/run/vm.con,id=c,server=on"_s },
        { u"-chardev"_s, u"socket,path=/run/c/vm.con,id=c,server=on,wait=off"_s }, int(Kind::Replaced));
    row("console in a file", { u"-serial"_s, u"file:/log,x"_s },
        { u"-chardev"_s, u"file,id=cutover-serial0,path=/log,,x,append=on"_s, u"-serial"_s,
            u"chardev:cutover-serial0"_s },
        int(Kind::Replaced));
    row("file chardev", { u"-chardev"_s, u"file,id=c,path=/log"_s },
        { u"-chardev"_s, u"file,id=c,path=/log,append=on"_s }, int(Kind::Replaced));
    same("appending chardev", { u"-chardev"_s, u"file,id=c,path=/log,append=on"_s }, -1);
    row("vnc display", { u"-vnc"_s, u":1"_s }, { u"-vnc"_s, u":1,to=99"_s }, int(Kind::Replaced));
    row("vnc as a display", { u"-display"_s, u"vnc=:1"_s }, { u"-display"_s, u"vnc=:1,to=99"_s },
        int(Kind::Replaced));
    row("vnc socket", { u"-vnc"_s, u"unix:/run/v"_s }, { u"-vnc"_s, u"unix:/run/c/v"_s },
        int(Kind::Replaced));
}

void TestDerive::singleOptions()
{
    QFETCH(QStringList, words);
    QFETCH(QStringList, becomes);
    QFETCH(int, kind);
    const auto derived = derive(QStringList{ u"qemu"_s } + words, standard());
    QVERIFY(derived);
    QCOMPARE(derived->argv, QStringList{ u"qemu"_s } + becomes + ownOptions);
    const auto change = std::ranges::find(derived->changes, words.join(u' '), &CommandChange::before);
    if (kind < 0) {
        QVERIFY(change == derived->changes.end());
        return;
    }
    QVERIFY(change != derived->changes.end());
    QCOMPARE(int(change->kind), kind);
    QCOMPARE(change->after, becomes.join(u' '));
    QCOMPARE(derived->hasConflicts(), kind == int(Kind::Conflict));
}

void TestDerive::ownCommandLine_data()
{
    QTest::addColumn<QString>("netdev");
    QTest::addColumn<bool>("conflict");
    QTest::newRow("the source's tap") << u"tap,id=n,ifname=tap0"_s << true;
    QTest::newRow("another tap") << u"tap,id=n,ifname=tap1"_s << false;
    QTest::newRow("the source's port") << u"user,id=n,hostfwd=tcp::22-:22"_s << true;
    QTest::newRow("another port") << u"user,id=n,hostfwd=tcp::23-:22"_s << false;
}

/// Only what the source really has stands against a command line that is not the source's.
void TestDerive::ownCommandLine()
{
    QFETCH(const QString, netdev);
    QFETCH(const bool, conflict);
    DeriveOptions options = standard();
    options.sourceNetwork = { { .type = u"tap"_s, .ifname = u"tap0"_s },
        { .type = u"user"_s, .hostForwards = { u"tcp::22-:22"_s } } };
    const auto derived = derive({ u"qemu"_s, u"-netdev"_s, netdev }, options);
    QVERIFY(derived);
    QCOMPARE(derived->hasConflicts(), conflict);
    QVERIFY(derived->argv.contains(netdev));
}

void TestDerive::incomingForms_data()
{
    QTest::addColumn<QString>("mainPath");
    QTest::addColumn<QString>("cprPath");
    QTest::addColumn<int>("cprFd");
    QTest::addColumn<bool>("paused");
    QTest::addColumn<QStringList>("expected");
    const QString byPath = u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c,,d"_s;
    const QString byFd = u"cpr,addr.transport=socket,addr.type=fd,addr.str=3"_s;
    QTest::newRow("cpr by path, defer")
        << QString() << u"/c,d"_s << -1 << true
        << QStringList{ u"-incoming"_s, byPath, u"-incoming"_s, u"defer"_s, u"-S"_s };
    QTest::newRow("cpr by fd, uri") << u"/m"_s << QString() << 3 << true
                                    << QStringList{ u"-incoming"_s, byFd, u"-incoming"_s, u"unix:/m"_s,
                                           u"-S"_s };
    QTest::newRow("no cpr, not paused")
        << u"/m"_s << QString() << -1 << false << QStringList{ u"-incoming"_s, u"unix:/m"_s };
}

void TestDerive::incomingForms()
{
    QFETCH(QString, mainPath);
    QFETCH(QString, cprPath);
    QFETCH(int, cprFd);
    QFETCH(bool, paused);
    QFETCH(QStringList, expected);
    DeriveOptions options = standard();
    options.mainPath = mainPath;
    options.cprPath = cprPath;
    options.cprFd = cprFd;
    options.startPaused = paused;
    const auto derived = derive({ u"qemu"_s, u"-S"_s }, options);
    QVERIFY(derived);
    QCOMPARE(derived->argv.sliced(3, expected.size()), expected);
    QCOMPARE(derived->argv.count(u"-S"_s), paused ? 1 : 0);
}

void TestDerive::machineTypeIsPinned_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("becomes");
    QTest::newRow("alias") << QStringList{ u"-machine"_s, u"q35,smm=on"_s }
                           << QStringList{ u"-machine"_s, u"pc-q35-10.0,smm=on"_s };
    QTest::newRow("short option") << QStringList{ u"-M"_s, u"q35"_s }
                                  << QStringList{ u"-M"_s, u"pc-q35-10.0"_s };
    QTest::newRow("type=") << QStringList{ u"-machine"_s, u"accel=kvm,type=q35"_s }
                           << QStringList{ u"-machine"_s, u"accel=kvm,type=pc-q35-10.0"_s };
    QTest::newRow("already") << QStringList{ u"-M"_s, u"pc-q35-10.0"_s }
                             << QStringList{ u"-M"_s, u"pc-q35-10.0"_s };
    QTest::newRow("two options") << QStringList{ u"-M"_s, u"q35"_s, u"-M"_s, u"smm=on"_s }
                                 << QStringList{ u"-M"_s, u"pc-q35-10.0"_s, u"-M"_s, u"smm=on"_s };
    QTest::newRow("none") << QStringList{} << QStringList{ u"-machine"_s, u"pc-q35-10.0"_s };
}

void TestDerive::machineTypeIsPinned()
{
    QFETCH(QStringList, words);
    QFETCH(QStringList, becomes);
    DeriveOptions options = standard();
    options.machineType = u"pc-q35-10.0"_s;
    const auto derived = derive(QStringList{ u"qemu"_s } + words, options);
    QVERIFY(derived);
    QCOMPARE(derived->argv, QStringList{ u"qemu"_s } + becomes + ownOptions);
}

void TestDerive::secondHopIsStable()
{
    DeriveOptions options = standard();
    options.connectBackPath = u"/run/c/back"_s;
    const QStringList source{ u"qemu"_s, u"-m"_s, u"64M"_s, u"-qmp"_s,
        u"unix:/run/vm.qmp,server=on,wait=off"_s };
    const auto first = derive(source, options);
    QVERIFY(first);
    options.socketFolder = u"/run/d"_s;
    options.connectBackPath = u"/run/d/back"_s;
    const auto second = derive(first->argv, options);
    QVERIFY(second);
    QStringList expected = first->argv;
    expected.replaceInStrings(u"/run/c/"_s, u"/run/d/"_s);
    QStringList sortedSecond = second->argv;
    sortedSecond.sort();
    expected.sort();
    QCOMPARE(sortedSecond, expected);
    QCOMPARE(second->monitorPath, u"/run/d/monitor"_s);
    QVERIFY(!second->hasConflicts());
}

void TestDerive::movesAreUnique()
{
    const auto derived = derive({ u"qemu"_s, u"-serial"_s, u"unix:/a/monitor,server=on,wait=off"_s,
                                    u"-serial"_s, u"unix:/b/monitor,server=on,wait=off"_s, u"-qmp"_s,
                                    u"unix:/q1,server=on,wait=off"_s, u"-qmp"_s, u"unix:/q2,server=on"_s },
        standard());
    QVERIFY(derived);
    QSet<QString> paths;
    for (const PathMove& move : derived->moves)
        paths.insert(move.destinationPath);
    QCOMPARE(paths.size(), 4);
    QCOMPARE(derived->monitorPath, u"/run/c/monitor"_s);
    QVERIFY(paths.contains(derived->monitorPath));
    QVERIFY(!derived->argv.join(u' ').contains(u"server=on "));
}

void TestDerive::switchesAreTold()
{
    DeriveOptions options = standard();
    options.fdSwitch = u"migrate-fds"_s;
    options.fdSwitches
        = { { u"a"_s, false }, { u"b"_s, true }, { u"c"_s, true }, { u"r"_s, false }, { u"gone"_s, false } };
    const QStringList source{ u"vmm"_s, u"-object"_s, u"memory-backend-memfd,id=r,size=1M"_s, u"-device"_s,
        u"tap-net,id=a,migrate-fds=on"_s, u"-device"_s, u"tap-net,id=b,migrate-fds=off"_s, u"-device"_s,
        u"tap-net,id=c"_s, u"-device"_s, u"tap-net,id=d"_s };
    const auto derived = derive(source, options);
    QVERIFY(derived);
    for (const QString& expected :
        { u"memory-backend-memfd,id=r,size=1M,migrate-fds=off"_s, u"tap-net,id=a,migrate-fds=off"_s,
            u"tap-net,id=b,migrate-fds=on"_s, u"tap-net,id=c"_s, u"tap-net,id=d"_s })
        QVERIFY2(derived->argv.contains(expected), qPrintable(derived->argv.join(u' ')));
    const auto told = std::ranges::count_if(derived->changes,
        [](const CommandChange& change) { return change.reason.contains(u"switch for passing"); });
    QCOMPARE(told, 3);

    // A default that was switched off is no longer the one that an option without a value has.
    options.fdSwitches = { { u"c"_s, true } };
    const auto preset = derive(source + QStringList{ u"-global"_s, u"tap-net.migrate-fds=off"_s }, options);
    QVERIFY(preset);
    QVERIFY(preset->argv.contains(u"tap-net,id=c,migrate-fds=on"_s));
}

void TestDerive::descriptorsThatCome()
{
    DeriveOptions options = standard();
    options.passedDevices = { u"a"_s };
    const QStringList source{ u"vmm"_s, u"-device"_s, u"tap-net,id=a,fd=100:101,queues=2"_s };
    const auto derived = derive(source, options);
    QVERIFY(derived && !derived->hasConflicts());
    QVERIFY(derived->argv.contains(source.last()));
    for (const QString& other : { u"tap-net,id=b,fd=100"_s, u"tap-net,fd=100"_s }) {
        const auto conflict = derive({ u"vmm"_s, u"-device"_s, other }, options);
        QVERIFY(conflict && conflict->hasConflicts());
    }
}

void TestDerive::everyDifferenceIsReported()
{
    const QStringList source{ u"qemu"_s, u"-chardev"_s, u"socket,id=m,fd=3,server=on,wait=off"_s, u"-mon"_s,
        u"chardev=m,mode=control"_s, u"-msg"_s, u"guest-name=on"_s, u"-vnc"_s, u":0"_s, u"-S"_s };
    const auto derived = derive(source, standard());
    QVERIFY(derived);
    QStringList left = source.sliced(1);
    QStringList argv = derived->argv.sliced(1);
    for (const CommandChange& change : derived->changes) {
        for (const QString& word : change.before.split(u' ', Qt::SkipEmptyParts))
            left.removeOne(word);
        for (const QString& word : change.after.split(u' ', Qt::SkipEmptyParts))
            argv.removeOne(word);
    }
    QCOMPARE(left, argv);
    QCOMPARE(derived->argv.value(2), u"socket,id=m,path=/run/c/monitor,server=on,wait=off"_s);
    QVERIFY(derived->argv.contains(u"guest-name=on,timestamp=on"_s));
}

void TestDerive::badInput()
{
    QCOMPARE(derive({}, standard()).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(derive({ u"qemu"_s }, {}).error().code, ErrorCode::InvalidArgument);
    const auto broken = derive({ u"qemu"_s, u"-object"_s, u"{\"qom-type\":"_s }, standard());
    QCOMPARE(broken.error().code, ErrorCode::Malformed);
    QVERIFY(broken.error().object.contains(u"-object"));
}

QTEST_GUILESS_MAIN(TestDerive)
#include "tst_derive.moc"
