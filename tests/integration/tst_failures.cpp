// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"
#include "operator/journal.h"
#include "operator/listenerwatch.h"
#include "operator/rescue.h"
#include "relay.h"
#include "sessionrun.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>

#include <csignal>
#include <optional>
#include <sys/socket.h>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;

namespace {

const QString version11 = QStringLiteral("11.1");
const QString tcg = QStringLiteral("tcg");

/// A destination that the operator started, and where to reach it.
struct Attached
{
    std::unique_ptr<ChildProcess> process;
    DestinationSpec spec;
};

Attached startAttached(const lab::QemuLab& lab, const QStringList& extra, bool defer)
{
    const QString base = lab.folder() + QStringLiteral("/attached");
    QStringList argv = lab.arguments();
    for (QString& argument : argv) {
        argument.replace(lab.qmpPath(), base + QStringLiteral(".qmp"));
        argument.replace(QStringLiteral("observer.qmp"), QStringLiteral("attached-observer.qmp"));
        argument.replace(lab.logPath(), base + QStringLiteral(".log"));
    }
    Attached attached;
    attached.spec = { .kind = DestinationSpec::Kind::Attach,
        .qmpPath = base + QStringLiteral(".qmp"),
        .cprPath = base + QStringLiteral(".cpr"),
        .mainPath = defer ? QString() : base + QStringLiteral(".main") };
    argv << QStringLiteral("-incoming")
         << (defer ? QStringLiteral("defer") : QStringLiteral("unix:") + attached.spec.mainPath)
         << QStringLiteral("-incoming")
         << QStringLiteral("cpr,addr.transport=socket,addr.type=unix,addr.path=") + attached.spec.cprPath
         << extra;
    auto spawned = ChildProcess::spawn({ .argv = argv, .stderrPath = base + QStringLiteral(".err") });
    if (spawned)
        attached.process = std::move(*spawned);
    return attached;
}

QString runState(const QString& qmpPath)
{
    return ask(qmpPath, QStringLiteral("query-status"))[u"status"].toString();
}

} // namespace

class TestFailures : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { m_lab.reset(); }

    void destinationRefusesTheState_data();
    void destinationRefusesTheState();
    void commandThatDoesNotStart();
    void cprSocketIsMissing();
    void cprSocketGoesAway();
    void nobodyReadsTheCprChannel();
    void garbageOnTheCprChannel();
    void droppedDescriptorsNeverRun();
    void mainChannelCutBeforeTheAnswer_data();
    void mainChannelCutBeforeTheAnswer();
    void crashesCannotBeReached();
    void destinationKilledAtAnEvent_data();
    void destinationKilledAtAnEvent();
    void destinationKilledAtATime_data();
    void destinationKilledAtATime();
    void sourceKilled_data();
    void sourceKilled();

private:
    /// A second monitor of the source: the first one is the session's.
    QString observer() const { return m_runtime->filePath(QStringLiteral("observer.qmp")); }
    lab::QemuLabOptions observedLab() const;
    void checkAndMigrate(Session& session, const SessionRequest& request);
    void verifyAfterDestinationDied(Session& session);

    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestFailures::initTestCase()
{
    if (const QString missing = missingFor(version11, tcg); !missing.isEmpty())
        QSKIP(qPrintable(missing));
}

void TestFailures::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    m_lab = startedLab(observedLab());
    QVERIFY(m_lab);
}

lab::QemuLabOptions TestFailures::observedLab() const
{
    lab::QemuLabOptions options = labOptions(version11, kvmUsable() ? QStringLiteral("kvm") : tcg);
    options.extraArguments
        = { QStringLiteral("-qmp"), QStringLiteral("unix:%1,server=on,wait=off").arg(observer()) };
    return options;
}

void TestFailures::checkAndMigrate(Session& session, const SessionRequest& request)
{
    SessionRequest complete = request;
    complete.source.qmpPath = m_lab->qmpPath();
    QVERIFY(session.check(complete).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
    QVERIFY(session.migrate().has_value());
}

/// The command line of the lab's source with \a before replaced; the session makes a destination of it.
static QStringList changed(QStringList argv, const QString& before, const QString& after)
{
    for (QString& argument : argv)
        argument.replace(before, after);
    return argv;
}

void TestFailures::destinationRefusesTheState_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QString>("cause");
    QTest::newRow("other RAM size") << QStringLiteral("64M") << QStringLiteral("128M")
                                    << QStringLiteral("too small");
    QTest::newRow("other backend id")
        << QStringLiteral("ram0") << QStringLiteral("ram1") << QStringLiteral("ram");
    QTest::newRow("device missing") << QStringLiteral("virtio-rng-pci")
                                    << QStringLiteral("virtio-balloon-pci") << QString();
    QTest::newRow("unknown device") << QStringLiteral("virtio-rng-pci") << QStringLiteral("no-such-device")
                                    << QStringLiteral("no-such-device");
}

void TestFailures::destinationRefusesTheState()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    QFETCH(QString, cause);
    lab::QemuLabOptions options = observedLab();
    options.extraArguments << QStringLiteral("-device") << QStringLiteral("virtio-rng-pci");
    m_lab = startedLab(options);
    QVERIFY(m_lab);
    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Command,
        .argv = changed(m_lab->arguments(), before, after) };
    SessionRequest request{ .source = { .qmpPath = m_lab->qmpPath() }, .destination = destination };
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    if (session.outcome() == Outcome::Refused) {
        // Seen before anything was started: better still.
        QCOMPARE(runState(observer()), QStringLiteral("running"));
        return;
    }
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    const Failure why = *session.failure();
    QVERIFY(!why.error.cause.isEmpty() && !why.error.remedy.isEmpty());
    QVERIFY2(QString(why.sentence() + why.destinationOutput).contains(cause), story(session));
    QVERIFY(session.endpoint(Side::Destination).gone);
    QCOMPARE(runState(observer()), QStringLiteral("running"));
}

void TestFailures::commandThatDoesNotStart()
{
    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Command,
        .argv = { QStringLiteral("/nonexistent/qemu"), QStringLiteral("-m"), QStringLiteral("64M") } };
    QVERIFY(
        session.check({ .source = { .qmpPath = m_lab->qmpPath() }, .destination = destination }).has_value());
    QVERIFY(waitSettled(session));
    QCOMPARE(session.outcome(), Outcome::Refused);
    QCOMPARE(runState(observer()), QStringLiteral("running"));
}

void TestFailures::cprSocketIsMissing()
{
    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Attach,
        .qmpPath = m_lab->folder() + QStringLiteral("/none.qmp"),
        .cprPath = m_lab->folder() + QStringLiteral("/none.cpr") };
    checkAndMigrate(session, { .destination = destination, .limits = { .launchMs = 300 } });
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QCOMPARE(session.failure()->error.code, ErrorCode::Timeout);
    QCOMPARE(runState(observer()), QStringLiteral("running"));
}

void TestFailures::cprSocketGoesAway()
{
    // It listens when the session looks, and is gone when the source connects.
    const QString path = m_lab->folder() + QStringLiteral("/going.cpr");
    auto listener = fdpass::listenUnix(path);
    QVERIFY(listener.has_value());
    QVERIFY(QFile::rename(path, path + QStringLiteral(".away")));
    timeline::Record record;
    Session session(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Attach,
        .qmpPath = m_lab->folder() + QStringLiteral("/going.qmp"),
        .cprPath = path };
    checkAndMigrate(session, { .destination = destination });
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QVERIFY2(session.failure()->error.cause.contains(QStringLiteral("No such file")), story(session));
    QCOMPARE(session.failure()->side, Side::Source);
    QCOMPARE(runState(observer()), QStringLiteral("running"));
}

void TestFailures::nobodyReadsTheCprChannel()
{
    const QString path = m_lab->folder() + QStringLiteral("/deaf.cpr");
    auto listener = fdpass::listenUnix(path);
    QVERIFY(listener.has_value());
    timeline::Record record;
    auto session = std::make_unique<Session>(record);
    const DestinationSpec destination{ .kind = DestinationSpec::Kind::Attach,
        .qmpPath = m_lab->folder() + QStringLiteral("/deaf.qmp"),
        .cprPath = path };
    checkAndMigrate(*session, { .destination = destination, .limits = { .monitorMs = 500 } });
    QVERIFY(waitSettled(*session));
    QVERIFY2(std::holds_alternative<state::Failed>(session->state()), story(*session));
    QCOMPARE(session->failure()->error.code, ErrorCode::Timeout);
    QCOMPARE(runState(observer()), QStringLiteral("running"));
    // Nothing is left under way: the next attempt works.
    listener->reset();
    session.reset();
    Session again(record);
    checkAndMigrate(again, {});
    QVERIFY(waitSettled(again));
    keepInLab(*m_lab, again);
    QVERIFY2(std::holds_alternative<state::Migrated>(again.state()), story(again));
}

void TestFailures::garbageOnTheCprChannel()
{
    const Attached attached = startAttached(*m_lab, {}, true);
    QVERIFY(attached.process);
    UniqueFd intruder;
    QVERIFY(QTest::qWaitFor(
        [&] {
            intruder = fdpass::connectUnix(attached.spec.cprPath).value_or(UniqueFd());
            return bool(intruder);
        },
        deadlineMs));
    QSignalSpy ended(attached.process.get(), &ChildProcess::exited);
    const QByteArray garbage("QEVM\0\0\0\1garbage", 15);
    QVERIFY(fdpass::sendSome(intruder.get(), std::as_bytes(std::span(garbage.constData(), 15))).has_value());
    ::shutdown(intruder.get(), SHUT_WR);
    QVERIFY(ended.count() > 0 || ended.wait(deadlineMs));
    timeline::Record record;
    Session session(record);
    checkAndMigrate(session, { .destination = attached.spec, .limits = { .launchMs = 300 } });
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QCOMPARE(runState(observer()), QStringLiteral("running"));
}

void TestFailures::droppedDescriptorsNeverRun()
{
    Attached attached = startAttached(*m_lab, {}, true);
    QVERIFY(attached.process);
    QVERIFY(QTest::qWaitFor([&] { return isListening(attached.spec.cprPath); }, deadlineMs));
    const QString real = attached.spec.cprPath;
    attached.spec.cprPath += QStringLiteral(".relay");
    const Relay relay(attached.spec.cprPath, real, Relay::Fault::DropFds);
    QVERIFY(relay.isUp());
    timeline::Record record;
    Session session(record);
    checkAndMigrate(
        session, { .destination = attached.spec, .limits = { .monitorMs = 20'000, .settleMs = 3000 } });
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QCOMPARE(runState(observer()), QStringLiteral("running"));
    QVERIFY(!session.knowledge().destination.everResumed);
}

void TestFailures::mainChannelCutBeforeTheAnswer_data()
{
    QTest::addColumn<bool>("guarded");
    QTest::newRow("guarded") << true;
    QTest::newRow("unguarded") << false;
}

void TestFailures::mainChannelCutBeforeTheAnswer()
{
    QFETCH(bool, guarded);
    const QStringList extra = guarded ? QStringList{ QStringLiteral("-S") } : QStringList();
    Attached attached = startAttached(*m_lab, extra, false);
    QVERIFY(attached.process);
    const QString real = attached.spec.mainPath;
    attached.spec.mainPath += QStringLiteral(".relay");
    Relay relay(attached.spec.mainPath, real, Relay::Fault::MuteAnswers);
    QVERIFY(relay.isUp());
    timeline::Record record;
    Session session(record);
    checkAndMigrate(session, { .destination = attached.spec, .guarded = guarded });
    // The destination has loaded all of it and, unguarded, runs; its answer never reaches the source.
    QVERIFY(QTest::qWaitFor(
        [&] { return session.endpoint(Side::Destination).connected || isFinal(session.state()); },
        deadlineMs));
    QVERIFY(QTest::qWaitFor(
        [&] {
            QFile log(m_lab->folder() + QStringLiteral("/attached.log"));
            return log.open(QIODevice::ReadOnly)
                && log.readAll().contains(guarded ? "new_state 4 (paused)" : "new_state 9 (running)");
        },
        deadlineMs));
    relay.cut();
    QVERIFY(waitSettled(session));
    if (guarded) {
        // QEMU's source resumes; the guard has kept the other from running.
        QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
        QCOMPARE(runState(observer()), QStringLiteral("running"));
        QVERIFY(!session.knowledge().destination.everResumed);
    } else {
        const auto* stranded = std::get_if<state::Stranded>(&session.state());
        QVERIFY2(stranded, story(session));
        QCOMPARE(stranded->location, GuestLocation::Both);
        QCOMPARE(session.outcome(), Outcome::NeedsOperator);
    }
}

void TestFailures::crashesCannotBeReached()
{
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check({ .source = { .qmpPath = m_lab->qmpPath() } }).has_value());
    QVERIFY(waitSettled(session));
    const auto command = [](const QJsonObject& arguments) {
        return QJsonObject{ { QStringLiteral("execute"), QStringLiteral("migrate") },
            { QStringLiteral("arguments"), arguments } };
    };
    const QJsonObject cpr{ { QStringLiteral("channel-type"), QStringLiteral("cpr") },
        { QStringLiteral("addr"), Plan::unixAddress(QStringLiteral("/nonexistent")) } };
    for (const QJsonObject& arguments :
        { QJsonObject{ { QStringLiteral("uri"), QStringLiteral("unix:/nonexistent") } },
            QJsonObject{ { QStringLiteral("channels"), QJsonArray{ cpr } } } }) {
        const auto sent = session.sendCommand(Side::Source, command(arguments));
        QVERIFY(!sent.has_value());
        QCOMPARE(sent.error().code, ErrorCode::Refused);
        QVERIFY(!sent.error().remedy.isEmpty());
    }
    QCOMPARE(session.endpoint(Side::Source).gone, false);
}

/// Whatever the session says, the world must agree: the destination is dead, and the guest runs on the
/// source, or runs nowhere and a rescue does what its proof allows.
void TestFailures::verifyAfterDestinationDied(Session& session)
{
    QVERIFY(waitSettled(session));
    QVERIFY2(
        isFinal(session.state()) || std::holds_alternative<state::Migrated>(session.state()), story(session));
    if (std::holds_alternative<state::Migrated>(session.state())) {
        // The kill came after the last look; the session hears of it now.
        QVERIFY(QTest::qWaitFor([&] { return isFinal(session.state()); }, deadlineMs));
    }
    QVERIFY(session.endpoint(Side::Destination).gone);
    if (std::holds_alternative<state::Failed>(session.state())) {
        QCOMPARE(session.outcome(), Outcome::Failed);
        QVERIFY(!session.failure()->error.message().isEmpty() && !session.failure()->error.remedy.isEmpty());
        QCOMPARE(session.endpoint(Side::Source).runState, QStringLiteral("running"));
        return;
    }
    QCOMPARE(session.outcome(), Outcome::NeedsOperator);
    const auto pairs = findPairs();
    QCOMPARE(pairs.size(), 1);
    PairJournal pair = pairs.first();
    pair.console = {}; // this process, which no longer drives it
    const GuestLocation location = std::get<state::Stranded>(session.state()).location;
    const bool ran = session.knowledge().destination.everResumed
        || session.knowledge().destination.ranGuest == RanGuest::Yes;
    QCOMPARE(location, ran ? GuestLocation::Lost : GuestLocation::NowhereSourceHolds);
}

static void rescueAfter(const QString& qmpPath, bool mustSucceed)
{
    const auto pairs = findPairs();
    QCOMPARE(pairs.size(), 1);
    PairJournal pair = pairs.first();
    pair.console = {};
    RescueOperation rescue(pair);
    QSignalSpy assessed(&rescue, &RescueOperation::assessed);
    rescue.look();
    QVERIFY(assessed.wait(deadlineMs));
    const RescueOption* option = rescue.assessment().option(RescueKind::ResumeSource);
    QVERIFY(option);
    QCOMPARE(option->allowed, mustSucceed);
    QVERIFY(!option->proof.isEmpty());
    if (!mustSucceed) {
        QVERIFY(!rescue.perform(RescueKind::ResumeSource).has_value());
        return;
    }
    QSignalSpy finished(&rescue, &RescueOperation::finished);
    QVERIFY(rescue.perform(RescueKind::ResumeSource).has_value());
    QVERIFY(finished.wait(deadlineMs));
    QCOMPARE(finished.first().first().value<GuestLocation>(), GuestLocation::Source);
    QVERIFY(findPairs().isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(runState(qmpPath), QStringLiteral("running"), deadlineMs);
}

void TestFailures::destinationKilledAtAnEvent_data()
{
    QTest::addColumn<Side>("side");
    QTest::addColumn<QString>("event");
    QTest::addColumn<QString>("detail");
    const auto row = [](Side side, const char* event, const char* detail = "") {
        QTest::addRow("%s %s %s", side == Side::Source ? "source" : "destination", event, detail)
            << side << QString::fromLatin1(event) << QString::fromLatin1(detail);
    };
    for (const char* event : { "cpr_transfer_input", "cpr_state_load", "qemu_file_get_fd", "cpr_find_fd",
             "qemu_ram_alloc_shared", "migration_socket_incoming_accepted", "vmstate_downtime_load",
             "process_incoming_migration_co_end" })
        row(Side::Destination, event);
    for (const char* state : { "setup", "active", "completed" })
        row(Side::Destination, "migrate_set_state", state);
    for (const char* name : { "dst-precopy-loadvm-completed", "dst-precopy-bh-enter",
             "dst-precopy-bh-announced", "dst-precopy-bh-vm-started" })
        row(Side::Destination, "vmstate_downtime_checkpoint", name);
    for (const char* event :
        { "cpr_state_save", "qemu_file_put_fd", "migration_socket_outgoing_connected", "migration_cleanup" })
        row(Side::Source, event);
    for (const char* name : { "src-downtime-start", "src-vm-stopped", "src-iterable-saved",
             "src-non-iterable-saved", "src-downtime-end" })
        row(Side::Source, "vmstate_downtime_checkpoint", name);
    for (const char* state : { "setup", "active", "device", "completed" })
        row(Side::Source, "migrate_set_state", state);
    row(Side::Destination, "runstate_set", "running");
    row(Side::Destination, "vm_state_notify", "running");
}

void TestFailures::destinationKilledAtAnEvent()
{
    QFETCH(Side, side);
    QFETCH(QString, event);
    QFETCH(QString, detail);
    timeline::Record record;
    auto session = std::make_unique<Session>(record);
    bool killed = false;
    checkAndMigrate(*session, { .limits = { .settleMs = 5000 } });
    const std::size_t before = record.size();
    connect(&record, &timeline::Record::appended, this, [&](std::size_t first, std::size_t count) {
        for (std::size_t index = qMax(first, before); index < first + count && !killed; ++index) {
            const timeline::Event& seen = record.events()[index];
            const QString text
                = QString::fromUtf8(QJsonDocument(seen.attributes).toJson(QJsonDocument::Compact));
            const pid_t pid = session->endpoint(Side::Destination).pid;
            if (seen.category == timeline::Category::Trace && seen.side == side && seen.name == event
                && text.contains(detail) && pid > 0)
                killed = ::kill(pid, SIGKILL) == 0;
        }
    });
    QVERIFY(QTest::qWaitFor([&] { return killed || isFinal(session->state()); }, deadlineMs));
    QVERIFY2(killed, story(*session));
    verifyAfterDestinationDied(*session);
    if (QTest::currentTestFailed())
        return;
    const auto* stranded = std::get_if<state::Stranded>(&session->state());
    if (!stranded)
        return;
    const bool canGoBack = stranded->location == GuestLocation::NowhereSourceHolds;
    // Another console comes now: the monitors serve one client at a time.
    session.reset();
    rescueAfter(observer(), canGoBack);
}

void TestFailures::destinationKilledAtATime_data()
{
    QTest::addColumn<int>("microseconds");
    for (int step = 0; step < 30; ++step)
        QTest::addRow("%d us", step * 2500) << step * 2500;
}

void TestFailures::destinationKilledAtATime()
{
    QFETCH(int, microseconds);
    timeline::Record record;
    auto session = std::make_unique<Session>(record);
    checkAndMigrate(*session, { .limits = { .settleMs = 5000 } });
    QVERIFY(reaches<state::Transferring>(*session) || isSettled(*session));
    QTest::qWait(microseconds / 1000);
    QVERIFY(::kill(session->endpoint(Side::Destination).pid, SIGKILL) == 0);
    verifyAfterDestinationDied(*session);
    if (QTest::currentTestFailed())
        return;
    const auto* stranded = std::get_if<state::Stranded>(&session->state());
    if (!stranded)
        return;
    const bool canGoBack = stranded->location == GuestLocation::NowhereSourceHolds;
    // Another console comes now: the monitors serve one client at a time.
    session.reset();
    rescueAfter(observer(), canGoBack);
}

void TestFailures::sourceKilled_data()
{
    QTest::addColumn<QString>("event");
    QTest::addColumn<QString>("detail");
    QTest::newRow("after the descriptors") << QStringLiteral("cpr_state_load") << QString();
    QTest::newRow("stopped") << QStringLiteral("vmstate_downtime_checkpoint")
                             << QStringLiteral("src-vm-stopped");
    QTest::newRow("completed") << QStringLiteral("migrate_set_state") << QStringLiteral("completed");
}

void TestFailures::sourceKilled()
{
    QFETCH(QString, event);
    QFETCH(QString, detail);
    timeline::Record record;
    Session session(record);
    bool killed = false;
    checkAndMigrate(session, { .limits = { .settleMs = 3000 } });
    connect(&record, &timeline::Record::appended, this, [&](std::size_t first, std::size_t count) {
        for (std::size_t index = first; index < first + count && !killed; ++index) {
            const timeline::Event& seen = record.events()[index];
            const QString text
                = QString::fromUtf8(QJsonDocument(seen.attributes).toJson(QJsonDocument::Compact));
            if (seen.category == timeline::Category::Trace && seen.name == event && text.contains(detail))
                killed = ::kill(m_lab->sourcePid(), SIGKILL) == 0;
        }
    });
    QVERIFY(waitSettled(session));
    keepInLab(*m_lab, session);
    QVERIFY(killed);
    // The destination either has all of the guest or nothing that could run.
    const bool whole = session.knowledge().destination.migrationStatus == u"completed";
    if (std::holds_alternative<state::Migrated>(session.state())) {
        QCOMPARE(session.endpoint(Side::Destination).runState, QStringLiteral("running"));
        return;
    }
    const auto* stranded = std::get_if<state::Stranded>(&session.state());
    QVERIFY2(stranded, story(session));
    QVERIFY2(whole
            ? stranded->location == GuestLocation::NowhereDestinationHolds
                || stranded->location == GuestLocation::Destination
            : stranded->location == GuestLocation::Lost || stranded->location == GuestLocation::Unknown,
        story(session));
}

QTEST_GUILESS_MAIN(TestFailures)
#include "tst_failures.moc"
