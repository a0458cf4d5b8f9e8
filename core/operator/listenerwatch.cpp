// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/listenerwatch.h"

#include <QFile>
#include <QFileInfo>

namespace cutover::op {

/// Between two looks at the kernel's table; a look takes some tens of microseconds.
static constexpr int intervalMs = 3;

bool isListening(const QString& path)
{
    QFile table(QStringLiteral("/proc/net/unix"));
    if (!table.open(QIODevice::ReadOnly))
        return false;
    const QByteArray wanted = QFile::encodeName(QFileInfo(path).absoluteFilePath());
    // Columns: Num RefCount Protocol Flags Type St Inode Path; __SO_ACCEPTCON is 0x10000.
    while (!table.atEnd()) {
        const QByteArray line = table.readLine().trimmed();
        if (!line.endsWith(wanted))
            continue;
        const QList<QByteArray> columns = line.simplified().split(' ');
        bool valid = false;
        if (columns.size() >= 8 && (columns[3].toUInt(&valid, 16) & 0x10000U) != 0 && valid
            && line.mid(line.indexOf(columns[7], line.indexOf(columns[6]) + columns[6].size())) == wanted)
            return true;
    }
    return false;
}

ListenerWatch::ListenerWatch(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(intervalMs);
    connect(&m_timer, &QTimer::timeout, this, &ListenerWatch::look);
}

void ListenerWatch::start(const QString& path)
{
    m_path = path;
    m_timer.start();
}

void ListenerWatch::stop()
{
    m_timer.stop();
}

void ListenerWatch::look()
{
    if (!isListening(m_path))
        return;
    m_timer.stop();
    Q_EMIT listening();
}

} // namespace cutover::op
