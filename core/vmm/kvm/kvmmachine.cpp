// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/kvmmachine.h"

#include "vmm/guest/guestmemory.h"
#include "vmm/kvm/guestimage.h"

#include <QCryptographicHash>
#include <QFile>

#include <bit>
#include <cerrno>

namespace cutover::vmm {

namespace {

/// Of what the guest finds in its memory and at its addresses beside RAM.
constexpr int platformVersion = 1;

QString shortHash(QByteArrayView bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).left(8).toHex());
}

/// This boot of this host: the time stamp counter is the same one.
QString hostBoot()
{
    QFile file(QStringLiteral("/proc/sys/kernel/random/boot_id"));
    return file.open(QIODevice::ReadOnly) ? QString::fromLatin1(file.readAll()).trimmed() : QString();
}

} // namespace

Result<KvmMachine> KvmMachine::create(const QString& path)
{
    auto device = KvmDevice::open(path);
    if (!device)
        return std::unexpected(device.error());
    KvmMachine machine(std::move(*device));
    int fd = -1;
    do {
        fd = ::ioctl(machine.m_device.fd(), KVM_CREATE_VM, 0UL);
    } while (fd < 0 && errno == EINTR);
    machine.m_fd = UniqueFd::adopt(fd);
    if (!machine.m_fd)
        return kvmError(QStringLiteral("make a virtual machine"), path, errno);
    return machine;
}

QJsonObject KvmMachine::configuration() const
{
    QByteArray cpuid;
    for (const kvm_cpuid_entry2& entry : m_device.cpuid())
        cpuid.append(QByteArrayView(reinterpret_cast<const char*>(&entry), sizeof entry));
    return { { QStringLiteral("host"), hostBoot() }, { QStringLiteral("version"), m_device.version() },
        { QStringLiteral("platform"), platformVersion }, { QStringLiteral("cpuid"), shortHash(cpuid) },
        { QStringLiteral("xsave-bytes"), static_cast<qint64>(m_device.xsaveBytes()) } };
}

bool KvmMachine::setSlot(quint32 slot, quint64 address, const std::byte* memory, quint64 bytes, bool log)
{
    const kvm_userspace_memory_region region{ .slot = slot,
        .flags = log ? static_cast<quint32>(KVM_MEM_LOG_DIRTY_PAGES) : 0,
        .guest_phys_addr = address,
        .memory_size = bytes,
        .userspace_addr = reinterpret_cast<quintptr>(memory) };
    return ::ioctl(m_fd.get(), KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

Result<void> KvmMachine::mapMemory(const GuestMemory& memory)
{
    const QString attempt = QStringLiteral("show the guest its memory");
    const quint64 end = platform::ioAddress(memory.bytes()) + platform::largePageBytes;
    if (static_cast<unsigned>(std::bit_width(end - 1)) > m_device.addressBits())
        return kvmFailure(ErrorCode::Unsupported, attempt,
            QStringLiteral("this processor has %1 bits for an address, which is too few for so much memory")
                .arg(m_device.addressBits()));
    quint32 slot = 0;
    quint64 address = 0;
    for (const engine::RamBlock& block : memory.blocks()) {
        if (!setSlot(slot++, address, block.base, block.bytes, false))
            return kvmError(attempt, block.id, errno);
        address += block.bytes;
    }
    constexpr std::size_t trialBytes = trial::pages * guestPageBytes;
    m_trial = Mapping(-1, trialBytes);
    if (!m_trial)
        return kvmError(attempt, {}, errno);
    trial::write(m_trial.address(), memory.bytes());
    if (!setSlot(slot, trial::address(memory.bytes()), m_trial.address(), trialBytes, false))
        return kvmError(attempt, {}, errno);
    return {};
}

Result<KvmVcpu> KvmMachine::makeVcpu(quint32 number)
{
    return KvmVcpu::create(m_device, m_fd.get(), number);
}

bool KvmMachine::connect(quint64 address, int eventFd, bool on)
{
    kvm_ioeventfd connection{};
    connection.addr = address;
    connection.len = sizeof(quint32);
    connection.fd = eventFd;
    connection.flags = on ? 0U : static_cast<quint32>(KVM_IOEVENTFD_FLAG_DEASSIGN);
    return ::ioctl(m_fd.get(), KVM_IOEVENTFD, &connection) == 0;
}

void KvmMachine::setDirtyLog(const GuestMemory& memory, bool on)
{
    quint32 slot = 0;
    quint64 address = 0;
    m_logged = on;
    for (const engine::RamBlock& block : memory.blocks()) {
        m_logged = setSlot(slot++, address, block.base, block.bytes, on) && m_logged;
        address += block.bytes;
    }
}

void KvmMachine::collectDirtyPages(const GuestMemory& memory)
{
    quint32 slot = 0;
    for (const engine::RamBlock& block : memory.blocks()) {
        const std::uint64_t pages = block.dirty->pages();
        m_bits.assign((pages + 63) / 64, 0);
        kvm_dirty_log log{ .slot = slot++, .padding1 = 0, .dirty_bitmap = m_bits.data() };
        if (!m_logged || ::ioctl(m_fd.get(), KVM_GET_DIRTY_LOG, &log) != 0) {
            block.dirty->markAll();
            continue;
        }
        for (std::size_t i = 0; i < m_bits.size(); ++i) {
            if (m_bits[i] != 0)
                block.dirty->merge(i * 64, m_bits[i]);
        }
    }
}

Result<quint64> KvmMachine::clock() const
{
    kvm_clock_data data{};
    if (::ioctl(m_fd.get(), KVM_GET_CLOCK, &data) != 0)
        return systemError(QStringLiteral("save the virtual machine's clock"), {}, errno);
    return data.clock;
}

Result<void> KvmMachine::setClock(quint64 ns)
{
    kvm_clock_data data{};
    data.clock = ns;
    if (::ioctl(m_fd.get(), KVM_SET_CLOCK, &data) != 0)
        return systemError(QStringLiteral("set the virtual machine's clock"), {}, errno);
    return {};
}

QString describeMsrs(const std::vector<kvm_msr_entry>& msrs)
{
    QByteArray indices;
    for (const kvm_msr_entry& entry : msrs)
        indices.append(QByteArrayView(reinterpret_cast<const char*>(&entry.index), sizeof entry.index));
    return QStringLiteral("%1, %2").arg(msrs.size()).arg(shortHash(indices));
}

} // namespace cutover::vmm
