// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/commandline.h"
#include "vmm/commandlinehelp.h"

#include <QJsonArray>
#include <QTest>

using namespace cutover;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;
using engine::ParameterSource;

class TestVmmCommandLine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void nothing();
    void everything();
    void derivedDestination();
    void prints_data();
    void prints();
    void helpNamesEveryOption();
    void propertyPrecedence();
    void jsonDevice();
    void parametersFromAllSources();
    void memory_data();
    void memory();
    void errors_data();
    void errors();
    void everyOptionRefusesNonsense();
    void deviceErrors_data();
    void deviceErrors();
    void objectFromMonitor();
};

static QStringList words(const QString& line)
{
    return line.split(u' ', Qt::SkipEmptyParts);
}

void TestVmmCommandLine::nothing()
{
    const auto options = parseCommandLine({});
    QVERIFY(options);
    QCOMPARE(options->action, VmmOptions::Action::Run);
    QCOMPARE(options->memoryBytes, quint64{ 256 } << 20);
    QCOMPARE(options->accelerator.names, QStringList{ u"thread"_s });
    QCOMPARE(options->processors, 1);
    QCOMPARE(options->compat, engine::compatVersions().last());
    QVERIFY(!options->incoming.isIncoming() && !options->precreate && !options->startPaused);
}

void TestVmmCommandLine::everything()
{
    const auto options = parseCommandLine(words(
        u"-name vm1 -m 96M -smp 4 -accel kvm:thread,device=/dev/kvm1 -machine compat=1.1,memory-backend=ram0 "
        u"-precreate "
        "-qmp unix:/run/a,server=on,wait=off --qmp unix:/run/b,server=off "
        "-object memory-backend-memfd,id=ram0,size=64M -object "
        "memory-backend-memfd,id=ram1,size=32M,migrate-fds=off "
        "-device tap-net,id=net0,ifname=tap0,queues=8,vhost=on,migrate-fds=off "
        "-device vhost-user-blk,id=disk0,socket=/run/blk,queues=2 -device console,id=con0,path=/run/con "
        "-device ballast,id=b0,state=1M -global ballast.migrate-fds=off -S -D /tmp/log -trace cpr_* "
        "-trace enable=vmstate_* -msg timestamp=on -incoming defer "
        "-incoming cpr,addr.transport=socket,addr.type=unix,addr.path=/run/cpr -incoming config:max-passes=3"_s));
    QVERIFY2(options, options ? "" : qPrintable(options.error().message()));
    QCOMPARE(options->name, u"vm1"_s);
    QCOMPARE(options->memoryBytes, quint64{ 96 } << 20);
    QCOMPARE(options->processors, 4);
    QCOMPARE(options->accelerator.names, QStringList({ u"kvm"_s, u"thread"_s }));
    QCOMPARE(options->accelerator.kvmDevice, u"/dev/kvm1"_s);
    QCOMPARE(options->compat, u"1.1"_s);
    QCOMPARE(options->memoryBackend, u"ram0"_s);
    QVERIFY(options->precreate && options->startPaused && options->timestamps);
    QCOMPARE(options->monitors,
        (QList<MonitorOptions>{ { u"/run/a"_s, true, false }, { u"/run/b"_s, false, false } }));
    QCOMPARE(options->objects.size(), 2);
    QCOMPARE(options->objects[1],
        (DeviceOptions{ u"memory-backend-memfd"_s, u"ram1"_s,
            { { u"size"_s, 32 << 20 }, { u"migrate-fds"_s, false } } }));
    QCOMPARE(options->devices.size(), 4);
    QCOMPARE(options->devices[0],
        (DeviceOptions{ u"tap-net"_s, u"net0"_s,
            { { u"ifname"_s, u"tap0"_s }, { u"queues"_s, 8 }, { u"vhost"_s, true }, { u"offloads"_s, true },
                { u"migrate-fds"_s, false } } }));
    QCOMPARE(options->devices[3].properties[u"state"].toInteger(), 1 << 20);
    QCOMPARE(options->devices[3].properties[u"migrate-fds"], QJsonValue(false));
    QCOMPARE(options->logFile, u"/tmp/log"_s);
    QCOMPARE(options->tracePatterns, QStringList({ u"cpr_*"_s, u"vmstate_*"_s }));
    QVERIFY(options->incoming.defer && options->incoming.channels.cpr);
    QCOMPARE(options->settings.parameters.parameters().maxPasses, 3);
}

void TestVmmCommandLine::derivedDestination()
{
    const auto options = parseCommandLine(
        words(u"-qmp unix:/run/c/back,server=off -m 64 -device console,id=con0,path=/run/con "
              "-qmp unix:/run/c/monitor,server=on,wait=off -incoming "
              "cpr,addr.transport=socket,addr.type=fd,addr.str=9 "
              "-incoming defer -S -msg timestamp=on -D /run/c/trace.log -trace cpr_*"_s));
    QVERIFY2(options, options ? "" : qPrintable(options.error().message()));
    QCOMPARE(options->incoming.channels.cpr->text(), u"fd:9"_s);
    QVERIFY(options->startPaused);
}

void TestVmmCommandLine::prints_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("has");
    QTest::newRow("help") << QStringList{ u"-help"_s } << u"Usage: cutover-vmm"_s;
    QTest::newRow("h") << QStringList{ u"-S"_s, u"-h"_s } << u"-incoming"_s;
    QTest::newRow("long") << QStringList{ u"--help"_s } << u"-incoming"_s;
    QTest::newRow("version") << QStringList{ u"--version"_s } << u"cutover-vmm "_s;
    QTest::newRow("devices") << words(u"-device help"_s) << u"tap-net - "_s;
    QTest::newRow("objects") << words(u"-object help"_s) << u"memory-backend-memfd - "_s;
    QTest::newRow("properties") << words(u"-device tap-net,help"_s)
                                << u"  queues=<int> - number of queues (default: 1)"_s;
    QTest::newRow("one of two") << words(u"-device tap-net,help"_s) << u"(required, or ifname)"_s;
    QTest::newRow("required") << words(u"-device ballast,help"_s)
                              << u"  state=<size> - size of the state (required)"_s;
    QTest::newRow("machine") << words(u"-machine help"_s) << u"1.0"_s;
    QTest::newRow("accel") << words(u"-accel help"_s) << u"thread"_s;
}

void TestVmmCommandLine::prints()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, has);
    const auto options = parseCommandLine(arguments);
    QVERIFY(options);
    QCOMPARE(options->action, VmmOptions::Action::Print);
    QVERIFY2(options->text.contains(has), qPrintable(options->text));
    QVERIFY(options->text.endsWith(u'\n'));
}

void TestVmmCommandLine::helpNamesEveryOption()
{
    const QString text = helpText();
    for (const QString& name : { u"name"_s, u"m"_s, u"smp"_s, u"accel"_s, u"machine"_s, u"precreate"_s,
             u"qmp"_s, u"object"_s, u"device"_s, u"global"_s, u"S"_s, u"D"_s, u"trace"_s, u"msg"_s,
             u"incoming"_s, u"help"_s, u"version"_s }) {
        QVERIFY2(optionType(name), qPrintable(name));
        QVERIFY2(text.contains(u"\n-%1"_s.arg(name)), qPrintable(name));
    }
}

void TestVmmCommandLine::propertyPrecedence()
{
    const QString device = u" -device ballast,id=b,state=1M"_s;
    const auto switchOf = [](const QString& line) {
        const auto options = parseCommandLine(words(line));
        return options ? options->devices.first().properties[u"migrate-fds"] : QJsonValue();
    };
    QCOMPARE(switchOf(device), QJsonValue(true));
    QCOMPARE(switchOf(u"-machine compat=1.0"_s + device), QJsonValue(false));
    QCOMPARE(switchOf(u"-machine compat=1.0 -global ballast.migrate-fds=on"_s + device), QJsonValue(true));
    QCOMPARE(switchOf(u"-global ballast.migrate-fds=on -machine compat=1.0"_s + device), QJsonValue(true));
    QCOMPARE(switchOf(u"-global console.migrate-fds=off"_s + device), QJsonValue(true));
    QCOMPARE(switchOf(u"-machine compat=1.0"_s + device + u",migrate-fds=on"), QJsonValue(true));
    QCOMPARE(switchOf(device + u",migrate-fds"), QJsonValue(true));
    QCOMPARE(switchOf(device + u",nomigrate-fds"), QJsonValue(false));
    const auto options = parseCommandLine(words(u"-machine compat=1.0 -global ballast.migrate-fds=on"_s));
    QCOMPARE(options->defaults.last().driver, u"ballast"_s);
    QCOMPARE(options->defaults.last().value, QJsonValue(true));
}

void TestVmmCommandLine::jsonDevice()
{
    const auto options = parseCommandLine(
        { u"-device"_s, uR"({"driver":"ballast","id":"b","state":4096,"migrate-fds":false})"_s });
    QVERIFY2(options, options ? "" : qPrintable(options.error().message()));
    QCOMPARE(options->devices.first().properties[u"state"].toInt(), 4096);
}

void TestVmmCommandLine::parametersFromAllSources()
{
    const auto options = parseCommandLine(
        words(u"-incoming config:max-passes=3 -incoming unix:/m -global migration.max-passes=2 "
              "-global migration.ready-time-limit=99 -global migration.x-events=on"_s));
    QVERIFY(options);
    const auto& parameters = options->settings.parameters;
    QCOMPARE(parameters.value(u"max-passes"_s).toInt(), 3);
    QCOMPARE(parameters.source(u"max-passes"_s), ParameterSource::Config);
    QCOMPARE(parameters.source(u"ready-time-limit"_s), ParameterSource::Global);
    QVERIFY(options->settings.capabilities.value(u"events"_s));
    const auto alone = parseCommandLine(words(u"-incoming config:max-passes=3"_s));
    QVERIFY(alone && !alone->incoming.isIncoming());
}

void TestVmmCommandLine::memory_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<qint64>("bytes");
    QTest::newRow("plain") << u"-m 64"_s << qint64(64 << 20);
    QTest::newRow("suffix") << u"-m 1.5G"_s << qint64(3LL << 29);
    QTest::newRow("key") << u"-m size=128M"_s << qint64(128 << 20);
    QTest::newRow("object") << u"-object memory-backend-memfd,id=a,size=8M"_s << qint64(8 << 20);
    QTest::newRow("both") << u"-m 8 -object memory-backend-memfd,id=a,size=8M"_s << qint64(8 << 20);
}

void TestVmmCommandLine::memory()
{
    QFETCH(QString, line);
    QFETCH(qint64, bytes);
    const auto options = parseCommandLine(words(line));
    QVERIFY2(options, options ? "" : qPrintable(options.error().message()));
    QCOMPARE(qint64(options->memoryBytes), bytes);
}

void TestVmmCommandLine::errors_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("named");
    const auto row = [](const QString& line, const QString& option, const QString& named) {
        QTest::newRow(qPrintable(line)) << line << option << named;
    };
    row(u"-foo"_s, u"-foo"_s, u"no such option"_s);
    row(u"-mon x"_s, u"-mon"_s, u"no such option"_s);
    row(u"disk.img"_s, u"disk.img"_s, u"no option"_s);
    row(u"-m"_s, u"-m"_s, u"SIZE"_s);
    row(u"-S -S"_s, u"-S"_s, u"given before"_s);
    row(u"-m 1 -m 1"_s, u"-m"_s, u"given before"_s);
    row(u"-m many"_s, u"-m"_s, u"many"_s);
    row(u"-m 0"_s, u"-m"_s, u"1M to 1T"_s);
    row(u"-m 2T"_s, u"-m"_s, u"1M to 1T"_s);
    row(u"-m 1048577B"_s, u"-m"_s, u"whole pages"_s);
    row(u"-m 64,slots=2"_s, u"-m"_s, u"slots"_s);
    row(u"-smp 0"_s, u"-smp"_s, u"1 to 64"_s);
    row(u"-smp 65"_s, u"-smp"_s, u"1 to 64"_s);
    row(u"-smp x"_s, u"-smp"_s, u"'x'"_s);
    row(u"-smp 2,cores=2"_s, u"-smp"_s, u"cores"_s);
    row(u"-accel tcg"_s, u"-accel"_s, u"tcg"_s);
    row(u"-accel kvm:tcg"_s, u"-accel"_s, u"tcg"_s);
    row(u"-accel kvm:"_s, u"-accel"_s, u"no such accelerator"_s);
    row(u"-accel kvm,thread=multi"_s, u"-accel"_s, u"'thread'"_s);
    row(u"-accel thread,device=/dev/kvm"_s, u"-accel"_s, u"of -accel kvm"_s);
    row(u"-machine q35"_s, u"-machine"_s, u"q35"_s);
    row(u"-machine compat=0.9"_s, u"-machine"_s, u"1.0, 1.1"_s);
    row(u"-machine memory-backend=r"_s, u"-machine"_s, u"'r'"_s);
    row(u"-machine compat=1.0,compat=1.1"_s, u"-machine"_s, u"'compat' was given twice"_s);
    row(u"-name a,process=b"_s, u"-name"_s, u"process"_s);
    row(u"-qmp tcp:localhost:1"_s, u"-qmp"_s, u"unix:PATH"_s);
    row(u"-qmp unix:"_s, u"-qmp"_s, u"unix:PATH"_s);
    row(u"-qmp unix:/a,server=maybe"_s, u"-qmp"_s, u"server"_s);
    row(u"-qmp unix:/a,server=off,wait=on"_s, u"-qmp"_s, u"wait"_s);
    row(u"-qmp unix:/a,pretty=on"_s, u"-qmp"_s, u"pretty"_s);
    row(u"-qmp unix:/a -qmp unix:/a"_s, u"-qmp"_s, u"same path"_s);
    row(u"-trace file=x"_s, u"-trace"_s, u"pattern"_s);
    row(u"-msg guest-name=on"_s, u"-msg"_s, u"guest-name"_s);
    row(u"-msg timestamp=x"_s, u"-msg"_s, u"timestamp"_s);
    row(u"-global foo"_s, u"-global"_s, u"DRIVER.PROPERTY=VALUE"_s);
    row(u"-global foo.bar=1"_s, u"-global"_s, u"foo"_s);
    row(u"-global tap-net.bar=1"_s, u"-global"_s, u"tap-net.bar"_s);
    row(u"-global tap-net.queues=9"_s, u"tap-net.queues"_s, u"1 to 8"_s);
    row(u"-global migration.foo=1"_s, u"foo"_s, u"no such parameter"_s);
    row(u"-global migration.mode=x"_s, u"mode"_s, u"'x'"_s);
    row(u"-m 9 -object memory-backend-memfd,id=a,size=8M"_s, u"-m"_s, u"8388608"_s);
    row(u"-device ballast,id=a,state=1M -device ballast,id=a,state=1M"_s, u"-device"_s, u"'a'"_s);
    row(u"-object memory-backend-memfd,id=a,size=8M -device ballast,id=a,state=1M"_s, u"-device"_s, u"'a'"_s);
    row(u"-device memory-backend-memfd,id=a,size=8M"_s, u"-device"_s, u"no such driver"_s);
    row(u"-object ballast,id=a,state=1M"_s, u"-object"_s, u"no such type"_s);
    row(u"-device nic,help"_s, u"nic"_s, u"no such driver"_s);
    row(u"-device {\"driver\":"_s, u"-device"_s, u"at byte"_s);
    row(u"-incoming foo:bar"_s, u"-incoming"_s, u"foo:bar"_s);
    row(u"-incoming config:a=1 -incoming config:b=1"_s, u"-incoming"_s, u"config: was given before"_s);
    row(u"-incoming config:foo=1"_s, u"foo"_s, u"no such parameter"_s);
    row(u"-incoming config:mode=cpr-transfer,migrate-fds=off"_s, u"migration settings"_s,
        u"migrate-fds is off"_s);
    row(u"-incoming tcp:localhost:0 -global migration.migrate-fds=on"_s, u"tcp:localhost:0"_s, u"TCP"_s);
}

void TestVmmCommandLine::errors()
{
    QFETCH(QString, line);
    QFETCH(QString, option);
    QFETCH(QString, named);
    const auto options = parseCommandLine(words(line));
    QVERIFY(!options);
    const QString message = options.error().message();
    QVERIFY2(message.contains(option), qPrintable(message));
    QVERIFY2(message.contains(named), qPrintable(message));
}

void TestVmmCommandLine::everyOptionRefusesNonsense()
{
    for (const OptionType& option : optionTypes()) {
        if (option.argument.isEmpty() || option.name == u"D" || option.name == u"name"
            || option.name == u"trace")
            continue;
        for (const QString& nonsense :
            { u""_s, u","_s, u"=,"_s, u"{"_s, u"{}"_s, u"{\"a\":[]}"_s, u"a=b=c"_s, u"a,,"_s }) {
            if (option.name == u"msg" && nonsense.isEmpty())
                continue;
            if (option.name == u"machine" && nonsense.isEmpty())
                continue;
            QVERIFY2(!parseCommandLine({ u'-' + option.name, nonsense }),
                qPrintable(QString(option.name + u' ' + nonsense)));
        }
    }
}

void TestVmmCommandLine::deviceErrors_data()
{
    QTest::addColumn<QString>("argument");
    QTest::addColumn<QString>("named");
    const auto row = [](const QString& argument, const QString& named) {
        QTest::newRow(qPrintable(argument)) << argument << named;
    };
    row(u"nic,id=a"_s, u"'nic': there is no such driver"_s);
    row(u"id=a"_s, u"'driver' is missing"_s);
    row(u"ballast,state=1M"_s, u"'id' is missing"_s);
    row(u"ballast,id=1a,state=1M"_s, u"begins with a letter"_s);
    row(u"ballast,id=a/b,state=1M"_s, u"begins with a letter"_s);
    row(u"ballast,id=%1,state=1M"_s.arg(QString(65, u'a')), u"64 at most"_s);
    row(u"ballast,id=a"_s, u"'state' is missing"_s);
    row(u"ballast,id=a,state=1M,foo=1"_s, u"no property 'foo'"_s);
    row(u"ballast,id=a,state=1M,state=2M"_s, u"'state' was given twice"_s);
    row(u"ballast,id=a,state=2G"_s, u"a.state"_s);
    row(u"ballast,id=a,state=5000"_s, u"whole pages"_s);
    row(u"ballast,id=a,state=1M,migrate-fds=perhaps"_s, u"'perhaps' is not on or off"_s);
    row(u"tap-net,id=a"_s, u"'ifname' is missing"_s);
    row(u"tap-net,id=a,ifname="_s, u"a.ifname"_s);
    row(u"tap-net,id=a,ifname=t,fd=7"_s, u"'ifname' and 'fd' exclude each other"_s);
    for (const QString& numbers :
        { u""_s, u"2"_s, u"-7"_s, u"x"_s, u"7:"_s, u"7:x"_s, u"7:7"_s, u"9999999"_s })
        row(u"tap-net,id=a,fd="_s + numbers, u"a.fd"_s);
    row(u"tap-net,id=a,ifname=t,queues=0"_s, u"1 to 8"_s);
    row(u"tap-net,id=a,ifname=t,queues=9"_s, u"1 to 8"_s);
}

void TestVmmCommandLine::deviceErrors()
{
    QFETCH(QString, argument);
    QFETCH(QString, named);
    const auto options = parseCommandLine({ u"-device"_s, argument });
    QVERIFY(!options);
    QVERIFY2(options.error().message().contains(named), qPrintable(options.error().message()));
}

void TestVmmCommandLine::objectFromMonitor()
{
    const QJsonObject arguments{ { u"qom-type"_s, u"memory-backend-memfd"_s }, { u"id"_s, u"ram0"_s },
        { u"size"_s, 1 << 20 } };
    const auto object = makeDeviceOptions(arguments, true, {}, u"execute object-add"_s);
    QVERIFY(object);
    QCOMPARE(object->properties, (QJsonObject{ { u"size"_s, 1 << 20 }, { u"migrate-fds"_s, true } }));
    const auto preset = makeDeviceOptions(
        arguments, true, { { u"memory-backend-memfd"_s, u"migrate-fds"_s, false } }, u"execute object-add"_s);
    QCOMPARE(preset->properties[u"migrate-fds"], QJsonValue(false));
    QJsonObject odd = arguments;
    odd[u"size"_s] = 1.5;
    QVERIFY(!makeDeviceOptions(odd, true, {}, u"execute object-add"_s));
    odd[u"size"_s] = QJsonArray();
    QVERIFY(!makeDeviceOptions(odd, true, {}, u"execute object-add"_s));
}

QTEST_GUILESS_MAIN(TestVmmCommandLine)
#include "tst_vmmcommandline.moc"
