// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "emptypath.h"
#include "fixture.h"
#include "windowtest.h"

#include "demo/demooptions.h"
#include "demo/demostrip.h"
#include "demo/director.h"
#include "demo/lessonsdialog.h"
#include "demo/lessonsmodel.h"
#include "lessons/lesson.h"
#include "mainwindow.h"

#include <KLocalizedString>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QCommandLineParser>
#include <QLabel>
#include <QListView>
#include <QSignalSpy>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The demo's scenario, its commentary and its command line, with a session that is told its state.
class TestDemo : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh(); }

    void usualLesson_data()
    {
        QTest::addColumn<lab::LabRequest::Vmm>("vmm");
        QTest::newRow("embedded") << lab::LabRequest::Vmm::Embedded;
        QTest::newRow("qemu") << lab::LabRequest::Vmm::Qemu;
    }
    void usualLesson()
    {
        QFETCH(const lab::LabRequest::Vmm, vmm);
        const auto lesson = lessons::lesson(DemoRequest().lesson, vmm);
        QVERIFY2(lesson, qPrintable(lesson ? QString() : lesson.error().message()));
        QStringList shots;
        for (const lessons::Step& step : lesson->steps) {
            if (!step.shot.isEmpty())
                shots << step.shot;
            if (!step.during.isEmpty())
                shots << u"during"_s;
        }
        QCOMPARE(shots, QStringList({ u"before"_s, u"during"_s, u"after"_s }));
    }

    void lessonsToChooseFrom()
    {
        LessonsModel model;
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), lessons::lessonNames().size());
        const test::EmptyPath nothing;
        model.refresh();
        const QModelIndex last = model.index(model.rowCount() - 1);
        QVERIFY(last.data(Qt::AccessibleTextRole).toString().contains(u"recording"));
        QVERIFY(lessonListText().contains(u"qemu-system-x86_64"));
        for (const QString& name : lessons::lessonNames())
            QVERIFY2(lessonListText().contains(name), qPrintable(name));
    }

    void chosenByKey()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier | Qt::AltModifier | Qt::ShiftModifier);
        auto* dialog = window.findChild<LessonsDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* list = dialog->findChild<QListView*>(u"lessonList"_s);
        const auto* text = dialog->findChild<QLabel*>(u"lessonText"_s);
        const QString first = text->text();
        QTest::keyClick(list, Qt::Key_Down);
        QVERIFY(!text->text().isEmpty());
        QVERIFY(text->text() != first);
        QVERIFY(!dialog->findChild<QLabel*>(u"lessonNeeds"_s)->text().isEmpty());
        QTest::keyClick(list, Qt::Key_Return);
        QVERIFY(!dialog->isVisible());
        QCOMPARE(window.demo()->lesson().name, lessons::lessonNames().at(1));
        QCOMPARE(session.calls, QStringList{ u"lab"_s });
        QVERIFY(session.lab.options.contains(u"--ram"_s));
        // Twice the same window.
        QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier | Qt::AltModifier | Qt::ShiftModifier);
        QCOMPARE(window.findChildren<LessonsDialog*>().size(), 1);
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(!dialog->isVisible());
    }

    /// What is meant for the lab's guest is not done to another one.
    void anotherGuest()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        window.show();
        session.asked.source.qmpPath = u"/lab/qmp.sock"_s;
        QVERIFY(window.demo()->start({ .lesson = u"late-stop"_s }));
        session.asked.source.qmpPath = u"/lab/qmp.sock"_s;
        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        QTRY_VERIFY(!window.demo()->isWaiting());
        session.asked.source.qmpPath = u"/run/vm/web-07/qmp.sock"_s;
        session.go(op::state::Checking{});
        QVERIFY(!window.demo()->isActive());
    }

    void byKeyAndByMouse()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
        auto* strip = window.findChild<DemoStrip*>();
        QVERIFY(!strip->isVisible());
        const auto key = [&window](Qt::Key which) {
            QTest::keyClick(&window, which, Qt::ControlModifier | Qt::AltModifier);
        };
        QTest::keyClick(&window, Qt::Key_D, Qt::ControlModifier | Qt::AltModifier | Qt::ShiftModifier);
        QVERIFY(strip->isVisible());
        QCOMPARE(session.calls, QStringList{ u"lab"_s });
        QVERIFY(window.demo()->isWaiting());
        const QAction* next = window.actionGroups().find(u"demo_next"_s);
        QVERIFY(!next->isEnabled());
        QVERIFY(!next->toolTip().isEmpty());

        session.go(op::state::Checking{});
        session.go(op::state::Ready{});
        QTRY_VERIFY(!window.demo()->isWaiting());
        key(Qt::Key_N);
        QCOMPARE(window.demo()->number(), 2);
        auto* text = window.findChild<QLabel*>(u"demoText"_s);
        QCOMPARE(text->text(), window.demo()->step()->text);
        key(Qt::Key_N);
        QVERIFY(window.findChild<QWidget*>(u"preflightDock"_s)->isVisible());
        for (QToolButton* button : strip->findChildren<QToolButton*>()) {
            if (button->defaultAction() == next)
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(session.calls.last(), u"migrate"_s);
        QSignalSpy middle(window.demo(), &DemoDirector::inTheMiddle);
        session.go(op::state::Transferring{});
        QCOMPARE(middle.size(), 1);
        session.showMigrated();
        QTRY_VERIFY(!window.demo()->isWaiting());
        QCOMPARE(window.demo()->findings().size(), 1);
        auto* findings = window.findChild<QTextBrowser*>(u"demoFindings"_s);
        QVERIFY(findings->isVisible());
        QVERIFY2(findings->toPlainText().contains(i18n("✓ Met:")), qPrintable(findings->toPlainText()));
        while (!std::holds_alternative<lessons::action::Finish>(window.demo()->step()->action)) {
            key(Qt::Key_N);
            QTRY_VERIFY(!window.demo()->isWaiting() || session.calls.last() == u"finish"_s);
        }
        QCOMPARE(session.calls.last(), u"finish"_s);
        session.go(op::state::Finished{ .verified = true });
        QTRY_VERIFY(!window.demo()->isWaiting());
        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(window.grab().save(folder + u"/demo.png"_s));
        key(Qt::Key_N);
        // Of VMMs that nobody can ask nothing is proved, and that is said.
        QTRY_VERIFY(!window.demo()->isWaiting());
        QVERIFY2(findings->toPlainText().contains(i18n("✗ Not met:")), qPrintable(findings->toPlainText()));
        QVERIFY(!window.demo()->score().succeeded);
        key(Qt::Key_N);
        QVERIFY(!strip->isVisible());
        QTest::keyClick(&window, Qt::Key_D, Qt::ControlModifier | Qt::AltModifier | Qt::ShiftModifier);
        QCOMPARE(session.calls.last(), u"lab"_s);
        key(Qt::Key_K);
        QVERIFY(!strip->isVisible());
        QVERIFY(!window.demo()->isActive());
    }

    void troubleIsSaid()
    {
        test::ScriptedSession session;
        MainWindow window(&session);
        window.show();
        window.showDemo({});
        Q_EMIT session.failed(
            failure(ErrorCode::NotFound, u"start the lab"_s, u"cutover-vmm"_s, u"no"_s).error());
        QVERIFY(!window.demo()->isWaiting());
        QVERIFY(window.demo()->trouble().contains(u"cutover-vmm"));
        QVERIFY(window.findChild<QLabel*>(u"demoText"_s)->text().contains(u"cutover-vmm"));
        window.demo()->repeat();
        QVERIFY(window.demo()->trouble().isEmpty());
        QCOMPARE(session.calls, QStringList({ u"lab"_s, u"lab"_s }));
    }

    void commandLine_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("problem"); ///< empty: understood
        QTest::addColumn<QStringList>("options");
        QTest::newRow("alone") << u"--demo"_s << QString() << QStringList();
        QTest::newRow("options follow")
            << u"--demo --ram 1G"_s << QString() << QStringList{ u"--ram"_s, u"1G"_s };
        QTest::newRow("qemu") << u"--demo qemu --accel tcg --output x"_s << QString()
                              << QStringList{ u"--accel"_s, u"tcg"_s };
        QTest::newRow("lab") << u"--lab embedded"_s << QString() << QStringList();
        QTest::newRow("lesson") << u"--demo late-stop --ram 1G"_s << QString()
                                << QStringList{ u"--ram"_s, u"1G"_s };
        QTest::newRow("lesson for QEMU") << u"--demo rescue"_s << QString() << QStringList();
        QTest::newRow("list") << u"--demo list"_s << QString() << QStringList();
        QTest::newRow("unknown lesson") << u"--demo late-stopp"_s << u"late-stop,"_s << QStringList();
        QTest::newRow("settings of its own")
            << u"--demo late-stop --handover prepared"_s << u"--handover"_s << QStringList();
        QTest::newRow("no lab") << u"--lab late-stop"_s << u"late-stop"_s << QStringList();
        QTest::newRow("unknown") << u"--demo=xen"_s << u"xen"_s << QStringList();
        QTest::newRow("both") << u"--demo --lab qemu"_s << u"exclude"_s << QStringList();
        QTest::newRow("no demo") << u"--ram 1G"_s << u"--ram"_s << QStringList();
        QTest::newRow("output without") << u"--output x"_s << u"--output"_s << QStringList();
        QTest::newRow("network") << u"--demo --network socket"_s << QString()
                                 << QStringList{ u"--network"_s, u"socket"_s };
        // What cannot be opened anew is not chosen where nothing passes.
        QTest::newRow("without descriptors")
            << u"--demo --migrate-fds off"_s << QString() << QStringList{ u"--network"_s, u"tap"_s };
        QTest::newRow("socket without descriptors")
            << u"--demo --migrate-fds off --network socket"_s << u"--network"_s << QStringList();
        QTest::newRow("contradiction")
            << u"--demo --migrate-fds off --handover prepared"_s << u"--handover"_s << QStringList();
    }
    void commandLine()
    {
        QFETCH(const QString, line);
        QFETCH(const QString, problem);
        QFETCH(const QStringList, options);
        QCommandLineParser parser;
        parser.addOption({ u"binary"_s, u""_s, u"PROGRAM"_s });
        addDemoOptions(parser);
        QVERIFY(parser.parse(withDemoValue(QStringList{ u"cutover"_s } + line.split(u' '))));
        const auto wish = labWish(parser);
        QCOMPARE(wish.has_value(), problem.isEmpty());
        if (!wish) {
            QVERIFY2(wish.error().cause.contains(problem), qPrintable(wish.error().cause));
            return;
        }
        QCOMPARE(wish->request.lab.options, options);
        QCOMPARE(wish->request.lab.vmm == lab::LabRequest::Vmm::Qemu,
            line.contains(u"qemu") || line.contains(u"rescue"));
        QCOMPARE(wish->list, line.contains(u"list"));
    }
};

QTEST_MAIN(TestDemo)
#include "tst_demo.moc"
