// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/sessionplanner.h"

#include <QJsonDocument>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

namespace {

/// A VMM that takes null for the switch and the mode, but not for the policy.
constexpr auto schemaText = R"json([
    {"name": "bool", "meta-type": "builtin", "json-type": "boolean"},
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
    {"name": "null", "meta-type": "builtin", "json-type": "null"},
    {"name": "BoolOrNull", "meta-type": "alternate", "members": [{"type": "bool"}, {"type": "null"}]},
    {"name": "StrOrNull", "meta-type": "alternate", "members": [{"type": "str"}, {"type": "null"}]},
    {"name": "Empty", "meta-type": "object", "members": []},
    {"name": "Set", "meta-type": "object", "members": [
        {"name": "mode", "type": "StrOrNull", "default": null},
        {"name": "migrate-fds", "type": "BoolOrNull", "default": null},
        {"name": "handover", "type": "str", "default": null}]},
    {"name": "migrate-set-parameters", "meta-type": "command", "arg-type": "Set", "ret-type": "Empty"}
])json";

QJsonObject provenance(const QString& name, const QStringList& sources)
{
    QJsonArray layers;
    for (const QString& source : sources)
        layers.append(QJsonObject{ { u"source"_s, source }, { u"value"_s, false } });
    return { { u"name"_s, name }, { u"layers"_s, layers } };
}

Facts sourceFacts()
{
    Facts facts;
    facts.parameters
        = { { u"mode"_s, u"normal"_s }, { u"migrate-fds"_s, false }, { u"handover"_s, u"prepared"_s } };
    if (auto schema = qmp::Schema::parse(QJsonDocument::fromJson(schemaText).array()))
        facts.schema = *schema;
    return facts;
}

/// All that the planner puts back, in one object.
QJsonObject restored(const QJsonArray& provenances, Facts facts = sourceFacts())
{
    facts.parameterProvenance = provenances;
    Plan plan;
    plan.mode = u"cpr-transfer"_s;
    plan.parameters = { { u"migrate-fds"_s, true }, { u"handover"_s, u"early-stop"_s } };
    QJsonObject all;
    for (const Command& command : planMachine(plan, facts, { .limits = {} }).restoreSource) {
        if (command.name == u"migrate-set-parameters") {
            for (auto it = command.arguments.begin(); it != command.arguments.end(); ++it)
                all.insert(it.key(), it.value());
        }
    }
    return all;
}

} // namespace

class TestSessionPlanner : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void putsBackWhatWasThere();
    void loadsWhatWasSavedInAFile();
    void configuresOnlyWhatIsThere();
};

void TestSessionPlanner::configuresOnlyWhatIsThere()
{
    Facts facts = sourceFacts();
    facts.parameters[u"cpr-exec-command"_s] = QJsonArray{ u"/bin/old"_s };
    Plan plan;
    plan.mode = u"cpr-exec"_s;
    plan.returnPath = false;
    plan.mainAddress = Plan::fileAddress(u"/dev/shm/state"_s);
    plan.destinationArgv = { u"/bin/new"_s, u"-S"_s };
    plan.saved = SavedState{ .path = u"/dev/shm/state"_s, .copiedBytes = 0 };
    const MachineConfig config = planMachine(plan, facts, {});
    QVERIFY(config.exec && config.throughFile && !config.cpr && config.guarded);
    // It is never ended, and never told anything before it exists.
    QVERIFY(!config.launched);
    QVERIFY(config.configureDestination.empty());
    QVERIFY(config.loadDestination.size() > 1);
    QCOMPARE(config.loadDestination.back().name, u"migrate-incoming"_s);
    QCOMPARE(config.loadDestination.back().arguments[u"channels"_s], config.migrate.arguments[u"channels"_s]);
    const auto program = [](const std::vector<Command>& commands) {
        for (const Command& command : commands) {
            if (command.arguments.contains(u"cpr-exec-command"_s))
                return command.arguments[u"cpr-exec-command"_s].toArray();
        }
        return QJsonArray();
    };
    QCOMPARE(program(config.armSource), (QJsonArray{ u"/bin/new"_s, u"-S"_s }));
    QCOMPARE(program(config.restoreSource), QJsonArray{ u"/bin/old"_s });
}

void TestSessionPlanner::loadsWhatWasSavedInAFile()
{
    Facts facts = sourceFacts();
    facts.capabilities
        = { { u"events"_s, false }, { u"return-path"_s, true }, { u"x-ignore-shared"_s, false } };
    Plan plan;
    plan.mode = u"cpr-reboot"_s;
    plan.returnPath = false;
    plan.capabilities = { { u"x-ignore-shared"_s, true } };
    plan.mainAddress = Plan::fileAddress(u"/dev/shm/state"_s);
    plan.saved = SavedState{ .path = u"/dev/shm/state"_s, .copiedBytes = 1LL << 32 };
    const SessionLimits limits;
    const MachineConfig config = planMachine(plan, facts, { .limits = limits });
    QVERIFY(config.throughFile && !config.cpr && config.guarded);
    QVERIFY(config.limits.loadMs > limits.loadMs);

    // What the destination is told before the source saves opens nothing.
    for (const Command& command : config.configureDestination)
        QCOMPARE(command.name, u"migrate-set-capabilities"_s);
    QCOMPARE(config.loadDestination.size(), 1U);
    QCOMPARE(config.loadDestination[0].name, u"migrate-incoming"_s);
    QCOMPARE(config.loadDestination[0].arguments[u"channels"_s], config.migrate.arguments[u"channels"_s]);
    QVERIFY(!config.loadDestination[0].arguments[u"exit-on-error"_s].toBool(true));

    const auto states = [](const Command& command) {
        QJsonObject all;
        for (const QJsonValue& each : command.arguments[u"capabilities"_s].toArray())
            all.insert(each[u"capability"_s].toString(), each[u"state"_s]);
        return all;
    };
    QCOMPARE(states(config.armSource[0]),
        (QJsonObject{ { u"events"_s, true }, { u"return-path"_s, false }, { u"x-ignore-shared"_s, true } }));
    QCOMPARE(states(config.restoreSource[0]),
        (QJsonObject{ { u"events"_s, false }, { u"return-path"_s, true }, { u"x-ignore-shared"_s, false } }));
    QCOMPARE(states(config.configureDestination[0]),
        (QJsonObject{ { u"events"_s, true }, { u"return-path"_s, false }, { u"x-ignore-shared"_s, true } }));
}

void TestSessionPlanner::putsBackWhatWasThere()
{
    const QString fds = u"migrate-fds"_s;
    const QJsonObject values = sourceFacts().parameters;
    QVERIFY(sourceFacts().schema);
    // Where nothing is known, the values.
    QCOMPARE(restored({}), values);

    QJsonObject unset = values;
    unset[fds] = QJsonValue::Null;
    QCOMPARE(restored({ provenance(fds, { u"default"_s }) }), unset);
    QCOMPARE(restored({ provenance(fds, { u"global"_s, u"default"_s }) }), unset);
    QCOMPARE(restored({ provenance(fds, { u"qmp"_s, u"default"_s }) }), values);
    // A null that would be refused restores nothing at all.
    QCOMPARE(restored({ provenance(u"handover"_s, { u"default"_s }) }), values);

    QJsonObject both = unset;
    both[u"mode"] = QJsonValue::Null;
    QCOMPARE(restored({ provenance(u"mode"_s, { u"default"_s }), provenance(fds, { u"default"_s }) }), both);

    Facts silent = sourceFacts();
    silent.schema.reset();
    QCOMPARE(restored({ provenance(fds, { u"default"_s }) }, silent), values);
}

QTEST_GUILESS_MAIN(TestSessionPlanner)
#include "tst_sessionplanner.moc"
