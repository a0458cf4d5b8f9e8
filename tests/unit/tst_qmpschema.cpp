// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"
#include "qmp/schema.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <algorithm>

using namespace cutover;
using namespace cutover::qmp;
using cutover::test::FakeQmp;
using namespace Qt::StringLiterals;

class TestQmpSchema : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void looksUp_data() { versions(); }
    void looksUp();
    void describesParameters();
    void namesTheMemberAtFault();
    void versionsDiffer();
    void validates_data();
    void validates();
    void refusesDamage_data();
    void refusesDamage();
    void survivesCycles();

private:
    static void versions();
};

void TestQmpSchema::versions()
{
    QTest::addColumn<QString>("qemu");
    QTest::newRow("10.0") << u"10.0"_s;
    QTest::newRow("11.1") << u"11.1"_s;
}

void TestQmpSchema::looksUp()
{
    QFETCH(QString, qemu);
    const auto schema = FakeQmp::schemaOf(qemu);
    QVERIFY(schema);
    QVERIFY(schema->hasCommand(u"migrate"_s));
    QVERIFY(!schema->hasCommand(u"MIGRATION"_s));
    QVERIFY(!schema->hasCommand(u"x-exit-precreate"_s));
    QVERIFY(!schema->hasCommand({}));
    QVERIFY(schema->hasEvent(u"MIGRATION_PASS"_s));
    QVERIFY(!schema->hasEvent(u"migrate"_s));
    QVERIFY(schema->commands().size() > 150);
    QVERIFY(schema->commands().contains(u"query-status"_s));
    QVERIFY(schema->events().contains(u"STOP"_s));
    QVERIFY(schema->allowsOob(u"migrate-recover"_s));
    QVERIFY(!schema->allowsOob(u"migrate"_s));

    QVERIFY(schema->hasArgument(u"migrate"_s, u"channels"_s));
    QVERIFY(schema->hasArgument(u"migrate"_s, u"channels[].channel-type"_s));
    QVERIFY(schema->hasArgument(u"migrate"_s, u"channels.addr.transport"_s));
    QVERIFY(schema->hasArgument(u"migrate"_s, u"channels[].addr.path"_s)); // variant of a variant
    QVERIFY(schema->hasArgument(u"blockdev-add"_s, u"file.filename"_s)); // alternate
    QVERIFY(!schema->hasArgument(u"migrate"_s, u"channels[].addr.nope"_s));
    QVERIFY(!schema->hasArgument(u"migrate"_s, u"nope"_s));
    QVERIFY(!schema->hasArgument(u"migrate"_s, {}));
    QVERIFY(!schema->hasArgument(u"migrate-set-parameters"_s, u"local"_s));
    QVERIFY(schema->hasReturn(u"query-migrate"_s, u"blocked-reasons"_s));
    QVERIFY(schema->hasReturn(u"query-status"_s, u"status"_s));
    QCOMPARE(schema->arguments(u"getfd"_s), QStringList(u"fdname"_s));
    QVERIFY(schema->arguments(u"migrate"_s, u"channels"_s).contains(u"addr"_s));

    const QStringList modes = schema->enumValues(u"migrate-set-parameters.mode"_s);
    QCOMPARE(modes.first(3), QStringList({ u"normal"_s, u"cpr-reboot"_s, u"cpr-transfer"_s }));
    const QStringList capabilities
        = schema->enumValues(u"migrate-set-capabilities.capabilities[].capability"_s);
    QVERIFY(capabilities.contains(u"return-path"_s));
    QVERIFY(capabilities.contains(u"late-block-activate"_s));
    QCOMPARE(capabilities, schema->enumValues(u"migrate-set-capabilities.capabilities.capability"_s));
    QVERIFY(schema->enumValues(u"MIGRATION.status"_s).contains(u"completed"_s));
    QVERIFY(schema->returnEnumValues(u"query-status"_s, u"status"_s).contains(u"postmigrate"_s));
    QVERIFY(schema->enumValues(u"migrate.uri"_s).isEmpty());
    QVERIFY(schema->enumValues(u"nope.x"_s).isEmpty());

    QVERIFY(schema->features(u"x-query-ramblock"_s).contains(u"unstable"_s));
    QVERIFY(schema->features(u"migrate"_s).isEmpty());
    QVERIFY(schema->features(u"migrate-set-parameters.x-checkpoint-delay"_s).contains(u"unstable"_s));
    QVERIFY(schema->features(u"migrate-set-capabilities.capabilities.capability=x-colo"_s)
            .contains(u"unstable"_s));
    QVERIFY(schema->features(u"migrate-set-capabilities.capabilities.capability=events"_s).isEmpty());
}

void TestQmpSchema::describesParameters()
{
    const auto schema = FakeQmp::schemaOf(u"11.1"_s);
    const auto find = [&](const QString& command, const QString& path, const QString& name) {
        const QList<Schema::Parameter> all = schema->parameters(command, path);
        const auto found = std::ranges::find(all, name, &Schema::Parameter::name);
        return found == all.end() ? Schema::Parameter() : *found;
    };
    const Schema::Parameter mode = find(u"migrate-set-parameters"_s, {}, u"mode"_s);
    QVERIFY(mode.optional);
    QCOMPARE(mode.jsonTypes, QStringList{ u"string"_s });
    QVERIFY(mode.values.contains(u"cpr-transfer"_s));
    QCOMPARE(find(u"migrate-set-parameters"_s, {}, u"max-bandwidth"_s).jsonTypes, QStringList{ u"int"_s });
    QVERIFY(!find(u"qom-get"_s, {}, u"path"_s).optional);
    QCOMPARE(find(u"migrate"_s, {}, u"channels"_s).jsonTypes, QStringList{ u"array"_s });
    // Each kind of address has a path or a host of its own; the name comes once.
    const QList<Schema::Parameter> address = schema->parameters(u"migrate"_s, u"channels[].addr"_s);
    QCOMPARE(std::ranges::count(address, u"path"_s, &Schema::Parameter::name), 1);
    QVERIFY(schema->parameters(u"no-such-command"_s).isEmpty());
}

void TestQmpSchema::namesTheMemberAtFault()
{
    const auto schema = FakeQmp::schemaOf(u"11.1"_s);
    QString member = u"something"_s;
    QVERIFY(schema->validate(u"query-status"_s, {}, &member));
    QVERIFY(member.isEmpty());
    const auto flaw = [&](const QString& command, const QByteArray& arguments) {
        const auto valid = schema->validate(command, QJsonDocument::fromJson(arguments).object(), &member);
        return valid ? u"valid"_s : member;
    };
    QCOMPARE(flaw(u"query-status"_s, R"({"a": 1})"), u"a"_s);
    QCOMPARE(flaw(u"qom-get"_s, R"({"path": "/"})"), u"property"_s);
    QCOMPARE(flaw(u"migrate-set-parameters"_s, R"({"mode": "warp"})"), u"mode"_s);
    QCOMPARE(
        flaw(u"migrate"_s, R"({"channels": [{"channel-type": "mian", "addr": {"transport": "socket"}}]})"),
        u"channels[0].channel-type"_s);
    QCOMPARE(flaw(u"no-such-command"_s, "{}"), QString());
}

void TestQmpSchema::versionsDiffer()
{
    const auto old = FakeQmp::schemaOf(u"10.0"_s);
    const auto recent = FakeQmp::schemaOf(u"11.1"_s);
    QVERIFY(!old->enumValues(u"migrate-set-parameters.mode"_s).contains(u"cpr-exec"_s));
    QVERIFY(recent->enumValues(u"migrate-set-parameters.mode"_s).contains(u"cpr-exec"_s));
    QVERIFY(!old->hasArgument(u"migrate-set-parameters"_s, u"cpr-exec-command"_s));
    QVERIFY(recent->hasArgument(u"migrate-set-parameters"_s, u"cpr-exec-command"_s));
    QVERIFY(old->hasArgument(u"migrate"_s, u"detach"_s));
    QVERIFY(!recent->hasArgument(u"migrate"_s, u"detach"_s));
    QVERIFY(!old->enumValues(u"MIGRATION.status"_s).contains(u"failing"_s));
    QVERIFY(recent->enumValues(u"MIGRATION.status"_s).contains(u"failing"_s));
}

void TestQmpSchema::validates_data()
{
    // The sentences are what QEMU 10.0.13 and 11.1.3 answered to the same commands.
    QTest::addColumn<QString>("command");
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<QString>("complaint");
    const auto row
        = [](const char* name, const QString& command, const char* arguments, const QString& complaint) {
              QTest::newRow(name) << command << QByteArray(arguments) << complaint;
          };
    const QString capabilities = u"migrate-set-capabilities"_s;
    const QString parameters = u"migrate-set-parameters"_s;
    row("none", u"stop"_s, "{}", {});
    row("unknown command", u"nonsense"_s, "{}", u"The command nonsense has not been found"_s);
    row("unexpected", u"query-status"_s, R"({"x":1})", u"Parameter 'x' is unexpected"_s);
    row("missing", u"getfd"_s, "{}", u"Parameter 'fdname' is missing"_s);
    row("type", u"getfd"_s, R"({"fdname":5})", u"Invalid parameter type for 'fdname', expected: string"_s);
    row("enum", parameters, R"({"mode":"foo"})", u"Parameter 'mode' does not accept value 'foo'"_s);
    row("good enum", parameters, R"({"mode":"cpr-transfer","max-bandwidth":18446744073709551615})", {});
    row("integer", parameters, R"({"downtime-limit":1.5})",
        u"Invalid parameter type for 'downtime-limit', expected: integer"_s);
    row("nested missing", capabilities, R"({"capabilities":[{"capability":"events"}]})",
        u"Parameter 'capabilities[0].state' is missing"_s);
    row("nested enum", capabilities, R"({"capabilities":[{"capability":"bah","state":true}]})",
        u"Parameter 'capability' does not accept value 'bah'"_s);
    row("nested type", capabilities, R"({"capabilities":[{"capability":"events","state":"y"}]})",
        u"Invalid parameter type for 'capabilities[0].state', expected: boolean"_s);
    row("element", capabilities, R"({"capabilities":[5]})",
        u"Invalid parameter type for 'capabilities[0]', expected: object"_s);
    row("array", capabilities, R"({"capabilities":5})",
        u"Invalid parameter type for 'capabilities', expected: array"_s);
    row("variant", u"migrate"_s,
        R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/x"}}]})",
        {});
    row("variant enum", u"migrate"_s,
        R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket","type":"bad"}}]})",
        u"Parameter 'type' does not accept value 'bad'"_s);
    row("variant missing", u"migrate"_s,
        R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket"}}]})",
        u"Parameter 'channels[0].addr.type' is missing"_s);
    row("tag missing", u"migrate"_s, R"({"channels":[{"channel-type":"cpr","addr":{}}]})",
        u"Parameter 'channels[0].addr.transport' is missing"_s);
    row("variant unexpected", u"migrate"_s,
        R"({"channels":[{"channel-type":"cpr","addr":{"transport":"socket","type":"unix","path":"/x","foo":1}}]})",
        u"Parameter 'channels[0].addr.foo' is unexpected"_s);
    row("alternate", u"blockdev-add"_s, R"({"driver":"qcow2","file":"other","node-name":"x"})", {});
    row("alternate object", u"blockdev-add"_s,
        R"({"driver":"qcow2","file":{"driver":"file","filename":"/x"}})", {});
    row("any", u"qom-set"_s, R"({"path":"/x","property":"y","value":[{"z":null}]})", {});
    row("device properties", u"device_add"_s, R"({"driver":"virtio-net-pci","netdev":"n0","mq":true})", {});
    row("device type", u"device_add"_s, R"({"driver":5})",
        u"Invalid parameter type for 'driver', expected: string"_s);
}

void TestQmpSchema::validates()
{
    QFETCH(QString, command);
    QFETCH(QByteArray, arguments);
    QFETCH(QString, complaint);
    const QJsonDocument document = QJsonDocument::fromJson(arguments);
    QVERIFY(document.isObject());
    for (const QString& qemu : { u"10.0"_s, u"11.1"_s }) {
        const auto result = FakeQmp::schemaOf(qemu)->validate(command, document.object());
        QCOMPARE(result ? QString() : result.error().cause, complaint);
        if (!result)
            QCOMPARE(result.error().object, command);
    }
}

void TestQmpSchema::refusesDamage_data()
{
    QTest::addColumn<QByteArray>("schema");
    QTest::newRow("no objects") << "[1]"_ba;
    QTest::newRow("no name") << R"([{"meta-type":"enum"}])"_ba;
    QTest::newRow("no meta-type") << R"([{"name":"x"}])"_ba;
    QTest::newRow("unknown meta-type") << R"([{"name":"x","meta-type":"y"}])"_ba;
    QTest::newRow("missing argument type") << R"([{"name":"x","meta-type":"event","arg-type":"0"}])"_ba;
    QTest::newRow("missing element") << R"([{"name":"x","meta-type":"array"}])"_ba;
    QTest::newRow("missing variant")
        << R"([{"name":"x","meta-type":"object","members":[],"variants":[{"case":"a","type":"9"}]}])"_ba;
}

void TestQmpSchema::refusesDamage()
{
    QFETCH(QByteArray, schema);
    const auto parsed = Schema::parse(QJsonDocument::fromJson(schema).array());
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code, ErrorCode::Malformed);
    QVERIFY(Schema::parse({}).has_value());
}

void TestQmpSchema::survivesCycles()
{
    const QByteArray text = R"([
        {"name":"c","meta-type":"command","arg-type":"o","ret-type":"a"},
        {"name":"a","meta-type":"array","element-type":"a"},
        {"name":"s","meta-type":"builtin","json-type":"string"},
        {"name":"alt","meta-type":"alternate","members":[{"type":"alt"}]},
        {"name":"o","meta-type":"object","tag":"t","members":[{"name":"t","type":"s"},
            {"name":"l","type":"a","default":null},{"name":"alt","type":"alt","default":null}],
            "variants":[{"case":"x","type":"o"}]}])";
    const auto schema = Schema::parse(QJsonDocument::fromJson(text).array());
    QVERIFY(schema.has_value());
    QVERIFY(schema->validate(u"c"_s, { { u"t"_s, u"x"_s } }).has_value());
    QVERIFY(!schema->validate(u"c"_s, { { u"t"_s, u"x"_s }, { u"alt"_s, 1 } }).has_value());
    QVERIFY(schema->hasArgument(u"c"_s, u"l"_s));
    QVERIFY(!schema->hasArgument(u"c"_s, u"l.l.l"_s));
    QVERIFY(schema->enumValues(u"c.alt"_s).isEmpty());
    QVERIFY(schema->enumValues(u"c.l"_s).isEmpty());
}

QTEST_GUILESS_MAIN(TestQmpSchema)
#include "tst_qmpschema.moc"
