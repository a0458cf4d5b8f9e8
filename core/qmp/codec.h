// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <QByteArray>
#include <QJsonObject>

#include <cstdint>
#include <optional>

namespace cutover::qmp {

/// One top-level JSON text of a QMP stream.
struct Message
{
    /// Exactly the bytes received, from the opening brace to the closing one, without the white space around
    /// it. Of malformed input: the bytes up to the error, at most 4096 of them.
    QByteArray raw;
    qint64 offset = 0; ///< of raw's first byte in the stream
    /// Integers in the range of qint64 keep their value (QJsonValue::toInteger()); greater ones become
    /// double. Errors: Malformed (not JSON, not UTF-8, not an object) or LimitExceeded (size, depth); the
    /// cause names the byte offset in the stream, or the limit.
    Result<QJsonObject> object;
};

struct CodecLimits
{
    qsizetype maxMessageBytes = qsizetype{ 64 } * 1024 * 1024;
    int maxDepth = 1024; ///< QEMU's own limit; greater values have no effect
};

/// Cuts a QMP byte stream of any chunking into messages. A message ends with its closing brace, so that one
/// per line (what QEMU sends), several on a line, and one spread over lines (pretty=on) are all understood.
/// The time taken is linear in the number of bytes, whatever the chunks.
///
/// After malformed input the reader is in step again behind the next line feed, or behind a control
/// character or byte 0xFE or 0xFF, which no JSON text contains and which a client sends to resynchronise.
class MessageReader
{
public:
    explicit MessageReader(CodecLimits limits = {});

    void append(QByteArrayView bytes);
    /// The next complete message, or nothing until more bytes are appended.
    std::optional<Message> next();

    /// Whether the bytes appended so far end inside a message.
    bool insideMessage() const { return m_state != State::Between && m_state != State::Skipping; }
    /// Bytes held for the message to come.
    qsizetype pendingBytes() const { return m_buffer.size() - m_begin; }

private:
    enum class State : std::uint8_t { Between, Structure, String, Escape, Skipping };

    Message take(qsizetype end);
    Message fail(qsizetype end, ErrorCode code, const QString& cause);
    std::optional<Message> scanBetween(char byte);
    std::optional<Message> scanStructure(char byte);
    std::optional<Message> scanString(char byte);
    Message strayByte(qsizetype position);
    qint64 streamOffset(qsizetype position) const { return m_dropped + position; }
    void dropConsumed();

    CodecLimits m_limits;
    QByteArray m_buffer;
    QByteArray m_open; ///< the brackets that are open, innermost last
    qsizetype m_begin = 0; ///< of the current message in m_buffer
    qsizetype m_scan = 0; ///< first byte not looked at
    qint64 m_dropped = 0; ///< bytes of the stream that are no longer in m_buffer
    State m_state = State::Between;
};

/// \a message on one line with its line feed, as it goes on the wire.
QByteArray encode(const QJsonObject& message);

} // namespace cutover::qmp
