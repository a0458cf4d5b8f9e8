// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cli/output.h"

#include <QSocketNotifier>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

namespace cutover::cli {

static bool isWritable(int fd, int timeoutMs)
{
    pollfd entry{ .fd = fd, .events = POLLOUT, .revents = 0 };
    return ::poll(&entry, 1, timeoutMs) > 0;
}

Output::Output(int fd, QObject* parent)
    : QObject(parent)
    , m_fd(fd)
{
}

Output::~Output()
{
    flush();
}

void Output::write(const QByteArray& bytes)
{
    if (m_fd < 0) {
        m_collected += bytes;
        return;
    }
    if (m_error != 0 || m_readerGone)
        return;
    m_waiting += bytes;
    advance();
}

// The fd is shared with others, so its mode stays as it is: poll() promises room for PIPE_BUF bytes.
void Output::advance()
{
    while (m_written < m_waiting.size() && isWritable(m_fd, 0)) {
        const auto length = std::min<qsizetype>(PIPE_BUF, m_waiting.size() - m_written);
        const auto count = ::write(m_fd, m_waiting.constData() + m_written, static_cast<std::size_t>(length));
        if (count >= 0) {
            m_written += count;
            continue;
        }
        if (errno == EINTR || errno == EAGAIN)
            break;
        m_readerGone = errno == EPIPE || errno == EIO;
        m_error = m_readerGone ? 0 : errno;
        m_written = m_waiting.size();
    }
    if (m_written == m_waiting.size()) {
        m_waiting.clear();
        m_written = 0;
        if (m_notifier)
            m_notifier->setEnabled(false);
        return;
    }
    if (!m_notifier) {
        m_notifier = std::make_unique<QSocketNotifier>(m_fd, QSocketNotifier::Write);
        connect(m_notifier.get(), &QSocketNotifier::activated, this, &Output::advance);
    }
    m_notifier->setEnabled(true);
}

bool Output::flush()
{
    while (!m_waiting.isEmpty()) {
        isWritable(m_fd, -1);
        advance();
    }
    return m_error == 0 && !m_readerGone;
}

} // namespace cutover::cli
