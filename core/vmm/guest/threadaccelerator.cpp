// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/threadaccelerator.h"

#include "base/clock.h"
#include "vmm/guest/futexword.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulse.h"
#include "vmm/guest/pulsereading.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace cutover::vmm {

namespace {

constexpr quint32 stateVersion = 1;
/// How long stop() looks before it sleeps: longer than a busy processor needs to its next safe point.
constexpr qint64 lookNs = 20'000;

/// What all processors are to do. Words, for that is what a futex is.
constexpr quint32 orderStop = 0;
constexpr quint32 orderRun = 1;
constexpr quint32 orderExit = 2;
/// What one does: only a busy one touches the guest.
constexpr quint32 atSafePoint = 0;
constexpr quint32 busy = 1;

} // namespace

struct ThreadAccelerator::Shared
{
    struct alignas(64) Processor
    {
        FutexWord state{ atSafePoint };
        pulse::Registers registers;
        std::thread thread;
    };

    /// The pulse program's platform.
    struct Ports
    {
        Shared& shared;
        Processor& self;

        bool stopRequested() const { return shared.order.load(std::memory_order_relaxed) != orderRun; }
        std::uint64_t now() const { return static_cast<std::uint64_t>(monotonicNs()); }
        void dirtied(std::uint64_t address, std::uint64_t bytes) const
        {
            shared.memory.markDirty(address, bytes);
        }
        void ring(std::uint32_t doorbell) const
        {
            const int fd = shared.doorbells[doorbell % maxDoorbells];
            const std::uint64_t one = 1;
            // A full counter is readable, which is all that is asked for.
            if (fd >= 0) [[maybe_unused]]
                const auto written = write(fd, &one, sizeof one);
        }
        void relax(std::uint64_t untilNs) const
        {
            shared.leave(self);
            futexWait(shared.order, orderRun, static_cast<qint64>(untilNs));
            shared.enter(self);
        }
    };

    explicit Shared(GuestMemory& guestMemory)
        : memory(guestMemory)
    {
        doorbells.fill(-1);
    }

    /// The processor is at a safe point; stop() does not wait for it any more.
    void leave(Processor& self)
    {
        self.state.store(atSafePoint, std::memory_order_seq_cst);
        if (order.load(std::memory_order_seq_cst) != orderRun)
            futexWakeAll(self.state);
    }

    /// Waits for the order to run. False when the thread shall end. Either this sees a new order after it has
    /// said that it is busy, or stop() sees that it is busy after it has given the order.
    bool enter(Processor& self)
    {
        for (;;) {
            self.state.store(busy, std::memory_order_seq_cst);
            if (order.load(std::memory_order_seq_cst) == orderRun)
                return true;
            leave(self);
            if (order.load(std::memory_order_relaxed) == orderExit)
                return false;
            futexWait(order, orderStop);
        }
    }

    void runProcessor(Processor& self, quint32 index)
    {
        prctl(PR_SET_NAME, ("pulse/" + std::to_string(index)).c_str());
        prctl(PR_SET_TIMERSLACK, 1UL);
        Ports ports{ *this, self };
        const pulse::Guest<Ports> guest{ memory.base(), plan, self.registers, index, ports };
        pulse::Program<Ports> program(guest);
        while (enter(self)) {
            program.run();
            leave(self);
        }
    }

    BootInfo& boot() const { return *reinterpret_cast<BootInfo*>(memory.base() + bootInfoAddress); }

    alignas(64) FutexWord order{ orderStop };
    std::array<int, maxDoorbells> doorbells{};
    GuestMemory& memory;
    std::vector<Processor> processors;
    BootInfo plan;
};

ThreadAccelerator::ThreadAccelerator(GuestMemory& memory)
    : d(std::make_unique<Shared>(memory))
{
}

ThreadAccelerator::~ThreadAccelerator()
{
    d->order.store(orderExit, std::memory_order_seq_cst);
    futexWakeAll(d->order);
    for (Shared::Processor& processor : d->processors)
        if (processor.thread.joinable())
            processor.thread.join();
}

QString ThreadAccelerator::name() const
{
    return QStringLiteral("thread");
}

Result<void> ThreadAccelerator::setDoorbell(quint32 number, int fd)
{
    const QString attempt = QStringLiteral("connect a doorbell");
    if (number >= maxDoorbells)
        return failure(ErrorCode::InvalidArgument, attempt, QString::number(number),
            QStringLiteral("there is no such doorbell"));
    if (running())
        return failure(
            ErrorCode::Busy, attempt, QString::number(number), QStringLiteral("the processors are running"));
    d->doorbells[number] = fd;
    return {};
}

Result<void> ThreadAccelerator::prepare(const MachineShape& shape)
{
    const QString attempt = QStringLiteral("make the processors");
    if (!d->processors.empty())
        return failure(ErrorCode::Busy, attempt, {}, QStringLiteral("they are there already"));
    auto plan = planMachine(d->memory, shape);
    if (!plan)
        return std::unexpected(plan.error());
    d->plan = *plan;
    d->processors = std::vector<Shared::Processor>(shape.processors);
    try {
        for (quint32 i = 0; i < shape.processors; ++i)
            d->processors[i].thread
                = std::thread([shared = d.get(), i] { shared->runProcessor(shared->processors[i], i); });
    } catch (const std::system_error& error) {
        return systemError(attempt, {}, error.code().value());
    }
    return {};
}

void ThreadAccelerator::start()
{
    if (running() || d->processors.empty())
        return;
    addWord(d->boot().starts);
    d->memory.markDirty(bootInfoAddress, offsetof(BootInfo, devices));
    d->order.store(orderRun, std::memory_order_seq_cst);
    futexWakeAll(d->order);
}

void ThreadAccelerator::stop()
{
    if (!running())
        return;
    const qint64 begin = monotonicNs();
    d->order.store(orderStop, std::memory_order_seq_cst);
    storeWord(d->boot().stoppedNs, static_cast<std::uint64_t>(begin));
    d->memory.markDirty(bootInfoAddress, offsetof(BootInfo, devices));
    for (Shared::Processor& processor : d->processors)
        while (processor.state.load(std::memory_order_seq_cst) == busy)
            if (monotonicNs() - begin > lookNs)
                futexWait(processor.state, busy);
}

bool ThreadAccelerator::running() const
{
    return d->order.load(std::memory_order_relaxed) == orderRun;
}

Result<void> ThreadAccelerator::save(QCborStreamWriter& writer) const
{
    writer.startArray(1 + d->processors.size());
    writer.append(stateVersion);
    for (const Shared::Processor& processor : d->processors) {
        const auto words = std::bit_cast<std::array<quint64, pulse::registerCount>>(processor.registers);
        writer.startArray(words.size());
        for (const quint64 word : words)
            writer.append(word);
        writer.endArray();
    }
    writer.endArray();
    return {};
}

qsizetype ThreadAccelerator::stateSize() const
{
    constexpr qsizetype header = 9;
    return 2 * header + static_cast<qsizetype>(d->processors.size() * (header + pulse::registerCount * 9));
}

static bool enterArray(QCborStreamReader& reader, quint64 length)
{
    return reader.isArray() && reader.isLengthKnown() && reader.length() == length && reader.enterContainer();
}

static bool readWord(QCborStreamReader& reader, quint64& word)
{
    if (!reader.isUnsignedInteger())
        return false;
    word = reader.toUnsignedInteger();
    return reader.next();
}

Result<void> ThreadAccelerator::load(QCborStreamReader& reader)
{
    const auto malformed = [](const QString& cause) {
        return failure(ErrorCode::Malformed, QStringLiteral("load the processors' registers"), {}, cause);
    };
    if (!enterArray(reader, 1 + d->processors.size()))
        return malformed(QStringLiteral("they are not those of %1 processors").arg(d->processors.size()));
    quint64 version = 0;
    if (!readWord(reader, version) || version != stateVersion)
        return malformed(QStringLiteral("version %1 is not known").arg(version));
    std::array<std::array<quint64, pulse::registerCount>, maxProcessors> loaded{};
    for (std::size_t i = 0; i < d->processors.size(); ++i) {
        bool sound = enterArray(reader, pulse::registerCount);
        for (quint64& word : loaded[i])
            sound = sound && readWord(reader, word);
        if (!sound || !reader.leaveContainer())
            return malformed(QStringLiteral("processor %1 has other registers").arg(i));
    }
    if (!reader.leaveContainer())
        return malformed(QStringLiteral("there is more than the processors"));
    for (std::size_t i = 0; i < d->processors.size(); ++i)
        d->processors[i].registers = std::bit_cast<pulse::Registers>(loaded[i]);
    return {};
}

} // namespace cutover::vmm
