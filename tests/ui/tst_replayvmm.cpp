// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "viewtext.h"
#include "windowtest.h"

#include "lab/vmmlab.h"
#include "mainwindow.h"
#include "replay/recordings.h"
#include "replay/replaybar.h"
#include "replay/replaysession.h"
#include "timeline/timelinepanel.h"

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace cutover;
using namespace cutover::ui;
using namespace Qt::StringLiterals;

/// A real migration between two processes of the embedded VMM: what the window showed of it, and what the
/// recording that was made of it shows.
class TestReplayVmm : public QObject
{
    Q_OBJECT
private:
    static constexpr int deadlineMs = 120'000;
    QTemporaryDir m_runtime;

    /// What is of one time may be listed in another order. The setup's parameters are asked of a live VMM.
    static QStringList linesOf(const MainWindow& window)
    {
        QStringList lines = test::viewText(window, { u"setupDock"_s }).split(u'\n');
        lines.sort();
        return lines;
    }

private Q_SLOTS:
    void initTestCase() { test::setUp(m_runtime.path()); }
    void init() { test::startAfresh(); }

    void theRecordingShowsTheSame_data()
    {
        QTest::addColumn<bool>("finish");
        QTest::newRow("migrated") << false;
        QTest::newRow("finished") << true;
    }
    void theRecordingShowsTheSame()
    {
        QFETCH(const bool, finish);
        lab::VmmLab lab({ .ramBytes = qint64{ 32 } << 20, .network = lab::LabNetwork::None, .disk = false });
        QSignalSpy started(&lab, &lab::VmmLab::started);
        lab.start();
        QVERIFY(started.wait(deadlineMs));

        const QString path
            = m_runtime.filePath(u"%1.cutover"_s.arg(QLatin1StringView(QTest::currentDataTag())));
        QStringList shown;
        QJsonObject state;
        op::EndpointStatus source;
        op::EndpointStatus destination;
        std::vector<op::Check> checks;
        {
            ReplaySession session;
            MainWindow window(&session);
            test::show(window, { 1400, 900 });
            op::SessionRequest request;
            request.source.qmpPath = lab.qmpPath();
            request.parameters = { { u"handover"_s, u"prepared"_s } };
            window.begin(request);
            const auto settled = [&] { return session.failure().has_value(); };
            const auto why = [&] { return session.failure() ? session.failure()->sentence() : QString(); };
            QTRY_VERIFY2_WITH_TIMEOUT(std::holds_alternative<op::state::Ready>(session.state()) || settled(),
                qPrintable(why()), deadlineMs);
            QTRY_VERIFY(window.actionGroups().find(u"session_migrate"_s)->isEnabled());
            QTest::keyClick(&window, Qt::Key_M, Qt::ControlModifier);
            QTRY_VERIFY2_WITH_TIMEOUT(
                std::holds_alternative<op::state::Migrated>(session.state()) || settled(), qPrintable(why()),
                deadlineMs);
            QVERIFY2(std::holds_alternative<op::state::Migrated>(session.state()), qPrintable(why()));
            const op::EndpointStatus moved = session.endpoint(Side::Destination);
            std::ignore = lab.takeOver(moved.pid, moved.startTicks);
            if (finish) {
                QTRY_VERIFY(window.actionGroups().find(u"session_finish"_s)->isEnabled());
                QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
                QTRY_VERIFY_WITH_TIMEOUT(
                    std::holds_alternative<op::state::Finished>(session.state()), deadlineMs);
            }
            // What is still in the logs and on its way.
            QTRY_VERIFY_WITH_TIMEOUT(!session.isListeningToPulse(), deadlineMs);
            QTest::qWait(500);
            window.timelinePanel()->refresh();
            shown = linesOf(window);
            state = op::toRecord(session.state());
            source = session.endpoint(Side::Source);
            destination = session.endpoint(Side::Destination);
            checks = session.checks();
            QSignalSpy saved(window.recordings(), &Recordings::said);
            window.recordings()->save(path);
            QTRY_COMPARE(saved.size(), 1);
        }

        ReplaySession session;
        MainWindow window(&session);
        test::show(window, { 1400, 900 });
        window.recordings()->open(path);
        QTRY_VERIFY(window.recordings()->isShown());
        window.timelinePanel()->refresh();
        QCOMPARE(op::toRecord(session.state()), state);
        source.processStartNs = session.endpoint(Side::Source).processStartNs;
        destination.processStartNs = session.endpoint(Side::Destination).processStartNs;
        QCOMPARE(op::toRecord(session.endpoint(Side::Source)), op::toRecord(source));
        QCOMPARE(op::toRecord(session.endpoint(Side::Destination)), op::toRecord(destination));
        QVERIFY(source.processStartNs > 0);
        QCOMPARE(session.checks(), checks);
        QVERIFY(session.verification().ok);
        QVERIFY(!session.verification().fds.empty());
        // What takes its time, such as the logs, comes a moment later.
        QTRY_COMPARE(linesOf(window).size(), shown.size());
        QTRY_COMPARE(linesOf(window), shown);
        if (const QString folder = qEnvironmentVariable("CUTOVER_SCREENSHOTS"); !folder.isEmpty())
            QVERIFY(window.grab().save(
                folder + u"/replay-vmm-"_s + QString::fromLatin1(QTest::currentDataTag()) + u".png"_s));
    }
};

QTEST_MAIN(TestReplayVmm)
#include "tst_replayvmm.moc"
