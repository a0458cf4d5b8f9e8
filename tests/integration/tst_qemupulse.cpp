// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/clock.h"
#include "operator/memorypulse.h"
#include "sessionrun.h"
#include "timeline/pulse.h"
#include "timeline/summary.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <optional>

using namespace cutover;
using namespace cutover::op;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// The heartbeat of a QEMU guest, read from its RAM.
class TestQemuPulse : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void beatsThroughAMigration_data();
    void beatsThroughAMigration();
    void guestWithoutAHeartbeat();
    void processorsStandInForAHeartbeat_data();
    void processorsStandInForAHeartbeat();
    void noRamToLookAt();

private:
    std::optional<QTemporaryDir> m_runtime;
};

static qsizetype openFds()
{
    return QDir(u"/proc/self/fd"_s).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

static qsizetype heartbeats(const timeline::Record& record, Side side)
{
    const auto trail = timeline::pulseTrail(record.events());
    return std::ranges::count(trail.heartbeats, side, &timeline::Heartbeat::side);
}

void TestQemuPulse::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestQemuPulse::beatsThroughAMigration_data()
{
    QTest::addColumn<QString>("version");
    QTest::addColumn<QString>("accelerator");
    QTest::addColumn<QString>("mode");
    QTest::addColumn<bool>("stopped");
    for (const char* version : { "10.0", "11.1" }) {
        for (const char* accelerator : { "kvm", "tcg" }) {
            for (const char* mode : { "cpr-transfer", "normal" })
                QTest::addRow("%s %s %s", version, accelerator, mode)
                    << QString::fromLatin1(version) << QString::fromLatin1(accelerator)
                    << QString::fromLatin1(mode) << false;
        }
        QTest::addRow("%s stopped before", version)
            << QString::fromLatin1(version) << u"tcg"_s << u"cpr-transfer"_s << true;
    }
}

void TestQemuPulse::beatsThroughAMigration()
{
    QFETCH(const QString, version);
    QFETCH(const QString, accelerator);
    QFETCH(const QString, mode);
    QFETCH(const bool, stopped);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));

    const qsizetype fds = openFds();
    auto lab = startedLab(labOptions(version, accelerator));
    QVERIFY(lab);
    if (lab->guest() != lab::QemuGuest::Pulse)
        QSKIP("this build cannot make the guest");
    {
        timeline::Record record;
        Session session(record);
        SessionRequest request;
        request.source.qmpPath = lab->qmpPath();
        request.mode = mode;
        QVERIFY(session.check(request));
        QVERIFY2(reaches<state::Ready>(session), story(session).constData());
        QTRY_VERIFY_WITH_TIMEOUT(heartbeats(record, Side::Source) >= 2, deadlineMs);
        auto trail = timeline::pulseTrail(record.events());
        QVERIFY(!trail.absent);
        QVERIFY(trail.heartbeats.front().observed);
        QVERIFY(trail.heartbeats.front().beats > 0);

        const qint64 beganNs = monotonicNs();
        if (stopped) {
            QVERIFY(session.sendCommand(Side::Source, { { u"execute"_s, u"stop"_s } }));
            QTRY_COMPARE_WITH_TIMEOUT(session.endpoint(Side::Source).runState, u"paused"_s, deadlineMs);
        }
        QVERIFY(session.migrate());
        QVERIFY2(reaches<state::Migrated>(session), story(session).constData());
        keepInLab(*lab, session);
        QVERIFY2(session.outcome() == Outcome::Migrated, story(session).constData());
        QTRY_VERIFY_WITH_TIMEOUT(heartbeats(record, Side::Destination) >= 2, deadlineMs);
        const qint64 wholeNs = monotonicNs() - beganNs;

        trail = timeline::pulseTrail(record.events());
        const timeline::Heartbeat& last = trail.heartbeats.back();
        QVERIFY(last.beats > trail.heartbeats.front().beats);
        QVERIFY(last.observed);
        QVERIFY(last.startGapNs > 0);
        QVERIFY2(last.startGapNs <= wholeNs, qPrintable(QString::number(last.startGapNs)));
        QVERIFY(last.gapErrorNs >= 0);
        const auto pause = timeline::summarize(record.events()).pause;
        const auto gaps = timeline::pulseGaps(trail, pause);
        QCOMPARE(gaps.size(), 1);
        QCOMPARE(gaps.front().kind, timeline::GapKind::Guest);
        QVERIFY(gaps.front().observed);
        QVERIFY2(!pause.isKnown() || stopped || last.startGapNs + last.gapErrorNs >= pause.pause.valueNs / 2,
            qPrintable(u"gap %1 ± %2, pause %3"_s.arg(last.startGapNs)
                    .arg(last.gapErrorNs)
                    .arg(pause.pause.valueNs)));
        qInfo("gap %.3f ms ± %.3f, pause %.3f ms, guest's clock %.3f ms", double(last.startGapNs) / 1e6,
            double(last.gapErrorNs) / 1e6, double(pause.pause.valueNs) / 1e6,
            double(last.guestClockGapNs) / 1e6);
        QVERIFY(session.finish());
        QVERIFY2(reaches<state::Finished>(session), story(session).constData());
    }
    lab.reset();
    QCOMPARE_LE(openFds(), fds + 1); // the child watch of the first process
}

void TestQemuPulse::guestWithoutAHeartbeat()
{
    auto options = labOptions(u"10.0"_s, u"tcg"_s);
    if (options.binary.isEmpty())
        QSKIP("there is no QEMU 10.0 here");
    options.extraArguments = { u"-boot"_s, u"menu=off"_s };
    const auto lab = startedLab(options);
    QVERIFY(lab);
    QCOMPARE(lab->guest(), lab::QemuGuest::Firmware);
    timeline::Record record;
    Session session(record);
    SessionRequest request;
    request.source.qmpPath = lab->qmpPath();
    QVERIFY(session.check(request));
    QVERIFY2(reaches<state::Ready>(session), story(session).constData());
    QTRY_VERIFY(timeline::pulseTrail(record.events()).absent);
    const auto listening = session.canListenToPulse();
    QVERIFY(!listening);
    QCOMPARE(listening.error().code, ErrorCode::Unsupported);
    QVERIFY(session.migrate());
    QVERIFY2(reaches<state::Migrated>(session), story(session).constData());
    keepInLab(*lab, session);
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session).constData());
    QVERIFY(timeline::pulseGaps(timeline::pulseTrail(record.events()), {}).empty());
}

void TestQemuPulse::processorsStandInForAHeartbeat_data()
{
    QTest::addColumn<QString>("accelerator");
    QTest::newRow("kvm") << u"kvm"_s;
    QTest::newRow("tcg") << u"tcg"_s;
}

void TestQemuPulse::processorsStandInForAHeartbeat()
{
    QFETCH(const QString, accelerator);
    if (const QString missing = missingFor(u"11.1"_s, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));
    // A firmware that is nothing but "jmp $" at the reset vector: busy, and without a heart.
    QByteArray image(qsizetype{ 64 } << 10, '\0');
    image.replace(0xfff0, 2, QByteArrayView("\xeb\xfe", 2));
    const QString path = m_runtime->filePath(u"busy.rom"_s);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(image) == image.size() && file.flush());
    auto options = labOptions(u"11.1"_s, accelerator);
    options.extraArguments = { u"-bios"_s, path };
    const auto lab = startedLab(options);
    QVERIFY(lab);
    timeline::Record record;
    Session session(record);
    SessionRequest request;
    request.source.qmpPath = lab->qmpPath();
    QVERIFY(session.check(request));
    QVERIFY2(reaches<state::Ready>(session), story(session).constData());
    QTRY_VERIFY(timeline::pulseTrail(record.events()).absent);
    QVERIFY(session.migrate());
    QVERIFY2(reaches<state::Migrated>(session), story(session).constData());
    keepInLab(*lab, session);
    QVERIFY2(session.outcome() == Outcome::Migrated, story(session).constData());
    QTRY_VERIFY(!session.isWatchingGuest());

    const auto pause = timeline::pauseBreakdown(record.events());
    QVERIFY(pause.isKnown());
    const auto gaps = timeline::pulseGaps(timeline::pulseTrail(record.events()), pause);
    QCOMPARE(gaps.size(), 1);
    QCOMPARE(gaps.front().kind, timeline::GapKind::Processors);
    QVERIFY(gaps.front().startNs <= pause.endNs && gaps.front().endNs() >= pause.startNs);
    qInfo("processors idle for %.3f ms, pause %.3f ms, otherwise %.3f ms",
        double(gaps.front().lengthNs) / 1e6, double(pause.pause.valueNs) / 1e6,
        double(gaps.front().otherwiseNs) / 1e6);
}

void TestQemuPulse::noRamToLookAt()
{
    MemoryPulse pulse;
    const qsizetype fds = openFds();
    const auto own = pulse.open(pid_t(QCoreApplication::applicationPid()), qint64{ 64 } << 20);
    QVERIFY(!own);
    QCOMPARE(own.error().code, ErrorCode::NotFound);
    QVERIFY(!pulse.open(0, qint64{ 64 } << 20));
    QVERIFY(!pulse.isOpen());
    QVERIFY(!pulse.beats());
    QVERIFY(!pulse.sample(Side::Source));
    pulse.watch();
    QVERIFY(!pulse.isWatching());
    QCOMPARE(openFds(), fds);
}

QTEST_GUILESS_MAIN(TestQemuPulse)
#include "tst_qemupulse.moc"
