// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cutover;
using namespace Qt::StringLiterals;

class TestProcess : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void reportsTheExitCode();
    void reportsTheSignal();
    void destroyKillsOrLeaves_data();
    void destroyKillsOrLeaves();
    void leftChildIsReaped();
    void entersNamespaces();
    void namespacesThatCannotBeEntered();
    void onlyNamedFdsAreInherited();
    void fdNumbersMaySwap();
    void outputIsAppended();
    void workingFolderAndEnvironment();
    void signalsAreReset();
    void ownSession();
    void badProgramsAreErrors_data();
    void badProgramsAreErrors();
    void handleWatchesAnotherProcess();
    void handleRefusesAReusedPid();
    void startTimeOfAnOddName();

private:
    QTemporaryDir m_dir;
};

static QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

static qsizetype openFds()
{
    return QDir(u"/proc/self/fd"_s).entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot).size();
}

static SpawnOptions shell(const QString& script)
{
    SpawnOptions options;
    options.argv = { u"sh"_s, u"-c"_s, script };
    return options;
}

void TestProcess::reportsTheExitCode()
{
    const qsizetype before = openFds();
    {
        auto child = ChildProcess::spawn(shell(u"exit 7"_s));
        QVERIFY(child);
        QSignalSpy spy(child->get(), &ChildProcess::exited);
        QVERIFY(spy.wait(10000));
        QCOMPARE(spy.first().at(0).toInt(), 7);
        QCOMPARE(spy.first().at(1).toBool(), false);
        QVERIFY(!(*child)->isRunning());
        QCOMPARE((*child)->kill().error().code, ErrorCode::NotFound);
        QTest::qWait(10);
        QCOMPARE(spy.size(), 1);
    }
    QCOMPARE(openFds(), before);
}

void TestProcess::reportsTheSignal()
{
    auto child = ChildProcess::spawn(shell(u"exec sleep 1000"_s));
    QVERIFY(child);
    QVERIFY((*child)->startTimeTicks() > 0);
    QSignalSpy spy(child->get(), &ChildProcess::exited);
    QVERIFY((*child)->sendSignal(SIGTERM));
    QVERIFY(spy.wait(10000));
    QCOMPARE(spy.first().at(0).toInt(), SIGTERM);
    QCOMPARE(spy.first().at(1).toBool(), true);
}

void TestProcess::destroyKillsOrLeaves_data()
{
    QTest::addColumn<bool>("leave");
    QTest::newRow("kill") << false;
    QTest::newRow("leave") << true;
}

void TestProcess::destroyKillsOrLeaves()
{
    QFETCH(bool, leave);
    SpawnOptions options = shell(u"exec sleep 1000"_s);
    options.onDestroy = leave ? OnDestroy::Leave : OnDestroy::Kill;
    auto child = ChildProcess::spawn(options);
    QVERIFY(child);
    const pid_t pid = (*child)->pid();
    child->reset();
    if (leave) {
        QCOMPARE(::kill(pid, 0), 0);
        ::kill(pid, SIGKILL);
        QCOMPARE(::waitpid(pid, nullptr, 0), pid);
    } else {
        QCOMPARE(::waitpid(pid, nullptr, WNOHANG), -1);
    }
}

void TestProcess::leftChildIsReaped()
{
    SpawnOptions options = shell(u"sleep 1000"_s);
    options.onDestroy = OnDestroy::Leave;
    auto child = ChildProcess::spawn(options);
    QVERIFY(child);
    const pid_t pid = (*child)->pid();
    child->reset();
    QCOMPARE(::kill(pid, SIGKILL), 0);
    // A zombie keeps its folder in /proc.
    QTRY_VERIFY(!QFile::exists(u"/proc/%1"_s.arg(pid)));
}

void TestProcess::entersNamespaces()
{
    SpawnOptions other;
    other.argv = { u"unshare"_s, u"--net"_s, u"sleep"_s, u"1000"_s };
    if (::geteuid() != 0)
        other.argv.insert(1, u"--map-root-user"_s);
    auto home = ChildProcess::spawn(other);
    QVERIFY(home);
    const auto networkOf = [](const QString& process) {
        return QFile::symLinkTarget(u"/proc/%1/ns/net"_s.arg(process)).section(u'/', -1);
    };
    const QString pid = QString::number((*home)->pid());
    QTRY_VERIFY((*home)->isRunning() ? networkOf(pid) != networkOf(u"self"_s) : true);
    if (!(*home)->isRunning())
        QSKIP("namespaces cannot be made here");

    QFile given(m_dir.filePath(u"given"_s));
    QVERIFY(given.open(QIODevice::WriteOnly));
    SpawnOptions options = shell(u"readlink /proc/self/ns/net; pwd; echo to >&7; ls -C /proc/self/fd"_s);
    options.stdoutPath = m_dir.filePath(u"namespaces"_s);
    options.workingDirectory = u"/usr"_s;
    options.fds = { { given.handle(), 7 } };
    options.enter = { (*home)->pidFd(), ::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWNET | CLONE_NEWUSER };
    auto child = ChildProcess::spawn(options);
    QVERIFY2(child, qPrintable(child ? QString() : child.error().message()));
    QSignalSpy exited(child->get(), &ChildProcess::exited);
    QVERIFY(exited.wait(cutover::patience::limitMs));
    QCOMPARE(exited[0][0].toInt(), 0);
    const QByteArrayList said = contents(options.stdoutPath).split('\n');
    QCOMPARE(QString::fromLatin1(said[0]), networkOf(pid));
    QCOMPARE(said[1], QByteArray("/usr"));
    QCOMPARE(contents(given.fileName()), QByteArray("to\n"));
    // ls itself has the folder open as 3.
    QCOMPARE(said[2].simplified(), QByteArray("0 1 2 3 7"));

    options.argv = { u"/dev/null"_s };
    const auto refused = ChildProcess::spawn(options);
    QVERIFY(!refused);
}

void TestProcess::namespacesThatCannotBeEntered()
{
    SpawnOptions options = shell(u"true"_s);
    QFile noProcess(u"/dev/null"_s);
    QVERIFY(noProcess.open(QIODevice::ReadOnly));
    options.enter = { noProcess.handle(), CLONE_NEWNET };
    const auto child = ChildProcess::spawn(options);
    QVERIFY(!child);
    QVERIFY2(child.error().attempt.contains(u"namespaces"), qPrintable(child.error().message()));
}

void TestProcess::onlyNamedFdsAreInherited()
{
    const QString out = m_dir.filePath(u"fds"_s);
    // Not close-on-exec on purpose: even such an fd must not arrive.
    const UniqueFd leak = UniqueFd::adopt(::open("/dev/null", O_RDONLY)); // NOLINT(android-cloexec-open)
    const UniqueFd passed = UniqueFd::adopt(::memfd_create("passed", MFD_CLOEXEC));
    SpawnOptions options;
    options.argv = { u"ls"_s, u"-l"_s, u"/proc/self/fd"_s };
    options.stdoutPath = out;
    options.fds = { { passed.get(), 9 } };
    auto child = ChildProcess::spawn(options);
    QVERIFY(child);
    QSignalSpy spy(child->get(), &ChildProcess::exited);
    QVERIFY(spy.wait(10000));
    const QByteArray list = contents(out);
    QVERIFY2(list.contains(" 9 -> /memfd:passed"), list.constData());
    // "total", the standard three, the passed one, and ls' own view of the folder
    QVERIFY2(list.trimmed().split('\n').size() == 6, list.constData());
    QVERIFY(leak);
}

void TestProcess::fdNumbersMaySwap()
{
    const UniqueFd a = UniqueFd::adopt(::memfd_create("a", MFD_CLOEXEC));
    const UniqueFd b = UniqueFd::adopt(::memfd_create("b", MFD_CLOEXEC));
    const QString out = m_dir.filePath(u"swap"_s);
    SpawnOptions options = shell(u"readlink /proc/$$/fd/%1 /proc/$$/fd/%2"_s.arg(a.get()).arg(b.get()));
    options.stdoutPath = out;
    options.fds = { { a.get(), b.get() }, { b.get(), a.get() } };
    auto child = ChildProcess::spawn(options);
    QVERIFY(child);
    QSignalSpy spy(child->get(), &ChildProcess::exited);
    QVERIFY(spy.wait(10000));
    QCOMPARE(contents(out), QByteArray("/memfd:b (deleted)\n/memfd:a (deleted)\n"));
}

void TestProcess::outputIsAppended()
{
    const QString out = m_dir.filePath(u"log"_s);
    for (int round = 0; round < 2; ++round) {
        SpawnOptions options = shell(u"echo out; echo err >&2; read x && echo input"_s);
        options.stdoutPath = out;
        options.stderrPath = out;
        auto child = ChildProcess::spawn(options);
        QVERIFY(child);
        QSignalSpy spy(child->get(), &ChildProcess::exited);
        QVERIFY(spy.wait(10000));
    }
    QCOMPARE(contents(out), QByteArray("out\nerr\nout\nerr\n"));
    QCOMPARE(QFile::permissions(out) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
}

void TestProcess::workingFolderAndEnvironment()
{
    const QString out = m_dir.filePath(u"env"_s);
    SpawnOptions options;
    options.argv = { u"./script"_s, u"two words"_s };
    options.workingDirectory = m_dir.filePath(u"sub dir"_s);
    QVERIFY(QDir().mkpath(options.workingDirectory));
    QFile script(options.workingDirectory + u"/script"_s);
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("#!/bin/sh\npwd; echo \"$1|$A|$HOME\"\n");
    script.close();
    QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    options.environment = QStringList{ u"A=b c"_s };
    options.stdoutPath = out;
    auto child = ChildProcess::spawn(options);
    QVERIFY2(child, qPrintable(child ? QString() : child.error().message()));
    QSignalSpy spy(child->get(), &ChildProcess::exited);
    QVERIFY(spy.wait(10000));
    QCOMPARE(contents(out), (options.workingDirectory + u"\ntwo words|b c|\n"_s).toUtf8());
}

void TestProcess::signalsAreReset()
{
    const QString out = m_dir.filePath(u"signals"_s);
    sigset_t mask;
    ::sigemptyset(&mask);
    ::sigaddset(&mask, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &mask, nullptr);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    struct sigaction old{};
    ::sigaction(SIGPIPE, &ignore, &old);
    SpawnOptions options;
    options.argv = { u"grep"_s, u"^Sig[BI]"_s, u"/proc/self/status"_s };
    options.stdoutPath = out;
    auto child = ChildProcess::spawn(options);
    ::sigaction(SIGPIPE, &old, nullptr);
    ::sigprocmask(SIG_UNBLOCK, &mask, nullptr);
    QVERIFY(child);
    QSignalSpy spy(child->get(), &ChildProcess::exited);
    QVERIFY(spy.wait(10000));
    QCOMPARE(contents(out), QByteArray("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"));
}

void TestProcess::ownSession()
{
    SpawnOptions options = shell(u"exec sleep 1000"_s);
    options.ownSession = true;
    auto child = ChildProcess::spawn(options);
    QVERIFY(child);
    QCOMPARE(::getsid((*child)->pid()), (*child)->pid());
}

void TestProcess::badProgramsAreErrors_data()
{
    QTest::addColumn<QStringList>("argv");
    QTest::addColumn<QString>("folder");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("mentions");
    const QString plain = m_dir.filePath(u"plain"_s);
    QFile file(plain);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    const QString broken = m_dir.filePath(u"broken"_s);
    QFile bad(broken);
    QVERIFY(bad.open(QIODevice::WriteOnly));
    bad.write("\x7f"
              "ELF nonsense");
    bad.close();
    QVERIFY(bad.setPermissions(QFile::ReadOwner | QFile::ExeOwner));
    QTest::newRow("no argv") << QStringList() << QString() << int(ErrorCode::InvalidArgument)
                             << u"no program"_s;
    QTest::newRow("empty") << QStringList{ QString() } << QString() << int(ErrorCode::InvalidArgument)
                           << u"no program"_s;
    QTest::newRow("missing path") << QStringList{ u"/nonexistent/vmm"_s } << QString()
                                  << int(ErrorCode::NotFound) << u"/nonexistent/vmm"_s;
    QTest::newRow("missing name") << QStringList{ u"no-such-vmm"_s } << QString() << int(ErrorCode::NotFound)
                                  << u"PATH"_s;
    QTest::newRow("folder") << QStringList{ m_dir.path() } << QString() << int(ErrorCode::InvalidArgument)
                            << u"folder"_s;
    QTest::newRow("not executable") << QStringList{ plain } << QString() << int(ErrorCode::PermissionDenied)
                                    << plain;
    QTest::newRow("exec fails") << QStringList{ broken } << QString() << int(ErrorCode::System) << broken;
    QTest::newRow("no such working folder")
        << QStringList{ u"true"_s } << u"/nonexistent"_s << int(ErrorCode::NotFound) << u"/nonexistent"_s;
}

void TestProcess::badProgramsAreErrors()
{
    QFETCH(QStringList, argv);
    QFETCH(QString, folder);
    QFETCH(int, code);
    QFETCH(QString, mentions);
    const qsizetype before = openFds();
    SpawnOptions options;
    options.argv = argv;
    options.workingDirectory = folder;
    const auto child = ChildProcess::spawn(options);
    QVERIFY(!child);
    QCOMPARE(int(child.error().code), code);
    QVERIFY2(child.error().message().contains(mentions), qPrintable(child.error().message()));
    QCOMPARE(openFds(), before);
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1);
}

void TestProcess::handleWatchesAnotherProcess()
{
    auto child = ChildProcess::spawn(shell(u"exec sleep 1000"_s));
    QVERIFY(child);
    auto handle = ProcessHandle::open((*child)->pid(), (*child)->startTimeTicks());
    QVERIFY(handle);
    QVERIFY((*handle)->alive());
    QSignalSpy spy(handle->get(), &ProcessHandle::exited);
    QVERIFY((*handle)->sendSignal(SIGKILL));
    QVERIFY(spy.wait(10000));
    QVERIFY(!(*handle)->alive());
}

void TestProcess::handleRefusesAReusedPid()
{
    const quint64 own = processStartTime(::getpid()).value();
    const auto handle = ProcessHandle::open(::getpid(), own + 1);
    QVERIFY(!handle);
    QCOMPARE(handle.error().code, ErrorCode::NotFound);
    QVERIFY(ProcessHandle::open(::getpid(), own));
    QCOMPARE(ProcessHandle::open(0).error().code, ErrorCode::InvalidArgument);
    QCOMPARE(ProcessHandle::open(0x3fffffff).error().code, ErrorCode::NotFound);
}

void TestProcess::startTimeOfAnOddName()
{
    QVERIFY(QDir(m_dir.path()).mkpath(u"proc/42"_s));
    QFile file(m_dir.filePath(u"proc/42/stat"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("42 (a) b (c) S 1 42 42 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3\n");
    file.close();
    QCOMPARE(processStartTime(42, m_dir.filePath(u"proc"_s)).value(), 987654U);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("garbage");
    file.close();
    QCOMPARE(processStartTime(42, m_dir.filePath(u"proc"_s)).error().code, ErrorCode::Malformed);
}

QTEST_GUILESS_MAIN(TestProcess)
#include "tst_process.moc"
