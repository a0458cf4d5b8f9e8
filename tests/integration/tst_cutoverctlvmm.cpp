// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "programprocess.h"
#include "vmmpair.h"

#include <QTemporaryDir>
#include <QThread>
#include <QXmlStreamReader>

#include <csignal>
#include <optional>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// cutoverctl on pairs of the embedded VMM: what it says, how it exits, where the guest is afterwards.
class TestCutoverctlVmm : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup() { m_pair.reset(); }

    void listCheckMigrate();
    void reportTellsTheSettings();
    void destinationThatFails_data();
    void destinationThatFails();
    void exclusiveDeviceOpenedTooEarly();
    void lostBeforeItRan();
    void lostAfterItRan();
    void inspectInBetween();
    void inspectThatIsKilled();
    void faultNeedsALab();

private:
    QString source() const { return u"qmp:"_s + m_pair->lab().qmpPath(); }
    bool guestRunsAt(const QString& qmpPath) const
    {
        return ask(qmpPath, u"query-status"_s)[u"running"].toBool();
    }
    /// cutoverctl migrate to a destination of ours that is reached through proxies.
    ProcessRun migrateThroughProxies(const Disturbance& disturbance);
    /// Ends the destination once a message has come, before it is passed on.
    std::function<bool()> killDestination();

    std::optional<QTemporaryDir> m_runtime;
    std::optional<VmmPair> m_pair;
};

void TestCutoverctlVmm::init()
{
    QTest::failOnWarning();
    m_runtime.emplace();
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_runtime->path()));
    m_pair.emplace(lab::VmmLabOptions{ .ramBytes = qint64{ 16 } << 20,
        .processors = 1,
        .ballastBytes = qint64{ 1 } << 20,
        .network = lab::inPrivateNetwork() ? lab::LabNetwork::Tap : lab::LabNetwork::None,
        .packetsPerSecond = 200 });
    QVERIFY2(m_pair->start(), qPrintable(m_pair->error()));
    // A monitor serves one client.
    m_pair->client().close();
}

std::function<bool()> TestCutoverctlVmm::killDestination()
{
    return [pid = m_pair->destinationPid()] {
        ::kill(pid, SIGKILL);
        while (!allThreadsAre(pid, 'Z'))
            QThread::msleep(1);
        return true;
    };
}

ProcessRun TestCutoverctlVmm::migrateThroughProxies(const Disturbance& disturbance)
{
    const QString destination = u"qmp:%1,cpr:%2,main:%3"_s.arg(m_pair->destinationQmp(),
        m_pair->openProxy(u"cpr"_s, disturbance.cprForth, {}),
        m_pair->openProxy(u"main"_s, disturbance.forth, disturbance.back));
    return runProcess({ u"migrate"_s, u"--source"_s, source(), u"--destination"_s, destination, u"--set"_s,
        u"handover=prepared"_s, u"--yes"_s, u"--json"_s });
}

void TestCutoverctlVmm::listCheckMigrate()
{
    const pid_t pid = m_pair->sourcePid();
    const auto listed = runProcess({ u"list"_s, u"--json"_s });
    QCOMPARE(listed.code, 0);
    const QJsonArray vmms = listed.lastJson()["vmms"_L1].toArray();
    QVERIFY(std::ranges::any_of(vmms, [&](const QJsonValue& vmm) { return vmm["pid"_L1].toInt() == pid; }));

    const auto checked = runProcess({ u"check"_s, u"--source"_s, source(), u"--json"_s });
    QVERIFY2(checked.code == 0, qPrintable(checked.err + checked.out));
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));

    const auto migrated = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--yes"_s, u"--json"_s });
    QVERIFY2(migrated.code == 0, qPrintable(migrated.err + migrated.out.right(2000)));
    const QJsonObject summary = migrated.lastJson();
    const pid_t destination = summary["destination"_L1]["pid"_L1].toInt();
    const auto start = processStartTime(destination);
    QVERIFY(start && m_pair->lab().takeOver(destination, *start));
    QCOMPARE(summary["location"_L1].toString(), u"destination"_s);
    const QJsonArray fds = summary["fds"_L1].toArray();
    QVERIFY(fds.size() >= 3);
    for (const QJsonValue& fd : fds)
        QCOMPARE(fd["identity"_L1].toString(), u"same"_s);
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
    QVERIFY(allThreadsAre(pid, 'Z'));
}

/// The text of all cells of the row of a report's table whose heading is \a name.
static QStringList rowOf(const QString& page, const QString& name)
{
    QXmlStreamReader reader(page);
    QStringList cells;
    while (!reader.atEnd()) {
        reader.readNext();
        if (reader.isStartElement() && (reader.name() == u"th" || reader.name() == u"td"))
            cells.append(reader.readElementText(QXmlStreamReader::IncludeChildElements));
        if (reader.isEndElement() && reader.name() == u"tr") {
            if (cells.value(0) == name)
                return cells;
            cells.clear();
        }
    }
    return {};
}

void TestCutoverctlVmm::reportTellsTheSettings()
{
    const QString recording = m_runtime->filePath(u"update.cutover"_s);
    const auto migrated = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--set"_s,
        u"handover=early-stop"_s, u"--record"_s, recording, u"--yes"_s, u"--json"_s });
    QVERIFY2(migrated.code == 0, qPrintable(migrated.err + migrated.out.right(2000)));
    const pid_t destination = migrated.lastJson()["destination"_L1]["pid"_L1].toInt();
    const auto start = processStartTime(destination);
    QVERIFY(start && m_pair->lab().takeOver(destination, *start));

    const auto report = runProcess({ u"export"_s, recording, u"--html"_s });
    QVERIFY2(report.code == 0, qPrintable(report.err));
    QVERIFY(report.out.contains(u"and runs there. The result was verified."_s));
    QCOMPARE(rowOf(report.out, u"handover"_s),
        QStringList({ u"handover"_s, u"early-stop"_s, u"early-stop"_s, u"set for this migration"_s }));
    const QStringList mode = rowOf(report.out, u"mode"_s);
    QCOMPARE(mode.value(1), u"cpr-transfer"_s);
    const QStringList bandwidth = rowOf(report.out, u"max-bandwidth"_s);
    QVERIFY2(
        bandwidth.isEmpty() || bandwidth.value(3) == u"built-in default"_s, qPrintable(bandwidth.join(u'|')));
    QCOMPARE(rowOf(report.out, u"events"_s).mid(1, 2), QStringList({ u"on"_s, u"on"_s }));
    QCOMPARE(rowOf(report.out, u"ram0"_s).value(4), u"the same open file"_s);

    // Of a source that has ended, too.
    QVERIFY(report.out.contains(u"was moved from cutover-vmm "_s));
    QVERIFY(report.out.contains(u"<summary>Command line of the source</summary>"_s));
    QVERIFY(report.out.contains(u"<summary>Command line of the destination</summary>"_s));

    const auto picture = runProcess({ u"export"_s, recording, u"--svg"_s });
    QCOMPARE(picture.code, 0);
    QVERIFY(picture.out.contains(u"<svg"_s));
}

void TestCutoverctlVmm::destinationThatFails_data()
{
    QTest::addColumn<QByteArray>("marker");
    QTest::addColumn<bool>("back");
    QTest::addColumn<bool>("cut");
    for (const char* marker : { "@hello", "@end" }) {
        QTest::addRow("killed at %s", marker) << QByteArray(marker) << false << false;
        QTest::addRow("cut at %s", marker) << QByteArray(marker) << false << true;
    }
    for (const char* marker : { "@prepared", "@ready" }) {
        QTest::addRow("killed at %s", marker) << QByteArray(marker) << true << false;
        QTest::addRow("cut at %s", marker) << QByteArray(marker) << true << true;
    }
}

void TestCutoverctlVmm::destinationThatFails()
{
    QFETCH(QByteArray, marker);
    QFETCH(bool, back);
    QFETCH(bool, cut);
    QVERIFY(m_pair->launchDestination({}, 20'000));
    Disturbance disturbance;
    fakes::Tampering& tampering = back ? disturbance.back : disturbance.forth;
    tampering.marker = marker;
    tampering.atMarker = cut ? std::function([] { return false; }) : killDestination();
    const auto run = migrateThroughProxies(disturbance);
    QVERIFY2(run.code == 1, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err + run.out.right(2000))));
    const QJsonObject summary = run.lastJson();
    QCOMPARE(summary["location"_L1].toString(), u"source"_s);
    QVERIFY(!summary["failure"_L1]["message"_L1].toString().isEmpty());
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
}

void TestCutoverctlVmm::exclusiveDeviceOpenedTooEarly()
{
    const auto run = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--set"_s, u"handover=late-stop"_s,
        u"--yes"_s, u"--json"_s });
    QVERIFY2(run.code == 1, qPrintable(run.err + run.out.right(2000)));
    QCOMPARE(run.lastJson()["location"_L1].toString(), u"source"_s);
    QVERIFY2(run.err.contains(u"EBUSY"_s) || run.err.contains(u"owns it"_s), qPrintable(run.err));
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
}

void TestCutoverctlVmm::lostBeforeItRan()
{
    QVERIFY(m_pair->launchDestination({}, 20'000));
    Disturbance disturbance;
    disturbance.forth.marker = "@go";
    disturbance.forth.atMarker = killDestination();
    const auto run = migrateThroughProxies(disturbance);
    QVERIFY2(run.code == 4, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err + run.out.right(2000))));
    QVERIFY(!guestRunsAt(m_pair->lab().qmpPath()));

    const auto rescued = runProcess(
        { u"rescue"_s, u"--source"_s, source(), u"--to"_s, u"source"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(rescued.code == 0, qPrintable(rescued.err + rescued.out));
    QCOMPARE(rescued.lastJson()["location"_L1].toString(), u"source"_s);
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
}

void TestCutoverctlVmm::lostAfterItRan()
{
    QVERIFY(m_pair->launchDestination({}, 20'000));
    Disturbance disturbance;
    disturbance.back.marker = "@started";
    disturbance.back.atMarker = killDestination();
    const auto run = migrateThroughProxies(disturbance);
    QVERIFY2(run.code == 4, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err + run.out.right(2000))));

    // Its memory and disks have moved on: to go back is refused, here and by the VMM itself.
    const auto refused = runProcess(
        { u"rescue"_s, u"--source"_s, source(), u"--to"_s, u"source"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(refused.code == 4, qPrintable(u"%1: %2"_s.arg(refused.code).arg(refused.err + refused.out)));
    QVERIFY(!guestRunsAt(m_pair->lab().qmpPath()));
}

void TestCutoverctlVmm::inspectInBetween()
{
    QVERIFY(m_pair->launchDestination({}, 20'000));
    const QString cpr = m_runtime->filePath(u"cpr.relay"_s);
    const QString main = m_runtime->filePath(u"main.relay"_s);
    const QString recording = m_runtime->filePath(u"relay.cutover"_s);
    ProcessUnderTest inspect({ u"inspect"_s, u"--listen"_s, cpr, u"--forward"_s,
        m_pair->channelPath(u"cpr"_s), u"--main-listen"_s, main, u"--main-forward"_s,
        m_pair->channelPath(u"main"_s), u"--record"_s, recording, u"--json"_s });
    QVERIFY(QTest::qWaitFor([&] { return QFile::exists(cpr) && QFile::exists(main); }, deadlineMs));
    const auto migrated = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--destination"_s,
        u"qmp:%1,cpr:%2,main:%3"_s.arg(m_pair->destinationQmp(), cpr, main), u"--set"_s,
        u"handover=prepared"_s, u"--keep-source"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(migrated.code == 0, qPrintable(migrated.err + migrated.out.right(2000)));
    const auto seen = inspect.wait();
    QVERIFY2(seen.code == 0, qPrintable(u"%1: %2"_s.arg(seen.code).arg(seen.err + seen.out.right(2000))));
    const auto lines = seen.jsonLines();
    const QJsonObject summary = lines.constLast();
    QCOMPARE(summary["type"_L1].toString(), u"summary"_s);
    QCOMPARE(summary["complete"_L1].toBool(), true);
    QCOMPARE(summary["unclaimed"_L1].toInt(), 0);
    QVERIFY(summary["descriptors"_L1].toInt() >= 3);
    bool sawRam = false;
    bool ramArrived = false;
    for (const QJsonObject& line : lines) {
        const QJsonObject of = line["attributes"_L1].toObject();
        if (of["name"_L1].toString() != "ram0"_L1)
            continue;
        sawRam = sawRam || (line["name"_L1] == "fd"_L1 && of.contains("sourceFd"_L1));
        ramArrived = ramArrived || (line["name"_L1] == "arrived"_L1 && of.contains("destinationFd"_L1));
    }
    QVERIFY(sawRam && ramArrived);
    const auto shown = runProcess({ u"export"_s, recording, u"--csv"_s });
    QCOMPARE(shown.code, 0);
    QVERIFY(shown.out.contains(u"relay"_s));
}

void TestCutoverctlVmm::inspectThatIsKilled()
{
    QVERIFY(m_pair->launchDestination({}, 20'000));
    const QString cpr = m_runtime->filePath(u"cpr.relay"_s);
    const QString main = m_runtime->filePath(u"main.relay"_s);
    ProcessUnderTest inspect({ u"inspect"_s, u"--listen"_s, cpr, u"--forward"_s,
        m_pair->channelPath(u"cpr"_s), u"--main-listen"_s, main, u"--main-forward"_s,
        m_pair->openProxy(u"main"_s,
            { .marker = "@hello",
                .atMarker =
                    [&] {
                        inspect.sendSignal(SIGKILL);
                        return true;
                    } },
            {}) });
    QVERIFY(QTest::qWaitFor([&] { return QFile::exists(cpr) && QFile::exists(main); }, deadlineMs));
    const auto run = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--destination"_s,
        u"qmp:%1,cpr:%2,main:%3"_s.arg(m_pair->destinationQmp(), cpr, main), u"--set"_s,
        u"handover=prepared"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(run.code == 1, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err + run.out.right(2000))));
    QCOMPARE(run.lastJson()["location"_L1].toString(), u"source"_s);
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
    std::ignore = inspect.wait();
}

void TestCutoverctlVmm::faultNeedsALab()
{
    QTemporaryDir elsewhere;
    const QByteArray here = qgetenv("XDG_RUNTIME_DIR");
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(elsewhere.path()));
    const auto refused = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--relay"_s, u"--fault"_s,
        u"withhold:ram0"_s, u"--yes"_s, u"--json"_s });
    qputenv("XDG_RUNTIME_DIR", here);
    QVERIFY2(refused.code == 3, qPrintable(refused.err + refused.out.right(2000)));
    const auto run = runProcess({ u"migrate"_s, u"--source"_s, source(), u"--relay"_s, u"--fault"_s,
        u"withhold:ram0"_s, u"--yes"_s, u"--json"_s });
    QVERIFY2(run.code == 1, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err + run.out.right(2000))));
    QVERIFY(guestRunsAt(m_pair->lab().qmpPath()));
}

int main(int argc, char** argv)
{
    static_cast<void>(lab::enterPrivateNetwork());
    QCoreApplication application(argc, argv);
    TestCutoverctlVmm test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_cutoverctlvmm.moc"
