// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/guest/accelerator.h"

#include <memory>

namespace cutover::vmm {

class GuestMemory;

/// Runs the pulse program of each processor on a thread of its own, on the same guest RAM that the devices
/// work with. A processor that sleeps is at a safe point, so stopping waits for busy ones only.
class ThreadAccelerator : public Accelerator
{
public:
    /// \a memory outlives the accelerator.
    explicit ThreadAccelerator(GuestMemory& memory);
    /// Stops the processors and ends their threads.
    ~ThreadAccelerator() override;

    QString name() const override;
    Result<void> setDoorbell(quint32 number, int fd) override;
    Result<void> prepare(const MachineShape& shape) override;
    void start() override;
    void stop() override;
    bool running() const override;
    Result<void> save(QCborStreamWriter& writer) const override;
    qsizetype stateSize() const override;
    Result<void> load(QCborStreamReader& reader) override;

private:
    struct Shared;
    std::unique_ptr<Shared> d;
};

} // namespace cutover::vmm
