// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/kvmvcpu.h"

#include "vmm/kvm/kvmdevice.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/ioctl.h>

namespace cutover::vmm {

namespace {

constexpr quint32 msrTimeStampCounter = 0x10; // its offset is set instead
constexpr quint32 msrTimeStampAdjust = 0x3b;

template <typename T>
Result<void> get(int fd, unsigned long request, T* to, const char* what)
{
    if (::ioctl(fd, request, to) >= 0)
        return {};
    return systemError(
        QStringLiteral("save the registers of a virtual processor"), QString::fromLatin1(what), errno);
}

template <typename T>
Result<void> set(int fd, unsigned long request, const T* from, const char* what)
{
    if (::ioctl(fd, request, from) >= 0)
        return {};
    return systemError(
        QStringLiteral("set the registers of a virtual processor"), QString::fromLatin1(what), errno);
}

kvm_msrs* header(std::vector<std::byte>& buffer)
{
    return reinterpret_cast<kvm_msrs*>(buffer.data());
}

kvm_device_attr counterAttribute(quint64& offset)
{
    return { .flags = 0,
        .group = KVM_VCPU_TSC_CTRL,
        .attr = KVM_VCPU_TSC_OFFSET,
        .addr = reinterpret_cast<quintptr>(&offset) };
}

} // namespace

Result<KvmVcpu> KvmVcpu::create(const KvmDevice& device, int vm, quint32 number)
{
    const QString attempt = QStringLiteral("make a virtual processor");
    const QString object = QString::number(number);
    KvmVcpu vcpu;
    vcpu.m_number = number;
    vcpu.m_fd = UniqueFd::adopt(::ioctl(vm, KVM_CREATE_VCPU, static_cast<unsigned long>(number)));
    if (!vcpu.m_fd)
        return kvmError(attempt, object, errno);
    const int bytes = ::ioctl(device.fd(), KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < static_cast<int>(sizeof(kvm_run)))
        return kvmFailure(
            ErrorCode::Unsupported, attempt, QStringLiteral("KVM does not say how large it is"));
    vcpu.m_run = Mapping(vcpu.m_fd.get(), static_cast<std::size_t>(bytes));
    if (!vcpu.m_run)
        return kvmError(attempt, object, errno);

    std::vector<std::byte> list(sizeof(kvm_cpuid2) + device.cpuid().size() * sizeof(kvm_cpuid_entry2));
    auto* const cpuid = reinterpret_cast<kvm_cpuid2*>(list.data());
    cpuid->nent = static_cast<quint32>(device.cpuid().size());
    std::ranges::copy(device.cpuid(), cpuid->entries);
    for (kvm_cpuid_entry2& entry : std::span(cpuid->entries, cpuid->nent)) {
        if (entry.function == 1)
            entry.ebx |= number << 24U;
    }
    if (::ioctl(vcpu.m_fd.get(), KVM_SET_CPUID2, cpuid) != 0)
        return kvmError(QStringLiteral("give a virtual processor its CPUID"), object, errno);
    return vcpu;
}

Result<void> KvmVcpu::findState(const std::vector<quint32>& msrs, std::size_t xsaveBytes)
{
    const int khz = ::ioctl(m_fd.get(), KVM_GET_TSC_KHZ, 0);
    quint64 offset = 0;
    const kvm_device_attr attribute = counterAttribute(offset);
    if (khz <= 0 || ::ioctl(m_fd.get(), KVM_HAS_DEVICE_ATTR, &attribute) != 0)
        return kvmFailure(ErrorCode::Unsupported, QStringLiteral("use KVM"),
            QStringLiteral(
                "the guest's time stamp counter cannot be set (Linux 5.16 can, if the host's counter "
                "is stable)"));
    m_counterKhz = static_cast<quint32>(khz);
    m_msrBuffer.resize(sizeof(kvm_msrs) + std::max<std::size_t>(msrs.size(), 1) * sizeof(kvm_msr_entry));
    for (const quint32 index : msrs) {
        if (index == msrTimeStampCounter || index == msrTimeStampAdjust)
            continue;
        header(m_msrBuffer)->nmsrs = 1;
        header(m_msrBuffer)->entries[0] = { .index = index, .reserved = 0, .data = 0 };
        if (::ioctl(m_fd.get(), KVM_GET_MSRS, m_msrBuffer.data()) != 1
            || ::ioctl(m_fd.get(), KVM_SET_MSRS, m_msrBuffer.data()) != 1)
            continue;
        m_initial.msrs.push_back(header(m_msrBuffer)->entries[0]);
    }
    m_initial.xsave.resize(xsaveBytes);
    if (auto saved = save(m_initial); !saved)
        return saved;
    m_initial.counterOffset = 0;
    return load(m_initial); // what cannot be set is known before it matters
}

Result<quint64> KvmVcpu::counterOffset()
{
    quint64 offset = 0;
    const kvm_device_attr attribute = counterAttribute(offset);
    if (auto read = get(m_fd.get(), KVM_GET_DEVICE_ATTR, &attribute, "time stamp counter"); !read)
        return std::unexpected(read.error());
    return offset;
}

Result<void> KvmVcpu::setCounterOffset(quint64 offset)
{
    const kvm_device_attr attribute = counterAttribute(offset);
    return set(m_fd.get(), KVM_SET_DEVICE_ATTR, &attribute, "time stamp counter");
}

Result<void> KvmVcpu::exchangeMsrs(
    unsigned long request, std::span<const kvm_msr_entry> entries, const QString& attempt)
{
    kvm_msrs* const list = header(m_msrBuffer);
    list->nmsrs = static_cast<quint32>(entries.size());
    std::ranges::copy(entries, list->entries);
    const int done = ::ioctl(m_fd.get(), request, list);
    if (done < 0)
        return systemError(attempt, QStringLiteral("model-specific registers"), errno);
    if (std::cmp_less(done, entries.size())) {
        const kvm_msr_entry& refused = entries[static_cast<std::size_t>(done)];
        return failure(ErrorCode::Unsupported, attempt,
            QStringLiteral("model-specific register 0x%1").arg(refused.index, 0, 16),
            request == KVM_SET_MSRS ? QStringLiteral("KVM refuses its value 0x%1").arg(refused.data, 0, 16)
                                    : QStringLiteral("KVM does not tell its value"));
    }
    return {};
}

void KvmVcpu::completeExit()
{
    if (!std::exchange(m_exitPending, false))
        return;
    requestExit();
    ::ioctl(m_fd.get(), KVM_RUN, 0); // EINTR, the guest's instruction being over
}

Result<void> KvmVcpu::save(KvmVcpuState& state)
{
    completeExit();
    const int fd = m_fd.get();
    const bool large = state.xsave.size() > sizeof(kvm_xsave);
    const auto offset = counterOffset();
    if (!offset)
        return std::unexpected(offset.error());
    state.counterOffset = *offset;
    Result<void> saved = get(fd, KVM_GET_REGS, &state.regs, "general registers");
    if (saved)
        saved = get(fd, KVM_GET_SREGS, &state.sregs, "system registers");
    if (saved)
        saved
            = get(fd, large ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, state.xsave.data(), "floating point registers");
    if (saved)
        saved = get(fd, KVM_GET_XCRS, &state.xcrs, "extended control registers");
    if (saved)
        saved = get(fd, KVM_GET_DEBUGREGS, &state.debug, "debug registers");
    if (saved)
        saved = get(fd, KVM_GET_VCPU_EVENTS, &state.events, "events");
    if (saved)
        saved = get(fd, KVM_GET_MP_STATE, &state.activity, "activity");
    if (saved)
        saved = exchangeMsrs(
            KVM_GET_MSRS, state.msrs, QStringLiteral("save the registers of a virtual processor"));
    if (saved)
        std::ranges::copy(std::span(header(m_msrBuffer)->entries, state.msrs.size()), state.msrs.begin());
    return saved;
}

Result<void> KvmVcpu::load(const KvmVcpuState& state)
{
    completeExit();
    // What one part depends on comes before it: the system registers first, the general ones last.
    const int fd = m_fd.get();
    Result<void> loaded = set(fd, KVM_SET_SREGS, &state.sregs, "system registers");
    if (loaded)
        loaded = setCounterOffset(state.counterOffset);
    if (loaded)
        loaded = exchangeMsrs(
            KVM_SET_MSRS, state.msrs, QStringLiteral("set the registers of a virtual processor"));
    if (loaded)
        loaded = set(fd, KVM_SET_XCRS, &state.xcrs, "extended control registers");
    if (loaded)
        loaded = set(fd, KVM_SET_XSAVE, state.xsave.data(), "floating point registers");
    if (loaded)
        loaded = set(fd, KVM_SET_VCPU_EVENTS, &state.events, "events");
    if (loaded)
        loaded = set(fd, KVM_SET_MP_STATE, &state.activity, "activity");
    if (loaded)
        loaded = set(fd, KVM_SET_DEBUGREGS, &state.debug, "debug registers");
    if (loaded)
        loaded = set(fd, KVM_SET_REGS, &state.regs, "general registers");
    return loaded;
}

void KvmVcpu::allowEntry()
{
    std::atomic_ref(shared().immediate_exit).store(0, std::memory_order_seq_cst);
}

void KvmVcpu::requestExit()
{
    std::atomic_ref(shared().immediate_exit).store(1, std::memory_order_seq_cst);
}

QString KvmVcpu::faultText() const
{
    QString where;
    kvm_regs regs{};
    if (::ioctl(m_fd.get(), KVM_GET_REGS, &regs) == 0)
        where = QStringLiteral(" at 0x%1").arg(regs.rip, 0, 16);
    switch (shared().exit_reason) {
    case KVM_EXIT_SHUTDOWN:
        return QStringLiteral("it took an exception, which it has no handler for%1").arg(where);
    case KVM_EXIT_FAIL_ENTRY:
        return QStringLiteral("the hardware refused to enter the guest%1, reason 0x%2")
            .arg(where)
            .arg(shared().fail_entry.hardware_entry_failure_reason, 0, 16);
    case KVM_EXIT_INTERNAL_ERROR:
        return QStringLiteral("KVM had an internal error%1, number %2")
            .arg(where)
            .arg(shared().internal.suberror);
    case KVM_EXIT_MMIO:
        return QStringLiteral("it read address 0x%1, where there is no memory%2")
            .arg(shared().mmio.phys_addr, 0, 16)
            .arg(where);
    default:
        return QStringLiteral("it did what this VMM does not have, exit reason %1%2")
            .arg(shared().exit_reason)
            .arg(where);
    }
}

KvmExit KvmVcpu::run()
{
    const int result = ::ioctl(m_fd.get(), KVM_RUN, 0);
    m_exitPending = false;
    if (result != 0) {
        if (errno == EINTR || errno == EAGAIN)
            return {};
        return { .reason = KvmExit::Reason::Fault, .cause = errnoText(errno) };
    }
    if (shared().exit_reason == KVM_EXIT_INTR)
        return {};
    m_exitPending = shared().exit_reason == KVM_EXIT_MMIO || shared().exit_reason == KVM_EXIT_IO;
    const auto& access = shared().mmio;
    if (shared().exit_reason != KVM_EXIT_MMIO || access.is_write == 0 || access.len > sizeof(quint64))
        return { .reason = KvmExit::Reason::Fault, .cause = faultText() };
    KvmExit exit{
        .reason = KvmExit::Reason::Write, .address = access.phys_addr, .bytes = access.len, .cause = {}
    };
    std::memcpy(&exit.value, access.data, access.len);
    return exit;
}

} // namespace cutover::vmm
