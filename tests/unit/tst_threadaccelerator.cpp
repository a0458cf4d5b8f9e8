// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"

#include "base/clock.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/pulsestate.h"
#include "vmm/guest/threadaccelerator.h"
#include "vmm/guest/virtqueue.h"

#include <QCborStreamReader>
#include <QCborStreamWriter>
#include <QCborValue>
#include <QTest>

#include <atomic>
#include <memory>
#include <sys/eventfd.h>
#include <thread>

using namespace cutover;
using namespace cutover::vmm;
using namespace cutover::test;

namespace {

constexpr quint64 ramBytes = 16 << 20;

MachineShape shapeOf(quint32 processors)
{
    MachineShape shape{ .ramBytes = ramBytes, .processors = processors, .deviceCount = 1 };
    shape.devices[0] = { .type = DeviceType::Net, .queues = 1 };
    return shape;
}

/// A machine in one process.
struct Machine
{
    GuestMemory memory;
    std::unique_ptr<ThreadAccelerator> accelerator;

    bool boot(quint32 processors, const Rates& rates)
    {
        return memory.addBlock(QStringLiteral("ram"), ramBytes, true)
            && writeBootInfo(memory, shapeOf(processors), rates) && prepare(processors);
    }
    bool receive(const Machine& source, quint32 processors)
    {
        const auto fd = UniqueFd::adopt(dup(source.memory.blocks().front().memfd));
        auto copy = fd.duplicate();
        return copy && memory.addBlock(QStringLiteral("ram"), ramBytes, true, std::move(*copy))
            && prepare(processors);
    }
    bool prepare(quint32 processors)
    {
        accelerator = std::make_unique<ThreadAccelerator>(memory);
        return accelerator->prepare(shapeOf(processors)).has_value();
    }
    PulseReading pulse() const { return readPulse(memory).value_or(PulseReading{}); }
    QByteArray save() const
    {
        QByteArray state;
        QCborStreamWriter writer(&state);
        accelerator->save(writer);
        return state;
    }
    bool load(const QByteArray& state) const
    {
        QCborStreamReader reader(state);
        return accelerator->load(reader).has_value();
    }
};

const Rates busyRates{
    .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut, .workingSetBytes = 0, .blocksPerSecond = 0
};

} // namespace

class TestThreadAccelerator : public QObject
{
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(); }
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
    void refusesAMachineThatDoesNotFit();
    void ringsWhenTheDeviceAsks();
    void writesAreLogged();
    void endsWhileRunning();
    void leavesNothingOpen();
};

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

void TestThreadAccelerator::beatsOnlyWhileItRuns_data()
{
    loads();
}

void TestThreadAccelerator::beatsOnlyWhileItRuns()
{
    QFETCH(Rates, rates);
    QFETCH(quint32, processors);
    Machine machine;
    QVERIFY(machine.boot(processors, rates));
    QVERIFY(!machine.accelerator->running());
    QCOMPARE(machine.pulse().beats, 0ULL);

    machine.accelerator->start();
    QVERIFY(machine.accelerator->running());
    QTRY_VERIFY(machine.pulse().beats > 20);
    QCOMPARE(machine.pulse().starts, 1ULL);
    QCOMPARE(machine.pulse().startGapNs, 0ULL);
    if (rates.dirtyBytesPerSecond != 0)
        for (quint32 i = 0; i < processors; ++i) {
            QTRY_VERIFY(machine.pulse().processors[i].sweeps > 1);
            const SweepReading sweep = machine.pulse().processors[i];
            QVERIFY(sweep.firstDone);
            QCOMPARE(sweep.firstSweeps, 1ULL);
            QVERIFY(sweep.shortestNs > 0 && sweep.shortestNs <= sweep.lastNs + sweep.totalNs);
        }
    machine.accelerator->stop();
    QVERIFY(!machine.accelerator->running());

    const QByteArray before(reinterpret_cast<const char*>(machine.memory.base()), ramBytes);
    QTest::qSleep(20);
    QVERIFY(before == QByteArrayView(reinterpret_cast<const char*>(machine.memory.base()), ramBytes));

    const quint64 beats = machine.pulse().beats;
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > beats);
    QTRY_COMPARE(machine.pulse().starts, 2ULL);
    QVERIFY(machine.pulse().startGapNs >= 20'000'000);
    QVERIFY(machine.pulse().longestGapNs >= 20'000'000);
}

void TestThreadAccelerator::stopsAtOnceEachTime_data()
{
    loads();
}

void TestThreadAccelerator::stopsAtOnceEachTime()
{
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
    }
    machine.accelerator->start();
    const quint64 beats = machine.pulse().beats;
    QTRY_VERIFY(machine.pulse().beats > beats);
}

void TestThreadAccelerator::sleepingProcessorIsStopped()
{
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

void TestThreadAccelerator::goesOnInAnotherPlace()
{
    Machine source;
    QVERIFY(source.boot(2, busyRates));
    source.accelerator->start();
    QTRY_VERIFY(source.pulse().processors[0].firstDone && source.pulse().processors[1].sweeps > 0);
    Machine destination;
    QVERIFY(destination.receive(source, 2));
    QVERIFY(destination.memory.populate());
    source.accelerator->stop();
    const PulseReading left = source.pulse();
    const QByteArray state = source.save();
    QVERIFY(state.size() <= source.accelerator->stateSize());
    QVERIFY(destination.load(state));
    destination.accelerator->start();
    QTRY_VERIFY(destination.pulse().beats > left.beats);
    QTRY_VERIFY(destination.pulse().processors[0].firstDone);
    const PulseReading arrived = destination.pulse();
    QCOMPARE(arrived.starts, 2ULL);
    QVERIFY(arrived.startGapNs > 0);
    QVERIFY(arrived.lastBeatNs > left.lastBeatNs);
    QCOMPARE(arrived.processors[0].firstSweeps, 2ULL);
}

void TestThreadAccelerator::goesBackAndForth()
{
    Machine one;
    QVERIFY(one.boot(3, busyRates));
    Machine other;
    QVERIFY(other.receive(one, 3));
    one.accelerator->start();
    Machine* here = &one;
    Machine* there = &other;
    for (int i = 0; i < 100; ++i) {
        const quint64 beats = here->pulse().beats;
        QTRY_VERIFY(here->pulse().beats > beats);
        here->accelerator->stop();
        const QByteArray state = here->save();
        QVERIFY(there->load(state));
        QCOMPARE(there->save(), state);
        there->accelerator->start();
        std::swap(here, there);
    }
    QTRY_COMPARE(here->pulse().starts, 101ULL);
}

void TestThreadAccelerator::guestTimeNeverGoesBack()
{
    Machine machine;
    QVERIFY(machine.boot(1, idleRates));
    pulse::Registers registers;
    const quint64 future = static_cast<quint64>(monotonicNs()) + 3'600'000'000'000;
    registers.lastTimeNs = future;
    QByteArray state;
    QCborStreamWriter writer(&state);
    writer.startArray(2);
    writer.append(1U);
    writer.startArray(pulse::registerCount);
    for (const quint64 word : std::bit_cast<std::array<quint64, pulse::registerCount>>(registers))
        writer.append(word);
    writer.endArray();
    writer.endArray();
    QVERIFY(machine.load(state));
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 5);
    QVERIFY(machine.pulse().lastBeatNs >= future);
    QVERIFY(machine.pulse().longestGapNs < 3'000'000'000'000);
}

void TestThreadAccelerator::keepsItsRegisters()
{
    Machine machine;
    QVERIFY(machine.boot(2, idleRates));
    const QByteArray fresh = machine.save();
    QVERIFY(fresh.size() <= machine.accelerator->stateSize());
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().beats > 5);
    machine.accelerator->stop();
    const QByteArray state = machine.save();
    QVERIFY(state != fresh);
    QVERIFY(state.size() <= machine.accelerator->stateSize());
    QVERIFY(machine.load(fresh));
    QCOMPARE(machine.save(), fresh);
    QVERIFY(machine.load(state));
    QCOMPARE(machine.save(), state);
}

void TestThreadAccelerator::refusesOtherRegisters_data()
{
    QTest::addColumn<QByteArray>("state");
    QCborArray words;
    for (std::size_t i = 0; i < pulse::registerCount; ++i)
        words.append(1);
    QCborArray fewer = words;
    fewer.removeLast();
    QCborArray negative = words;
    negative[3] = -1;
    const auto bytes = [](const QCborArray& array) { return array.toCborValue().toCbor(); };
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no array") << QCborValue(7).toCbor();
    QTest::newRow("too few processors") << bytes({ 1, words });
    QTest::newRow("too many processors") << bytes({ 1, words, words, words });
    QTest::newRow("another version") << bytes({ 2, words, words });
    QTest::newRow("no version") << bytes({ words, words, words });
    QTest::newRow("fewer registers") << bytes({ 1, words, fewer });
    QTest::newRow("negative register") << bytes({ 1, words, negative });
    const QByteArray whole = bytes({ 1, words, words });
    for (qsizetype cut = 1; cut < whole.size(); cut += 5)
        QTest::addRow("cut after %d bytes", int(cut)) << whole.left(cut);
}

void TestThreadAccelerator::refusesOtherRegisters()
{
    QFETCH(QByteArray, state);
    Machine machine;
    QVERIFY(machine.boot(2, idleRates));
    const QByteArray before = machine.save();
    QVERIFY(!machine.load(state));
    QCOMPARE(machine.save(), before);
}

void TestThreadAccelerator::refusesAMachineThatDoesNotFit()
{
    GuestMemory memory;
    ThreadAccelerator accelerator(memory);
    QVERIFY(!accelerator.prepare(shapeOf(1)));
    QVERIFY(memory.addBlock(QStringLiteral("ram"), ramBytes, true));
    QVERIFY(!accelerator.prepare(shapeOf(0)));
    QVERIFY(!accelerator.prepare(shapeOf(maxProcessors + 1)));
    QVERIFY(accelerator.prepare(shapeOf(1)));
    QVERIFY(!accelerator.prepare(shapeOf(1)));
    QVERIFY(!accelerator.setDoorbell(maxDoorbells, -1));
    accelerator.start();
    QVERIFY(!accelerator.setDoorbell(0, -1));
    accelerator.stop();
    QVERIFY(accelerator.setDoorbell(0, -1));
}

void TestThreadAccelerator::ringsWhenTheDeviceAsks()
{
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

    // The driver gives an ignored frame back: with notifications off it does so silently.
    queue->setNotification(false);
    auto element = queue->pop();
    QVERIFY(element);
    const quint16 head = element->head();
    queue->push(*element, 4);
    QTRY_COMPARE(machine.pulse().framesIgnored, 1ULL);
    for (int i = 1; i < defaultQueueSize; ++i)
        QVERIFY(queue->pop());
    element.reset();
    QTRY_VERIFY(element || (element = queue->pop()));
    QCOMPARE(element->head(), head);
    QVERIFY(!rung());
    queue->setNotification(true);
    queue->push(*element, 4);
    heard = false;
    QTRY_VERIFY(heard = heard || rung());
}

void TestThreadAccelerator::writesAreLogged()
{
    Machine machine;
    QVERIFY(machine.boot(
        2, Rates{ .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut, .workingSetBytes = 1 << 20 }));
    machine.accelerator->start();
    QTRY_VERIFY(machine.pulse().processors[1].sweeps > 1);
    machine.memory.startDirtyLog();
    const engine::RamBlock block = machine.memory.blocks().front();
    // A copy that follows the log while the guest runs, and once more when it rests, is exact.
    QByteArray copy(ramBytes, 'x');
    const auto pass = [&] {
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
    machine.accelerator->stop();
    QVERIFY(pass() < ramBytes / engine::pageBytes);
    machine.memory.stopDirtyLog();
    QVERIFY(copy == QByteArrayView(reinterpret_cast<const char*>(machine.memory.base()), ramBytes));
}

void TestThreadAccelerator::endsWhileRunning()
{
    for (const Rates& rates : { idleRates, busyRates })
        for (int i = 0; i < 20; ++i) {
            Machine machine;
            QVERIFY(machine.boot(3, rates));
            machine.accelerator->start();
        }
}

void TestThreadAccelerator::leavesNothingOpen()
{
    const qsizetype before = openFdCount();
    {
        Machine machine;
        QVERIFY(machine.boot(2, idleRates));
        machine.accelerator->start();
    }
    QCOMPARE(openFdCount(), before);
}

QTEST_GUILESS_MAIN(TestThreadAccelerator)
#include "tst_threadaccelerator.moc"
