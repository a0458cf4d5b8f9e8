// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "engine/ramblock.h"

#include <QString>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace cutover::vmm {

/// Guest RAM: blocks laid end to end from guest-physical address 0, each a memfd that is mapped shared and
/// writable at base() + guest address. Blocks are added before anything uses the memory; from then on every
/// function but startDirtyLog() and stopDirtyLog() may be called by any thread.
class GuestMemory
{
public:
    /// The sum of all blocks' sizes at most.
    static constexpr quint64 maxBytes = quint64{ 256 } << 30;

    GuestMemory() = default;
    ~GuestMemory();
    GuestMemory(const GuestMemory&) = delete;
    GuestMemory& operator=(const GuestMemory&) = delete;

    /// Creates a memfd of \a bytes (a multiple of the page size, not 0), sealed against any change of its
    /// size, and maps it behind the blocks that are there. InvalidArgument for a size or an id that cannot be
    /// used.
    Result<void> addBlock(const QString& id, quint64 bytes, bool migrateFds);
    /// The same with a memfd that exists and holds the block's contents. Malformed unless it has exactly \a
    /// bytes and is, or can be, sealed against shrinking: a peer must not be able to take the pages away.
    Result<void> addBlock(const QString& id, quint64 bytes, bool migrateFds, UniqueFd memfd);

    /// Puts \a memfd in the place of the one the block has, under the same fd number and at the same address.
    /// Malformed as for addBlock(), NotFound for an unknown id. Nothing may use the block meanwhile.
    Result<void> replaceBlock(const QString& id, UniqueFd memfd);

    struct Extent
    {
        quint64 address = 0; ///< guest-physical
        quint64 bytes = 0;
    };
    /// Where the memfds have pages, in the order of addresses.
    Result<std::vector<Extent>> dataExtents() const;
    /// Maps the pages of dataExtents(); holes stay holes. Takes time in proportion to the data.
    Result<void> populate();

    quint64 bytes() const { return m_bytes; }
    /// Where guest-physical address 0 is mapped; nullptr while there is no block.
    std::byte* base() const { return m_base; }
    /// The host address of [\a guestAddress, + \a bytes); nullptr unless that lies wholly inside one block.
    std::byte* at(quint64 guestAddress, quint64 bytes) const
    {
        for (const Block& block : m_blocks) {
            const quint64 offset = guestAddress - block.start;
            if (guestAddress >= block.start && offset < block.bytes && bytes <= block.bytes - offset)
                return m_base + guestAddress;
        }
        return nullptr;
    }

    /// To be called after each write to guest memory that the processor's own dirty logging does not see.
    /// What lies outside of RAM is ignored. Nearly free while dirty logging is off.
    void markDirty(quint64 guestAddress, quint64 bytes)
    {
        // The barrier that every thread needs between its write and this load is issued by startDirtyLog().
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (m_logging.load(std::memory_order_relaxed)) [[unlikely]]
            markLogged(guestAddress, bytes);
    }
    /// Marks all pages; from its return on every markDirty() is recorded, also those of a write that began
    /// before. May be called while the guest runs.
    void startDirtyLog();
    void stopDirtyLog();
    bool dirtyLog() const { return m_logging.load(std::memory_order_relaxed); }

    /// In the order they were added; everything in them is borrowed from here.
    std::vector<engine::RamBlock> blocks() const;

private:
    struct Block
    {
        QString id;
        quint64 start = 0;
        quint64 bytes = 0;
        bool migrateFds = true;
        UniqueFd memfd;
        std::unique_ptr<engine::DirtyBitmap> dirty;
    };
    Result<void> checkBlock(const QString& id, quint64 bytes) const;
    static Result<void> checkMemfd(const QString& id, quint64 bytes, int memfd);
    Result<void> reserve();
    void markLogged(quint64 guestAddress, quint64 bytes);

    std::byte* m_base = nullptr;
    quint64 m_bytes = 0;
    std::vector<Block> m_blocks;
    std::atomic<bool> m_logging = false;
};

} // namespace cutover::vmm
