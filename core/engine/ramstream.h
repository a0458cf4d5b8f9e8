// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/mainchannel.h"
#include "engine/ramblock.h"

#include <span>
#include <vector>

/// Guest RAM as sections named message::ram, version 1. The payload, big-endian, is not CBOR:
///
///     u8 length of the block's id, the id (UTF-8), then runs:
///     u64 first page, u32 pages, u32 kind: 0 = all zero; 1 = their bytes follow
namespace cutover::engine {

inline constexpr std::uint32_t ramVersion = 1;

struct RamPass
{
    std::uint64_t pages = 0; ///< sent with their bytes
    std::uint64_t zeroPages = 0; ///< sent as runs
    std::uint64_t bytes = 0; ///< on the channel
    std::uint64_t pagesLeft = 0; ///< dirty when the pass had ended
    qint64 durationNs = 0;
};

/// Sends guest RAM in passes, the guest running or not. Holes of a memfd are neither read nor filled.
class RamSender
{
public:
    /// \a blocks are those whose memory is copied; everything is borrowed, and dirty logging is on.
    RamSender(MainChannel& channel, std::span<const RamBlock> blocks);

    /// Sends every page that is dirty, each once. A pass with the guest stopped leaves nothing behind. What
    /// was taken from the bitmaps is not put back after an error: only a sender with all pages marked can
    /// follow.
    Result<RamPass> pass(qint64 deadlineNs);
    std::uint64_t pagesLeft() const;
    std::uint64_t pagesTotal() const;

private:
    class Writer;

    Result<void> passBlock(const RamBlock& block, RamPass& result, qint64 deadlineNs);

    MainChannel& m_channel;
    std::vector<RamBlock> m_blocks;
    std::vector<std::byte> m_payload;
};

/// Writes what a RamSender sent.
class RamReceiver
{
public:
    explicit RamReceiver(std::span<const RamBlock> blocks); ///< borrowed memory

    /// Checks every run before it is written; an error names the block, and what was before it in the section
    /// is written. Pages that are zero already are not touched.
    Result<void> apply(const Section& section);
    std::uint64_t pages() const { return m_pages; } ///< received so far, zero ones included

private:
    static void clear(const RamBlock& block, std::uint64_t firstPage, std::uint64_t pages);

    std::vector<RamBlock> m_blocks;
    std::uint64_t m_pages = 0;
};

} // namespace cutover::engine
