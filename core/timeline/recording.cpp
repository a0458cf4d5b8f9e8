// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/recording.h"
#include "timeline/record.h"

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cutover::timeline {

namespace {

constexpr qsizetype bufferSize = 256 * 1024;
constexpr int flushAfterMs = 250;

void appendString(QByteArray& out, const QString& text)
{
    out += '"';
    for (const char c : text.toUtf8()) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            constexpr QByteArrayView digits("0123456789abcdef");
            out += "\\u00";
            out += digits[c >> 4];
            out += digits[c & 0xf];
        } else {
            out += c;
        }
    }
    out += '"';
}

QByteArray eventStart(const Event& event)
{
    QByteArray line("{");
    if (event.timeNs > 0)
        line += "\"time\":" + QByteArray::number(event.timeNs) + ',';
    line += "\"side\":\"" + sideId(event.side).toLatin1() + "\",\"category\":\""
        + categoryId(event.category).toLatin1() + "\",\"name\":";
    appendString(line, event.name);
    return line;
}

QString attempt()
{
    return QStringLiteral("write the recording");
}

} // namespace

QByteArray recordingLine(const RecordingHeader& header)
{
    const QJsonObject object{ { QStringLiteral("format"), QStringLiteral("cutover-recording") },
        { QStringLiteral("version"), header.version }, { QStringLiteral("created"), header.created },
        { QStringLiteral("program"), header.program } };
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

QByteArray recordingLine(const Event& event)
{
    QByteArray line = eventStart(event);
    if (!event.attributes.isEmpty()) {
        const QByteArray attributes = QJsonDocument(event.attributes).toJson(QJsonDocument::Compact);
        if (line.size() + attributes.size() + 32 <= maxRecordingLine)
            line += ",\"attributes\":" + attributes;
        else
            line += ",\"attributes\":{\"omittedBytes\":" + QByteArray::number(attributes.size()) + '}';
    }
    line += "}\n";
    return line;
}

RecordingWriter::RecordingWriter(QObject* parent)
    : QObject(parent)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(flushAfterMs);
    connect(&m_timer, &QTimer::timeout, this, [this] { writeOut(); });
}

RecordingWriter::~RecordingWriter()
{
    const QSignalBlocker blocker(this);
    writeOut();
}

Result<void> RecordingWriter::open(const QString& path, const QString& program, Existing existing)
{
    if (isOpen()) {
        return failure(ErrorCode::Busy, attempt(), path,
            QString(QStringLiteral("a recording is being written to ") + m_path));
    }
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        | (existing == Existing::Keep ? O_EXCL : O_TRUNC);
    UniqueFd file = UniqueFd::adopt(::open(QFile::encodeName(path).constData(), flags, 0600));
    if (!file && errno == EEXIST) {
        struct stat status{};
        const bool isFile = ::lstat(QFile::encodeName(path).constData(), &status) == 0
            && (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode));
        return isFile ? failure(ErrorCode::Refused, attempt(), path, QStringLiteral("the file exists"),
                            QStringLiteral("Choose another name, or delete the file first."))
                      : failure(ErrorCode::Refused, attempt(), path,
                            QStringLiteral("it exists and is no ordinary file"),
                            QStringLiteral("Choose the name of a new file."));
    }
    if (!file)
        return systemError(attempt(), path, errno);
    m_path = path;
    m_file = std::move(file);
    m_wholeBytes = 0;
    m_result = {};
    m_buffer = recordingLine(RecordingHeader{ .version = recordingVersion,
        .created = QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs),
        .program = program });
    return flush();
}

void RecordingWriter::append(std::span<const Event> events)
{
    if (!isOpen())
        return;
    for (const Event& event : events) {
        m_buffer += recordingLine(event);
        if (m_buffer.size() >= bufferSize)
            writeOut();
    }
    if (!m_buffer.isEmpty() && !m_timer.isActive())
        m_timer.start();
}

void RecordingWriter::follow(const Record* record)
{
    append(record->events());
    connect(record, &Record::appended, this, [this, record](std::size_t first, std::size_t count) {
        append(record->events().subspan(first, count));
    });
}

Result<void> RecordingWriter::flush()
{
    writeOut();
    return m_result;
}

Result<void> RecordingWriter::close()
{
    writeOut();
    m_timer.stop();
    m_file.reset();
    return m_result;
}

void RecordingWriter::writeOut()
{
    m_timer.stop();
    qsizetype done = 0;
    while (isOpen() && done < m_buffer.size()) {
        const ssize_t written = ::write(
            m_file.get(), m_buffer.constData() + done, static_cast<std::size_t>(m_buffer.size() - done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            const int sysErrno = errno;
            m_wholeBytes += m_buffer.first(done).lastIndexOf('\n') + 1;
            fail(sysErrno);
            return;
        }
        done += written;
    }
    m_wholeBytes += done;
    m_buffer.clear();
}

void RecordingWriter::fail(int sysErrno)
{
    // What follows the last whole line would be reported as damage.
    while (::ftruncate(m_file.get(), m_wholeBytes) != 0 && errno == EINTR) { }
    m_buffer.clear();
    m_file.reset();
    m_result = systemError(attempt(), m_path, sysErrno);
    if (sysErrno == ENOSPC || sysErrno == EDQUOT)
        m_result.error().remedy = QStringLiteral("Free some space; what was recorded until now can be read.");
    Q_EMIT failed(m_result.error());
}

} // namespace cutover::timeline
