// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cutover::engine {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, RFC 3720 appendix B.4) of \a bytes. Give the result
/// for the bytes before them as \a previous to continue it. Uses the processor's instruction where it has
/// one.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

/// The same by table, on every processor.
std::uint32_t crc32cByTable(std::span<const std::byte> bytes, std::uint32_t previous = 0);

} // namespace cutover::engine
