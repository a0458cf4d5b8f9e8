// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Input: a byte that seeds the sizes of pieces, then a main channel's stream. However it is cut into pieces,
// the same sections are found, and no fd stays open.

#include "relay/qemustream.h"
#include "relay/sectionscanner.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <vector>

using namespace cutover;
using namespace cutover::relay;

namespace {

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

struct Outcome
{
    std::vector<qint64> sections; // offset and size of each, and whether it is intact
    std::optional<qint64> errorAt;
    qint64 iterativeBytes = 0;
    std::size_t qemuSections = 0;
    QString problem;

    bool operator==(const Outcome&) const = default;
};

/// In one piece without a seed.
Outcome follow(std::span<const std::byte> stream, std::optional<unsigned> seed)
{
    Outcome outcome;
    SectionScanner scanner;
    QemuStreamTail tail;
    qint64 now = 1;
    while (!stream.empty()) {
        if (seed)
            *seed = *seed * 1103515245U + 12345U;
        const std::size_t size = std::min(stream.size(), seed ? 1 + *seed / 65536 % 97 : stream.size());
        std::vector<UniqueFd> fds;
        // The first byte brings them all: how pieces fall must not change whose they are.
        if (now == 1)
            fds.push_back(anFd());
        scanner.feed(stream.first(size), std::move(fds), now);
        tail.feed(stream.first(size), now);
        stream = stream.subspan(size);
        ++now;
    }
    for (const SeenSection& section : scanner.take()) {
        require(section.bytes > 0 && section.beginNs <= section.endNs);
        outcome.sections.insert(
            outcome.sections.end(), { section.offset, section.bytes, qint64(section.intact) });
    }
    if (scanner.error())
        outcome.errorAt = scanner.errorOffset();
    const QemuStream found = tail.analyze();
    for (const QemuSection& section : found.sections)
        require(section.offset < 0 || section.bytes > 0);
    outcome.iterativeBytes = found.iterativeBytes;
    outcome.qemuSections = found.sections.size();
    outcome.problem = found.problem;
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto stream = std::as_bytes(std::span(data + 1, size - 1));
    std::ignore = anFd();
    const int before = anFd().get();
    const Outcome whole = follow(stream, std::nullopt);
    require(follow(stream, data[0]) == whole);
    require(anFd().get() == before);
    return 0;
}
