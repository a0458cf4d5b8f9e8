// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/process.h"
#include "base/side.h"
#include "operator/sessionstate.h"
#include "qmp/client.h"
#include "timeline/record.h"
#include "trace/logfollower.h"
#include "trace/parser.h"

#include <QHash>
#include <QObject>

#include <memory>

namespace cutover::op {

/// One VMM as the session holds it: its monitor, its process, its log. All that it says goes into the
/// record. Owns the connection; owns the process only in the sense that it can end what it launched:
/// deleting an endpoint leaves the VMM running.
class Endpoint : public QObject
{
    Q_OBJECT
public:
    /// \a record is borrowed.
    Endpoint(Side side, timeline::Record& record, QObject* parent = nullptr);
    ~Endpoint() override;

    Side side() const { return m_side; }
    qmp::Client& client() { return m_client; }
    const qmp::Client& client() const { return m_client; }
    bool isConnected() const { return m_client.state() == qmp::Client::State::Ready; }

    /// Connects, and from the peer's credentials holds its process.
    void connectTo(const QString& path);
    /// Waits at \a path for the VMM to connect back.
    Result<void> listenAt(const QString& path);

    /// A process that is not ours, watched for its end.
    Result<void> watch(pid_t pid);
    /// A process we launched. \a errorsPath is where its stderr goes.
    void adopt(std::unique_ptr<ChildProcess> child, const QString& errorsPath);
    pid_t pid() const;
    quint64 startTimeTicks() const;
    bool isGone() const { return m_gone; }
    /// False as soon as the process has ended, also before exited() is delivered; true when none is known.
    bool isAlive() const;
    /// SIGKILL through the pidfd, for a launched process only; announced by exited().
    Result<void> kill();
    /// SIGCONT, also to a process that is not ours.
    Result<void> continueProcess();

    /// Follows its trace log; \a fromEnd leaves out what is already there.
    void followLog(const QString& path, bool fromEnd);
    /// Follows what process \a pid writes to its stderr from now on, where that is a file that can be read.
    void followErrors(pid_t pid);
    /// Reads what its log holds by now.
    void catchUp();
    const QString& logPath() const { return m_logPath; }

    /// The last lines of its stderr, at most 4 KiB.
    QString outputTail() const;
    /// As far as its log, read from the start of the process, proves it.
    RanGuest ranGuest() const;

    /// As qmp::Client::call(), with the guard against commands that would hurt left to the caller.
    void call(const QString& command, const QJsonObject& arguments, qmp::Client::Reply reply,
        int timeoutMs = 30'000);

Q_SIGNALS:
    void connected();
    void disconnected(const cutover::Error& error);
    /// Once; \a text says how it ended, as far as that is known.
    void exited(const QString& text);
    void vmEvent(const QString& name, const QJsonObject& data);
    /// Its log says that it did this to itself, as parseVmmFault() reads it, at \a timeNs (0: the log has no
    /// times). A log that is followed from its beginning tells of earlier migrations, too.
    void faultDone(const QString& fault, qint64 timeNs);

private:
    void processEnded(const QString& text);
    void takeTrace(const QByteArrayList& lines);
    void takeErrors(const QByteArrayList& lines);
    void noteProblem(const Error& error);
    bool isRepeated(const timeline::Event& event, int channel);
    void append(
        timeline::Category category, const QString& name, const QJsonObject& attributes, qint64 timeNs);

    Side m_side;
    timeline::Record& m_record;
    qmp::Client m_client;
    std::unique_ptr<ProcessHandle> m_process;
    std::unique_ptr<ChildProcess> m_child;
    std::unique_ptr<trace::LogFollower> m_log;
    std::unique_ptr<trace::LogFollower> m_errors; ///< the stderr of a process we launched
    QString m_logPath;
    QString m_errorsPath;
    qint64 m_errorsStart = 0; ///< bytes of the file that are not its own
    QHash<QString, int> m_messages; ///< how often in the log, less how often on stderr
    bool m_logIsComplete = false;
    bool m_gone = false;
    bool m_sawTrace = false;
    bool m_sawRunning = false;
};

} // namespace cutover::op
