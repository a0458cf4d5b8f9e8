// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cutover::engine {

namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr Table makeTable()
{
    constexpr std::uint32_t polynomial = 0x82F63B78U;
    Table table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit)
            value = (value & 1U) != 0 ? (value >> 1U) ^ polynomial : value >> 1U;
        table[i] = value;
    }
    return table;
}

constexpr Table table = makeTable();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t byInstruction(
    std::span<const std::byte> bytes, std::uint32_t previous)
{
    std::uint64_t crc = ~previous;
    while (bytes.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        crc = _mm_crc32_u64(crc, word);
        bytes = bytes.subspan(sizeof word);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (const std::byte byte : bytes)
        rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(byte));
    return ~rest;
}
#endif

} // namespace

std::uint32_t crc32cByTable(std::span<const std::byte> bytes, std::uint32_t previous)
{
    std::uint32_t crc = ~previous;
    for (const std::byte byte : bytes)
        crc = (crc >> 8U) ^ table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
    return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous)
{
#if defined(__x86_64__)
    static const bool hasInstruction = __builtin_cpu_supports("sse4.2") != 0;
    if (hasInstruction)
        return byInstruction(bytes, previous);
#endif
    return crc32cByTable(bytes, previous);
}

} // namespace cutover::engine
