// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/process.h"

#include "base/logging.h"
#include "base/namespacespawn.h"
#include "base/orphan.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSocketNotifier>
#include <QStandardPaths>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cutover {

namespace {

constexpr int firstChildFd = 3;
constexpr int lastChildFd = 1023;
constexpr int destroyWaitMs = 1000;

Result<UniqueFd> openPidFd(pid_t pid)
{
    const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0)
        return systemError(QStringLiteral("watch the process"), QString::number(pid), errno);
    return UniqueFd::adopt(fd); // a pidfd is always close-on-exec
}

Result<void> signalThrough(const UniqueFd& pidFd, pid_t pid, int signal)
{
    if (::syscall(SYS_pidfd_send_signal, pidFd.get(), signal, nullptr, 0) != 0)
        return systemError(QStringLiteral("send a signal to the process"), QString::number(pid), errno);
    return {};
}

bool hasEnded(const UniqueFd& pidFd, int timeoutMs)
{
    pollfd entry{ .fd = pidFd.get(), .events = POLLIN, .revents = 0 };
    return ::poll(&entry, 1, timeoutMs) == 1;
}

Result<QString> resolveProgram(const SpawnOptions& options)
{
    const QString attempt = QStringLiteral("start the program");
    if (options.argv.isEmpty() || options.argv.first().isEmpty())
        return failure(ErrorCode::InvalidArgument, attempt, {}, QStringLiteral("no program is named"));
    const QString& program = options.argv.first();
    for (const QString& argument : options.argv) {
        if (argument.contains(QChar(u'\0')))
            return failure(ErrorCode::InvalidArgument, attempt, program,
                QStringLiteral("an argument contains a NUL character"));
    }
    if (!program.contains(u'/')) {
        const QString found = QStandardPaths::findExecutable(program);
        if (found.isEmpty())
            return failure(
                ErrorCode::NotFound, attempt, program, QStringLiteral("it is not in any folder of PATH"));
        return found;
    }
    const QString path
        = QDir(options.workingDirectory.isEmpty() ? QDir::currentPath() : options.workingDirectory)
              .absoluteFilePath(program);
    const QFileInfo info(path);
    if (!info.exists())
        return systemError(attempt, path, ENOENT);
    if (info.isDir())
        return failure(ErrorCode::InvalidArgument, attempt, path, QStringLiteral("it is a folder"));
    if (!info.isExecutable())
        return failure(ErrorCode::PermissionDenied, attempt, path, QStringLiteral("it is not executable"));
    return path;
}

Result<UniqueFd> openOutput(const QString& path, const QString& folder)
{
    const QString absolute = path.isEmpty()
        ? QStringLiteral("/dev/null")
        : QDir(folder.isEmpty() ? QDir::currentPath() : folder).absoluteFilePath(path);
    const int fd = ::open(
        QFile::encodeName(absolute).constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return systemError(QStringLiteral("open the output file"), absolute, errno);
    return UniqueFd::adopt(fd);
}

class FileActions
{
public:
    FileActions() { ::posix_spawn_file_actions_init(&m_actions); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&m_actions); }
    Q_DISABLE_COPY_MOVE(FileActions)
    posix_spawn_file_actions_t* get() { return &m_actions; }

private:
    posix_spawn_file_actions_t m_actions{};
};

class Attributes
{
public:
    Attributes() { ::posix_spawnattr_init(&m_attributes); }
    ~Attributes() { ::posix_spawnattr_destroy(&m_attributes); }
    Q_DISABLE_COPY_MOVE(Attributes)
    posix_spawnattr_t* get() { return &m_attributes; }

private:
    posix_spawnattr_t m_attributes{};
};

/// Copies of the fds to pass, all above the highest number used in the child, so that no dup2 into
/// place can overwrite an fd that is still to be placed.
Result<std::vector<std::pair<UniqueFd, int>>> liftFds(const std::vector<std::pair<int, int>>& mapping)
{
    int highest = STDERR_FILENO;
    for (const auto& [ours, theirs] : mapping)
        highest = std::max(highest, theirs);
    std::vector<std::pair<UniqueFd, int>> lifted;
    for (const auto& [ours, theirs] : mapping) {
        const int copy = ::fcntl(ours, F_DUPFD_CLOEXEC, highest + 1);
        if (copy < 0)
            return systemError(QStringLiteral("pass the fd to the program"), QString::number(ours), errno);
        lifted.emplace_back(UniqueFd::adopt(copy), theirs);
    }
    return lifted;
}

Result<void> checkChildFds(const SpawnOptions& options)
{
    std::vector<int> numbers;
    for (const auto& [ours, theirs] : options.fds) {
        if (theirs < firstChildFd || theirs > lastChildFd || std::ranges::contains(numbers, theirs))
            return failure(ErrorCode::InvalidArgument, QStringLiteral("start the program"),
                options.argv.value(0), QStringLiteral("fd number %1 in the child is not usable").arg(theirs));
        numbers.push_back(theirs);
    }
    return {};
}

void addFdActions(FileActions& actions, const std::vector<std::pair<UniqueFd, int>>& lifted)
{
    int highest = STDERR_FILENO;
    std::vector<int> used;
    for (const auto& [fd, number] : lifted) {
        ::posix_spawn_file_actions_adddup2(actions.get(), fd.get(), number);
        used.push_back(number);
        highest = std::max(highest, number);
    }
    for (int number = firstChildFd; number < highest; ++number) {
        if (!std::ranges::contains(used, number))
            ::posix_spawn_file_actions_addclose(actions.get(), number);
    }
    ::posix_spawn_file_actions_addclosefrom_np(actions.get(), highest + 1);
}

void setSignals(Attributes& attributes, bool ownSession)
{
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(attributes.get(), &none);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    for (const int signal : { SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM,
             SIGTSTP, SIGTTIN, SIGTTOU })
        ::sigaddset(&defaults, signal);
    ::posix_spawnattr_setsigdefault(attributes.get(), &defaults);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (ownSession)
        flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(attributes.get(), static_cast<short>(flags));
}

std::vector<QByteArray> encode(const QStringList& strings)
{
    std::vector<QByteArray> bytes;
    bytes.reserve(static_cast<std::size_t>(strings.size()));
    for (const QString& string : strings)
        bytes.push_back(QFile::encodeName(string));
    return bytes;
}

std::vector<char*> pointers(std::vector<QByteArray>& strings)
{
    std::vector<char*> result;
    result.reserve(strings.size() + 1);
    for (QByteArray& string : strings)
        result.push_back(string.data());
    result.push_back(nullptr);
    return result;
}

using LiftedFds = std::vector<std::pair<UniqueFd, int>>;

Result<pid_t> spawnHere(const QString& program, const SpawnOptions& options,
    std::vector<QByteArray>& arguments, char** environment, const LiftedFds& lifted)
{
    FileActions actions;
    ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    addFdActions(actions, lifted);
    if (!options.workingDirectory.isEmpty())
        ::posix_spawn_file_actions_addchdir_np(
            actions.get(), QFile::encodeName(options.workingDirectory).constData());
    Attributes attributes;
    setSignals(attributes, options.ownSession);
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, QFile::encodeName(program).constData(), actions.get(),
        attributes.get(), pointers(arguments).data(), environment);
    if (error != 0)
        return systemError(QStringLiteral("start the program"), program, error);
    return pid;
}

Result<pid_t> spawnElsewhere(const QString& program, const SpawnOptions& options,
    std::vector<QByteArray>& arguments, char** environment, const LiftedFds& lifted)
{
    const QByteArray path = QFile::encodeName(program);
    const QByteArray folder = QFile::encodeName(options.workingDirectory);
    const std::vector<char*> argv = pointers(arguments);
    PreparedProgram prepared{ .path = path.constData(),
        .argv = argv.data(),
        .environment = environment,
        .workingDirectory = folder.isEmpty() ? nullptr : folder.constData(),
        .fds = {},
        .ownSession = options.ownSession,
        .namespacePidFd = options.enter->first,
        .namespaceKinds = options.enter->second };
    for (const auto& [fd, number] : lifted)
        prepared.fds.emplace_back(fd.get(), number);
    return spawnInNamespaces(prepared);
}

} // namespace

Result<quint64> processStartTime(pid_t pid, const QString& procRoot)
{
    const QString path = QStringLiteral("%1/%2/stat").arg(procRoot).arg(pid);
    QFile file(path);
    const QString attempt = QStringLiteral("read the start time of the process");
    if (!file.open(QIODevice::ReadOnly))
        return systemError(attempt, QString::number(pid), ENOENT);
    const QByteArray stat = file.read(4096);
    // The name (field 2) can hold spaces and parentheses; the last ')' ends it.
    const qsizetype nameEnd = stat.lastIndexOf(')');
    constexpr qsizetype startTimeAfterName = 22 - 3;
    const QList<QByteArray> fields = stat.sliced(nameEnd + 1).simplified().split(' ');
    bool ok = false;
    const quint64 ticks = nameEnd > 0 ? fields.value(startTimeAfterName).toULongLong(&ok) : 0;
    if (!ok)
        return failure(ErrorCode::Malformed, attempt, path, QStringLiteral("the line is not as expected"));
    return ticks;
}

ChildProcess::ChildProcess(pid_t pid, UniqueFd pidFd, quint64 startTime, OnDestroy policy)
    : m_pid(pid)
    , m_pidFd(std::move(pidFd))
    , m_startTime(startTime)
    , m_onDestroy(policy)
    , m_notifier(new QSocketNotifier(m_pidFd.get(), QSocketNotifier::Read, this))
{
    connect(m_notifier, &QSocketNotifier::activated, this, &ChildProcess::reap);
}

ChildProcess::~ChildProcess()
{
    m_notifier->setEnabled(false);
    if (!m_running)
        return;
    if (m_onDestroy == OnDestroy::Kill) {
        std::ignore = kill();
        hasEnded(m_pidFd, destroyWaitMs);
    }
    siginfo_t info{};
    const int waited = ::waitid(P_PIDFD, static_cast<id_t>(m_pidFd.get()), &info, WEXITED | WNOHANG);
    if (waited == 0 && info.si_pid == 0) {
        delete std::exchange(m_notifier, nullptr);
        reapLater(std::move(m_pidFd));
    }
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::spawn(const SpawnOptions& options)
{
    const Result<QString> program = resolveProgram(options);
    if (!program)
        return std::unexpected(program.error());
    if (const Result<void> checked = checkChildFds(options); !checked)
        return std::unexpected(checked.error());
    const QString attempt = QStringLiteral("start the program");
    if (!options.workingDirectory.isEmpty() && !QFileInfo(options.workingDirectory).isDir())
        return failure(ErrorCode::NotFound, attempt, *program,
            QStringLiteral("its working folder %1 does not exist").arg(options.workingDirectory));

    std::array<UniqueFd, 2> outputs;
    const std::array<std::pair<const UniqueFd*, const QString*>, 2> wanted{
        { { &options.stdoutFd, &options.stdoutPath }, { &options.stderrFd, &options.stderrPath } }
    };
    std::vector<std::pair<int, int>> mapping = options.fds;
    for (std::size_t index = 0; index < outputs.size(); ++index) {
        const auto& [fd, path] = wanted.at(index);
        if (!*fd) {
            Result<UniqueFd> opened = openOutput(*path, options.workingDirectory);
            if (!opened)
                return std::unexpected(opened.error());
            outputs.at(index) = std::move(*opened);
        }
        mapping.emplace_back(*fd ? fd->get() : outputs.at(index).get(), static_cast<int>(index) + 1);
    }
    const auto lifted = liftFds(mapping);
    if (!lifted)
        return std::unexpected(lifted.error());

    std::vector<QByteArray> arguments = encode(options.argv);
    std::vector<QByteArray> variables = encode(options.environment.value_or(QStringList()));
    std::vector<char*> ownEnvironment = pointers(variables);
    char** environment = options.environment ? ownEnvironment.data() : environ;
    const Result<pid_t> pid = options.enter
        ? spawnElsewhere(*program, options, arguments, environment, *lifted)
        : spawnHere(*program, options, arguments, environment, *lifted);
    if (!pid)
        return std::unexpected(pid.error());

    Result<UniqueFd> pidFd = openPidFd(*pid);
    if (!pidFd) {
        // Not reaped yet, so the pid is still this child's.
        ::kill(*pid, SIGKILL);
        ::waitpid(*pid, nullptr, 0);
        return std::unexpected(pidFd.error());
    }
    const quint64 startTime = processStartTime(*pid).value_or(0);
    qCDebug(lcProcess) << "started" << *pid << options.argv;
    return std::unique_ptr<ChildProcess>(
        new ChildProcess(*pid, std::move(*pidFd), startTime, options.onDestroy));
}

void ChildProcess::reap()
{
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(m_pidFd.get()), &info, WEXITED | WNOHANG) != 0) {
        if (errno == EINTR)
            return;
    } else if (info.si_pid == 0) {
        return;
    }
    m_notifier->setEnabled(false);
    m_running = false;
    Q_EMIT exited(info.si_status, info.si_code != CLD_EXITED);
}

Result<void> ChildProcess::sendSignal(int signal)
{
    return signalThrough(m_pidFd, m_pid, signal);
}

Result<void> ChildProcess::kill()
{
    return sendSignal(SIGKILL);
}

ProcessHandle::ProcessHandle(pid_t pid, UniqueFd pidFd, quint64 startTime)
    : m_pid(pid)
    , m_pidFd(std::move(pidFd))
    , m_startTime(startTime)
    , m_notifier(new QSocketNotifier(m_pidFd.get(), QSocketNotifier::Read, this))
{
    connect(m_notifier, &QSocketNotifier::activated, this, [this] {
        m_notifier->setEnabled(false);
        Q_EMIT exited();
    });
}

ProcessHandle::~ProcessHandle() = default;

Result<std::unique_ptr<ProcessHandle>> ProcessHandle::open(pid_t pid, std::optional<quint64> startTime)
{
    const QString attempt = QStringLiteral("watch the process");
    if (pid <= 0)
        return failure(ErrorCode::InvalidArgument, attempt, QString::number(pid),
            QStringLiteral("a process id is a positive number"));
    Result<UniqueFd> pidFd = openPidFd(pid);
    if (!pidFd)
        return std::unexpected(pidFd.error());
    const Result<quint64> actual = processStartTime(pid);
    if (!actual)
        return std::unexpected(actual.error());
    // The pidfd pins the process; if it ended before stat was read, the pid may already be another's.
    if (hasEnded(*pidFd, 0) || (startTime && *startTime != *actual))
        return failure(ErrorCode::NotFound, attempt, QString::number(pid),
            QStringLiteral("the process has ended; its number may belong to another one now"));
    return std::unique_ptr<ProcessHandle>(new ProcessHandle(pid, std::move(*pidFd), *actual));
}

bool ProcessHandle::alive() const
{
    return !hasEnded(m_pidFd, 0);
}

Result<void> ProcessHandle::sendSignal(int signal)
{
    return signalThrough(m_pidFd, m_pid, signal);
}

} // namespace cutover
