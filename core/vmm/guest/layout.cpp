// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/layout.h"

#include "vmm/guest/virtio.h"

namespace cutover::vmm {

static std::uint64_t wholePages(std::uint64_t bytes)
{
    return (bytes + guestPageBytes - 1) / guestPageBytes * guestPageBytes;
}

namespace {
/// Hands out whole pages from an address on.
struct Cursor
{
    std::uint64_t next = 0;

    std::uint64_t take(std::uint64_t bytes)
    {
        const std::uint64_t address = next;
        next += wholePages(bytes);
        return address;
    }
};
} // namespace

static void layOutRings(QueueLayout& queue, std::uint32_t doorbell, std::uint16_t size, Cursor& cursor)
{
    queue.size = size;
    queue.doorbell = doorbell;
    queue.descriptors = cursor.take(virtio::descriptorsBytes(size));
    queue.available = cursor.take(virtio::availableBytes(size));
    queue.used = cursor.take(virtio::usedBytes(size));
    queue.driver = cursor.take(guestPageBytes);
}

static bool soundQueues(const DeviceShape& shape)
{
    const std::uint16_t size = shape.queueSize;
    return shape.queues >= 1 && shape.queues <= maxQueues / 2 && size >= 8 && size <= maxQueueSize
        && (size & (size - 1)) == 0;
}

static void layOutDevice(
    const DeviceShape& shape, DeviceInfo& device, std::uint32_t deviceIndex, Cursor& cursor)
{
    device.type = shape.type;
    const bool net = shape.type == DeviceType::Net;
    device.queueCount = static_cast<std::uint16_t>(net ? shape.queues * 2 : shape.queues);
    if (net) {
        device.mac = { 0x52, 0x54, 0x00, 0x43, 0x55, static_cast<std::uint8_t>(deviceIndex) };
    }
    for (std::uint32_t q = 0; q < device.queueCount; ++q) {
        QueueLayout& queue = device.queues[q];
        layOutRings(queue, deviceIndex * maxQueues + q, shape.queueSize, cursor);
        if (!net) {
            // Data of each request, then its header and status.
            queue.bufferBytes = wholePages(std::uint64_t{ maxBlockSlots } * (blockBytes + 32));
            queue.buffers = cursor.take(queue.bufferBytes);
        } else if (q % 2 == 0) {
            queue.bufferBytes = wholePages(std::uint64_t{ netBufferBytes } * shape.queueSize);
            queue.buffers = cursor.take(queue.bufferBytes);
        } else {
            queue.bufferBytes = device.queues[q - 1].bufferBytes;
            queue.buffers = device.queues[q - 1].buffers;
        }
    }
}

LayoutFault layOut(const MachineShape& shape, BootInfo& boot)
{
    boot = BootInfo{};
    if (shape.processors < 1 || shape.processors > maxProcessors)
        return LayoutFault::Processors;
    if (shape.deviceCount > maxDevices)
        return LayoutFault::Devices;
    Cursor cursor{ queuesAddress };
    for (std::uint32_t i = 0; i < shape.deviceCount; ++i) {
        if (shape.devices[i].type != DeviceType::Net && shape.devices[i].type != DeviceType::Block)
            return LayoutFault::Devices;
        if (!soundQueues(shape.devices[i]))
            return LayoutFault::Queues;
        layOutDevice(shape.devices[i], boot.devices[i], i, cursor);
    }
    const std::uint64_t end = cursor.next;
    if (shape.ramBytes % guestPageBytes != 0 || shape.ramBytes < end + shape.processors * guestPageBytes)
        return LayoutFault::Memory;

    boot.magic = bootInfoMagic;
    boot.version = bootInfoVersion;
    boot.processors = shape.processors;
    boot.ramBytes = shape.ramBytes;
    boot.pulse = pulseAddress;
    boot.processorPages = processorAddress;
    boot.queuesEnd = end;
    boot.work = end;
    boot.workBytes
        = (shape.ramBytes - end) / guestPageBytes / shape.processors * shape.processors * guestPageBytes;
    boot.deviceCount = shape.deviceCount;
    return LayoutFault::None;
}

} // namespace cutover::vmm
