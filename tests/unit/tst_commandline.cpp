// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/commandline.h"

#include <QProcess>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

class TestCommandLine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void valuesRoundTrip_data();
    void valuesRoundTrip();
    void valueLookUp();
    void valueChanges();
    void jsonValues();
    void argvRoundTrips_data();
    void argvRoundTrips();
    void emptyArgvIsRefused();
    void monitors_data();
    void monitors();
    void libvirtLike();
    void plainQemu();
    void incomingSpellings_data();
    void incomingSpellings();
    void fdReferences();
    void memoryBackendDefaults_data();
    void memoryBackendDefaults();
    void shellQuoting_data();
    void shellQuoting();
};

static CommandFacts factsOf(const QStringList& argv)
{
    return CommandLine::parse(argv)->facts();
}

void TestCommandLine::valuesRoundTrip_data()
{
    QTest::addColumn<QString>("text");
    for (const QString& text :
        { u""_s, u"q35"_s, u"q35,accel=kvm:tcg"_s, u"socket,id=a,path=/x,,y,server,nowait"_s, u"a=b=c"_s,
            u"file=/a,,b,,,,c,if=none"_s, u"=odd"_s, u"x,,"_s, u"{\"a\":{\"b\":[1,2]},\"c\":true}"_s })
        QTest::newRow(qPrintable(text.isEmpty() ? u"empty"_s : text)) << text;
}

void TestCommandLine::valuesRoundTrip()
{
    QFETCH(QString, text);
    const auto value = OptionValue::parse(text);
    QVERIFY(value);
    QCOMPARE(value->toString(), text);
}

void TestCommandLine::valueLookUp()
{
    const auto value = OptionValue::parse(u"socket,id=a,path=/x,,y,server,nowait,id=b"_s).value();
    QCOMPARE(value.implied(), u"socket"_s);
    QCOMPARE(value.get(u"id").value(), u"b"_s);
    QCOMPARE(value.get(u"path").value(), u"/x,y"_s);
    QCOMPARE(value.flag(u"server"), std::optional(true));
    QCOMPARE(value.flag(u"wait"), std::optional(false));
    QCOMPARE(value.flag(u"telnet"), std::nullopt);
    QCOMPARE(value.flag(u"socket"), std::nullopt);
    QCOMPARE(OptionValue::parse(u"a,server=off"_s)->flag(u"server"), std::optional(false));
}

void TestCommandLine::valueChanges()
{
    auto value = OptionValue::parse(u"socket,server,nowait,id=a,wait=on"_s).value();
    value.setFlag(u"wait"_s, false);
    QCOMPARE(value.toString(), u"socket,server,wait=off,id=a"_s);
    value.set(u"path"_s, u"/a,b"_s);
    QCOMPARE(value.toString(), u"socket,server,wait=off,id=a,path=/a,,b"_s);
    value.remove(u"server"_s);
    value.setImplied(u"null"_s);
    QCOMPARE(value.toString(), u"null,wait=off,id=a,path=/a,,b"_s);
}

void TestCommandLine::jsonValues()
{
    auto value
        = OptionValue::parse(uR"({"channel-type":"cpr","addr":{"type":"unix","path":"/c"},"n":5,"b":true})"_s)
              .value();
    QVERIFY(value.isJson());
    QCOMPARE(value.get(u"addr.path").value(), u"/c"_s);
    QCOMPARE(value.get(u"n").value(), u"5"_s);
    QCOMPARE(value.flag(u"b"), std::optional(true));
    value.set(u"addr.path"_s, u"/d"_s);
    value.remove(u"n"_s);
    QCOMPARE(OptionValue::parse(value.toString())->get(u"addr.path").value(), u"/d"_s);
    QVERIFY(!value.get(u"n"));
    QCOMPARE(OptionValue::parse(u"{\"a\":"_s).error().code, ErrorCode::Malformed);
    QCOMPARE(OptionValue::parse(u"{a}"_s).error().code, ErrorCode::Malformed);
}

void TestCommandLine::argvRoundTrips_data()
{
    QTest::addColumn<QStringList>("argv");
    QTest::newRow("program alone") << QStringList{ u"qemu"_s };
    QTest::newRow("flags and arguments") << QStringList{ u"qemu"_s, u"-S"_s, u"-m"_s, u"4G"_s,
        u"--enable-kvm"_s, u"disk.img"_s, u"-nographic"_s };
    QTest::newRow("append with dashes")
        << QStringList{ u"qemu"_s, u"-append"_s, u"-v console=ttyS0"_s, u"-kernel"_s, u"k"_s };
    QTest::newRow("unknown flag") << QStringList{ u"vmm"_s, u"-shiny"_s, u"-qmp"_s, u"unix:/x"_s };
    QTest::newRow("missing argument") << QStringList{ u"qemu"_s, u"-m"_s };
    QTest::newRow("empty words") << QStringList{ u"qemu"_s, u""_s, u"-name"_s, u""_s, u"-"_s };
}

void TestCommandLine::argvRoundTrips()
{
    QFETCH(QStringList, argv);
    QCOMPARE(CommandLine::parse(argv)->argv(), argv);
}

void TestCommandLine::emptyArgvIsRefused()
{
    QCOMPARE(CommandLine::parse({}).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(CommandLine::parse({ QString() }).error().code, ErrorCode::InvalidArgument);
}

void TestCommandLine::monitors_data()
{
    using Kind = CharacterEnd::Kind;
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("server");
    QTest::addColumn<bool>("wait");
    QTest::newRow("server") << QStringList{ u"-qmp"_s, u"unix:/run/q,server=on,wait=off"_s }
                            << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("old spelling") << QStringList{ u"-qmp"_s, u"unix:/run/q,server,nowait"_s }
                                  << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("waits by default") << QStringList{ u"--qmp-pretty"_s, u"unix:/run/q,server"_s }
                                      << int(Kind::UnixSocket) << u"/run/q"_s << true << true;
    QTest::newRow("client") << QStringList{ u"-qmp"_s, u"unix:rel.sock,server=off"_s }
                            << int(Kind::UnixSocket) << u"rel.sock"_s << false << false;
    QTest::newRow("comma in the path") << QStringList{ u"-qmp"_s, u"unix:/a,,b,server=on"_s }
                                       << int(Kind::UnixSocket) << u"/a,b"_s << true << true;
    QTest::newRow("tcp") << QStringList{ u"-qmp"_s, u"tcp:localhost:4444,server=on,wait=off"_s }
                         << int(Kind::InetSocket) << QString() << true << false;
    QTest::newRow("stdio") << QStringList{ u"-qmp"_s, u"stdio"_s } << int(Kind::Stdio) << QString() << false
                           << false;
    QTest::newRow("mon on a chardev after it") << QStringList{ u"-mon"_s, u"chardev=m,mode=control"_s,
        u"-chardev"_s, u"socket,id=m,path=/run/q,server=on,wait=off"_s }
                                               << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("implied chardev") << QStringList{ u"-chardev"_s,
        u"socket,id=m,path=/run/q,server=on,wait=off"_s, u"-mon"_s, u"m,mode=control,pretty=on"_s }
                                     << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("qmp on a chardev") << QStringList{ u"-chardev"_s,
        u"socket,id=m,path=/run/q,server=on,wait=off"_s, u"-qmp"_s, u"chardev:m"_s }
                                      << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("inherited fd") << QStringList{ u"-chardev"_s, u"socket,id=m,fd=33,server=on,wait=off"_s,
        u"-mon"_s, u"chardev=m,id=x,mode=control"_s }
                                  << int(Kind::Fd) << QString() << true << false;
    QTest::newRow("JSON chardev") << QStringList{ u"-chardev"_s,
        uR"({"id":"m","backend":{"type":"socket","data":{}},"addr":{"data":{"path":"/run/q"}},"server":true,"wait":false})"_s,
        u"-mon"_s, u"m,mode=control"_s }
                                  << int(Kind::UnixSocket) << u"/run/q"_s << true << false;
    QTest::newRow("chardev missing") << QStringList{ u"-mon"_s, u"m,mode=control"_s } << int(Kind::Chardev)
                                     << QString() << false << false;
}

void TestCommandLine::monitors()
{
    QFETCH(QStringList, words);
    QFETCH(int, kind);
    QFETCH(QString, path);
    QFETCH(bool, server);
    QFETCH(bool, wait);
    const CommandFacts facts = factsOf(QStringList{ u"qemu"_s } + words);
    QCOMPARE(facts.monitors.size(), 1U);
    const MonitorSpec& monitor = facts.monitors.front();
    QCOMPARE(int(monitor.end.kind), kind);
    QCOMPARE(monitor.end.path, path);
    QCOMPARE(monitor.end.server, server);
    QCOMPARE(monitor.end.wait, wait);
    QVERIFY(facts.fdReferences.empty());
}

void TestCommandLine::libvirtLike()
{
    const QStringList argv{ u"/usr/bin/qemu-system-x86_64"_s, u"-name"_s, u"guest=web1,debug-threads=on"_s,
        u"-S"_s, u"-object"_s,
        uR"({"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/k"})"_s,
        u"-machine"_s, u"pc-q35-10.0,usb=off,smm=on,dump-guest-core=off,memory-backend=pc.ram,hpet=off"_s,
        u"-accel"_s, u"kvm"_s, u"-cpu"_s, u"host,migratable=on"_s, u"-m"_s, u"size=4194304k"_s, u"-object"_s,
        uR"({"qom-type":"memory-backend-memfd","id":"pc.ram","share":true,"size":4294967296})"_s,
        u"-no-user-config"_s, u"-nodefaults"_s, u"-chardev"_s,
        u"socket,id=charmonitor,fd=28,server=on,wait=off"_s, u"-mon"_s,
        u"chardev=charmonitor,id=monitor,mode=control"_s, u"-rtc"_s, u"base=utc"_s, u"-no-shutdown"_s,
        u"-boot"_s, u"strict=on"_s, u"-blockdev"_s,
        uR"({"driver":"file","filename":"/d.img","node-name":"n"})"_s, u"-netdev"_s,
        uR"({"type":"tap","fd":"30","vhost":true,"vhostfd":"32","id":"hostnet0"})"_s, u"-device"_s,
        uR"({"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","mac":"52:54:00:00:00:01"})"_s,
        u"-sandbox"_s, u"on,obsolete=deny,spawn=deny"_s, u"-msg"_s, u"timestamp=on"_s };
    QCOMPARE(CommandLine::parse(argv)->argv(), argv);
    const CommandFacts facts = factsOf(argv);
    QCOMPARE(facts.name, u"web1"_s);
    QVERIFY(facts.debugThreads);
    QVERIFY(facts.startPaused);
    QCOMPARE(facts.machineType, u"pc-q35-10.0"_s);
    QCOMPARE(facts.memoryBackendId, u"pc.ram"_s);
    QCOMPARE(facts.memorySize, u"4194304k"_s);
    QCOMPARE(facts.memoryBackends.size(), 1U);
    QCOMPARE(facts.memoryBackends.front().share, std::optional(true));
    QCOMPARE(facts.monitors.size(), 1U);
    QCOMPARE(facts.monitors.front().end.fd, 28);
    QCOMPARE(facts.networkBackends.size(), 1U);
    QCOMPARE(facts.networkBackends.front().fds, (QStringList{ u"30"_s, u"32"_s }));
    QCOMPARE(facts.fdReferences.size(), 2U);
    QCOMPARE(facts.objectIds, (QStringList{ u"masterKey0"_s, u"pc.ram"_s }));
    QCOMPARE(facts.deviceIds, QStringList{ u"net0"_s });
    QCOMPARE(facts.accelerators, QStringList{ u"kvm"_s });
    QCOMPARE(facts.sandbox, u"on,obsolete=deny,spawn=deny"_s);
    QVERIFY(facts.timestamps);
    QVERIFY(!facts.auxRamShare);
}

void TestCommandLine::plainQemu()
{
    const CommandFacts facts = factsOf({ u"qemu-system-x86_64"_s, u"-M"_s,
        u"q35,aux-ram-share=on,accel=kvm:tcg"_s, u"-machine"_s, u"memory-backend=ram0"_s, u"-m"_s, u"64M"_s,
        u"-object"_s, u"memory-backend-memfd,id=ram0,size=64M"_s, u"-serial"_s, u"unix:/run/s,server=on"_s,
        u"-netdev"_s, u"tap,id=n0,ifname=tap0,script=no"_s, u"-netdev"_s,
        u"user,id=n1,hostfwd=tcp::2222-:22"_s, u"-vnc"_s, u":1"_s, u"-pidfile"_s, u"/run/p"_s, u"-D"_s,
        u"/log"_s, u"-trace"_s, u"cpr_*"_s, u"-trace"_s, u"enable=vm_*"_s, u"-daemonize"_s, u"-device"_s,
        u"virtio-net-pci,netdev=n0,id=d0"_s });
    QCOMPARE(facts.machineType, u"q35"_s);
    QCOMPARE(facts.auxRamShare, std::optional(true));
    QCOMPARE(facts.memoryBackendId, u"ram0"_s);
    QCOMPARE(facts.accelerators, (QStringList{ u"kvm"_s, u"tcg"_s }));
    QCOMPARE(facts.networkBackends.size(), 2U);
    QCOMPARE(facts.networkBackends[0].ifname, u"tap0"_s);
    QCOMPARE(facts.networkBackends[1].hostForwards, QStringList{ u"tcp::2222-:22"_s });
    QCOMPARE(facts.vncDisplays, QStringList{ u":1"_s });
    QCOMPARE(facts.pidFile, u"/run/p"_s);
    QCOMPARE(facts.logFile, u"/log"_s);
    QCOMPARE(facts.tracePatterns, (QStringList{ u"cpr_*"_s, u"vm_*"_s }));
    QVERIFY(facts.daemonize);
    QVERIFY(facts.monitors.empty());
    QCOMPARE(facts.characterDevices.size(), 1U);
    QVERIFY(facts.characterDevices[0].end.wait);
}

void TestCommandLine::incomingSpellings_data()
{
    using Kind = IncomingSpec::Kind;
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("fd");
    QTest::newRow("defer") << u"defer"_s << int(Kind::Defer) << QString() << -1;
    QTest::newRow("unix") << u"unix:/m.sock"_s << int(Kind::Main) << u"/m.sock"_s << -1;
    QTest::newRow("tcp") << u"tcp:0:4444"_s << int(Kind::Main) << QString() << -1;
    QTest::newRow("exec with commas") << u"exec:cat a,b"_s << int(Kind::Main) << QString() << -1;
    QTest::newRow("cpr path") << u"cpr,addr.transport=socket,addr.type=unix,addr.path=/c,,d"_s
                              << int(Kind::Cpr) << u"/c,d"_s << -1;
    QTest::newRow("cpr fd") << u"cpr,addr.transport=socket,addr.type=fd,addr.str=7"_s << int(Kind::Cpr)
                            << QString() << 7;
    QTest::newRow("JSON")
        << uR"({"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/c"}})"_s
        << int(Kind::Cpr) << u"/c"_s << -1;
    QTest::newRow("main channel") << u"main,addr.transport=socket,addr.type=unix,addr.path=/m"_s
                                  << int(Kind::Main) << u"/m"_s << -1;
    QTest::newRow("config") << u"config:mode=normal"_s << int(Kind::Config) << QString() << -1;
}

void TestCommandLine::incomingSpellings()
{
    QFETCH(QString, text);
    QFETCH(int, kind);
    QFETCH(QString, path);
    QFETCH(int, fd);
    const CommandFacts facts = factsOf({ u"qemu"_s, u"-incoming"_s, text });
    QCOMPARE(facts.incoming.size(), 1U);
    QCOMPARE(int(facts.incoming[0].kind), kind);
    QCOMPARE(facts.incoming[0].path, path);
    QCOMPARE(facts.incoming[0].fd, fd);
    QVERIFY(facts.fdReferences.empty());
}

void TestCommandLine::fdReferences()
{
    const CommandFacts facts = factsOf({ u"qemu"_s, u"-add-fd"_s, u"fd=3,set=2"_s, u"-drive"_s,
        u"file=/dev/fdset/2,if=virtio"_s, u"-device"_s, u"vfio-pci,fd=12,id=v"_s, u"-blockdev"_s,
        uR"({"driver":"raw","file":{"driver":"file","filename":"/dev/fdset/3"}})"_s, u"-chardev"_s,
        u"socket,id=c,fd=4"_s, u"-qmp"_s, u"unix:/x,server=on"_s, u"-name"_s, u"fd=5"_s });
    QStringList texts;
    for (const FdReference& reference : facts.fdReferences)
        texts << reference.text;
    QCOMPARE(texts.size(), 6);
    QVERIFY(texts.contains(u"file=/dev/fdset/2"_s));
    QVERIFY(texts.contains(u"filename=/dev/fdset/3"_s));
}

void TestCommandLine::memoryBackendDefaults_data()
{
    QTest::addColumn<QString>("object");
    QTest::addColumn<bool>("shared");
    QTest::newRow("memfd") << u"memory-backend-memfd,id=a,size=1M"_s << true;
    QTest::newRow("memfd private") << u"memory-backend-memfd,id=a,size=1M,share=off"_s << false;
    QTest::newRow("shm") << u"memory-backend-shm,id=a,size=1M"_s << true;
    QTest::newRow("ram") << u"memory-backend-ram,id=a,size=1M"_s << false;
    QTest::newRow("ram shared") << u"memory-backend-ram,id=a,size=1M,share=on"_s << true;
    QTest::newRow("file") << u"memory-backend-file,id=a,size=1M,mem-path=/x"_s << false;
    QTest::newRow("file shared") << u"memory-backend-file,id=a,size=1M,mem-path=/x,share=yes"_s << true;
}

void TestCommandLine::memoryBackendDefaults()
{
    QFETCH(QString, object);
    QFETCH(bool, shared);
    const CommandFacts facts = factsOf({ u"qemu"_s, u"-object"_s, object });
    QCOMPARE(facts.memoryBackends.size(), 1U);
    QCOMPARE(facts.memoryBackends[0].isShared(), shared);
}

void TestCommandLine::shellQuoting_data()
{
    QTest::addColumn<QStringList>("argv");
    QTest::newRow("plain") << QStringList{ u"printf"_s, u"a=b,c:d"_s };
    QTest::newRow("spaces and quotes")
        << QStringList{ u"x"_s, u"it's \"here\""_s, u"$HOME `id` \\n"_s, u""_s };
    QTest::newRow("JSON") << QStringList{ u"x"_s, uR"({"a":{"b":"c"}})"_s, u"*"_s, u"a\nb"_s, u"é#;&"_s };
}

void TestCommandLine::shellQuoting()
{
    QFETCH(QStringList, argv);
    QProcess shell;
    shell.start(
        u"sh"_s, { u"-c"_s, u"for w in "_s + shellLine(argv) + u"; do printf '%s\\0' \"$w\"; done"_s });
    QVERIFY(shell.waitForFinished());
    QStringList words = QString::fromUtf8(shell.readAllStandardOutput()).split(QChar(u'\0'));
    words.removeLast();
    QCOMPARE(words, argv);
}

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
