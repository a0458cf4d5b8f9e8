// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/uniquefd.h"
#include "vmm/guest/layout.h"

#include <array>
#include <mutex>

namespace cutover::vmm {

class KvmMachine;

/// The eventfds that the guest rings. KVM is told of one when it is first rung, not when it is set: that
/// takes time, and a guest that is handed over is waiting.
class Doorbells
{
public:
    /// \a io: platform::ioAddress(). The machine outlives this object.
    void start(KvmMachine& machine, std::uint64_t io);
    /// Keeps a descriptor of its own of the eventfd \a fd; -1 takes it away. While no processor runs.
    Result<void> set(std::uint32_t number, int fd);
    /// By a processor's thread, which the guest's write has brought here.
    void ring(std::uint32_t number);

private:
    struct Doorbell
    {
        UniqueFd fd;
        bool connected = false; ///< KVM rings it by itself
    };
    std::uint64_t address(std::uint32_t number) const;

    std::mutex m_mutex; ///< of processors that ring at the same time
    KvmMachine* m_machine = nullptr;
    std::uint64_t m_io = 0;
    std::array<Doorbell, maxDoorbells> m_doorbells;
};

} // namespace cutover::vmm
