// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/journal.h"
#include "operator/rescue.h"
#include "sessionrun.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// The mode cpr-reboot with real QEMUs: the guest goes through a file.
class TestSavedState : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup() { m_lab.reset(); }

    void moves_data();
    void moves();
    void stoppedGuestKeepsItsMemory_data();
    void stoppedGuestKeepsItsMemory();
    void newerBinaryLoads();
    void refusesBeforeAnythingIsTouched_data();
    void refusesBeforeAnythingIsTouched();
    void destinationThatDoesNotStart_data();
    void destinationThatDoesNotStart();
    void stateThatCannotBeSaved_data();
    void stateThatCannotBeSaved();
    void stateThatCannotBeLoaded_data();
    void stateThatCannotBeLoaded();
    void stateThatVanishes_data();
    void stateThatVanishes();
    void wordOfADeadSource();
    void killed_data();
    void killed();

private:
    /// A lab whose RAM is a file on tmpfs, or a memfd.
    void startLab(
        const QString& version, const QString& accelerator, bool ramFile, const QStringList& more = {});
    SessionRequest request() const;
    QString runState(const QString& path) const { return ask(path, u"query-status"_s)[u"status"].toString(); }
    QString observer() const { return m_runtime->filePath(u"observer.qmp"_s); }
    QString stateFile() const { return m_memory->filePath(u"state/vm"_s); }
    void check(Session& session, const SessionRequest& request);
    /// To the end, whatever that is.
    void migrate(Session& session, const SessionRequest& request);
    /// The destination has the guest, and that is proved.
    void move(Session& session, const SessionRequest& request);
    /// The guest runs on the source as if nothing had been tried.
    void verifyOnSource(const Session& session);

    std::optional<QTemporaryDir> m_runtime;
    std::optional<QTemporaryDir> m_memory;
    std::unique_ptr<lab::QemuLab> m_lab;
};

void TestSavedState::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    m_memory.emplace(u"/dev/shm/cutover-test-XXXXXX"_s);
    if (!m_memory->isValid())
        QSKIP("there is no writable /dev/shm here");
    QVERIFY(QDir(m_memory->path()).mkdir(u"state"_s));
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestSavedState::startLab(
    const QString& version, const QString& accelerator, bool ramFile, const QStringList& more)
{
    lab::QemuLabOptions options = labOptions(version, accelerator);
    if (ramFile)
        options.ramFile = m_memory->filePath(u"ram"_s);
    options.extraArguments = QStringList{ u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(observer()) } + more;
    m_lab = startedLab(options);
    QVERIFY(m_lab);
}

SessionRequest TestSavedState::request() const
{
    return { .source = { .qmpPath = m_lab->qmpPath() }, .mode = u"cpr-reboot"_s, .stateFile = stateFile() };
}

void TestSavedState::check(Session& session, const SessionRequest& request)
{
    QVERIFY(session.check(request).has_value());
    QVERIFY(waitSettled(session));
    QVERIFY2(std::holds_alternative<state::Ready>(session.state()), story(session));
}

void TestSavedState::migrate(Session& session, const SessionRequest& request)
{
    check(session, request);
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
}

void TestSavedState::move(Session& session, const SessionRequest& request)
{
    migrate(session, request);
    keepInLab(*m_lab, session);
    QVERIFY2(std::holds_alternative<state::Migrated>(session.state()), story(session));
    QVERIFY2(session.verification().ok, story(session));
}

void TestSavedState::verifyOnSource(const Session& session)
{
    QVERIFY2(std::holds_alternative<state::Failed>(session.state()), story(session));
    QVERIFY(session.endpoint(Side::Destination).pid == 0 || session.endpoint(Side::Destination).gone);
    QCOMPARE(runState(observer()), u"running"_s);
    const QJsonValue parameters = ask(observer(), u"query-migrate-parameters"_s);
    QCOMPARE(parameters[u"mode"].toString(), u"normal"_s);
    for (const QJsonValue& capability : ask(observer(), u"query-migrate-capabilities"_s).toArray())
        QVERIFY2(!capability[u"state"].toBool(), qPrintable(capability[u"capability"].toString()));
    QTRY_VERIFY(!QFile::exists(stateFile()));
}

void TestSavedState::moves_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("accelerator");
    QTest::addColumn<bool>("ramFile");
    for (const char* version : { "10.0", "11.1" }) {
        for (const char* accelerator : { "kvm", "tcg" }) {
            for (const bool ramFile : { true, false })
                QTest::addRow("%s %s %s", version, accelerator, ramFile ? "RAM file" : "memfd")
                    << QString::fromLatin1(version) << QString::fromLatin1(accelerator) << ramFile;
        }
    }
}

void TestSavedState::moves()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    QFETCH(bool, ramFile);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(version, accelerator, ramFile);
    timeline::Record record;
    Session session(record);
    move(session, request());
    const QString evidence = session.verification().evidence.join(u' ');
    QCOMPARE(evidence.contains(m_memory->filePath(u"ram"_s)), ramFile);
    // Nobody can load it a second time.
    QTRY_VERIFY(!QFile::exists(stateFile()));

    QVERIFY(session.finish().has_value());
    QVERIFY(reaches<state::Finished>(session));
    QVERIFY(session.endpoint(Side::Source).gone);
    QCOMPARE(runState(m_lab->qmpPath()), u"running"_s);
    for (const QJsonValue& capability : ask(m_lab->qmpPath(), u"query-migrate-capabilities"_s).toArray()) {
        if (capability[u"capability"] == u"x-ignore-shared"_s)
            QVERIFY(!capability[u"state"].toBool());
    }
    QVERIFY(findPairs().isEmpty());
}

void TestSavedState::stoppedGuestKeepsItsMemory_data()
{
    moves_data();
}

void TestSavedState::stoppedGuestKeepsItsMemory()
{
    QFETCH(QString, version);
    QFETCH(QString, accelerator);
    QFETCH(bool, ramFile);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(version, accelerator, ramFile);
    const auto memory = [&](const QString& monitor, const QString& name) {
        const QString path = m_memory->filePath(name);
        std::ignore = ask(monitor, u"pmemsave"_s,
            { { u"val"_s, 0 }, { u"size"_s, 64 * 1024 * 1024 }, { u"filename"_s, path } });
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    // Firmware as well as the lab's guest leave something here as soon as they have come anywhere.
    constexpr qsizetype early = 0x20000;
    QTRY_VERIFY(memory(observer(), u"first"_s).left(early).count('\0') < early);
    std::ignore = ask(observer(), u"stop"_s);
    const QByteArray before = memory(observer(), u"before"_s);
    QCOMPARE(before.size(), 64 * 1024 * 1024);

    timeline::Record record;
    Session session(record);
    move(session, request());
    QVERIFY(session.finish().has_value());
    QVERIFY(reaches<state::Finished>(session));
    QCOMPARE(runState(m_lab->qmpPath()), u"paused"_s);
    const QByteArray after = memory(m_lab->qmpPath(), u"after"_s);
    QCOMPARE(after.size(), before.size());
    qsizetype different = 0;
    qsizetype last = -1;
    for (qsizetype i = 0; i < before.size(); ++i) {
        // QEMU's device kvm-tpr-opt patches its own option ROM when it is loaded.
        const bool isRom = i >= 0xc0000 && i < 0x100000;
        if (!isRom && before[i] != after[i]) {
            ++different;
            last = i;
        }
    }
    QVERIFY2(different == 0, qPrintable(u"%1 bytes, the last at 0x%2"_s.arg(different).arg(last, 0, 16)));
}

void TestSavedState::newerBinaryLoads()
{
    for (const char* version : { "10.0", "11.1" }) {
        if (const QString missing = missingFor(QString::fromLatin1(version), u"tcg"_s); !missing.isEmpty())
            QSKIP(qPrintable(missing));
    }
    startLab(u"10.0"_s, u"tcg"_s, true);
    SessionRequest newer = request();
    newer.destination.binary = qemuBinary(u"11.1"_s);
    timeline::Record record;
    Session session(record);
    move(session, newer);
    QVERIFY(session.endpoint(Side::Destination).version.contains(u"11.1"_s));
}

void TestSavedState::refusesBeforeAnythingIsTouched_data()
{
    QTest::addColumn<QString>("check");
    QTest::newRow("unguarded") << u"guarded-commit"_s;
    QTest::newRow("relay") << u"state-file"_s;
    QTest::newRow("file exists") << u"state-file"_s;
    QTest::newRow("attached") << u"saved-ram"_s;
}

void TestSavedState::refusesBeforeAnythingIsTouched()
{
    QFETCH(QString, check);
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s, true);
    SessionRequest refused = request();
    const QString row = QString::fromLatin1(QTest::currentDataTag());
    refused.guarded = row != u"unguarded";
    refused.relay = row == u"relay";
    if (row == u"attached")
        refused.destination = { .kind = DestinationSpec::Kind::Attach, .qmpPath = u"/run/nobody"_s };
    QFile file(stateFile());
    if (row == u"file exists")
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4 && file.flush());
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
    QCOMPARE(runState(observer()), u"running"_s);
    QCOMPARE(QFile::exists(stateFile()), row == u"file exists");
}

static void addVersions()
{
    QTest::addColumn<QString>("version");
    for (const char* version : { "10.0", "11.1" })
        QTest::newRow(version) << QString::fromLatin1(version);
}

void TestSavedState::destinationThatDoesNotStart_data()
{
    addVersions();
}

void TestSavedState::destinationThatDoesNotStart()
{
    QFETCH(QString, version);
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(version, u"tcg"_s, true);
    SessionRequest broken = request();
    broken.destination = { .kind = DestinationSpec::Kind::Command,
        .argv = m_lab->arguments() + QStringList{ u"-device"_s, u"no-such-device"_s } };
    timeline::Record record;
    Session session(record);
    migrate(session, broken);
    verifyOnSource(session);
    QVERIFY(session.failure()->destinationOutput.contains(u"no-such-device"_s));
    // The guest has not stood still for it.
    QVERIFY(std::ranges::none_of(record.events(),
        [](const timeline::Event& event) { return event.side == Side::Source && event.name == u"STOP"; }));
}

void TestSavedState::stateThatCannotBeSaved_data()
{
    addVersions();
}

void TestSavedState::stateThatCannotBeSaved()
{
    QFETCH(QString, version);
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(version, u"tcg"_s, true);
    timeline::Record record;
    Session session(record);
    check(session, request());
    // Its folder goes between the check and the migration.
    QVERIFY(QDir(m_memory->filePath(u"state"_s)).removeRecursively());
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    verifyOnSource(session);
    QVERIFY2(session.failure()->sentence().contains(stateFile()), story(session));
}

void TestSavedState::stateThatCannotBeLoaded_data()
{
    addVersions();
}

void TestSavedState::stateThatCannotBeLoaded()
{
    QFETCH(QString, version);
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    const QStringList device{ u"-device"_s, u"virtio-rng-pci"_s };
    startLab(version, u"tcg"_s, true, device);
    SessionRequest other = request();
    QStringList argv = m_lab->arguments();
    for (const QString& word : device)
        argv.removeOne(word);
    QVERIFY(!argv.contains(u"virtio-rng-pci"_s));
    other.destination = { .kind = DestinationSpec::Kind::Command, .argv = argv };
    timeline::Record record;
    Session session(record);
    migrate(session, other);
    verifyOnSource(session);
    QCOMPARE(session.failure()->side, Side::Destination);
    // The guest was saved, and has come back.
    QVERIFY(std::ranges::any_of(record.events(),
        [](const timeline::Event& event) { return event.side == Side::Source && event.name == u"STOP"; }));

    // And can be moved after that.
    move(session, request());
}

void TestSavedState::stateThatVanishes_data()
{
    addVersions();
}

void TestSavedState::stateThatVanishes()
{
    QFETCH(QString, version);
    if (const QString missing = missingFor(version, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(version, u"tcg"_s, true);
    timeline::Record record;
    Session session(record);
    check(session, request());
    // Saved, and nobody has been told to load it: what the source says is in the record before it is acted
    // on.
    bool removed = false;
    connect(&record, &timeline::Record::appended, this, [&](std::size_t first, std::size_t count) {
        for (const timeline::Event& event : record.events().subspan(first, count)) {
            if (!removed && event.side == Side::Source && event.name == u"MIGRATION"
                && event.attributes[u"status"].toString() == u"completed")
                removed = QFile::remove(stateFile());
        }
    });
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    QVERIFY(removed);
    verifyOnSource(session);
    QCOMPARE(session.failure()->side, Side::Destination);
}

void TestSavedState::wordOfADeadSource()
{
    const auto folder = createPairFolder();
    QVERIFY(folder);
    const ProcessId dead{ .pid = 1, .startTicks = 1 };
    PairJournal journal{ .folder = *folder, .bootId = {}, .stage = JournalStage::Migrating };
    journal.mode = u"cpr-reboot"_s;
    journal.source = journal.destination = dead;
    journal.stateFile = stateFile();
    journal.launched = journal.guarded = true;
    const auto location = [&] {
        PairEvidence evidence;
        evidence.journal = *readJournal(*folder);
        evidence.source.gone = evidence.destination.gone = true;
        return assess(evidence).location;
    };
    QFile file(stateFile());
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(writeJournal(journal));
    QCOMPARE(location(), GuestLocation::Unknown); // it may have died while it wrote
    journal.stateWhole = true;
    QVERIFY(writeJournal(journal));
    QCOMPARE(location(), GuestLocation::Saved);
    QVERIFY(file.remove());
    QCOMPARE(location(), GuestLocation::Unknown);
    QVERIFY(removePairFolder(*folder));
}

void TestSavedState::killed_data()
{
    QTest::addColumn<bool>("source");
    QTest::addColumn<QString>("at");
    for (const char* at : { "configuring-destination", "moving", "committing", "migrated" }) {
        QTest::addRow("destination, %s", at) << false << QString::fromLatin1(at);
        QTest::addRow("source, %s", at) << true << QString::fromLatin1(at);
    }
}

void TestSavedState::killed()
{
    QFETCH(bool, source);
    QFETCH(QString, at);
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    startLab(u"11.1"_s, u"tcg"_s, true);
    timeline::Record record;
    Session session(record);
    check(session, request());
    bool done = false;
    connect(&session, &Session::stateChanged, this, [&] {
        if (stateId(session.state()) != at || std::exchange(done, true))
            return;
        const pid_t pid = session.endpoint(source ? Side::Source : Side::Destination).pid;
        if (pid > 0)
            ::kill(pid, SIGKILL);
    });
    QVERIFY(session.migrate().has_value());
    QVERIFY(waitSettled(session));
    if (std::holds_alternative<state::Migrated>(session.state()) && !source && done)
        QVERIFY(QTest::qWaitFor([&] { return isFinal(session.state()); }, deadlineMs));
    keepInLab(*m_lab, session);
    // What the kill met is a matter of microseconds; where the guest is said to be must be so.
    if (std::holds_alternative<state::Failed>(session.state())) {
        verifyOnSource(session);
    } else if (std::holds_alternative<state::Migrated>(session.state())) {
        QVERIFY(source || !done);
    } else {
        const auto* stranded = std::get_if<state::Stranded>(&session.state());
        QVERIFY2(stranded, story(session));
        if (stranded->location == GuestLocation::Saved)
            QVERIFY2(source && QFile::exists(stateFile()), story(session));
        QVERIFY2(stranded->location != GuestLocation::Both, story(session));
        if (!source)
            QVERIFY2(runState(observer()) != u"running", story(session));
    }
}

QTEST_GUILESS_MAIN(TestSavedState)
#include "tst_savedstate.moc"
