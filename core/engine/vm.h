// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "cpr/stream.h"
#include "engine/device.h"
#include "engine/ramblock.h"
#include "engine/startedword.h"

#include <QByteArray>
#include <QJsonObject>

#include <memory>
#include <span>
#include <vector>

namespace cutover::engine {

/// The virtual machine as its migration sees it, on either side. The engine calls it from its own thread,
/// with the VM's lock held unless a function says otherwise.
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
    /// An error is what a processor does not let go of; it can be started again here.
    virtual Result<void> saveProcessors(QCborStreamWriter& writer) const = 0;
    virtual qsizetype processorStateSize() const = 0;
    virtual Result<void> loadProcessors(QCborStreamReader& reader) = 0;

    /// From now on every page that is written is marked in its block's bitmap, with collectDirtyPages() at
    /// the latest; all pages are marked first.
    virtual void startDirtyLog() = 0;
    /// Marks what has been written since the previous call and is not marked yet. To be called before each
    /// pass over the bitmaps.
    virtual void collectDirtyPages() = 0;
    virtual void stopDirtyLog() = 0;

    /// Mapping of \a memfd as the block \a id, which has none yet; its size is checked.
    virtual Result<void> attachRam(const QString& id, UniqueFd memfd) = 0;
    /// Leaves precreate: makes RAM and devices, with the fds that came on the CPR channel. What they lack
    /// comes later or is opened, as the realize policy says.
    virtual Result<void> createDevices(std::vector<cpr::Entry> fds) = 0;
    /// All that can be done before the state comes: RAM populated, processors parked, nothing left to
    /// allocate. Called without the lock, which it takes where it needs it.
    virtual Result<void> prepareForState() = 0;
    /// The fds that a device's section of the main channel brought, as (name, id) and fd.
    virtual Result<void> attachDeviceFds(Device& device, std::vector<cpr::Entry> fds) = 0;
    /// Every backend that is still missing is reopened, and all ownership taken. An fd that should have come
    /// and did not is a Protocol error that names device, fd and channel.
    virtual Result<void> completeBackends(int timeLimitMs) = 0;
    /// Detaches all backends and releases all tokens: nothing of the source's is held any more.
    virtual void letGo() = 0;
    /// To be set before the guest's first instruction.
    virtual void setStartedWord(std::shared_ptr<StartedWord> word) = 0;
    /// The guest is ours. Starts devices and processors if the guest was running and may run here (no -S),
    /// with the started word set before; otherwise the VM is paused.
    virtual void guestArrived(bool wasRunning) = 0;

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
