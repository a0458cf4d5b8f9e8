// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/device.h"
#include "engine/ramblock.h"

#include <QByteArray>
#include <QJsonObject>

#include <functional>
#include <span>
#include <vector>

namespace cutover::engine {

/// The virtual machine as its migration sees it. The engine calls it from its own thread, with the VM's lock
/// held unless a function says otherwise.
class Vm
{
public:
    virtual ~Vm() = default;

    /// The lock that the monitor holds while it works on the VM.
    virtual void lock() = 0;
    virtual void unlock() = 0;

    /// RAM blocks and devices in the order of the configuration, the same on both sides. Borrowed; stable
    /// while a migration is under way.
    virtual std::vector<RamBlock> ramBlocks() = 0;
    virtual std::span<Device* const> devices() = 0;
    /// Everything both sides must agree on; equal documents mean that the state of one fits the other.
    virtual QJsonObject guestConfiguration() const = 0;

    virtual bool processorsRunning() const = 0;
    /// Returns when every processor rests at a safe point. Devices keep their own start() and stop().
    virtual void stopProcessors() = 0;
    /// The processors must be prepared: this only wakes them.
    virtual void startProcessors() = 0;
    virtual void saveProcessors(QCborStreamWriter& writer) const = 0;
    virtual qsizetype processorStateSize() const = 0;
    virtual Result<void> loadProcessors(QCborStreamReader& reader) = 0;

    /// From now on every page that is written is marked in its block's bitmap; all pages are marked first.
    virtual void startDirtyLog() = 0;
    virtual void stopDirtyLog() = 0;

    /// Hands the disks' write permission over and takes it back; a VM whose disks are inactive must not run.
    virtual Result<void> inactivateBlock() = 0;
    virtual Result<void> activateBlock() = 0;
};

/// Holds the VM's lock while it lives.
class VmLock
{
public:
    explicit VmLock(Vm& vm)
        : m_vm(vm)
    {
        m_vm.lock();
    }
    ~VmLock() { m_vm.unlock(); }
    VmLock(const VmLock&) = delete;
    VmLock& operator=(const VmLock&) = delete;

private:
    Vm& m_vm;
};

} // namespace cutover::engine
