// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "engine/realize.h"
#include "engine/vm.h"
#include "vmm/devices/iothread.h"
#include "vmm/guest/accelerator.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/kvm/accelerators.h"
#include "vmm/machinedevice.h"
#include "vmm/runstate.h"

#include <QJsonArray>
#include <QList>
#include <QString>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cutover::vmm {

class TraceLog;

/// What the machine will be made of.
struct MachineConfig
{
    QString name;
    quint64 memoryBytes = quint64{ 256 } << 20; ///< of RAM without an object
    int processors = 1;
    AcceleratorWish accelerator;
    QString memoryBackend; ///< the object that comes first in RAM; empty: in the order of objects
    QList<DeviceOptions> objects; ///< memory backends
    QList<DeviceOptions> devices;
    bool startPaused = false;
};

/// The virtual machine: RAM, processors and devices, and their run state. It begins in precreate, where it is
/// only a configuration. Functions of this class and of engine::Vm are called with the lock held unless they
/// say otherwise; none of them emits an event, which is the monitor's.
class Machine final : public engine::Vm
{
public:
    /// \a log outlives the machine.
    static Result<std::unique_ptr<Machine>> create(MachineConfig config, TraceLog& log);
    ~Machine() override;

    RunState runState() const { return m_state; }
    bool isRunning() const { return m_state == RunState::Running; }
    /// What the processors run on, or are to run on.
    QString accelerator() const;
    /// Called on any thread, without the lock, when a processor of the guest cannot go on. To be set first.
    void onFault(std::function<void(const Error&)> handler) { m_onFault = std::move(handler); }
    /// Stops a guest of which a processor cannot go on, unless it has been stopped already.
    void processorFailed();
    bool isCreated() const { return m_state != RunState::Precreate; }
    const MachineConfig& config() const { return m_config; }

    // In precreate.

    /// Refused when the machine exists or the id is taken.
    Result<void> addObject(DeviceOptions object);
    Result<void> addDevice(DeviceOptions device);
    /// What was added by the monitor; NotFound, or Refused for what the command line has.
    Result<void> removeObject(const QString& id);
    Result<void> removeDevice(const QString& id);
    Result<void> setMemoryBackend(const QString& id);
    /// How fds come; before createDevices().
    void setPolicy(const engine::RealizePolicy& policy) { m_policy = policy; }
    const engine::RealizePolicy& policy() const { return m_policy; }

    // Afterwards.

    /// Whether the guest shall run once it can: without -S, after the last of stop and cont.
    bool startsAlone() const { return m_autostart; }
    /// Stops processors and devices; before the guest is here: it will not start by itself.
    void stop();
    /// Starts the guest, having taken ownership and activated the disks; before it is here: it will start by
    /// itself. Refused in a state that forbids it. Whether another VMM may run it is for the caller to know.
    Result<void> cont();
    /// The guest has ended.
    void shutDown();
    /// A handover that has stopped the guest is over.
    void handoverEnded(bool handedOver);
    /// Writes down the fds that came over \a channel; after the switchover.
    void traceFoundFds(engine::BackendSource channel);
    /// The disks are left inactive by guestArrived() until cont().
    void setLateBlockActivate(bool on) { m_lateBlockActivate = on; }
    void setPopulate(bool on) { m_populate = on; }

    /// The device or memory backend of that id, configured or existing.
    const DeviceOptions* findDevice(const QString& id) const;
    const DeviceOptions* findObject(const QString& id) const;
    /// NotFound; Refused where the decision about its fds has been taken already.
    Result<void> setDeviceMigrateFds(const QString& id, bool on);
    Result<void> setObjectMigrateFds(const QString& id, bool on);
    /// The blocks of RAM in their order, as options: also one that nobody has named.
    QList<DeviceOptions> ramOptions() const;
    quint64 ramBytes() const;

    /// All fds that can pass, as "query-cpr-fds" answers.
    QJsonArray describeFds() const;
    GuestMemory* memory() { return m_memory.get(); }

    // engine::Vm

    void lock() override { m_mutex.lock(); }
    void unlock() override { m_mutex.unlock(); }
    std::vector<engine::RamBlock> ramBlocks() override;
    std::span<engine::Device* const> devices() override { return m_devicePointers; }
    QJsonObject guestConfiguration() const override;
    bool processorsRunning() const override { return m_accelerator && m_accelerator->running(); }
    void stopProcessors() override;
    void startProcessors() override;
    Result<void> saveProcessors(QCborStreamWriter& writer) const override;
    qsizetype processorStateSize() const override;
    Result<void> loadProcessors(QCborStreamReader& reader) override;
    void startDirtyLog() override;
    void collectDirtyPages() override;
    void stopDirtyLog() override;
    Result<void> attachRam(const QString& id, UniqueFd memfd) override;
    /// On failure the machine is in precreate, as before.
    Result<void> createDevices(std::vector<cpr::Entry> fds) override;
    Result<void> prepareForState() override;
    Result<void> attachDeviceFds(engine::Device& device, std::vector<cpr::Entry> fds) override;
    Result<void> completeBackends(int timeLimitMs) override;
    /// Everything is gone; the machine is in precreate again.
    void letGo() override;
    void setStartedWord(std::shared_ptr<engine::StartedWord> word) override;
    void guestArrived(bool wasRunning) override;
    Result<void> inactivateBlock() override;
    Result<void> activateBlock() override;

private:
    Machine(MachineConfig config, TraceLog& log);

    Result<void> checkFreeId(const QString& id) const;
    MachineShape shape() const;
    Result<void> build(std::vector<cpr::Entry> fds);
    Result<void> buildProcessors();
    Result<void> buildMemory(std::vector<cpr::Entry>& fds);
    Result<void> buildDevices(std::vector<cpr::Entry> fds);
    Result<void> boot();
    /// With an incoming migration: whether a block's contents come page by page.
    bool copiesRam() const;
    void discard();
    void setDoorbells();
    void run();

    MachineConfig m_config;
    TraceLog& m_log;
    qsizetype m_fixedObjects = 0; ///< those of the command line come first
    qsizetype m_fixedDevices = 0;
    bool m_fixedBackend = false;
    engine::RealizePolicy m_policy;

    std::function<void(const Error&)> m_onFault;
    std::mutex m_mutex;
    RunState m_state = RunState::Precreate;
    RunState m_stateBeforeHandover = RunState::Paused;
    bool m_autostart = true;
    bool m_blockActive = true;
    bool m_lateBlockActivate = false;
    bool m_populate = true;
    bool m_doorbellsStale = true;
    std::shared_ptr<engine::StartedWord> m_startedWord; ///< until it is set

    // Destroyed from the last to the first.
    std::unique_ptr<IoThread> m_ioThread;
    std::unique_ptr<GuestMemory> m_memory;
    std::unique_ptr<Accelerator> m_accelerator;
    std::vector<MachineDevice> m_devices;
    std::vector<engine::Device*> m_devicePointers;
    std::optional<engine::Realizer> m_realizer;
};

} // namespace cutover::vmm
