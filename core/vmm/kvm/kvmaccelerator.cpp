// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/kvm/kvmaccelerator.h"

#include "base/clock.h"
#include "vmm/guest/futexword.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/words.h"
#include "vmm/kvm/doorbells.h"
#include "vmm/kvm/guestimage.h"
#include "vmm/kvm/kvmmachine.h"
#include "vmm/kvm/kvmvcpu.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>

#include <algorithm>
#include <array>
#include <csignal>
#include <mutex>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/prctl.h>

namespace cutover::vmm {

namespace {

constexpr quint32 stateVersion = 1;
/// How long a command looks before it sleeps: about what a processor needs to leave the guest.
constexpr qint64 lookNs = 20'000;
/// What the guest asked for is waited for in pieces, for its clock and ours are not the same.
constexpr qint64 longestSleepNs = 100'000'000;

/// The other side waits meanwhile, and the guest finds its pages without this too.
constexpr qint64 longestWarmingNs = 2'000'000'000;

/// What all processors are to do; each has said so in Processor::done when it is through with it. Any of them
/// ends Run.
enum class Order : quint8 { Rest, Prepare, Warm, Run, Load, Exit };

/// Interrupts a processor's thread; nothing else of this program uses it.
int kickSignal()
{
    return SIGRTMIN + 5;
}

void installKick()
{
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action{};
        action.sa_handler = [](int) { };
        sigaction(kickSignal(), &action, nullptr);
    });
}

void letOnlyKickIn()
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, kickSignal());
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

} // namespace

class KvmAccelerator::Private
{
    /// The order, and above it how many there were: equal words are the same order.
    alignas(64) FutexWord orderWord{ 0 };

public:
    struct alignas(64) Processor
    {
        explicit Processor(KvmVcpu made)
            : vcpu(std::move(made))
        {
        }

        FutexWord done{ 0 };
        KvmVcpu vcpu;
        KvmVcpuState state; ///< as it was left, or is to be loaded
        Result<void> outcome; ///< of the latest order
        std::thread thread;
    };

    Private(GuestMemory& guestMemory, KvmMachine made)
        : memory(guestMemory)
        , machine(std::move(made))
    {
    }
    ~Private();

    Result<void> prepare(const MachineShape& shape);
    void give(Order what);
    Result<void> carryOut(Order what);
    /// Returns when \a those are through with the latest order.
    Result<void> await(std::span<const std::unique_ptr<Processor>> those) const;
    Result<void> load(std::vector<KvmVcpuState>& states); ///< not none

    Order order() const { return static_cast<Order>(orderWord.load(std::memory_order_seq_cst) & 7U); }
    BootInfo& boot() const { return *reinterpret_cast<BootInfo*>(memory.base() + bootInfoAddress); }

    GuestMemory& memory;
    KvmMachine machine;
    Doorbells doorbells;
    std::function<void(const Error&)> onFault;
    std::vector<std::unique_ptr<Processor>> processors;
    std::vector<GuestMemory::Extent> extents; ///< to be read when it is warmed
    qint64 warmUntilNs = 0;
    quint64 ramBytes = 0;
    quint64 io = 0;

private:
    // On a processor's own thread.
    void work(Processor& self, quint32 number);
    Result<void> tryOut(Processor& self, quint32 number);
    void warm(Processor& self, quint32 number);
    KvmExit runTrial(Processor& self);
    Result<void> run(Processor& self, quint32 number, quint32 word);
    Result<void> obey(const KvmExit& exit, quint32 word);
    void sleep(quint64 until, quint32 word);
};

KvmAccelerator::Private::~Private()
{
    if (!processors.empty())
        give(Order::Exit);
    for (const auto& processor : processors) {
        if (processor->thread.joinable())
            processor->thread.join();
    }
}

void KvmAccelerator::Private::give(Order what)
{
    const quint32 before = orderWord.load(std::memory_order_relaxed);
    orderWord.store((before & ~7U) + 8U + static_cast<quint32>(what), std::memory_order_seq_cst);
    futexWakeAll(orderWord);
    if (static_cast<Order>(before & 7U) != Order::Run)
        return;
    for (const auto& processor : processors) {
        processor->vcpu.requestExit();
        pthread_kill(processor->thread.native_handle(), kickSignal());
    }
}

Result<void> KvmAccelerator::Private::carryOut(Order what)
{
    give(what);
    return await(processors);
}

Result<void> KvmAccelerator::Private::await(std::span<const std::unique_ptr<Processor>> those) const
{
    const qint64 begin = monotonicNs();
    const quint32 word = orderWord.load(std::memory_order_relaxed);
    Result<void> outcome;
    for (const auto& processor : those) {
        for (quint32 done = 0; (done = processor->done.load(std::memory_order_seq_cst)) != word;)
            if (monotonicNs() - begin > lookNs)
                futexWait(processor->done, done);
        if (outcome)
            outcome = processor->outcome;
    }
    return outcome;
}

void KvmAccelerator::Private::work(Processor& self, quint32 number)
{
    prctl(PR_SET_NAME, ("vcpu/" + std::to_string(number)).c_str());
    prctl(PR_SET_TIMERSLACK, 1UL);
    letOnlyKickIn();
    quint32 seen = 0;
    for (;;) {
        quint32 word = 0;
        while ((word = orderWord.load(std::memory_order_seq_cst)) == seen)
            futexWait(orderWord, seen);
        seen = word;
        switch (static_cast<Order>(word & 7U)) {
        case Order::Rest:
            break;
        case Order::Prepare:
            self.outcome = tryOut(self, number);
            break;
        case Order::Warm:
            warm(self, number);
            break;
        case Order::Run:
            self.outcome = run(self, number, word);
            continue; // done with the order that has ended it
        case Order::Load:
            if (number != 0) // whose registers are loaded by the caller
                self.outcome = self.vcpu.load(self.state);
            break;
        case Order::Exit:
            return;
        }
        self.done.store(seen, std::memory_order_seq_cst);
        futexWakeAll(self.done);
    }
}

KvmExit KvmAccelerator::Private::runTrial(Processor& self)
{
    constexpr int attempts = 100;
    KvmExit exit;
    for (int i = 0; i < attempts && exit.reason == KvmExit::Reason::Interrupted; ++i) {
        self.vcpu.allowEntry();
        exit = self.vcpu.run();
    }
    return exit;
}

void KvmAccelerator::Private::warm(Processor& self, quint32 number)
{
    // Each its share; what one has read is there for all.
    for (std::size_t i = number; i < extents.size() && monotonicNs() < warmUntilNs; i += processors.size()) {
        const KvmVcpuState reading
            = trial::readingState(self.vcpu.initialState(), ramBytes, extents[i].address, extents[i].bytes);
        // It is for speed alone: what goes wrong will do so again where it matters.
        if (!self.vcpu.load(reading) || runTrial(self).reason != KvmExit::Reason::Write)
            break;
    }
    KvmVcpuState left = self.vcpu.initialState();
    self.outcome = self.vcpu.save(left);
    if (self.outcome)
        self.outcome = self.vcpu.load(self.state);
}

Result<void> KvmAccelerator::Private::tryOut(Processor& self, quint32 number)
{
    const quint64 value = 0x4355544f56455200 + number;
    if (auto found = self.vcpu.findState(machine.device().msrs(), machine.device().xsaveBytes()); !found)
        return found;
    if (auto loaded = self.vcpu.load(trial::state(self.vcpu.initialState(), ramBytes, value)); !loaded)
        return loaded;
    const KvmExit exit = runTrial(self);
    if (exit.reason != KvmExit::Reason::Write || exit.address != io + platform::ioSleep
        || exit.value != value)
        return kvmFailure(ErrorCode::Unsupported, QStringLiteral("use KVM"),
            QStringLiteral("a virtual processor does not run its first program: ")
                + (exit.cause.isEmpty() ? QStringLiteral("it did something else") : exit.cause));
    KvmVcpuState left = self.vcpu.initialState();
    if (auto saved = self.vcpu.save(left); !saved)
        return saved;
    self.state = bootState(self.vcpu.initialState(), number);
    return self.vcpu.load(self.state);
}

Result<void> KvmAccelerator::Private::run(Processor& self, quint32 number, quint32 word)
{
    Result<void> outcome;
    for (;;) {
        self.vcpu.allowEntry();
        if (orderWord.load(std::memory_order_seq_cst) != word)
            break;
        const KvmExit exit = self.vcpu.run();
        if (exit.reason == KvmExit::Reason::Interrupted)
            continue;
        outcome = obey(exit, word);
        if (outcome)
            continue;
        outcome.error().object = QString::number(number);
        if (onFault)
            onFault(outcome.error());
        while (orderWord.load(std::memory_order_seq_cst) == word)
            futexWait(orderWord, word);
    }
    if (order() == Order::Exit)
        return outcome;
    const auto saved = self.vcpu.save(self.state);
    return outcome ? saved : outcome;
}

Result<void> KvmAccelerator::Private::obey(const KvmExit& exit, quint32 word)
{
    const auto fault = [](const QString& cause) {
        return failure(ErrorCode::System, QStringLiteral("run the virtual processor"), {}, cause);
    };
    if (exit.reason == KvmExit::Reason::Fault)
        return fault(exit.cause);
    const quint64 offset = exit.address - io;
    if (offset == platform::ioSleep && exit.bytes == sizeof(quint64)) {
        sleep(exit.value, word);
        return {};
    }
    const quint64 number = (offset - platform::ioDoorbells) / sizeof(quint32);
    if (offset < platform::ioDoorbells || number >= maxDoorbells || exit.bytes != sizeof(quint32))
        return fault(
            QStringLiteral("it wrote to address 0x%1, where there is no memory").arg(exit.address, 0, 16));
    doorbells.ring(static_cast<quint32>(number));
    return {};
}

void KvmAccelerator::Private::sleep(quint64 until, quint32 word)
{
    const auto left = static_cast<qint64>(until - guestClock(memory).ns(readCounter()));
    if (left > 0)
        futexWait(orderWord, word, monotonicNs() + std::min(left, longestSleepNs));
}

Result<void> KvmAccelerator::Private::prepare(const MachineShape& shape)
{
    const QString attempt = QStringLiteral("make the virtual processors");
    if (!processors.empty())
        return failure(ErrorCode::Busy, attempt, {}, QStringLiteral("they are there already"));
    if (const auto plan = planMachine(memory, shape); !plan)
        return std::unexpected(plan.error());
    ramBytes = memory.bytes();
    io = platform::ioAddress(ramBytes);
    doorbells.start(machine, io);
    if (auto mapped = machine.mapMemory(memory); !mapped)
        return mapped;
    installKick();
    std::vector<std::unique_ptr<Processor>> made;
    for (quint32 i = 0; i < shape.processors; ++i) {
        auto vcpu = machine.makeVcpu(i);
        if (!vcpu)
            return std::unexpected(vcpu.error());
        made.push_back(std::make_unique<Processor>(std::move(*vcpu)));
    }
    processors = std::move(made);
    try {
        for (quint32 i = 0; i < shape.processors; ++i)
            processors[i]->thread = std::thread([this, i] { work(*processors[i], i); });
    } catch (const std::system_error& error) {
        return systemError(attempt, {}, error.code().value());
    }
    return carryOut(Order::Prepare);
}

Result<void> KvmAccelerator::Private::load(std::vector<KvmVcpuState>& states)
{
    for (std::size_t i = 0; i < processors.size(); ++i)
        std::swap(processors[i]->state, states[i]);
    // To wake a thread for it takes longer than the first processor's registers do; the others' are loaded
    // meanwhile.
    if (processors.size() > 1)
        give(Order::Load);
    Processor& first = *processors.front();
    first.outcome = first.vcpu.load(first.state);
    Result<void> outcome = first.outcome;
    if (processors.size() > 1) {
        const Result<void> others = await(std::span(processors).subspan(1));
        if (outcome)
            outcome = others;
    }
    return outcome;
}

KvmAccelerator::KvmAccelerator(std::unique_ptr<Private> made)
    : d(std::move(made))
{
}

KvmAccelerator::~KvmAccelerator() = default;

Result<std::unique_ptr<KvmAccelerator>> KvmAccelerator::create(GuestMemory& memory, const QString& device)
{
    auto machine = KvmMachine::create(device);
    if (!machine)
        return std::unexpected(machine.error());
    return std::unique_ptr<KvmAccelerator>(
        new KvmAccelerator(std::make_unique<Private>(memory, std::move(*machine))));
}

QString KvmAccelerator::name() const
{
    return QStringLiteral("kvm");
}

QJsonObject KvmAccelerator::configuration() const
{
    QJsonObject configuration = d->machine.configuration();
    if (!d->processors.empty()) {
        const KvmVcpu& first = d->processors.front()->vcpu;
        configuration.insert(QLatin1StringView("registers"), describeMsrs(first.initialState().msrs));
        configuration.insert(QLatin1StringView("counter-khz"), static_cast<qint64>(first.counterKhz()));
    }
    return configuration;
}

Result<void> KvmAccelerator::setDoorbell(quint32 number, int fd)
{
    const QString attempt = QStringLiteral("connect a doorbell");
    if (number >= maxDoorbells)
        return failure(ErrorCode::InvalidArgument, attempt, QString::number(number),
            QStringLiteral("there is no such doorbell"));
    if (running())
        return failure(
            ErrorCode::Busy, attempt, QString::number(number), QStringLiteral("the processors are running"));
    return d->doorbells.set(number, fd);
}

Result<void> KvmAccelerator::prepare(const MachineShape& shape)
{
    return d->prepare(shape);
}

void KvmAccelerator::warm()
{
    // In pieces, so that all processors have something to do, and none is long in the guest.
    constexpr quint64 pieceBytes = quint64{ 8 } << 20;
    if (guestClock(d->memory).nsPerCount == 0)
        return; // no guest has booted there
    const auto extents = d->memory.dataExtents();
    if (!extents)
        return;
    d->extents.clear();
    for (const GuestMemory::Extent& extent : *extents) {
        for (quint64 done = 0; done < extent.bytes; done += pieceBytes)
            d->extents.push_back(
                { .address = extent.address + done, .bytes = std::min(pieceBytes, extent.bytes - done) });
    }
    d->warmUntilNs = monotonicNs() + longestWarmingNs;
    std::ignore = d->carryOut(Order::Warm);
}

void KvmAccelerator::boot()
{
    if (!d->processors.empty())
        loadGuestImage(d->memory, d->processors.front()->vcpu.counterKhz());
}

void KvmAccelerator::onFault(const std::function<void(const Error&)>& handler)
{
    d->onFault = handler;
}

void KvmAccelerator::start()
{
    if (running() || d->processors.empty())
        return;
    addWord(d->boot().starts);
    d->memory.markDirty(bootInfoAddress, offsetof(BootInfo, devices));
    d->give(Order::Run);
}

void KvmAccelerator::stop()
{
    if (!running())
        return;
    // In the guest's own time: see BootInfo::stoppedNs.
    storeWord(d->boot().stoppedNs, guestClock(d->memory).ns(readCounter()));
    d->memory.markDirty(bootInfoAddress, offsetof(BootInfo, devices));
    std::ignore = d->carryOut(Order::Rest); // what went wrong is what save() says
}

bool KvmAccelerator::running() const
{
    return d->order() == Order::Run;
}

void KvmAccelerator::collectDirtyPages()
{
    d->machine.collectDirtyPages(d->memory);
}

void KvmAccelerator::setDirtyLog(bool on)
{
    d->machine.setDirtyLog(d->memory, on);
}

Result<void> KvmAccelerator::save(QCborStreamWriter& writer) const
{
    for (const auto& processor : d->processors) {
        if (!processor->outcome)
            return processor->outcome;
    }
    const auto clock = d->machine.clock();
    if (!clock)
        return std::unexpected(clock.error());
    writer.startArray(2 + d->processors.size());
    writer.append(stateVersion);
    writer.append(quint64{ *clock });
    for (const auto& processor : d->processors)
        processor->state.write(writer);
    writer.endArray();
    return {};
}

qsizetype KvmAccelerator::stateSize() const
{
    constexpr qsizetype header = 9;
    qsizetype bytes = 3 * header;
    for (const auto& processor : d->processors)
        bytes += processor->state.writtenSize();
    return bytes;
}

Result<void> KvmAccelerator::load(QCborStreamReader& reader)
{
    const auto malformed = [](const QString& cause) {
        return failure(
            ErrorCode::Malformed, QStringLiteral("load the virtual processors' registers"), {}, cause);
    };
    const std::size_t count = d->processors.size();
    if (!reader.isArray() || !reader.isLengthKnown() || reader.length() != 2 + count
        || !reader.enterContainer())
        return malformed(QStringLiteral("they are not those of %1 processors").arg(count));
    std::array<quint64, 2> words{};
    for (quint64& word : words) {
        if (!reader.isUnsignedInteger())
            return malformed(QStringLiteral("a number is missing"));
        word = reader.toUnsignedInteger();
        if (!reader.next())
            return malformed(QStringLiteral("they are cut off"));
    }
    if (words[0] != stateVersion)
        return malformed(QStringLiteral("version %1 is not known").arg(words[0]));
    std::vector<KvmVcpuState> states;
    for (const auto& processor : d->processors) {
        states.push_back(processor->vcpu.initialState());
        if (auto read = states.back().read(reader); !read)
            return read;
    }
    if (!reader.leaveContainer() || states.empty())
        return malformed(QStringLiteral("there is more than the processors"));
    if (auto set = d->machine.setClock(words[1]); !set)
        return set;
    return d->load(states);
}

} // namespace cutover::vmm
