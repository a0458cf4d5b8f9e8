// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QByteArray>
#include <QByteArrayList>
#include <QObject>
#include <QSocketNotifier>
#include <QString>
#include <QTimer>

#include <cstdint>
#include <memory>

namespace cutover::trace {

/// Follows a log file that another process writes: hands out its complete lines as they come. The file may
/// not exist yet, grow, be truncated (it is then read from its new beginning), or be removed, renamed and
/// replaced (the rest of the old one is read first). Uses inotify on the file's folder, which must exist.
///
/// Reads in slices, so that a large file does not hold up the event loop.
class LogFollower : public QObject
{
    Q_OBJECT
public:
    enum class StartAt : std::uint8_t {
        Beginning,
        End, ///< of the file as it is at start(); a file that appears later is read whole
    };

    /// A longer line is handed out cut to this many bytes; its rest is dropped.
    static constexpr qsizetype maxLineLength = 64 * 1024;

    explicit LogFollower(QObject* parent = nullptr);
    ~LogFollower() override;

    /// Starts over with \a path. An error leaves the follower stopped.
    Result<void> start(const QString& path, StartAt startAt = StartAt::Beginning);
    /// No signal comes after it. What was not read is not read any more: see readNow().
    void stop();
    bool isActive() const { return m_inotify.get() >= 0; }
    const QString& path() const { return m_path; }

    /// Hands out, before it returns, all lines that are in the file by now. With \a lastLine also one that
    /// has no line end yet: for a log whose writer is gone.
    void readNow(bool lastLine = false);

Q_SIGNALS:
    /// Complete lines in their order, without line ends; never empty.
    void lines(const QByteArrayList& lines);
    /// The file could not be read; following goes on. A receiver must not delete the follower directly.
    void failed(const cutover::Error& error);

private:
    enum class Progress : std::uint8_t { More, Drained };

    void handleNotify();
    void schedule();
    void readSlice();
    Progress readOnce(QByteArrayList& out);
    Result<void> openFile(StartAt startAt);
    void take(QByteArrayView bytes, QByteArrayList& out);
    void flushPartial(QByteArrayList& out);
    void report(const Error& error);

    QString m_path;
    UniqueFd m_inotify;
    std::unique_ptr<QSocketNotifier> m_notifier;
    UniqueFd m_file;
    qint64 m_offset = 0;
    quint64 m_device = 0;
    quint64 m_inode = 0;
    QByteArray m_partial; ///< the line that has no end yet
    bool m_skipping = false; ///< inside the rest of a line that was cut
    int m_reportedErrno = 0; ///< the failure that was told last; not told twice in a row
    QTimer m_timer;
};

} // namespace cutover::trace
