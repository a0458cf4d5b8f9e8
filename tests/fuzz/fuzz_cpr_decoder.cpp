// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a byte of fd policy, a byte that seeds the chunk sizes, then the stream.

#include "cpr/decoder.h"
#include "cpr/dump.h"
#include "cpr/encoder.h"

#include <QJsonObject>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>

using namespace cutover;
using namespace cutover::cpr;

namespace {

int nullFd()
{
    static const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    return fd;
}

UniqueFd anFd()
{
    return UniqueFd::adopt(::fcntl(nullFd(), F_DUPFD_CLOEXEC, 0));
}

/// Moves up whenever something below it was left open.
int lowestFreeNumber()
{
    const UniqueFd fd = anFd();
    return fd.get();
}

void require(bool condition)
{
    if (!condition)
        std::abort();
}

class ChunkSizes
{
public:
    explicit ChunkSizes(std::uint8_t seed)
        : m_state(seed)
    {
    }
    std::size_t next(std::size_t most)
    {
        m_state = m_state * 1664525U + 1013904223U;
        const std::size_t size = (m_state >> 16) % ((m_state >> 8) % 4 == 0 ? 64 : 4) + 1;
        return std::min(size, most);
    }

private:
    std::uint32_t m_state;
};

/// The fds that come with a chunk: one for each 0x20, as the policy has it with some missing or extra.
std::vector<UniqueFd> fdsFor(std::span<const std::byte> chunk, std::uint8_t policy, unsigned int& counter)
{
    std::vector<UniqueFd> fds;
    for (const std::byte byte : chunk) {
        if (byte != std::byte{ 0x20 })
            continue;
        ++counter;
        const unsigned int period = (policy >> 4U) + 1U;
        const bool special = counter % period == 0;
        if ((policy & 1U) != 0 && special)
            continue;
        fds.push_back(anFd());
        if ((policy & 2U) != 0 && special)
            fds.push_back(anFd());
    }
    return fds;
}

void decodeWithFds(std::span<const std::byte> stream, std::uint8_t policy, ChunkSizes sizes)
{
    Decoder decoder;
    unsigned int counter = 0;
    Result<void> result;
    std::vector<Entry> entries;
    if ((policy & 4U) != 0)
        result = decoder.feed({}, fdsFor(stream, policy, counter));
    while (!stream.empty()) {
        const auto chunk = stream.first(sizes.next(stream.size()));
        stream = stream.subspan(chunk.size());
        auto fds = (policy & 4U) != 0 ? std::vector<UniqueFd>() : fdsFor(chunk, policy, counter);
        const bool failedBefore = !result;
        result = decoder.feed(chunk, std::move(fds));
        require(!failedBefore || !result);
        if ((policy & 8U) != 0)
            std::ranges::move(decoder.takeEntries(), std::back_inserter(entries));
    }
    result = decoder.finish();
    require(result.has_value() == decoder.isFinished());
    std::ranges::move(decoder.takeEntries(), std::back_inserter(entries));
    require(std::ranges::all_of(entries, [](const Entry& entry) { return bool(entry.fd); }));
    require(entries.size() == decoder.entriesDecoded());
}

Decoder decodeBytes(std::span<const std::byte> stream, bool whole, ChunkSizes sizes)
{
    Decoder decoder({}, Decoder::FdSource::None);
    while (!stream.empty()) {
        const auto chunk = stream.first(whole ? stream.size() : sizes.next(stream.size()));
        stream = stream.subspan(chunk.size());
        require(decoder.feed(chunk).has_value() == !decoder.error());
    }
    require(decoder.finish().has_value() == decoder.isFinished());
    return decoder;
}

void checkChunkingDoesNotMatter(std::span<const std::byte> stream, ChunkSizes sizes)
{
    Decoder whole = decodeBytes(stream, true, sizes);
    Decoder parts = decodeBytes(stream, false, sizes);
    require(whole.error() == parts.error());
    require(whole.errorOffset() == parts.errorOffset());
    require(whole.vfio() == parts.vfio());
    const auto entries = whole.takeEntries();
    const auto others = parts.takeEntries();
    require(std::ranges::equal(entries, others, [](const Entry& a, const Entry& b) {
        return a.name == b.name && a.id == b.id && a.offset == b.offset && a.fdOffset == b.fdOffset;
    }));
    const Dump dump = Dump::of(whole, entries);
    require(!dump.toText().isEmpty() && !dump.toJson().isEmpty());

    if (!whole.isFinished() || !whole.duplicates().empty())
        return;
    std::vector<OutgoingEntry> outgoing;
    for (const Entry& entry : entries)
        outgoing.push_back({ .name = entry.name, .id = entry.id, .fd = nullFd() });
    const auto pieces = encode(outgoing, whole.vfio());
    require(pieces.has_value());
    QByteArray bytes;
    for (const Piece& piece : *pieces)
        bytes += piece.bytes;
    require(std::ranges::equal(std::as_bytes(std::span(bytes)), stream));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const ChunkSizes sizes(data[1]);
    const auto stream = std::as_bytes(std::span(data, size)).subspan(2);
    const int before = lowestFreeNumber();
    decodeWithFds(stream, data[0], sizes);
    checkChunkingDoesNotMatter(stream, sizes);
    require(lowestFreeNumber() == before);
    return 0;
}
