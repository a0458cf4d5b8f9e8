// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "engine/device.h"
#include "vmm/devices/iothread.h"

#include <atomic>
#include <span>

namespace cutover::vmm {

struct BallastConfig
{
    quint64 stateBytes = quint64{ 1 } << 20; ///< 1 MiB to 1 GiB, whole pages
    bool migrateFds = true;
};

/// A device whose only trait is the size of its state, a part of which it changes all the time while it runs.
/// The state lies in a memfd, the slot "<id>": where that passes, only its checksum is saved, else every
/// byte. After each load() the pages are checked bit by bit in the background, while the device runs.
class Ballast final : public engine::Device
{
public:
    static constexpr quint64 minBytes = quint64{ 1 } << 20;
    static constexpr quint64 maxBytes = quint64{ 1 } << 30;

    /// \a thread outlives the device.
    Ballast(const QString& id, BallastConfig config, IoThread& thread);
    ~Ballast() override;

    QJsonObject guestConfiguration() const override;
    QString resource() const override { return {}; }
    Result<void> realizeFrontend() override;
    QList<engine::FdSlot> fdSlots() const override;
    /// Makes a new state and fills it: takes time in proportion.
    Result<void> openBackend() override;
    Result<void> attachFd(qsizetype index, UniqueFd fd) override;
    int slotFd(qsizetype index) const override { return index == 0 ? m_memfd.get() : -1; }
    void detachBackend() override;
    Result<void> take(int timeLimitMs) override;
    /// The state stays mapped whatever \a keep says, which decides what save() writes.
    Result<void> release(int timeLimitMs, Keep keep) override;
    engine::Ownership ownership() const override;
    void start() override { m_io.resume(); }
    void stop() override { m_io.pause(); }
    void save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

    struct Reading
    {
        quint64 touches = 0; ///< pages changed since the state was made, by all its owners
        quint64 pagesToVerify = 0; ///< of the latest load(); 0 = done
        quint64 wrongPages = 0; ///< found since this object was made
    };
    /// Any thread.
    Reading reading() const;

private:
    struct Page;

    quint64 pageCount() const;
    Result<void> map(UniqueFd memfd);
    void fill();
    void tick();
    void touch();
    void verify();

    BallastConfig m_config;
    UniqueFd m_memfd;
    std::span<Page> m_pages;
    UniqueFd m_timer;
    bool m_owned = false;
    bool m_made = false; ///< here, and not by another process
    bool m_passes = false; ///< as of the latest release
    quint64 m_sum = 0; ///< of all pages' heads
    quint64 m_random = 0; ///< decides which page is next
    quint64 m_verifiedSum = 0; ///< of those below the first that is to be verified
    std::atomic<quint64> m_touches = 0;
    std::atomic<quint64> m_verified = 0; ///< pages; equal to pageCount() when done
    std::atomic<quint64> m_wrong = 0;
    IoGroup m_io; ///< last: rests before anything else is destroyed
};

} // namespace cutover::vmm
