// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/kvmdevice.h"

#include <QFile>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <span>

#include <fcntl.h>

namespace cutover::vmm {

namespace {

QString attemptText()
{
    return QStringLiteral("use KVM");
}

QString remedyText()
{
    return QStringLiteral("Use -accel thread, or -accel kvm:thread to have it where there is no KVM.");
}

struct Need
{
    int capability;
    QLatin1StringView name;
};
constexpr std::array needs{
    Need{ KVM_CAP_USER_MEMORY, QLatin1StringView("KVM_CAP_USER_MEMORY") },
    Need{ KVM_CAP_IMMEDIATE_EXIT, QLatin1StringView("KVM_CAP_IMMEDIATE_EXIT") },
    Need{ KVM_CAP_IOEVENTFD, QLatin1StringView("KVM_CAP_IOEVENTFD") },
    Need{ KVM_CAP_EXT_CPUID, QLatin1StringView("KVM_CAP_EXT_CPUID") },
    Need{ KVM_CAP_MP_STATE, QLatin1StringView("KVM_CAP_MP_STATE") },
    Need{ KVM_CAP_VCPU_EVENTS, QLatin1StringView("KVM_CAP_VCPU_EVENTS") },
    Need{ KVM_CAP_DEBUGREGS, QLatin1StringView("KVM_CAP_DEBUGREGS") },
    Need{ KVM_CAP_XSAVE, QLatin1StringView("KVM_CAP_XSAVE") },
    Need{ KVM_CAP_XCRS, QLatin1StringView("KVM_CAP_XCRS") },
    Need{ KVM_CAP_ADJUST_CLOCK, QLatin1StringView("KVM_CAP_ADJUST_CLOCK") },
    Need{ KVM_CAP_GET_TSC_KHZ, QLatin1StringView("KVM_CAP_GET_TSC_KHZ") },
    Need{ KVM_CAP_SYNC_MMU, QLatin1StringView("KVM_CAP_SYNC_MMU") },
};

/// The memory of a kernel structure that ends in an array of \a count entries.
template <typename Head, typename Entry>
std::unique_ptr<Head, void (*)(void*)> withEntries(std::size_t count)
{
    void* const memory = ::calloc(1, sizeof(Head) + count * sizeof(Entry));
    return { static_cast<Head*>(memory), &::free };
}

/// Whether the leaf tells the number of the processor that executes it, and nothing that a guest needs.
bool namesProcessor(quint32 function)
{
    return function == 0xb || function == 0x1f || function == 0x8000001e;
}

} // namespace

std::unexpected<Error> kvmError(const QString& attempt, const QString& object, int sysErrno)
{
    auto error = systemError(attempt, object, sysErrno);
    error.error().remedy = remedyText();
    if (sysErrno == EACCES)
        error.error().remedy.prepend(QStringLiteral("Join the group that may use it, usually kvm. "));
    return error;
}

std::unexpected<Error> kvmFailure(ErrorCode code, const QString& attempt, const QString& cause)
{
    return failure(code, attempt, {}, cause, remedyText());
}

Result<KvmDevice> KvmDevice::open(const QString& path)
{
    KvmDevice device;
    device.m_fd = UniqueFd::adopt(::open(QFile::encodeName(path).constData(), O_RDWR | O_CLOEXEC));
    if (!device.m_fd)
        return kvmError(attemptText(), path, errno);
    device.m_version = ::ioctl(device.m_fd.get(), KVM_GET_API_VERSION, 0);
    if (device.m_version < 0)
        return failure(ErrorCode::Unsupported, attemptText(), path,
            QStringLiteral("it is not the device of a KVM"), remedyText());
    if (device.m_version != KVM_API_VERSION)
        return failure(ErrorCode::Unsupported, attemptText(), path,
            QStringLiteral("its interface has version %1 instead of %2")
                .arg(device.m_version)
                .arg(KVM_API_VERSION),
            remedyText());
    for (const Need& need : needs) {
        if (!device.hasExtension(need.capability))
            return failure(ErrorCode::Unsupported, attemptText(), path,
                QStringLiteral("this kernel's has no %1").arg(need.name), remedyText());
    }
    device.m_xsaveBytes = std::max<std::size_t>(
        sizeof(kvm_xsave), static_cast<std::size_t>(std::max(0, device.extension(KVM_CAP_XSAVE2))));
    if (auto read = device.readCpuid(); !read)
        return std::unexpected(read.error());
    if (auto read = device.readMsrs(); !read)
        return std::unexpected(read.error());
    return device;
}

Result<void> KvmDevice::readCpuid()
{
    for (std::size_t room = 128; room <= 4096; room *= 2) {
        const auto list = withEntries<kvm_cpuid2, kvm_cpuid_entry2>(room);
        list->nent = static_cast<quint32>(room);
        if (::ioctl(m_fd.get(), KVM_GET_SUPPORTED_CPUID, list.get()) != 0) {
            if (errno == E2BIG)
                continue;
            return kvmError(QStringLiteral("ask KVM for its CPUID"), {}, errno);
        }
        for (kvm_cpuid_entry2 entry : std::span(list->entries, list->nent)) {
            if (namesProcessor(entry.function))
                continue;
            if (entry.function == 1)
                entry.ebx &= 0x00ffffff; // the number; the VMM's own is set there
            if (entry.function == 0x80000008)
                m_addressBits = entry.eax & 0xff;
            m_cpuid.push_back(entry);
        }
        return {};
    }
    return kvmFailure(ErrorCode::LimitExceeded, attemptText(), QStringLiteral("its CPUID has no end"));
}

Result<void> KvmDevice::readMsrs()
{
    kvm_msr_list count{};
    if (::ioctl(m_fd.get(), KVM_GET_MSR_INDEX_LIST, &count) != 0 && errno != E2BIG)
        return kvmError(QStringLiteral("ask KVM for its registers"), {}, errno);
    const auto list = withEntries<kvm_msr_list, quint32>(count.nmsrs);
    list->nmsrs = count.nmsrs;
    if (::ioctl(m_fd.get(), KVM_GET_MSR_INDEX_LIST, list.get()) != 0)
        return kvmError(QStringLiteral("ask KVM for its registers"), {}, errno);
    m_msrs.assign(list->indices, list->indices + std::min(list->nmsrs, count.nmsrs));
    return {};
}

} // namespace cutover::vmm
