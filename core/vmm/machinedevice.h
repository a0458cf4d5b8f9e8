// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "vmm/devicetypes.h"
#include "vmm/guest/layout.h"

#include <functional>
#include <memory>
#include <vector>

namespace cutover::vmm {

class GuestMemory;
class IoThread;

/// A device of the machine, with what the guest sees of it in its BootInfo.
struct MachineDevice
{
    std::unique_ptr<engine::Device> device;
    DeviceOptions options;
    qint32 guestIndex = -1; ///< in BootInfo::devices; -1: it has no virtqueues
    std::vector<QueueLayout> queues;
    /// Of a device with virtqueues: the feature bits, its size in bytes, and the eventfd that the guest rings
    /// for a queue (borrowed, -1 = none yet).
    std::function<quint64()> features;
    std::function<quint64()> capacity;
    std::function<int(quint32 queue)> doorbell;
};

/// What the layout of guest RAM has to know of a device; type None when it has no virtqueues.
DeviceShape deviceShape(const DeviceOptions& options);

/// The device that \a options describe. \a queues: its virtqueues in guest RAM. Memory and thread outlive it.
Result<MachineDevice> makeDevice(
    const DeviceOptions& options, GuestMemory& memory, IoThread& thread, std::vector<QueueLayout> queues);

} // namespace cutover::vmm
