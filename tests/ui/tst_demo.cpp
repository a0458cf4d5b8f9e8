// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fixture.h"

#include "demo/demooptions.h"
#include "demo/demostrip.h"
#include "demo/director.h"
#include "lessons/lesson.h"
#include "mainwindow.h"

#include <KLocalizedString>
#include <KSharedConfig>

#include <QAction>
#include <QCommandLineParser>
#include <QLabel>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>
#include <QToolButton>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// The demo's scenario, its commentary and its command line, with a session that is told its state.
class TestDemo : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QStandardPaths::setTestModeEnabled(true);
        KLocalizedString::setApplicationDomain("cutover");
    }
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support)"_s));
        KSharedConfig::openConfig()->deleteGroup(u"MainWindow"_s);
    }

    void standardScenarios_data()
    {
        QTest::addColumn<lab::LabRequest::Vmm>("vmm");
        QTest::newRow("embedded") << lab::LabRequest::Vmm::Embedded;
        QTest::newRow("qemu") << lab::LabRequest::Vmm::Qemu;
    }
    void standardScenarios()
    {
        QFETCH(const lab::LabRequest::Vmm, vmm);
        const auto steps = standardScenario(vmm);
        QVERIFY2(steps, qPrintable(steps ? QString() : steps.error().message()));
        QStringList shots;
        QList<DemoStep::Do> done;
        for (const DemoStep& step : *steps) {
            if (!step.shot.isEmpty())
                shots << step.shot;
            if (!step.during.isEmpty())
                shots << u"during"_s;
            if (step.action != DemoStep::Do::Nothing)
                done << step.action;
        }
        QCOMPARE(shots, QStringList({ u"before"_s, u"during"_s, u"after"_s }));
        QCOMPARE(done,
            QList<DemoStep::Do>({ DemoStep::Do::StartLab, DemoStep::Do::Migrate, DemoStep::Do::Finish }));
    }

    void lessonsThatTheWindowCannotPlay()
    {
        const auto lesson = lessons::lesson(u"late-stop"_s);
        QVERIFY(lesson);
        const auto steps = scenarioOf(*lesson);
        QVERIFY(!steps);
        QCOMPARE(steps.error().code, ErrorCode::Unsupported);
        QVERIFY2(steps.error().remedy.contains(u"late-stop"), qPrintable(steps.error().remedy));
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
        QVERIFY(!window.demo()->isWaiting());
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
        QVERIFY(!window.demo()->isWaiting());
        while (window.demo()->step()->action != DemoStep::Do::Finish)
            key(Qt::Key_N);
        QCOMPARE(session.calls.last(), u"finish"_s);
        session.go(op::state::Finished{ .verified = true });
        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(window.grab().save(folder + u"/demo.png"_s));
        key(Qt::Key_N);
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
        QCOMPARE(wish->request.lab.vmm == lab::LabRequest::Vmm::Qemu, line.contains(u"qemu"));
    }
};

QTEST_MAIN(TestDemo)
#include "tst_demo.moc"
