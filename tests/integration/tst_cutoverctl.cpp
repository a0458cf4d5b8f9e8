// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/uniquefd.h"
#include "fdpass/unixsocket.h"
#include "programprocess.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>
#include <QtEndian>

#include <csignal>
#include <functional>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::test;
using namespace Qt::StringLiterals;

/// Bad input and interruptions, seen from outside: one clear error, the right exit code, nothing changed.
class TestCutoverctl : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QTest::failOnWarning();
        QVERIFY(m_dir.isValid());
        qputenv("XDG_RUNTIME_DIR", m_dir.path().toLocal8Bit());
    }
    void badSources_data();
    void badSources();
    void speaksSomethingElse_data();
    void speaksSomethingElse();
    void neverAnswers();
    void permissionDenied();
    void badRecordings_data();
    void badRecordings();
    void picture_data();
    void picture();
    void recordingThatCannotBeWritten_data();
    void recordingThatCannotBeWritten();
    void badStreams_data();
    void badStreams();
    void badDemo_data();
    void badDemo();
    void fullOutput();
    void closedOutput();
    void interruptWhileListening_data();
    void interruptWhileListening();
    void rescueWithoutAnything();
    void noColourWithoutTerminal();

private:
    QString path(const QString& name) const { return m_dir.filePath(name); }
    void writeFile(const QString& name, const QByteArray& bytes)
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
    /// No pair, no lab and no process is left behind.
    void verifyNothingChanged()
    {
        for (const QString& folder : { u"cutover"_s, u"cutover-labs"_s })
            QCOMPARE(QDir(path(folder)).entryList(QDir::AllEntries | QDir::NoDotAndDotDot), QStringList());
    }
    void verifyOneError(const ProcessRun& run, int code, const QString& says)
    {
        QVERIFY2(run.code == code, qPrintable(u"%1: %2"_s.arg(run.code).arg(run.err)));
        QVERIFY2(run.err.contains(says), qPrintable(run.err));
        QVERIFY2(run.err.count(u"cutoverctl: "_s) == 1, qPrintable(run.err));
        verifyNothingChanged();
    }
    QTemporaryDir m_dir;
};

void TestCutoverctl::badSources_data()
{
    QTest::addColumn<QString>("command");
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("says");
    const QString folder = m_dir.path();
    for (const QString& command :
        { u"check"_s, u"check --json"_s, u"migrate --yes"_s, u"migrate --yes --json"_s }) {
        const auto row = [&](const char* name, const QString& source, const QString& says) {
            QTest::addRow("%s, %s", qPrintable(command), name) << command << source << says;
        };
        row("missing socket", u"qmp:"_s + path(u"absent.sock"_s), u"No such file"_s);
        row("ordinary file", u"qmp:/etc/passwd"_s, u"/etc/passwd"_s);
        row("folder", u"qmp:"_s + folder, folder);
        row("stale socket", u"qmp:"_s + path(u"stale.sock"_s), u"stale.sock"_s);
        row("missing process", u"pid:4194303"_s, u"4194303"_s);
        row("no VMM", u"pid:%1"_s.arg(::getpid()), QString::number(::getpid()));
        row("overlong path", u"qmp:/"_s + QString(200, u'x'), u"xxx"_s);
    }
}

void TestCutoverctl::badSources()
{
    QFETCH(const QString, command);
    QFETCH(const QString, source);
    QFETCH(const QString, says);
    { // closed without unlink: nobody listens there any more
        const auto stale = fdpass::listenUnix(path(u"stale.sock"_s));
        QVERIFY(stale);
    }
    const auto run = runProcess(command.split(u' ') << u"--source"_s << source);
    verifyOneError(run, 1, says);
    if (command.contains(u"--json"_s)) {
        const QJsonObject last = run.lastJson();
        QCOMPARE(last["exitCode"_L1].toInt(), 1);
        QVERIFY(last["failure"_L1].toObject()["message"_L1].toString().contains(says));
    } else if (command == "check"_L1) {
        QCOMPARE(run.out, QString());
    }
}

void TestCutoverctl::speaksSomethingElse_data()
{
    QTest::addColumn<QByteArray>("speech");
    QTest::newRow("text") << QByteArray("HELLO, this is no monitor\r\n");
    QTest::newRow("other JSON") << QByteArray("{\"hello\": 1}\r\n");
    QTest::newRow("CPR stream") << QByteArray("QCPR\0\0\0\1", 8);
    QTest::newRow("closes at once") << QByteArray();
}

void TestCutoverctl::speaksSomethingElse()
{
    QFETCH(const QByteArray, speech);
    const QString socketPath = path(u"other.sock"_s);
    auto listener = fdpass::listenUnix(socketPath);
    QVERIFY(listener);
    ProcessUnderTest program({ u"check"_s, u"--source"_s, u"qmp:"_s + socketPath });
    UniqueFd connection;
    QTRY_VERIFY_WITH_TIMEOUT(
        connection || (connection = fdpass::acceptUnix(listener->get()).value_or(UniqueFd())), 30'000);
    if (!speech.isEmpty())
        QCOMPARE(::send(connection.get(), speech.constData(), static_cast<std::size_t>(speech.size()),
                     MSG_NOSIGNAL),
            speech.size());
    connection.reset();
    verifyOneError(program.wait(), 1, u"other.sock"_s);
    QFile::remove(socketPath);
}

void TestCutoverctl::neverAnswers()
{
    const QString socketPath = path(u"silent.sock"_s);
    auto listener = fdpass::listenUnix(socketPath);
    QVERIFY(listener);
    const auto run = runProcess({ u"check"_s, u"--source"_s, u"qmp:"_s + socketPath });
    QVERIFY2(run.err.contains("does not answer yet"_L1), qPrintable(run.err));
    verifyOneError(run, 1, u"silent.sock"_s);
    QFile::remove(socketPath);
}

void TestCutoverctl::permissionDenied()
{
    const QString socketPath = path(u"locked.sock"_s);
    auto listener = fdpass::listenUnix(socketPath);
    QVERIFY(listener);
    QVERIFY(::chmod(QFile::encodeName(socketPath).constData(), 0) == 0);
    // Root passes every lock; without these capabilities it is a user like others.
    constexpr int cannotRestrict = 99;
    const auto restrict = [] {
        if (::geteuid() == 0
            && (::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) != 0
                || ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH) != 0))
            ::_exit(cannotRestrict);
    };
    const QString folder = path(u"locked"_s);
    QVERIFY(QDir().mkdir(folder));
    QVERIFY(::chmod(QFile::encodeName(folder).constData(), 0500) == 0);
    writeFile(u"locked.cutover"_s, "{}\n");
    QVERIFY(::chmod(QFile::encodeName(path(u"locked.cutover"_s)).constData(), 0) == 0);
    const QString source = u"qmp:"_s + socketPath;
    for (const QStringList& command : { QStringList{ u"check"_s, u"--source"_s, source },
             { u"migrate"_s, u"--yes"_s, u"--source"_s, source }, { u"show"_s, path(u"locked.cutover"_s) },
             { u"export"_s, path(u"locked.cutover"_s), u"--csv"_s },
             { u"inspect"_s, path(u"locked.cutover"_s) },
             { u"inspect"_s, u"--listen"_s, folder + u"/cpr.sock"_s },
             { u"migrate"_s, u"--yes"_s, u"--source"_s, source, u"--record"_s, folder + u"/a.cutover"_s } }) {
        const auto run = ProcessUnderTest(command, restrict).wait();
        if (run.code == cannotRestrict)
            QSKIP("root cannot give up its capabilities here");
        verifyOneError(run, 1, u"Permission denied"_s);
    }
    QFile::remove(path(u"locked.cutover"_s));
    QVERIFY(QDir(folder).removeRecursively());
    QFile::remove(socketPath);
}

void TestCutoverctl::badRecordings_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const QByteArray header
        = R"({"format":"cutover-recording","version":1,"created":"2026-11-21T09:00:00.123Z","program":"cutover"})";
    const QByteArray event
        = R"({"time":1795253994813290000,"side":"source","category":"qmp-event","name":"STOP"})";
    QTest::newRow("empty") << QByteArray() << u"bad.cutover"_s;
    QTest::newRow("text") << QByteArray("root:x:0:0\n") << u"bad.cutover"_s;
    QTest::newRow("newer") << QByteArray(header).replace("\"version\":1", "\"version\":2") + '\n'
                           << u"newer"_s;
    QTest::newRow("cut") << header + '\n' + event + '\n' + event.first(20) << u"What is whole was"_s;
    QTest::newRow("damaged line") << header + '\n' + event + "\nxxx\n" + event + '\n'
                                  << u"What is whole was"_s;
}

void TestCutoverctl::badRecordings()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, says);
    writeFile(u"bad.cutover"_s, bytes);
    for (const QStringList& command : { QStringList{ u"show"_s, path(u"bad.cutover"_s) },
             { u"show"_s, path(u"bad.cutover"_s), u"--json"_s },
             { u"export"_s, path(u"bad.cutover"_s), u"--csv"_s },
             { u"export"_s, path(u"bad.cutover"_s), u"--perfetto"_s } }) {
        const auto run = runProcess(command);
        verifyOneError(run, 1, says);
        QCOMPARE(!run.out.isEmpty(), says == "What is whole was"_L1);
    }
    verifyOneError(runProcess({ u"show"_s, path(u"absent.cutover"_s) }), 1, u"absent.cutover"_s);
    verifyOneError(runProcess({ u"show"_s, m_dir.path() }), 1, m_dir.path());
}

void TestCutoverctl::picture_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<quint32>("width");
    QTest::newRow("as it is") << QStringList() << quint32{ 2400 };
    QTest::newRow("half, dark") << QStringList{ u"--scale"_s, u"0.5"_s, u"--colours"_s, u"dark"_s }
                                << quint32{ 600 };
}

void TestCutoverctl::picture()
{
    QFETCH(QStringList, options);
    QFETCH(const quint32, width);
    const QString output = path(u"picture.png"_s);
    QFile::remove(output);
    const auto run = runProcess(
        QStringList{ u"export"_s, QStringLiteral(CUTOVER_TEST_DATA "/recordings/vmm-prepared.cutover"),
            u"--png"_s, u"-o"_s, output }
        + options);
    // A build without the window lacks the program that draws.
    if (!QFile::exists(QFileInfo(QStringLiteral(CUTOVERCTL)).path() + u"/cutover-svg2png"_s)) {
        verifyOneError(run, 1, u"cutover-svg2png, which draws it, is not installed"_s);
        QVERIFY(!QFile::exists(output));
        return;
    }
    QVERIFY2(run.code == 0, qPrintable(run.err));
    QFile file(output);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray png = file.readAll();
    QVERIFY(png.startsWith("\x89PNG\r\n\x1a\n"));
    QVERIFY(png.size() > 10'000);
    QCOMPARE(qFromBigEndian<quint32>(png.constData() + 16), width);
}

void TestCutoverctl::recordingThatCannotBeWritten_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<qint64>("sizeLimit");
    QTest::newRow("missing folder") << path(u"absent/a.cutover"_s) << qint64{ -1 };
    QTest::newRow("exists") << u"/etc/passwd"_s << qint64{ -1 };
    QTest::newRow("device") << u"/dev/full"_s << qint64{ -1 };
    QTest::newRow("folder") << m_dir.path() << qint64{ -1 };
    QTest::newRow("no room for a line") << path(u"limited.cutover"_s) << qint64{ 0 };
    QTest::newRow("room for the header alone") << path(u"limited.cutover"_s) << qint64{ 4096 };
}

void TestCutoverctl::recordingThatCannotBeWritten()
{
    QFETCH(const QString, file);
    QFETCH(const qint64, sizeLimit);
    // Not even a connection to the source may be made.
    const QString socketPath = path(u"untouched.sock"_s);
    auto listener = fdpass::listenUnix(socketPath);
    QVERIFY(listener);
    const auto restrict = [sizeLimit] {
        const rlimit limit{ .rlim_cur = static_cast<rlim_t>(sizeLimit),
            .rlim_max = static_cast<rlim_t>(sizeLimit) };
        ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    ProcessUnderTest program(
        { u"migrate"_s, u"--yes"_s, u"--source"_s, u"qmp:"_s + socketPath, u"--record"_s, file },
        sizeLimit < 0 ? std::function<void()>() : restrict);
    verifyOneError(program.wait(), 1, file);
    QVERIFY(!fdpass::acceptUnix(listener->get()).value_or(UniqueFd()));
    QVERIFY(!QFile::exists(path(u"limited.cutover"_s)) || QFileInfo(path(u"limited.cutover"_s)).size() == 0);
    QFile::remove(path(u"limited.cutover"_s));
    QFile::remove(socketPath);
}

void TestCutoverctl::badStreams_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    QFile file(QStringLiteral(CUTOVER_TEST_DATA "/cpr-stream.bin"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray whole = file.readAll();
    QTest::newRow("empty") << QByteArray() << u"byte 0"_s;
    QTest::newRow("text") << QByteArray("root:x:0:0:") << u"byte 0"_s;
    QTest::newRow("cut") << whole.first(40) << u"byte 4"_s;
    QTest::newRow("newer") << QByteArray(whole).replace(4, 4, QByteArray("\0\0\0\2", 4)) << u"byte 4"_s;
}

void TestCutoverctl::badStreams()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, says);
    writeFile(u"bad.bin"_s, bytes);
    verifyOneError(runProcess({ u"inspect"_s, path(u"bad.bin"_s) }), 1, says);
    const auto run = runProcess({ u"inspect"_s, path(u"bad.bin"_s), u"--json"_s });
    verifyOneError(run, 1, says);
    QCOMPARE(run.lastJson()["complete"_L1].toBool(true), false);
}

void TestCutoverctl::badDemo_data()
{
    QTest::addColumn<QString>("binary");
    QTest::newRow("missing") << u"/nonexistent/qemu"_s;
    QTest::newRow("no program") << u"/etc/passwd"_s;
    QTest::newRow("ends at once") << u"/bin/false"_s;
}

void TestCutoverctl::badDemo()
{
    QFETCH(const QString, binary);
    verifyOneError(
        runProcess({ u"demo"_s, u"--vmm"_s, u"qemu"_s, u"--accel"_s, u"tcg"_s, u"--binary"_s, binary }), 1,
        binary);
    const auto run = runProcess(
        { u"demo"_s, u"--vmm"_s, u"qemu"_s, u"--accel"_s, u"tcg"_s, u"--binary"_s, binary, u"--json"_s });
    verifyOneError(run, 1, binary);
    QCOMPARE(run.lastJson()["type"_L1].toString(), u"summary"_s);
}

void TestCutoverctl::fullOutput()
{
    QProcess process;
    process.setStandardOutputFile(u"/dev/full"_s);
    process.start(QStringLiteral(CUTOVERCTL), { u"--help"_s });
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 1);
    QVERIFY(process.readAllStandardError().contains("No space left"));
}

void TestCutoverctl::closedOutput()
{
    QProcess process;
    process.start(u"/bin/sh"_s, { u"-c"_s, u"\"$0\" --help | head -n 1"_s, QStringLiteral(CUTOVERCTL) });
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 0);
    QCOMPARE(process.readAllStandardError(), QByteArray());
}

void TestCutoverctl::interruptWhileListening_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGTERM") << SIGTERM;
}

void TestCutoverctl::interruptWhileListening()
{
    QFETCH(const int, signal);
    const QString socketPath = path(u"cpr.sock"_s);
    ProcessUnderTest program({ u"inspect"_s, u"--listen"_s, socketPath });
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(socketPath), 30'000);
    QVERIFY(program.sendSignal(signal));
    verifyOneError(program.wait(), 1, u"interrupted"_s);
    QVERIFY(!QFile::exists(socketPath));
}

void TestCutoverctl::rescueWithoutAnything()
{
    const auto run = runProcess({ u"rescue"_s });
    QCOMPARE(run.code, 0);
    QVERIFY(run.out.contains("No migration was left unfinished"_L1));
    verifyOneError(runProcess({ u"rescue"_s, u"--pair"_s, m_dir.path() }), 1, m_dir.path());
    writeFile(u"journal.json"_s, "{\"format\":\"cutover-pair\"}");
    verifyOneError(runProcess({ u"rescue"_s, u"--pair"_s, m_dir.path() }), 1, u"damaged"_s);
    QFile::remove(path(u"journal.json"_s));
}

void TestCutoverctl::noColourWithoutTerminal()
{
    const auto run = runProcess({ u"--help"_s });
    QCOMPARE(run.code, 0);
    QVERIFY(!run.out.contains(u'\x1b'));
}

QTEST_GUILESS_MAIN(TestCutoverctl)
#include "tst_cutoverctl.moc"
