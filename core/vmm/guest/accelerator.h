// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "vmm/guest/layout.h"

#include <QJsonObject>
#include <QString>

#include <functional>

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

    /// As the option -accel spells it.
    virtual QString name() const = 0;
    /// What another process must have alike to go on with these processors, beside name(): an object of plain
    /// values. Of prepared processors.
    virtual QJsonObject configuration() const { return {}; }

    /// Lets the guest ring doorbell \a number (QueueLayout::doorbell) through the eventfd \a fd, borrowed
    /// until it is replaced; -1 takes it away. The processors must be stopped.
    virtual Result<void> setDoorbell(quint32 number, int fd) = 0;
    /// Makes the processors of \a shape, parked before the guest's first instruction. Called once; everything
    /// start(), stop(), save() and load() need is made here. The guest's memory is complete; where its queues
    /// are is taken from the shape, never from the memory's contents.
    virtual Result<void> prepare(const MachineShape& shape) = 0;
    /// Writes into guest memory what the processors begin with. For a prepared machine that boots, not for
    /// one whose memory arrives.
    virtual void boot() { }
    /// Does ahead what the processors would find to be done at their first access to each page of guest
    /// memory. The memory is that of a guest which still runs in another process; nothing is written to it.
    /// Takes time in proportion to the data, at most a few seconds.
    virtual void warm() { }
    /// Called on any thread, from now on, when a processor cannot go on: it rests then, the others run. Set
    /// before the processors are started.
    virtual void onFault(const std::function<void(const Error&)>& /*handler*/) { }

    /// Wakes the processors; the guest's BootInfo must be in its memory. Does nothing when they run.
    virtual void start() = 0;
    /// Returns when every processor rests, and its registers can be saved.
    virtual void stop() = 0;
    virtual bool running() const = 0;

    /// Marks in the memory's dirty log the pages that the processors have written to since the previous call,
    /// as far as they did not do so themselves; called while the log is on.
    virtual void collectDirtyPages() { }
    /// The memory's dirty log has been started, or is about to be stopped.
    virtual void setDirtyLog(bool) { }

    /// Writes the processors' registers, one CBOR value. The processors must be stopped.
    virtual Result<void> save(QCborStreamWriter& writer) const = 0;
    /// An upper bound of what save() writes, in bytes.
    virtual qsizetype stateSize() const = 0;
    /// Replaces the registers by what save() wrote for the same number of processors. Malformed for anything
    /// else; the registers are then as they were. Another error says what the processors do not take; they
    /// must not be started after that. The processors must be prepared and stopped.
    virtual Result<void> load(QCborStreamReader& reader) = 0;
};

} // namespace cutover::vmm
