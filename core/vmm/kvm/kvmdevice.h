// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/error.h"
#include "base/uniquefd.h"

#include <QString>

#include <cerrno>
#include <vector>

#include <linux/kvm.h>
#include <sys/ioctl.h>

namespace cutover::vmm {

/// The kernel's KVM, found to have what a processor of this VMM needs.
class KvmDevice
{
public:
    static constexpr const char* usualPath = "/dev/kvm";

    /// An error says why there is no KVM to use. Nothing runs yet: whether the processor does what KVM says
    /// is found by the first KvmVcpu.
    static Result<KvmDevice> open(const QString& path);

    int fd() const { return m_fd.get(); }
    int version() const { return m_version; }
    /// Of KVM_GET_XSAVE or KVM_GET_XSAVE2, whichever is needed for that many.
    std::size_t xsaveBytes() const { return m_xsaveBytes; }
    bool hasExtension(int capability) const { return extension(capability) > 0; }
    /// What KVM_GET_SUPPORTED_CPUID says, without what names the processor that was asked.
    const std::vector<kvm_cpuid_entry2>& cpuid() const { return m_cpuid; }
    /// Model-specific registers that the kernel says are state.
    const std::vector<quint32>& msrs() const { return m_msrs; }
    unsigned addressBits() const { return m_addressBits; }

private:
    KvmDevice() = default;
    int extension(int capability) const { return ::ioctl(m_fd.get(), KVM_CHECK_EXTENSION, capability); }
    Result<void> readCpuid();
    Result<void> readMsrs();

    UniqueFd m_fd;
    int m_version = 0;
    std::size_t m_xsaveBytes = 0;
    unsigned m_addressBits = 36;
    std::vector<kvm_cpuid_entry2> m_cpuid;
    std::vector<quint32> m_msrs;
};

/// systemError() for errno, with what to do where KVM fails a VMM that asked for it.
std::unexpected<Error> kvmError(const QString& attempt, const QString& object, int sysErrno);
std::unexpected<Error> kvmFailure(ErrorCode code, const QString& attempt, const QString& cause);

} // namespace cutover::vmm
