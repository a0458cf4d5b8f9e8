// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <sys/types.h>

namespace cutover::op {

/// True when a unix stream socket listens at \a path, by the kernel's own table: connecting to find out
/// would take the one connection that a VMM accepts there. The table is that of the network namespace of \a
/// process; 0: ours.
bool isListening(const QString& path, pid_t process = 0);

/// Waits until somebody listens at a path.
class ListenerWatch : public QObject
{
    Q_OBJECT
public:
    explicit ListenerWatch(QObject* parent = nullptr);
    /// Replaces an earlier wait. There is no time limit: the caller's own ends it.
    /// \a process is the one that will listen, 0 = one of our own network namespace.
    void start(const QString& path, pid_t process = 0);
    void stop();

Q_SIGNALS:
    /// Once per start(), never from inside it.
    void listening();

private:
    void look();
    QString m_path;
    pid_t m_process = 0;
    QTimer m_timer;
};

} // namespace cutover::op
