// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/privatenetwork.h"
#include "lab/vmmlab.h"
#include "livesession.h"
#include "mainwindow.h"
#include "preflight/preflightpanel.h"
#include "pulse/pulsepanel.h"
#include "pulse/pulsestrip.h"
#include "windowtest.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QFileInfo>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// What the window tells of a real pair of the embedded VMM: its guest's heartbeat, and remedies.
class TestWindowVmm : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 120'000;
    QTemporaryDir m_runtime;

    template <typename State>
    static bool isIn(const SessionModel& session)
    {
        return std::holds_alternative<State>(session.state());
    }

    static QString story(const SessionModel& session)
    {
        QString text = op::stateId(session.state());
        for (const op::Check& check : session.checks()) {
            if (check.verdict == op::Verdict::Refuse)
                text += u'\n' + check.id + u": "_s + check.evidence;
        }
        const auto failure = session.failure();
        return failure ? text + u'\n' + failure->sentence() + u'\n' + failure->destinationOutput : text;
    }

    static bool startLab(lab::VmmLab& lab)
    {
        QSignalSpy started(&lab, &lab::VmmLab::started);
        QSignalSpy failed(&lab, &lab::VmmLab::failed);
        lab.start();
        return QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, deadlineMs)
            && failed.isEmpty();
    }

    static void raise(MainWindow& window, const QString& dock)
    {
        auto* found = window.findChild<QDockWidget*>(dock);
        found->show();
        found->raise();
        QTRY_VERIFY(!found->visibleRegion().isEmpty());
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(m_runtime.path()); }
    void init() { test::startAfresh(); }

    void pulseOfARealSwitchover()
    {
        lab::VmmLab lab({ .binary = QStringLiteral(CUTOVER_VMM), .disk = false, .packetsPerSecond = 500 });
        QVERIFY(startLab(lab));
        LiveSession session;
        MainWindow window(&session);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
        op::SessionRequest request;
        request.source.qmpPath = lab.qmpPath();
        window.begin(request);
        QTRY_VERIFY2_WITH_TIMEOUT(
            isIn<op::state::Ready>(session) || session.failure(), qPrintable(story(session)), deadlineMs);
        QVERIFY2(isIn<op::state::Ready>(session), qPrintable(story(session)));

        raise(window, u"pulseDock"_s);
        auto* panel = window.findChild<PulsePanel*>();
        QTRY_VERIFY_WITH_TIMEOUT(panel->trail().heartbeats.size() > 2, deadlineMs);
        QCOMPARE(panel->trail().heartbeats.back().side, Side::Source);
        QCOMPARE(panel->strip()->scene().view, PulseView::Run);

        QTRY_VERIFY(window.actionGroups().find(u"session_migrate"_s)->isEnabled());
        QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
        QTRY_VERIFY2_WITH_TIMEOUT(
            isIn<op::state::Migrated>(session) || session.failure(), qPrintable(story(session)), deadlineMs);
        QVERIFY2(isIn<op::state::Migrated>(session), qPrintable(story(session)));
        const op::EndpointStatus moved = session.endpoint(Side::Destination);
        QVERIFY(lab.takeOver(moved.pid, moved.startTicks));

        QTRY_VERIFY_WITH_TIMEOUT(panel->trail().heartbeats.back().side == Side::Destination, deadlineMs);
        QTRY_COMPARE_WITH_TIMEOUT(panel->strip()->scene().view, PulseView::Gap, deadlineMs);
        const PulseRow guest = panel->strip()->scene().rows.front();
        QVERIFY(guest.gap.has_value());
        QVERIFY(guest.gap->lengthNs > 0);
        // The heart goes on counting where it was.
        const auto& beats = panel->trail().heartbeats;
        QVERIFY(beats.back().beats > beats.front().beats);
        QVERIFY(std::ranges::is_sorted(beats, {}, &timeline::Heartbeat::beats));

        // Nobody asked while the guest was being handed over.
        const auto asks = [&session](const timeline::Event& event) {
            return event.category == timeline::Category::QmpSent && event.name == u"query-pulse";
        };
        bool handing = false;
        for (const timeline::Event& event : session.record().events()) {
            if (event.category == timeline::Category::State)
                handing = event.name == u"transferring" || event.name == u"configuring-destination"
                    || event.name == u"moving" || event.name == u"committing";
            QVERIFY2(!handing || !asks(event), qPrintable(event.name));
        }
        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty()) {
            QTest::qWait(1500);
            QVERIFY(window.grab().save(folder + u"/pulse-real.png"_s));
            window.actionGroups().find(u"pulse_gap"_s)->trigger();
            QVERIFY(window.grab().save(folder + u"/pulse-real-run.png"_s));
        }

        // The same record, shown by another window, shows the same.
        const timeline::PulseTrail again = timeline::pulseTrail(session.record().events());
        QCOMPARE(again, panel->trail());
    }

    void remedyChangesTheRequest()
    {
        lab::VmmLab lab(
            { .binary = QStringLiteral(CUTOVER_VMM), .network = lab::LabNetwork::None, .disk = false });
        QVERIFY(startLab(lab));
        LiveSession session;
        MainWindow window(&session);
        window.resize(1280, 800);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.activateWindow();
        op::SessionRequest request;
        request.source.qmpPath = lab.qmpPath();
        // A program that is not there, in place of the source's.
        request.destination.binary = m_runtime.filePath(u"no-such-vmm"_s);
        window.begin(request);
        QTRY_VERIFY2_WITH_TIMEOUT(isIn<op::state::Ready>(session), qPrintable(story(session)), deadlineMs);
        QVERIFY(std::get<op::state::Ready>(session.state()).refused);
        raise(window, u"preflightDock"_s);
        auto* panel = window.findChild<PreflightPanel*>();
        auto* button = panel->findChild<QPushButton*>(u"fixButton"_s);
        auto* undo = panel->findChild<QPushButton*>(u"undoFixButton"_s);
        QTRY_VERIFY(button->isVisible() && button->isEnabled());
        QTest::mouseClick(button, Qt::LeftButton);
        QTRY_VERIFY2_WITH_TIMEOUT(
            isIn<op::state::Ready>(session) && !std::get<op::state::Ready>(session.state()).refused,
            qPrintable(story(session)), deadlineMs);
        QVERIFY(session.request().destination.binary.isEmpty());
        QCOMPARE(session.fixes().size(), 1);
        QTRY_VERIFY(undo->isVisible() && undo->isEnabled());
        QTest::mouseClick(undo, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(
            isIn<op::state::Ready>(session) && std::get<op::state::Ready>(session.state()).refused,
            deadlineMs);
        QCOMPARE(session.request().destination.binary, request.destination.binary);
        QVERIFY(session.fixes().empty());
    }
};

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    std::ignore = lab::enterPrivateNetwork();
    QApplication application(argc, argv);
    TestWindowVmm test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_windowvmm.moc"
