// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/recording.h"
#include "timeline/recordingline.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <thread>

namespace cutover::timeline {

namespace {

constexpr qint64 blockSize = qint64{ 4 } * 1024 * 1024;
constexpr unsigned maxThreads = 4;

QString attempt()
{
    return QStringLiteral("read the recording");
}

/// Some whole lines of the file, and what was read from them.
struct Block
{
    QByteArray text;
    std::vector<Event> events;
    RecordingDamage damage; ///< counted from the beginning of the block
    qint64 lines = 0;
    qint64 skipped = 0;

    void parse(bool endsFile);
};

void Block::parse(bool endsFile)
{
    events.clear();
    damage = {};
    lines = 0;
    skipped = 0;
    RecordingLineParser parser;
    const QByteArrayView all(text);
    qsizetype start = 0;
    while (start < all.size()) {
        const qsizetype found = all.indexOf('\n', start);
        const qsizetype end = found < 0 ? all.size() : found;
        const QByteArrayView line = all.sliced(start, end - start);
        const qint64 offset = std::exchange(start, end + 1);
        ++lines;
        if (line.trimmed().isEmpty())
            continue;
        if (line.size() > maxRecordingLine) {
            damage.add(lines, offset, false, QStringLiteral("it is too long"));
            continue;
        }
        Event event;
        QString cause;
        switch (parser.parse(line, event, cause)) {
        case RecordingLineParser::Parsed::Event:
            events.push_back(std::move(event));
            break;
        case RecordingLineParser::Parsed::Unknown:
            ++skipped;
            break;
        case RecordingLineParser::Parsed::Damaged:
            damage.add(lines, offset, endsFile && found < 0, cause);
            break;
        }
    }
}

/// Reads the file in blocks, several at a time.
class FileReader
{
public:
    FileReader(QFile& file, ReadProgress* progress)
        : m_file(file)
        , m_progress(progress)
        , m_blocks(std::clamp(std::thread::hardware_concurrency(), 1U, maxThreads))
    {
        if (progress)
            progress->bytesTotal = file.size();
    }

    /// Nothing where a line is too long to be read in this way.
    Result<std::optional<Recording>> read();

private:
    Result<bool> fill();
    void parse();
    void take();
    bool isCancelled() const { return m_progress && m_progress->cancelled; }

    QFile& m_file;
    ReadProgress* m_progress;
    std::vector<Block> m_blocks; ///< one for each thread; used again and again, since fresh memory is slow
    std::size_t m_filled = 0; ///< of them
    QByteArray m_carry; ///< the beginning of a line whose end is in the next block
    bool m_atEnd = false;
    qint64 m_lines = 0;
    qint64 m_bytes = 0;
    Recording m_recording;
};

/// False where a line is too long.
Result<bool> FileReader::fill()
{
    m_filled = 0;
    while (m_filled < m_blocks.size() && !m_atEnd) {
        QByteArray& text = m_blocks[m_filled].text;
        const qsizetype carried = m_carry.size();
        text.resize(carried + blockSize);
        std::ranges::copy(m_carry, text.begin());
        const qint64 got = m_file.read(text.data() + carried, blockSize);
        if (got < 0)
            return failure(ErrorCode::System, attempt(), m_file.fileName(), m_file.errorString());
        text.resize(carried + got);
        m_atEnd = got == 0;
        if (m_progress)
            m_progress->bytesRead += got;
        const qsizetype end = m_atEnd ? text.size() : text.lastIndexOf('\n') + 1;
        m_carry = text.sliced(end);
        if (m_carry.size() > maxRecordingLine)
            return false;
        text.truncate(end);
        if (!text.isEmpty())
            ++m_filled;
    }
    return true;
}

void FileReader::parse()
{
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < m_filled; ++i) {
        const bool last = m_atEnd && i + 1 == m_filled;
        threads.emplace_back([&block = m_blocks[i], last] { block.parse(last); });
    }
    if (m_filled > 0)
        m_blocks.front().parse(m_atEnd && m_filled == 1);
}

void FileReader::take()
{
    for (Block& block : std::span(m_blocks).first(m_filled)) {
        m_recording.damage.add(block.damage, m_lines, m_bytes);
        m_recording.skippedEvents += block.skipped;
        m_lines += block.lines;
        m_bytes += block.text.size();
        std::vector<Event>& events = m_recording.events;
        events.insert(events.end(), std::make_move_iterator(block.events.begin()),
            std::make_move_iterator(block.events.end()));
    }
}

Result<std::optional<Recording>> FileReader::read()
{
    RecordingReader header(&m_file);
    auto first = header.readHeader();
    if (!first)
        return std::unexpected(first.error());
    m_recording.header = *first;
    m_lines = 1;
    m_bytes = header.bytesRead();
    if (!m_file.seek(m_bytes))
        return failure(ErrorCode::System, attempt(), m_file.fileName(), m_file.errorString());
    while (!m_atEnd) {
        if (isCancelled())
            return failure(ErrorCode::Cancelled, attempt(), m_file.fileName(), QStringLiteral("cancelled"));
        const auto filled = fill();
        if (!filled)
            return std::unexpected(filled.error());
        if (!*filled)
            return std::optional<Recording>();
        parse();
        take();
    }
    return std::optional(std::move(m_recording));
}

/// For what cannot be read in blocks: pipes, and lines that are too long.
Result<Recording> readLineByLine(QFile& file, ReadProgress* progress)
{
    RecordingReader reader(&file);
    Recording recording;
    auto header = reader.readHeader();
    if (!header)
        return std::unexpected(header.error());
    recording.header = *header;
    constexpr std::size_t batch = 10'000;
    for (;;) {
        if (progress && progress->cancelled)
            return failure(ErrorCode::Cancelled, attempt(), file.fileName(), QStringLiteral("cancelled"));
        const auto got = reader.read(recording.events, batch);
        if (!got)
            return std::unexpected(got.error());
        if (*got == 0)
            break;
        if (progress)
            progress->bytesRead = reader.bytesRead();
    }
    recording.damage = reader.damage();
    recording.skippedEvents = reader.skippedEvents();
    return recording;
}

} // namespace

Result<Recording> readRecording(const QString& path, ReadProgress* progress)
{
    QFile file(path);
    if (QFileInfo(path).isDir())
        return failure(ErrorCode::Malformed, attempt(), path, QStringLiteral("it is a folder"));
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered)) {
        const ErrorCode code = !file.exists()               ? ErrorCode::NotFound
            : file.error() == QFileDevice::PermissionsError ? ErrorCode::PermissionDenied
                                                            : ErrorCode::System;
        return failure(code, attempt(), path, file.errorString());
    }
    if (file.isSequential())
        return readLineByLine(file, progress);
    auto recording = FileReader(file, progress).read();
    if (!recording)
        return std::unexpected(recording.error());
    if (*recording)
        return std::move(**recording);
    file.seek(0);
    return readLineByLine(file, progress);
}

} // namespace cutover::timeline
