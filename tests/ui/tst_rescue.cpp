// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "rescuefixture.h"
#include "windowtest.h"

#include "mainwindow.h"
#include "rescue/closing.h"
#include "rescue/rescuepanel.h"

#include <QAction>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;
using test::RescueSession;
using test::waitingPair;

class TestRescue : public QObject
{
    Q_OBJECT
private:
    static QPushButton* answer(const MainWindow& window, const QString& text)
    {
        auto* box = window.findChild<QMessageBox*>(u"closeQuestion"_s);
        for (QPushButton* button : box ? box->findChildren<QPushButton*>() : QList<QPushButton*>()) {
            if (button->text().remove(u'&').contains(text))
                return button;
        }
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(); }
    void init() { test::startAfresh(); }

    void saysAndOffers()
    {
        RescueSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        auto* panel = window.findChild<RescuePanel*>();
        QVERIFY(!panel->isVisible());
        QVERIFY(!window.actionGroups().find(u"session_rescue"_s)->isEnabled());
        session.strand(waitingPair());
        QVERIFY(panel->isVisible());
        const auto* sentence = window.findChild<QLabel*>(u"rescueSentence"_s);
        QCOMPARE(sentence->text(), session.view->assessment.sentence);
        QStringList texts;
        for (const QLabel* label : panel->findChildren<QLabel*>()) {
            if (label->isVisible())
                texts << label->text();
        }
        const QString all = texts.join(u'\n');
        QVERIFY2(all.contains(u"web-07"), qPrintable(all));
        QVERIFY2(all.contains(u"Process 41872 answers that it is “postmigrate”"), qPrintable(all));
        QVERIFY2(all.contains(u"never says that it ran the guest"), qPrintable(all));
        QVERIFY2(all.contains(u"Recommended"), qPrintable(all));
        QVERIFY2(all.contains(u"there is no way back"), qPrintable(all));
        // Nothing that explains a step is cut off.
        QTest::qWait(0);
        for (const QLabel* label : panel->findChildren<QLabel*>()) {
            if (label->isVisible() && label->wordWrap())
                QVERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
        }
        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(window.grab().save(folder + u"/rescue.png"_s));

        QTest::keyClick(&window, Qt::Key_1, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(session.calls.last(), u"start-destination"_s);
        QTest::keyClick(&window, Qt::Key_5, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(session.calls.last(), u"look"_s);
        for (QToolButton* button : panel->findChildren<QToolButton*>()) {
            if (button->isVisible() && button->defaultAction()->objectName() == u"rescue_resume_source")
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(session.calls.last(), u"resume-source"_s);
        // The main button leads there.
        QTest::keyClick(&window, Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(panel->isAncestorOf(window.focusWidget()));
    }

    void unsafeStepsCannotBeChosen_data()
    {
        QTest::addColumn<op::SideView>("destination");
        QTest::addColumn<bool>("consoleSawItRun");
        QTest::newRow("its log says so")
            << op::SideView{ .gone = true, .ranGuest = op::RanGuest::Yes } << false;
        QTest::newRow("its log did not come to say so")
            << op::SideView{ .gone = true, .ranGuest = op::RanGuest::No } << true;
    }
    void unsafeStepsCannotBeChosen()
    {
        QFETCH(const op::SideView, destination);
        QFETCH(const bool, consoleSawItRun);
        RescueSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        op::PairEvidence evidence = waitingPair();
        evidence.destination = destination;
        evidence.journal.stage = op::JournalStage::Moved;
        evidence.journal.destinationRan = consoleSawItRun;
        session.strand(evidence);
        QCOMPARE(session.view->assessment.location, op::GuestLocation::Lost);
        const QAction* resume = window.actionGroups().find(u"rescue_resume_source"_s);
        QVERIFY(!resume->isEnabled());
        QVERIFY(resume->toolTip().contains(session.view->assessment.options.front().proof));
        QTest::keyClick(&window, Qt::Key_2, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(!session.calls.contains(u"resume-source"_s));
    }

    void takesUpWhatWasLeft()
    {
        RescueSession session;
        op::PairJournal older = waitingPair().journal;
        op::PairJournal newer = older;
        newer.folder = u"/run/cutover/pair-2"_s;
        session.left = { newer, older };
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        window.takeUpLeftPair();
        QCOMPARE(session.calls, QStringList{ u"attach /run/cutover/pair-2"_s });
        op::PairEvidence evidence = waitingPair();
        evidence.journal = newer;
        session.strand(evidence);
        QTest::keyClick(&window, Qt::Key_6, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(session.calls.last(), u"attach /run/cutover/pair-1"_s);
    }

    void closeQuestions()
    {
        using namespace op::state;
        const auto first = [](const op::SessionState& state, bool lab = false, bool rescuing = false) {
            const auto question = closeQuestion(state, lab, rescuing);
            return question ? std::optional(question->answers.first().way) : std::nullopt;
        };
        QCOMPARE(first(Idle{}), std::nullopt);
        QCOMPARE(first(Checking{}), std::nullopt);
        QCOMPARE(first(Ready{}), std::nullopt);
        QCOMPARE(first(Failed{}), std::nullopt);
        QCOMPARE(first(Finished{}), std::nullopt);
        QCOMPARE(first(ArmingSource{}), CloseWay::CancelFirst);
        QCOMPARE(first(Transferring{}), CloseWay::CancelFirst);
        QCOMPARE(first(Moving{}), CloseWay::CancelFirst);
        QCOMPARE(first(Committing{}), CloseWay::WaitFirst);
        QCOMPARE(first(Finishing{}), CloseWay::WaitFirst);
        QCOMPARE(first(Aborting{}), CloseWay::WaitFirst);
        QCOMPARE(first(Locating{}), CloseWay::WaitFirst);
        QCOMPARE(first(Migrated{}), CloseWay::FinishFirst);
        QCOMPARE(first(Stranded{ .why = {}, .location = op::GuestLocation::Unknown }), CloseWay::Stay);
        QCOMPARE(first(Stranded{ .why = {}, .location = op::GuestLocation::Source }), std::nullopt);
        QCOMPARE(first(Stranded{ .why = {}, .location = op::GuestLocation::Source }, false, true),
            CloseWay::WaitFirst);
        QCOMPARE(first(Moving{}, true), std::nullopt);
        QCOMPARE(first(Migrated{}, true), std::nullopt);
    }

    void cancelsAndCloses()
    {
        RescueSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        session.go(op::state::Checking{});
        session.go(op::state::Moving{});
        QVERIFY(!window.close());
        QPushButton* stay = answer(window, u"Stay"_s);
        QVERIFY(stay);
        QTest::mouseClick(stay, Qt::LeftButton);
        QTRY_VERIFY(!window.findChild<QMessageBox*>());
        QVERIFY(window.isVisible());

        QVERIFY(!window.close());
        QPushButton* cancel = answer(window, u"Cancel"_s);
        QVERIFY(cancel);
        QTest::mouseClick(cancel, Qt::LeftButton);
        QCOMPARE(session.calls.last(), u"cancel"_s);
        QVERIFY(window.isVisible());
        session.go(op::state::Failed{});
        QTRY_VERIFY(!window.isVisible());
    }

    void waitsFinishesAndCloses()
    {
        RescueSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        session.go(op::state::Checking{});
        session.go(op::state::Committing{});
        QVERIFY(!window.close());
        QTest::mouseClick(answer(window, u"Wait"_s), Qt::LeftButton);
        session.go(op::state::Verifying{});
        QVERIFY(window.isVisible());
        session.go(op::state::Migrated{ .verified = true });
        QTRY_COMPARE(session.calls.last(), u"finish"_s);
        QVERIFY(window.isVisible());
        session.go(op::state::Finished{ .verified = true });
        QTRY_VERIFY(!window.isVisible());
    }

    void waitsInVainAndStays()
    {
        RescueSession session;
        MainWindow window(&session);
        test::show(window, { 1280, 800 });
        session.go(op::state::Checking{});
        session.go(op::state::Committing{});
        window.closeUnasked();
        session.strand(waitingPair());
        QTest::qWait(0);
        QVERIFY(window.isVisible());
        QVERIFY(window.findChild<RescuePanel*>()->isVisible());
        session.lab = true;
        QVERIFY(window.close());
    }
};

QTEST_MAIN(TestRescue)
#include "tst_rescue.moc"
