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

enum class Parsed : std::uint8_t { Event, Unknown, Damaged };

Parsed parseEvent(QByteArrayView text, Event& event, QString& cause)
{
    QJsonParseError error;
    const QJsonDocument document
        = QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), text.size()), &error);
    if (!document.isObject()) {
        cause = error.error == QJsonParseError::NoError ? QStringLiteral("it is no object")
                                                        : error.errorString();
        return Parsed::Damaged;
    }
    const QJsonObject object = document.object();
    const QJsonValue name = object.value(QLatin1StringView("name"));
    const QJsonValue side = object.value(QLatin1StringView("side"));
    const QJsonValue category = object.value(QLatin1StringView("category"));
    if (!name.isString() || !side.isString() || !category.isString()) {
        cause = QStringLiteral("it has no side, category or name");
        return Parsed::Damaged;
    }
    const auto knownSide = sideFromId(side.toString());
    const auto knownCategory = categoryFromId(category.toString());
    if (!knownSide || !knownCategory)
        return Parsed::Unknown;
    event.side = *knownSide;
    event.category = *knownCategory;
    event.name = name.toString();
    event.timeNs = std::max<qint64>(object.value(QLatin1StringView("time")).toInteger(), 0);
    event.attributes = object.value(QLatin1StringView("attributes")).toObject();
    return Parsed::Event;
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
    if (m_damage.lines++ == 0) {
        m_damage.line = m_line;
        m_damage.byteOffset = line.offset;
        m_damage.cause = cause;
    }
    m_damage.cut |= line.isCut;
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
        switch (parseEvent(line->text, event, cause)) {
        case Parsed::Event:
            events.push_back(std::move(event));
            ++found;
            break;
        case Parsed::Unknown:
            ++m_skipped;
            break;
        case Parsed::Damaged:
            addDamage(*line, line->isCut ? QStringLiteral("the file is cut off in it") : cause);
            break;
        }
    }
    return found;
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

Result<Recording> readRecording(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
        const ErrorCode code = !file.exists()               ? ErrorCode::NotFound
            : file.error() == QFileDevice::PermissionsError ? ErrorCode::PermissionDenied
                                                            : ErrorCode::System;
        return failure(code, attempt(), path, file.errorString());
    }
    RecordingReader reader(&file);
    Recording recording;
    auto header = reader.readHeader();
    if (!header)
        return std::unexpected(header.error());
    recording.header = *header;
    constexpr std::size_t batch = 10'000;
    for (;;) {
        const auto got = reader.read(recording.events, batch);
        if (!got)
            return std::unexpected(got.error());
        if (*got == 0)
            break;
    }
    recording.damage = reader.damage();
    recording.skippedEvents = reader.skippedEvents();
    return recording;
}

} // namespace cutover::timeline
