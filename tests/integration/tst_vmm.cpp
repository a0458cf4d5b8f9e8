// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/capabilities.h"
#include "engine/parameters.h"
#include "kvmguest.h"
#include "qmp/schema.h"
#include "trace/parser.h"
#include "vmm/devicetypes.h"
#include "vmmprocess.h"

#include <QFile>
#include <QLocalServer>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// cutover-vmm as users and their QMP clients see it.
class TestVmm : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void answersLikeAMonitor();
    void schemaIsWhatRuns();
    void schemaKnowsTheSettings();
    void takesNullForUnset();
    void refusesBadArguments_data();
    void refusesBadArguments();
    void allowsInPrecreateWhatTheSchemaSays();
    void isConfiguredOverQmpAlone();
    void leavesPrecreateOnCommand();
    void staysInPrecreateWhenCreationFails();
    void refusesWhatIsConfiguredTwice();
    void refusesToStart_data();
    void refusesToStart();
    void tellsTheObjectTree();
    void stopsAndContinues_data();
    void stopsAndContinues();
    void runsOnTheFirstAcceleratorThatWorks();
    void takesAFileDescriptorOnce();
    void traces();
    void listensOnAPortOfTheKernels();
    void handsTheGuestOverAndTakesItBack_data();
    void handsTheGuestOverAndTakesItBack();
    void refusesAnotherAccelerator();
    void failedMigrationLeavesTheGuest();
    void connectsOut();
    void waitsForAClient();
    void endsBySignal_data();
    void endsBySignal();
    void losesNoDescriptor();

private:
    QString path(const QString& name) const { return m_folder->filePath(name); }
    QStringList monitor(const QString& name = u"qmp"_s) const
    {
        return { u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(path(name)) };
    }
    QmpConnection connectTo(const QString& name = u"qmp"_s) const
    {
        QmpConnection connection(path(name));
        connection.negotiate();
        return connection;
    }
    QJsonObject channel(const QString& type) const
    {
        return { { u"channel-type"_s, type },
            { u"addr"_s,
                QJsonObject{ { u"transport"_s, u"socket"_s }, { u"type"_s, u"unix"_s },
                    { u"path"_s, path(type + u".sock"_s) } } } };
    }
    QJsonObject channels(const QStringList& types) const
    {
        QJsonArray list;
        for (const QString& type : types)
            list.append(channel(type));
        return { { u"channels"_s, list } };
    }

    std::optional<QTemporaryDir> m_folder;
};

static const QStringList smallMachine{ u"-m"_s, u"32M"_s };

static qmp::Schema schemaOf(QmpConnection& qmp)
{
    return qmp::Schema::parse(qmp.value(u"query-qmp-schema"_s).toArray()).value_or(qmp::Schema());
}

/// /proc/PID/fd/N of each fd that "query-cpr-fds" lists with a number, by name.
static QMap<QString, QString> fdLinks(const VmmProcess& vmm, QmpConnection& qmp)
{
    QMap<QString, QString> links;
    for (const QJsonValue& entry : qmp.value(u"query-cpr-fds"_s).toArray()) {
        if (entry[u"fd"].isDouble())
            links.insert(
                entry[u"name"].toString(), u"/proc/%1/fd/%2"_s.arg(vmm.pid()).arg(entry[u"fd"].toInt()));
    }
    return links;
}

static bool isSameFile(const QString& a, const QString& b)
{
    struct stat first = {};
    struct stat second = {};
    return ::stat(qPrintable(a), &first) == 0 && ::stat(qPrintable(b), &second) == 0
        && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

void TestVmm::init()
{
    QTest::failOnWarning();
    m_folder.emplace();
    QVERIFY(m_folder->isValid());
}

void TestVmm::cleanup()
{
    m_folder.reset();
}

void TestVmm::answersLikeAMonitor()
{
    const VmmProcess vmm(QStringList{ u"-name"_s, u"guest one"_s } + smallMachine + monitor());
    QmpConnection qmp(path(u"qmp"_s));
    QVERIFY(qmp.greeting()[u"QMP"][u"version"].isObject());
    QCOMPARE(qmp.execute(u"query-status"_s)[u"error"][u"class"].toString(), u"CommandNotFound"_s);
    qmp.negotiate();
    const QJsonValue status = qmp.value(u"query-status"_s);
    QCOMPARE(status[u"status"].toString(), u"running"_s);
    QVERIFY(status[u"running"].toBool());
    QCOMPARE(qmp.value(u"query-name"_s)[u"name"].toString(), u"guest one"_s);
    QCOMPARE(qmp.value(u"query-version"_s), qmp.greeting()[u"QMP"][u"version"]);
    QCOMPARE(qmp.value(u"query-migrate"_s).toObject(), QJsonObject());
    QCOMPARE(qmp.value(u"query-memory-size-summary"_s)[u"base-memory"].toInteger(), 32 << 20);
    QCOMPARE(qmp.value(u"query-memdev"_s)[0][u"share"], QJsonValue(true));
    QVERIFY(qmp.value(u"x-query-ramblock"_s)[u"human-readable-text"].toString().contains(u"ram"));
    const QJsonObject unknown = qmp.execute(u"no-such-command"_s);
    QCOMPARE(unknown[u"error"][u"class"].toString(), u"CommandNotFound"_s);
    QTRY_VERIFY_WITH_TIMEOUT(qmp.value(u"query-pulse"_s)[u"beats"].toInteger() > 0, QmpConnection::limitMs);
}

void TestVmm::schemaIsWhatRuns()
{
    const VmmProcess vmm(smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const qmp::Schema schema = schemaOf(qmp);
    const QStringList commands = schema.commands();
    QVERIFY(commands.size() > 30);
    QStringList listed;
    for (const QJsonValue& command : qmp.value(u"query-commands"_s).toArray())
        listed << command[u"name"].toString();
    QCOMPARE(listed, commands);
    for (const QString& command : commands) {
        const QJsonObject reply = qmp.execute(command, { { u"no-such-argument"_s, true } });
        if (command == u"qmp_capabilities")
            continue; // the one that is over by now
        QCOMPARE(reply[u"error"][u"class"].toString(), u"GenericError"_s);
        const QString text = reply[u"error"][u"desc"].toString();
        QVERIFY2(text == u"Parameter 'no-such-argument' is unexpected" || text.endsWith(u"is missing"),
            qPrintable(command + u": "_s + text));
    }
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
}

void TestVmm::schemaKnowsTheSettings()
{
    const VmmProcess vmm(smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const qmp::Schema schema = schemaOf(qmp);
    QStringList parameters;
    for (const engine::ParameterType& type : engine::ParameterSet::types()) {
        parameters << type.name;
        QCOMPARE(schema.enumValues(u"migrate-set-parameters."_s + type.name), type.choices);
    }
    QStringList described = schema.arguments(u"migrate-set-parameters"_s);
    described.sort();
    parameters.sort();
    QCOMPARE(described, parameters);
    QCOMPARE(schema.enumValues(u"migrate-set-capabilities.capabilities.capability"_s),
        engine::CapabilitySet::names());

    QStringList objects;
    for (const vmm::DriverType& driver : vmm::driverTypes()) {
        const QJsonObject reply
            = qmp.execute(u"device-list-properties"_s, { { u"typename"_s, driver.name } });
        if (driver.isObject) {
            objects << driver.name;
            QVERIFY(reply.contains(u"error"));
            for (const vmm::PropertyType& property : driver.properties)
                QVERIFY2(schema.hasArgument(u"object-add"_s, property.name), qPrintable(property.name));
            continue;
        }
        QStringList names;
        for (const QJsonValue& property : reply[u"return"].toArray())
            names << property[u"name"].toString();
        QVERIFY2(names.contains(u"migrate-fds"), qPrintable(driver.name));
        QCOMPARE(names.size(), driver.properties.size());
    }
    QCOMPARE(schema.enumValues(u"object-add.qom-type"_s), objects);
}

void TestVmm::takesNullForUnset()
{
    const VmmProcess vmm(monitor());
    QmpConnection qmp = connectTo();
    const auto set = [&](const QJsonObject& parameters) {
        return qmp.execute(u"migrate-set-parameters"_s, parameters).contains(u"return");
    };
    const auto now = [&](const QString& name) { return qmp.value(u"query-migrate-parameters"_s)[name]; };
    QVERIFY(
        set({ { u"handover"_s, u"early-stop"_s }, { u"migrate-fds"_s, false }, { u"mode"_s, u"normal"_s } }));
    QVERIFY(set({ { u"handover"_s, QJsonValue::Null }, { u"migrate-fds"_s, QJsonValue::Null },
        { u"mode"_s, QJsonValue::Null } }));
    QCOMPARE(now(u"handover"_s).toString(), u"prepared"_s);
    QCOMPARE(now(u"mode"_s).toString(), u"normal"_s);
    QCOMPARE(now(u"migrate-fds"_s), QJsonValue(false));
    // What is unset follows the mode again.
    QVERIFY(set({ { u"mode"_s, u"cpr-transfer"_s } }));
    QCOMPARE(now(u"migrate-fds"_s), QJsonValue(true));
    QVERIFY(!set({ { u"max-passes"_s, QJsonValue::Null } }));
}

void TestVmm::refusesBadArguments_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QJsonObject>("arguments");
    QTest::addColumn<QString>("errorClass");
    QTest::addColumn<QString>("text"); ///< contained in the description

    const QString generic = u"GenericError"_s;
    const QString notFound = u"DeviceNotFound"_s;
    const auto row = [](const char* name, const QString& command, const QJsonObject& arguments,
                         const QString& errorClass, const QString& text) {
        QTest::newRow(name) << command << arguments << errorClass << text;
    };
    row("missing", u"qom-list"_s, {}, generic, u"Parameter 'path' is missing"_s);
    row("type", u"qom-list"_s, { { u"path"_s, 1 } }, generic,
        u"Invalid parameter type for 'path', expected: string"_s);
    row("enum", u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-magic"_s } }, generic,
        u"Parameter 'mode' does not accept value 'cpr-magic'"_s);
    row("unknown parameter", u"migrate-set-parameters"_s, { { u"speed"_s, 1 } }, generic,
        u"Parameter 'speed' is unexpected"_s);
    row("range", u"migrate-set-parameters"_s, { { u"max-passes"_s, -1 } }, generic, u"max-passes"_s);
    row("capability", u"migrate-set-capabilities"_s,
        { { u"capabilities"_s,
            QJsonArray{ QJsonObject{ { u"capability"_s, u"xbzrle"_s }, { u"state"_s, true } } } } },
        generic, u"does not accept value 'xbzrle'"_s);
    row("no such object", u"qom-list"_s, { { u"path"_s, u"/nowhere"_s } }, notFound,
        u"Device '/nowhere' not found"_s);
    row("no such property", u"qom-get"_s,
        { { u"path"_s, u"/objects/ram"_s }, { u"property"_s, u"colour"_s } }, generic,
        u"Property 'memory-backend-memfd.colour' not found"_s);
    row("not writable", u"qom-set"_s,
        { { u"path"_s, u"/machine"_s }, { u"property"_s, u"memory"_s }, { u"value"_s, 1 } }, generic,
        u"Property 'cutover-machine.memory' is not writable"_s);
    row("no such driver", u"device-list-properties"_s, { { u"typename"_s, u"floppy"_s } }, notFound,
        u"Device 'floppy' not found"_s);
    row("hotplug", u"device_add"_s, { { u"driver"_s, u"ballast"_s }, { u"id"_s, u"b"_s } }, generic,
        u"does not support hotplugging"_s);
    row("unplug nothing", u"device_del"_s, { { u"id"_s, u"b"_s } }, notFound, u"'b' not found"_s);
    row("unplug", u"device_del"_s, { { u"id"_s, u"ballast0"_s } }, generic,
        u"does not support hotplugging"_s);
    row("exit precreate", u"x-exit-precreate"_s, {}, generic,
        u"The command is permitted only before machine initialization"_s);
    row("getfd without", u"getfd"_s, { { u"fdname"_s, u"a"_s } }, generic,
        u"No file descriptor supplied via SCM_RIGHTS"_s);
    row("closefd", u"closefd"_s, { { u"fdname"_s, u"a"_s } }, generic,
        u"File descriptor named 'a' not found"_s);
    row("trace event", u"trace-event-set-state"_s,
        { { u"name"_s, u"no_such_event"_s }, { u"enable"_s, true } }, generic,
        u"unknown event \"no_such_event\""_s);
    row("uri and channels", u"migrate"_s, { { u"uri"_s, u"unix:/x"_s }, { u"channels"_s, QJsonArray() } },
        generic, u"channels"_s);
    row("no channel", u"migrate"_s, {}, generic, u"channels"_s);
    row("address", u"migrate"_s, { { u"uri"_s, u"carrier-pigeon:home"_s } }, generic, u"carrier-pigeon"_s);
    row("not incoming", u"migrate-incoming"_s, { { u"uri"_s, u"unix:/x"_s } }, generic,
        u"'-incoming' was not specified on the command line"_s);
    row("resume", u"migrate"_s, { { u"uri"_s, u"unix:/x"_s }, { u"resume"_s, true } }, generic,
        u"Cannot resume"_s);
    row("rate", u"x-set-pulse-rates"_s, { { u"blocks-per-second"_s, -2 } }, generic, u"blocks-per-second"_s);
}

void TestVmm::refusesBadArguments()
{
    QFETCH(QString, command);
    QFETCH(QJsonObject, arguments);
    QFETCH(QString, errorClass);
    QFETCH(QString, text);
    const VmmProcess vmm(
        smallMachine + QStringList{ u"-device"_s, u"ballast,id=ballast0,state=1M"_s } + monitor());
    QmpConnection qmp = connectTo();
    const QJsonValue error = qmp.execute(command, arguments)[u"error"];
    QCOMPARE(error[u"class"].toString(), errorClass);
    QVERIFY2(error[u"desc"].toString().contains(text), qPrintable(error[u"desc"].toString()));
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
}

void TestVmm::allowsInPrecreateWhatTheSchemaSays()
{
    const VmmProcess vmm(QStringList{ u"-precreate"_s } + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const qmp::Schema schema = schemaOf(qmp);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
    int refused = 0;
    for (const QString& command : schema.commands()) {
        if (command == u"qmp_capabilities")
            continue;
        const QString text = qmp.errorOf(command, { { u"no-such-argument"_s, true } });
        const bool namesPhase = text.contains(u"precreate");
        QVERIFY2(namesPhase != schema.features(command).contains(u"allow-precreate"), qPrintable(command));
        refused += int(namesPhase);
    }
    QVERIFY(refused >= 4);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
}

void TestVmm::isConfiguredOverQmpAlone()
{
    const QString console = path(u"console"_s);
    const VmmProcess first(
        QStringList{ u"-object"_s, u"memory-backend-memfd,id=ram0,size=32M"_s, u"-device"_s,
            u"console,id=con0,path="_s + console, u"-device"_s, u"ballast,id=b0,state=2M"_s }
        + monitor(u"first"_s));
    QmpConnection source = connectTo(u"first"_s);
    const VmmProcess second(QStringList{ u"-precreate"_s } + monitor(u"second"_s));
    QmpConnection destination = connectTo(u"second"_s);

    destination.value(u"object-add"_s,
        { { u"qom-type"_s, u"memory-backend-memfd"_s }, { u"id"_s, u"ram0"_s },
            { u"size"_s, qint64{ 32 } << 20 } });
    destination.value(u"qom-set"_s,
        { { u"path"_s, u"/machine"_s }, { u"property"_s, u"memory-backend"_s }, { u"value"_s, u"ram0"_s } });
    destination.value(
        u"device_add"_s, { { u"driver"_s, u"console"_s }, { u"id"_s, u"con0"_s }, { u"path"_s, console } });
    destination.value(u"device_add"_s,
        { { u"driver"_s, u"ballast"_s }, { u"id"_s, u"b0"_s }, { u"state"_s, qint64{ 2 } << 20 } });
    destination.value(u"migrate-incoming"_s, channels({ u"main"_s, u"cpr"_s }));
    QCOMPARE(destination.value(u"query-migrate"_s)[u"socket-address"].toArray().size(), 2);
    QCOMPARE(destination.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
    QVERIFY(destination.errorOf(u"x-exit-precreate"_s).contains(u"CPR state"));

    source.value(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-transfer"_s } });
    source.value(u"migrate"_s, channels({ u"main"_s, u"cpr"_s }));
    QVERIFY(source.waitForStatus(u"query-migrate"_s, u"completed"_s));
    QVERIFY(destination.waitForStatus(u"query-status"_s, u"running"_s));
    QCOMPARE(source.value(u"query-status"_s)[u"status"].toString(), u"postmigrate"_s);

    const auto before = fdLinks(first, source);
    const auto after = fdLinks(second, destination);
    for (const QString& name : { u"ram0"_s, u"con0/listener"_s, u"b0"_s }) {
        QVERIFY2(before.contains(name) && after.contains(name), qPrintable(name));
        QVERIFY2(isSameFile(before[name], after[name]), qPrintable(name));
    }
}

void TestVmm::leavesPrecreateOnCommand()
{
    const VmmProcess vmm(QStringList{ u"-precreate"_s, u"-S"_s } + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    qmp.value(
        u"device_add"_s, { { u"driver"_s, u"ballast"_s }, { u"id"_s, u"b0"_s }, { u"state"_s, u"1M"_s } });
    qmp.value(
        u"device_add"_s, { { u"driver"_s, u"ballast"_s }, { u"id"_s, u"b1"_s }, { u"state"_s, u"1M"_s } });
    qmp.value(u"device_del"_s, { { u"id"_s, u"b1"_s } });
    qmp.value(u"x-exit-precreate"_s);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"prelaunch"_s);
    QCOMPARE(qmp.value(u"qom-list"_s, { { u"path"_s, u"/machine/peripheral"_s } }).toArray().size(), 1);
    qmp.value(u"cont"_s);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
}

void TestVmm::staysInPrecreateWhenCreationFails()
{
    const VmmProcess vmm(QStringList{ u"-precreate"_s } + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    qmp.value(u"device_add"_s,
        { { u"driver"_s, u"vhost-user-blk"_s }, { u"id"_s, u"d0"_s }, { u"socket"_s, path(u"nobody"_s) } });
    const qsizetype before = vmm.fdCount();
    const QString text = qmp.errorOf(u"x-exit-precreate"_s);
    QVERIFY2(text.contains(u"d0") && text.contains(u"nobody"), qPrintable(text));
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
    QCOMPARE(vmm.fdCount(), before);
    qmp.value(u"device_del"_s, { { u"id"_s, u"d0"_s } });
    qmp.value(u"x-exit-precreate"_s);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
}

void TestVmm::refusesWhatIsConfiguredTwice()
{
    const VmmProcess vmm(
        QStringList{ u"-precreate"_s, u"-object"_s, u"memory-backend-memfd,id=ram0,size=16M"_s, u"-machine"_s,
            u"memory-backend=ram0"_s, u"-device"_s, u"ballast,id=b0,state=1M"_s, u"-incoming"_s,
            u"unix:"_s + path(u"main.sock"_s) }
        + monitor());
    QmpConnection qmp = connectTo();
    QVERIFY(
        qmp.errorOf(u"device_add"_s,
               { { u"driver"_s, u"ballast"_s }, { u"id"_s, u"b0"_s }, { u"state"_s, u"1M"_s } })
            .contains(u"Duplicate ID 'b0'"));
    QVERIFY(
        qmp.errorOf(u"object-add"_s,
               { { u"qom-type"_s, u"memory-backend-memfd"_s }, { u"id"_s, u"ram0"_s },
                   { u"size"_s, 4 << 20 } })
            .contains(u"Duplicate ID 'ram0'"));
    QVERIFY(qmp.errorOf(u"device_del"_s, { { u"id"_s, u"b0"_s } }).contains(u"command line"));
    QVERIFY(
        qmp.errorOf(u"qom-set"_s,
               { { u"path"_s, u"/machine"_s }, { u"property"_s, u"memory-backend"_s },
                   { u"value"_s, u"ram0"_s } })
            .contains(u"command line"));
    QCOMPARE(qmp.errorOf(u"migrate-incoming"_s, channels({ u"main"_s })),
        u"The incoming migration has already been started"_s);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
}

void TestVmm::refusesToStart_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("text");
    QTest::newRow("unknown option") << QStringList{ u"-floppy"_s } << u"floppy"_s;
    QTest::newRow("same id twice") << QStringList{ u"-device"_s, u"ballast,id=b,state=1M"_s, u"-device"_s,
        u"ballast,id=b,state=1M"_s }
                                   << u"'b'"_s;
    QTest::newRow("monitor that nobody listens for")
        << QStringList{ u"-qmp"_s, u"unix:/nonexistent/q,server=off"_s } << u"/nonexistent/q"_s;
    QTest::newRow("log") << QStringList{ u"-D"_s, u"/nonexistent/log"_s } << u"/nonexistent/log"_s;
    QTest::newRow("listener") << QStringList{ u"-incoming"_s, u"unix:/nonexistent/m"_s }
                              << u"/nonexistent/m"_s;
    QTest::newRow("back end") << QStringList{ u"-device"_s, u"vhost-user-blk,id=d0,socket=/nonexistent/b"_s }
                              << u"d0"_s;
    QTest::newRow("combination") << QStringList{ u"-incoming"_s, u"tcp:127.0.0.1:0"_s, u"-incoming"_s,
        u"config:migrate-fds=on"_s }
                                 << u"migrate-fds"_s;
    QTest::newRow("no KVM") << QStringList{ u"-accel"_s, u"kvm,device=/nonexistent/kvm"_s }
                            << u"/nonexistent/kvm"_s;
    QTest::newRow("too little RAM") << QStringList{ u"-m"_s, u"1M"_s } << u"memory"_s;
}

void TestVmm::refusesToStart()
{
    QFETCH(QStringList, arguments);
    QFETCH(QString, text);
    VmmProcess vmm(arguments + monitor());
    QCOMPARE(vmm.wait(), 1);
    const QString errors = vmm.errors();
    QVERIFY2(errors.startsWith(u"cutover-vmm: ") && errors.contains(text, Qt::CaseInsensitive),
        qPrintable(errors));
    QVERIFY(!QFile::exists(path(u"qmp"_s)));
}

void TestVmm::tellsTheObjectTree()
{
    const VmmProcess vmm(
        QStringList{ u"-object"_s, u"memory-backend-memfd,id=a,size=16M"_s, u"-object"_s,
            u"memory-backend-memfd,id=b,size=16M,migrate-fds=off"_s, u"-machine"_s, u"memory-backend=b"_s,
            u"-device"_s, u"ballast,id=b0,state=1M,migrate-fds=off"_s }
        + monitor());
    QmpConnection qmp = connectTo();
    const auto get = [&](const QString& object, const QString& property) {
        return qmp.value(u"qom-get"_s, { { u"path"_s, object }, { u"property"_s, property } });
    };
    QCOMPARE(get(u"/machine"_s, u"memory-backend"_s).toString(), u"/objects/b"_s);
    QCOMPARE(get(u"/objects/b"_s, u"migrate-fds"_s), QJsonValue(false));
    QCOMPARE(get(u"/objects/a"_s, u"size"_s).toInteger(), 16 << 20);
    QCOMPARE(get(u"/machine/peripheral/b0"_s, u"state"_s).toInteger(), 1 << 20);
    QCOMPARE(get(u"/machine/peripheral/b0"_s, u"type"_s).toString(), u"ballast"_s);
    const QJsonValue objects = qmp.value(u"qom-list"_s, { { u"path"_s, u"/objects"_s } });
    QCOMPARE(objects[0][u"name"].toString(), u"b"_s);
    QCOMPARE(objects[1][u"type"].toString(), u"child<memory-backend-memfd>"_s);

    qmp.value(u"qom-set"_s,
        { { u"path"_s, u"/machine/peripheral/b0"_s }, { u"property"_s, u"migrate-fds"_s },
            { u"value"_s, true } });
    QCOMPARE(get(u"/machine/peripheral/b0"_s, u"migrate-fds"_s), QJsonValue(true));
    qmp.value(u"qom-set"_s,
        { { u"path"_s, u"/objects/b"_s }, { u"property"_s, u"migrate-fds"_s }, { u"value"_s, true } });
    for (const QJsonValue& entry : qmp.value(u"query-cpr-fds"_s).toArray())
        QVERIFY2(entry[u"migrate-fds"].toBool(), qPrintable(entry[u"name"].toString()));
}

static void acceleratorRows()
{
    QTest::addColumn<QString>("accelerator");
    QTest::newRow("thread") << u"thread"_s;
    QTest::newRow("kvm") << u"kvm"_s;
}

static QString lackOf(const QString& accelerator)
{
    return accelerator == "kvm"_L1 ? kvmGuestProblem() : QString();
}

void TestVmm::stopsAndContinues_data()
{
    acceleratorRows();
}

void TestVmm::stopsAndContinues()
{
    QFETCH(QString, accelerator);
    if (const QString lack = lackOf(accelerator); !lack.isEmpty())
        QSKIP(qPrintable(lack));
    const VmmProcess vmm(smallMachine + QStringList{ u"-accel"_s, accelerator } + monitor());
    QmpConnection qmp = connectTo();
    QCOMPARE(
        qmp.value(u"qom-get"_s, { { u"path"_s, u"/machine"_s }, { u"property"_s, u"accel"_s } }).toString(),
        accelerator);
    qmp.value(u"stop"_s);
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"paused"_s);
    QVERIFY(qmp.sawEvent(u"STOP"_s));
    const qint64 beats = qmp.value(u"query-pulse"_s)[u"beats"].toInteger();
    QTest::qWait(20);
    QCOMPARE(qmp.value(u"query-pulse"_s)[u"beats"].toInteger(), beats);
    qmp.value(u"x-set-pulse-rates"_s, { { u"dirty-bytes-per-second"_s, -1 }, { u"reset-gaps"_s, true } });
    QCOMPARE(qmp.value(u"x-query-pulse-rates"_s)[u"dirty-bytes-per-second"].toInteger(), -1);
    qmp.value(u"cont"_s);
    QVERIFY(qmp.sawEvent(u"RESUME"_s));
    QTRY_VERIFY_WITH_TIMEOUT(
        qmp.value(u"query-pulse"_s)[u"beats"].toInteger() > beats, QmpConnection::limitMs);
}

void TestVmm::runsOnTheFirstAcceleratorThatWorks()
{
    VmmProcess vmm(
        smallMachine + QStringList{ u"-accel"_s, u"kvm:thread,device=/nonexistent/kvm"_s } + monitor());
    QmpConnection qmp = connectTo();
    QCOMPARE(
        qmp.value(u"qom-get"_s, { { u"path"_s, u"/machine"_s }, { u"property"_s, u"accel"_s } }).toString(),
        u"thread"_s);
    QTRY_VERIFY_WITH_TIMEOUT(qmp.value(u"query-pulse"_s)[u"beats"].toInteger() > 0, QmpConnection::limitMs);
    qmp.value(u"quit"_s);
    QCOMPARE(vmm.wait(), 0);
    const QString said = vmm.errors();
    QVERIFY2(said.contains(u"/nonexistent/kvm") && said.contains(u"using -accel thread"), qPrintable(said));
}

void TestVmm::takesAFileDescriptorOnce()
{
    const VmmProcess vmm(smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const qsizetype before = vmm.fdCount();
    const auto give = [&](const QByteArray& name) {
        const QByteArray line = R"({"execute":"getfd","arguments":{"fdname":")" + name + "\"}}\n";
        iovec bytes{ const_cast<char*>(line.constData()), std::size_t(line.size()) };
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int fd = STDERR_FILENO;
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
        const bool sent = ::sendmsg(int(qmp.socket().socketDescriptor()), &message, 0) == line.size();
        return sent && qmp.nextReply().contains(u"return");
    };
    QVERIFY(give("one"));
    QVERIFY(give("two"));
    QVERIFY(give("one"));
    QCOMPARE(vmm.fdCount(), before + 2);
    qmp.value(u"closefd"_s, { { u"fdname"_s, u"one"_s } });
    qmp.value(u"closefd"_s, { { u"fdname"_s, u"two"_s } });
    QCOMPARE(vmm.fdCount(), before);
    QVERIFY(!qmp.errorOf(u"closefd"_s, { { u"fdname"_s, u"one"_s } }).isEmpty());
}

void TestVmm::traces()
{
    const QString log = path(u"log"_s);
    VmmProcess vmm(QStringList{ u"-D"_s, log, u"-msg"_s, u"timestamp=on"_s, u"-trace"_s, u"runstate_*"_s }
        + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const auto stateOf = [&](const QString& name) {
        return qmp.value(u"trace-event-get-state"_s, { { u"name"_s, name } })[0][u"state"].toString();
    };
    QCOMPARE(stateOf(u"runstate_set"_s), u"enabled"_s);
    QCOMPARE(stateOf(u"migrate_error"_s), u"disabled"_s);
    qmp.value(u"trace-event-set-state"_s, { { u"name"_s, u"migr*"_s }, { u"enable"_s, true } });
    QCOMPARE(stateOf(u"migrate_error"_s), u"enabled"_s);
    qmp.value(u"stop"_s);
    qmp.value(u"migrate"_s, { { u"uri"_s, QString(u"unix:"_s + path(u"nobody"_s)) } });
    QVERIFY(qmp.waitForStatus(u"query-migrate"_s, u"failed"_s));
    qmp.value(u"quit"_s);
    QCOMPARE(vmm.wait(), 0);

    QFile file(log);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QStringList names;
    for (const QByteArray& text : file.readAll().split('\n')) {
        if (text.isEmpty())
            continue;
        const trace::Line line = trace::parseLine(text);
        QVERIFY2(line.isTyped() && line.timeNs > 0, text.constData());
        names << line.name;
        if (line.name == u"runstate_set" && line.arguments.contains(u"(running) new_state 4 (paused)"))
            names << u"stopped"_s;
    }
    for (const QString& name :
        { u"runstate_set"_s, u"stopped"_s, u"migrate_set_state"_s, u"migrate_error"_s })
        QVERIFY2(names.contains(name), qPrintable(name));
    QVERIFY(!names.contains(u"qemu_ram_alloc_shared"));
}

void TestVmm::listensOnAPortOfTheKernels()
{
    const VmmProcess vmm(QStringList{ u"-incoming"_s, u"tcp:127.0.0.1:0"_s } + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"inmigrate"_s);
    const QJsonValue address = qmp.value(u"query-migrate"_s)[u"socket-address"][0];
    QCOMPARE(address[u"type"].toString(), u"inet"_s);
    QVERIFY(address[u"port"].toString().toInt() > 0);
    QVERIFY(qmp.errorOf(u"migrate"_s, { { u"uri"_s, u"unix:/x"_s } }).contains(u"incoming migration"));
}

void TestVmm::handsTheGuestOverAndTakesItBack_data()
{
    acceleratorRows();
}

void TestVmm::handsTheGuestOverAndTakesItBack()
{
    QFETCH(QString, accelerator);
    if (const QString lack = lackOf(accelerator); !lack.isEmpty())
        QSKIP(qPrintable(lack));
    const QStringList machine = smallMachine + QStringList{ u"-accel"_s, accelerator }
        + QStringList{ u"-device"_s, u"console,id=con0,path="_s + path(u"console"_s) };
    const VmmProcess first(machine + monitor(u"first"_s));
    QmpConnection source = connectTo(u"first"_s);
    auto second = std::make_unique<VmmProcess>(machine
        + QStringList{ u"-S"_s, u"-incoming"_s, u"defer"_s, u"-incoming"_s,
            u"cpr,addr.transport=socket,addr.type=unix,addr.path="_s + path(u"cpr.sock"_s) }
        + monitor(u"second"_s));
    QmpConnection destination = connectTo(u"second"_s);
    const QJsonArray events{ QJsonObject{ { u"capability"_s, u"events"_s }, { u"state"_s, true } } };
    source.value(u"migrate-set-capabilities"_s, { { u"capabilities"_s, events } });
    destination.value(u"migrate-incoming"_s, channels({ u"main"_s }));
    source.value(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-transfer"_s } });
    source.value(u"migrate"_s, channels({ u"main"_s, u"cpr"_s }));
    QVERIFY(source.waitForStatus(u"query-migrate"_s, u"completed"_s));
    QVERIFY(destination.waitForStatus(u"query-status"_s, u"paused"_s));
    for (const QString& event : { u"MIGRATION"_s, u"STOP"_s, u"DEVICE_OWNERSHIP"_s })
        QVERIFY2(source.sawEvent(event), qPrintable(event));
    QVERIFY(destination.sawEvent(u"DEVICE_OWNERSHIP"_s));
    QVERIFY(!destination.sawEvent(u"MIGRATION"_s));

    QVERIFY(source.errorOf(u"cont"_s).contains(u"destination"));
    QVERIFY(source.errorOf(u"migrate"_s, channels({ u"main"_s, u"cpr"_s })).contains(u"previous migration"));
    QCOMPARE(source.value(u"query-status"_s)[u"status"].toString(), u"postmigrate"_s);
    const qint64 beats = source.value(u"query-pulse"_s)[u"beats"].toInteger();
    second.reset(); // killed before it has run the guest
    source.value(u"cont"_s);
    QCOMPARE(source.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
    QTRY_VERIFY_WITH_TIMEOUT(
        source.value(u"query-pulse"_s)[u"beats"].toInteger() > beats, QmpConnection::limitMs);
}

void TestVmm::refusesAnotherAccelerator()
{
    if (const QString lack = lackOf(u"kvm"_s); !lack.isEmpty())
        QSKIP(qPrintable(lack));
    const VmmProcess first(smallMachine + QStringList{ u"-accel"_s, u"kvm"_s } + monitor(u"first"_s));
    QmpConnection source = connectTo(u"first"_s);
    VmmProcess second(smallMachine + QStringList{ u"-incoming"_s, u"unix:"_s + path(u"main.sock"_s) }
        + monitor(u"second"_s));
    QmpConnection destination = connectTo(u"second"_s);
    source.value(u"migrate"_s, channels({ u"main"_s }));
    QVERIFY(source.waitForStatus(u"query-migrate"_s, u"failed"_s));
    const QString text = source.value(u"query-migrate"_s)[u"error-desc"].toString();
    QVERIFY2(text.contains(u"accelerator"), qPrintable(text));
    QVERIFY(!source.sawEvent(u"STOP"_s));
    QCOMPARE(source.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
    const qint64 beats = source.value(u"query-pulse"_s)[u"beats"].toInteger();
    QTRY_VERIFY_WITH_TIMEOUT(
        source.value(u"query-pulse"_s)[u"beats"].toInteger() > beats, QmpConnection::limitMs);
    QCOMPARE(second.wait(), 1);
}

void TestVmm::failedMigrationLeavesTheGuest()
{
    const VmmProcess first(smallMachine + monitor(u"first"_s));
    QmpConnection source = connectTo(u"first"_s);
    VmmProcess second(QStringList{ u"-m"_s, u"64M"_s, u"-incoming"_s, u"unix:"_s + path(u"main.sock"_s) }
        + monitor(u"second"_s));
    QmpConnection destination = connectTo(u"second"_s);
    source.value(u"migrate"_s, channels({ u"main"_s }));
    QVERIFY(source.waitForStatus(u"query-migrate"_s, u"failed"_s));
    QVERIFY(source.value(u"query-migrate"_s)[u"error-desc"].toString().contains(u"configured differently"));
    QCOMPARE(source.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
    QCOMPARE(second.wait(), 1);
    QVERIFY(second.errors().contains(u"configured differently"));
    QVERIFY(!QFile::exists(path(u"second"_s)));
}

void TestVmm::connectsOut()
{
    QLocalServer server;
    QVERIFY(server.listen(path(u"console"_s)));
    const VmmProcess vmm(
        QStringList{ u"-qmp"_s, u"unix:%1,server=off"_s.arg(path(u"console"_s)) } + smallMachine + monitor());
    QVERIFY(server.waitForNewConnection(QmpConnection::limitMs));
    {
        QmpConnection qmp(std::unique_ptr<QLocalSocket>(server.nextPendingConnection()));
        qmp.negotiate();
        QCOMPARE(qmp.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
        qmp.value(u"stop"_s);
    }
    // It outlives the console.
    QmpConnection other = connectTo();
    QCOMPARE(other.value(u"query-status"_s)[u"status"].toString(), u"paused"_s);
}

void TestVmm::waitsForAClient()
{
    const QString log = path(u"log"_s);
    const VmmProcess vmm(QStringList{ u"-qmp"_s, u"unix:%1,server=on,wait=on"_s.arg(path(u"waits"_s)),
                             u"-D"_s, log, u"-trace"_s, u"*"_s }
        + smallMachine + monitor());
    QmpConnection early = connectTo();
    QCOMPARE(early.value(u"query-status"_s)[u"status"].toString(), u"precreate"_s);
    QmpConnection awaited = connectTo(u"waits"_s);
    QCOMPARE(awaited.value(u"query-status"_s)[u"status"].toString(), u"running"_s);
}

void TestVmm::endsBySignal_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<QStringList>("arguments");
    for (const auto& [name, number] :
        { std::pair("TERM", SIGTERM), std::pair("INT", SIGINT), std::pair("HUP", SIGHUP) }) {
        QTest::addRow("%s running", name) << number << QStringList();
        QTest::addRow("%s incoming", name)
            << number << QStringList{ u"-incoming"_s, u"defer"_s, u"-incoming"_s, u"cpr"_s };
        QTest::addRow("%s precreate", name) << number << QStringList{ u"-precreate"_s };
    }
}

void TestVmm::endsBySignal()
{
    QFETCH(int, signal);
    QFETCH(QStringList, arguments);
    if (arguments.endsWith(u"cpr"_s))
        arguments.last() += u",addr.transport=socket,addr.type=unix,addr.path="_s + path(u"cpr.sock"_s);
    VmmProcess vmm(arguments + QStringList{ u"-device"_s, u"console,id=con0,path="_s + path(u"console"_s) }
        + smallMachine + monitor());
    QmpConnection qmp = connectTo();
    vmm.sendSignal(signal);
    qmp.readToEnd();
    QCOMPARE(vmm.wait(), 0);
    QVERIFY(qmp.sawEvent(u"SHUTDOWN"_s));
    for (const QJsonObject& event : qmp.events()) {
        if (event[u"event"] == u"SHUTDOWN"_s)
            QCOMPARE(event[u"data"][u"reason"].toString(), u"host-signal"_s);
    }
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot),
        QStringList());
}

void TestVmm::losesNoDescriptor()
{
    const VmmProcess vmm(smallMachine + monitor());
    QmpConnection qmp = connectTo();
    const auto once = [&] {
        connectTo().value(u"query-status"_s);
        qmp.value(u"migrate"_s, { { u"uri"_s, QString(u"unix:"_s + path(u"nobody"_s)) } });
        return qmp.waitForStatus(u"query-migrate"_s, u"failed"_s);
    };
    QVERIFY(once());
    // The end of the other client may be noticed after our reply.
    const qsizetype before = vmm.fdCount();
    for (int i = 0; i < 20; ++i)
        QVERIFY(once());
    QTRY_VERIFY_WITH_TIMEOUT(vmm.fdCount() <= before, QmpConnection::limitMs);
}

QTEST_GUILESS_MAIN(TestVmm)
#include "tst_vmm.moc"
