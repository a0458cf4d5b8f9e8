// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "timeline/event.h"
#include "timeline/recordingline.h"

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QTimer>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

class QIODevice;

/// A recording is a text file in UTF-8, one JSON object a line (JSON Lines, ".cutover"). The first line is
/// the header:
///   {"format":"cutover-recording","version":1,"created":"2026-11-21T09:00:00.123Z","program":"cutover
///   0.1.0"}
/// each other line an event:
///   {"time":1795253994813290000,"side":"source","category":"trace","name":"...","attributes":{...}}
/// in the order of arrival. time is CLOCK_REALTIME in ns, left out if it is not known; empty attributes are
/// left out. A reader ignores fields that it does not know and skips events of a side or category that it
/// does not know. "version" grows only when that is not enough.
namespace cutover::timeline {

class Record;

inline constexpr int recordingVersion = 1;
/// Of one line, without its end. A longer event is written without its attributes.
inline constexpr qsizetype maxRecordingLine = qsizetype{ 16 } * 1024 * 1024;

struct RecordingHeader
{
    int version = recordingVersion;
    QString created; ///< ISO 8601
    QString program; ///< what wrote it, with its version

    bool operator==(const RecordingHeader&) const = default;
};

/// The header and the event as a line, with its end.
QByteArray recordingLine(const RecordingHeader& header);
QByteArray recordingLine(const Event& event);

/// Writes a recording as events come. What it holds back it writes within a quarter of a second, with
/// flush(), and at its end. When the disk is full, the file is cut back to its last whole line and nothing
/// more is written.
class RecordingWriter : public QObject
{
    Q_OBJECT
public:
    enum class Existing : std::uint8_t { Keep, Overwrite };

    explicit RecordingWriter(QObject* parent = nullptr);
    /// Flushes.
    ~RecordingWriter() override;

    /// Creates \a path (0600) and writes the header at once. With Keep an existing file is an error
    /// (Refused).
    Result<void> open(const QString& path, const QString& program, Existing existing = Existing::Keep);
    void append(std::span<const Event> events);
    /// Writes what the record holds, and from then on what it gets. The record may be deleted first.
    void follow(const Record* record);
    /// The first error ends the recording: every later call returns it, and nothing is written any more.
    Result<void> flush();
    /// Flushes and closes.
    Result<void> close();

    bool isOpen() const { return static_cast<bool>(m_file); }
    const QString& path() const { return m_path; }
    qint64 bytesWritten() const { return m_wholeBytes; }

Q_SIGNALS:
    /// Once: the recording ended early. Its file is valid as far as it goes.
    void failed(const cutover::Error& error);

private:
    void writeOut();
    void fail(int sysErrno);

    QString m_path;
    UniqueFd m_file;
    QByteArray m_buffer;
    qint64 m_wholeBytes = 0; ///< length of the file up to the last whole line that was written
    Result<void> m_result;
    QTimer m_timer;
};

/// What is wrong with a recording that could still be read in part.
struct RecordingDamage
{
    qint64 line = 0; ///< of the first damage, 1 = the header; 0 = there is none
    qint64 byteOffset = 0; ///< where that line begins
    qint64 lines = 0; ///< how many lines are damaged, and left out
    bool cut = false; ///< the file ends within a line
    QString cause; ///< of the first

    void add(qint64 damagedLine, qint64 offset, bool isCut, const QString& why);
    /// That of a later part of the file, which counts its lines and bytes from its own beginning.
    void add(const RecordingDamage& later, qint64 linesBefore, qint64 bytesBefore);

    bool isDamaged() const { return lines > 0; }
    /// One sentence; empty without damage.
    QString message() const;
};

/// Reads a recording piece by piece, from any device that can be read.
class RecordingReader
{
public:
    /// \a device is open, and outlives the reader.
    explicit RecordingReader(QIODevice* device);
    ~RecordingReader();
    RecordingReader(const RecordingReader&) = delete;
    RecordingReader& operator=(const RecordingReader&) = delete;

    /// To be called first. Malformed: this is no recording. Unsupported: it is from a newer version.
    Result<RecordingHeader> readHeader();
    /// Appends up to \a count events to \a events and returns how many; 0 at the end. Damaged lines are left
    /// out and told by damage(); only a failing device is an error.
    Result<std::size_t> read(std::vector<Event>& events, std::size_t count);

    const RecordingDamage& damage() const { return m_damage; }
    qint64 skippedEvents() const { return m_skipped; } ///< of an unknown side or category
    qint64 bytesRead() const { return m_offset; } ///< for a progress display

private:
    struct Line;
    Result<Line> nextLine();
    Result<bool> fill();
    void addDamage(const Line& line, const QString& cause);

    QIODevice* m_device;
    QByteArray m_buffer;
    qsizetype m_position = 0; ///< of the next line in the buffer
    qint64 m_offset = 0; ///< of the next line in the file
    qint64 m_line = 0; ///< number of the line that was read last
    RecordingLineParser m_parser;
    RecordingDamage m_damage;
    qint64 m_skipped = 0;
};

struct Recording
{
    RecordingHeader header;
    std::vector<Event> events;
    RecordingDamage damage;
    qint64 skippedEvents = 0;
};

/// How far readRecording() has come; shared with another thread, which may also cancel it.
struct ReadProgress
{
    std::atomic<qint64> bytesRead = 0;
    std::atomic<qint64> bytesTotal = 0; ///< 0 = not known
    std::atomic<bool> cancelled = false;
};

/// The whole file at once, on several threads. The error's code is Cancelled where \a progress said so.
Result<Recording> readRecording(const QString& path, ReadProgress* progress = nullptr);

} // namespace cutover::timeline
