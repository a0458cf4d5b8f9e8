// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "../integration/vmmsaround.h"
#include "emptypath.h"
#include "windowtest.h"

#include "demo/demostrip.h"
#include "demo/director.h"
#include "demo/lessonsdialog.h"
#include "replay/replaybar.h"
#include "replay/replaysession.h"

#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QListView>
#include <QTemporaryDir>
#include <QTextBrowser>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// Lessons in the window, by the keyboard, with real VMMs and with the recordings that stand in for them.
class TestWindowLessons : public QObject
{
    Q_OBJECT
private:
    /// Deletes the window before the session that it shows.
    struct Shown
    {
        std::unique_ptr<ReplaySession> session = std::make_unique<ReplaySession>();
        std::unique_ptr<MainWindow> window = std::make_unique<MainWindow>(session.get());

        DemoDirector& demo() const { return *window->demo(); }
        QString story() const
        {
            QString text = demo().lesson().name + u' ' + (demo().step() ? demo().step()->id : u"-"_s)
                + u": "_s + op::stateId(session->state()) + u' ' + demo().trouble();
            for (const lessons::Finding& finding : demo().findings())
                text += u'\n' + (finding.holds ? u"+ "_s : u"- "_s) + finding.sentence + u" / "_s
                    + finding.seen;
            const auto failure = session->failure();
            return failure ? text + u'\n' + failure->sentence() + u'\n' + failure->destinationOutput : text;
        }
    };
    QTemporaryDir m_runtime;

    static constexpr Qt::KeyboardModifiers ctrlAlt = Qt::ControlModifier | Qt::AltModifier;

    static void chooseByKey(const Shown& shown, const QString& name, lessons::Vmm vmm)
    {
        QTest::keyClick(shown.window.get(), Qt::Key_L, ctrlAlt | Qt::ShiftModifier);
        auto* dialog = shown.window->findChild<LessonsDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        auto* list = dialog->findChild<QListView*>(u"lessonList"_s);
        QTest::keyClick(list, Qt::Key_Home);
        for (qsizetype i = 0; i < lessons::lessonNames().indexOf(name); ++i)
            QTest::keyClick(list, Qt::Key_Down);
        auto* on = dialog->findChild<QComboBox*>(u"lessonVmm"_s);
        if (on->currentData().toInt() != static_cast<int>(vmm))
            QTest::keyClick(on, Qt::Key_Down);
        QCOMPARE(on->currentData().toInt(), static_cast<int>(vmm));
        ui::test::save(*dialog, u"lessons-%1"_s.arg(name));
        QTest::keyClick(list, Qt::Key_Return);
        QVERIFY(!dialog->isVisible());
        QVERIFY(QTest::qWaitForWindowActive(shown.window.get()));
        QVERIFY2(shown.demo().isActive(), qPrintable(shown.story()));
        QCOMPARE(shown.demo().lesson().name, name);
    }
    static void next(const Shown& shown) { QTest::keyClick(shown.window.get(), Qt::Key_N, ctrlAlt); }
    static QString textOf(const Shown& shown, const QString& label)
    {
        const auto* found = shown.window->findChild<QLabel*>(label);
        return found->isVisible() ? found->text() : QString();
    }
    /// What the strip says of the step that has come to its end.
    static void checkStep(const Shown& shown)
    {
        const DemoDirector& demo = shown.demo();
        QVERIFY2(demo.trouble().isEmpty(), qPrintable(shown.story()));
        QCOMPARE(textOf(shown, u"demoText"_s), demo.step()->text);
        for (const lessons::Finding& finding : demo.findings())
            QVERIFY2(finding.holds, qPrintable(shown.story()));
        const auto* told = shown.window->findChild<QTextBrowser*>(u"demoFindings"_s);
        QCOMPARE(told->isVisible(), !demo.findings().empty() || demo.number() == demo.count());
        QCOMPARE(told->toPlainText().count(i18n("✓ Met:")), demo.findings().size());
    }
    void checkNothingIsLeft()
    {
        for (const QString& folder : { u"cutover"_s, u"cutover-labs"_s })
            QTRY_COMPARE_WITH_TIMEOUT(QDir(m_runtime.filePath(folder))
                                          .entryList(QDir::AllEntries | QDir::NoDotAndDotDot)
                                          .join(u' '),
                QString(), ui::test::deadlineMs);
        QTRY_COMPARE_WITH_TIMEOUT(cutover::test::vmmsIn(m_runtime.path()).size(), 0, ui::test::deadlineMs);
    }
    static qsizetype openFds() { return QDir(u"/proc/self/fd"_s).entryList(QDir::NoDotAndDotDot).size(); }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_runtime.isValid());
        ui::test::setUp(m_runtime.path());
    }
    void init() { ui::test::startAfresh(); }
    void cleanup() { checkNothingIsLeft(); }

    void live_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<lessons::Vmm>("vmm");
        for (const QString& name : lessons::lessonNames()) {
            const auto lesson = lessons::lesson(name);
            QVERIFY(lesson);
            for (const lessons::Vmm vmm : lesson->vmms)
                QTest::addRow("%s, %s", qPrintable(name), qPrintable(lessons::vmmId(vmm))) << name << vmm;
        }
    }
    void live()
    {
        QFETCH(const QString, name);
        QFETCH(const lessons::Vmm, vmm);
        if (const QStringList missing = lessons::missingFor(vmm); !missing.isEmpty())
            QSKIP(qPrintable(missing.join(u' ')));
        const Shown shown;
        ui::test::show(*shown.window, { 1280, 800 });
        chooseByKey(shown, name, vmm);
        const DemoDirector& demo = shown.demo();
        QVERIFY(demo.missing().isEmpty());
        while (demo.isActive()) {
            const int number = demo.number();
            QTRY_VERIFY2_WITH_TIMEOUT(!demo.isWaiting(), qPrintable(shown.story()), 2 * ui::test::deadlineMs);
            // QEMU may still be writing when its destination has gone: then the loss is not silent.
            if (name == u"rescue" && demo.trouble().contains(u"Unable to write to socket"))
                QSKIP("QEMU's source has noticed this time that its destination rejects the state");
            checkStep(shown);
            if (QTest::currentTestFailed())
                return;
            ui::test::save(*shown.window, u"lesson-%1-%2"_s.arg(name).arg(number));
            next(shown);
            QVERIFY2(!demo.isActive() || demo.number() == number + 1, qPrintable(shown.story()));
        }
        QVERIFY(!shown.window->findChild<DemoStrip*>()->isVisible());
        QVERIFY(demo.score().succeeded);
        QVERIFY(demo.score().all > 0);
        // The guest is still there, and its session is the operator's.
        QVERIFY(shown.session->isInLab() || shown.session->rescueView());
        QVERIFY(!cutover::test::vmmsIn(m_runtime.path()).isEmpty());
    }

    void again()
    {
        const Shown shown;
        ui::test::show(*shown.window, { 1280, 800 });
        QVERIFY(shown.demo().start({ .lesson = u"one-device-off"_s }));
        QTRY_VERIFY2_WITH_TIMEOUT(!shown.demo().isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
        const QString first = shown.session->request().source.qmpPath;
        next(shown);
        QTRY_VERIFY2_WITH_TIMEOUT(!shown.demo().isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
        QTest::keyClick(shown.window.get(), Qt::Key_R, ctrlAlt);
        QCOMPARE(shown.demo().number(), 1);
        QTRY_VERIFY2_WITH_TIMEOUT(!shown.demo().isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
        QVERIFY(shown.session->request().source.qmpPath != first);
        QTest::keyClick(shown.window.get(), Qt::Key_K, ctrlAlt);
        QVERIFY(!shown.demo().isActive());
        QVERIFY(shown.session->isInLab());
    }

    void closedAnywhere_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("number"); ///< of the step
        QTest::addColumn<bool>("atOnce"); ///< while it is at work
        QTest::newRow("lab starting") << u"failed"_s << 1 << true;
        QTest::newRow("ready") << u"failed"_s << 1 << false;
        QTest::newRow("migrating") << u"update"_s << 4 << true;
        QTest::newRow("migrated") << u"update"_s << 4 << false;
        QTest::newRow("finishing") << u"update"_s << 8 << true;
        QTest::newRow("failed") << u"failed"_s << 2 << false;
        QTest::newRow("a second VMM starting") << u"precreate"_s << 2 << true;
        QTest::newRow("a second VMM") << u"precreate"_s << 3 << false;
        QTest::newRow("attached to it") << u"precreate"_s << 7 << false;
        QTest::newRow("moved to it") << u"precreate"_s << 8 << false;
        QTest::newRow("killed") << u"split-brain"_s << 6 << false;
        QTest::newRow("being looked for") << u"split-brain"_s << 6 << true;
    }
    void closedAnywhere()
    {
        QFETCH(const QString, name);
        QFETCH(const int, number);
        QFETCH(const bool, atOnce);
        const qsizetype before = openFds();
        {
            const Shown shown;
            ui::test::show(*shown.window, { 1280, 800 });
            QVERIFY(shown.demo().start({ .lesson = name }));
            while (shown.demo().number() < number) {
                QTRY_VERIFY2_WITH_TIMEOUT(
                    !shown.demo().isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
                next(shown);
            }
            if (!atOnce)
                QTRY_VERIFY2_WITH_TIMEOUT(
                    !shown.demo().isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
            QVERIFY2(shown.demo().trouble().isEmpty(), qPrintable(shown.story()));
            QVERIFY(shown.window->close());
        }
        // What the libraries open once is open by now.
        static bool warm = false;
        if (std::exchange(warm, true))
            QTRY_VERIFY2(openFds() <= before, qPrintable(QString::number(openFds() - before)));
    }

    void recorded_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("rescue") << u"rescue"_s;
        QTest::newRow("update") << u"update"_s;
    }
    void recorded()
    {
        QFETCH(const QString, name);
        const ui::test::EmptyPath withoutQemu;
        const Shown shown;
        ui::test::show(*shown.window, { 1280, 800 });
        chooseByKey(shown, name, lessons::Vmm::Qemu);
        const DemoDirector& demo = shown.demo();
        QVERIFY(shown.session->replay());
        QVERIFY(shown.window->findChild<ReplayBar*>()->isVisible());
        const auto playRecorded = [&] {
            bool stranded = false;
            while (demo.isActive()) {
                QVERIFY2(textOf(shown, u"demoRecorded"_s).contains(u"qemu-system-x86_64"),
                    qPrintable(textOf(shown, u"demoRecorded"_s)));
                checkStep(shown);
                stranded |= std::holds_alternative<op::state::Stranded>(shown.session->state());
                QTest::qWait(0);
                ui::test::save(*shown.window, u"recorded-%1-%2"_s.arg(name).arg(demo.number()));
                next(shown);
            }
            QVERIFY(demo.score().succeeded);
            QCOMPARE(stranded, name == u"rescue");
        };
        playRecorded();
        // The recording stays, to be looked at; and it can be told again.
        QVERIFY(shown.session->replay());
        shown.demo().repeat();
        playRecorded();
        QVERIFY(cutover::test::vmmsIn(m_runtime.path()).isEmpty());
        // A lesson that can be played here takes its place.
        QVERIFY(shown.demo().start({ .lesson = u"fds-off"_s }));
        QVERIFY(!shown.session->replay());
        QTRY_VERIFY2_WITH_TIMEOUT(!demo.isWaiting(), qPrintable(shown.story()), ui::test::deadlineMs);
        checkStep(shown);
    }

    void recordingIsClosed()
    {
        const ui::test::EmptyPath withoutQemu;
        const Shown shown;
        ui::test::show(*shown.window, { 1280, 800 });
        QVERIFY(shown.demo().start({ .lesson = u"rescue"_s, .lab = { .vmm = lessons::Vmm::Qemu } }));
        QTest::keyClick(shown.window.get(), Qt::Key_W, Qt::ControlModifier);
        QVERIFY(!shown.session->replay());
        QVERIFY(!shown.demo().isActive());
        QVERIFY(!shown.window->findChild<DemoStrip*>()->isVisible());
    }
};

QTEST_MAIN(TestWindowLessons)
#include "tst_windowlessons.moc"
