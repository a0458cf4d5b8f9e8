// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/recording.h"

#include <QFile>
#include <QIODevice>
#include <QJsonDocument>

#include <algorithm>
#include <cstring>

namespace cutover::timeline {

namespace {

constexpr qint64 blockSize = 1024 * 1024;

QString attempt()
{
    return QStringLiteral("read the recording");
}

QString nameOf(QIODevice* device)
{
    const auto* file = qobject_cast<QFile*>(device);
    return file ? file->fileName() : QString();
}

} // namespace

/// A line in the buffer; valid until the next one is read.
struct RecordingReader::Line
{
    QByteArrayView text;
    qint64 offset = 0;
    bool isEnd = false; ///< there is none
    bool isCut = false; ///< the file ended before the line did
    bool isTooLong = false;
};

RecordingReader::RecordingReader(QIODevice* device)
    : m_device(device)
{
}

RecordingReader::~RecordingReader() = default;

/// False at the end of the file.
Result<bool> RecordingReader::fill()
{
    m_buffer.remove(0, m_position);
    m_position = 0;
    const qsizetype before = m_buffer.size();
    m_buffer.resize(before + blockSize);
    const qint64 got = m_device->read(m_buffer.data() + before, blockSize);
    m_buffer.resize(before + std::max<qint64>(got, 0));
    if (got < 0)
        return failure(ErrorCode::System, attempt(), nameOf(m_device), m_device->errorString());
    return got > 0;
}

Result<RecordingReader::Line> RecordingReader::nextLine()
{
    Line line;
    line.offset = m_offset;
    qsizetype searched = 0;
    for (;;) {
        const QByteArrayView rest = QByteArrayView(m_buffer).sliced(m_position);
        const qsizetype end = rest.indexOf('\n', searched);
        if (end >= 0) {
            line.text = rest.first(end);
            line.isTooLong |= end > maxRecordingLine;
            m_position += end + 1;
            m_offset += end + 1;
            break;
        }
        searched = rest.size();
        if (searched > maxRecordingLine) {
            line.isTooLong = true;
            // An endless first line, as of /dev/zero, is no header.
            if (m_line == 0)
                return line;
            m_offset += searched;
            m_position = m_buffer.size();
            searched = 0;
        }
        const auto more = fill();
        if (!more)
            return std::unexpected(more.error());
        if (!*more) {
            line.text = QByteArrayView(m_buffer).sliced(m_position);
            line.isEnd = line.text.isEmpty() && !line.isTooLong;
            line.isCut = !line.isEnd;
            m_position = m_buffer.size();
            m_offset += line.text.size();
            break;
        }
    }
    if (!line.isEnd)
        ++m_line;
    return line;
}

void RecordingReader::addDamage(const Line& line, const QString& cause)
{
    m_damage.add(m_line, line.offset, line.isCut, cause);
}

Result<RecordingHeader> RecordingReader::readHeader()
{
    const auto line = nextLine();
    if (!line)
        return std::unexpected(line.error());
    const QJsonObject object = QJsonDocument::fromJson(line->text.toByteArray()).object();
    if (object.value(QLatin1StringView("format")).toString() != u"cutover-recording") {
        return failure(ErrorCode::Malformed, attempt(), nameOf(m_device),
            line->isEnd ? QStringLiteral("the file is empty")
                        : QStringLiteral("it is not a Cutover recording"));
    }
    const qint64 version = object.value(QLatin1StringView("version")).toInteger();
    if (version > recordingVersion) {
        return failure(ErrorCode::Unsupported, attempt(), nameOf(m_device),
            QStringLiteral("its format has version %1, this program reads up to %2")
                .arg(version)
                .arg(recordingVersion),
            QStringLiteral("Open it with a newer Cutover."));
    }
    if (version < 1) {
        return failure(ErrorCode::Malformed, attempt(), nameOf(m_device),
            QStringLiteral("its header has no valid version"));
    }
    return RecordingHeader{ .version = static_cast<int>(version),
        .created = object.value(QLatin1StringView("created")).toString(),
        .program = object.value(QLatin1StringView("program")).toString() };
}

Result<std::size_t> RecordingReader::read(std::vector<Event>& events, std::size_t count)
{
    std::size_t found = 0;
    while (found < count) {
        const auto line = nextLine();
        if (!line)
            return std::unexpected(line.error());
        if (line->isEnd)
            break;
        if (line->isTooLong) {
            addDamage(*line, QStringLiteral("it is too long"));
            continue;
        }
        if (line->text.trimmed().isEmpty())
            continue;
        Event event;
        QString cause;
        switch (m_parser.parse(line->text, event, cause)) {
        case RecordingLineParser::Parsed::Event:
            events.push_back(std::move(event));
            ++found;
            break;
        case RecordingLineParser::Parsed::Unknown:
            ++m_skipped;
            break;
        case RecordingLineParser::Parsed::Damaged:
            addDamage(*line, cause);
            break;
        }
    }
    return found;
}

void RecordingDamage::add(qint64 damagedLine, qint64 offset, bool isCut, const QString& why)
{
    if (lines++ == 0) {
        line = damagedLine;
        byteOffset = offset;
        cause = isCut ? QStringLiteral("the file is cut off in it") : why;
    }
    cut |= isCut;
}

void RecordingDamage::add(const RecordingDamage& later, qint64 linesBefore, qint64 bytesBefore)
{
    if (!later.isDamaged())
        return;
    if (!isDamaged()) {
        line = linesBefore + later.line;
        byteOffset = bytesBefore + later.byteOffset;
        cause = later.cause;
    }
    lines += later.lines;
    cut |= later.cut;
}

QString RecordingDamage::message() const
{
    if (!isDamaged())
        return {};
    const QString text
        = QStringLiteral("The recording is damaged: line %1, at byte %2, could not be read (%3).")
              .arg(line)
              .arg(byteOffset)
              .arg(cause);
    if (lines == 1)
        return text;
    return text + QStringLiteral(" %1 lines are left out in all.").arg(lines);
}

} // namespace cutover::timeline
