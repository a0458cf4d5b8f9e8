// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "kvmguest.h"
#include "vmmpair.h"

#include <QDir>
#include <QRandomGenerator>
#include <QSemaphore>
#include <QTemporaryDir>
#include <QThread>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <optional>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

enum class Fault : std::uint8_t { KillDestination, StopDestination, Cut, Cancel, KillSource };

struct FaultName
{
    Fault fault;
    const char* text;
};
constexpr FaultName faults[] = { { Fault::KillDestination, "destination killed" },
    { Fault::StopDestination, "destination stopped" }, { Fault::Cut, "channel cut" },
    { Fault::Cancel, "cancelled" }, { Fault::KillSource, "source killed" } };

/// When a message is about to be passed on: between two steps of the engine.
struct Moment
{
    const char* message;
    bool back; ///< from the destination
    bool afterGo;
};
constexpr Moment moments[] = { { "ram0", false, false }, { "@hello", false, false },
    { "@prepared", true, false }, { "@end", false, false }, { "@ready", true, false }, { "@go", false, true },
    { "@started", true, true } };

bool isOnCpr(const Moment& moment)
{
    return QByteArrayView(moment.message) == "ram0";
}

QList<Way> ways()
{
    QList<Way> all{ {}, { .handover = u"early-stop"_s }, { .mode = u"normal"_s } };
    static const QString noKvm = kvmGuestProblem();
    if (noKvm.isEmpty())
        all << Way{ .accelerator = u"kvm"_s } << Way{ .mode = u"normal"_s, .accelerator = u"kvm"_s };
    return all;
}

/// A way that is there for what the processors' state adds; what comes before it is the same as on threads.
bool isRepeated(const Way& way)
{
    return way.accelerator != "thread"_L1 && !way.isCpr();
}

constexpr int shortLimitMs = 300;

lab::VmmLabOptions labOptions()
{
    return { .ramBytes = qint64{ 16 } << 20,
        .processors = 1,
        .ballastBytes = qint64{ 1 } << 20,
        .network = lab::inPrivateNetwork() ? lab::LabNetwork::Tap : lab::LabNetwork::None,
        .packetsPerSecond = 200 };
}

} // namespace

/// What goes wrong between two real processes, and where the guest is afterwards.
class TestVmmFailures : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup() { m_pair.reset(); }

    void atEachMessage_data();
    void atEachMessage();
    void atAnyByte_data();
    void atAnyByte();
    void atAnyTime_data();
    void atAnyTime();
    void wrongDescriptors_data();
    void wrongDescriptors();
    void lateStop();
    void olderDestination_data();
    void olderDestination();
    void descriptorsOverTcp();

private:
    void newPair(const Way& way = {});
    /// Does it, at a moment when the proxy holds everything; false: the channel ends.
    std::function<bool()> carryOut(Fault fault);
    void attempt(const Way& way, Fault fault, const Moment& moment);
    /// The guest is on the source, as it was, and nobody else has it.
    void verifyOnSource(const QString& status);
    /// The guest was handed over: at most one process has it, and it comes back only by a safe way.
    void verifyHandedOver();
    /// Nothing is left of what failed: no descriptors, and the next attempt works.
    void verifyRetry(const Way& way);

    std::optional<QTemporaryDir> m_runtime;
    std::optional<VmmPair> m_pair;
    qsizetype m_fds = 0;
};

void TestVmmFailures::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
}

void TestVmmFailures::newPair(const Way& way)
{
    lab::VmmLabOptions options = labOptions();
    options.accelerator = way.accelerator;
    m_pair.emplace(std::move(options));
    QVERIFY2(m_pair->start(), qPrintable(m_pair->error()));
    m_fds = m_pair->sourceFds();
    QVERIFY(m_fds > 0);
}

std::function<bool()> TestVmmFailures::carryOut(Fault fault)
{
    switch (fault) {
    case Fault::KillDestination:
    case Fault::StopDestination:
        return [pid = m_pair->destinationPid(), fault] {
            ::kill(pid, fault == Fault::KillDestination ? SIGKILL : SIGSTOP);
            while (!allThreadsAre(pid, fault == Fault::KillDestination ? 'Z' : 'T'))
                QThread::msleep(1);
            return true;
        };
    case Fault::KillSource:
        return [pid = m_pair->sourcePid()] {
            ::kill(pid, SIGKILL);
            return true;
        };
    case Fault::Cancel:
        return [this] {
            auto answered = std::make_shared<QSemaphore>();
            QMetaObject::invokeMethod(&m_pair->client(), [this, answered] {
                m_pair->client().call(
                    u"migrate_cancel"_s, [answered](const Result<QJsonValue>&) { answered->release(); });
            });
            return answered->tryAcquire(1, 20'000);
        };
    case Fault::Cut:
        break;
    }
    return [] { return false; };
}

void TestVmmFailures::verifyOnSource(const QString& status)
{
    QVERIFY2(status == "failed"_L1 || status == "cancelled"_L1, qPrintable(status));
    QVERIFY2(m_pair->sourceRuns(), qPrintable(m_pair->sourceState() + u' ' + m_pair->cause()));
    m_pair->signalDestination(SIGCONT);
    QVERIFY(m_pair->waitDestinationEnded());
    QVERIFY(m_pair->sourceRuns());
}

void TestVmmFailures::verifyHandedOver()
{
    QCOMPARE(m_pair->sourceState(), u"postmigrate"_s);
    if (m_pair->destinationIsAlive()) {
        // Whatever it is doing, it may run the guest.
        QVERIFY(m_pair->source(u"cont"_s).isUndefined());
        QCOMPARE(m_pair->sourceState(), u"postmigrate"_s);
    }
}

void TestVmmFailures::verifyRetry(const Way& way)
{
    m_pair->closeProxies();
    QVERIFY2(QTest::qWaitFor([&] { return m_pair->sourceFds() <= m_fds; }, 10'000),
        qPrintable(u"%1 descriptors, %2 before"_s.arg(m_pair->sourceFds()).arg(m_fds)));
    QVERIFY(m_pair->launchDestination(way, 20'000));
    QVERIFY2(m_pair->migrate(way), qPrintable(m_pair->error()));
    QCOMPARE(m_pair->waitForEnd(), u"completed"_s);
    QVERIFY2(m_pair->destinationRuns(), qPrintable(m_pair->cause()));
    QVERIFY(!m_pair->source(u"query-status"_s)[u"running"].toBool());
    const QJsonValue pulse = ask(m_pair->destinationQmp(), u"query-pulse"_s);
    QCOMPARE(pulse[u"blocks-wrong"].toInteger(), 0);
    QCOMPARE(pulse[u"block-errors"].toInteger(), 0);
    QCOMPARE(pulse[u"ring-faults"].toInteger(), 0);
}

void TestVmmFailures::atEachMessage_data()
{
    QTest::addColumn<int>("way");
    QTest::addColumn<int>("fault");
    for (int way = 0; way < ways().size(); ++way) {
        if (isRepeated(ways()[way]))
            continue;
        for (const FaultName& each : faults)
            QTest::newRow(QByteArray(ways()[way].name() + ", " + each.text).constData())
                << way << int(each.fault);
    }
}

void TestVmmFailures::atEachMessage()
{
    QFETCH(int, way);
    QFETCH(int, fault);
    const Way chosen = ways()[way];
    for (const Moment& moment : moments) {
        if (isOnCpr(moment) && !chosen.isCpr())
            continue;
        if (!m_pair)
            newPair(chosen);
        if (!QTest::currentTestFailed())
            attempt(chosen, static_cast<Fault>(fault), moment);
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(u"at %1; the source said: %2"_s.arg(
                QString::fromLatin1(moment.message), m_pair ? m_pair->cause() : QString())));
    }
    if (!m_pair)
        newPair(chosen);
    verifyRetry(chosen);
}

void TestVmmFailures::attempt(const Way& way, Fault fault, const Moment& moment)
{
    const int limitMs = fault == Fault::StopDestination ? shortLimitMs : 20'000;
    QVERIFY(m_pair->launchDestination(way, limitMs));
    Disturbance disturbance{ .timeLimitMs = limitMs };
    fakes::Tampering& tampering
        = isOnCpr(moment) ? disturbance.cprForth : (moment.back ? disturbance.back : disturbance.forth);
    tampering.marker = moment.message;
    tampering.atMarker = carryOut(fault);
    QVERIFY2(m_pair->migrate(way, disturbance) || fault == Fault::KillSource, qPrintable(m_pair->error()));

    const QString status = m_pair->waitForEnd();
    if (fault == Fault::KillSource) {
        QVERIFY(status.isEmpty());
        const bool runs = m_pair->destinationRuns();
        QVERIFY(moment.afterGo || !runs);
        QVERIFY(runs || QByteArrayView(moment.message) != "@started");
        m_pair.reset();
        return;
    }
    if (fault == Fault::Cancel && moment.afterGo) {
        QCOMPARE(status, u"completed"_s);
        QVERIFY(m_pair->destinationRuns());
        verifyHandedOver();
        m_pair.reset();
        return;
    }
    // A destination that stops after it was ready is told GO all the same.
    const bool afterGo
        = moment.afterGo || (fault == Fault::StopDestination && QByteArrayView(moment.message) == "@ready");
    if (!afterGo) {
        verifyOnSource(status);
        QCOMPARE(status, fault == Fault::Cancel ? u"cancelled"_s : u"failed"_s);
        const QString cause = m_pair->cause();
        QVERIFY2(fault == Fault::Cancel || cause.contains(u"step "_s), qPrintable(cause));
        QVERIFY2(fault == Fault::Cancel || cause.contains(u"source"_s) || cause.contains(u"destination"_s),
            qPrintable(cause));
        return;
    }

    QCOMPARE(status, u"completed"_s);
    const bool ran = QByteArrayView(moment.message) == "@started";
    QVERIFY2(ran || m_pair->cause().contains(u"await-started"_s), qPrintable(m_pair->cause()));
    if (fault == Fault::KillDestination || (fault == Fault::Cut && !ran))
        QVERIFY(m_pair->waitDestinationEnded());
    verifyHandedOver();
    if (fault == Fault::Cut && ran) {
        QVERIFY(m_pair->destinationRuns());
        verifyHandedOver();
        m_pair.reset();
        return;
    }
    if (fault == Fault::StopDestination) {
        // Held up, not lost: it may go on at any moment, and does when it has run the guest.
        m_pair->signalDestination(ran ? SIGCONT : SIGKILL);
        if (ran)
            QVERIFY(m_pair->destinationRuns());
        else
            QVERIFY(m_pair->waitDestinationEnded());
    }
    if (ran) {
        m_pair->signalDestination(SIGKILL);
        QVERIFY(m_pair->waitDestinationEnded());
        QVERIFY(m_pair->source(u"cont"_s).isUndefined());
        QVERIFY2(m_pair->error().contains(u"has run the guest"_s), qPrintable(m_pair->error()));
        m_pair.reset();
        return;
    }
    QVERIFY2(!m_pair->source(u"cont"_s).isUndefined(), qPrintable(m_pair->error()));
    QVERIFY(m_pair->sourceRuns());
}

void TestVmmFailures::atAnyByte_data()
{
    QTest::addColumn<int>("way");
    for (int way = 0; way < ways().size(); ++way)
        QTest::newRow(ways()[way].name().constData()) << way;
}

void TestVmmFailures::atAnyByte()
{
    QFETCH(int, way);
    const Way chosen = ways()[way];
    newPair(chosen);
    // How much there is to cut.
    QVERIFY(m_pair->launchDestination(chosen, 20'000));
    QVERIFY(m_pair->migrate(chosen));
    QCOMPARE(m_pair->waitForEnd(), u"completed"_s);
    const qint64 forth = m_pair->bytesForth();
    const qint64 back = m_pair->bytesBack();
    const qint64 cpr = chosen.isCpr() ? m_pair->bytesCpr() : 0;
    QRandomGenerator random(20261121);
    for (int i = 0; i < 8; ++i) {
        if (i == 0 || !m_pair->destinationIsAlive() || m_pair->sourceState() != "running"_L1)
            newPair(chosen);
        if (QTest::currentTestFailed())
            return;
        Disturbance disturbance{ .timeLimitMs = 2000 };
        qint64 at = 0;
        if (i % 3 == 0) {
            at = disturbance.forth.cutAfter = random.bounded(forth);
        } else if (i % 3 == 1) {
            at = disturbance.back.cutAfter = random.bounded(back);
        } else if (chosen.isCpr()) {
            at = disturbance.cprForth.cutAfter = random.bounded(cpr);
        } else {
            at = disturbance.forth.corruptAt = random.bounded(forth);
        }
        QVERIFY(m_pair->launchDestination(chosen, 2000));
        QVERIFY2(m_pair->migrate(chosen, disturbance), qPrintable(m_pair->error()));
        const QString status = m_pair->waitForEnd();
        if (status == "completed"_L1)
            verifyHandedOver();
        else
            verifyOnSource(status);
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(u"attempt %1 at byte %2: %3"_s.arg(i).arg(at).arg(m_pair->cause())));
    }
}

void TestVmmFailures::atAnyTime_data()
{
    atAnyByte_data();
}

void TestVmmFailures::atAnyTime()
{
    QFETCH(int, way);
    const Way chosen = ways()[way];
    for (const int delayMs : { 0, 1, 3, 7, 14 }) {
        if (!m_pair)
            newPair(chosen);
        if (QTest::currentTestFailed())
            return;
        QVERIFY(m_pair->launchDestination(chosen, 2000));
        QVERIFY2(m_pair->migrate(chosen, { .timeLimitMs = 2000 }), qPrintable(m_pair->error()));
        QTest::qWait(delayMs);
        m_pair->signalDestination(SIGKILL);
        const QString status = m_pair->waitForEnd();
        QVERIFY(m_pair->waitDestinationEnded());
        if (status != "completed"_L1) {
            verifyOnSource(status);
        } else if (m_pair->source(u"cont"_s).isUndefined()) {
            QVERIFY2(m_pair->error().contains(u"has run the guest"_s), qPrintable(m_pair->error()));
            m_pair.reset();
        } else {
            QVERIFY(m_pair->sourceRuns());
        }
        if (QTest::currentTestFailed())
            QFAIL(qPrintable(u"after %1 ms"_s.arg(delayMs)));
    }
}

void TestVmmFailures::wrongDescriptors_data()
{
    QTest::addColumn<int>("way");
    QTest::addColumn<bool>("onCpr");
    QTest::addColumn<QString>("kind");
    for (const char* kind : { "dropped", "another kind", "one too many" }) {
        for (int way = 0; way < ways().size(); ++way) {
            if (ways()[way].accelerator != "thread"_L1)
                continue;
            for (const bool onCpr : { true, false }) {
                if (!onCpr || ways()[way].isCpr())
                    QTest::newRow(
                        QByteArray(ways()[way].name() + (onCpr ? ", cpr, " : ", main, ") + kind).constData())
                        << way << onCpr << QString::fromLatin1(kind);
            }
        }
    }
}

void TestVmmFailures::wrongDescriptors()
{
    QFETCH(int, way);
    QFETCH(bool, onCpr);
    QFETCH(QString, kind);
    const Way chosen = ways()[way];
    newPair(chosen);
    const UniqueFd other = UniqueFd::adopt(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Disturbance disturbance{ .timeLimitMs = 2000 };
    fakes::Tampering& tampering = onCpr ? disturbance.cprForth : disturbance.forth;
    if (kind == "dropped"_L1)
        tampering.dropFds = true;
    else
        tampering.changeFds = [&other, many = kind == "one too many"_L1](std::vector<int>& fds) {
            if (fds.empty())
                return;
            if (many)
                fds.push_back(other.get());
            else
                fds.back() = other.get();
        };
    QVERIFY(m_pair->launchDestination(chosen, 2000));
    QVERIFY2(m_pair->migrate(chosen, disturbance), qPrintable(m_pair->error()));
    verifyOnSource(m_pair->waitForEnd());
    const QString cause = m_pair->cause();
    QVERIFY2(cause.contains(u"destination"_s) && cause.contains(u"step "_s), qPrintable(cause));
    verifyRetry(chosen);
}

void TestVmmFailures::lateStop()
{
    newPair();
    const Way late{ .handover = u"late-stop"_s };
    for (int i = 0; i < 3; ++i) {
        QVERIFY(m_pair->launchDestination(late, 2000));
        QVERIFY2(m_pair->migrate(late, { .timeLimitMs = 2000 }), qPrintable(m_pair->error()));
        verifyOnSource(m_pair->waitForEnd());
        const QString cause = m_pair->cause();
        QVERIFY2(cause.contains(u"busy"_s, Qt::CaseInsensitive), qPrintable(cause));
        QVERIFY2(cause.contains(u"destination"_s) && cause.contains(u"step "_s), qPrintable(cause));
    }
    verifyRetry({});
}

void TestVmmFailures::olderDestination_data()
{
    QTest::addColumn<bool>("deviceOn");
    QTest::newRow("device switches off") << false;
    QTest::newRow("device switches forced on") << true;
}

void TestVmmFailures::olderDestination()
{
    QFETCH(bool, deviceOn);
    lab::VmmLabOptions options = labOptions();
    options.networkMigrateFds = options.diskMigrateFds = options.consoleMigrateFds = options.ballastMigrateFds
        = deviceOn;
    const auto older = [](QStringList& argv) {
        for (QString& word : argv) {
            if (!word.startsWith(u"memory-backend-memfd"))
                word.remove(u",migrate-fds=on"_s).remove(u",migrate-fds=off"_s);
            if (word == "memory-backend=ram0"_L1)
                word += u",compat=1.0"_s;
            if (word.startsWith(u"config:"))
                word += u",migrate-fds=on"_s;
        }
    };
    for (const Way& way : ways()) {
        options.accelerator = way.accelerator;
        m_pair.emplace(options);
        QVERIFY2(m_pair->start(), qPrintable(m_pair->error()));
        m_fds = m_pair->sourceFds();
        QVERIFY(m_pair->launchDestination(way, 2000, older));
        QVERIFY2(m_pair->migrate(way, { .timeLimitMs = 2000 }), qPrintable(m_pair->error()));
        const QString status = m_pair->waitForEnd();
        if (deviceOn) {
            verifyOnSource(status);
            const QString cause = m_pair->cause();
            QVERIFY2(cause.contains(u"destination"_s) && cause.contains(u"step "_s), qPrintable(cause));
            verifyRetry(way);
            continue;
        }
        QVERIFY2(status == "completed"_L1, qPrintable(m_pair->cause()));
        QVERIFY(m_pair->destinationRuns());
    }
}

void TestVmmFailures::descriptorsOverTcp()
{
    newPair();
    QVERIFY(!m_pair
            ->source(u"migrate-set-parameters"_s, { { u"mode"_s, u"normal"_s }, { u"migrate-fds"_s, true } })
            .isUndefined());
    QVERIFY(m_pair->source(u"migrate"_s, { { u"uri"_s, u"tcp:127.0.0.1:1"_s } }).isUndefined());
    QVERIFY2(m_pair->error().contains(u"TCP"_s), qPrintable(m_pair->error()));
    QVERIFY(m_pair->source(u"query-migrate"_s)[u"status"].isUndefined());
    QVERIFY(m_pair->sourceRuns());
}

int main(int argc, char** argv)
{
    // A namespace is entered before any thread exists.
    std::ignore = lab::enterPrivateNetwork();
    QCoreApplication application(argc, argv);
    TestVmmFailures test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_vmmfailures.moc"
