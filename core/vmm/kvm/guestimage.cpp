// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/guestimage.h"

#include "base/clock.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/words.h"

#include <array>
#include <cstring>
#include <limits>

extern "C" {
extern const std::byte cutoverGuestImage;
extern const std::byte cutoverGuestImageEnd;
}

namespace cutover::vmm {

namespace {

// Intel SDM volume 3, 4.5: entries of the page tables. Accessed and dirty are set, so that the processor has
// nothing to write there.
constexpr quint64 present = 0x1;
constexpr quint64 writable = 0x2;
constexpr quint64 user = 0x4;
constexpr quint64 accessed = 0x20;
constexpr quint64 dirty = 0x40;
constexpr quint64 large = 0x80;
constexpr quint64 tableFlags = present | writable | user | accessed;
constexpr quint64 pageFlags = tableFlags | dirty | large;

constexpr quint64 entries = 512;
constexpr quint64 directoryBytes = platform::largePageBytes * entries;

// 2.5 and 2.2.1: control registers, EFER
constexpr quint64 cr0 = 0x80010033; // PG, WP, NE, ET, MP, PE
constexpr quint64 cr4 = 0x620; // PAE, OSFXSR, OSXMMEXCPT
constexpr quint64 efer = 0x500; // LME, LMA

constexpr quint8 ring3 = 3;
constexpr quint8 codeType = 11; // execute, read, accessed
constexpr quint8 dataType = 3; // read, write, accessed
constexpr quint8 taskType = 11; // 64-bit, busy
constexpr quint64 flagsReserved = 0x2;

constexpr kvm_segment segment(quint16 selector, quint8 type)
{
    kvm_segment made{};
    made.limit = 0xffffffff;
    made.selector = selector;
    made.type = type;
    made.present = 1;
    made.dpl = ring3;
    made.s = 1;
    made.g = 1;
    return made;
}

/// 64-bit code in ring 3. There are no descriptor tables: nothing loads a segment, and an exception ends the
/// processor.
KvmVcpuState ring3State(const KvmVcpuState& initial, quint64 tables)
{
    KvmVcpuState state = initial;
    kvm_sregs& system = state.sregs;
    system.cr0 = cr0;
    system.cr3 = tables;
    system.cr4 = cr4;
    system.efer = efer;
    system.cs = segment(0x18 | ring3, codeType);
    system.cs.l = 1;
    system.ss = segment(0x20 | ring3, dataType);
    system.ss.db = 1;
    system.ds = system.es = system.fs = system.gs = system.ss;
    system.tr = {};
    system.tr.limit = 0x67;
    system.tr.selector = 0x28;
    system.tr.type = taskType;
    system.tr.present = 1;
    system.ldt = {};
    system.ldt.unusable = 1;
    system.gdt = {};
    system.idt = {};
    state.regs = {};
    state.regs.rflags = flagsReserved;
    state.activity.mp_state = KVM_MP_STATE_RUNNABLE;
    return state;
}

/// Writes into guest RAM.
class Tables
{
public:
    explicit Tables(GuestMemory& memory)
        : m_memory(memory)
    {
    }

    void set(quint64 table, quint64 index, quint64 value)
    {
        const quint64 address = table + index * sizeof value;
        std::memcpy(m_memory.at(address, sizeof value), &value, sizeof value);
        m_memory.markDirty(address, sizeof value);
    }

private:
    GuestMemory& m_memory;
};

void writeTables(GuestMemory& memory)
{
    Tables tables(memory);
    const quint64 pointers = platform::tablesAddress + guestPageBytes;
    const quint64 directories = pointers + guestPageBytes;
    const quint64 end = platform::ioAddress(memory.bytes()) + platform::largePageBytes;
    tables.set(platform::tablesAddress, 0, pointers | tableFlags);
    for (quint64 address = 0; address < end; address += platform::largePageBytes) {
        const quint64 directory = directories + address / directoryBytes * guestPageBytes;
        tables.set(pointers, address / directoryBytes, directory | tableFlags);
        tables.set(directory, address % directoryBytes / platform::largePageBytes, address | pageFlags);
    }
}

platform::Clock startClock(quint32 counterKhz)
{
    constexpr int attempts = 8;
    platform::Clock clock;
    qint64 tightest = std::numeric_limits<qint64>::max();
    for (int i = 0; i < attempts; ++i) {
        const qint64 before = monotonicNs();
        const quint64 counter = readCounter();
        const qint64 after = monotonicNs();
        if (after - before >= tightest)
            continue;
        tightest = after - before;
        clock.counterBase = counter;
        clock.nsBase = static_cast<quint64>(before + tightest / 2);
    }
    constexpr quint64 nsPerMillisecond = 1'000'000;
    clock.nsPerCount = (nsPerMillisecond << 32U) / counterKhz;
    return clock;
}

} // namespace

quint64 readCounter()
{
    return __builtin_ia32_rdtsc();
}

void loadGuestImage(GuestMemory& memory, quint32 counterKhz)
{
    const auto bytes = static_cast<std::size_t>(&cutoverGuestImageEnd - &cutoverGuestImage);
    std::memcpy(memory.at(imageAddress, bytes), &cutoverGuestImage, bytes);
    memory.markDirty(imageAddress, bytes);
    writeTables(memory);
    const platform::Platform made{ .io = platform::ioAddress(memory.bytes()),
        .clock = startClock(counterKhz) };
    std::memcpy(memory.at(platform::platformAddress, sizeof made), &made, sizeof made);
    memory.markDirty(platform::platformAddress, sizeof made);
}

KvmVcpuState bootState(const KvmVcpuState& initial, quint32 number)
{
    KvmVcpuState state = ring3State(initial, platform::tablesAddress);
    state.regs.rip = imageAddress;
    state.regs.rsp = platform::stacksAddress + (number + 1) * platform::stackBytes;
    state.regs.rdi = number;
    return state;
}

platform::Clock guestClock(const GuestMemory& memory)
{
    const auto* const found = reinterpret_cast<const platform::Platform*>(
        memory.at(platform::platformAddress, sizeof(platform::Platform)));
    if (found == nullptr)
        return {};
    return { loadWord(found->clock.counterBase), loadWord(found->clock.nsBase),
        loadWord(found->clock.nsPerCount) };
}

void trial::write(std::byte* memory, quint64 ramBytes)
{
    // next: cmp %rdx, %rsi; jae again; mov (%rsi), %cl; add $4096, %rsi; jmp next
    // again: mov %rax, (%rdi); jmp again
    constexpr std::array<quint8, 21> code{ 0x48, 0x39, 0xd6, 0x73, 0x0b, 0x8a, 0x0e, 0x48, 0x81, 0xc6, 0x00,
        0x10, 0x00, 0x00, 0xeb, 0xf0, 0x48, 0x89, 0x07, 0xeb, 0xfb };
    std::memcpy(memory, code.data(), code.size());
    const quint64 here = address(ramBytes);
    const quint64 shown = platform::ioAddress(ramBytes);
    const auto set = [memory](quint64 page, quint64 index, quint64 value) {
        std::memcpy(memory + page * guestPageBytes + index * sizeof value, &value, sizeof value);
    };
    set(1, shown / (directoryBytes * entries), (here + 2 * guestPageBytes) | tableFlags);
    set(2, shown / directoryBytes % entries, (here + 3 * guestPageBytes) | tableFlags);
    set(3, shown / platform::largePageBytes % entries, shown | pageFlags);
}

KvmVcpuState trial::state(const KvmVcpuState& initial, quint64 ramBytes, quint64 value)
{
    KvmVcpuState state = ring3State(initial, address(ramBytes) + guestPageBytes);
    state.regs.rip = address(ramBytes);
    state.regs.rdi = platform::ioAddress(ramBytes) + platform::ioSleep;
    state.regs.rax = value;
    return state;
}

KvmVcpuState trial::readingState(
    const KvmVcpuState& initial, quint64 ramBytes, quint64 guestAddress, quint64 bytes)
{
    KvmVcpuState reading = state(initial, ramBytes, 0);
    reading.sregs.cr3 = platform::tablesAddress;
    reading.regs.rsi = guestAddress;
    reading.regs.rdx = guestAddress + bytes;
    return reading;
}

} // namespace cutover::vmm
