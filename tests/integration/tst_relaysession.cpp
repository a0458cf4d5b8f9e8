// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdpass/describe.h"
#include "lab/vmmlab.h"
#include "relay/fault.h"
#include "sessionrun.h"

#include <QDir>
#include <QTemporaryDir>

#include <memory>
#include <optional>
#include <unistd.h>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// A session that sits between its two VMMs, and does wrong on purpose.
class TestRelaySession : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void qemu_data() { addQemuRows(); }
    void qemu();
    void embedded_data();
    void embedded();
    void cutAnywhere_data();
    void cutAnywhere();
    void faults_data();
    void faults();
    void refusedOutsideALab();

private:
    struct Told
    {
        std::vector<QJsonObject> fds;
        std::vector<QJsonObject> arrived;
        std::vector<QJsonObject> closed;
        int sections = 0;
        int faults = 0;
        std::vector<QJsonObject> outcomes;
    };
    static Told toldBy(const timeline::Record& record);
    /// False when the VMM "11.1", "10.0" or "embedded" is not here.
    bool startLab(const QString& vmm);
    bool takeOver(const Session& session);
    /// One attempt with \a fault; the session has come to an end.
    std::unique_ptr<Session> attempt(timeline::Record& record, const QStringList& faults);
    bool sourceRuns() const { return ask(m_qmpPath, u"query-status"_s)[u"status"].toString() == u"running"; }

    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::QemuLab> m_qemu;
    std::unique_ptr<lab::VmmLab> m_embedded;
    QString m_qmpPath;
    qsizetype m_fds = 0;
};

/// What a relay could have kept. The pidfds of labs and of processes to be reaped are others' matter.
static qsizetype keptFds()
{
    const auto all = fdpass::listFds(::getpid()).value_or(QList<int>());
    return std::ranges::count_if(all, [](int fd) {
        const auto description = fdpass::describeFd(fd);
        return description
            && (description->kind == fdpass::FdKind::Socket || description->kind == fdpass::FdKind::Memfd
                || description->kind == fdpass::FdKind::Pty);
    });
}

void TestRelaySession::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestRelaySession::cleanup()
{
    m_qemu.reset();
    m_embedded.reset();
}

TestRelaySession::Told TestRelaySession::toldBy(const timeline::Record& record)
{
    Told told;
    for (const timeline::Event& event : record.events()) {
        if (event.category != timeline::Category::Relay)
            continue;
        if (event.name == u"fd")
            told.fds.push_back(event.attributes);
        else if (event.name == u"arrived")
            told.arrived.push_back(event.attributes);
        else if (event.name == u"closed")
            told.closed.push_back(event.attributes);
        else if (event.name == u"section")
            ++told.sections;
        else if (event.name == u"fault")
            ++told.faults;
        else if (event.name == u"fault-outcome")
            told.outcomes.push_back(event.attributes);
    }
    return told;
}

bool TestRelaySession::startLab(const QString& vmm)
{
    if (vmm != u"embedded") {
        if (qemuBinary(vmm).isEmpty())
            return false;
        m_qemu = startedLab(labOptions(vmm, u"tcg"_s));
        m_qmpPath = m_qemu ? m_qemu->qmpPath() : QString();
        return bool(m_qemu);
    }
    m_embedded = std::make_unique<lab::VmmLab>(lab::VmmLabOptions{ .ramBytes = qint64{ 16 } << 20,
        .processors = 1,
        .ballastBytes = qint64{ 1 } << 20,
        .network = lab::LabNetwork::None,
        .disk = false });
    QSignalSpy started(m_embedded.get(), &lab::VmmLab::started);
    m_embedded->start();
    const bool up = !started.isEmpty() || started.wait(deadlineMs);
    m_qmpPath = m_embedded->qmpPath();
    return up;
}

bool TestRelaySession::takeOver(const Session& session)
{
    const EndpointStatus moved = session.endpoint(Side::Destination);
    if (moved.pid <= 0 || moved.gone)
        return false;
    return m_qemu ? m_qemu->takeOver(moved.pid, moved.startTicks).has_value()
                  : m_embedded->takeOver(moved.pid, moved.startTicks).has_value();
}

std::unique_ptr<Session> TestRelaySession::attempt(timeline::Record& record, const QStringList& faults)
{
    auto session = std::make_unique<Session>(record);
    const SessionRequest request{ .source = { .qmpPath = m_qmpPath },
        .relay = true,
        .faults = faults,
        .limits = { .monitorMs = 20'000, .switchoverMs = 20'000, .settleMs = 5000 } };
    if (!session->check(request) || !waitSettled(*session) || !session->migrate())
        return session;
    std::ignore = waitSettled(*session);
    std::ignore = takeOver(*session);
    return session;
}

void TestRelaySession::qemu()
{
    QFETCH(const QString, version);
    QFETCH(const QString, accelerator);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    m_qemu = startedLab(labOptions(version, accelerator));
    QVERIFY(m_qemu);
    m_qmpPath = m_qemu->qmpPath();
    const qsizetype before = keptFds();
    timeline::Record record;
    auto session = attempt(record, {});
    QVERIFY2(std::holds_alternative<state::Migrated>(session->state()), story(*session));
    QVERIFY2(session->verification().ok, story(*session));

    // The relay tells of the end of a channel when it has the time for it.
    QTRY_COMPARE(toldBy(record).closed.size(), std::size_t(2));
    const Told told = toldBy(record);
    QCOMPARE(told.fds.size(), session->verification().fds.size());
    QCOMPARE(told.arrived.size(), told.fds.size());
    for (const FdProof& proof : session->verification().fds) {
        const auto named = [&](const QJsonObject& fd) { return fd[u"name"].toString() == proof.name; };
        const auto fd = std::ranges::find_if(told.fds, named);
        QVERIFY2(fd != told.fds.end(), qPrintable(proof.name));
        QCOMPARE((*fd)[u"channel"].toString(), u"cpr"_s);
        QCOMPARE((*fd)[u"kind"].toString(), u"memfd"_s);
        QCOMPARE((*fd)[u"identity"].toString(), fdpass::identityId(proof.proof.identity));
        QVERIFY(fd->contains(u"sourceFd"_s));
        const auto arrived = std::ranges::find_if(told.arrived, named);
        QVERIFY(arrived != told.arrived.end());
        QVERIFY((*arrived)[u"destinationFd"].toInt(-1) >= 0);
        QCOMPARE((*arrived)[u"identity"].toString(), fdpass::identityId(proof.proof.identity));
    }
    QCOMPARE(told.closed[0][u"by"].toString(), u"destination"_s);
    QCOMPARE(told.closed[0][u"complete"].toBool(), true);
    QCOMPARE(told.closed[0][u"unclaimed"].toInt(), 0);
    QCOMPARE(told.closed[1][u"format"].toString(), u"qemu"_s);
    QCOMPARE(told.closed[1][u"problem"].toString(), QString());
    QCOMPARE(told.sections, told.closed[1][u"sectionsForth"].toInt());
    QVERIFY(told.sections > 5);

    QVERIFY(session->finish().has_value());
    QVERIFY(reaches<state::Finished>(*session));
    const QString folder = session->pairFolder();
    QCOMPARE(QDir(folder).entryList({ u"relay-*"_s }, QDir::AllEntries | QDir::System), QStringList());
    session.reset();
    QTRY_VERIFY(keptFds() <= before);
    QVERIFY(sourceRuns()); // the destination, at the source's path
}

void TestRelaySession::embedded_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<QString>("handover");
    QTest::newRow("prepared") << u"cpr-transfer"_s << u"prepared"_s;
    QTest::newRow("early-stop") << u"cpr-transfer"_s << u"early-stop"_s;
    QTest::newRow("normal") << u"normal"_s << QString();
}

void TestRelaySession::embedded()
{
    QFETCH(const QString, mode);
    QFETCH(const QString, handover);
    QVERIFY(startLab(u"embedded"_s));
    const qsizetype before = keptFds();
    timeline::Record record;
    auto session = std::make_unique<Session>(record);
    SessionRequest request{ .source = { .qmpPath = m_qmpPath }, .mode = mode, .relay = true };
    if (handover.isEmpty())
        request.parameters = { { u"migrate-fds"_s, true } };
    else
        request.parameters = { { u"handover"_s, handover } };
    QVERIFY(session->check(request));
    QVERIFY(waitSettled(*session));
    QVERIFY2(session->migrate(), story(*session));
    QVERIFY(waitSettled(*session));
    std::ignore = takeOver(*session);
    QVERIFY2(session->outcome() == Outcome::Migrated, story(*session));

    const auto mainClosed = [](const Told& told) {
        return std::ranges::find_if(
            told.closed, [](const QJsonObject& each) { return each[u"channel"].toString() == u"main"; });
    };
    Told told;
    QTRY_VERIFY((told = toldBy(record), mainClosed(told) != told.closed.end()));
    bool sawRam = false;
    bool sawConsole = false;
    for (const QJsonObject& fd : told.fds) {
        const QString name = fd[u"name"].toString();
        // The word that says whether the guest has started is made for the migration; tokens likewise.
        sawRam = sawRam || name == u"ram0";
        sawConsole = sawConsole || name.startsWith(u"console0");
        QVERIFY2(fd.contains(u"sourceFd"_s), qPrintable(name));
    }
    QVERIFY(sawRam && sawConsole);
    const auto ram = std::ranges::find_if(
        told.arrived, [](const QJsonObject& fd) { return fd[u"name"].toString() == u"ram0"; });
    QVERIFY(ram != told.arrived.end());
    QVERIFY((*ram)[u"destinationFd"].toInt(-1) >= 0);
    const QJsonObject main = *mainClosed(told);
    QCOMPARE(main[u"format"].toString(), u"cutover"_s);
    QCOMPARE(main[u"unclaimed"].toInt(), 0);
    QVERIFY(main[u"sectionsForth"].toInt() > 3);
    QVERIFY(main[u"sectionsBack"].toInt() >= 3);
    session.reset();
    QTRY_VERIFY(keptFds() <= before);
}

void TestRelaySession::cutAnywhere_data()
{
    QTest::addColumn<QString>("vmm");
    for (const char* vmm : { "10.0", "11.1", "embedded" })
        QTest::newRow(vmm) << QString::fromLatin1(vmm);
}

void TestRelaySession::cutAnywhere()
{
    QFETCH(const QString, vmm);
    if (vmm != u"embedded" && qemuBinary(vmm).isEmpty())
        QSKIP(qPrintable(missingFor(vmm, u"tcg"_s)));
    QVERIFY(startLab(vmm));
    const QStringList faults{ u"cut:cpr:0"_s, u"cut:cpr:9"_s, u"cut:cpr:60"_s, u"cut:main:0"_s,
        u"cut:main:11"_s, u"cut:main:700"_s, u"cut:main:20000"_s };
    for (const QString& fault : faults) {
        timeline::Record record;
        auto session = attempt(record, { fault });
        const QByteArray what = fault.toUtf8() + ": " + story(*session);
        if (session->outcome() == Outcome::Migrated) {
            QVERIFY2(session->verification().ok, what);
            return; // it was longer than all there was to send
        }
        if (const auto* stranded = std::get_if<state::Stranded>(&session->state())) {
            // Told as what it is, with the guest whole on one side.
            QVERIFY2(stranded->location == GuestLocation::NowhereSourceHolds
                    || stranded->location == GuestLocation::NowhereDestinationHolds,
                what);
            return;
        }
        QVERIFY2(std::holds_alternative<state::Failed>(session->state()), what);
        const auto failure = session->failure();
        QVERIFY2(failure && failure->side == Side::Channel, what);
        QVERIFY2(failure->error.cause.contains(u"on purpose"), what);
        QVERIFY2(!failure->error.remedy.isEmpty(), what);
        QVERIFY2(!session->knowledge().destination.everResumed, what);
        QVERIFY2(session->knowledge().destination.gone, what);
        session.reset();
        QVERIFY2(sourceRuns(), what);
    }
}

void TestRelaySession::faults_data()
{
    QTest::addColumn<QString>("vmm");
    QTest::addColumn<QString>("fault");
    for (const char* vmm : { "10.0", "11.1", "embedded" }) {
        for (const char* fault : { "withhold:ram0", "swap:ram0", "delay:ram0:300", "duplicate:ram0",
                 "corrupt:cpr:2", "stall:cpr:20" })
            QTest::addRow("%s %s", vmm, fault) << QString::fromLatin1(vmm) << QString::fromLatin1(fault);
    }
}

void TestRelaySession::faults()
{
    QFETCH(const QString, vmm);
    QFETCH(const QString, fault);
    if (vmm != u"embedded" && qemuBinary(vmm).isEmpty())
        QSKIP(qPrintable(missingFor(vmm, u"tcg"_s)));
    const auto parsed = relay::parseFault(fault);
    QVERIFY(parsed);
    QCOMPARE(parsed->text(), fault);
    QVERIFY(startLab(vmm));
    timeline::Record record;
    auto session = attempt(record, { fault });
    QTRY_COMPARE(toldBy(record).outcomes.size(), std::size_t(1));
    const Told told = toldBy(record);
    QVERIFY2(told.faults == 1, story(*session));
    QVERIFY2(told.outcomes.front()[u"met"].toBool(), story(*session));
    if (parsed->expected() == relay::Fault::Expected::Moves) {
        QVERIFY2(session->outcome() == Outcome::Migrated, story(*session));
        return;
    }
    if (parsed->expected() == relay::Fault::Expected::OneSide && session->outcome() == Outcome::Migrated)
        return;
    QVERIFY2(std::holds_alternative<state::Failed>(session->state()), story(*session));
    QVERIFY2(!session->knowledge().destination.everResumed, story(*session));
    const QByteArray what = story(*session);
    session.reset();
    QVERIFY2(sourceRuns(), what);
}

void TestRelaySession::refusedOutsideALab()
{
    QVERIFY(startLab(u"embedded"_s));
    // It is a lab's, whatever the socket is called.
    const QString elsewhere = m_runtime->filePath(u"vm.qmp"_s);
    QVERIFY(QFile::link(m_qmpPath, elsewhere));
    SessionRequest request{ .source = { .qmpPath = elsewhere }, .relay = true, .faults = { u"cut:cpr:9"_s } };
    {
        timeline::Record record;
        Session session(record);
        QVERIFY(session.check(request));
        QVERIFY(waitSettled(session));
        QVERIFY2(session.outcome() != Outcome::Refused, story(session));
        request.relay = false;
        QVERIFY(session.check(request));
        QVERIFY(waitSettled(session));
        QCOMPARE(session.outcome(), Outcome::Refused);
        request.relay = true;
    }
    // The same VMM where the labs' folder is another.
    const QTemporaryDir other;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(other.path()));
    timeline::Record record;
    Session session(record);
    QVERIFY(session.check(request));
    QVERIFY(waitSettled(session));
    QCOMPARE(session.outcome(), Outcome::Refused);
    QVERIFY(story(session).contains("faults-on-purpose"));
    request.faultsConfirmedFor = session.sourceFacts().name;
    QVERIFY(!request.faultsConfirmedFor.isEmpty());
    QVERIFY(session.check(request));
    QVERIFY(waitSettled(session));
    QVERIFY2(session.outcome() != Outcome::Refused, story(session));
}

QTEST_GUILESS_MAIN(TestRelaySession)
#include "tst_relaysession.moc"
