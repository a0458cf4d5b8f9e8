// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// What lies where in guest RAM: shared by the guest's program and the VMM. Freestanding: plain words, guest
/// addresses, no pointers. The layout is a pure function of the machine's shape, so that two processes with
/// the same configuration agree on it.
namespace cutover::vmm {

inline constexpr std::uint32_t maxProcessors = 16;
inline constexpr std::uint32_t maxDevices = 8;
/// Virtqueues of one device: eight pairs of a network device.
inline constexpr std::uint32_t maxQueues = 16;
inline constexpr std::uint32_t maxDoorbells = maxDevices * maxQueues;
inline constexpr std::uint16_t defaultQueueSize = 256;
inline constexpr std::uint16_t maxQueueSize = 1024;

inline constexpr std::uint64_t guestPageBytes = 4096;
inline constexpr std::uint64_t bootInfoAddress = 0x1000;
inline constexpr std::uint64_t pulseAddress = 0x8000;
inline constexpr std::uint64_t processorAddress = 0x9000; ///< one page for each processor
/// A processor that needs a program image in guest RAM has it here.
inline constexpr std::uint64_t imageAddress = 0x100000;
inline constexpr std::uint64_t imageBytes = 0x300000;
inline constexpr std::uint64_t queuesAddress = imageAddress + imageBytes;

inline constexpr std::uint64_t bootInfoMagic = 0x45534c5550544f43; ///< "COTPULSE"
inline constexpr std::uint32_t bootInfoVersion = 1;

/// One buffer of a network queue: virtio_net_hdr_v1 (12 bytes) and a frame.
inline constexpr std::uint32_t netBufferBytes = 2048;
/// Each block request moves one numbered block of this size.
inline constexpr std::uint32_t blockBytes = 4096;
/// Requests in flight on one block queue at most.
inline constexpr std::uint32_t maxBlockSlots = 32;

/// A rate without limit.
inline constexpr std::uint64_t flatOut = ~std::uint64_t{ 0 };

enum class DeviceType : std::uint8_t {
    None,
    Net, ///< virtqueues in virtio's order: receive 0, transmit 0, receive 1, ...
    Block,
};

/// One split virtqueue (virtio 1.2, 2.7).
struct QueueLayout
{
    std::uint64_t descriptors = 0; ///< guest addresses; each ring begins a page
    std::uint64_t available = 0;
    std::uint64_t used = 0;
    std::uint64_t buffers = 0; ///< the two queues of a network pair share theirs
    std::uint64_t bufferBytes = 0; ///< of all buffers, whole pages
    std::uint64_t driver = 0; ///< one page of the driver's own
    std::uint32_t doorbell = 0; ///< device index * maxQueues + queue index
    std::uint16_t size = 0; ///< entries, a power of 2
    std::uint16_t reserved = 0;

    bool operator==(const QueueLayout&) const = default;
};

struct DeviceInfo
{
    DeviceType type = DeviceType::None;
    std::array<std::uint8_t, 3> reserved{};
    /// Set by the VMM once features and capacity are valid; the driver touches no queue before. Atomic.
    std::uint32_t ready = 0;
    std::uint64_t features = 0; ///< negotiated virtio feature bits
    std::uint64_t capacityBytes = 0; ///< Block
    std::array<std::uint8_t, 6> mac{}; ///< Net
    std::uint16_t queueCount = 0; ///< virtqueues
    QueueLayout queues[maxQueues]; // NOLINT(modernize-avoid-c-arrays): used as an iterator
};

/// What the VMM asks of the guest. Atomic words that may be changed while the guest runs.
struct Rates
{
    std::uint64_t beatIntervalNs = 1'000'000; ///< the processor sleeps in between; 0 = flat out
    std::uint64_t dirtyBytesPerSecond = 0; ///< of all processors together; 0 = none, or flatOut
    std::uint64_t workingSetBytes = 0; ///< what is dirtied; 0 = all there is
    std::uint64_t blocksPerSecond = 0; ///< requests on all block queues together; 0 = none, or flatOut

    bool operator==(const Rates&) const = default;
};

inline constexpr Rates idleRates{};
inline constexpr Rates loadRates{ 0, flatOut, 0, flatOut };

/// At bootInfoAddress. Only the VMM writes it.
struct BootInfo
{
    std::uint64_t magic = 0;
    std::uint32_t version = 0;
    std::uint32_t processors = 0;
    std::uint64_t ramBytes = 0;
    std::uint64_t pulse = 0; ///< the pulse page
    std::uint64_t processorPages = 0;
    std::uint64_t queuesEnd
        = 0; ///< everything but the working set lies below; must lie in the first RAM block
    std::uint64_t work = 0; ///< the working set, each processor's share a multiple of the page size
    std::uint64_t workBytes = 0;

    Rates rates;
    std::uint64_t starts = 0; ///< counted up at each start of the processors. Atomic.
    std::uint64_t stoppedNs = 0; ///< the guest's own clock when it was last asked to stop. Atomic.
    std::uint64_t resets = 0; ///< counted up to ask for all gaps to be forgotten. Atomic.

    std::uint32_t deviceCount = 0;
    std::uint32_t reserved = 0;
    std::array<DeviceInfo, maxDevices> devices;
};
static_assert(bootInfoAddress + sizeof(BootInfo) <= pulseAddress);
static_assert(processorAddress + maxProcessors * guestPageBytes <= imageAddress);

/// What the layout depends on.
struct DeviceShape
{
    DeviceType type = DeviceType::None;
    std::uint16_t queues = 1; ///< pairs of a Net device (1 to 8), queues of a Block device (1 to 8)
    std::uint16_t queueSize = defaultQueueSize; ///< a power of 2, 8 to maxQueueSize
};

struct MachineShape
{
    std::uint64_t ramBytes = 0;
    std::uint32_t processors = 1;
    std::uint32_t deviceCount = 0; ///< devices with virtqueues, in the order of the configuration
    std::array<DeviceShape, maxDevices> devices;
};

enum class LayoutFault : std::uint8_t {
    None,
    Processors, ///< not 1 to maxProcessors
    Devices, ///< more than maxDevices, or one without a type
    Queues, ///< the number or the size of a device's queues
    Memory, ///< not whole pages, or no room for the queues and a working set of a page per processor
};

/// Fills \a boot, which is meaningful for LayoutFault::None only.
LayoutFault layOut(const MachineShape& shape, BootInfo& boot);

} // namespace cutover::vmm
