// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "lab/privatenetwork.h"
#include "lab/vmmlab.h"
#include "sessionrun.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTemporaryDir>

#include <algorithm>
#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;
using timeline::Category;

namespace {

QString noNetwork; ///< why; empty when there is one

/// The embedded VMM's own busy guest, with every switch on.
std::unique_ptr<lab::VmmLab> startedVmm(QString& problem, const QStringList& extra = {})
{
    auto lab = std::make_unique<lab::VmmLab>(lab::VmmLabOptions{ .ramBytes = qint64{ 32 } << 20,
        .queues = 2,
        .ballastBytes = qint64{ 1 } << 20,
        .network = noNetwork.isEmpty() ? lab::LabNetwork::Tap : lab::LabNetwork::None,
        .packetsPerSecond = 200,
        .extraArguments = extra });
    QSignalSpy started(lab.get(), &lab::VmmLab::started);
    QSignalSpy failed(lab.get(), &lab::VmmLab::failed);
    lab->start();
    std::ignore = QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs);
    if (!failed.isEmpty())
        problem = failed.first().first().value<Error>().message();
    return lab;
}

const timeline::Event* lastSwitch(const timeline::Record& record)
{
    const timeline::Event* found = nullptr;
    for (const timeline::Event& event : record.events()) {
        if (event.category == Category::Action && event.name == u"switch")
            found = &event;
    }
    return found;
}

/// The identity that the verification found, by fd.
QHash<QString, QString> provedIdentities(const timeline::Record& record)
{
    QHash<QString, QString> found;
    for (const timeline::Event& event : record.events()) {
        if (event.category == Category::Fd)
            found.insert(event.name + u' ' + QString::number(event.attributes[u"id"].toInt()),
                event.attributes[u"identity"].toString());
    }
    return found;
}

FdInventory recordedInventory(const timeline::Record& record, FdRoute& route)
{
    FdInventory inventory;
    for (const timeline::Event& event : record.events()) {
        if (event.category != Category::Inventory || event.side != Side::Source)
            continue;
        inventory = FdInventory::fromJson(event.attributes[u"inventory"].toObject());
        route = FdRoute::fromJson(event.attributes[u"route"].toObject());
    }
    return inventory;
}

} // namespace

/// The switches, set on a running VMM, and what was foretold of them.
class TestVmmSwitches : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void predictionIsWhatHappens_data();
    void predictionIsWhatHappens();
    void attachedDestinationIsToldToo();
    void globalSwitchIsTakenAndUndone();
    void switchesAreForBeforeTheMigration();

private:
    static bool settles(Session& session)
    {
        return QTest::qWaitFor(
            [&] { return std::holds_alternative<state::Ready>(session.state()) && !session.isSwitching(); },
            deadlineMs);
    }
    std::optional<QTemporaryDir> m_runtime;
};

void TestVmmSwitches::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestVmmSwitches::predictionIsWhatHappens_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<QString>("handover");
    QTest::addColumn<bool>("globalOn");
    QTest::addColumn<QStringList>("off");
    const auto row
        = [](const char* name, const char* mode, const char* handover, bool on, const QStringList& off) {
              QTest::newRow(name) << QString::fromLatin1(mode) << QString::fromLatin1(handover) << on << off;
          };
    const QStringList exclusive{ u"net0"_s, u"disk0"_s, u"console0"_s };
    row("all on", "cpr-transfer", "prepared", true, {});
    row("network off", "cpr-transfer", "prepared", true, { u"net0"_s });
    row("disk and ballast off", "cpr-transfer", "prepared", true, { u"disk0"_s, u"ballast0"_s });
    row("memory and console off", "cpr-transfer", "prepared", true, { u"ram0"_s, u"console0"_s });
    row("early stop, disk off", "cpr-transfer", "early-stop", true, { u"disk0"_s });
    row("late stop", "cpr-transfer", "late-stop", true, { u"net0"_s });
    row("late stop, exclusive off", "cpr-transfer", "late-stop", true, exclusive);
    row("normal with fds, network off", "normal", "", true, { u"net0"_s });
    row("normal, all in full", "normal", "", false, {});
}

void TestVmmSwitches::predictionIsWhatHappens()
{
    QFETCH(const QString, mode);
    QFETCH(const QString, handover);
    QFETCH(const bool, globalOn);
    QFETCH(const QStringList, off);
    QString problem;
    const auto lab = startedVmm(problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));

    timeline::Record record;
    Session session(record);
    SessionRequest request{ .source = { .qmpPath = lab->qmpPath() }, .mode = mode, .keepSource = true };
    if (!handover.isEmpty())
        request.parameters.insert(u"handover"_s, handover);
    QVERIFY(session.check(request).has_value());
    QVERIFY(settles(session));
    if (mode == u"normal") {
        QVERIFY(session.setGlobalSwitch(globalOn).has_value());
        QVERIFY(settles(session));
    }
    // One after the other without waiting, as somebody with a keyboard does.
    for (const QString& device : off) {
        if (session.inventory().find(device))
            QVERIFY(session.setDeviceSwitch(device, false).has_value());
    }
    QVERIFY(settles(session));
    for (const QString& device : off) {
        if (const InventoryDevice* found = session.inventory().find(device))
            QVERIFY2(!found->own.on, qPrintable(device));
    }

    FdRoute route;
    const FdInventory inventory = recordedInventory(record, route);
    bool refused = false;
    for (const InventoryDevice& device : inventory.devices)
        refused |= predictDevice(inventory, route, device).effect == FdEffect::Refused;

    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    const EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = lab->takeOver(moved.pid, moved.startTicks);
    QVERIFY2((session.outcome() == Outcome::Failed) == refused, story(session));
    if (refused) {
        QCOMPARE(ask(lab->qmpPath(), u"query-status"_s)[u"status"].toString(), u"running"_s);
        return;
    }
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session));
    const QHash<QString, QString> identities = provedIdentities(record);
    for (const InventoryDevice& device : inventory.devices) {
        for (const InventoryFd& fd : device.fds) {
            const FdPrediction prediction = predictFd(inventory, route, device, fd);
            if (prediction.effect == FdEffect::Nothing)
                continue;
            const QString key = fd.name + u' ' + QString::number(fd.id);
            const QString identity = identities.value(key);
            const bool same = identity == u"same" || identity == u"same-inode";
            QVERIFY2(!identity.isEmpty() && same == prediction.isSame(),
                qPrintable(key + u": foretold "_s + prediction.sentence() + u"; found "_s + identity));
        }
    }
}

void TestVmmSwitches::attachedDestinationIsToldToo()
{
    QString problem;
    const auto lab = startedVmm(problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    const auto file = [&](const QString& name) { return QString(lab->folder() + u"/other."_s + name); };
    QStringList argv = lab->arguments();
    argv[argv.indexOf(u"-qmp"_s) + 1] = u"unix:%1,server=on,wait=off"_s.arg(file(u"qmp"_s));
    argv[argv.indexOf(u"-D"_s) + 1] = file(u"log"_s);
    argv.replaceInStrings(QRegularExpression(u"(id=ballast0,.*)migrate-fds=on"_s), u"\\1migrate-fds=off"_s);
    argv << u"-incoming"_s << u"unix:"_s + file(u"main"_s) << u"-incoming"_s
         << u"cpr,addr.transport=socket,addr.type=unix,addr.path="_s + file(u"cpr"_s) << u"-incoming"_s
         << u"config:mode=cpr-transfer"_s;
    const auto child = ChildProcess::spawn({ .argv = argv, .stderrPath = file(u"err"_s) });
    QVERIFY(child);
    QTRY_VERIFY_WITH_TIMEOUT(
        QFileInfo::exists(file(u"qmp"_s)) && QFileInfo::exists(file(u"cpr"_s)), deadlineMs);

    timeline::Record record;
    Session session(record);
    QVERIFY(session
            .check({ .source = { .qmpPath = lab->qmpPath() },
                .destination = { .kind = DestinationSpec::Kind::Attach,
                    .qmpPath = file(u"qmp"_s),
                    .cprPath = file(u"cpr"_s),
                    .mainPath = file(u"main"_s) },
                .keepSource = true })
            .has_value());
    QVERIFY(settles(session));
    const auto ballast = [&] {
        FdRoute route;
        const FdInventory inventory = recordedInventory(record, route);
        return predictDevice(inventory, route, *inventory.find(u"ballast0"_s));
    };
    // The two sides differ, which is found before anything is moved.
    QTRY_VERIFY_WITH_TIMEOUT(ballast().effect == FdEffect::Refused, deadlineMs);
    QVERIFY2(ballast().reason.contains(u"off on the destination"), qPrintable(ballast().reason));
    QVERIFY(session.setDeviceSwitch(u"ballast0"_s, true).has_value());
    QVERIFY(settles(session));
    const timeline::Event* const told = lastSwitch(record);
    QVERIFY(told);
    QCOMPARE(told->side, Side::Destination);
    QVERIFY(told->attributes[u"ok"].toBool());
    QVERIFY2(ballast().isSame(), qPrintable(ballast().sentence()));

    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session));
    QCOMPARE(provedIdentities(record).value(u"ballast0 0"_s), u"same"_s);
}

void TestVmmSwitches::globalSwitchIsTakenAndUndone()
{
    QString problem;
    const auto lab = startedVmm(problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
    QVERIFY(settles(session));
    QVERIFY(session.setGlobalSwitch(false).has_value());
    // Nothing is migrated while a switch is on its way.
    QVERIFY(!session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QTRY_VERIFY_WITH_TIMEOUT(
        std::get_if<state::Ready>(&session.state()) && std::get<state::Ready>(session.state()).refused,
        deadlineMs);
    const auto& checks = session.checks();
    const auto check = std::ranges::find(checks, u"fd-switches"_s, &Check::id);
    QVERIFY(check != checks.end());
    QVERIFY(check->verdict == Verdict::Refuse);
    QVERIFY2(check->remedy.contains(u"migrate-fds"), qPrintable(check->remedy));
    QVERIFY(session.setGlobalSwitch(true).has_value());
    QTRY_VERIFY_WITH_TIMEOUT(
        std::get_if<state::Ready>(&session.state()) && !std::get<state::Ready>(session.state()).refused,
        deadlineMs);
    QCOMPARE(session.request().parameters[u"migrate-fds"].toBool(), true);
}

void TestVmmSwitches::switchesAreForBeforeTheMigration()
{
    QString problem;
    const auto lab = startedVmm(problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = lab->qmpPath() } }).has_value());
    QVERIFY(settles(session));
    const auto unknown = session.setDeviceSwitch(u"nobody"_s, true);
    QVERIFY(!unknown);
    QVERIFY2(unknown.error().cause.contains(u"no such device"), qPrintable(unknown.error().cause));

    QVERIFY(session.migrate().has_value());
    QVERIFY(!session.setDeviceSwitch(u"ballast0"_s, false));
    QVERIFY(waitSettled(session));
    const EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid > 0 && !moved.gone)
        std::ignore = lab->takeOver(moved.pid, moved.startTicks);
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session));
    QVERIFY(!lastSwitch(record));
}

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    if (const auto network = lab::enterPrivateNetwork(); !network)
        noNetwork = network.error().message();
    QCoreApplication application(argc, argv);
    TestVmmSwitches test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vmmswitches.moc"
