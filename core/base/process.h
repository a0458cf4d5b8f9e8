// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QObject>
#include <QStringList>

#include <memory>
#include <optional>
#include <sys/types.h>
#include <utility>
#include <vector>

class QSocketNotifier;

namespace cutover {

/// Start time of a process in clock ticks since boot (proc(5), stat field 22): with the pid it names
/// one process for ever, which a pid alone does not. \a procRoot is for tests.
Result<quint64> processStartTime(pid_t pid, const QString& procRoot = QStringLiteral("/proc"));

/// What happens to a running child when its owner is destroyed.
enum class OnDestroy : std::uint8_t { Kill, Leave };

struct SpawnOptions
{
    /// argv[0] is the program: a path, or a name to look up in PATH. A relative path counts from
    /// workingDirectory.
    QStringList argv;
    /// "NAME=value" entries; nullopt inherits ours.
    std::optional<QStringList> environment;
    QString workingDirectory; ///< empty: ours
    /// Opened for appending, created with mode 0600; empty: /dev/null, unless the fd below is set.
    QString stdoutPath;
    QString stderrPath; ///< may equal stdoutPath
    UniqueFd stdoutFd; ///< takes precedence over stdoutPath
    UniqueFd stderrFd;
    /// (our fd, its number in the child, 3..1023). Borrowed for the call. Everything else is closed.
    std::vector<std::pair<int, int>> fds;
    bool ownSession = false; ///< setsid: our terminal's signals do not reach it
    /// The namespaces of another process that the child moves into before it executes the program: pidfd,
    /// borrowed for the call, and CLONE_NEWUSER, CLONE_NEWNET or both.
    std::optional<std::pair<int, int>> enter;
    OnDestroy onDestroy = OnDestroy::Kill;
};

/// Owner of a child process. The child starts with default signal dispositions, an empty signal mask,
/// /dev/null as standard input and no fds but those that were named. Lives on one thread with an event loop.
class ChildProcess : public QObject
{
    Q_OBJECT
public:
    /// Returns after the program was executed; an exec that fails is an Error that names the program,
    /// and then nothing has been started.
    static Result<std::unique_ptr<ChildProcess>> spawn(const SpawnOptions& options);
    /// Kill: sends SIGKILL and waits for the end (a second at most). Leave: the child goes on, and is reaped
    /// when it ends as long as QCoreApplication's event loop runs.
    ~ChildProcess() override;

    pid_t pid() const { return m_pid; }
    quint64 startTimeTicks() const { return m_startTime; }
    int pidFd() const { return m_pidFd.get(); }
    bool isRunning() const { return m_running; }
    void setOnDestroy(OnDestroy policy) { m_onDestroy = policy; }

    /// Never reaches another process, even if the pid was reused. An ended child is a NotFound error.
    Result<void> sendSignal(int signal);
    Result<void> kill();

Q_SIGNALS:
    /// Once, from the event loop. \a code is the exit status, or the signal's number if \a signalled.
    void exited(int code, bool signalled);

private:
    ChildProcess(pid_t pid, UniqueFd pidFd, quint64 startTime, OnDestroy policy);
    void reap();

    pid_t m_pid;
    UniqueFd m_pidFd;
    quint64 m_startTime;
    OnDestroy m_onDestroy;
    bool m_running = true;
    QSocketNotifier* m_notifier;
};

/// A process that need not be our child, held by a pidfd: signals reach this process or nobody.
class ProcessHandle : public QObject
{
    Q_OBJECT
public:
    /// \a startTime, if given, must match (processStartTime), otherwise the pid is another process
    /// by now and the error is NotFound.
    static Result<std::unique_ptr<ProcessHandle>> open(pid_t pid, std::optional<quint64> startTime = {});
    ~ProcessHandle() override;

    pid_t pid() const { return m_pid; }
    quint64 startTimeTicks() const { return m_startTime; }
    int pidFd() const { return m_pidFd.get(); }
    /// False as soon as all its threads have ended, also while nobody has reaped it.
    bool alive() const;
    Result<void> sendSignal(int signal);

Q_SIGNALS:
    /// Once, from the event loop.
    void exited();

private:
    ProcessHandle(pid_t pid, UniqueFd pidFd, quint64 startTime);

    pid_t m_pid;
    UniqueFd m_pidFd;
    quint64 m_startTime;
    QSocketNotifier* m_notifier;
};

} // namespace cutover
