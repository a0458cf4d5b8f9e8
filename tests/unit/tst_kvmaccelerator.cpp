// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"

#include "base/clock.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/virtqueue.h"
#include "vmm/kvm/accelerators.h"

#ifdef CUTOVER_KVM
#include "vmm/kvm/kvmaccelerator.h"
#include "vmm/kvm/kvmmachine.h"
#include "vmm/kvm/platform.h"
#endif

#include <QCborArray>
#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QCborValue>
#include <QDir>
#include <QTest>

#include <array>
#include <atomic>
#include <memory>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace cutover;
using namespace cutover::vmm;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

constexpr quint64 ramBytes = 16 << 20;
/// The guest's clock is set once, the host's is steered all the time.
constexpr quint64 clockErrorNs = 100'000'000;

MachineShape shapeOf(quint32 processors)
{
    MachineShape shape{ .ramBytes = ramBytes, .processors = processors, .deviceCount = 1 };
    shape.devices[0] = { .type = DeviceType::Net, .queues = 1 };
    return shape;
}

const AcceleratorWish kvmAlone{ .names = { u"kvm"_s } };

/// A machine in one process, without devices that work.
struct Machine
{
    GuestMemory memory;
    std::unique_ptr<Accelerator> accelerator;

    bool boot(quint32 processors, const Rates& rates)
    {
        if (!memory.addBlock(u"ram"_s, ramBytes, true) || !prepare(processors)
            || !writeBootInfo(memory, shapeOf(processors), rates))
            return false;
        accelerator->boot();
        return true;
    }
    bool receive(const Machine& source, quint32 processors)
    {
        const auto fd = UniqueFd::adopt(dup(source.memory.blocks().front().memfd));
        auto copy = fd.duplicate();
        return copy && memory.addBlock(u"ram"_s, ramBytes, true, std::move(*copy)) && prepare(processors);
    }
    bool prepare(quint32 processors)
    {
        auto chosen = makeAccelerator(kvmAlone, memory, shapeOf(processors));
        if (!chosen) {
            qInfo().noquote() << chosen.error().message();
            return false;
        }
        accelerator = std::move(chosen->accelerator);
        return true;
    }
    PulseReading pulse() const { return readPulse(memory).value_or(PulseReading{}); }
    Result<QByteArray> save() const
    {
        QByteArray state;
        QCborStreamWriter writer(&state);
        if (auto saved = accelerator->save(writer); !saved)
            return std::unexpected(saved.error());
        return state;
    }
    Result<void> load(const QByteArray& state) const
    {
        QCborStreamReader reader(state);
        return accelerator->load(reader);
    }
};

/// Its clock goes on between two of them.
QCborArray withoutClock(const QByteArray& state)
{
    QCborArray parts = QCborValue::fromCbor(state).toArray();
    if (parts.size() > 1)
        parts[1] = 0;
    return parts;
}

const Rates busyRates{
    .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut, .workingSetBytes = 0, .blocksPerSecond = 0
};

#define NEEDS_KVM                                                                                            \
    if (!m_missing.isEmpty())                                                                                \
    QSKIP(qPrintable(m_missing))

} // namespace

class TestKvmAccelerator : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init() { QTest::failOnWarning(); }
    void choice_data();
    void choice();
    void aMachineThatDoesNotFitIsRefused();
    void beatsOnlyWhileItRuns_data();
    void beatsOnlyWhileItRuns();
    void stopsAtOnceEachTime_data();
    void stopsAtOnceEachTime();
    void sleepingProcessorIsStopped();
    void goesOnInAnotherPlace();
    void goesBackAndForth();
    void guestTimeNeverGoesBack();
    void keepsItsRegisters();
    void refusesOtherRegisters_data();
    void refusesOtherRegisters();
    void whatKvmRefusesIsAnError();
    void ringsWhenTheDeviceAsks();
    void writesAreLogged();
    void aProcessorThatCannotGoOnSaysSo();
    void saysWhatMustBeAlike();
    void endsWhileRunning();
    void leavesNothingOpen();

private:
    QString m_missing;
};

void TestKvmAccelerator::initTestCase()
{
    GuestMemory memory;
    QVERIFY(memory.addBlock(u"ram"_s, ramBytes, true));
    if (const auto chosen = makeAccelerator(kvmAlone, memory, shapeOf(1)); !chosen)
        m_missing = chosen.error().message();
}

void TestKvmAccelerator::choice_data()
{
    QTest::addColumn<AcceleratorWish>("wish");
    QTest::addColumn<QString>("taken");
    QTest::addColumn<QString>("reason");
    const QString nowhere = u"/nowhere/kvm"_s;
    QTest::newRow("thread") << AcceleratorWish{} << u"thread"_s << QString();
    QTest::newRow("no device") << AcceleratorWish{ { u"kvm"_s }, nowhere } << QString() << nowhere;
    QTest::newRow("no device, but a thread")
        << AcceleratorWish{ { u"kvm"_s, u"thread"_s }, nowhere } << u"thread"_s << nowhere;
    QTest::newRow("thread first") << AcceleratorWish{ { u"thread"_s, u"kvm"_s }, nowhere } << u"thread"_s
                                  << QString();
#ifdef CUTOVER_KVM
    QTest::newRow("another device") << AcceleratorWish{ { u"kvm"_s }, u"/dev/null"_s } << QString()
                                    << u"not the device of a KVM"_s;
#endif
    QTest::newRow("no such name") << AcceleratorWish{ { u"tcg"_s } } << QString() << u"no such accelerator"_s;
}

void TestKvmAccelerator::choice()
{
    QFETCH(AcceleratorWish, wish);
    QFETCH(QString, taken);
    QFETCH(QString, reason);
#ifndef CUTOVER_KVM
    if (!reason.isEmpty() && wish.names.contains(u"kvm"))
        reason = u"no KVM guest for this kind"_s;
#endif
    const qsizetype before = openFdCount();
    {
        GuestMemory memory;
        QVERIFY(memory.addBlock(u"ram"_s, ramBytes, true));
        const auto chosen = makeAccelerator(wish, memory, shapeOf(2));
        QCOMPARE(chosen.has_value(), !taken.isEmpty());
        if (!chosen) {
            QVERIFY2(chosen.error().message().contains(reason), qPrintable(chosen.error().message()));
            QVERIFY(!chosen.error().remedy.isEmpty());
        } else {
            QCOMPARE(chosen->accelerator->name(), taken);
            QCOMPARE(chosen->passedOver.size(), reason.isEmpty() ? 0U : 1U);
            if (!reason.isEmpty())
                QVERIFY(chosen->passedOver.front().message().contains(reason));
        }
    }
    QCOMPARE(openFdCount(), before);
}

void TestKvmAccelerator::aMachineThatDoesNotFitIsRefused()
{
    NEEDS_KVM;
    GuestMemory memory;
    const AcceleratorWish both{ .names = { u"kvm"_s, u"thread"_s } };
    QVERIFY(!makeAccelerator(both, memory, shapeOf(1)));
    QVERIFY(memory.addBlock(u"ram"_s, ramBytes, true));
    QVERIFY(!makeAccelerator(both, memory, shapeOf(0)));
    QVERIFY(!makeAccelerator(both, memory, shapeOf(maxProcessors + 1)));
    const auto chosen = makeAccelerator(kvmAlone, memory, shapeOf(1));
    QVERIFY(chosen);
    Accelerator& accelerator = *chosen->accelerator;
    QVERIFY(!accelerator.prepare(shapeOf(1)));
    QVERIFY(!accelerator.setDoorbell(maxDoorbells, -1));
    QVERIFY(accelerator.setDoorbell(0, -1));
}

static void loads()
{
    QTest::addColumn<Rates>("rates");
    QTest::addColumn<quint32>("processors");
    QTest::newRow("idle") << idleRates << 1U;
    QTest::newRow("idle, 4 processors") << idleRates << 4U;
    QTest::newRow("flat out") << busyRates << 1U;
    QTest::newRow("flat out, 4 processors") << busyRates << 4U;
    QTest::newRow("at a rate") << Rates{ 100'000, 200 << 20, 1 << 20, 0 } << 2U;
}

void TestKvmAccelerator::beatsOnlyWhileItRuns_data()
{
    loads();
}

void TestKvmAccelerator::beatsOnlyWhileItRuns()
{
    NEEDS_KVM;
    QFETCH(Rates, rates);
    QFETCH(quint32, processors);
    Machine machine;
    QVERIFY(machine.boot(processors, rates));
    QVERIFY(!machine.accelerator->running());
    QCOMPARE(machine.pulse().beats, 0ULL);

    const auto before = static_cast<quint64>(monotonicNs());
    machine.accelerator->start();
    QVERIFY(machine.accelerator->running());
    QTRY_VERIFY(machine.pulse().beats > 20);
    QCOMPARE(machine.pulse().starts, 1ULL);
    QCOMPARE(machine.pulse().startGapNs, 0ULL);
    QVERIFY(machine.pulse().lastBeatNs > before - clockErrorNs);
    QVERIFY(machine.pulse().lastBeatNs < static_cast<quint64>(monotonicNs()) + clockErrorNs);
    if (rates.dirtyBytesPerSecond != 0)
        for (quint32 i = 0; i < processors; ++i) {
            QTRY_VERIFY(machine.pulse().processors[i].sweeps > 1);
            const SweepReading sweep = machine.pulse().processors[i];
            QVERIFY(sweep.firstDone);
            QCOMPARE(sweep.firstSweeps, 1ULL);
        }
    machine.accelerator->stop();
    QVERIFY(!machine.accelerator->running());

    const QByteArray memory(reinterpret_cast<const char*>(machine.memory.base()), ramBytes);
    QTest::qSleep(20);
    QVERIFY(memory == QByteArrayView(reinterpret_cast<const char*>(machine.memory.base()), ramBytes));

    const quint64 beats = machine.pulse().beats;
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > beats);
    QTRY_COMPARE(machine.pulse().starts, 2ULL);
    QVERIFY(machine.pulse().startGapNs > 19'000'000);
    QVERIFY(machine.pulse().longestGapNs > 19'000'000);
}

void TestKvmAccelerator::stopsAtOnceEachTime_data()
{
    loads();
}

void TestKvmAccelerator::stopsAtOnceEachTime()
{
    NEEDS_KVM;
    QFETCH(Rates, rates);
    QFETCH(quint32, processors);
    Machine machine;
    QVERIFY(machine.boot(processors, rates));
    for (int i = 0; i < 300; ++i) {
        machine.accelerator->start();
        if (i % 3 == 0)
            QTest::qSleep(1);
        machine.accelerator->stop();
        const PulseReading first = machine.pulse();
        const PulseReading second = machine.pulse();
        QCOMPARE(first.beats, second.beats);
        QVERIFY(machine.save());
    }
    machine.accelerator->start();
    const quint64 beats = machine.pulse().beats;
    QTRY_VERIFY(machine.pulse().beats > beats);
}

void TestKvmAccelerator::sleepingProcessorIsStopped()
{
    NEEDS_KVM;
    Machine machine;
    QVERIFY(machine.boot(2, Rates{ .beatIntervalNs = 1'000'000'000 }));
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 0);
    machine.accelerator->stop();
    const quint64 beats = machine.pulse().beats;
    machine.accelerator->start();
    // A start is a sign of life at once, however far the next beat is.
    QTRY_VERIFY(machine.pulse().beats > beats);
}

void TestKvmAccelerator::goesOnInAnotherPlace()
{
    NEEDS_KVM;
    Machine source;
    QVERIFY(source.boot(2, busyRates));
    source.accelerator->start();
    QTRY_VERIFY(source.pulse().processors[1].sweeps > 0);
    Machine destination;
    QVERIFY(destination.receive(source, 2));
    QVERIFY(destination.memory.populate());
    destination.accelerator->warm();
    source.accelerator->stop();
    const PulseReading left = source.pulse();
    const auto state = source.save();
    QVERIFY(state);
    QVERIFY(state->size() <= source.accelerator->stateSize());
    QVERIFY(destination.load(*state));
    destination.accelerator->start();
    QTRY_VERIFY(destination.pulse().beats > left.beats);
    QTRY_VERIFY(destination.pulse().processors[0].firstDone);
    const PulseReading arrived = destination.pulse();
    QCOMPARE(arrived.starts, 2ULL);
    QVERIFY(arrived.startGapNs > 0);
    QVERIFY(arrived.lastBeatNs > left.lastBeatNs);
    QCOMPARE(arrived.processors[0].firstSweeps, 2ULL);
}

void TestKvmAccelerator::goesBackAndForth()
{
    NEEDS_KVM;
    Machine one;
    QVERIFY(one.boot(3, busyRates));
    Machine other;
    QVERIFY(other.receive(one, 3));
    one.accelerator->start();
    Machine* here = &one;
    Machine* there = &other;
    quint64 lastBeat = 0;
    for (int i = 0; i < 50; ++i) {
        const quint64 beats = here->pulse().beats;
        QTRY_VERIFY(here->pulse().beats > beats);
        here->accelerator->stop();
        QVERIFY(here->pulse().lastBeatNs > lastBeat);
        lastBeat = here->pulse().lastBeatNs;
        const auto state = here->save();
        QVERIFY(state);
        const auto loaded = there->load(*state);
        QVERIFY2(loaded, loaded ? "" : qPrintable(loaded.error().message()));
        QCOMPARE(withoutClock(there->save().value_or(QByteArray())), withoutClock(*state));
        there->accelerator->start();
        std::swap(here, there);
    }
    QTRY_COMPARE(here->pulse().starts, 51ULL);
}

void TestKvmAccelerator::guestTimeNeverGoesBack()
{
    NEEDS_KVM;
    Machine one;
    QVERIFY(one.boot(1, Rates{ .beatIntervalNs = 0 }));
    Machine other;
    QVERIFY(other.receive(one, 1));
    one.accelerator->start();
    QTRY_VERIFY(one.pulse().beats > 100);
    resetGaps(one.memory);
    const quint64 beats = one.pulse().beats;
    QTRY_VERIFY(one.pulse().beats > beats + 100);
    one.accelerator->stop();
    const auto state = one.save();
    QVERIFY(state);
    QTest::qSleep(30);
    QVERIFY(other.load(*state));
    other.accelerator->start();
    QTRY_COMPARE(other.pulse().starts, 2ULL);
    // What it sees is no less than what it was: the counter has gone on, neither from 0 nor from where it
    // was.
    const PulseReading arrived = other.pulse();
    QVERIFY(arrived.longestGapNs > 29'000'000);
    QVERIFY(arrived.startGapNs > 29'000'000);
    QVERIFY(arrived.startGapNs < arrived.lastBeatNs);
    QVERIFY(arrived.lastBeatNs < static_cast<quint64>(monotonicNs()) + clockErrorNs);
}

void TestKvmAccelerator::keepsItsRegisters()
{
    NEEDS_KVM;
    Machine machine;
    QVERIFY(machine.boot(2, idleRates));
    const auto fresh = machine.save();
    QVERIFY(fresh);
    QVERIFY(fresh->size() <= machine.accelerator->stateSize());
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 5);
    machine.accelerator->stop();
    const auto state = machine.save();
    QVERIFY(state);
    QVERIFY(withoutClock(*state) != withoutClock(*fresh));
    QVERIFY(state->size() <= machine.accelerator->stateSize());
    QVERIFY(machine.load(*fresh));
    QCOMPARE(withoutClock(*machine.save()), withoutClock(*fresh));
    QVERIFY(machine.load(*state));
    QCOMPARE(withoutClock(*machine.save()), withoutClock(*state));
}

void TestKvmAccelerator::refusesOtherRegisters_data()
{
    // The state of a real machine is what they are made of.
    QTest::addColumn<QString>("what");
    for (const char* what :
        { "nothing", "no array", "too few processors", "too many processors", "another version", "no clock",
            "fewer parts", "no bytes", "a part too long", "another register", "cut off" })
        QTest::newRow(what) << QString::fromLatin1(what);
}

static QByteArray spoil(const QByteArray& state, const QString& what)
{
    QCborArray all = QCborValue::fromCbor(state).toArray();
    QCborArray first = all[2].toArray();
    if (what == "nothing"_L1)
        return {};
    if (what == "cut off"_L1)
        return state.left(state.size() / 2);
    if (what == "no array"_L1)
        return QCborValue(7).toCbor();
    if (what == "too few processors"_L1)
        all.removeLast();
    else if (what == "too many processors"_L1)
        all.append(first);
    else if (what == "another version"_L1)
        all[0] = 2;
    else if (what == "no clock"_L1)
        all[1] = QByteArray("x");
    else if (what == "fewer parts"_L1)
        first.removeLast();
    else if (what == "no bytes"_L1)
        first[1] = 5;
    else if (what == "a part too long"_L1)
        first[0] = QByteArray(4097, 'x');
    else
        first[8] = QByteArray("\1\2\3\4", 4);
    all[2] = first;
    return all.toCborValue().toCbor();
}

void TestKvmAccelerator::refusesOtherRegisters()
{
    NEEDS_KVM;
    QFETCH(QString, what);
    Machine machine;
    QVERIFY(machine.boot(2, idleRates));
    const auto before = machine.save();
    QVERIFY(before);
    const auto loaded = machine.load(spoil(*before, what));
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code, ErrorCode::Malformed);
    QCOMPARE(withoutClock(*machine.save()), withoutClock(*before));
}

void TestKvmAccelerator::whatKvmRefusesIsAnError()
{
    NEEDS_KVM;
    Machine machine;
    QVERIFY(machine.boot(1, idleRates));
    const auto fresh = machine.save();
    QVERIFY(fresh);
    QCborArray all = QCborValue::fromCbor(*fresh).toArray();
    QCborArray first = all[2].toArray();
    first[5] = QByteArray("\xff\xff\xff\x7f", 4); // an activity that there is not
    all[2] = first;
    const auto loaded = machine.load(all.toCborValue().toCbor());
    QVERIFY(!loaded);
    QVERIFY2(loaded.error().message().contains(u"activity"), qPrintable(loaded.error().message()));
    // It can still be given a state that is one.
    QVERIFY(machine.load(*fresh));
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 5);
}

void TestKvmAccelerator::ringsWhenTheDeviceAsks()
{
    NEEDS_KVM;
    Machine machine;
    QVERIFY(machine.boot(1, idleRates));
    const auto bell = UniqueFd::adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const auto layout = planMachine(machine.memory, shapeOf(1));
    QVERIFY(layout);
    auto queue = Virtqueue::create(machine.memory, layout->devices[0].queues[0]);
    QVERIFY(queue);
    QVERIFY(machine.accelerator->setDoorbell(queue->layout().doorbell, bell.get()));
    machine.accelerator->start();
    publishDevice(machine.memory, 0, 0);
    const auto rung = [&bell] {
        quint64 count = 0;
        return read(bell.get(), &count, sizeof count) == sizeof count;
    };
    bool heard = false;
    QTRY_VERIFY(heard = heard || rung());
    QVERIFY(!queue->empty());
    QVERIFY(!machine.accelerator->setDoorbell(0, -1));

    // The driver gives each ignored frame back, and rings: by way of KVM from the second time on.
    for (quint64 i = 1; i <= 5; ++i) {
        auto element = queue->pop();
        QVERIFY(element);
        queue->push(*element, 4);
        heard = false;
        QTRY_VERIFY(heard = heard || rung());
        QTRY_COMPARE(machine.pulse().framesIgnored, i);
    }

    // Another eventfd in its place, the same one once more, none at all.
    const auto other = UniqueFd::adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const auto counted = [](const UniqueFd& fd) {
        quint64 count = 0;
        return read(fd.get(), &count, sizeof count) == sizeof count ? count : 0;
    };
    quint64 ignored = 5;
    for (const UniqueFd* fd : { &other, &other, &bell }) {
        machine.accelerator->stop();
        QVERIFY(machine.accelerator->setDoorbell(queue->layout().doorbell, fd->get()));
        machine.accelerator->start();
        counted(bell);
        counted(other);
        for (int i = 0; i < 3; ++i) {
            auto element = queue->pop();
            QVERIFY(element);
            queue->push(*element, 4);
            QTRY_COMPARE(machine.pulse().framesIgnored, ignored + 1);
            ++ignored;
            heard = false;
            QTRY_VERIFY(heard = heard || counted(*fd) > 0);
        }
        QCOMPARE(counted(fd == &bell ? other : bell), 0ULL);
    }
    machine.accelerator->stop();
    QVERIFY(machine.accelerator->setDoorbell(queue->layout().doorbell, -1));
}

void TestKvmAccelerator::writesAreLogged()
{
    NEEDS_KVM;
    Machine machine;
    QVERIFY(machine.boot(
        2, Rates{ .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut, .workingSetBytes = 1 << 20 }));
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().processors[1].sweeps > 1);
    machine.accelerator->setDirtyLog(true);
    machine.memory.startDirtyLog();
    const engine::RamBlock block = machine.memory.blocks().front();
    // A copy that follows the log while the guest runs, and once more when it rests, is exact.
    QByteArray copy(ramBytes, 'x');
    const auto pass = [&] {
        machine.accelerator->collectDirtyPages();
        quint64 pages = 0;
        for (quint64 first = 0; first < block.dirty->pages(); first += 64)
            for (quint64 bits = block.dirty->take(first); bits != 0; bits &= bits - 1, ++pages) {
                const quint64 page = first + std::countr_zero(bits);
                for (quint64 word = 0; word < engine::pageBytes; word += 8) {
                    auto& from = *reinterpret_cast<quint64*>(block.base + page * engine::pageBytes + word);
                    const quint64 value = std::atomic_ref(from).load(std::memory_order_relaxed);
                    memcpy(copy.data() + page * engine::pageBytes + word, &value, sizeof value);
                }
            }
        return pages;
    };
    QCOMPARE(pass(), ramBytes / engine::pageBytes);
    for (int i = 0; i < 20; ++i)
        QVERIFY(pass() < ramBytes / engine::pageBytes);
    const quint64 beats = machine.pulse().beats;
    QTRY_VERIFY(machine.pulse().beats > beats + 10);
    machine.accelerator->stop();
    const quint64 last = pass();
    QVERIFY(last > 0 && last < ramBytes / engine::pageBytes);
    machine.accelerator->setDirtyLog(false);
    machine.memory.stopDirtyLog();
    QVERIFY(copy == QByteArrayView(reinterpret_cast<const char*>(machine.memory.base()), ramBytes));
}

void TestKvmAccelerator::aProcessorThatCannotGoOnSaysSo()
{
    NEEDS_KVM;
#ifdef CUTOVER_KVM
    Machine machine;
    QVERIFY(machine.boot(2, idleRates));
    const auto fresh = machine.save();
    QVERIFY(fresh);
    // An instruction that there is not.
    auto* const code = reinterpret_cast<unsigned char*>(machine.memory.base() + imageAddress);
    const std::array<unsigned char, 2> good{ code[0], code[1] };
    code[0] = 0x0f;
    code[1] = 0x0b;
    std::atomic<int> faults = 0;
    machine.accelerator->onFault([&faults](const Error& error) {
        if (error.message().contains(u"exception"))
            ++faults;
    });
    machine.accelerator->start();
    QTRY_COMPARE(faults.load(), 2);
    machine.accelerator->stop();
    const auto saved = machine.save();
    QVERIFY(!saved);
    QVERIFY2(saved.error().message().contains(u"exception"), qPrintable(saved.error().message()));

    code[0] = good[0];
    code[1] = good[1];
    QVERIFY(machine.load(*fresh));
    QVERIFY(machine.save());
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 5);
    QCOMPARE(faults.load(), 2);
#endif
}

void TestKvmAccelerator::saysWhatMustBeAlike()
{
    NEEDS_KVM;
    Machine one;
    QVERIFY(one.boot(1, idleRates));
    Machine other;
    QVERIFY(other.receive(one, 1));
    const QJsonObject here = one.accelerator->configuration();
    QCOMPARE(here, other.accelerator->configuration());
    for (const char* key :
        { "host", "version", "platform", "cpuid", "registers", "xsave-bytes", "counter-khz" })
        QVERIFY2(here.contains(QLatin1StringView(key)), key);
    QVERIFY(!here["host"_L1].toString().isEmpty());
}

void TestKvmAccelerator::endsWhileRunning()
{
    NEEDS_KVM;
    for (const Rates& rates : { idleRates, busyRates })
        for (int i = 0; i < 10; ++i) {
            Machine machine;
            QVERIFY(machine.boot(3, rates));
            machine.accelerator->start();
        }
}

void TestKvmAccelerator::leavesNothingOpen()
{
    NEEDS_KVM;
    const qsizetype before = openFdCount();
    {
        Machine machine;
        QVERIFY(machine.boot(2, idleRates));
        machine.accelerator->start();
    }
    QCOMPARE(openFdCount(), before);
}

QTEST_GUILESS_MAIN(TestKvmAccelerator)
#include "tst_kvmaccelerator.moc"
