// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/doorbells.h"

#include "vmm/kvm/kvmmachine.h"
#include "vmm/kvm/platform.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cutover::vmm {

/// False also where the kernel does not tell.
static bool areSame(int one, int other)
{
    return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, one, other) == 0;
}

void Doorbells::start(KvmMachine& machine, std::uint64_t io)
{
    m_machine = &machine;
    m_io = io;
}

std::uint64_t Doorbells::address(std::uint32_t number) const
{
    return m_io + platform::ioDoorbells + number * sizeof(std::uint32_t);
}

Result<void> Doorbells::set(std::uint32_t number, int fd)
{
    Doorbell& doorbell = m_doorbells.at(number);
    if (fd >= 0 && doorbell.fd && areSame(fd, doorbell.fd.get()))
        return {};
    if (std::exchange(doorbell.connected, false))
        m_machine->connect(address(number), doorbell.fd.get(), false);
    doorbell.fd = UniqueFd::adopt(fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (fd >= 0 && !doorbell.fd)
        return systemError(QStringLiteral("connect a doorbell"), QString::number(number), errno);
    return {};
}

void Doorbells::ring(std::uint32_t number)
{
    const std::scoped_lock lock(m_mutex);
    Doorbell& doorbell = m_doorbells.at(number);
    if (!doorbell.fd)
        return;
    const std::uint64_t one = 1;
    // A full counter is readable, which is all that is asked for.
    [[maybe_unused]] const auto written = ::write(doorbell.fd.get(), &one, sizeof one);
    if (!doorbell.connected)
        doorbell.connected = m_machine->connect(address(number), doorbell.fd.get(), true);
}

} // namespace cutover::vmm
