// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "viewtext.h"
#include "windowuser.h"

#include "../integration/qemus.h"
#include "../integration/vmmpair.h"
#include "../integration/vmmsaround.h"

#include "devices/devicemodel.h"
#include "lab/privatenetwork.h"
#include "preflight/checkmodel.h"
#include "replay/player.h"
#include "replay/replaysession.h"
#include "timeline/timelinepanel.h"

#include <QApplication>
#include <QCheckBox>
#include <QSlider>
#include <QTableView>
#include <QTemporaryDir>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeView>

#include <csignal>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using namespace cutover::ui::test;

/// What somebody does with the window from its first start to a rescue, by mouse and keyboard alone. Whether
/// it came true is asked of the VMMs, beside the window.
class TestWholePath : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void wrongPathIsOneClearError();
    void embeddedVmm();
    void qemu_data();
    void qemu();

private:
    using User = WindowUser;
    using Keys = QKeyCombination;

    void openWindow();
    // The steps of the path. Each ends early when something is not as it should be.
    void connectTo(const QString& path);
    void readPreflight();
    void turnSwitches();
    /// \a memory: how the kernel calls the file of the guest's memory.
    void migrate(pid_t source, const QString& memory);
    void lookAtDetails();
    void finish(pid_t source);
    void saveRecording();
    void openRecording();
    void replay();
    void leaveRecording();
    void loseTheDestination(cutover::test::VmmPair& pair);
    void rescue(pid_t source, pid_t destination);

    QString effectOf(const QString& device) const;
    QModelIndex deviceRow(const QString& device) const;
    /// Cards, phases and tables, apart from what only the moment can tell; the order of what is of one time
    /// is free.
    QStringList shownLines() const;
    /// QEMU passes or inherits everything that it shows.
    void verifyAllPassed() const;
    void verifyShownAsSaved() const;
    /// The only VMM that is not \a source.
    pid_t otherThan(pid_t source) const;

    QTemporaryDir m_runtime;
    std::unique_ptr<ReplaySession> m_session;
    std::unique_ptr<MainWindow> m_window;
    std::optional<User> m_user;
    pid_t m_destination = 0;
    QString m_recording;
    QStringList m_shown; ///< when it was saved
};

#define STEP(call)                                                                                           \
    do {                                                                                                     \
        call;                                                                                                \
        if (QTest::currentTestFailed()) {                                                                    \
            save(*m_window, u"wholepath-failed"_s);                                                          \
            return;                                                                                          \
        }                                                                                                    \
    } while (false)

void TestWholePath::initTestCase()
{
    setUp(m_runtime.path());
}

void TestWholePath::init()
{
    startAfresh({ u"RecentSessions"_s, u"Recordings"_s, u"Programs"_s });
}

void TestWholePath::cleanup()
{
    m_user.reset();
    m_window.reset();
    m_session.reset();
    for (const op::DiscoveredVmm& vmm : cutover::test::vmmsIn(m_runtime.path()))
        ::kill(vmm.pid, SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(cutover::test::vmmsIn(m_runtime.path()).isEmpty(), deadlineMs);
}

void TestWholePath::openWindow()
{
    m_session = std::make_unique<ReplaySession>();
    m_window = std::make_unique<MainWindow>(m_session.get());
    m_user.emplace(*m_window);
    show(*m_window, { 1600, 1000 });
}

void TestWholePath::connectTo(const QString& path)
{
    QVERIFY(m_user->the(u"startPanel"_s)->isVisible());
    m_user->type(u"sourcePath"_s, path);
    m_user->click(u"connectButton"_s);
}

void TestWholePath::readPreflight()
{
    QVERIFY2(m_user->waitForOffer(u"Migrate"_s), qPrintable(m_user->sentence()));
    m_user->press(Qt::CTRL | Qt::Key_4);
    auto* view = m_user->the<QTreeView>(u"preflightView"_s);
    QTRY_VERIFY(view->isVisible() && view->hasFocus());
    const QAbstractItemModel* checks = view->model();
    QVERIFY(checks->rowCount() > 5);
    for (int row = 0; row < checks->rowCount(); ++row) {
        const QModelIndex check = checks->index(row, 0);
        QVERIFY2(check.data(CheckModel::VerdictRole).toInt() != static_cast<int>(op::Verdict::Refuse),
            qPrintable(check.siblingAtColumn(CheckModel::TitleColumn).data().toString()));
    }
    const QModelIndex second = checks->index(1, CheckModel::TitleColumn);
    m_user->clickCell(view, second);
    QCOMPARE(view->currentIndex().row(), 1);
    const QString evidence = second.siblingAtColumn(CheckModel::EvidenceColumn).data().toString();
    const QString told = labelsOf(m_user->the(u"preflightPanel"_s));
    QVERIFY2(told.contains(evidence), qPrintable(told));
}

QModelIndex TestWholePath::deviceRow(const QString& device) const
{
    const QAbstractItemModel* model = m_user->the<QTreeView>(u"devicesView"_s)->model();
    for (int row = 0; row < model->rowCount(); ++row) {
        const QModelIndex index = model->index(row, 0);
        if (index.data(DeviceModel::DeviceRole).toString() == device)
            return index;
    }
    return {};
}

QString TestWholePath::effectOf(const QString& device) const
{
    return deviceRow(device).siblingAtColumn(DeviceModel::EffectColumn).data().toString();
}

void TestWholePath::turnSwitches()
{
    const auto effect = [this](const QString& device, const QString& begins) {
        return QTest::qWaitFor([&] { return effectOf(device).startsWith(begins); }, deadlineMs);
    };
    auto* view = m_user->the<QTreeView>(u"devicesView"_s);
    const auto* global = m_user->the<QCheckBox>(u"globalFdSwitch"_s);
    // The window hears of what was found a turn of the event loop later.
    QTRY_VERIFY(global->isChecked());
    for (const QString& device : { u"ram0"_s, u"console0"_s, u"ballast0"_s })
        QVERIFY2(effect(device, u"passes"_s), qPrintable(effectOf(device)));

    // The one for all, by mouse: in this mode it is refused, and that is said before anything is tried.
    m_user->tick(u"globalFdSwitch"_s);
    QVERIFY2(effect(u"ram0"_s, u"refused"_s), qPrintable(effectOf(u"ram0"_s)));
    QVERIFY(m_user->waitForOffer(u"Check Again"_s));
    QVERIFY(!action(*m_window, u"session_migrate"_s)->isEnabled());
    save(*m_window, u"wholepath-refused"_s);
    // And back, by keyboard.
    QTRY_VERIFY_WITH_TIMEOUT(global->isEnabled(), deadlineMs);
    m_user->the(u"globalFdSwitch"_s)->setFocus();
    m_user->press(Qt::Key_Space);
    QVERIFY2(effect(u"ram0"_s, u"passes"_s), qPrintable(effectOf(u"ram0"_s)));
    QVERIFY(m_user->waitForOffer(u"Migrate"_s));

    // One device by mouse, one by keyboard.
    m_user->clickCell(view, deviceRow(u"ballast0"_s), 10);
    QVERIFY2(effect(u"ballast0"_s, u"copied"_s), qPrintable(effectOf(u"ballast0"_s)));
    QVERIFY(m_user->waitForOffer(u"Migrate"_s));
    m_user->clickCell(view, deviceRow(u"console0"_s).siblingAtColumn(DeviceModel::EffectColumn));
    m_user->press(Qt::Key_Space);
    QVERIFY2(effect(u"console0"_s, u"reopened"_s), qPrintable(effectOf(u"console0"_s)));
    QVERIFY(m_user->waitForOffer(u"Migrate"_s));
    save(*m_window, u"wholepath-ready"_s);
}

pid_t TestWholePath::otherThan(pid_t source) const
{
    QList<op::DiscoveredVmm> others = cutover::test::vmmsIn(m_runtime.path());
    others.removeIf([source](const op::DiscoveredVmm& vmm) { return vmm.pid == source; });
    return others.size() == 1 ? others.first().pid : 0;
}

void TestWholePath::migrate(pid_t source, const QString& memory)
{
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ source });
    QVERIFY(m_user->waitForOffer(u"Migrate"_s));
    m_user->clickMain();
    QVERIFY2(m_user->waitForOffer(u"Finish: Quit the Source"_s), qPrintable(m_user->sentence()));
    save(*m_window, u"wholepath-migrated"_s);

    m_destination = otherThan(source);
    QVERIFY(m_destination > 0);
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ m_destination });
    QCOMPARE(cutover::test::runStateOf(source), u"postmigrate"_s);
    const QString shared = cutover::test::sharedFiles(source, m_destination).join(u' ');
    QVERIFY2(shared.contains(memory), qPrintable(shared));
}

void TestWholePath::lookAtDetails()
{
    m_user->press(Qt::CTRL | Qt::Key_T);
    m_user->press(Qt::Key_P);
    TimelinePanel* panel = m_window->timelinePanel();
    const TimelineView* view = panel->view();
    QTRY_VERIFY(panel->scene().pause.isKnown());
    // The last thing that the source did.
    QTRY_VERIFY(!panel->scene().source.marks.empty());
    const LaneMark mark = panel->scene().source.marks.back();
    const TimelineGeometry geometry = view->geometryNow();
    m_user->click(view->viewport(),
        QPointF(geometry.xOf(mark.timeNs, panel->zoom().range()),
            geometry.label(LaneId::Source, 0, 0, 1).center().y())
            .toPoint());
    QCOMPARE(view->selectedEvent(), mark.event);
    m_user->press(Qt::Key_Return);
    const auto* details = m_user->the<QTextBrowser>(u"detailsText"_s);
    QTRY_VERIFY(details->isVisible());
    QVERIFY2(details->toPlainText().contains(mark.name), qPrintable(details->toPlainText()));

    // The same in the table, and what comes before it there.
    m_user->press(Qt::CTRL | Qt::Key_5);
    auto* table = m_user->the<QTableView>(u"eventsView"_s);
    QTRY_VERIFY(table->hasFocus());
    const int row = table->currentIndex().row();
    QVERIFY(row > 0);
    m_user->clickCell(table, table->model()->index(row - 1, table->currentIndex().column()));
    QCOMPARE(table->currentIndex().row(), row - 1);
    QVERIFY(view->selectedEvent() && view->selectedEvent() != mark.event);
    m_user->press(Qt::CTRL | Qt::Key_7);
    const auto first = table->model()->index(row - 1, 0).data().toString();
    QTRY_VERIFY(details->isVisible());
    QVERIFY2(!first.isEmpty() && !details->toPlainText().isEmpty(), qPrintable(details->toPlainText()));
    save(*m_window, u"wholepath-details"_s);
}

void TestWholePath::finish(pid_t source)
{
    m_user->clickMain();
    QVERIFY2(m_user->waitForOffer(u"Connect…"_s), qPrintable(m_user->sentence()));
    QTRY_VERIFY_WITH_TIMEOUT(!op::inspectProcess(source), deadlineMs);
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ m_destination });
}

QStringList TestWholePath::shownLines() const
{
    m_window->timelinePanel()->refresh();
    static const QRegularExpression passing(u"up [^/·]*|Recording: "_s);
    QStringList lines;
    for (const QString& name : { u"sourceCard"_s, u"destinationCard"_s })
        lines << labelsOf(m_user->the(name)).remove(passing);
    lines << m_user->sentence().remove(passing) << labelsOf(m_window->findChild<PhaseStrip*>());
    for (const QString& name :
        { u"devicesView"_s, u"preflightView"_s, u"breakdownView"_s, u"eventsView"_s, u"qmpMessages"_s })
        appendRows(*m_user->the<QAbstractItemView>(name)->model(), {}, lines);
    lines.sort();
    return lines;
}

void TestWholePath::saveRecording()
{
    // What the guest's heart and the logs still have to tell.
    QTRY_VERIFY_WITH_TIMEOUT(!m_session->isListeningToPulse(), deadlineMs);
    QTest::qWait(500);
    m_shown = shownLines();
    m_user->press(Qt::CTRL | Qt::SHIFT | Qt::Key_S);
    m_recording = m_runtime.filePath(u"%1.cutover"_s.arg(m_destination));
    m_user->typeFile(m_recording);
    QTRY_VERIFY_WITH_TIMEOUT(
        labelsOf(m_window->statusBar()).contains(u"Saved to %1."_s.arg(m_recording)), deadlineMs);
}

void TestWholePath::verifyShownAsSaved() const
{
    // What takes its time, such as the logs, comes a moment later.
    QStringList shown;
    const bool same = QTest::qWaitFor([&] { return (shown = shownLines()) == m_shown; }, deadlineMs);
    QStringList missing = m_shown;
    missing.removeIf([&](const QString& line) { return shown.contains(line); });
    shown.removeIf([this](const QString& line) { return m_shown.contains(line); });
    QVERIFY2(same, qPrintable(u"missing:\n%1\nnew:\n%2"_s.arg(missing.join(u'\n'), shown.join(u'\n'))));
}

void TestWholePath::openRecording()
{
    m_user->press(Qt::CTRL | Qt::SHIFT | Qt::Key_O);
    m_user->typeFile(m_recording);
    const auto* bar = m_user->the(u"replayBar"_s);
    QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible(), deadlineMs);
    QVERIFY2(m_user->sentence().startsWith(u"Recording: "), qPrintable(m_user->sentence()));
    verifyShownAsSaved();
    save(*m_window, u"wholepath-reopened"_s);
}

void TestWholePath::replay()
{
    const auto* slider = m_user->the<QSlider>(u"replaySlider"_s);
    const auto* events = m_user->the<QTableView>(u"eventsView"_s)->model();
    const int all = slider->maximum();
    QVERIFY(all > 50);
    QCOMPARE(slider->value(), all);

    // Step by step, by keyboard and by mouse.
    m_user->press(Qt::CTRL | Qt::Key_Home);
    QCOMPARE(slider->value(), 0);
    QTRY_COMPARE(events->rowCount(), 0);
    m_user->press(Qt::CTRL | Qt::Key_Right);
    m_user->press(Qt::CTRL | Qt::Key_Right);
    QCOMPARE(slider->value(), 2);
    QTRY_COMPARE(events->rowCount(), 2);
    for (QToolButton* button : m_user->the(u"replayBar"_s)->findChildren<QToolButton*>()) {
        if (button->accessibleName() == u"One Event Back")
            m_user->click(button);
    }
    QCOMPARE(slider->value(), 1);
    const QString before = m_user->sentence();
    m_user->press(Qt::CTRL | Qt::SHIFT | Qt::Key_Right);
    m_user->press(Qt::CTRL | Qt::SHIFT | Qt::Key_Right);
    QTRY_VERIFY(m_user->sentence() != before);
    QVERIFY(slider->value() > 1 && slider->value() < all);

    // In slow motion, then fast, to the end.
    const int from = slider->value();
    m_user->choose(u"replaySpeed"_s, Player::normalSpeed - 1);
    m_user->press(Qt::CTRL | Qt::Key_Space);
    QTRY_COMPARE(m_user->offer(), u"Pause"_s);
    QTRY_VERIFY_WITH_TIMEOUT(slider->value() > from, deadlineMs);
    m_user->clickMain();
    QTRY_COMPARE(m_user->offer(), u"Play"_s);
    const int halted = slider->value();
    QVERIFY(halted < all);
    for (int i = Player::normalSpeed - 1; i < static_cast<int>(Player::speeds.size()) - 1; ++i)
        m_user->press(Qt::CTRL | Qt::Key_BracketRight);
    m_user->clickMain();
    QTRY_COMPARE_WITH_TIMEOUT(slider->value(), all, deadlineMs);
    QTRY_COMPARE(m_user->offer(), u"Play"_s);
    verifyShownAsSaved();
}

void TestWholePath::leaveRecording()
{
    m_user->press(Qt::CTRL | Qt::Key_W);
    QTRY_VERIFY(m_user->the(u"startPanel"_s)->isVisible());
    QVERIFY(!m_user->the(u"replayBar"_s)->isVisible());
    // A recording is only looked at.
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ m_destination });
}

/// The destination is the operator's own, behind a proxy that kills it at the worst moment: the source has
/// given the guest away, and the destination has not been told yet.
void TestWholePath::loseTheDestination(cutover::test::VmmPair& pair)
{
    const auto asTheSourceIsNow = [&](QStringList& argv) {
        argv[argv.lastIndexOf(u"-qmp"_s) + 1]
            = u"unix:%1,server=on,wait=off"_s.arg(m_runtime.filePath(u"third.qmp"_s));
        for (QString& word : argv) {
            if (word.startsWith(u"ballast,") || word.startsWith(u"console,"))
                word.replace(u"migrate-fds=on"_s, u"migrate-fds=off"_s);
        }
    };
    QVERIFY(pair.launchDestination({}, 20'000, asTheSourceIsNow));
    const pid_t doomed = pair.destinationPid();
    fakes::Tampering kill;
    kill.marker = "@go";
    kill.atMarker = [doomed] {
        ::kill(doomed, SIGKILL);
        while (!cutover::test::allThreadsAre(doomed, 'Z'))
            QThread::msleep(1);
        return true;
    };
    const QString mainPath = pair.openProxy(u"main"_s, kill, {});

    STEP(m_user->choose(u"destinationKind"_s, 2));
    STEP(m_user->type(u"attachQmp"_s, pair.destinationQmp()));
    m_user->type(u"attachCpr"_s, QString(pair.destinationQmp()).replace(u".qmp"_s, u".cpr"_s));
    m_user->type(u"attachMain"_s, mainPath);
    STEP(connectTo(pair.lab().qmpPath()));
    QVERIFY2(m_user->waitForOffer(u"Migrate"_s), qPrintable(m_user->sentence()));
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ m_destination });
    m_user->clickMain();
    QVERIFY2(m_user->waitForOffer(u"Rescue…"_s), qPrintable(m_user->sentence()));
    QVERIFY(pair.waitDestinationEnded());
    QVERIFY(cutover::test::runningIn(m_runtime.path()).isEmpty());
}

void TestWholePath::rescue(pid_t source, pid_t destination)
{
    QWidget* panel = m_user->the(u"rescuePanel"_s);
    QVERIFY(panel->isVisible());
    QToolButton* resume = nullptr;
    for (QToolButton* button : panel->findChildren<QToolButton*>()) {
        if (button->accessibleName() == u"Continue on the Source")
            resume = button;
    }
    QVERIFY(resume);
    QTRY_VERIFY_WITH_TIMEOUT(resume->isVisible() && resume->isEnabled(), deadlineMs);
    QVERIFY2(resume->accessibleDescription().startsWith(u"Recommended."),
        qPrintable(resume->accessibleDescription()));
    save(*m_window, u"wholepath-rescue"_s);
    m_user->clickMain();
    QTRY_VERIFY(resume->hasFocus());
    m_user->press(Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(!panel->isVisible(), deadlineMs);
    QTRY_COMPARE_WITH_TIMEOUT(cutover::test::runningIn(m_runtime.path()), QList{ source }, deadlineMs);
    QVERIFY(!op::inspectProcess(destination));
    const auto beats = [this] {
        return cutover::test::ask(m_runtime.filePath(u"beside.qmp"_s), u"query-pulse"_s)[u"beats"]
            .toInteger();
    };
    const qint64 before = beats();
    QVERIFY(before > 0);
    QTRY_VERIFY_WITH_TIMEOUT(beats() > before, deadlineMs);
    save(*m_window, u"wholepath-rescued"_s);
}

void TestWholePath::verifyAllPassed() const
{
    const QAbstractItemModel* devices = m_user->the<QTreeView>(u"devicesView"_s)->model();
    int passed = 0;
    for (int row = 0; row < devices->rowCount(); ++row) {
        const QModelIndex device = devices->index(row, 0);
        for (int fd = 0; fd < devices->rowCount(device); ++fd) {
            const QString effect = devices->index(fd, DeviceModel::EffectColumn, device).data().toString();
            passed += effect == u"passed" ? 1 : 0;
            QVERIFY2(effect == u"passed" || effect.startsWith(u"inherited"), qPrintable(effect));
        }
    }
    QVERIFY(passed > 0);
}

void TestWholePath::wrongPathIsOneClearError()
{
    openWindow();
    STEP(connectTo(m_runtime.filePath(u"nothing-here"_s)));
    const auto told = [this] { return labelsOf(m_user->the(u"startPanel"_s)); };
    QTRY_VERIFY2_WITH_TIMEOUT(told().contains(u"nothing-here"), qPrintable(told()), deadlineMs);
    QVERIFY(told().contains(u"path"));
    // What was typed can be corrected.
    QVERIFY(m_user->the<QLineEdit>(u"sourcePath"_s)->text().endsWith(u"nothing-here"));
}

void TestWholePath::embeddedVmm()
{
    cutover::test::VmmPair pair({ .ramBytes = qint64{ 32 } << 20,
        .ballastBytes = qint64{ 1 } << 20,
        .network = lab::LabNetwork::Tap,
        .extraArguments
        = { u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(m_runtime.filePath(u"beside.qmp"_s)) } });
    QSignalSpy started(&pair.lab(), &lab::VmmLab::started);
    pair.lab().start();
    QVERIFY(started.wait(deadlineMs));
    const pid_t source = pair.sourcePid();

    openWindow();
    STEP(connectTo(pair.lab().qmpPath()));
    STEP(readPreflight());
    STEP(turnSwitches());
    STEP(migrate(source, u"memfd:ram0"_s));
    QVERIFY(!cutover::test::sharedFiles(source, m_destination).join(u' ').contains(u"ballast"));
    QTRY_COMPARE(effectOf(u"ram0"_s), u"passed"_s);
    const QModelIndex ballast = deviceRow(u"ballast0"_s);
    QCOMPARE(ballast.model()->index(0, DeviceModel::StateColumn, ballast).data().toString(), u"new file"_s);
    QVERIFY(!action(*m_window, u"devices_pass"_s)->isEnabled());
    STEP(lookAtDetails());
    STEP(finish(source));
    STEP(saveRecording());
    STEP(openRecording());
    STEP(replay());
    STEP(leaveRecording());
    STEP(loseTheDestination(pair));
    STEP(rescue(m_destination, pair.destinationPid()));
    QVERIFY(m_window->close());
    QCOMPARE(cutover::test::runningIn(m_runtime.path()), QList{ m_destination });
}

void TestWholePath::qemu_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::newRow("10.0") << u"10.0"_s << QString();
    QTest::newRow("11.1") << u"11.1"_s << QString();
    QTest::newRow("10.0 to 11.1") << u"10.0"_s << u"11.1"_s;
}

void TestWholePath::qemu()
{
    QFETCH(const QString, from);
    QFETCH(const QString, to);
    const QString accelerator = cutover::test::kvmUsable() ? u"kvm"_s : u"tcg"_s;
    for (const QString& version : { from, to }) {
        const QString missing
            = version.isEmpty() ? QString() : cutover::test::missingFor(version, accelerator);
        if (!missing.isEmpty())
            QSKIP(qPrintable(missing));
    }
    lab::QemuLabOptions options = cutover::test::labOptions(from, accelerator);
    options.extraArguments
        = { u"-qmp"_s, u"unix:%1,server=on,wait=off"_s.arg(m_runtime.filePath(u"beside.qmp"_s)) };
    const auto lab = cutover::test::startedLab(options);
    QVERIFY(lab);

    openWindow();
    if (!to.isEmpty())
        m_user->type(m_user->the<QComboBox>(u"programBox"_s)->lineEdit(), cutover::test::qemuBinary(to));
    STEP(connectTo(lab->qmpPath()));
    STEP(readPreflight());
    // QEMU has no such switches yet; the window says so.
    const auto* global = m_user->the<QCheckBox>(u"globalFdSwitch"_s);
    QTRY_VERIFY(global->isChecked() && !global->isEnabled());
    QVERIFY2(global->toolTip().contains(u"this VMM"), qPrintable(global->toolTip()));
    STEP(migrate(lab->sourcePid(), u"memfd:memory-backend-memfd"_s));
    const auto moved = op::inspectProcess(m_destination);
    QVERIFY(moved);
    QCOMPARE(
        moved->binary, QFileInfo(cutover::test::qemuBinary(to.isEmpty() ? from : to)).canonicalFilePath());
    STEP(lookAtDetails());
    STEP(finish(lab->sourcePid()));
    STEP(saveRecording());
    STEP(openRecording());
    STEP(replay());
    STEP(leaveRecording());
    QVERIFY(m_window->close());
}

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    std::ignore = lab::enterPrivateNetwork();
    // What a desktop puts in its place is no widget of ours.
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QApplication application(argc, argv);
    TestWholePath test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_wholepath.moc"
