// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qemus.h"

#include "base/process.h"
#include "qmp/client.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/wait.h>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

static constexpr int limitMs = 60'000;

class TestQemuLab : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void initTestCase()
    {
        QVERIFY(m_runtime.isValid());
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
    }
    void startsAndEnds_data() { addQemuRows(); }
    void startsAndEnds();
    void bestSaysWhyNotKvm();
    void endsWhatItTookOver();
    void keepLeavesEverything();
    void badProgram_data();
    void badProgram();
    void badArgumentShowsWhatQemuSaid();
    void sweepEndsAbandonedLabs();

private:
    QStringList labs() const
    {
        return QDir(m_runtime.path() + u"/cutover-labs"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    }
    QTemporaryDir m_runtime;
};

void TestQemuLab::startsAndEnds()
{
    QFETCH(const QString, version);
    QFETCH(const QString, accelerator);
    if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())
        QSKIP(qPrintable(missing));

    auto lab = std::make_unique<lab::QemuLab>(labOptions(version, accelerator));
    QSignalSpy started(lab.get(), &lab::QemuLab::started);
    QSignalSpy failed(lab.get(), &lab::QemuLab::failed);
    lab->start();
    QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty() || !failed.isEmpty(), limitMs);
    QVERIFY2(
        failed.isEmpty(), qPrintable(failed.isEmpty() ? QString() : failed[0][0].value<Error>().message()));
    QVERIFY(u"%1.%2"_s.arg(lab->greeting().major).arg(lab->greeting().minor) == version);

    qmp::Client client;
    QJsonObject status;
    connect(&client, &qmp::Client::ready, this, [&] {
        client.call(u"query-status"_s, [&](const Result<QJsonValue>& reply) {
            if (reply)
                status = reply->toObject();
        });
    });
    client.connectTo(lab->qmpPath());
    QTRY_VERIFY_WITH_TIMEOUT(!status.isEmpty(), limitMs);
    QCOMPARE(status["status"_L1].toString(), u"running"_s);

    const pid_t pid = lab->sourcePid();
    const auto startTime = processStartTime(pid);
    QVERIFY(startTime);
    QVERIFY(QFileInfo(lab->logPath()).size() > 0);
    QCOMPARE(labs().size(), 1);
    lab.reset();
    QVERIFY(!ProcessHandle::open(pid, *startTime));
    QCOMPARE(labs(), QStringList());
}

void TestQemuLab::bestSaysWhyNotKvm()
{
    if (qemuBinary(u"10.0"_s).isEmpty())
        QSKIP("there is no QEMU 10.0 here");
    auto options = labOptions(u"10.0"_s, u"tcg"_s);
    options.accelerator = lab::Accelerator::Best;
    lab::QemuLab lab(options);
    QSignalSpy started(&lab, &lab::QemuLab::started);
    lab.start();
    QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty(), limitMs);
    if (lab.accelerator() == lab::Accelerator::Kvm)
        QVERIFY(lab.acceleratorNote().isEmpty());
    else
        QVERIFY(!lab.acceleratorNote().isEmpty());
}

void TestQemuLab::endsWhatItTookOver()
{
    auto lab = std::make_unique<lab::QemuLab>(lab::QemuLabOptions{});
    SpawnOptions spawn;
    spawn.argv = { u"sleep"_s, u"1000"_s };
    spawn.onDestroy = OnDestroy::Leave;
    auto child = ChildProcess::spawn(spawn);
    QVERIFY(child);
    QSignalSpy exited(child->get(), &ChildProcess::exited);
    QVERIFY(!lab->takeOver((*child)->pid(), (*child)->startTimeTicks() + 1));
    QVERIFY(lab->takeOver((*child)->pid(), (*child)->startTimeTicks()));
    lab.reset();
    QTRY_COMPARE(exited.size(), 1);
    QCOMPARE(exited[0][0].toInt(), SIGKILL);
    QCOMPARE(exited[0][1].toBool(), true);
}

void TestQemuLab::keepLeavesEverything()
{
    if (qemuBinary(u"10.0"_s).isEmpty())
        QSKIP("there is no QEMU 10.0 here");
    auto lab = std::make_unique<lab::QemuLab>(labOptions(u"10.0"_s, u"tcg"_s));
    QSignalSpy started(lab.get(), &lab::QemuLab::started);
    lab->start();
    QTRY_VERIFY_WITH_TIMEOUT(!started.isEmpty(), limitMs);
    QVERIFY(lab->keep());
    const pid_t pid = lab->sourcePid();
    const QString folder = lab->folder();
    lab.reset();

    auto handle = ProcessHandle::open(pid);
    QVERIFY(handle && (*handle)->alive());
    QVERIFY(QFileInfo::exists(folder));
    QCOMPARE(lab::LabFolder::sweep(), 0);
    QVERIFY((*handle)->alive());

    QVERIFY((*handle)->sendSignal(SIGKILL));
    QVERIFY(::waitpid(pid, nullptr, 0) == pid);
    QVERIFY(QDir(folder).removeRecursively());
}

void TestQemuLab::badProgram_data()
{
    QTest::addColumn<QString>("binary");
    QTest::addColumn<QString>("says");
    QTest::newRow("missing") << u"/nonexistent/qemu"_s << u"/nonexistent/qemu"_s;
    QTest::newRow("not in PATH") << u"no-such-qemu-anywhere"_s << u"no-such-qemu-anywhere"_s;
    QTest::newRow("ends at once") << u"/bin/true"_s << u"it exited with 0"_s;
}

void TestQemuLab::badProgram()
{
    QFETCH(const QString, binary);
    QFETCH(const QString, says);
    lab::QemuLabOptions options;
    options.binary = binary;
    options.accelerator = lab::Accelerator::Tcg;
    auto lab = std::make_unique<lab::QemuLab>(options);
    QSignalSpy failed(lab.get(), &lab::QemuLab::failed);
    lab->start();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, limitMs);
    const QString message = failed[0][0].value<Error>().message();
    QVERIFY2(message.contains(says), qPrintable(message));
    lab.reset();
    QCOMPARE(labs(), QStringList());
}

void TestQemuLab::badArgumentShowsWhatQemuSaid()
{
    if (qemuBinary(u"10.0"_s).isEmpty())
        QSKIP("there is no QEMU 10.0 here");
    auto options = labOptions(u"10.0"_s, u"tcg"_s);
    options.extraArguments = { u"-device"_s, u"no-such-device"_s };
    lab::QemuLab lab(options);
    QSignalSpy failed(&lab, &lab::QemuLab::failed);
    lab.start();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, limitMs);
    QVERIFY(failed[0][0].value<Error>().cause.contains("no-such-device"_L1));
}

void TestQemuLab::sweepEndsAbandonedLabs()
{
    // The owner is a child that ends without any destructor.
    const pid_t owner = ::fork();
    if (owner == 0) {
        auto folder = lab::LabFolder::create();
        SpawnOptions spawn;
        spawn.argv = { u"sleep"_s, u"1000"_s };
        spawn.onDestroy = OnDestroy::Leave;
        spawn.ownSession = true;
        auto child = ChildProcess::spawn(spawn);
        const bool ok = folder && child
            && folder->note({ { .pid = (*child)->pid(), .startTicks = (*child)->startTimeTicks() } }, false);
        QFile file(m_runtime.filePath(u"pid"_s));
        if (!ok || !file.open(QIODevice::WriteOnly) || file.write(QByteArray::number((*child)->pid())) < 0)
            ::_exit(1);
        file.close();
        ::_exit(0);
    }
    int status = -1;
    QVERIFY(::waitpid(owner, &status, 0) == owner);
    QCOMPARE(status, 0);
    QFile file(m_runtime.filePath(u"pid"_s));
    QVERIFY(file.open(QIODevice::ReadOnly));
    auto handle = ProcessHandle::open(file.readAll().toInt());
    QVERIFY(handle);

    // A lab of ours stays.
    auto own = lab::LabFolder::create();
    QVERIFY(own);
    QCOMPARE(lab::LabFolder::sweep(), 1);
    QTRY_VERIFY(!(*handle)->alive());
    QCOMPARE(labs().size(), 1);
    own->remove();
}

QTEST_GUILESS_MAIN(TestQemuLab)
#include "tst_qemulab.moc"
