// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/process.h"
#include "qmp/client.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <utility>
#include <vector>

namespace cutover::lab {

/// A VMM of a lab that has just been started: its process, and the wait until its monitor answers. The
/// monitor is free for others when started() is emitted. Asynchronous; once for each launch().
class LabSource : public QObject
{
    Q_OBJECT
public:
    explicit LabSource(QObject* parent = nullptr);
    ~LabSource() override;

    /// \a argv runs in \a folder, in a session of its own; what it prints goes to \a errorPath. It inherits
    /// \a fds, borrowed for the call: (our number, its number). Leads to started() or failed(), never from
    /// inside, unless it fails at once.
    Result<void> launch(const QStringList& argv, const QString& folder, const QString& qmpPath,
        const QString& errorPath, const std::vector<std::pair<int, int>>& fds = {});
    /// No signal follows; the process goes on.
    void giveUp();
    /// Ends the process and waits for its end (a second at most).
    void end() { m_process.reset(); }

    bool isRunning() const { return m_process && m_process->isRunning(); }
    pid_t pid() const { return m_process ? m_process->pid() : 0; }
    quint64 startTimeTicks() const { return m_process ? m_process->startTimeTicks() : 0; }
    const qmp::Greeting& greeting() const { return m_greeting; }
    void setOnDestroy(OnDestroy policy);

Q_SIGNALS:
    void started();
    /// It has ended before its monitor answered; the error's cause is what it printed last.
    void failed(const cutover::Error& error);

private:
    void poll();
    void processExited(int code, bool signalled);

    QString m_program;
    QString m_qmpPath;
    QString m_errorPath;
    qmp::Greeting m_greeting;
    std::unique_ptr<ChildProcess> m_process;
    std::unique_ptr<qmp::Client> m_client;
    QTimer m_pollTimer;
    bool m_over = false;
};

} // namespace cutover::lab
