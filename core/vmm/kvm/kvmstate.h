// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"

#include <cstddef>
#include <vector>

#include <linux/kvm.h>

class QCborStreamReader;
class QCborStreamWriter;

namespace cutover::vmm {

/// Everything that a virtual processor has outside of guest RAM. There is no interrupt controller: the guest
/// takes no interrupts.
struct KvmVcpuState
{
    kvm_regs regs{};
    kvm_sregs sregs{};
    kvm_xcrs xcrs{};
    kvm_debugregs debug{};
    kvm_vcpu_events events{};
    kvm_mp_state activity{};
    quint64 counterOffset = 0; ///< the guest's time stamp counter minus the host's
    std::vector<std::byte> xsave; ///< as large as the device says
    std::vector<kvm_msr_entry> msrs; ///< always the same ones on one host

    /// One CBOR array; what ends in zeros is written without them.
    void write(QCborStreamWriter& writer) const;
    qsizetype writtenSize() const; ///< at most
    /// Replaces all but the number of bytes and registers that are here: Malformed unless those fit, and the
    /// state is then half read.
    Result<void> read(QCborStreamReader& reader);
};

} // namespace cutover::vmm
