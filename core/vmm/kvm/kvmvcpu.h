// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"
#include "vmm/kvm/kvmstate.h"
#include "vmm/kvm/mapping.h"

#include <QString>

#include <span>
#include <vector>

namespace cutover::vmm {

class KvmDevice;

/// Why a virtual processor has come out of the guest.
struct KvmExit
{
    enum class Reason : std::uint8_t {
        Interrupted, ///< a signal, or requestExit()
        Write, ///< the guest wrote to an address that has no memory
        Fault, ///< it cannot go on
    };
    Reason reason = Reason::Interrupted;
    quint64 address = 0; ///< Write
    quint64 value = 0;
    quint32 bytes = 0;
    QString cause; ///< Fault
};

/// One virtual processor. All but requestExit() is for the thread that runs it.
class KvmVcpu
{
public:
    /// Has the CPUID that the device supports, and the processor's number in it.
    static Result<KvmVcpu> create(const KvmDevice& device, int vm, quint32 number);

    /// Finds the registers that can be saved and set again: those that cannot are no state. To be called
    /// once, on a processor that has not run.
    Result<void> findState(const std::vector<quint32>& msrs, std::size_t xsaveBytes);
    /// What save() and load() work with, with the registers of a processor that has not run.
    const KvmVcpuState& initialState() const { return m_initial; }
    quint32 counterKhz() const { return m_counterKhz; }

    /// Ends what the guest has begun, and reads all state into \a state, which is of the size of
    /// initialState().
    Result<void> save(KvmVcpuState& state);
    /// An error names what the processor does not take; it is then in no state to run.
    Result<void> load(const KvmVcpuState& state);

    /// To be called before it is looked whether the processor shall run: takes back requestExit().
    void allowEntry();
    /// Until there is something for the VMM to do.
    KvmExit run();
    /// The processor leaves run(), also one that is entered later, when its thread gets a signal too. Any
    /// thread.
    void requestExit();

private:
    KvmVcpu() = default;
    Result<void> exchangeMsrs(
        unsigned long request, std::span<const kvm_msr_entry> entries, const QString& attempt);
    Result<void> setCounterOffset(quint64 offset);
    Result<quint64> counterOffset();
    kvm_run& shared() const { return *reinterpret_cast<kvm_run*>(m_run.address()); }
    void completeExit();
    QString faultText() const;

    quint32 m_number = 0;
    UniqueFd m_fd;
    Mapping m_run;
    quint32 m_counterKhz = 0;
    bool m_exitPending = false; ///< the guest's latest access is not over
    std::vector<std::byte> m_msrBuffer;
    KvmVcpuState m_initial;
};

} // namespace cutover::vmm
