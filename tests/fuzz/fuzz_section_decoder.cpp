// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a byte of policy (1: both checksums of what looks like a section are made right, 2: a stream header
// comes first), a byte that seeds the sizes of pieces, then the stream. Each piece comes with as many fds as
// the seed says.

#include "engine/crc32c.h"
#include "engine/handovermessages.h"
#include "engine/ramstream.h"
#include "engine/section.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <vector>

using namespace cutover;
using namespace cutover::engine;

namespace {

using Bytes = std::vector<std::byte>;

void require(bool condition)
{
    if (!condition)
        std::abort();
}

UniqueFd anFd()
{
    static const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    return UniqueFd::adopt(::fcntl(null, F_DUPFD_CLOEXEC, 0));
}

/// Moves up whenever something below it was left open.
int lowestFreeNumber()
{
    const UniqueFd fd = anFd();
    return fd.get();
}

std::uint32_t bigEndian(const Bytes& bytes, std::size_t at)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
        value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
    return value;
}

void putChecksum(Bytes& bytes, std::size_t at, std::uint32_t crc)
{
    std::ranges::copy(encodeSectionTrailer(crc), bytes.begin() + std::ptrdiff_t(at));
}

/// Follows the lengths of the heads as far as the bytes go, so that fuzzing gets past the checksums.
void mendChecksums(Bytes& stream, std::size_t at)
{
    while (stream.size() - at >= sectionHeadBytes) {
        putChecksum(stream, at + 24, crc32c(std::span(stream).subspan(at, 24)));
        const std::size_t body
            = sectionHeadBytes + std::to_integer<std::size_t>(stream[at + 4]) + bigEndian(stream, at + 20);
        if (stream.size() - at < body + sectionTrailerBytes)
            return;
        putChecksum(stream, at + body, crc32c(std::span(stream).subspan(at, body)));
        at += body + sectionTrailerBytes;
    }
}

struct Outcome
{
    std::vector<Section> sections;
    std::optional<Error> error;
    std::size_t fds = 0;
    bool header = true;
};

class Random
{
public:
    explicit Random(std::uint8_t seed)
        : m_state(seed)
    {
    }
    std::uint32_t next()
    {
        m_state = m_state * 1664525U + 1013904223U;
        return m_state >> 16U;
    }

private:
    std::uint32_t m_state;
};

Outcome decode(std::span<const std::byte> stream, bool header, bool whole, Random random, bool withFds)
{
    constexpr SectionLimits limits{ .payloadBytes = 4U << 20U, .fds = 8 };
    Outcome outcome;
    SectionDecoder decoder;
    outcome.header = !header;
    while (!outcome.error) {
        if (!outcome.header) {
            const auto done = decoder.nextHeader();
            if (!done)
                outcome.error = done.error();
            outcome.header = done.value_or(false);
        }
        while (outcome.header && !outcome.error) {
            auto section = decoder.next(limits);
            if (!section) {
                outcome.error = section.error();
            } else if (!*section) {
                break;
            } else {
                require(!(*section)->device.isEmpty() && (*section)->fds.size() <= limits.fds);
                require((*section)->payload.size() <= qsizetype(limits.payloadBytes));
                outcome.fds += (*section)->fds.size();
                outcome.sections.push_back(std::move(**section));
            }
        }
        if (outcome.error || stream.empty())
            break;
        const auto space = decoder.space();
        require(!space.empty() && space.size() <= std::size_t{ 1 } << 20U);
        const std::size_t most = whole ? stream.size() : random.next() % 40 + 1;
        const std::size_t now = std::min({ most, space.size(), stream.size() });
        std::memcpy(space.data(), stream.data(), now);
        stream = stream.subspan(now);
        std::vector<UniqueFd> fds;
        for (std::uint32_t i = withFds && random.next() % 4 == 0 ? random.next() % 4 : 0; i > 0; --i)
            fds.push_back(anFd());
        decoder.commit(now, std::move(fds));
    }
    if (outcome.error)
        require(!decoder.next(limits) && decoder.next(limits).error() == *outcome.error);
    else
        (void)decoder.requireNoStrayFds();
    return outcome;
}

void checkPiecesDoNotMatter(std::span<const std::byte> stream, bool header, Random random)
{
    const Outcome whole = decode(stream, header, true, random, false);
    const Outcome parts = decode(stream, header, false, random, false);
    require(whole.error == parts.error && whole.sections.size() == parts.sections.size());
    for (std::size_t i = 0; i < whole.sections.size(); ++i) {
        const Section& a = whole.sections[i];
        const Section& b = parts.sections[i];
        require(a.device == b.device && a.instance == b.instance && a.version == b.version
            && a.payload == b.payload);
    }
}

void applyAsRam(const Outcome& outcome)
{
    static Bytes memory(64 * pageBytes);
    const RamBlock block{ .id = QStringLiteral("ram0"), .bytes = memory.size(), .base = memory.data() };
    RamReceiver receiver(std::span(&block, 1));
    for (const Section& section : outcome.sections)
        (void)receiver.apply(section);
}

void decodeAsMessages(const Outcome& outcome)
{
    for (const Section& section : outcome.sections) {
        (void)message::decodeHello(section.payload);
        (void)message::decodePrepared(section.payload);
        (void)message::decodeEnd(section.payload);
        (void)message::decodeError(section.payload);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const bool header = (data[0] & 2U) != 0;
    const auto given = std::as_bytes(std::span(data, size)).subspan(2);
    Bytes stream(given.begin(), given.end());
    if ((data[0] & 1U) != 0)
        mendChecksums(stream, header ? std::min(stream.size(), streamHeaderBytes) : 0);
    const Random random(data[1]);
    const int before = lowestFreeNumber();
    {
        const Outcome outcome = decode(stream, header, false, random, true);
        applyAsRam(outcome);
        decodeAsMessages(outcome);
    }
    require(lowestFreeNumber() == before);
    checkPiecesDoNotMatter(stream, header, random);
    return 0;
}
