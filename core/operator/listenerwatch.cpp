// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/listenerwatch.h"

#include "operator/procfs.h"

#include <QFileInfo>

#include <algorithm>

namespace cutover::op {

/// Between two looks at the kernel's table; a look takes some tens of microseconds.
static constexpr int intervalMs = 3;

bool isListening(const QString& path, pid_t process)
{
    const auto sockets = ProcFs().unixSockets(process);
    if (!sockets)
        return false;
    const QString wanted = QFileInfo(path).absoluteFilePath();
    return std::ranges::any_of(*sockets, [&](const UnixSocketEntry& socket) {
        return socket.path == wanted && socket.state == UnixSocketEntry::State::Listening;
    });
}

ListenerWatch::ListenerWatch(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(intervalMs);
    connect(&m_timer, &QTimer::timeout, this, &ListenerWatch::look);
}

void ListenerWatch::start(const QString& path, pid_t process)
{
    m_process = process;
    m_path = path;
    m_timer.start();
}

void ListenerWatch::stop()
{
    m_timer.stop();
}

void ListenerWatch::look()
{
    if (!isListening(m_path, m_process))
        return;
    m_timer.stop();
    Q_EMIT listening();
}

} // namespace cutover::op
