// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/tracelog.h"

#include "base/clock.h"
#include "trace/parser.h"

#include <QDateTime>
#include <QFile>
#include <QRegularExpression>
#include <QTimeZone>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace cutover::vmm {

using namespace Qt::StringLiterals;

static constexpr qsizetype heldBytes = 64 * 1024;

const QStringList& traceEventNames()
{
    static const QStringList names{
        u"cpr_find_fd"_s,
        u"cpr_save_fd"_s,
        u"cpr_state_load"_s,
        u"cpr_state_save"_s,
        u"cpr_transfer_input"_s,
        u"cpr_transfer_output"_s,
        u"migrate_error"_s,
        u"migrate_set_state"_s,
        u"migration_call_notifiers"_s,
        u"migration_cancel"_s,
        u"migration_cleanup"_s,
        u"migration_socket_incoming_accepted"_s,
        u"migration_socket_outgoing_connected"_s,
        u"migration_socket_outgoing_error"_s,
        u"qemu_ram_alloc_shared"_s,
        u"runstate_set"_s,
        u"vm_state_notify"_s,
        u"vmstate_downtime_checkpoint"_s,
        u"vmstate_downtime_load"_s,
        u"vmstate_downtime_save"_s,
        u"x_device_ownership"_s,
    };
    return names;
}

static QStringList matching(const QString& pattern)
{
    if (!pattern.contains(u'*') && !pattern.contains(u'?'))
        return traceEventNames().contains(pattern) ? QStringList{ pattern } : QStringList();
    const auto expression = QRegularExpression::fromWildcard(
        pattern, Qt::CaseSensitive, QRegularExpression::NonPathWildcardConversion);
    return traceEventNames().filter(expression);
}

TraceLog::~TraceLog()
{
    flush();
}

Result<void> TraceLog::openFile(const QString& path)
{
    const int fd = ::open(
        QFile::encodeName(path).constData(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return systemError(u"open the log"_s, path, errno);
    const std::scoped_lock lock(m_mutex);
    m_file = UniqueFd::adopt(fd);
    return {};
}

bool TraceLog::setEnabled(const QString& pattern, bool on)
{
    const QStringList names = matching(pattern);
    const std::scoped_lock lock(m_mutex);
    for (const QString& name : names) {
        if (on)
            m_enabled.insert(name);
        else
            m_enabled.remove(name);
    }
    return !names.isEmpty();
}

QList<TraceLog::Event> TraceLog::events(const QString& pattern) const
{
    QList<Event> list;
    const std::scoped_lock lock(m_mutex);
    for (const QString& name : matching(pattern))
        list.append({ .name = name, .enabled = m_enabled.contains(name) });
    return list;
}

bool TraceLog::isEnabled(const QString& event) const
{
    const std::scoped_lock lock(m_mutex);
    return m_enabled.contains(event);
}

/// With nanoseconds, which QEMU's readers take as well as its microseconds.
static QByteArray timeText(qint64 timeNs)
{
    const QDateTime time = QDateTime::fromSecsSinceEpoch(timeNs / 1'000'000'000, QTimeZone::UTC);
    return time.toString(u"yyyy-MM-ddTHH:mm:ss"_s).toLatin1() + '.'
        + QByteArray::number(timeNs % 1'000'000'000).rightJustified(9, '0') + "Z ";
}

void TraceLog::write(const QString& event, const QString& arguments, qint64 timeNs)
{
    const std::scoped_lock lock(m_mutex);
    if (!m_enabled.contains(event))
        return;
    QByteArray line = m_timestamps ? timeText(timeNs > 0 ? timeNs : realtimeNs()) : QByteArray();
    line += event.toUtf8() + ' ' + arguments.toUtf8();
    append(std::move(line));
}

void TraceLog::writeNow(const QString& event, const QString& arguments)
{
    const std::scoped_lock lock(m_mutex);
    const QByteArray time = m_timestamps ? timeText(realtimeNs()) : QByteArray();
    put(time + event.toUtf8() + ' ' + arguments.toUtf8() + '\n');
}

void TraceLog::report(const QString& text)
{
    const std::scoped_lock lock(m_mutex);
    const QByteArray time = m_timestamps ? timeText(realtimeNs()) : QByteArray();
    const QByteArray line = time + "cutover-vmm: " + text.toUtf8();
    if (m_file) {
        const QByteArray whole = line + '\n';
        std::ignore = ::write(STDERR_FILENO, whole.constData(), std::size_t(whole.size()));
    }
    append(line);
}

void TraceLog::append(QByteArray line)
{
    line.replace('\n', ' ');
    m_pending += line + '\n';
    if (!m_holding)
        writeOut();
}

void TraceLog::writeOut()
{
    put(m_pending);
    m_pending.resize(0);
}

void TraceLog::put(const QByteArray& text) const
{
    const int fd = m_file ? m_file.get() : STDERR_FILENO;
    const char* next = text.constData();
    qsizetype left = text.size();
    while (left > 0) {
        const ssize_t written = ::write(fd, next, std::size_t(left));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break; // a log that cannot be written must not stop a VM
        next += written;
        left -= written;
    }
}

void TraceLog::holdBack()
{
    const std::scoped_lock lock(m_mutex);
    m_holding = true;
    m_pending.reserve(heldBytes);
}

void TraceLog::flush()
{
    const std::scoped_lock lock(m_mutex);
    m_holding = false;
    writeOut();
}

} // namespace cutover::vmm
