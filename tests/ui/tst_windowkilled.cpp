// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "livesession.h"
#include "rescue/rescuepanel.h"
#include "windowtest.h"

#include "../integration/vmmsaround.h"
#include "lab/vmmlab.h"
#include "operator/journal.h"

#include <QDir>
#include <QProcess>
#include <QTemporaryDir>

#include <csignal>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

using Stage = std::optional<op::JournalStage>;

/// The window ends in the middle of a live update, killed or told to: the guest goes on on one side, and the
/// next window finds it.
class TestWindowKilled : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void killed_data() { addStages(); }
    void killed();
    void closed_data() { addStages(); }
    void closed();

private:
    static void addStages();
    QString path(const QString& name) const { return m_runtime->filePath(name); }
    std::optional<op::PairJournal> journal() const;
    QList<op::DiscoveredVmm> vmms() const { return cutover::test::vmmsIn(m_runtime->path()); }
    QList<pid_t> running() const { return cutover::test::runningIn(m_runtime->path()); }
    void endAt(int signal, Stage stage);

    std::optional<QTemporaryDir> m_runtime;
    std::unique_ptr<lab::VmmLab> m_lab;
    QProcess m_program;
};

void TestWindowKilled::addStages()
{
    QTest::addColumn<Stage>("stage");
    QTest::newRow("before") << Stage();
    using enum op::JournalStage;
    for (const auto stage : { Armed, Migrating, Moved })
        QTest::newRow(qPrintable(op::journalStageId(stage))) << Stage(stage);
}

void TestWindowKilled::initTestCase()
{
    ui::test::setUp();
}

void TestWindowKilled::init()
{
    ui::test::startAfresh();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    m_lab = std::make_unique<lab::VmmLab>(lab::VmmLabOptions{ .ramBytes = qint64{ 32 } << 20,
        .network = lab::LabNetwork::None,
        .extraArguments = { u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(path(u"observer.qmp"_s)) } });
    QSignalSpy started(m_lab.get(), &lab::VmmLab::started);
    m_lab->start();
    QVERIFY(started.wait(ui::test::deadlineMs));
}

void TestWindowKilled::cleanup()
{
    m_program.kill();
    m_program.waitForFinished();
    for (const op::DiscoveredVmm& vmm : m_lab ? vmms() : QList<op::DiscoveredVmm>()) {
        if (vmm.pid != m_lab->sourcePid())
            std::ignore = m_lab->takeOver(vmm.pid, vmm.startTime);
    }
    m_lab.reset();
    m_runtime.reset();
}

std::optional<op::PairJournal> TestWindowKilled::journal() const
{
    const QDir pairs(path(u"cutover"_s));
    for (const QString& name : pairs.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (const auto found = op::readJournal(pairs.filePath(name)))
            return *found;
    }
    return {};
}

/// Without a stage: as soon as the window has connected.
void TestWindowKilled::endAt(int signal, Stage stage)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"HOME"_s, m_runtime->path());
    environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
    m_program.setProcessEnvironment(environment);
    m_program.setProcessChannelMode(QProcess::ForwardedChannels);
    m_program.start(
        QStringLiteral(CUTOVER_PROGRAM), { u"--source"_s, u"qmp:"_s + m_lab->qmpPath(), u"--migrate"_s });
    QVERIFY(m_program.waitForStarted());
    const auto reached = [&] {
        const auto pair = journal();
        return !stage ? QDir(path(u"cutover"_s)).exists() : pair && pair->stage >= *stage;
    };
    // Not through the event loop: a stage can be over in a few milliseconds, and then the next one will do.
    QElapsedTimer limit;
    limit.start();
    while (!reached() && limit.elapsed() < ui::test::deadlineMs)
        QTest::qSleep(1);
    QVERIFY(limit.elapsed() < ui::test::deadlineMs);
    QCOMPARE(::kill(static_cast<pid_t>(m_program.processId()), signal), 0);
    QVERIFY(m_program.waitForFinished(ui::test::deadlineMs));
}

void TestWindowKilled::killed()
{
    QFETCH(const Stage, stage);
    endAt(SIGKILL, stage);
    if (QTest::currentTestFailed())
        return;
    // What the VMMs do by themselves comes to an end.
    QTest::qWait(500);
    const QList<pid_t> before = running();
    QVERIFY2(before.size() <= 1, "both run the guest");
    QVERIFY(!vmms().isEmpty());

    LiveSession session;
    MainWindow window(&session);
    window.show();
    window.takeUpLeftPair();
    if (session.rescueView()) {
        QTRY_VERIFY_WITH_TIMEOUT(
            session.rescueView()->isAssessed && !session.rescueView()->isBusy, ui::test::deadlineMs);
        const RescueView view = *session.rescueView();
        QVERIFY(window.findChild<RescuePanel*>()->isVisible());
        const QByteArray said = qPrintable(view.assessment.sentence);
        const pid_t source = view.evidence.journal.source.pid;
        if (!before.isEmpty())
            QVERIFY2(view.assessment.location
                    == (before.first() == source ? op::GuestLocation::Source
                                                 : op::GuestLocation::Destination),
                said.constData());
        const op::RescueOption* option = view.assessment.recommended();
        QVERIFY2(option, said.constData());
        const Qt::Key key = option->kind == op::RescueKind::StartDestination ? Qt::Key_1
            : option->kind == op::RescueKind::ResumeSource                   ? Qt::Key_2
            : option->kind == op::RescueKind::FinishUp                       ? Qt::Key_3
                                                                             : Qt::Key_4;
        ui::test::save(window, u"killed-"_s + QLatin1StringView(QTest::currentDataTag()));
        QTest::keyClick(&window, key, Qt::ControlModifier | Qt::AltModifier);
    } else {
        op::SessionRequest request;
        request.source.qmpPath = m_lab->qmpPath();
        window.begin(request);
    }
    const auto text = [&] {
        const auto failure = session.failure();
        return failure ? failure->sentence() : op::stateId(session.state());
    };
    QTRY_VERIFY2_WITH_TIMEOUT(
        std::holds_alternative<op::state::Ready>(session.state()), qPrintable(text()), ui::test::deadlineMs);
    QVERIFY(!session.rescueView());
    QCOMPARE(vmms().size(), 1);
    QCOMPARE(session.endpoint(Side::Source).pid, vmms().first().pid);
    QCOMPARE(session.endpoint(Side::Source).runState, u"running"_s);
    // It can be updated like any other.
    QTRY_VERIFY(window.actionGroups().find(u"session_migrate"_s)->isEnabled());
    QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
    QTRY_VERIFY2_WITH_TIMEOUT(std::holds_alternative<op::state::Migrated>(session.state()),
        qPrintable(text()), ui::test::deadlineMs);
    QTRY_VERIFY(window.actionGroups().find(u"session_finish"_s)->isEnabled());
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    QTRY_VERIFY2_WITH_TIMEOUT(std::holds_alternative<op::state::Finished>(session.state()),
        qPrintable(text()), ui::test::deadlineMs);
    QVERIFY(window.close());
}

void TestWindowKilled::closed()
{
    QFETCH(const Stage, stage);
    endAt(SIGTERM, stage);
    if (QTest::currentTestFailed())
        return;
    QCOMPARE(m_program.exitStatus(), QProcess::NormalExit);
    QCOMPARE(m_program.exitCode(), 0);
    // What the window ended with itself takes a moment to be gone.
    QTRY_COMPARE_WITH_TIMEOUT(vmms().size(), 1, ui::test::deadlineMs);
    QTRY_COMPARE_WITH_TIMEOUT(running().size(), 1, ui::test::deadlineMs);
    const auto pair = journal();
    QVERIFY(!pair || !op::isLeftBehind(*pair));
}

QTEST_MAIN(TestWindowKilled)
#include "tst_windowkilled.moc"
