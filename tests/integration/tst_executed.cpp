// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/journal.h"
#include "operator/memorypulse.h"
#include "operator/rescue.h"
#include "sessionrun.h"
#include "timeline/checkpoints.h"
#include "timeline/pause.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <cstdint>
#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// The mode cpr-exec with real QEMUs: the source's process becomes the new program.
class TestExecuted : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup() { m_lab.reset(); }

    void moves_data();
    void moves();
    void stoppedGuestStaysStopped();
    void refusesBeforeAnythingIsTouched_data();
    void refusesBeforeAnythingIsTouched();
    void programThatCannotBeExecuted();
    void programThatEnds();
    void stateThatIsRefused();
    void consoleThatEnds();

private:
    enum class Ram : std::uint8_t { Memfd, File, Private };
    void startLab(const QString& version, const QString& accelerator, Ram ram = Ram::Memfd,
        const QStringList& more = {});
    SessionRequest request() const;
    QString runState(const QString& path) const { return ask(path, u"query-status"_s)[u"status"].toString(); }
    QString stateFile() const { return m_memory->filePath(u"vm"_s); }
    /// A program that says it is QEMU 11.1, and does \a what when it is told to be it.
    QString program(const QByteArray& what) const;
    void check(Session& session, const SessionRequest& request);
    void migrate(Session& session, const SessionRequest& request);
    /// How often the guest's heart has beaten since its boot; 0 where it has none.
    quint32 beats() const;

    std::optional<QTemporaryDir> m_runtime;
    std::optional<QTemporaryDir> m_memory;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestExecuted::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    m_memory.emplace(u"/dev/shm/cutover-test-XXXXXX"_s);
    if (!m_memory->isValid())
        QSKIP("there is no writable /dev/shm here");
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestExecuted::startLab(
    const QString& version, const QString& accelerator, Ram ram, const QStringList& more)
{
    lab::QemuLabOptions options = labOptions(version, accelerator);
    if (ram == Ram::File)
        options.ramFile = m_memory->filePath(u"ram"_s);
    options.extraArguments = more;
    // The last one counts.
    if (ram == Ram::Private)
        options.extraArguments += QStringList{ u"-object"_s, u"memory-backend-ram,id=own,size=64M"_s,
            u"-machine"_s, u"memory-backend=own"_s };
    m_lab = startedLab(options);
    QVERIFY(m_lab);
}

SessionRequest TestExecuted::request() const
{
    return { .source = { .qmpPath = m_lab->qmpPath() }, .mode = u"cpr-exec"_s, .stateFile = stateFile() };
}

QString TestExecuted::program(const QByteArray& what) const
{
    QString path = m_runtime->filePath(u"program"_s);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return {};
    file.write(
        "#!/bin/sh\n[ \"$*\" = -version ] && echo 'QEMU emulator version 11.1.9' && exit\n" + what + '\n');
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return path;
}

void TestExecuted::check(Session& session, const SessionRequest& request)
{
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
}

void TestExecuted::migrate(Session& session, const SessionRequest& request)
{
    check(session, request);
    QVERIFY2(session.migrate().has_value(), story(session));
    QVERIFY(waitSettled(session));
}

quint32 TestExecuted::beats() const
{
    MemoryPulse pulse;
    return pulse.open(m_lab->sourcePid(), qint64{ 64 } * 1024 * 1024) ? pulse.beats().value_or(0) : 0;
}

void TestExecuted::moves_data()
{
    QTest::addColumn<QString>("accelerator");
    QTest::addColumn<bool>("ramFile");
    for (const char* accelerator : { "kvm", "tcg" }) {
        for (const bool ramFile : { false, true })
            QTest::addRow("%s %s", accelerator, ramFile ? "RAM file" : "memfd")
                << QString::fromLatin1(accelerator) << ramFile;
    }
}

void TestExecuted::moves()
{
    QFETCH(QString, accelerator);
    QFETCH(bool, ramFile);
    if (const QString missing = missingFor(u"11.1"_s, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, accelerator, ramFile ? Ram::File : Ram::Memfd);
    constexpr quint32 alive = 50;
    // Only a memfd is looked into.
    if (m_lab->guest() == lab::QemuGuest::Pulse && !ramFile)
        QTRY_VERIFY_WITH_TIMEOUT(beats() > alive, deadlineMs);
    const pid_t pid = m_lab->sourcePid();
    const quint32 before = beats();

    // Twice: the second time the source is what has been executed.
    for (int hop = 0; hop < 2; ++hop) {
        timeline::Record record;
        Session session(record);
        migrate(session, request());
        QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
        QVERIFY2(session.verification().ok, story(session));
        QCOMPARE(session.endpoint(Side::Destination).pid, pid);
        QVERIFY(session.endpoint(Side::Source).gone);
        const QString evidence = session.verification().evidence.join(u' ');
        QVERIFY2(evidence.contains(u"same open file"_s) || evidence.contains(u"same inode"_s),
            qPrintable(evidence));
        QCOMPARE(evidence.contains(m_memory->filePath(u"ram"_s)), ramFile);
        QCOMPARE(std::ranges::contains(session.verification().fds, u"ram0"_s, &FdProof::name), !ramFile);
        // Nobody can load it a second time.
        QTRY_VERIFY(!QFile::exists(stateFile()));

        const timeline::Facts facts(record.events());
        QVERIFY(
            std::ranges::contains(timeline::checkpoints(facts), u"cpr_exec"_s, &timeline::Checkpoint::name));
        const timeline::PauseBreakdown pause = timeline::pauseBreakdown(facts);
        QCOMPARE(pause.outcome, timeline::PauseOutcome::Measured);
        QVERIFY(
            std::ranges::contains(pause.rows, timeline::PauseRowKind::Execute, &timeline::PauseRow::kind));

        QVERIFY(session.finish().has_value());
        QVERIFY(reaches<state::Finished>(session));
        session.letGo();
        QCOMPARE(runState(m_lab->qmpPath()), u"running"_s);
        QVERIFY(findPairs().isEmpty());
    }
    QCOMPARE(m_lab->sourcePid(), pid);
    if (before > 0)
        QTRY_VERIFY_WITH_TIMEOUT(beats() > before, deadlineMs);
}

void TestExecuted::stoppedGuestStaysStopped()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s);
    std::ignore = ask(m_lab->qmpPath(), u"stop"_s);
    timeline::Record record;
    Session session(record);
    migrate(session, request());
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()) && session.verification().ok,
        story(session));
    QVERIFY(session.finish().has_value());
    QVERIFY(reaches<state::Finished>(session));
    session.letGo();
    QCOMPARE(runState(m_lab->qmpPath()), u"paused"_s);
}

void TestExecuted::refusesBeforeAnythingIsTouched_data()
{
    QTest::addColumn<QString>("check");
    QTest::newRow("QEMU 10.0") << u"mode-offered"_s;
    QTest::newRow("private RAM") << u"cpr-exec-ram"_s;
    QTest::newRow("unguarded") << u"guarded-commit"_s;
    QTest::newRow("relay") << u"state-file"_s;
    QTest::newRow("attached") << u"exec-program"_s;
    QTest::newRow("older program") << u"exec-program"_s;
    QTest::newRow("no QEMU") << u"exec-program"_s;
    QTest::newRow("missing program") << u"binary"_s;
    QTest::newRow("program without rights") << u"binary"_s;
    QTest::newRow("no folder") << u"state-file"_s;
    QTest::newRow("no spawn") << u"sandbox"_s;
}

void TestExecuted::refusesBeforeAnythingIsTouched()
{
    QFETCH(QString, check);
    const QString row = QString::fromLatin1(QTest::currentDataTag());
    const QString version = row == u"QEMU 10.0" ? u"10.0"_s : u"11.1"_s;
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    if (row == u"older program" && qemuBinary(u"10.0"_s).isEmpty())
        QSKIP("there is no QEMU 10.0 here");
    startLab(version, u"tcg"_s, row == u"private RAM" ? Ram::Private : Ram::Memfd,
        row == u"no spawn" ? QStringList{ u"-sandbox"_s, u"on,spawn=deny"_s } : QStringList());
    SessionRequest refused = request();
    refused.guarded = row != u"unguarded";
    refused.relay = row == u"relay";
    if (row == u"attached")
        refused.destination = { .kind = DestinationSpec::Kind::Attach, .qmpPath = u"/run/nobody"_s };
    else if (row == u"older program")
        refused.destination.binary = qemuBinary(u"10.0"_s);
    else if (row == u"no QEMU")
        refused.destination.binary = u"/bin/true"_s;
    else if (row == u"missing program")
        refused.destination.binary = u"/nonexistent/qemu"_s;
    else if (row == u"program without rights")
        refused.destination.binary = u"/etc/passwd"_s;
    else if (row == u"no folder")
        refused.stateFile = u"/nonexistent/vm"_s;
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check(refused).has_value());
    QVERIFY(waitSettled(session));
    const auto* ready = std::get_if<state::Ready>(&session.state());
    QVERIFY2(ready && ready->refused, story(session));
    const auto found = std::ranges::find(session.checks(), check, &Check::id);
    QVERIFY(found != session.checks().end());
    QCOMPARE(found->verdict, Verdict::Refuse);
    QVERIFY(!found->remedy.isEmpty());
    QVERIFY(!canMigrate(session.state()).has_value());
    // QEMU would not mind, so what is typed in the console is stopped, too.
    const QJsonObject choose{ { u"execute"_s, u"migrate-set-parameters"_s },
        { u"arguments"_s, QJsonObject{ { u"mode"_s, u"cpr-exec"_s } } } };
    if (row == u"private RAM")
        QVERIFY(!session.sendCommand(Side::Source, choose).has_value());
    session.letGo();
    QVERIFY(!QFile::exists(stateFile()));
}

void TestExecuted::programThatCannotBeExecuted()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s);
    SessionRequest gone = request();
    gone.destination.binary = program("exec true");
    timeline::Record record;
    Session session(record);
    check(session, gone);
    QVERIFY(QFile::remove(gone.destination.binary));
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QVERIFY2(session.failure()->sentence().contains(gone.destination.binary), story(session));
    QVERIFY(session.endpoint(Side::Source).connected);
    QCOMPARE(session.endpoint(Side::Source).runState, u"running"_s);
    QTRY_VERIFY(!QFile::exists(stateFile()));
    session.letGo();
    const QJsonValue parameters = ask(m_lab->qmpPath(), u"query-migrate-parameters"_s);
    QCOMPARE(parameters[u"mode"].toString(), u"normal"_s);
    QCOMPARE(parameters[u"cpr-exec-command"].toArray(), QJsonArray());
    // The guest has not come to know it: it can be moved after that.
    Session again(record);
    migrate(again, request());
    QVERIFY2(std::holds_alternative<state::Migrated>(again.state()) && again.verification().ok, story(again));
}

void TestExecuted::programThatEnds()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s);
    SessionRequest broken = request();
    broken.destination.binary = program("echo not today >&2; exit 3");
    timeline::Record record;
    Session session(record);
    migrate(session, broken);
    const auto* stranded = std::get_if<state::Stranded>(&session.state());
    QVERIFY2(stranded, story(session));
    QCOMPARE(stranded->location, GuestLocation::Lost);
    QVERIFY2(stranded->why.destinationOutput.contains(u"not today"_s), story(session));
    QVERIFY(!stranded->why.error.remedy.isEmpty());
    QVERIFY(QFile::exists(stateFile()));
}

void TestExecuted::stateThatIsRefused()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const QStringList device{ u"-device"_s, u"virtio-rng-pci"_s };
    startLab(u"11.1"_s, u"tcg"_s, Ram::Memfd, device);
    SessionRequest other = request();
    QStringList argv = m_lab->arguments();
    for (const QString& word : device)
        argv.removeOne(word);
    other.destination = { .kind = DestinationSpec::Kind::Command, .argv = argv };
    const QList<PairJournal> none = findPairs();
    QVERIFY(none.isEmpty());
    {
        timeline::Record record;
        Session session(record);
        migrate(session, other);
        const auto* stranded = std::get_if<state::Stranded>(&session.state());
        QVERIFY2(stranded, story(session));
        QCOMPARE(stranded->location, GuestLocation::Kept);
        QVERIFY2(stranded->why.error.cause.contains(u"virtio-rng"_s), story(session));
        QVERIFY(QFile::exists(stateFile()));
        QCOMPARE(session.endpoint(Side::Destination).pid, m_lab->sourcePid());
    }
    // QEMU loads no state twice, and nothing ends what holds the guest's memory.
    const QList<PairJournal> pairs = findPairs();
    QCOMPARE(pairs.size(), 1);
    RescueOperation rescue(pairs.first());
    QSignalSpy assessed(&rescue, &RescueOperation::assessed);
    rescue.look();
    QVERIFY(assessed.wait(deadlineMs));
    QCOMPARE(rescue.assessment().location, GuestLocation::Kept);
    const RescueOption* option = rescue.assessment().option(RescueKind::StartDestination);
    QVERIFY(option && !option->allowed);
    QVERIFY2(option->proof.contains(u"virtio-rng"_s), qPrintable(option->proof));
    QVERIFY(!rescue.perform(RescueKind::StartDestination).has_value());
    QCOMPARE(::kill(m_lab->sourcePid(), 0), 0);
}

void TestExecuted::consoleThatEnds()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s);
    constexpr quint32 alive = 20;
    if (m_lab->guest() == lab::QemuGuest::Pulse)
        QTRY_VERIFY_WITH_TIMEOUT(beats() > alive, deadlineMs);
    {
        timeline::Record record;
        Session session(record);
        check(session, request());
        bool executing = false;
        connect(&session, &Session::stateChanged, this,
            [&] { executing |= std::holds_alternative<state::Moving>(session.state()); });
        QVERIFY(session.migrate().has_value());
        QVERIFY(QTest::qWaitFor([&] { return executing || isSettled(session); }, deadlineMs));
        QVERIFY2(!isSettled(session), story(session));
    }
    QCOMPARE(findPairs().size(), 1);
    // By and by the new program is there: whatever the console came to do, it has the guest or waits for it.
    std::unique_ptr<RescueOperation> rescue;
    const auto look = [&] {
        rescue = std::make_unique<RescueOperation>(findPairs().constFirst());
        QSignalSpy assessed(rescue.get(), &RescueOperation::assessed);
        rescue->look();
        return assessed.wait(deadlineMs) && rescue->assessment().recommended()
            && rescue->assessment().location != GuestLocation::Source;
    };
    QVERIFY(QTest::qWaitFor(look, deadlineMs));
    QVERIFY(rescue->assessment().recommended()->kind == RescueKind::StartDestination);
    QSignalSpy finished(rescue.get(), &RescueOperation::finished);
    QVERIFY(rescue->perform(RescueKind::StartDestination).has_value());
    QVERIFY(finished.wait(deadlineMs));
    const auto why = finished[0][1].value<std::optional<Failure>>();
    QVERIFY2(!why, why ? qPrintable(why->sentence()) : "");
    QCOMPARE(finished[0][0].value<GuestLocation>(), GuestLocation::Destination);
    rescue.reset();
    QCOMPARE(runState(m_lab->qmpPath()), u"running"_s);
    QVERIFY(findPairs().isEmpty());
    QTRY_VERIFY(!QFile::exists(stateFile()));
    if (m_lab->guest() == lab::QemuGuest::Pulse) {
        const quint32 now = beats();
        QVERIFY(now > alive);
        QTRY_VERIFY_WITH_TIMEOUT(beats() > now, deadlineMs);
    }
}

QTEST_GUILESS_MAIN(TestExecuted)
#include "tst_executed.moc"
