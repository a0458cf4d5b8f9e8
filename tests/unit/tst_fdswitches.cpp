// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/combinations.h"
#include "operator/facts.h"
#include "operator/fdswitches.h"
#include "operator/plan.h"

#include <QJsonDocument>
#include <QTest>

using namespace cutover;
using namespace cutover::op;
using namespace Qt::StringLiterals;

namespace {

/// A VMM with both layers of switches, handover policies, and a switch that follows the mode.
FdInventory switchedVmm()
{
    FdInventory inventory;
    inventory.global = {
        .kind = GlobalSwitch::Kind::Parameter, .name = u"migrate-fds"_s, .on = false, .followsMode = true
    };
    inventory.handover = u"prepared"_s;
    inventory.listsFds = true;
    return inventory;
}

InventoryDevice tap(bool on)
{
    return { .id = u"net0"_s,
        .type = u"tap-net"_s,
        .kind = DeviceKind::Device,
        .resource = u"tap0"_s,
        .reopenObstacle = {},
        .own = { .property = u"migrate-fds"_s, .path = u"/machine/peripheral/net0"_s, .on = on, .fixed = {} },
        .fds = { { .name = u"net0"_s,
                     .id = 0,
                     .kind = u"tap"_s,
                     .sharing = FdSharing::Exclusive,
                     .number = 14,
                     .state = u"owned"_s },
            { .name = u"net0/token"_s,
                .id = 0,
                .kind = u"memfd"_s,
                .sharing = FdSharing::Shareable,
                .number = 15,
                .state = u"open"_s } } };
}

InventoryDevice memory(bool on)
{
    return { .id = u"ram0"_s,
        .type = u"memory-backend-memfd"_s,
        .kind = DeviceKind::Ram,
        .resource = {},
        .reopenObstacle = {},
        .own = { .property = u"migrate-fds"_s, .path = u"/objects/ram0"_s, .on = on, .fixed = {} },
        .fds = { { .name = u"ram0"_s,
            .id = 0,
            .kind = u"memfd"_s,
            .sharing = FdSharing::Shareable,
            .number = 9,
            .state = u"open"_s } } };
}

Plan planOf(const QString& mode, const QJsonObject& parameters = {})
{
    Plan plan;
    plan.mode = mode;
    plan.parameters = parameters;
    plan.mainAddress = Plan::unixAddress(u"/run/main"_s);
    return plan;
}

FdPrediction predictFirst(const FdInventory& inventory, const Plan& plan, const InventoryDevice& device)
{
    return predictFd(inventory, routeOf(inventory, plan), device, device.fds.front());
}

} // namespace

class TestFdSwitches : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }

    void says_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<QJsonObject>("parameters");
        QTest::addColumn<QString>("device");
        QTest::addColumn<bool>("on");
        QTest::addColumn<QString>("effect");
        QTest::addColumn<QString>("channel");
        QTest::addColumn<QString>("says");
        const QString cpr = u"cpr-transfer"_s;
        const QString normal = u"normal"_s;
        const QJsonObject fdsOn{ { u"migrate-fds"_s, true } };
        const QJsonObject fdsOff{ { u"migrate-fds"_s, false } };
        const auto handover = [](const char* policy) {
            return QJsonObject{ { u"handover"_s, QString::fromLatin1(policy) } };
        };
        QTest::newRow("both on") << cpr << QJsonObject() << u"tap"_s << true << u"passes"_s << u"main"_s
                                 << u"both switches are on"_s;
        QTest::newRow("both on, shareable") << cpr << QJsonObject() << u"ram"_s << true << u"passes"_s
                                            << u"cpr"_s << u"CPR channel while the guest runs"_s;
        QTest::newRow("early stop") << cpr << handover("early-stop") << u"tap"_s << true << u"passes"_s
                                    << u"cpr"_s << u"guest stands still"_s;
        QTest::newRow("late stop") << cpr << handover("late-stop") << u"tap"_s << true << u"refused"_s
                                   << QString() << u"exclusive, and late-stop"_s;
        QTest::newRow("late stop, switched off") << cpr << handover("late-stop") << u"tap"_s << false
                                                 << u"reopened"_s << QString() << u"switch is off"_s;
        QTest::newRow("late stop, shareable") << cpr << handover("late-stop") << u"ram"_s << true
                                              << u"passes"_s << u"cpr"_s << u"CPR channel"_s;
        QTest::newRow("device off") << cpr << QJsonObject() << u"tap"_s << false << u"reopened"_s << QString()
                                    << u"device’s switch is off, so the destination opens tap0"_s;
        QTest::newRow("memory off") << cpr << QJsonObject() << u"ram"_s << false << u"copied"_s << QString()
                                    << u"page by page"_s;
        QTest::newRow("normal") << normal << QJsonObject() << u"tap"_s << true << u"reopened"_s << QString()
                                << u"migrate-fds is off in the mode normal"_s;
        QTest::newRow("normal with fds") << normal << fdsOn << u"tap"_s << true << u"passes"_s << u"main"_s
                                         << u"with the device’s state"_s;
        QTest::newRow("normal without fds") << normal << fdsOff << u"ram"_s << true << u"copied"_s
                                            << QString() << u"migrate-fds is off for this migration"_s;
        QTest::newRow("cpr without fds") << cpr << fdsOff << u"ram"_s << true << u"refused"_s << QString()
                                         << u"migrate-fds is off, but the mode cpr-transfer"_s;
        QTest::newRow("policy without cpr") << normal << handover("early-stop") << u"ram"_s << true
                                            << u"refused"_s << QString() << u"applies to cpr-transfer only"_s;
    }
    void says()
    {
        QFETCH(const QString, mode);
        QFETCH(const QJsonObject, parameters);
        QFETCH(const QString, device);
        QFETCH(const bool, on);
        QFETCH(const QString, says);
        const FdPrediction prediction
            = predictFirst(switchedVmm(), planOf(mode, parameters), device == u"tap" ? tap(on) : memory(on));
        QTEST(fdEffectId(prediction.effect), "effect");
        QTEST(prediction.channel, "channel");
        QVERIFY2(prediction.reason.contains(says), qPrintable(prediction.reason));
        QCOMPARE(prediction.remedy.isEmpty(), prediction.effect != FdEffect::Refused);
    }

    /// Every combination of switches, modes and policies: the same that the engine decides.
    void agreesWithTheEngine()
    {
        int combinations = 0;
        for (const QString& mode : { u"cpr-transfer"_s, u"normal"_s }) {
            for (const auto handover :
                { engine::Handover::Prepared, engine::Handover::EarlyStop, engine::Handover::LateStop }) {
                for (const std::optional<bool> global :
                    { std::optional<bool>(), std::optional(true), std::optional(false) }) {
                    for (const bool own : { true, false }) {
                        agrees(mode, handover, global, own);
                        ++combinations;
                    }
                }
            }
        }
        QCOMPARE(combinations, 36);
    }

    void mismatchedSidesAreRefused()
    {
        const FdInventory inventory = switchedVmm();
        FdRoute route = routeOf(inventory, planOf(u"cpr-transfer"_s));
        route.otherSwitches.insert(u"net0"_s, false);
        QCOMPARE(predictDevice(inventory, route, tap(true)).effect, FdEffect::Refused);
        QVERIFY(predictDevice(inventory, route, tap(true)).reason.contains(u"off on the destination"));
        route.otherSwitches.insert(u"net0"_s, true);
        QCOMPARE(predictDevice(inventory, route, tap(false)).effect, FdEffect::Refused);
        QCOMPARE(predictDevice(inventory, route, memory(true)).effect, FdEffect::Passes);
    }

    void absentOnesAreNothing()
    {
        InventoryDevice device = tap(true);
        device.fds.front().state = u"absent"_s;
        QCOMPARE(predictFirst(switchedVmm(), planOf(u"cpr-transfer"_s), device).effect, FdEffect::Nothing);
        QCOMPARE(
            predictDevice(switchedVmm(), routeOf(switchedVmm(), planOf(u"cpr-transfer"_s)), device).effect,
            FdEffect::Passes);
    }

    /// A socket has no name: it passes, or the migration is refused.
    void whatCannotBeReopened()
    {
        InventoryDevice device = tap(true);
        device.reopenObstacle = u"it is a socket"_s;
        QCOMPARE(predictFirst(switchedVmm(), planOf(u"cpr-transfer"_s), device).effect, FdEffect::Passes);
        for (const auto& [mode, on] : { std::pair(u"normal"_s, true), std::pair(u"cpr-transfer"_s, false) }) {
            device.own.on = on;
            const FdPrediction prediction = predictFirst(switchedVmm(), planOf(mode), device);
            QCOMPARE(prediction.effect, FdEffect::Refused);
            QVERIFY2(prediction.reason.endsWith(u"it is a socket"), qPrintable(prediction.reason));
            QVERIFY(!prediction.remedy.isEmpty());
        }
        FdInventory inventory = switchedVmm();
        inventory.devices = { device };
        QCOMPARE(FdInventory::fromJson(inventory.toJson()), inventory);
    }

    /// QEMU 11.1: no switch at all, the mode decides.
    void withoutSwitchesTheModeDecides()
    {
        FdInventory inventory;
        InventoryDevice ram = memory(true);
        ram.own = {};
        InventoryDevice network = tap(true);
        network.own = {};
        QCOMPARE(predictFirst(inventory, planOf(u"cpr-transfer"_s), ram).effect, FdEffect::Passes);
        QCOMPARE(predictFirst(inventory, planOf(u"cpr-transfer"_s), network).effect, FdEffect::Reopened);
        network.fds.front().state = u"saved"_s;
        QCOMPARE(predictFirst(inventory, planOf(u"cpr-transfer"_s), network).effect, FdEffect::Passes);
        QCOMPARE(predictFirst(inventory, planOf(u"normal"_s), ram).effect, FdEffect::Copied);
        const auto global = canSetGlobal(inventory);
        QVERIFY(!global);
        QVERIFY(global.error().cause.contains(u"migrate-fds"));
        inventory.devices = { ram };
        QVERIFY(!canSetDevice(inventory, u"ram0"_s));
        QVERIFY(!canSetDevice(inventory, u"nobody"_s));
    }

    /// QEMU 11.2: "local", and a property of the network backend that is decided at its start.
    void switchUnderAnotherName()
    {
        Facts facts;
        facts.parameters = { { u"mode"_s, u"normal"_s }, { u"local"_s, false } };
        facts.process = ProcessFacts();
        facts.process->argv
            = { u"vmm"_s, u"-netdev"_s, u"tap,id=n0,ifname=tap0,local-migration-supported=on"_s };
        facts.process->command = CommandLine::parse(facts.process->argv)->facts();
        const FdInventory inventory = inventoryOf(facts);
        QCOMPARE(inventory.global.name, u"local"_s);
        QVERIFY(!inventory.global.followsMode);
        const InventoryDevice* const network = inventory.find(u"n0"_s);
        QVERIFY(network);
        QVERIFY(network->own.on);
        QVERIFY(!network->own.isSettable());
        QVERIFY(canSetGlobal(inventory));
        QVERIFY(!canSetDevice(inventory, u"n0"_s));
        QCOMPARE(predictFirst(inventory, planOf(u"normal"_s), *network).effect, FdEffect::Reopened);
        QCOMPARE(predictFirst(inventory, planOf(u"normal"_s, { { u"local"_s, true } }), *network).effect,
            FdEffect::Passes);
    }

    void capabilityIsASwitch()
    {
        Facts facts;
        facts.capabilities.insert(u"local"_s, true);
        const FdInventory inventory = inventoryOf(facts);
        QCOMPARE(inventory.global.kind, GlobalSwitch::Kind::Capability);
        Plan plan = planOf(u"normal"_s);
        QVERIFY(routeOf(inventory, plan).on);
        plan.capabilities.insert(u"local"_s, false);
        QVERIFY(!routeOf(inventory, plan).on);
    }

    void inventoryOfTheFacts()
    {
        Facts facts;
        facts.parameters = { { u"migrate-fds"_s, false }, { u"handover"_s, u"early-stop"_s } };
        facts.parameterProvenance
            = QJsonDocument::fromJson(R"([{"name": "migrate-fds", "value": false, "follows": "mode"}])")
                  .array();
        facts.memoryBackends
            = { { .id = u"ram"_s, .type = u"memory-backend-memfd"_s, .size = 1, .share = true, .path = {} } };
        facts.peripherals = { { { .id = u"net0"_s, .type = u"tap-net"_s } } };
        facts.deviceSwitches = { { u"/machine/peripheral/net0"_s, false }, { u"/objects/ram"_s, true } };
        facts.process = ProcessFacts();
        facts.process->argv = QStringList{ u"vmm"_s, u"-device"_s, u"tap-net,id=net0,ifname=tap0"_s };
        facts.process->command = CommandLine::parse(facts.process->argv)->facts();
        facts.cprFds = QJsonDocument::fromJson(R"([
            {"name": "ram", "id": 0, "kind": "memfd", "class": "shareable", "device": "ram", "fd": 9, "state": "open"},
            {"name": "net0", "id": 1, "kind": "tap", "class": "exclusive", "device": "net0", "state": "absent",
             "resource": "tap0"}])")
                           .array();
        facts.ramBlocks = u"              Block Name    PSize              Offset\n"
                          "                     ram    4 KiB  0x0000000000000000 0x00\n"_s;
        const FdInventory inventory = inventoryOf(facts);
        QVERIFY(inventory.global.followsMode);
        QCOMPARE(inventory.ramBlocks, QStringList{ u"ram"_s });
        QCOMPARE(inventory.devices.size(), std::size_t{ 2 });
        const InventoryDevice& ram = inventory.devices.front();
        QCOMPARE(ram.kind, DeviceKind::Ram);
        QVERIFY2(
            ram.own.fixed.contains(u"-object"), "nothing on the command line could be told to a destination");
        const InventoryDevice& network = inventory.devices.back();
        QVERIFY(network.own.isSettable());
        QVERIFY(!network.own.on);
        QCOMPARE(network.resource, u"tap0"_s);
        QCOMPARE(network.fds.front().id, 1);
        QVERIFY(!network.fds.front().number);
        QCOMPARE(network.fds.front().sharing, FdSharing::Exclusive);
        // A recording holds all of it.
        QCOMPARE(FdInventory::fromJson(inventory.toJson()), inventory);
        FdRoute route = routeOf(inventory, planOf(u"cpr-transfer"_s));
        QCOMPARE(route.handover, u"early-stop"_s);
        QVERIFY(route.on && !route.chosen);
        route.otherSwitches.insert(u"net0"_s, true);
        route.inheritedListener = 10;
        QCOMPARE(FdRoute::fromJson(route.toJson()), route);
    }

    void damagedRecordingsGiveNothing()
    {
        const QJsonObject wrong{ { u"global"_s, 3 },
            { u"devices"_s, QJsonArray{ 1, u"x"_s, QJsonObject() } } };
        const FdInventory inventory = FdInventory::fromJson(wrong);
        QVERIFY(!inventory.global.exists());
        QCOMPARE(inventory.devices.size(), std::size_t{ 3 });
        QCOMPARE(FdInventory::fromJson({}), FdInventory());
        QCOMPARE(FdRoute::fromJson({}), FdRoute());
    }

private:
    static void agrees(const QString& mode, engine::Handover handover, std::optional<bool> global, bool own)
    {
        engine::Combination combination{ .moment = engine::CheckMoment::Migrate };
        combination.parameters.mode
            = mode == u"normal" ? engine::MigrationMode::Normal : engine::MigrationMode::CprTransfer;
        combination.parameters.handover = handover;
        combination.parameters.migrateFdsExplicit = global.has_value();
        combination.parameters.migrateFds = global.value_or(false);
        combination.channels.main = engine::ChannelAddress{ .path = u"/run/main"_s };
        if (mode != u"normal")
            combination.channels.cpr = engine::ChannelAddress{ .path = u"/run/cpr"_s };
        QJsonObject parameters{ { u"handover"_s, engine::handoverId(handover) } };
        if (global)
            parameters.insert(u"migrate-fds"_s, *global);

        for (const InventoryDevice& device : { tap(own), memory(own) }) {
            const FdPrediction prediction = predictFirst(switchedVmm(), planOf(mode, parameters), device);
            const QByteArray about = (prediction.sentence() + u' ' + device.id).toUtf8();
            if (const auto* const row = engine::findRefused(combination)) {
                QVERIFY2(prediction.effect == FdEffect::Refused, QByteArray(about + ' ' + row->cause.data()));
                continue;
            }
            const bool exclusive = device.fds.front().sharing == FdSharing::Exclusive;
            switch (combination.policy().decide(
                own, exclusive ? engine::FdClass::Exclusive : engine::FdClass::Shareable)) {
            case engine::BackendSource::AwaitCpr:
                // The source owns it still, so taking it fails.
                if (exclusive && handover == engine::Handover::LateStop) {
                    QVERIFY2(prediction.effect == FdEffect::Refused, about);
                    break;
                }
                QVERIFY2(prediction.effect == FdEffect::Passes && prediction.channel == u"cpr", about);
                break;
            case engine::BackendSource::AwaitMain:
                QVERIFY2(prediction.effect == FdEffect::Passes && prediction.channel == u"main", about);
                break;
            case engine::BackendSource::ReopenInSwitchover:
                QVERIFY2(prediction.effect == FdEffect::Reopened, about);
                break;
            case engine::BackendSource::OpenNow:
                QVERIFY2(prediction.effect == FdEffect::Copied, about);
                break;
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestFdSwitches)
#include "tst_fdswitches.moc"
