// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "vmm/kvm/kvmdevice.h"
#include "vmm/kvm/kvmvcpu.h"
#include "vmm/kvm/mapping.h"

#include <QJsonObject>

#include <cstddef>
#include <vector>

namespace cutover::vmm {

class GuestMemory;

/// A virtual machine of KVM: its memory, and its clock. One thread at a time.
class KvmMachine
{
public:
    static Result<KvmMachine> create(const QString& device);

    const KvmDevice& device() const { return m_device; }
    /// What another process' machine must have alike, so that processors of this one go on in it.
    QJsonObject configuration() const;

    /// Shows the guest all blocks of \a memory, which outlives the machine, and the pages of the trial behind
    /// them. Once.
    Result<void> mapMemory(const GuestMemory& memory);
    Result<KvmVcpu> makeVcpu(quint32 number);

    /// From now on a write of 4 bytes to \a address, which has no memory, adds 1 to the eventfd instead of
    /// taking the processor out of the guest; until it is disconnected with the same eventfd. False when KVM
    /// will not. May be called while processors run, by one thread at a time.
    bool connect(quint64 address, int eventFd, bool on);

    /// KVM's own log of what the processors write. Where it does not work, every page counts as written.
    void setDirtyLog(const GuestMemory& memory, bool on);
    void collectDirtyPages(const GuestMemory& memory);

    /// KVM's clock, in ns; the guest does not look at it.
    Result<quint64> clock() const;
    Result<void> setClock(quint64 ns);

private:
    explicit KvmMachine(KvmDevice device)
        : m_device(std::move(device))
    {
    }
    bool setSlot(quint32 slot, quint64 address, const std::byte* memory, quint64 bytes, bool log);

    KvmDevice m_device;
    Mapping m_trial; ///< outlives the machine that sees it
    UniqueFd m_fd;
    bool m_logged = false; ///< by KVM
    std::vector<quint64> m_bits;
};

/// A short text that is equal for equal lists of registers.
QString describeMsrs(const std::vector<kvm_msr_entry>& msrs);

} // namespace cutover::vmm
