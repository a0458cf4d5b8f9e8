// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/combinations.h"
#include "engine/settings.h"

#include <QJsonDocument>
#include <QTest>

using namespace cutover;
using namespace cutover::engine;
using namespace Qt::StringLiterals;

namespace {

QJsonObject entryOf(const QJsonArray& provenance, const QString& name)
{
    for (const QJsonValue entry : provenance) {
        if (entry[u"name"].toString() == name)
            return entry.toObject();
    }
    return {};
}

ChannelAddress unixAt(const QString& path)
{
    return { .transport = Transport::Unix, .path = path };
}

ChannelAddress inetAt(quint16 port)
{
    return { .transport = Transport::Inet, .host = u"localhost"_s, .port = port };
}

} // namespace

class TestParameters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void defaults();
    void precedenceOfEveryPair();
    void nullTakesBack();
    void badValues_data();
    void badValues();
    void setAllIsAtomic();
    void migrateFdsFollowsTheMode();
    void typedSnapshotCarriesEveryParameter();
    void capabilities();
    void capabilityErrors();
    void config_data();
    void config();
    void configErrors_data();
    void configErrors();
    void global();
    void compat();
    void refused_data();
    void refused();
    void everyRowIsTested();
    void policy();
};

void TestParameters::defaults()
{
    const ParameterSet set;
    QCOMPARE(set.parameters(), Parameters());
    QCOMPARE(set.toJson().size(), ParameterSet::types().size());
    QCOMPARE(set.value(u"mode"_s), QJsonValue(u"normal"_s));
    QCOMPARE(set.value(u"migrate-fds"_s), QJsonValue(false));
    QVERIFY(set.value(u"foo"_s).isUndefined());
    const QJsonArray provenance = set.provenance();
    for (const QJsonValue entry : provenance) {
        QCOMPARE(entry[u"source"].toString(), u"default"_s);
        QCOMPARE(entry[u"layers"].toArray().size(), 1);
        QCOMPARE(entry[u"layers"][0][u"value"], entry[u"value"]);
    }
}

void TestParameters::precedenceOfEveryPair()
{
    const QString name = u"max-passes"_s;
    const QList<ParameterSource> sources{ ParameterSource::Compat, ParameterSource::Global,
        ParameterSource::Config, ParameterSource::Qmp };
    for (const ParameterSource first : sources) {
        for (const ParameterSource second : sources) {
            ParameterSet set;
            QVERIFY(set.set(name, 10 + int(first), first));
            QVERIFY(set.set(name, 20 + int(second), second));
            const ParameterSource winner = std::max(first, second);
            QCOMPARE(set.source(name), winner);
            QCOMPARE(set.value(name).toInt(), (winner == second ? 20 : 10) + int(winner));
            const QJsonObject entry = entryOf(set.provenance(), name);
            QCOMPARE(entry[u"source"].toString(), parameterSourceId(winner));
            QCOMPARE(entry[u"layers"].toArray().size(), first == second ? 2 : 3);
            QCOMPARE(entry[u"layers"].toArray().last()[u"value"].toInt(), Parameters().maxPasses);
        }
    }
}

void TestParameters::nullTakesBack()
{
    ParameterSet set;
    QVERIFY(set.set(u"handover"_s, u"late-stop"_s, ParameterSource::Config));
    QVERIFY(set.set(u"handover"_s, u"early-stop"_s, ParameterSource::Qmp));
    QVERIFY(set.set(u"handover"_s, QJsonValue::Null, ParameterSource::Qmp));
    QCOMPARE(set.parameters().handover, Handover::LateStop);
    QVERIFY(set.set(u"handover"_s, QJsonValue::Null, ParameterSource::Config));
    QVERIFY(!set.parameters().handoverExplicit);
    QCOMPARE(set.set(u"handover"_s, QJsonValue::Null, ParameterSource::Default).error().code,
        ErrorCode::InvalidArgument);
}

void TestParameters::badValues_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("cause");
    const int invalid = int(ErrorCode::InvalidArgument);
    const int unsupported = int(ErrorCode::Unsupported);
    const auto row = [](const char* tag, const QString& name, const QJsonValue& value, int code,
                         const QString& cause) { QTest::newRow(tag) << name << value << code << cause; };
    row("unknown", u"fooo"_s, 1, invalid, u"there is no such parameter"_s);
    row("qemu's own", u"multifd-channels"_s, 2, unsupported, u"this VMM does not have it"_s);
    row("bandwidth", u"max-bandwidth"_s, 2, unsupported, u"this VMM does not have it"_s);
    row("mode of qemu", u"mode"_s, u"cpr-exec"_s, unsupported,
        u"this VMM does not have the mode 'cpr-exec'"_s);
    row("mode", u"mode"_s, u"fast"_s, invalid, u"'fast' is not one of normal, cpr-transfer"_s);
    row("mode case", u"mode"_s, u"Normal"_s, invalid, u"'Normal' is not one of normal, cpr-transfer"_s);
    row("handover", u"handover"_s, u"late"_s, invalid,
        u"'late' is not one of late-stop, early-stop, prepared"_s);
    row("bool as text", u"migrate-fds"_s, u"on"_s, invalid, u"'on' is not on or off"_s);
    row("bool as number", u"migrate-fds"_s, 1, invalid, u"'1' is not on or off"_s);
    row("below", u"ready-time-limit"_s, 0, invalid, u"'0' is not an integer from 1 to 3600000 ms"_s);
    row("above", u"ready-time-limit"_s, 3600001, invalid,
        u"'3600001' is not an integer from 1 to 3600000 ms"_s);
    row("negative", u"downtime-limit"_s, -1, invalid, u"'-1' is not an integer from 0 to 2000000 ms"_s);
    row("fraction", u"max-passes"_s, 1.5, invalid, u"'1.5' is not an integer from 1 to 1000"_s);
    row("text", u"max-passes"_s, u"3"_s, invalid, u"'3' is not an integer from 1 to 1000"_s);
    row("object", u"max-passes"_s, QJsonObject(), invalid, u"'an object' is not an integer from 1 to 1000"_s);
    row("huge", u"max-passes"_s, 1e300, invalid, u"'1e+300' is not an integer from 1 to 1000"_s);
}

void TestParameters::badValues()
{
    QFETCH(QString, name);
    QFETCH(QJsonValue, value);
    QFETCH(int, code);
    QFETCH(QString, cause);
    ParameterSet set;
    const auto done = set.set(name, value, ParameterSource::Qmp);
    QVERIFY(!done);
    QCOMPARE(int(done.error().code), code);
    QCOMPARE(done.error().object, name);
    QCOMPARE(done.error().cause, cause);
    QCOMPARE(set.toJson(), ParameterSet().toJson());
    QCOMPARE(set.source(name), ParameterSource::Default);
}

void TestParameters::setAllIsAtomic()
{
    ParameterSet set;
    QVERIFY(!set.setAll({ { u"handover"_s, u"late-stop"_s }, { u"max-passes"_s, 0 } }, ParameterSource::Qmp));
    QCOMPARE(set.toJson(), ParameterSet().toJson());
    QVERIFY(set.setAll({ { u"handover"_s, u"late-stop"_s }, { u"max-passes"_s, 1 } }, ParameterSource::Qmp));
    QCOMPARE(set.parameters().handover, Handover::LateStop);
    QCOMPARE(set.parameters().maxPasses, 1);
}

void TestParameters::migrateFdsFollowsTheMode()
{
    ParameterSet set;
    QVERIFY(set.set(u"mode"_s, u"cpr-transfer"_s, ParameterSource::Qmp));
    QVERIFY(set.parameters().migrateFds);
    QVERIFY(!set.parameters().migrateFdsExplicit);
    const QJsonObject entry = entryOf(set.provenance(), u"migrate-fds"_s);
    QCOMPARE(entry[u"source"].toString(), u"default"_s);
    QCOMPARE(entry[u"follows"].toString(), u"mode"_s);
    QVERIFY(set.set(u"migrate-fds"_s, false, ParameterSource::Global));
    QVERIFY(!set.parameters().migrateFds);
    QVERIFY(set.parameters().migrateFdsExplicit);
}

void TestParameters::typedSnapshotCarriesEveryParameter()
{
    const Parameters initial;
    for (const ParameterType& type : ParameterSet::types()) {
        if (type.name == u"migrate-fds" || type.kind == ParameterType::Kind::Choice)
            continue;
        const QJsonValue other
            = type.kind == ParameterType::Kind::Bool ? QJsonValue(!type.initial.toBool()) : QJsonValue(777);
        ParameterSet set;
        QVERIFY(set.set(type.name, other, ParameterSource::Qmp));
        QVERIFY2(!(set.parameters() == initial), qPrintable(type.name));
        QCOMPARE(set.toJson()[type.name], other);
    }
    for (const Handover handover : { Handover::LateStop, Handover::EarlyStop, Handover::Prepared }) {
        ParameterSet set;
        QVERIFY(set.setText(u"handover"_s, handoverId(handover), ParameterSource::Config));
        QCOMPARE(set.parameters().handover, handover);
    }
}

void TestParameters::capabilities()
{
    CapabilitySet set;
    QCOMPARE(set.capabilities(), Capabilities());
    QVERIFY(
        set.setAll(QJsonArray{ QJsonObject{ { u"capability"_s, u"events"_s }, { u"state"_s, true } },
                       QJsonObject{ { u"capability"_s, u"late-block-activate"_s }, { u"state"_s, true } } },
            ParameterSource::Qmp));
    QVERIFY(set.capabilities().events);
    QVERIFY(set.capabilities().lateBlockActivate);
    QVERIFY(!set.capabilities().returnPath);
    QCOMPARE(set.toJson().size(), CapabilitySet::names().size());
    QCOMPARE(
        set.toJson()[0], QJsonValue(QJsonObject{ { u"capability"_s, u"events"_s }, { u"state"_s, true } }));
    QVERIFY(set.set(u"events"_s, false, ParameterSource::Global));
    QVERIFY(set.capabilities().events);
    QCOMPARE(entryOf(set.provenance(), u"events"_s)[u"source"].toString(), u"qmp"_s);
    QCOMPARE(entryOf(set.provenance(), u"events"_s)[u"layers"].toArray().size(), 3);
}

void TestParameters::capabilityErrors()
{
    CapabilitySet set;
    const auto unknown = set.set(u"fooo"_s, false, ParameterSource::Qmp);
    QCOMPARE(unknown.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(unknown.error().object, u"fooo"_s);
    const auto lacking = set.set(u"multifd"_s, true, ParameterSource::Qmp);
    QCOMPARE(lacking.error().code, ErrorCode::Unsupported);
    QCOMPARE(lacking.error().object, u"multifd"_s);
    QVERIFY(set.set(u"multifd"_s, false, ParameterSource::Qmp));
    QVERIFY(!set.setAll(QJsonArray{ QJsonObject{ { u"capability"_s, u"events"_s }, { u"state"_s, true } },
                            QJsonObject{ { u"capability"_s, u"events"_s }, { u"state"_s, 1 } } },
        ParameterSource::Qmp));
    QVERIFY(!set.capabilities().events);
    QVERIFY(!set.setAll(QJsonArray{ 1 }, ParameterSource::Qmp));
}

void TestParameters::config_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("pairs")
        << u"mode=cpr-transfer,handover=early-stop,migrate-fds=on,max-passes=7,events=on"_s;
    QTest::newRow("json")
        << uR"({"mode":"cpr-transfer","handover":"early-stop","migrate-fds":true,"max-passes":7,"events":true})"_s;
}

void TestParameters::config()
{
    QFETCH(QString, text);
    MigrationSettings settings;
    QVERIFY(settings.applyConfig(text));
    const Parameters parameters = settings.parameters.parameters();
    QCOMPARE(parameters.mode, MigrationMode::CprTransfer);
    QCOMPARE(parameters.handover, Handover::EarlyStop);
    QVERIFY(parameters.migrateFds && parameters.migrateFdsExplicit && parameters.modeExplicit);
    QCOMPARE(parameters.maxPasses, 7);
    QVERIFY(settings.capabilities.capabilities().events);
    QCOMPARE(settings.parameters.source(u"mode"_s), ParameterSource::Config);
    QCOMPARE(settings.capabilities.source(u"events"_s), ParameterSource::Config);
}

void TestParameters::configErrors_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("named");
    const auto row = [](const char* tag, const QString& text, const QString& named) {
        QTest::newRow(tag) << text << named;
    };
    row("empty", {}, u"it is empty"_s);
    row("unknown", u"mode=normal,foo=1"_s, u"foo"_s);
    row("bad value", u"mode=normal,max-passes=many"_s, u"max-passes"_s);
    row("twice", u"max-passes=1,max-passes=2"_s, u"max-passes"_s);
    row("no value", u"max-passes"_s, u"key=value"_s);
    row("empty item", u"max-passes=1,"_s, u"key=value"_s);
    row("capability", u"events=maybe"_s, u"events"_s);
    row("json syntax", u"{\"mode\":"_s, u"at byte"_s);
    row("json unknown", u"{\"foo\":1}"_s, u"foo"_s);
    row("json type", u"{\"max-passes\":\"7\"}"_s, u"max-passes"_s);
    row("json capability", u"{\"events\":1}"_s, u"events"_s);
    row("json lacking", u"{\"tls-creds\":\"x\"}"_s, u"tls-creds"_s);
}

void TestParameters::configErrors()
{
    QFETCH(QString, text);
    QFETCH(QString, named);
    MigrationSettings settings;
    const auto done = settings.applyConfig(text);
    QVERIFY(!done);
    QVERIFY2(done.error().message().contains(named), qPrintable(done.error().message()));
    QVERIFY(!done.error().remedy.isEmpty());
    QCOMPARE(settings.parameters.toJson(), ParameterSet().toJson());
}

void TestParameters::global()
{
    MigrationSettings settings;
    QVERIFY(settings.applyGlobal(u"max-passes"_s, u"9"_s));
    QVERIFY(settings.applyGlobal(u"x-events"_s, u"on"_s));
    QVERIFY(settings.applyGlobal(u"return-path"_s, u"true"_s));
    QCOMPARE(settings.parameters.parameters().maxPasses, 9);
    QCOMPARE(settings.parameters.source(u"max-passes"_s), ParameterSource::Global);
    QVERIFY(settings.capabilities.capabilities().events);
    QVERIFY(settings.capabilities.capabilities().returnPath);
    QCOMPARE(settings.applyGlobal(u"x-foo"_s, u"on"_s).error().object, u"x-foo"_s);
    QCOMPARE(settings.applyGlobal(u"x-events"_s, u"3"_s).error().object, u"events"_s);
    QVERIFY(settings.applyConfig(u"max-passes=8"_s));
    QCOMPARE(settings.parameters.parameters().maxPasses, 8);
}

void TestParameters::compat()
{
    const auto oldest = compatDefaults(compatVersions().first());
    QVERIFY(oldest);
    QVERIFY(!oldest->isEmpty());
    for (const CompatDefault& row : *oldest)
        QCOMPARE(row.property + u'=' + row.value, u"migrate-fds=off"_s);
    QVERIFY(compatDefaults(compatVersions().last())->isEmpty());
    const auto unknown = compatDefaults(u"0.9"_s);
    QCOMPARE(unknown.error().object, u"0.9"_s);
    QVERIFY(unknown.error().cause.contains(compatVersions().first()));
    MigrationSettings settings;
    QVERIFY(settings.applyCompat(compatVersions().first()));
    QVERIFY(!settings.applyCompat(u"0.9"_s));
}

struct RefusedCase
{
    QString id; ///< empty: accepted
    CheckMoment moment;
    QString parameters; ///< as config
    Channels channels;
    bool defer = false;
};
Q_DECLARE_METATYPE(RefusedCase)

static const QList<std::pair<const char*, RefusedCase>>& refusedCases()
{
    using enum CheckMoment;
    static const QList<std::pair<const char*, RefusedCase>> cases{
        { "no migration at all", { {}, Start, {}, {} } },
        { "settings for later", { {}, Start, u"mode=cpr-transfer,handover=early-stop"_s, {} } },
        { "policy for later", { {}, Start, u"handover=early-stop"_s, {} } },
        { "incoming main", { {}, Start, {}, { .main = unixAt(u"/m"_s) } } },
        { "incoming tcp", { {}, Start, {}, { .main = inetAt(0) } } },
        { "incoming cpr and main", { {}, Start, {}, { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "incoming cpr and defer", { {}, Start, {}, { .cpr = unixAt(u"/c"_s) }, true } },
        { "defer", { {}, Start, u"mode=cpr-transfer"_s, {}, true } },
        { "defer with a policy", { {}, Start, u"handover=late-stop"_s, {}, true } },
        { "policy with cpr",
            { {}, Start, u"handover=late-stop"_s, { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "normal", { {}, Migrate, {}, { .main = unixAt(u"/m"_s) } } },
        { "normal over tcp", { {}, Migrate, {}, { .main = inetAt(1) } } },
        { "normal with fds", { {}, Migrate, u"migrate-fds=on"_s, { .main = unixAt(u"/m"_s) } } },
        { "cpr",
            { {}, Migrate, u"mode=cpr-transfer"_s, { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "no main, start", { u"main-missing"_s, Start, {}, { .cpr = unixAt(u"/c"_s) } } },
        { "no main, incoming", { u"main-missing"_s, Incoming, {}, { .cpr = unixAt(u"/c"_s) }, true } },
        { "no main, migrate",
            { u"main-missing"_s, Migrate, u"mode=cpr-transfer"_s, { .cpr = unixAt(u"/c"_s) } } },
        { "nothing, migrate", { u"main-missing"_s, Migrate, {}, {} } },
        { "no cpr, migrate",
            { u"cpr-missing"_s, Migrate, u"mode=cpr-transfer"_s, { .main = unixAt(u"/m"_s) } } },
        { "no cpr, start", { u"cpr-missing"_s, Start, u"mode=cpr-transfer"_s, { .main = unixAt(u"/m"_s) } } },
        { "no cpr, incoming",
            { u"cpr-missing"_s, Incoming, u"mode=cpr-transfer"_s, { .main = unixAt(u"/m"_s) }, true } },
        { "cpr in normal, migrate",
            { u"cpr-channel-in-normal"_s, Migrate, {},
                { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "cpr in normal, start",
            { u"cpr-channel-in-normal"_s, Start, u"mode=normal"_s,
                { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "cpr in normal, deferred",
            { u"cpr-channel-in-normal"_s, Start, u"mode=normal"_s, { .cpr = unixAt(u"/c"_s) }, true } },
        { "cpr over tcp", { u"cpr-channel-not-unix"_s, Start, {}, { .cpr = inetAt(1) }, true } },
        { "same socket",
            { u"one-socket-for-both"_s, Start, {}, { .main = unixAt(u"/c"_s), .cpr = unixAt(u"/c"_s) } } },
        { "port 0", { u"port-zero"_s, Migrate, {}, { .main = inetAt(0) } } },
        { "fds off in cpr, start",
            { u"fds-off-in-cpr"_s, Start, u"mode=cpr-transfer,migrate-fds=off"_s, {} } },
        { "fds off in cpr, by channel",
            { u"fds-off-in-cpr"_s, Start, u"migrate-fds=off"_s, { .cpr = unixAt(u"/c"_s) }, true } },
        { "fds off in cpr, migrate",
            { u"fds-off-in-cpr"_s, Migrate, u"mode=cpr-transfer,migrate-fds=off"_s,
                { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } } },
        { "fds over tcp, start", { u"fds-over-inet"_s, Start, u"migrate-fds=on"_s, { .main = inetAt(0) } } },
        { "fds over tcp, migrate",
            { u"fds-over-inet"_s, Migrate, u"migrate-fds=on"_s, { .main = inetAt(1) } } },
        { "cpr with a tcp main",
            { u"fds-over-inet"_s, Migrate, u"mode=cpr-transfer"_s,
                { .main = inetAt(1), .cpr = unixAt(u"/c"_s) } } },
        { "cpr with a tcp main, start",
            { u"fds-over-inet"_s, Start, {}, { .main = inetAt(1), .cpr = unixAt(u"/c"_s) } } },
        { "policy in normal",
            { u"handover-outside-cpr"_s, Migrate, u"handover=early-stop"_s, { .main = unixAt(u"/m"_s) } } },
        { "default policy in normal", { {}, Migrate, u"handover=prepared"_s, { .main = unixAt(u"/m"_s) } } },
        { "policy in normal, start",
            { u"handover-outside-cpr"_s, Start, u"handover=late-stop"_s, { .main = unixAt(u"/m"_s) } } },
    };
    return cases;
}

void TestParameters::refused_data()
{
    QTest::addColumn<RefusedCase>("c");
    for (const auto& [tag, c] : refusedCases())
        QTest::newRow(tag) << c;
}

void TestParameters::refused()
{
    QFETCH(RefusedCase, c);
    MigrationSettings settings;
    if (!c.parameters.isEmpty())
        QVERIFY(settings.applyConfig(c.parameters));
    const Combination combination{ .moment = c.moment,
        .parameters = settings.parameters.parameters(),
        .channels = c.channels,
        .defer = c.defer };
    const RefusedCombination* const row = findRefused(combination);
    QCOMPARE(row ? QString(row->id) : QString(), c.id);
    const auto checked = checkCombination(combination);
    QCOMPARE(checked.has_value(), c.id.isEmpty());
    if (!checked) {
        QCOMPARE(checked.error().code, row->code);
        QCOMPARE(checked.error().cause, QString(row->cause));
        QVERIFY(!checked.error().remedy.isEmpty());
    }
}

void TestParameters::everyRowIsTested()
{
    for (const RefusedCombination& row : refusedCombinations()) {
        const bool tested
            = std::ranges::any_of(refusedCases(), [&](const auto& each) { return each.second.id == row.id; });
        QVERIFY2(tested, row.id.data());
    }
}

void TestParameters::policy()
{
    Combination c{ .moment = CheckMoment::Migrate, .channels = { .main = unixAt(u"/m"_s) } };
    QCOMPARE(c.policy(), (RealizePolicy{ .incoming = true, .channel = ChannelKind::MainUnix }));
    QCOMPARE(c.policy(false).channel, ChannelKind::Inet);
    c.channels.main = inetAt(1);
    QCOMPARE(c.policy().channel, ChannelKind::Inet);
    // A destination with a CPR channel has the mode from it, and its source's policy from nobody.
    c = { .moment = CheckMoment::Start, .channels = { .main = unixAt(u"/m"_s), .cpr = unixAt(u"/c"_s) } };
    QCOMPARE(c.policy(),
        (RealizePolicy{
            .incoming = true, .migrateFds = true, .channel = ChannelKind::Cpr, .handoverKnown = false }));
    c = { .moment = CheckMoment::Start };
    QVERIFY(!c.policy().incoming);
}

QTEST_GUILESS_MAIN(TestParameters)
#include "tst_parameters.moc"
