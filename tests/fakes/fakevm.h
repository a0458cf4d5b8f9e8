// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/realize.h"
#include "engine/token.h"
#include "engine/vm.h"

#include <QLatin1StringView>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cutover::fakes {

/// What no handover may break, seen from outside both VMs.
struct World
{
    std::atomic<int> running = 0;
    std::atomic<int> mostRunning = 0; ///< ever at once
    void starts();
    void stops() { --running; }
};

/// A device with one shareable fd (an eventfd) and one exclusive fd (a memfd that stands for a TAP) with a
/// token. Its state is one number.
class FakeDevice : public engine::Device
{
public:
    FakeDevice(const QString& id, bool migrateFds);

    QJsonObject guestConfiguration() const override;
    QString resource() const override { return QStringLiteral("resource of ") + id(); }
    Result<void> realizeFrontend() override { return {}; }
    QList<engine::FdSlot> fdSlots() const override;
    Result<void> openBackend() override;
    Result<void> attachFd(qsizetype index, UniqueFd fd) override;
    int slotFd(qsizetype index) const override;
    void detachBackend() override;
    Result<void> take(int timeLimitMs) override;
    Result<void> release(int timeLimitMs, Keep keep) override;
    engine::Ownership ownership() const override;
    std::optional<engine::OwnershipToken::Owner> owner() const override { return m_token.owner(); }
    void start() override { moving = true; }
    void stop() override { moving = false; }
    void save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override { return 16; }
    Result<void> load(QCborStreamReader& reader) override;

    bool complete() const;

    qint64 state = 0;
    bool moving = false;
    int opened = 0; ///< how often openBackend() was called
    QString failAt; ///< name of the function that fails: "release", "take", "load"
    ino_t exclusiveInode() const;

private:
    UniqueFd m_event;
    UniqueFd m_exclusive;
    engine::OwnershipToken m_token;
};

/// A VM of one block of RAM and some FakeDevices.
class FakeVm : public engine::Vm
{
public:
    /// \a source: with RAM and backends, running. Otherwise empty, waiting for its devices.
    FakeVm(World& world, const engine::RealizePolicy& policy, bool source,
        const std::vector<bool>& deviceSwitches = { true, true }, bool ramSwitch = true);
    ~FakeVm() override;

    void lock() override { m_mutex.lock(); }
    void unlock() override { m_mutex.unlock(); }
    std::vector<engine::RamBlock> ramBlocks() override;
    std::span<engine::Device* const> devices() override { return m_devicePointers; }
    QJsonObject guestConfiguration() const override;
    bool processorsRunning() const override { return running; }
    void stopProcessors() override;
    void startProcessors() override;
    Result<void> saveProcessors(QCborStreamWriter& writer) const override;
    qsizetype processorStateSize() const override { return 16; }
    Result<void> loadProcessors(QCborStreamReader& reader) override;
    void startDirtyLog() override;
    void collectDirtyPages() override { }
    void stopDirtyLog() override { }
    Result<void> attachRam(const QString& id, UniqueFd memfd) override;
    Result<void> createDevices(std::vector<cpr::Entry> fds) override;
    Result<void> prepareForState() override;
    Result<void> attachDeviceFds(engine::Device& device, std::vector<cpr::Entry> fds) override;
    Result<void> completeBackends(int timeLimitMs) override;
    void letGo() override;
    void setStartedWord(std::shared_ptr<engine::StartedWord> word) override { startedWord = std::move(word); }
    void guestArrived(bool wasRunning) override;
    Result<void> inactivateBlock() override;
    Result<void> activateBlock() override;

    FakeDevice& device(std::size_t index) { return *m_devices.at(index); }
    std::byte* ram() const { return m_ram; }
    ino_t ramInode() const;

    static constexpr std::size_t ramBytes = std::size_t{ 1 } << 20;
    bool running = false;
    bool blockActive = true;
    qint64 processorState = 0;
    QJsonObject extraConfiguration;
    QString failAt; ///< "create", "prepare", "complete", "cpu", "activate", "inactivate"
    /// Called with the name of the function on the engine's thread: "stop", "inactivate", "complete", ...
    std::function<void(QLatin1StringView)> onCall = [](QLatin1StringView) { };
    std::shared_ptr<engine::StartedWord> startedWord;

private:
    Result<void> allocateRam();
    Result<void> mapRam(UniqueFd memfd);
    Result<void> realizeAll();

    World& m_world;
    engine::RealizePolicy m_policy;
    engine::Realizer m_realizer;
    bool m_ramSwitch;
    std::mutex m_mutex;
    std::vector<std::unique_ptr<FakeDevice>> m_devices;
    std::vector<engine::Device*> m_devicePointers;
    UniqueFd m_memfd;
    std::byte* m_ram = nullptr;
    std::unique_ptr<engine::DirtyBitmap> m_dirty;
};

} // namespace cutover::fakes
