// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/pulse.h"
#include "vmm/kvm/platform.h"

/// The pulse program as the only program of a virtual machine.
namespace {

using namespace cutover::vmm;
using platform::Platform;

static_assert(imageAddress == 0x100000, "as in image.ld");

/// Hides from the compiler that the address is a constant: it takes small ones for errors.
template <typename T>
T* at(std::uint64_t address)
{
    asm("" : "+r"(address));
    return reinterpret_cast<T*>(address);
}

struct Ports
{
    const Platform& platform;

    static bool stopRequested() { return false; } // it is stopped wherever it is
    std::uint64_t now() const { return platform.clock.ns(__builtin_ia32_rdtsc()); }
    void ring(std::uint32_t doorbell) const
    {
        *at<volatile std::uint32_t>(platform.io + platform::ioDoorbells + 4 * (doorbell % maxDoorbells)) = 1;
    }
    void relax(std::uint64_t until) const
    {
        *at<volatile std::uint64_t>(platform.io + platform::ioSleep) = until;
    }
    static void dirtied(std::uint64_t, std::uint64_t) { } // the processor keeps its own log
};

} // namespace

// What the compiler may call, as on any platform.
extern "C" {
void* memcpy(void* to, const void* from, std::size_t count)
{
    void* const result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return result;
}

void* memset(void* to, int value, std::size_t count)
{
    void* const result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return result;
}

[[noreturn]] void pulseMain(std::uint32_t processor)
{
    Ports ports{ *at<const Platform>(platform::platformAddress) };
    pulse::Registers registers;
    const pulse::Guest<Ports> guest{ at<std::byte>(0), *at<const BootInfo>(bootInfoAddress), registers,
        processor, ports };
    pulse::Program<Ports> program(guest);
    for (;;)
        program.run();
}
}
