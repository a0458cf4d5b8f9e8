// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "programprocess.h"
#include "qemus.h"

#include "base/process.h"
#include "qmp/client.h"

#include <QDir>
#include <QJsonArray>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

static constexpr int limitMs = 120'000;

/// cutoverctl on real QEMUs.
class TestCutoverctlQemu : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QTest::failOnWarning();
        QVERIFY(m_dir.isValid());
        qputenv("XDG_RUNTIME_DIR", m_dir.path().toLocal8Bit());
    }
    void demo_data() { addQemuRows(); }
    void demo();
    void demoFromOneToTheOther();
    void demoInWords();
    void listCheckMigrate();
    void refused();
    void commandThatDoesNotStart();
    void inspectWhatASourceSends();
    void cancelled();

private:
    QString path(const QString& name) const { return m_dir.filePath(name); }
    std::unique_ptr<lab::QemuLab> startLab(const lab::QemuLabOptions& options)
    {
        auto lab = std::make_unique<lab::QemuLab>(options);
        QSignalSpy started(lab.get(), &lab::QemuLab::started);
        QSignalSpy failed(lab.get(), &lab::QemuLab::failed);
        lab->start();
        const bool ok = QTest::qWaitFor([&] { return !started.isEmpty() || !failed.isEmpty(); }, limitMs);
        return ok && failed.isEmpty() ? std::move(lab) : nullptr;
    }
    /// The lab ends a destination that is not its own child, too.
    static bool takeOver(lab::QemuLab& lab, pid_t pid)
    {
        const auto start = processStartTime(pid);
        return start && lab.takeOver(pid, *start);
    }
    static QString runState(const QString& qmpPath)
    {
        qmp::Client client;
        QString state;
        bool ended = false;
        connect(&client, &qmp::Client::ready, &client, [&] {
            client.call(u"query-status"_s, [&](const Result<QJsonValue>& reply) {
                state = reply ? reply->toObject()["status"_L1].toString() : reply.error().message();
                ended = true;
            });
        });
        connect(&client, &qmp::Client::closed, &client, [&](const Error& error) {
            state = error.message();
            ended = true;
        });
        client.connectTo(qmpPath);
        static_cast<void>(QTest::qWaitFor([&] { return ended; }, limitMs));
        return state;
    }
    void verifyNothingLeft()
    {
        for (const QString& folder : { u"cutover"_s, u"cutover-labs"_s })
            QCOMPARE(QDir(path(folder)).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList());
    }
    QTemporaryDir m_dir;
};

#define NEEDS(version, accelerator)                                                                          \
    do {                                                                                                     \
        if (const QString missing = missingFor(version, accelerator); !missing.isEmpty())                    \
            QSKIP(qPrintable(missing));                                                                      \
    } while (false)

void TestCutoverctlQemu::demo()
{
    QFETCH(const QString, version);
    QFETCH(const QString, accelerator);
    NEEDS(version, accelerator);
    const QString recording = path(u"demo-%1-%2.cutover"_s.arg(version, accelerator));
    const auto run = runProcess({ u"demo"_s, u"--vmm"_s, u"qemu"_s, u"--binary"_s, qemuBinary(version),
        u"--accel"_s, accelerator, u"--ram"_s, u"64M"_s, u"--json"_s, u"--record"_s, recording });
    QVERIFY2(run.code == 0, qPrintable(run.err));
    const auto lines = run.jsonLines();
    QVERIFY(lines.size() > 50);
    for (const QJsonObject& line : lines.first(lines.size() - 1))
        QCOMPARE(line["type"_L1].toString(), u"event"_s);

    const QJsonObject summary = lines.constLast();
    QCOMPARE(summary["type"_L1].toString(), u"summary"_s);
    QCOMPARE(summary["outcome"_L1].toString(), u"migrated"_s);
    QCOMPARE(summary["location"_L1].toString(), u"destination"_s);
    QCOMPARE(summary["verified"_L1].toBool(), true);
    const QJsonArray fds = summary["fds"_L1].toArray();
    QVERIFY(fds.size() >= 3);
    bool sawRam = false;
    for (const QJsonValue& fd : fds) {
        QCOMPARE(fd["identity"_L1].toString(), u"same"_s);
        sawRam = sawRam || fd["name"_L1].toString() == "ram0"_L1;
    }
    QVERIFY(sawRam);
    const QJsonObject pause = summary["pause"_L1].toObject();
    qint64 sum = 0;
    for (const QJsonValue& row : pause["rows"_L1].toArray())
        sum += row["durationNs"_L1].toInteger();
    QVERIFY(pause["ns"_L1].toInteger() > 0);
    QCOMPARE(sum, pause["ns"_L1].toInteger());
    verifyNothingLeft();

    const auto shown = runProcess({ u"show"_s, recording, u"--json"_s });
    QCOMPARE(shown.code, 0);
    QCOMPARE(shown.lastJson()["pause"_L1].toObject(), pause);
    QCOMPARE(shown.lastJson()["fds"_L1].toArray(), fds);
    const auto perfetto = runProcess({ u"export"_s, recording, u"--perfetto"_s });
    QCOMPARE(perfetto.code, 0);
    QVERIFY(QJsonDocument::fromJson(perfetto.out.toUtf8()).object()["traceEvents"_L1].toArray().size() > 50);
}

void TestCutoverctlQemu::demoFromOneToTheOther()
{
    NEEDS(u"10.0"_s, u"tcg"_s);
    NEEDS(u"11.1"_s, u"tcg"_s);
    const auto run = runProcess({ u"demo"_s, u"--vmm"_s, u"qemu"_s, u"--binary"_s, qemuBinary(u"10.0"_s),
        u"--new-binary"_s, qemuBinary(u"11.1"_s), u"--accel"_s, u"tcg"_s, u"--json"_s });
    QVERIFY2(run.code == 0, qPrintable(run.err));
    QVERIFY(run.lastJson()["destination"_L1].toObject()["version"_L1].toString().startsWith("11.1"_L1));
}

void TestCutoverctlQemu::demoInWords()
{
    NEEDS(u"10.0"_s, u"tcg"_s);
    const auto run = runProcess(
        { u"demo"_s, u"--vmm"_s, u"qemu"_s, u"--accel"_s, u"tcg"_s, u"--binary"_s, qemuBinary(u"10.0"_s) });
    QVERIFY2(run.code == 0, qPrintable(run.err));
    QCOMPARE(run.err, QString());
    QVERIFY(!run.out.contains(u'\x1b'));
    for (const QString& part : { u"was moved"_s, u"PHASE"_s, u"switchover"_s, u"ram0"_s, u"same"_s,
             u"Pause "_s, u"█"_s, u"The guest is on the destination"_s })
        QVERIFY2(run.out.contains(part), qPrintable(part));
    verifyNothingLeft();
}

void TestCutoverctlQemu::listCheckMigrate()
{
    NEEDS(u"11.1"_s, u"tcg"_s);
    auto lab = startLab(labOptions(u"11.1"_s, u"tcg"_s));
    QVERIFY(lab);
    const pid_t source = lab->sourcePid();

    const auto listed = runProcess({ u"list"_s, u"--json"_s });
    QCOMPARE(listed.code, 0);
    bool found = false;
    for (const QJsonValue& vmm : listed.lastJson()["vmms"_L1].toArray())
        found = found || vmm["pid"_L1].toInt() == source;
    QVERIFY(found);
    QVERIFY(runProcess({ u"list"_s }).out.contains(QString::number(source)));

    for (const QString& name : { QString(u"qmp:"_s + lab->qmpPath()), u"pid:%1"_s.arg(source) }) {
        const auto checked = runProcess({ u"check"_s, u"--source"_s, name, u"--json"_s });
        QVERIFY2(checked.code == 0, qPrintable(checked.err));
        QCOMPARE(checked.lastJson()["outcome"_L1].toString(), u"ready"_s);
        QVERIFY(checked.lastJson()["destination"_L1].toObject()["changes"_L1].toArray().size() > 3);
        QCOMPARE(runState(lab->qmpPath()), u"running"_s);
    }

    const auto migrated
        = runProcess({ u"migrate"_s, u"--source"_s, u"pid:%1"_s.arg(source), u"--yes"_s, u"--json"_s });
    QVERIFY2(migrated.code == 0, qPrintable(migrated.err));
    const QJsonObject destination = migrated.lastJson()["destination"_L1].toObject();
    QVERIFY(takeOver(*lab, destination["pid"_L1].toInt()));
    QCOMPARE(destination["qmp"_L1].toString(), lab->qmpPath());
    QCOMPARE(runState(lab->qmpPath()), u"running"_s);
    QCOMPARE(runProcess({ u"list"_s, u"--json"_s }).lastJson()["unfinishedPairs"_L1].toArray(), QJsonArray());
}

void TestCutoverctlQemu::refused()
{
    NEEDS(u"11.1"_s, u"tcg"_s);
    auto options = labOptions(u"11.1"_s, u"tcg"_s);
    options.extraArguments = { u"-machine"_s, u"aux-ram-share=off"_s };
    auto lab = startLab(options);
    QVERIFY(lab);
    const auto run = runProcess({ u"migrate"_s, u"--source"_s, u"qmp:"_s + lab->qmpPath(), u"--yes"_s });
    QVERIFY2(run.code == 3, qPrintable(run.err));
    QVERIFY2(run.err.contains("refused"_L1), qPrintable(run.err));
    QCOMPARE(runState(lab->qmpPath()), u"running"_s);
    QCOMPARE(runProcess({ u"check"_s, u"--source"_s, u"qmp:"_s + lab->qmpPath(), u"--json"_s }).code, 3);
}

void TestCutoverctlQemu::commandThatDoesNotStart()
{
    NEEDS(u"11.1"_s, u"tcg"_s);
    auto lab = startLab(labOptions(u"11.1"_s, u"tcg"_s));
    QVERIFY(lab);
    QStringList argv = lab->arguments();
    argv << u"-device"_s << u"no-such-device"_s;
    const auto run = runProcess(
        QStringList{ u"migrate"_s, u"--source"_s, u"qmp:"_s + lab->qmpPath(), u"--yes"_s, u"--"_s } + argv);
    QVERIFY2(run.code == 1, qPrintable(run.err));
    QVERIFY2(run.err.contains("no-such-device"_L1), qPrintable(run.err));
    QCOMPARE(runState(lab->qmpPath()), u"running"_s);
}

void TestCutoverctlQemu::inspectWhatASourceSends()
{
    NEEDS(u"11.1"_s, u"tcg"_s);
    auto lab = startLab(labOptions(u"11.1"_s, u"tcg"_s));
    QVERIFY(lab);
    const QString cprPath = path(u"cpr.sock"_s);
    ProcessUnderTest program({ u"inspect"_s, u"--listen"_s, cprPath, u"--json"_s });
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(cprPath), limitMs);

    qmp::Client client;
    const auto channel = [](const QString& type, const QString& socketPath) {
        return QJsonObject{ { u"channel-type"_s, type },
            { u"addr"_s,
                QJsonObject{ { u"transport"_s, u"socket"_s }, { u"type"_s, u"unix"_s },
                    { u"path"_s, socketPath } } } };
    };
    connect(&client, &qmp::Client::ready, this, [&] {
        client.call(u"migrate-set-parameters"_s, { { u"mode"_s, u"cpr-transfer"_s } }, {});
        client.call(u"migrate"_s,
            { { u"channels"_s,
                QJsonArray{ channel(u"main"_s, path(u"main.sock"_s)), channel(u"cpr"_s, cprPath) } } },
            {});
    });
    client.connectTo(lab->qmpPath());
    QTRY_VERIFY_WITH_TIMEOUT(program.process().state() == QProcess::NotRunning, limitMs);
    const auto run = program.wait();
    QVERIFY2(run.code == 0, qPrintable(run.err));
    bool sawRam = false;
    for (const QJsonValue& fd : run.lastJson()["fds"_L1].toArray()) {
        QCOMPARE(fd["fd"_L1]["kind"_L1].toString(), u"memfd"_s);
        sawRam = sawRam || fd["name"_L1].toString() == "ram0"_L1;
    }
    QVERIFY(sawRam);
    client.close();
    QTRY_COMPARE_WITH_TIMEOUT(runState(lab->qmpPath()), u"running"_s, limitMs);
}

void TestCutoverctlQemu::cancelled()
{
    NEEDS(u"11.1"_s, u"tcg"_s);
    auto lab = startLab(labOptions(u"11.1"_s, u"tcg"_s));
    QVERIFY(lab);
    ProcessUnderTest program(
        { u"migrate"_s, u"--source"_s, u"qmp:"_s + lab->qmpPath(), u"--yes"_s, u"--json"_s });
    QVERIFY(QTest::qWaitFor([&] { return program.output().contains(u"\"name\":\"spawned\""_s); }, limitMs));
    QVERIFY(program.sendSignal(SIGINT));
    const auto run = program.wait();
    // The signal may come when it is too late to cancel; then the guest is moved, and nowhere else.
    const QJsonObject summary = run.lastJson();
    QCOMPARE(summary["exitCode"_L1].toInt(), run.code);
    if (run.code == 0) {
        QVERIFY(takeOver(*lab, summary["destination"_L1].toObject()["pid"_L1].toInt()));
    } else {
        QCOMPARE(run.code, 1);
        QCOMPARE(summary["location"_L1].toString(), u"source"_s);
    }
    QCOMPARE(runState(lab->qmpPath()), u"running"_s);
}

QTEST_GUILESS_MAIN(TestCutoverctlQemu)
#include "tst_cutoverctlqemu.moc"
