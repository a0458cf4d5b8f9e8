// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"
#include "lab/labprogram.h"
#include "operator/journal.h"
#include "operator/procfs.h"
#include "programprocess.h"
#include "sessionrun.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <csignal>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// A lab in a process of its own, used by a console that lives in another network.
class TestLab : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void migratesFromOutside_data();
    void migratesFromOutside();
    void qemu();
    void endsWhenItIsKilled();
    void endsWithItsInput();
    void saysWhatIsWrong();

private:
    QStringList left(const QString& folder) const
    {
        return QDir(m_runtime->filePath(folder)).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    }
    std::unique_ptr<lab::LabProgram> startedLab(const lab::LabRequest& request);
    static bool isGone(pid_t pid, quint64 startTicks)
    {
        const auto process = ProcessHandle::open(pid, startTicks);
        return !process || !(*process)->alive();
    }

    std::optional<QTemporaryDir> m_runtime;
    QString m_problem;
};

void TestLab::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    m_problem.clear();
}

void TestLab::cleanup()
{
    QTRY_COMPARE(left(u"cutover-labs"_s), QStringList());
    // A lab's keeper may be a moment behind.
    m_runtime->setAutoRemove(false);
    QTRY_VERIFY(QDir(m_runtime->path()).removeRecursively());
    m_runtime.reset();
}

std::unique_ptr<lab::LabProgram> TestLab::startedLab(const lab::LabRequest& request)
{
    auto lab = std::make_unique<lab::LabProgram>(request);
    QSignalSpy started(lab.get(), &lab::LabProgram::started);
    connect(lab.get(), &lab::LabProgram::failed, this,
        [this](const Error& error) { m_problem = error.message(); });
    lab->start();
    const bool settled
        = QTest::qWaitFor([&] { return !started.isEmpty() || !m_problem.isEmpty(); }, deadlineMs);
    return settled && m_problem.isEmpty() ? std::move(lab) : nullptr;
}

void TestLab::migratesFromOutside_data()
{
    QTest::addColumn<bool>("passed");
    QTest::addColumn<QString>("network");
    QTest::newRow("descriptors passed") << true << u"auto"_s;
    QTest::newRow("a socket passed") << true << u"socket"_s;
    // The TAP is opened by its name, which only the lab's network knows.
    QTest::newRow("devices reopened") << false << u"tap"_s;
}

void TestLab::migratesFromOutside()
{
    QFETCH(const bool, passed);
    QFETCH(const QString, network);
    auto lab = startedLab({ .options = { u"--ram"_s, u"32M"_s, u"--network"_s, network } });
    QVERIFY2(lab, qPrintable(m_problem));
    QVERIFY(QFile::exists(lab->qmpPath()));
    const QString said = lab->notes().join(u' ');
    if (network == "socket"_L1)
        QVERIFY2(said.contains(u"socket pair"), qPrintable(said));
    const bool traffic = !said.contains(u"No network");
    if (traffic)
        QTRY_VERIFY_WITH_TIMEOUT(lab->traffic() && lab->traffic()->received > 0, deadlineMs);

    timeline::Record record;
    auto session = std::make_unique<Session>(record);
    SessionRequest request;
    request.source.qmpPath = lab->qmpPath();
    if (!passed) {
        request.mode = u"normal"_s;
        request.parameters.insert(u"migrate-fds"_s, false);
    }
    QVERIFY(session->check(request));
    QVERIFY(reaches<state::Ready>(*session));
    QVERIFY(session->migrate());
    QVERIFY(waitSettled(*session));
    const EndpointStatus source = session->endpoint(Side::Source);
    const EndpointStatus destination = session->endpoint(Side::Destination);
    QVERIFY2(std::holds_alternative<state::Migrated>(session->state()), story(*session).constData());
    lab->takeOver(destination.pid, destination.startTicks);
    const ProcFs proc;
    QCOMPARE(*proc.namespaceId(destination.pid, u"net"_s), *proc.namespaceId(source.pid, u"net"_s));
    if (said.isEmpty())
        QVERIFY(*proc.namespaceId(destination.pid, u"net"_s) != *proc.namespaceId(::getpid(), u"net"_s));
    if (traffic) {
        const quint64 before = lab->traffic()->received;
        QTRY_VERIFY_WITH_TIMEOUT(lab->traffic()->received > before, deadlineMs);
    }
    QVERIFY(session->finish());
    QVERIFY(reaches<state::Finished>(*session));
    const QString pair = session->pairFolder();
    QVERIFY(!QFile::exists(pair + u"/cpr.sock"_s));
    QVERIFY(!QFile::exists(pair + u"/main.sock"_s));
    session.reset();

    QSignalSpy ended(lab.get(), &lab::LabProgram::ended);
    lab->end();
    QVERIFY(ended.wait(deadlineMs));
    QVERIFY(isGone(source.pid, source.startTicks));
    QVERIFY(isGone(destination.pid, destination.startTicks));
    QVERIFY(removePairFolder(pair));
}

void TestLab::qemu()
{
    if (const QString missing = missingFor(u"11.1"_s, u"tcg"_s); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    auto lab = startedLab({ .vmm = lab::LabRequest::Vmm::Qemu,
        .program = qemuBinary(u"11.1"_s),
        .options = { u"--ram"_s, u"64M"_s } });
    QVERIFY2(lab, qPrintable(m_problem));
    QCOMPARE(ask(lab->qmpPath(), u"query-status"_s)[u"status"].toString(), u"running"_s);
    const pid_t pid = lab->sourcePid();
    const quint64 start = processStartTime(pid).value_or(0);
    lab.reset();
    QVERIFY(isGone(pid, start));
}

/// With all that migrations of its guest have started, of which nobody told it.
void TestLab::endsWhenItIsKilled()
{
    ProcessUnderTest program(
        { u"lab"_s, u"--ram"_s, u"32M"_s, u"--network"_s, u"tap"_s }, {}, QIODevice::ReadWrite);
    QTRY_VERIFY_WITH_TIMEOUT(program.output().contains(u'\n'), deadlineMs);
    const QJsonObject ready
        = QJsonDocument::fromJson(program.output().section(u'\n', 0, 0).toUtf8()).object();
    QCOMPARE(ready["type"_L1].toString(), u"ready"_s);
    if (!ready["network"_L1].toBool())
        QSKIP(qPrintable(ready["notes"_L1].toArray().first().toString()));
    timeline::Record record;
    Session session(record);
    SessionRequest request;
    request.source.qmpPath = ready["source"_L1].toString();
    QVERIFY(session.check(request));
    QVERIFY(reaches<state::Ready>(session));
    QVERIFY(session.migrate());
    QVERIFY(reaches<state::Migrated>(session));
    const EndpointStatus source = session.endpoint(Side::Source);
    const EndpointStatus destination = session.endpoint(Side::Destination);
    program.sendSignal(SIGKILL);
    std::ignore = program.wait();
    QTRY_VERIFY_WITH_TIMEOUT(isGone(source.pid, source.startTicks), deadlineMs);
    QTRY_VERIFY_WITH_TIMEOUT(isGone(destination.pid, destination.startTicks), deadlineMs);
    QTRY_COMPARE(left(u"cutover-labs"_s), QStringList());
}

void TestLab::endsWithItsInput()
{
    ProcessUnderTest program({ u"lab"_s, u"--ram"_s, u"32M"_s }, {}, QIODevice::ReadWrite);
    QTRY_VERIFY_WITH_TIMEOUT(program.output().contains(u"ready"), deadlineMs);
    program.process().closeWriteChannel();
    const ProcessRun run = program.wait();
    QCOMPARE(run.code, 0);
    QCOMPARE(left(u"cutover-labs"_s), QStringList());
    QCOMPARE(left(u"cutover"_s), QStringList());
}

void TestLab::saysWhatIsWrong()
{
    QVERIFY(!startedLab({ .program = u"/nowhere/cutover-vmm"_s }));
    QVERIFY2(m_problem.contains(u"/nowhere/cutover-vmm"), qPrintable(m_problem));
}

QTEST_GUILESS_MAIN(TestLab)
#include "tst_lab.moc"
