// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QByteArray>
#include <QSet>
#include <QString>
#include <QStringList>

#include <mutex>

namespace cutover::vmm {

/// The trace log in the format of QEMU's "log" trace backend: "TIME event arguments", or without the time.
/// Names and formats are those of trace/vocabulary.h. Any thread.
class TraceLog
{
public:
    struct Event
    {
        QString name;
        bool enabled = false;
    };

    TraceLog() = default;
    ~TraceLog();
    TraceLog(const TraceLog&) = delete;
    TraceLog& operator=(const TraceLog&) = delete;

    /// Writes to \a path from now on, which is created or emptied; without it lines go to standard error.
    Result<void> openFile(const QString& path);
    void setTimestamps(bool on) { m_timestamps = on; }
    bool timestamps() const { return m_timestamps; }

    /// Switches every event that matches \a pattern ("*" and "?" as in QEMU's -trace), with effect for all
    /// later ones. Returns whether there is any such event.
    bool setEnabled(const QString& pattern, bool on);
    /// Those that match, by name.
    QList<Event> events(const QString& pattern) const;

    bool isEnabled(const QString& event) const;
    /// One event; \a timeNs is CLOCK_REALTIME, 0 = now.
    void write(const QString& event, const QString& arguments = {}, qint64 timeNs = 0);
    /// One event at once: whether or not it is enabled, and ahead of what is held back.
    void writeNow(const QString& event, const QString& arguments);
    /// An error message, also to standard error if the log is a file.
    void report(const QString& text);

    /// Until flush() everything is collected: nothing is written during a switchover.
    void holdBack();
    void flush();

private:
    void append(QByteArray line);
    void writeOut();
    void put(const QByteArray& text) const;

    mutable std::mutex m_mutex;
    UniqueFd m_file;
    QSet<QString> m_enabled;
    QByteArray m_pending;
    bool m_holding = false;
    bool m_timestamps = false;
};

/// The names of all events this VMM can emit, sorted.
const QStringList& traceEventNames();

} // namespace cutover::vmm
