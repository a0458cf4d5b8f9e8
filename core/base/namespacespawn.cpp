// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "base/namespacespawn.h"

#include "base/uniquefd.h"

#include <QFile>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

namespace cutover {

namespace {

enum class Step : int { Enter, Prepare, Execute };

struct ChildFailure
{
    Step step = Step::Prepare;
    int sysErrno = 0;
};

/// Runs in the child of a process with threads: system calls only.
[[noreturn]] void report(int pipe, Step step)
{
    const ChildFailure failure{ .step = step, .sysErrno = errno };
    std::ignore = ::write(pipe, &failure, sizeof failure);
    ::_exit(127);
}

[[noreturn]] void becomeProgram(const PreparedProgram& program, int pipe)
{
    for (int signal = 1; signal < SIGRTMIN; ++signal)
        ::signal(signal, SIG_DFL);
    if (::setns(program.namespacePidFd, program.namespaceKinds) != 0)
        report(pipe, Step::Enter);
    if (program.ownSession && ::setsid() < 0)
        report(pipe, Step::Prepare);
    int highest = STDERR_FILENO;
    for (const auto& [ours, theirs] : program.fds)
        highest = std::max(highest, theirs);
    // Everything else closes at exec, so that the pipe lives until then.
    if (::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        report(pipe, Step::Prepare);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0)
        report(pipe, Step::Prepare);
    for (const auto& [ours, theirs] : program.fds) {
        if (theirs == pipe) {
            pipe = ::fcntl(pipe, F_DUPFD_CLOEXEC, highest + 1);
            if (pipe < 0)
                ::_exit(127);
        }
        if (::dup2(ours, theirs) < 0)
            report(pipe, Step::Prepare);
    }
    if (program.workingDirectory && ::chdir(program.workingDirectory) != 0)
        report(pipe, Step::Prepare);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::execve(program.path, program.argv, program.environment);
    report(pipe, Step::Execute);
}

} // namespace

Result<pid_t> spawnInNamespaces(const PreparedProgram& program)
{
    const QString attempt = QStringLiteral("start the program");
    const QString path = QFile::decodeName(program.path);
    std::array<int, 2> ends{ -1, -1 };
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return systemError(attempt, path, errno);
    const UniqueFd here = UniqueFd::adopt(ends[0]);
    UniqueFd there = UniqueFd::adopt(ends[1]);
    // A handler of ours must not run in the child.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0)
        becomeProgram(program, there.get());
    const int forkErrno = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0)
        return systemError(attempt, path, forkErrno);
    there.reset();
    ChildFailure failed;
    ssize_t count = 0;
    while ((count = ::read(here.get(), &failed, sizeof failed)) < 0 && errno == EINTR) { }
    if (count != sizeof failed)
        return pid;
    ::waitpid(pid, nullptr, 0);
    if (failed.step == Step::Enter)
        return systemError(QStringLiteral("enter the namespaces of the other process"), {}, failed.sysErrno);
    return systemError(attempt, path, failed.sysErrno);
}

} // namespace cutover
