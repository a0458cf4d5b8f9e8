// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"
#include "windowtest.h"

#include "mainwindow.h"
#include "operator/reviewedcommand.h"
#include "start/startpanel.h"
#include "widgets/failurebox.h"

#include <KConfigGroup>

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QLocalServer>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardItemModel>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using Kind = op::DestinationSpec::Kind;

namespace {

/// A session whose source was seen.
class SeenSession : public test::ScriptedSession
{
public:
    op::Facts facts;
    const op::Facts* sourceFacts() const override { return facts.monitorUsable ? &facts : nullptr; }

    void see(const QString& schemaFile)
    {
        QFile file(schemaFile);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("%s", qPrintable(file.errorString()));
        const auto schema = qmp::Schema::parse(QJsonDocument::fromJson(file.readAll()).array());
        if (!schema)
            qFatal("%s", qPrintable(schema.error().message()));
        facts.schema = *schema;
        facts.monitorUsable = true;
        facts.modes = { u"normal"_s, u"cpr-transfer"_s };
        facts.offersChannels = true;
        facts.parameters = { { u"downtime-limit"_s, 300 } };
    }
};

op::DiscoveredVmm vmm(pid_t pid, const QString& name)
{
    op::DiscoveredVmm vmm;
    vmm.pid = pid;
    vmm.startTime = 1;
    vmm.name = name;
    vmm.binary = u"/nowhere/some-program"_s;
    vmm.argv = { vmm.binary, u"-name"_s, name, u"-qmp"_s, u"unix:/run/"_s + name + u",server=on,wait=off"_s };
    vmm.facts.memorySize = u"4G"_s;
    op::DiscoveredMonitor monitor;
    monitor.path = u"/run/"_s + name;
    monitor.exists = monitor.accessible = true;
    monitor.occupancy = op::DiscoveredMonitor::Occupancy::Free;
    vmm.monitors.append(monitor);
    return vmm;
}

op::DiscoveredVmm takenVmm(pid_t pid, const QString& name)
{
    op::DiscoveredVmm taken = vmm(pid, name);
    taken.monitors[0].occupancy = op::DiscoveredMonitor::Occupancy::Libvirt;
    return taken;
}

} // namespace

/// The start page and the setup of a session, by mouse and keys in the real window.
class TestStart : public QObject
{
    Q_OBJECT
private:
    QTemporaryDir m_folder;

    static void save(MainWindow& window, const QString& name)
    {
        const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS");
        if (folder.isEmpty())
            return;
        QTest::qWait(50);
        QVERIFY(window.grab().save(folder + u'/' + name + u".png"));
    }

    template <typename Widget>
    static Widget* the(const MainWindow& window, const QString& name, const QWidget* below = nullptr)
    {
        auto* widget = (below ? below : static_cast<const QWidget*>(&window))->findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", qPrintable(name));
        return widget;
    }

    static void type(QLineEdit* edit, const QString& text)
    {
        edit->setFocus();
        edit->selectAll();
        QTest::keyClicks(edit, text);
    }

    static void choose(QComboBox* box, int index)
    {
        box->setFocus();
        box->setCurrentIndex(0);
        for (int i = 0; i < index; ++i)
            QTest::keyClick(box, Qt::Key_Down);
    }

    /// As after a check of a derived destination.
    static void derive(SeenSession& session)
    {
        op::DeriveOptions options;
        options.socketFolder = u"/run/c"_s;
        options.cprFd = 10;
        options.tracePatterns = { u"cpr_*"_s };
        const auto derived = op::derive({ u"/usr/bin/qemu"_s, u"-m"_s, u"1G"_s, u"-daemonize"_s }, options);
        QVERIFY(derived);
        session.events.append({ .category = timeline::Category::Action,
            .name = u"derived"_s,
            .attributes
            = op::toAttributes({ .argv = derived->argv, .changes = derived->changes, .edits = {} }) });
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh({ u"RecentSessions"_s, u"Programs"_s }); }

    void enterConnectsToTheFirstOne()
    {
        test::ScriptedSession session;
        session.running = { takenVmm(11, u"taken"_s), vmm(12, u"web-07"_s), vmm(13, u"db"_s) };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* table = the<QTreeView>(window, u"vmmTable"_s);
        QTRY_COMPARE(table->model()->rowCount(), 3);
        save(window, u"start-vmms"_s);
        QTRY_COMPARE(window.focusWidget(), table);
        QCOMPARE(the<QLineEdit>(window, u"sourcePath"_s)->text(), u"/run/web-07"_s);
        QTest::keyClick(table, Qt::Key_Return);
        QCOMPARE(session.calls, QStringList{ u"begin"_s });
        QCOMPARE(session.asked.source.qmpPath, u"/run/web-07"_s);
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        QTest::keyClick(&window, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(session.calls.last(), u"migrate"_s);
    }

    void theListFollowsWithoutLosingTheChoice()
    {
        test::ScriptedSession session;
        session.running = { vmm(12, u"web-07"_s), takenVmm(13, u"db"_s) };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* table = the<QTreeView>(window, u"vmmTable"_s);
        QTRY_COMPARE(table->model()->rowCount(), 2);
        auto* path = the<QLineEdit>(window, u"sourcePath"_s);
        auto* hint = the<QLabel>(window, u"sourceHint"_s);
        QTest::keyClick(table, Qt::Key_Down);
        QVERIFY(path->text().isEmpty());
        QVERIFY2(hint->text().contains(u"libvirt"), qPrintable(hint->text()));
        QVERIFY(!the<QPushButton>(window, u"connectButton"_s)->isEnabled());

        session.running = { vmm(5, u"early"_s), vmm(12, u"web-07"_s), vmm(13, u"db"_s) };
        QTest::keyClick(&window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(table->model()->rowCount(), 3);
        QCOMPARE(table->currentIndex().data().toString(), u"db"_s);
        // What has become free meanwhile can be used.
        QCOMPARE(path->text(), u"/run/db"_s);
        QVERIFY(hint->text().isEmpty());

        session.running = {};
        QTest::keyClick(&window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(table->model()->rowCount(), 0);
        QCOMPARE(path->text(), u"/run/db"_s);
    }

    void aProcessNumberIsASource()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* path = the<QLineEdit>(window, u"sourcePath"_s);
        auto* hint = the<QLabel>(window, u"sourceHint"_s);
        type(path, u"vm.qmp"_s);
        QVERIFY(hint->text().contains(u"slash"));
        type(path, u"4711"_s);
        QVERIFY(hint->text().isEmpty());
        QTest::keyClick(path, Qt::Key_Return);
        QCOMPARE(session.asked.source.pid, 4711);
    }

    void aDroppedSocketIsASource()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QLocalServer server;
        const QString socket = m_folder.filePath(u"vm.qmp"_s);
        QVERIFY(server.listen(socket));
        const auto drop = [&window](const QString& file) {
            QMimeData data;
            data.setUrls({ QUrl::fromLocalFile(file) });
            QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(window.startPanel(), &enter);
            if (!enter.isAccepted())
                return false;
            QDropEvent event(QPointF(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
            QCoreApplication::sendEvent(window.startPanel(), &event);
            return true;
        };
        QVERIFY(drop(socket));
        QCOMPARE(the<QLineEdit>(window, u"sourcePath"_s)->text(), socket);
    }

    void modeAndDestinationAreAsked()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        StartPanel* page = window.startPanel();
        type(the<QLineEdit>(window, u"sourcePath"_s), u"/run/vm"_s);
        choose(the<QComboBox>(window, u"modeBox"_s, page), 1);
        choose(the<QComboBox>(window, u"incomingBox"_s, page), 1);
        QTest::keyClick(the<QCheckBox>(window, u"guardedBox"_s, page), Qt::Key_Space);
        QTest::keyClick(the<QCheckBox>(window, u"keepBox"_s, page), Qt::Key_Space);
        auto* program = the<QComboBox>(window, u"programBox"_s, page);
        type(program->lineEdit(), u"/nowhere/qemu"_s);
        auto* version = the<QLabel>(window, u"programVersion"_s, page);
        QTRY_VERIFY2(version->text().contains(u"does not exist"), qPrintable(version->text()));
        QTest::mouseClick(the<QPushButton>(window, u"connectButton"_s), Qt::LeftButton);
        QCOMPARE(session.asked.mode, u"normal"_s);
        QVERIFY(!session.asked.guarded);
        QVERIFY(!session.asked.defer);
        QVERIFY(session.asked.keepSource);
        QCOMPARE(session.asked.destination.kind, Kind::Derive);
        QCOMPARE(session.asked.destination.binary, u"/nowhere/qemu"_s);
        // It is offered the next time.
        MainWindow next(&session);
        QVERIFY(the<QComboBox>(next, u"programBox"_s, next.startPanel())->findText(u"/nowhere/qemu"_s) >= 0);
    }

    void programsSayTheirVersion()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        const QString program = m_folder.filePath(u"qemu-new"_s);
        QFile file(program);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("#!/bin/sh\necho 'QEMU emulator version 42.1.0 (test)'\n");
        file.close();
        QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
        type(the<QComboBox>(window, u"programBox"_s, window.startPanel())->lineEdit(), program);
        auto* version = the<QLabel>(window, u"programVersion"_s, window.startPanel());
        QTRY_VERIFY2(version->text().contains(u"42.1.0"), qPrintable(version->text()));
    }

    void ownCommandLine()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        type(the<QLineEdit>(window, u"sourcePath"_s), u"/run/vm"_s);
        choose(the<QComboBox>(window, u"destinationKind"_s, window.startPanel()), 1);
        auto* connect = the<QPushButton>(window, u"connectButton"_s);
        QVERIFY(!connect->isEnabled());
        auto* command = the<QPlainTextEdit>(window, u"ownCommand"_s, window.startPanel());
        command->setFocus();
        QTest::keyClicks(command, u"/opt/qemu -name 'a b"_s);
        QVERIFY(!connect->isEnabled());
        QVERIFY(connect->toolTip().contains(u"quotation"));
        QTest::keyClicks(command, u"'"_s);
        QVERIFY(connect->isEnabled());
        QTest::mouseClick(connect, Qt::LeftButton);
        QCOMPARE(session.asked.destination.kind, Kind::Command);
        QCOMPARE(session.asked.destination.argv, (QStringList{ u"/opt/qemu"_s, u"-name"_s, u"a b"_s }));
    }

    void anAttachedDestinationShowsItsCommand()
    {
        test::ScriptedSession session;
        session.running = { vmm(12, u"web-07"_s) };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        StartPanel* page = window.startPanel();
        QTRY_VERIFY(the<QTreeView>(window, u"vmmTable"_s)->currentIndex().isValid());
        choose(the<QComboBox>(window, u"destinationKind"_s, page), 2);
        auto* qmp = the<QLineEdit>(window, u"attachQmp"_s, page);
        auto* cpr = the<QLineEdit>(window, u"attachCpr"_s, page);
        QVERIFY(qmp->text().endsWith(u"web-07-new.qmp"));
        QVERIFY(cpr->text().endsWith(u"web-07-new.cpr"));
        type(qmp, u"/run/new.qmp"_s);
        type(cpr, u"/run/new.cpr"_s);
        const auto* command = the<QPlainTextEdit>(window, u"attachCommand"_s, page);
        QVERIFY(command->toPlainText().startsWith(u"/nowhere/some-program"));
        QVERIFY(command->toPlainText().contains(u"addr.path=/run/new.cpr"));
        save(window, u"start-attach"_s);
        QTest::mouseClick(the<QPushButton>(window, u"attachCopy"_s, page), Qt::LeftButton);
        QCOMPARE(QGuiApplication::clipboard()->text(), command->toPlainText());
        cpr->clear();
        QVERIFY(!the<QPushButton>(window, u"connectButton"_s)->isEnabled());
        type(cpr, u"/run/new.cpr"_s);
        QTest::mouseClick(the<QPushButton>(window, u"connectButton"_s), Qt::LeftButton);
        QCOMPARE(session.asked.destination.kind, Kind::Attach);
        QCOMPARE(session.asked.destination.qmpPath, u"/run/new.qmp"_s);
        QCOMPARE(session.asked.destination.cprPath, u"/run/new.cpr"_s);
    }

    void aWaitingVmmIsTheDestination()
    {
        test::ScriptedSession session;
        op::DiscoveredVmm waiting = vmm(12, u"new"_s);
        waiting.waitsForCprState = true;
        waiting.monitors[0].occupancy = op::DiscoveredMonitor::Occupancy::NotListening;
        waiting.facts.incoming
            = { { .option = 0, .kind = op::IncomingSpec::Kind::Cpr, .text = {}, .path = u"/run/new.cpr"_s } };
        session.running = { waiting, vmm(13, u"web-07"_s) };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* table = the<QTreeView>(window, u"vmmTable"_s);
        QTRY_COMPARE(table->currentIndex().row(), 1);
        QTest::keyClick(table, Qt::Key_Up);
        QVERIFY(the<QLabel>(window, u"sourceHint"_s)->text().contains(u"destination"));
        QTest::keyClick(table, Qt::Key_Down);
        QTest::keyClick(table, Qt::Key_Return);
        QCOMPARE(session.asked.source.qmpPath, u"/run/web-07"_s);
        QCOMPARE(session.asked.destination.kind, Kind::Attach);
        QCOMPARE(session.asked.destination.cprPath, u"/run/new.cpr"_s);
    }

    void recentSessionsCanBeChosenAgain()
    {
        test::ScriptedSession session;
        {
            MainWindow window(&session);
            test::show(window, { 1280, 800 });
            choose(the<QComboBox>(window, u"modeBox"_s, window.startPanel()), 1);
            auto* path = the<QLineEdit>(window, u"sourcePath"_s);
            type(path, u"/run/vm"_s);
            QTest::keyClick(path, Qt::Key_Return);
            session.source.name = u"web-07"_s;
            session.go(op::state::Checking{});
            session.go(op::state::Finished{});
        }
        session.go(op::state::Idle{});
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* recent = the<QTreeView>(window, u"recentTable"_s);
        QCOMPARE(recent->model()->rowCount(), 1);
        QCOMPARE(recent->model()->index(0, 0).data().toString(), u"web-07"_s);
        save(window, u"start-recent"_s);
        recent->setFocus();
        recent->setCurrentIndex(recent->model()->index(0, 0));
        QCOMPARE(the<QLineEdit>(window, u"sourcePath"_s)->text(), u"/run/vm"_s);
        session.calls.clear();
        QTest::keyClick(recent, Qt::Key_Return);
        QCOMPARE(session.calls, QStringList{ u"begin"_s });
        QCOMPARE(session.asked.mode, u"normal"_s);
        QTest::keyClick(&window, Qt::Key_O, Qt::ControlModifier);
        window.actionGroups().find(u"start_forget"_s)->trigger();
        QCOMPARE(recent->model()->rowCount(), 0);
    }

    void failuresOfConnectingAreShownWhereTheyBelong_data()
    {
        QTest::addColumn<bool>("ofDestination");
        QTest::newRow("source") << false;
        QTest::newRow("destination") << true;
    }
    void failuresOfConnectingAreShownWhereTheyBelong()
    {
        QFETCH(const bool, ofDestination);
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* path = the<QLineEdit>(window, u"sourcePath"_s);
        type(path, u"/run/typo"_s);
        QTest::keyClick(path, Qt::Key_Return);
        session.go(op::state::Checking{});
        QVERIFY(!window.startPanel()->isVisible());
        session.why = op::Failure{ .side = ofDestination ? Side::Destination : Side::Source,
            .phase = ofDestination ? op::SessionPhase::Preflight : op::SessionPhase::Connect,
            .error = { .code = ErrorCode::NotFound,
                .attempt = u"connect to"_s,
                .object = u"/run/typo"_s,
                .cause = u"there is no such file"_s,
                .remedy = u"Check the path."_s },
            .destinationOutput = {} };
        session.go(op::state::Failed{ .why = *session.why });
        QVERIFY(window.startPanel()->isVisible());
        QCOMPARE(path->text(), u"/run/typo"_s);
        const QList<FailureBox*> boxes = window.findChildren<FailureBox*>();
        int visible = 0;
        for (const FailureBox* box : boxes) {
            if (!box->isVisible())
                continue;
            ++visible;
            QVERIFY(window.startPanel()->isAncestorOf(box));
            QVERIFY(box->text().contains(u"Check the path."));
        }
        QCOMPARE(visible, 1);
        save(window, ofDestination ? u"start-failed-destination"_s : u"start-failed-source"_s);
        QTest::keyClick(path, Qt::Key_Return);
        for (const FailureBox* box : boxes)
            QVERIFY(!box->isVisible());
    }

    void theCommandLineIsReviewed()
    {
        SeenSession session;
        session.asked.source.qmpPath = u"/run/vm"_s;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        derive(session);
        QTest::keyClick(&window, Qt::Key_O, Qt::ControlModifier | Qt::AltModifier);
        auto* dock = the<QDockWidget>(window, u"setupDock"_s);
        QVERIFY(!dock->isHidden());
        auto* table = the<QTreeView>(window, u"commandTable"_s);
        QTRY_VERIFY(table->isVisible());
        save(window, u"setup-command"_s);
        const int all = table->model()->rowCount();
        QTest::mouseClick(the<QCheckBox>(window, u"changesOnly"_s), Qt::LeftButton);
        QCOMPARE(table->model()->rowCount(), all - 2);

        QTest::mouseClick(the<QPushButton>(window, u"commandEdit"_s), Qt::LeftButton);
        auto* text = the<QPlainTextEdit>(window, u"commandText"_s);
        auto* use = the<QPushButton>(window, u"commandUse"_s);
        auto* problem = the<QLabel>(window, u"commandProblem"_s);
        QVERIFY(!use->isEnabled());
        const QString before = text->toPlainText();
        text->setPlainText(QString(before).remove(u"-S\n"_s));
        QVERIFY(!use->isEnabled());
        QVERIFY2(problem->text().contains(u"-S: "), qPrintable(problem->text()));
        save(window, u"setup-edit-refused"_s);
        text->setPlainText(before);
        text->moveCursor(QTextCursor::End);
        QTest::keyClick(text, Qt::Key_Return);
        QTest::keyClicks(text, u"-device virtio-rng-pci"_s);
        QVERIFY2(use->isEnabled(), qPrintable(problem->text()));
        session.calls.clear();
        QTest::mouseClick(use, Qt::LeftButton);
        QCOMPARE(session.calls, QStringList{ u"check"_s });
        QCOMPARE(session.asked.destination.kind, Kind::Command);
        const QStringList base = session.asked.destination.argv;
        QVERIFY(base.contains(u"virtio-rng-pci"_s));
        QVERIFY(base.contains(u"-daemonize"_s));
        QVERIFY(!base.contains(u"-incoming"_s));
        QCOMPARE(session.asked.source.qmpPath, u"/run/vm"_s);

        derive(session);
        auto* reset = the<QPushButton>(window, u"commandReset"_s);
        QVERIFY2(reset->isEnabled(), qPrintable(reset->toolTip()));
        QTest::mouseClick(reset, Qt::LeftButton);
        QCOMPARE(session.calls.last(), u"check"_s);
        QCOMPARE(session.asked.destination.kind, Kind::Derive);
        session.go(op::state::Moving{});
        QVERIFY(!the<QPushButton>(window, u"commandEdit"_s)->isEnabled());
        QVERIFY(!reset->isEnabled());
    }

    void parametersAreEditedByTheirTypes()
    {
        SeenSession session;
        session.see(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-11.1.json"));
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        derive(session);
        QTest::keyClick(&window, Qt::Key_P, Qt::ControlModifier | Qt::AltModifier);
        auto* table = the<QTreeView>(window, u"parameterTable"_s);
        QTRY_VERIFY(table->isVisible());
        const auto at = [table](const QString& name) {
            const QModelIndexList found = table->model()->match(
                table->model()->index(0, 0), Qt::DisplayRole, name, 1, Qt::MatchExactly);
            return found.isEmpty() ? QModelIndex() : found.first().siblingAtColumn(1);
        };
        table->setFocus();
        table->setCurrentIndex(at(u"downtime-limit"_s));
        table->scrollTo(table->currentIndex());
        QTest::keyClick(table, Qt::Key_F2);
        auto* editor = table->viewport()->findChild<QWidget*>({}, Qt::FindDirectChildrenOnly);
        QVERIFY(editor);
        QCOMPARE(editor->accessibleName(), u"downtime-limit"_s);
        QTest::keyClicks(QApplication::focusWidget(), u"25"_s);
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
        save(window, u"setup-parameters"_s);
        auto* apply = the<QPushButton>(window, u"setupApply"_s);
        QTRY_VERIFY(apply->isEnabled());
        QVERIFY(the<QLabel>(window, u"setupNote"_s)->text().contains(u"Migrate"));
        session.calls.clear();
        QTest::mouseClick(apply, Qt::LeftButton);
        QCOMPARE(session.calls, QStringList{ u"check"_s });
        QCOMPARE(session.asked.parameters, (QJsonObject{ { u"downtime-limit"_s, 25 } }));
        session.go(op::state::Ready{});
        QVERIFY(!apply->isVisible());
        QVERIFY(!(table->model()->flags(at(u"handover"_s)) & Qt::ItemIsEnabled));
    }

    void theSetupCanBeChangedBetweenChecks()
    {
        SeenSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        derive(session);
        QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier | Qt::AltModifier);
        auto* dock = the<QDockWidget>(window, u"setupDock"_s);
        auto* keep = the<QCheckBox>(window, u"keepBox"_s, dock);
        QTRY_VERIFY(keep->isVisible());
        save(window, u"setup-how"_s);
        keep->setFocus();
        QTest::keyClick(keep, Qt::Key_Space);
        auto* takeBack = the<QPushButton>(window, u"setupTakeBack"_s);
        QVERIFY(takeBack->isVisible());
        QTest::mouseClick(takeBack, Qt::LeftButton);
        QVERIFY(!keep->isChecked());
        QTest::keyClick(keep, Qt::Key_Space);
        QTest::mouseClick(the<QPushButton>(window, u"setupApply"_s), Qt::LeftButton);
        QVERIFY(session.asked.keepSource);
        session.go(op::state::Moving{});
        QVERIFY(!keep->isEnabled());
    }

    void whatASourceDoesNotOfferIsGreyed()
    {
        SeenSession session;
        session.see(QStringLiteral(CUTOVER_TEST_DATA "/qmp-schema-11.1.json"));
        session.facts.modes = { u"normal"_s };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        derive(session);
        const auto* box = the<QComboBox>(window, u"modeBox"_s, the<QDockWidget>(window, u"setupDock"_s));
        const auto* items = qobject_cast<const QStandardItemModel*>(box->model());
        QVERIFY(!items->item(0)->isEnabled());
        QVERIFY(items->item(0)->toolTip().contains(u"cpr-transfer"));
        QVERIFY(items->item(1)->isEnabled());
    }

    void theSmallWindowFits()
    {
        test::ScriptedSession session;
        session.running = { vmm(12, u"web-07"_s) };
        MainWindow window(&session);
        window.resize(960, 540);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        QTest::qWait(0);
        save(window, u"start-small"_s);
        QVERIFY2(window.width() <= 960 && window.height() <= 540,
            qPrintable(u"%1 x %2"_s.arg(window.width()).arg(window.height())));
    }
};

QTEST_MAIN(TestStart)
#include "tst_start.moc"
