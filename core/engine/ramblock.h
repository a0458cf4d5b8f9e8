// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QString>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace cutover::engine {

inline constexpr std::uint64_t pageBytes = 4096;

/// One bit for each page of a RAM block. Marking is lock-free and may be done by any thread.
class DirtyBitmap
{
public:
    explicit DirtyBitmap(std::uint64_t bytes)
        : m_pages((bytes + pageBytes - 1) / pageBytes)
        , m_words((m_pages + 63) / 64)
    {
    }

    std::uint64_t pages() const { return m_pages; }
    /// After the write to the page: who takes the bit sees what was written.
    void mark(std::uint64_t page) { word(page).fetch_or(bit(page), std::memory_order_release); }
    /// Marks those of 64 pages from \a firstPage on (a multiple of 64) whose bits are set.
    void merge(std::uint64_t firstPage, std::uint64_t bits)
    {
        word(firstPage).fetch_or(bits, std::memory_order_release);
    }
    void markAll()
    {
        for (std::uint64_t i = 0; i < m_words.size(); ++i) {
            const std::uint64_t used = m_pages - i * 64;
            m_words[i].store(used >= 64 ? ~std::uint64_t{ 0 } : bit(used) - 1, std::memory_order_release);
        }
    }
    bool test(std::uint64_t page) const
    {
        return (word(page).load(std::memory_order_relaxed) & bit(page)) != 0;
    }
    /// The bits of 64 pages from \a firstPage on (a multiple of 64), which are clear afterwards.
    std::uint64_t take(std::uint64_t firstPage)
    {
        return word(firstPage).exchange(0, std::memory_order_acq_rel);
    }
    /// How many pages are marked.
    std::uint64_t count() const
    {
        std::uint64_t marked = 0;
        for (const auto& bits : m_words)
            marked += static_cast<std::uint64_t>(std::popcount(bits.load(std::memory_order_relaxed)));
        return marked;
    }

private:
    static std::uint64_t bit(std::uint64_t page) { return std::uint64_t{ 1 } << (page % 64); }
    std::atomic<std::uint64_t>& word(std::uint64_t page) { return m_words[page / 64]; }
    const std::atomic<std::uint64_t>& word(std::uint64_t page) const { return m_words[page / 64]; }

    std::uint64_t m_pages;
    std::vector<std::atomic<std::uint64_t>> m_words;
};

/// A block of guest RAM as the engine sees it. Everything is borrowed from the VM.
struct RamBlock
{
    QString id;
    std::uint64_t bytes = 0; ///< a multiple of pageBytes
    int memfd = -1;
    std::byte* base = nullptr; ///< mapped shared, writable
    DirtyBitmap* dirty = nullptr; ///< filled while the VM's dirty logging is on
    bool migrateFds = true;
};

} // namespace cutover::engine
