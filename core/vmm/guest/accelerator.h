// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/guest/layout.h"

class QCborStreamReader;
class QCborStreamWriter;

namespace cutover::vmm {

/// The virtual processors. All functions are called by one thread at a time.
class Accelerator
{
public:
    Accelerator() = default;
    virtual ~Accelerator() = default;
    Accelerator(const Accelerator&) = delete;
    Accelerator& operator=(const Accelerator&) = delete;

    /// Lets the guest ring doorbell \a number (QueueLayout::doorbell) through the eventfd \a fd, borrowed
    /// until it is replaced; -1 takes it away. The processors must be stopped.
    virtual Result<void> setDoorbell(quint32 number, int fd) = 0;
    /// Makes the processors of \a shape, parked before the guest's first instruction. Called once; everything
    /// start(), stop(), save() and load() need is made here. The guest's memory is complete; where its queues
    /// are is taken from the shape, never from the memory's contents.
    virtual Result<void> prepare(const MachineShape& shape) = 0;

    /// Wakes the processors; the guest's BootInfo must be in its memory. Does nothing when they run.
    virtual void start() = 0;
    /// Returns when every processor rests at a safe point, which is at most 10 µs of its time away.
    virtual void stop() = 0;
    virtual bool running() const = 0;

    /// Writes the processors' registers, one CBOR value. The processors must be stopped.
    virtual void save(QCborStreamWriter& writer) const = 0;
    /// An upper bound of what save() writes, in bytes.
    virtual qsizetype stateSize() const = 0;
    /// Replaces the registers by what save() wrote for the same number of processors. Malformed for anything
    /// else; the registers are then as they were. The processors must be prepared and stopped.
    virtual Result<void> load(QCborStreamReader& reader) = 0;
};

} // namespace cutover::vmm
