// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a byte that seeds the chunk sizes, a byte for the limits, then the stream.

#include "qmp/codec.h"
#include "qmp/message.h"

#include <QList>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace cutover;
using namespace cutover::qmp;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

/// The bytes in chunks of pseudo-random sizes; seed 0 = all at once.
QList<Message> readChunked(QByteArrayView bytes, unsigned seed, const CodecLimits& limits)
{
    MessageReader reader(limits);
    QList<Message> messages;
    unsigned state = seed;
    while (!bytes.isEmpty()) {
        state = state * 1103515245U + 12345U;
        const qsizetype wanted = seed == 0 ? bytes.size() : qsizetype((state >> 16U) % 9U + 1U);
        const qsizetype size = std::min(wanted, bytes.size());
        reader.append(bytes.first(size));
        while (auto message = reader.next())
            messages.append(*message);
        require(reader.pendingBytes() <= limits.maxMessageBytes);
        bytes = bytes.sliced(size);
    }
    return messages;
}

void checkMessage(const Message& message, QByteArrayView stream, const CodecLimits& limits)
{
    require(message.offset >= 0 && message.offset + message.raw.size() <= stream.size());
    require(stream.sliced(message.offset, message.raw.size()) == message.raw);
    if (!message.object) {
        require(!message.object.error().cause.isEmpty());
        return;
    }
    require(message.raw.startsWith('{') && message.raw.endsWith('}'));
    require(message.raw.size() <= limits.maxMessageBytes);
    (void)eventTimeNs(*message.object);
    (void)parseGreeting(*message.object);
    // What was understood can be sent on and is understood again.
    MessageReader again;
    again.append(encode(*message.object));
    const auto copy = again.next();
    require(copy && copy->object);
    require(!again.next());
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const QByteArrayView stream(data + 2, qsizetype(size) - 2);
    CodecLimits limits;
    if ((data[1] & 1U) != 0)
        limits.maxMessageBytes = 2 + qsizetype(data[1]);
    if ((data[1] & 2U) != 0)
        limits.maxDepth = data[1] / 8;
    const QList<Message> whole = readChunked(stream, 0, limits);
    const QList<Message> pieces = readChunked(stream, data[0], limits);
    require(whole.size() == pieces.size());
    for (qsizetype i = 0; i < whole.size(); ++i) {
        require(whole.at(i).raw == pieces.at(i).raw && whole.at(i).offset == pieces.at(i).offset);
        require(whole.at(i).object == pieces.at(i).object);
        checkMessage(whole.at(i), stream, limits);
    }
    return 0;
}
