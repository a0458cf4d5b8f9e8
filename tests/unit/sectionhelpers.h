// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "transferhelpers.h"

#include "base/clock.h"
#include "engine/crc32c.h"
#include "engine/section.h"

#include <QByteArray>

#include <cstring>

namespace cutover::test {

/// Far enough that only a test that hangs reaches it.
inline qint64 soon(int seconds = 20)
{
    return monotonicNs() + qint64{ seconds } * 1'000'000'000;
}

inline Bytes sectionBytes(QByteArrayView name, std::uint32_t instance, std::uint32_t version,
    const QByteArray& payload, std::size_t fds = 0)
{
    Bytes out;
    engine::appendSectionHead(out, name, instance, version, std::size_t(payload.size()), fds);
    const auto body = std::as_bytes(std::span(payload.constData(), std::size_t(payload.size())));
    out.insert(out.end(), body.begin(), body.end());
    const auto trailer = engine::encodeSectionTrailer(engine::crc32c(out));
    out.insert(out.end(), trailer.begin(), trailer.end());
    return out;
}

/// Both checksums made right again after bytes before them were changed.
inline void mendChecksums(Bytes& section)
{
    const auto put = [&section](std::size_t at, std::uint32_t crc) {
        const auto bytes = engine::encodeSectionTrailer(crc);
        std::ranges::copy(bytes, section.begin() + std::ptrdiff_t(at));
    };
    put(24, engine::crc32c(std::span(section).first(24)));
    const std::size_t end = section.size() - engine::sectionTrailerBytes;
    put(end, engine::crc32c(std::span(section).first(end)));
}

inline void feed(
    engine::SectionDecoder& decoder, std::span<const std::byte> bytes, std::vector<UniqueFd> fds = {})
{
    const auto space = decoder.space();
    const std::size_t now = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), now);
    decoder.commit(now, std::move(fds));
}

inline QByteArray patternArray(qsizetype size)
{
    const Bytes bytes = pattern(std::size_t(size));
    return { reinterpret_cast<const char*>(bytes.data()), size };
}

} // namespace cutover::test
