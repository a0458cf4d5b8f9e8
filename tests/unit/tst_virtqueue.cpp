// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "vmm/guest/driverqueue.h"
#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/virtqueue.h"

#include <QTest>

#include <atomic>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

using namespace cutover;
using namespace cutover::vmm;

namespace {

constexpr quint64 ramBytes = 16 << 20;

struct Ports
{
    GuestMemory& memory;
    int rung = 0;

    bool stopRequested() const { return false; }
    std::uint64_t now() const { return 0; }
    void ring(std::uint32_t) { ++rung; }
    void relax(std::uint64_t) const { }
    void dirtied(std::uint64_t address, std::uint64_t bytes) const { memory.markDirty(address, bytes); }
};

/// Both sides of one queue.
struct Pair
{
    GuestMemory memory;
    BootInfo boot;
    pulse::Registers registers;
    Ports ports{ memory };
    std::optional<pulse::Guest<Ports>> guest;
    std::optional<pulse::DriverQueue<Ports>> driver;
    std::optional<Virtqueue> device;

    explicit Pair(quint16 size = 8)
    {
        const MachineShape shape{ .ramBytes = ramBytes,
            .processors = 1,
            .deviceCount = 1,
            .devices = { { { .type = DeviceType::Block, .queues = 1, .queueSize = size } } } };
        if (!memory.addBlock(QStringLiteral("ram"), ramBytes, true))
            return;
        boot = writeBootInfo(memory, shape).value_or(BootInfo{});
        guest.emplace(memory.base(), boot, registers, 0U, ports);
        driver.emplace(*guest, layout());
        device = Virtqueue::create(memory, layout()).value();
    }
    const QueueLayout& layout() const { return boot.devices[0].queues[0]; }
    virtio::Descriptor& descriptor(quint16 i) const
    {
        return reinterpret_cast<virtio::Descriptor*>(memory.base() + layout().descriptors)[i];
    }
    virtio::AvailableRing& available() const
    {
        return *reinterpret_cast<virtio::AvailableRing*>(memory.base() + layout().available);
    }
    virtio::UsedRing& used() const
    {
        return *reinterpret_cast<virtio::UsedRing*>(memory.base() + layout().used);
    }
    quint64 buffer(quint64 i) const { return layout().buffers + i * 64; }
    void offer(quint16 head)
    {
        driver->offer(head);
        driver->publish();
    }
};

} // namespace

class TestVirtqueue : public QObject
{
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(); }
    void chainsGoThereAndBack();
    void indicesWrap();
    void unpopPutsBack();
    void pushMarksWhatWasWritten();
    void writtenIsCut();
    void notificationsAreSuppressed();
    void indicesMoveToAnotherProcess();
    void refusesLayouts_data();
    void refusesLayouts();
    void brokenRings_data();
    void brokenRings();
    void longestChain();
    void randomRings();
    void driverPassesOverWhatItDidNotGive();
    void twoThreads();
};

void TestVirtqueue::chainsGoThereAndBack()
{
    Pair pair;
    QVERIFY(pair.device->empty());
    QVERIFY(!pair.device->pop());
    pair.driver->describe(2, pair.buffer(0), 16, virtio::descriptorNext, 5);
    pair.driver->describe(5, pair.buffer(1), 32, virtio::descriptorNext | virtio::descriptorWrite, 1);
    pair.driver->describe(1, pair.buffer(2), 1, virtio::descriptorWrite);
    pair.driver->offer(2);
    QVERIFY(pair.device->empty());
    pair.driver->publish();
    QVERIFY(!pair.device->empty());

    const auto element = pair.device->pop();
    QVERIFY(element);
    QCOMPARE(element->head(), 2);
    QCOMPARE(element->readable().size(), 1U);
    QCOMPARE(element->readable()[0].iov_base, pair.memory.at(pair.buffer(0), 16));
    QCOMPARE(element->readableBytes(), 16U);
    QCOMPARE(element->writable().size(), 2U);
    QCOMPARE(element->writable()[0].iov_len, 32U);
    QCOMPARE(element->writable()[1].iov_base, pair.memory.at(pair.buffer(2), 1));
    QCOMPARE(element->writableBytes(), 33U);
    QVERIFY(pair.device->empty());
    QVERIFY(!pair.device->broken());

    virtio::UsedElement used{};
    QVERIFY(!pair.driver->take(used));
    pair.device->push(*element, 33);
    QVERIFY(pair.driver->take(used));
    QCOMPARE(used.id, 2U);
    QCOMPARE(used.length, 33U);
    QVERIFY(!pair.driver->take(used));
}

void TestVirtqueue::indicesWrap()
{
    Pair pair;
    pair.driver->describe(3, pair.buffer(0), 16, 0);
    virtio::UsedElement used{};
    for (int i = 0; i < 70'000; ++i) {
        pair.offer(3);
        const auto element = pair.device->pop();
        QVERIFY(element);
        pair.device->push(*element, 0);
        QVERIFY(pair.driver->take(used));
        QCOMPARE(used.id, 3U);
    }
    QCOMPARE(pair.device->availableIndex(), static_cast<quint16>(70'000));
    QCOMPARE(pair.device->usedIndex(), static_cast<quint16>(70'000));
}

void TestVirtqueue::unpopPutsBack()
{
    Pair pair;
    for (quint16 i = 0; i < 3; ++i) {
        pair.driver->describe(i, pair.buffer(i), 16, virtio::descriptorWrite);
        pair.driver->offer(i);
    }
    pair.driver->publish();
    QCOMPARE(pair.device->pop()->head(), 0);
    QCOMPARE(pair.device->pop()->head(), 1);
    pair.device->unpop();
    QVERIFY(!pair.device->empty());
    QCOMPARE(pair.device->pop()->head(), 1);
    QCOMPARE(pair.device->pop()->head(), 2);
}

void TestVirtqueue::pushMarksWhatWasWritten()
{
    Pair pair;
    const quint64 far = 12 << 20;
    pair.driver->describe(0, far, 100, virtio::descriptorNext, 1);
    pair.driver->describe(1, far + 4096, 4096, virtio::descriptorNext | virtio::descriptorWrite, 2);
    pair.driver->describe(2, far + 8192, 4096, virtio::descriptorWrite);
    pair.offer(0);
    pair.memory.startDirtyLog();
    const auto block = pair.memory.blocks().front();
    const auto dirty = [&block](quint64 address) { return block.dirty->test(address / engine::pageBytes); };
    for (quint64 first = 0; first < block.dirty->pages(); first += 64)
        block.dirty->take(first);
    pair.device->push(*pair.device->pop(), 4096);
    QVERIFY(!dirty(far));
    QVERIFY(dirty(far + 4096));
    QVERIFY(!dirty(far + 8192));
    QVERIFY(dirty(pair.layout().used));
    QVERIFY(!dirty(pair.layout().available));
    markQueueDirty(pair.memory, pair.layout());
    QVERIFY(dirty(pair.layout().buffers));
    QVERIFY(dirty(pair.layout().buffers + pair.layout().bufferBytes - 1));
}

void TestVirtqueue::writtenIsCut()
{
    Pair pair;
    pair.driver->describe(0, pair.buffer(0), 10, virtio::descriptorWrite);
    pair.offer(0);
    pair.device->push(*pair.device->pop(), 0xffffffff);
    virtio::UsedElement used{};
    QVERIFY(pair.driver->take(used));
    QCOMPARE(used.length, 10U);
}

void TestVirtqueue::notificationsAreSuppressed()
{
    Pair pair;
    pair.driver->describe(0, pair.buffer(0), 10, 0);
    QVERIFY(pair.device->needsCall());
    pair.driver->initialise();
    QVERIFY(!pair.device->needsCall());
    pair.offer(0);
    QCOMPARE(pair.ports.rung, 1);
    pair.device->setNotification(false);
    pair.offer(0);
    QCOMPARE(pair.ports.rung, 1);
    pair.device->setNotification(true);
    QVERIFY(!pair.device->empty());
    pair.offer(0);
    QCOMPARE(pair.ports.rung, 2);
}

void TestVirtqueue::indicesMoveToAnotherProcess()
{
    Pair pair;
    virtio::UsedElement used{};
    for (quint16 i = 0; i < 5; ++i) {
        pair.driver->describe(i, pair.buffer(i), 10, 0);
        pair.offer(i);
    }
    for (int i = 0; i < 3; ++i)
        pair.device->push(*pair.device->pop(), 0);
    auto other = Virtqueue::create(pair.memory, pair.layout());
    QVERIFY(other);
    other->setIndices(pair.device->availableIndex(), pair.device->usedIndex());
    QCOMPARE(other->pop()->head(), 3);
    const auto element = other->pop();
    other->push(*element, 0);
    for (const quint32 head : { 0U, 1U, 2U, 4U }) {
        QVERIFY(pair.driver->take(used));
        QCOMPARE(used.id, head);
    }
}

void TestVirtqueue::refusesLayouts_data()
{
    QTest::addColumn<QueueLayout>("layout");
    const QueueLayout sound{ .descriptors = 0x1000, .available = 0x2000, .used = 0x3000, .size = 8 };
    const auto row = [&sound](const char* name, const std::function<void(QueueLayout&)>& change) {
        QueueLayout layout = sound;
        change(layout);
        QTest::newRow(name) << layout;
    };
    row("no size", [](QueueLayout& l) { l.size = 0; });
    row("not a power of 2", [](QueueLayout& l) { l.size = 9; });
    row("too large", [](QueueLayout& l) { l.size = 2048; });
    row("descriptors not aligned", [](QueueLayout& l) { l.descriptors += 8; });
    row("available not aligned", [](QueueLayout& l) { l.available += 1; });
    row("used not aligned", [](QueueLayout& l) { l.used += 2; });
    row("descriptors outside", [](QueueLayout& l) { l.descriptors = ramBytes; });
    row("descriptors over the end", [](QueueLayout& l) { l.descriptors = ramBytes - 112; });
    row("available over the end", [](QueueLayout& l) { l.available = ramBytes - 20; });
    row("used over the end", [](QueueLayout& l) { l.used = ramBytes - 68; });
    row("address overflows", [](QueueLayout& l) { l.used = ~quint64{ 0 } - 3; });
}

void TestVirtqueue::refusesLayouts()
{
    QFETCH(QueueLayout, layout);
    GuestMemory memory;
    QVERIFY(memory.addBlock(QStringLiteral("ram"), ramBytes, true));
    const auto queue = Virtqueue::create(memory, layout);
    QVERIFY(!queue);
    QCOMPARE(queue.error().code, ErrorCode::Malformed);
}

using Break = std::function<void(Pair&)>;
Q_DECLARE_METATYPE(Break)

void TestVirtqueue::brokenRings_data()
{
    QTest::addColumn<Break>("damage");
    const auto row = [](const char* name, Break damage) { QTest::newRow(name) << std::move(damage); };
    row("head beyond the table", [](Pair& p) { p.available().ring[0] = 8; });
    row("head far beyond", [](Pair& p) { p.available().ring[0] = 0xffff; });
    row("more than the queue's size", [](Pair& p) { p.available().index = 9; });
    row("index behind", [](Pair& p) { p.available().index = 0xffff; });
    row("next beyond the table", [](Pair& p) { p.descriptor(1).next = 8; });
    row("loop to itself", [](Pair& p) { p.descriptor(2) = p.descriptor(1), p.descriptor(2).next = 2; });
    row("loop to the head", [](Pair& p) {
        for (quint16 i = 0; i < 3; ++i)
            p.descriptor(i).flags = virtio::descriptorNext;
        p.descriptor(2).next = 0;
    });
    row("indirect", [](Pair& p) { p.descriptor(0).flags = virtio::descriptorIndirect; });
    row("indirect and next", [](Pair& p) { p.descriptor(0).flags |= virtio::descriptorIndirect; });
    row("empty buffer", [](Pair& p) { p.descriptor(1).length = 0; });
    row("buffer outside", [](Pair& p) { p.descriptor(1).address = ramBytes; });
    row("buffer over the end", [](Pair& p) { p.descriptor(1).address = ramBytes - 15; });
    row("buffer's end overflows", [](Pair& p) { p.descriptor(1).address = ~quint64{ 0 } - 4; });
    row("longest buffer", [](Pair& p) { p.descriptor(2).length = 0xffffffff; });
    row("readable after writable", [](Pair& p) { p.descriptor(0).flags |= virtio::descriptorWrite; });
}

void TestVirtqueue::brokenRings()
{
    QFETCH(Break, damage);
    Pair pair;
    pair.driver->describe(0, pair.buffer(0), 16, virtio::descriptorNext, 1);
    pair.driver->describe(1, pair.buffer(1), 16, virtio::descriptorNext, 2);
    pair.driver->describe(2, pair.buffer(2), 16, virtio::descriptorWrite);
    pair.offer(0);
    damage(pair);
    QVERIFY(!pair.device->pop());
    QVERIFY(pair.device->broken());
    QVERIFY(pair.device->fault() != nullptr);
    QVERIFY(pair.device->empty());
    QVERIFY(!pair.device->pop());
    QCOMPARE(pair.device->availableIndex(), 0);
    pair.device->setIndices(0, 0);
    QVERIFY(!pair.device->broken());
}

void TestVirtqueue::longestChain()
{
    for (const quint16 length : { quint16{ Virtqueue::maxChain }, quint16{ Virtqueue::maxChain + 1 } }) {
        Pair pair(256);
        for (quint16 i = 0; i < length; ++i)
            pair.driver->describe(i, pair.buffer(i), 16,
                i + 1 == length ? quint16{ 0 } : virtio::descriptorNext, static_cast<quint16>(i + 1));
        pair.offer(0);
        const auto element = pair.device->pop();
        QCOMPARE(element.has_value(), length == Virtqueue::maxChain);
        QCOMPARE(pair.device->broken(), length != Virtqueue::maxChain);
    }
}

void TestVirtqueue::randomRings()
{
    Pair pair;
    std::mt19937_64 random(20260101);
    const auto* const begin = pair.memory.base();
    int popped = 0;
    for (int round = 0; round < 20'000; ++round) {
        for (quint16 i = 0; i < 8; ++i)
            pair.descriptor(i)
                = { random() % (ramBytes + ramBytes / 8), static_cast<quint32>(random() % 10'000),
                      static_cast<quint16>(random() % (round % 4 == 0 ? 8 : 4)),
                      static_cast<quint16>(random() % 9) };
        const auto start = static_cast<quint16>(random());
        for (int i = 0; i < 8; ++i)
            pair.available().ring[i] = static_cast<quint16>(random() % 9);
        pair.available().index = static_cast<quint16>(start + random() % 10);
        pair.device->setIndices(start, static_cast<quint16>(random()));
        while (const auto element = pair.device->pop()) {
            ++popped;
            for (const auto& parts : { element->readable(), element->writable() })
                for (const iovec& part : parts) {
                    const auto* const base = static_cast<const std::byte*>(part.iov_base);
                    QVERIFY(
                        base >= begin && part.iov_len <= ramBytes && base + part.iov_len <= begin + ramBytes);
                }
            pair.device->push(*element, static_cast<quint32>(random()));
        }
    }
    QVERIFY(popped > 1000);
}

void TestVirtqueue::driverPassesOverWhatItDidNotGive()
{
    Pair pair;
    pair.used().ring[0] = { .id = 8, .length = 1 };
    pair.used().ring[1] = { .id = 0xffffffff, .length = 1 };
    pair.used().ring[2] = { .id = 7, .length = 1 };
    pair.used().index = 3;
    virtio::UsedElement used{};
    QVERIFY(pair.driver->take(used));
    QCOMPARE(used.id, 7U);
    QCOMPARE(readPulse(pair.memory)->ringFaults, 2U);
}

void TestVirtqueue::twoThreads()
{
    constexpr quint32 count = 10'000;
    constexpr quint32 most = 64;
    Pair pair(2 * most);
    std::atomic<bool> sound = true;
    std::thread device([&] {
        for (quint32 expected = 0; expected < count;) {
            const auto element = pair.device->pop();
            if (!element) {
                if (pair.device->broken()) {
                    sound = false;
                    return;
                }
                std::this_thread::yield();
                continue;
            }
            quint32 value = 0;
            memcpy(&value, element->readable()[0].iov_base, sizeof value);
            if (value != expected)
                sound = false;
            value = ~value;
            memcpy(element->writable()[0].iov_base, &value, sizeof value);
            pair.device->push(*element, sizeof value);
            ++expected;
        }
    });
    quint32 sent = 0;
    quint32 received = 0;
    while (received < count && sound) {
        while (sent < count && sent - received < most) {
            const auto head = static_cast<quint16>(sent % most * 2);
            const auto second = static_cast<quint16>(head + 1);
            memcpy(pair.memory.at(pair.buffer(head), 4), &sent, sizeof sent);
            pair.driver->describe(head, pair.buffer(head), 4, virtio::descriptorNext, second);
            pair.driver->describe(second, pair.buffer(second), 4, virtio::descriptorWrite);
            pair.offer(head);
            ++sent;
        }
        virtio::UsedElement used{};
        while (pair.driver->take(used)) {
            quint32 value = 0;
            memcpy(&value, pair.memory.at(pair.buffer(used.id + 1), 4), sizeof value);
            if (~value != received)
                sound = false;
            ++received;
        }
        std::this_thread::yield();
    }
    device.join();
    QVERIFY(sound);
    QCOMPARE(received, count);
}

QTEST_GUILESS_MAIN(TestVirtqueue)
#include "tst_virtqueue.moc"
