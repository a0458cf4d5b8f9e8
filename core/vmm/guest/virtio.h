// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/layout.h"
#include "vmm/guest/words.h"

/// Formats of virtio 1.2 as both sides of a queue use them; the byte order is the machine's, which is little
/// endian wherever KVM guests of this project run. Freestanding.
namespace cutover::vmm::virtio {

// 2.7.5: The Virtqueue Descriptor Table
struct Descriptor
{
    std::uint64_t address;
    std::uint32_t length;
    std::uint16_t flags;
    std::uint16_t next;
};
static_assert(sizeof(Descriptor) == 16);
inline constexpr std::uint16_t descriptorNext = 1;
inline constexpr std::uint16_t descriptorWrite = 2;
inline constexpr std::uint16_t descriptorIndirect = 4;

// 2.7.6: The Virtqueue Available Ring
struct AvailableRing
{
    std::uint16_t flags;
    std::uint16_t index;
    std::array<std::uint16_t, maxQueueSize> ring; // only the queue's size of them
};
inline constexpr std::uint16_t availableNoInterrupt = 1;

// 2.7.8: The Virtqueue Used Ring
struct UsedElement
{
    std::uint32_t id;
    std::uint32_t length;
};
struct UsedRing
{
    std::uint16_t flags;
    std::uint16_t index;
    std::array<UsedElement, maxQueueSize> ring; // only the queue's size of them
};
inline constexpr std::uint16_t usedNoNotify = 1;

/// Sizes of the rings in bytes, with the event words that a side may write behind them.
constexpr std::uint64_t descriptorsBytes(std::uint16_t size)
{
    return std::uint64_t{ 16 } * size;
}
constexpr std::uint64_t availableBytes(std::uint16_t size)
{
    return 6 + std::uint64_t{ 2 } * size;
}
constexpr std::uint64_t usedBytes(std::uint16_t size)
{
    return 6 + std::uint64_t{ 8 } * size;
}

// 6: Reserved Feature Bits
inline constexpr std::uint64_t featureVersion1 = std::uint64_t{ 1 } << 32;

// 5.1.6: Network device operation
struct NetHeader
{
    std::uint8_t flags;
    std::uint8_t gsoType;
    std::uint16_t headerLength;
    std::uint16_t gsoSize;
    std::uint16_t checksumStart;
    std::uint16_t checksumOffset;
    std::uint16_t bufferCount;
};
static_assert(sizeof(NetHeader) == 12);
inline constexpr std::uint8_t netNeedsChecksum = 1;

// 5.2.6: Block device operation
struct BlockHeader
{
    std::uint32_t type;
    std::uint32_t reserved;
    std::uint64_t sector; ///< of 512 bytes
};
static_assert(sizeof(BlockHeader) == 16);
inline constexpr std::uint32_t blockRead = 0;
inline constexpr std::uint32_t blockWrite = 1;
inline constexpr std::uint8_t blockOk = 0;
inline constexpr std::uint64_t sectorBytes = 512;

} // namespace cutover::vmm::virtio
