// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/codec.h"

#include <QJsonDocument>

#include <algorithm>

namespace cutover::qmp {

static constexpr qsizetype maxRawOfError = 4096;
static constexpr qsizetype worthDropping = 65536;
static constexpr qsizetype worthFreeing = qsizetype{ 1024 } * 1024;
static constexpr int parserMaxDepth = 1024; // QJsonDocument refuses more

static bool isSpace(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/// Bytes that occur nowhere in a JSON text, not even in a string.
static bool isForbidden(char byte)
{
    const auto value = static_cast<unsigned char>(byte);
    return (value < 0x20 && !isSpace(byte)) || value >= 0xFE;
}

MessageReader::MessageReader(CodecLimits limits)
    : m_limits(limits)
{
    m_limits.maxMessageBytes = std::max(m_limits.maxMessageBytes, qsizetype{ 2 });
    m_limits.maxDepth = std::clamp(m_limits.maxDepth, 1, parserMaxDepth);
}

void MessageReader::append(QByteArrayView bytes)
{
    dropConsumed();
    m_buffer.append(bytes);
}

void MessageReader::dropConsumed()
{
    // Moving the rest down only when it is the smaller part keeps the total cost linear.
    if (m_begin == m_buffer.size()) {
        if (m_buffer.capacity() > worthFreeing)
            m_buffer = {};
        else
            m_buffer.truncate(0);
    } else if (m_begin >= worthDropping && m_begin >= m_buffer.size() / 2) {
        m_buffer.remove(0, m_begin);
    } else {
        return;
    }
    m_dropped += m_begin;
    m_scan -= m_begin;
    m_begin = 0;
}

std::optional<Message> MessageReader::next()
{
    while (m_scan < m_buffer.size()) {
        const char byte = m_buffer.at(m_scan++);
        if (m_scan - m_begin > m_limits.maxMessageBytes)
            return fail(m_scan, ErrorCode::LimitExceeded,
                QStringLiteral("the message is longer than the limit of %1 bytes")
                    .arg(m_limits.maxMessageBytes));
        std::optional<Message> message;
        switch (m_state) {
        case State::Between:
            message = scanBetween(byte);
            break;
        case State::Structure:
            message = scanStructure(byte);
            break;
        case State::String:
            message = scanString(byte);
            break;
        case State::Escape:
            m_state = State::String;
            if (isForbidden(byte) || byte == '\n')
                message = strayByte(m_scan - 1);
            break;
        case State::Skipping:
            m_begin = m_scan;
            if (byte == '\n' || isForbidden(byte))
                m_state = State::Between;
            break;
        }
        if (message)
            return message;
    }
    return std::nullopt;
}

std::optional<Message> MessageReader::scanBetween(char byte)
{
    if (isSpace(byte)) {
        m_begin = m_scan;
        return std::nullopt;
    }
    if (byte != '{' && byte != '[')
        return strayByte(m_scan - 1);
    m_open.append(byte);
    m_state = State::Structure;
    return std::nullopt;
}

std::optional<Message> MessageReader::scanStructure(char byte)
{
    switch (byte) {
    case '"':
        m_state = State::String;
        break;
    case '{':
    case '[':
        if (m_open.size() >= m_limits.maxDepth)
            return fail(m_scan, ErrorCode::LimitExceeded,
                QStringLiteral("the message is nested deeper than the limit of %1 levels")
                    .arg(m_limits.maxDepth));
        m_open.append(byte);
        break;
    case '}':
    case ']':
        if (m_open.back() != (byte == '}' ? '{' : '['))
            return strayByte(m_scan - 1);
        m_open.chop(1);
        if (m_open.isEmpty())
            return take(m_scan);
        break;
    default:
        if (isForbidden(byte))
            return strayByte(m_scan - 1);
        break;
    }
    return std::nullopt;
}

std::optional<Message> MessageReader::scanString(char byte)
{
    if (byte == '"')
        m_state = State::Structure;
    else if (byte == '\\')
        m_state = State::Escape;
    else if (isForbidden(byte) || byte == '\n')
        return strayByte(m_scan - 1);
    return std::nullopt;
}

Message MessageReader::take(qsizetype end)
{
    Message message{
        .raw = m_buffer.mid(m_begin, end - m_begin), .offset = streamOffset(m_begin), .object = {}
    };
    m_begin = end;
    m_state = State::Between;

    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(message.raw, &error);
    if (error.error != QJsonParseError::NoError) {
        message.object = failure(ErrorCode::Malformed, QStringLiteral("read the QMP message"), {},
            QStringLiteral("%1 at byte %2").arg(error.errorString()).arg(message.offset + error.offset));
        message.raw.truncate(maxRawOfError);
    } else if (!document.isObject()) {
        message.object = failure(ErrorCode::Malformed, QStringLiteral("read the QMP message"), {},
            QStringLiteral("not a JSON object at byte %1").arg(message.offset));
        message.raw.truncate(maxRawOfError);
    } else {
        message.object = document.object();
    }
    return message;
}

Message MessageReader::strayByte(qsizetype position)
{
    const auto value = static_cast<unsigned char>(m_buffer.at(position));
    const QString shown = value > 0x20 && value < 0x7F
        ? QStringLiteral("'%1'").arg(QLatin1Char(m_buffer.at(position)))
        : QStringLiteral("0x%1").arg(uint{ value }, 2, 16, QLatin1Char('0'));
    return fail(position + 1, ErrorCode::Malformed,
        QStringLiteral("unexpected %1 at byte %2").arg(shown).arg(streamOffset(position)));
}

Message MessageReader::fail(qsizetype end, ErrorCode code, const QString& cause)
{
    const char last = m_buffer.at(end - 1);
    m_state = last == '\n' || isForbidden(last) ? State::Between : State::Skipping;
    Message message{ .raw = m_buffer.mid(m_begin, std::min(end - m_begin, maxRawOfError)),
        .offset = streamOffset(m_begin),
        .object = failure(code, QStringLiteral("read the QMP message"), {}, cause) };
    m_open.clear();
    m_begin = end;
    return message;
}

QByteArray encode(const QJsonObject& message)
{
    return QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n';
}

} // namespace cutover::qmp
