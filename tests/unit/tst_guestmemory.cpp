// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fdhelpers.h"

#include "vmm/guest/guestmemory.h"
#include "vmm/guest/pulsereading.h"
#include "vmm/guest/virtio.h"

#include <QTest>

#include <bit>
#include <limits>
#include <sys/stat.h>

using namespace cutover;
using namespace cutover::vmm;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

constexpr quint64 page = engine::pageBytes;

UniqueFd sealableMemfd(quint64 bytes, int seals = 0)
{
    auto fd = UniqueFd::adopt(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0 || fcntl(fd.get(), F_ADD_SEALS, seals) != 0)
        fd.reset();
    return fd;
}

/// Two blocks of 64 and 3 pages.
bool addTwo(GuestMemory& memory)
{
    return memory.addBlock(u"one"_s, 64 * page, true) && memory.addBlock(u"two"_s, 3 * page, false);
}

QList<quint64> takeAll(const engine::RamBlock& block)
{
    QList<quint64> pages;
    for (quint64 first = 0; first < block.dirty->pages(); first += 64)
        for (quint64 bits = block.dirty->take(first); bits != 0; bits &= bits - 1)
            pages.append(first + static_cast<quint64>(std::countr_zero(bits)));
    return pages;
}

} // namespace

class TestGuestMemory : public QObject
{
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(); }
    void blocksLieEndToEnd();
    void atIsBounded_data();
    void atIsBounded();
    void refusesBlocks_data();
    void refusesBlocks();
    void usesAMemfdThatIsThere();
    void refusesMemfds();
    void ownMemfdKeepsItsSize();
    void populatesDataOnly();
    void logsWrites_data();
    void logsWrites();
    void logsNothingWhileOff();
    void layoutIsSound_data();
    void layoutIsSound();
    void layoutIsRefused_data();
    void layoutIsRefused();
    void bootInfoIsWritten();
    void foreignMemoryHasNoPulse();
};

void TestGuestMemory::blocksLieEndToEnd()
{
    const qsizetype fds = openFdCount();
    {
        GuestMemory memory;
        QCOMPARE(memory.base(), nullptr);
        QVERIFY(memory.blocks().empty());
        QVERIFY(addTwo(memory));
        const auto blocks = memory.blocks();
        QCOMPARE(blocks.size(), 2U);
        QCOMPARE(blocks[0].id, u"one"_s);
        QCOMPARE(blocks[0].base, memory.base());
        QCOMPARE(blocks[0].bytes, 64 * page);
        QVERIFY(blocks[0].migrateFds);
        QCOMPARE(blocks[1].base, memory.base() + 64 * page);
        QVERIFY(!blocks[1].migrateFds);
        QCOMPARE(memory.bytes(), 67 * page);
        *memory.at(64 * page + 5, 1) = std::byte{ 42 };
        char read = 0;
        QCOMPARE(pread(blocks[1].memfd, &read, 1, 5), 1);
        QCOMPARE(read, 42);
    }
    QCOMPARE(openFdCount(), fds);
}

void TestGuestMemory::atIsBounded_data()
{
    QTest::addColumn<quint64>("address");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<bool>("inside");
    constexpr quint64 most = std::numeric_limits<quint64>::max();
    QTest::newRow("first byte") << quint64{ 0 } << quint64{ 1 } << true;
    QTest::newRow("whole first block") << quint64{ 0 } << 64 * page << true;
    QTest::newRow("one too many") << quint64{ 0 } << 64 * page + 1 << false;
    QTest::newRow("across the blocks") << 64 * page - 1 << quint64{ 2 } << false;
    QTest::newRow("last of the first") << 64 * page - 1 << quint64{ 1 } << true;
    QTest::newRow("whole second block") << 64 * page << 3 * page << true;
    QTest::newRow("behind the end") << 67 * page << quint64{ 1 } << false;
    QTest::newRow("nothing, behind the end") << 67 * page << quint64{ 0 } << false;
    QTest::newRow("over the end") << 67 * page - 1 << quint64{ 2 } << false;
    QTest::newRow("sum overflows") << 64 * page << most << false;
    QTest::newRow("sum overflows to inside") << 65 * page << most - page << false;
    QTest::newRow("highest address") << most << quint64{ 1 } << false;
}

void TestGuestMemory::atIsBounded()
{
    QFETCH(quint64, address);
    QFETCH(quint64, bytes);
    QFETCH(bool, inside);
    GuestMemory memory;
    QCOMPARE(memory.at(address, bytes), nullptr);
    QVERIFY(addTwo(memory));
    QCOMPARE(memory.at(address, bytes), inside ? memory.base() + address : nullptr);
}

void TestGuestMemory::refusesBlocks_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<quint64>("bytes");
    QTest::newRow("no id") << QString() << page;
    QTest::newRow("same id") << u"one"_s << page;
    QTest::newRow("empty") << u"x"_s << quint64{ 0 };
    QTest::newRow("half a page") << u"x"_s << page + page / 2;
    QTest::newRow("too large") << u"x"_s << GuestMemory::maxBytes;
    QTest::newRow("overflow") << u"x"_s << ~quint64{ 0 } / page * page;
}

void TestGuestMemory::refusesBlocks()
{
    QFETCH(QString, id);
    QFETCH(quint64, bytes);
    GuestMemory memory;
    QVERIFY(addTwo(memory));
    const qsizetype fds = openFdCount();
    const auto added = memory.addBlock(id, bytes, true);
    QVERIFY(!added);
    QCOMPARE(added.error().code, ErrorCode::InvalidArgument);
    QCOMPARE(memory.blocks().size(), 2U);
    QCOMPARE(openFdCount(), fds);
}

void TestGuestMemory::usesAMemfdThatIsThere()
{
    GuestMemory source;
    QVERIFY(addTwo(source));
    GuestMemory destination;
    for (const auto& block : source.blocks())
        QVERIFY(destination.addBlock(block.id, block.bytes, true, UniqueFd::adopt(dup(block.memfd))));
    *source.at(66 * page, 1) = std::byte{ 7 };
    QCOMPARE(*destination.at(66 * page, 1), std::byte{ 7 });
}

void TestGuestMemory::refusesMemfds()
{
    const qsizetype fds = openFdCount();
    GuestMemory memory;
    const auto code = [&memory](UniqueFd fd) {
        const auto added = memory.addBlock(u"x"_s, 4 * page, true, std::move(fd));
        return added ? ErrorCode::Remote : added.error().code;
    };
    QCOMPARE(code(sealableMemfd(3 * page)), ErrorCode::Malformed);
    QCOMPARE(code(sealableMemfd(5 * page)), ErrorCode::Malformed);
    QCOMPARE(code(sealableMemfd(4 * page, F_SEAL_SEAL)), ErrorCode::Malformed);
    QCOMPARE(code(sealableMemfd(4 * page, F_SEAL_SHRINK | F_SEAL_WRITE)), ErrorCode::Malformed);
    QCOMPARE(code(makeMemfd("unsealable", 4 * page)), ErrorCode::Malformed);
    QCOMPARE(code(openNull()), ErrorCode::Malformed);
    QCOMPARE(code(UniqueFd()), ErrorCode::System);
    QVERIFY(memory.blocks().empty());
    QCOMPARE(openFdCount(), fds);

    auto lent = sealableMemfd(4 * page);
    QVERIFY(memory.addBlock(u"x"_s, 4 * page, true, UniqueFd::adopt(dup(lent.get()))));
    QVERIFY(ftruncate(lent.get(), page) != 0);
}

void TestGuestMemory::ownMemfdKeepsItsSize()
{
    GuestMemory memory;
    QVERIFY(addTwo(memory));
    const int fd = memory.blocks().front().memfd;
    QVERIFY(ftruncate(fd, page) != 0);
    QVERIFY(ftruncate(fd, 100 * page) != 0);
    QVERIFY((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

void TestGuestMemory::populatesDataOnly()
{
    auto memfd = sealableMemfd(1024 * page);
    for (const quint64 data : { 0, 1, 500, 1023 })
        QCOMPARE(pwrite(memfd.get(), "x", 1, static_cast<off_t>(data * page)), 1);
    struct stat before{};
    QCOMPARE(fstat(memfd.get(), &before), 0);
    GuestMemory memory;
    QVERIFY(memory.addBlock(u"hole"_s, 16 * page, true));
    QVERIFY(memory.addBlock(u"data"_s, 1024 * page, true, UniqueFd::adopt(dup(memfd.get()))));
    QVERIFY(memory.populate());
    struct stat after{};
    QCOMPARE(fstat(memfd.get(), &after), 0);
    QCOMPARE(after.st_blocks, before.st_blocks);
    QCOMPARE(fstat(memory.blocks().front().memfd, &after), 0);
    QCOMPARE(after.st_blocks, 0);

    // Bit 63 of an entry: the page is mapped.
    const auto map = UniqueFd::adopt(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    const auto mapped = [&map, &memory](quint64 number) {
        quint64 entry = 0;
        const auto where = reinterpret_cast<quint64>(memory.base()) / page + number;
        return pread(map.get(), &entry, sizeof entry, static_cast<off_t>(where * sizeof entry))
            == sizeof entry
            && entry >> 63 != 0;
    };
    for (const quint64 data : { 0, 1, 500, 1023 })
        QVERIFY(mapped(16 + data));
    QVERIFY(!mapped(0));
    QVERIFY(!mapped(16 + 700));
}

void TestGuestMemory::logsWrites_data()
{
    QTest::addColumn<quint64>("address");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<QList<quint64>>("first");
    QTest::addColumn<QList<quint64>>("second");
    using Pages = QList<quint64>;
    QTest::newRow("a byte") << 3 * page + 7 << quint64{ 1 } << Pages{ 3 } << Pages{};
    QTest::newRow("nothing") << 3 * page << quint64{ 0 } << Pages{} << Pages{};
    QTest::newRow("a page") << 3 * page << page << Pages{ 3 } << Pages{};
    QTest::newRow("two bytes on two pages") << 4 * page - 1 << quint64{ 2 } << Pages{ 3, 4 } << Pages{};
    QTest::newRow("across the blocks") << 63 * page << 2 * page << Pages{ 63 } << Pages{ 0 };
    QTest::newRow("over the end") << 66 * page << 9 * page << Pages{} << Pages{ 2 };
    QTest::newRow("outside") << 67 * page << page << Pages{} << Pages{};
    QTest::newRow("overflow") << 66 * page << ~quint64{ 0 } << Pages{} << Pages{ 2 };
}

void TestGuestMemory::logsWrites()
{
    QFETCH(quint64, address);
    QFETCH(quint64, bytes);
    QFETCH(QList<quint64>, first);
    QFETCH(QList<quint64>, second);
    GuestMemory memory;
    QVERIFY(addTwo(memory));
    memory.startDirtyLog();
    QVERIFY(memory.dirtyLog());
    const auto blocks = memory.blocks();
    QCOMPARE(takeAll(blocks[0]).size(), 64);
    QCOMPARE(takeAll(blocks[1]).size(), 3);
    memory.markDirty(address, bytes);
    QCOMPARE(takeAll(blocks[0]), first);
    QCOMPARE(takeAll(blocks[1]), second);
}

void TestGuestMemory::logsNothingWhileOff()
{
    GuestMemory memory;
    QVERIFY(addTwo(memory));
    memory.markDirty(0, page);
    QVERIFY(takeAll(memory.blocks()[0]).isEmpty());
    memory.startDirtyLog();
    memory.stopDirtyLog();
    QVERIFY(!memory.dirtyLog());
    takeAll(memory.blocks()[0]);
    memory.markDirty(0, page);
    QVERIFY(takeAll(memory.blocks()[0]).isEmpty());
    memory.startDirtyLog();
    QCOMPARE(takeAll(memory.blocks()[0]).size(), 64);
}

void TestGuestMemory::layoutIsSound_data()
{
    QTest::addColumn<quint16>("queues");
    QTest::addColumn<quint16>("size");
    QTest::addColumn<quint32>("processors");
    for (const quint16 queues : { 1, 2, 8 })
        for (const quint16 size : { 8, 256, 1024 })
            QTest::addRow("%d queues of %d", queues, size) << queues << size << quint32{ 1 } + queues;
}

void TestGuestMemory::layoutIsSound()
{
    QFETCH(quint16, queues);
    QFETCH(quint16, size);
    QFETCH(quint32, processors);
    MachineShape shape{ .ramBytes = 512 << 20, .processors = processors, .deviceCount = maxDevices };
    for (quint32 i = 0; i < maxDevices; ++i)
        shape.devices[i] = { i % 2 == 0 ? DeviceType::Net : DeviceType::Block, queues, size };
    BootInfo boot;
    QCOMPARE(layOut(shape, boot), LayoutFault::None);
    BootInfo again;
    layOut(shape, again);
    QVERIFY(memcmp(&boot, &again, sizeof boot) == 0);

    QMap<quint64, quint64> taken;
    const auto take = [&taken](quint64 address, quint64 bytes) {
        const auto next = taken.lowerBound(address);
        const bool free = (next == taken.end() || address + bytes <= next.key())
            && (next == taken.begin() || std::prev(next).key() + std::prev(next).value() <= address);
        taken.insert(address, bytes);
        return free && address % page == 0;
    };
    QVERIFY(take(boot.work, boot.workBytes));
    QSet<quint32> doorbells;
    for (const DeviceInfo& device : boot.devices) {
        const bool net = device.type == DeviceType::Net;
        QCOMPARE(device.queueCount, queues * (net ? 2 : 1));
        for (quint32 q = 0; q < device.queueCount; ++q) {
            const QueueLayout& queue = device.queues[q];
            QCOMPARE(queue.size, size);
            QVERIFY(take(queue.descriptors, virtio::descriptorsBytes(size)));
            QVERIFY(take(queue.available, virtio::availableBytes(size)));
            QVERIFY(take(queue.used, virtio::usedBytes(size)));
            QVERIFY(take(queue.driver, page));
            if (net && q % 2 == 1)
                QCOMPARE(queue.buffers, device.queues[q - 1].buffers);
            else
                QVERIFY(take(queue.buffers, queue.bufferBytes));
            QVERIFY(queue.doorbell < maxDoorbells);
            QVERIFY(!doorbells.contains(queue.doorbell));
            doorbells.insert(queue.doorbell);
        }
    }
    QVERIFY(taken.firstKey() >= queuesAddress);
    QVERIFY(boot.work >= boot.queuesEnd);
    QVERIFY(boot.work + boot.workBytes <= shape.ramBytes);
    QCOMPARE(boot.workBytes % (processors * page), 0U);
}

void TestGuestMemory::layoutIsRefused_data()
{
    QTest::addColumn<quint64>("ramBytes");
    QTest::addColumn<quint32>("processors");
    QTest::addColumn<quint32>("devices");
    QTest::addColumn<int>("type");
    QTest::addColumn<int>("queues");
    QTest::addColumn<int>("size");
    QTest::addColumn<LayoutFault>("fault");
    constexpr quint64 ram = 16 << 20;
    QTest::newRow("sound") << ram << 1U << 1U << 1 << 1 << 256 << LayoutFault::None;
    QTest::newRow("no processor") << ram << 0U << 1U << 1 << 1 << 256 << LayoutFault::Processors;
    QTest::newRow("17 processors") << ram << 17U << 1U << 1 << 1 << 256 << LayoutFault::Processors;
    QTest::newRow("9 devices") << ram << 1U << 9U << 1 << 1 << 256 << LayoutFault::Devices;
    QTest::newRow("no type") << ram << 1U << 1U << 0 << 1 << 256 << LayoutFault::Devices;
    QTest::newRow("unknown type") << ram << 1U << 1U << 9 << 1 << 256 << LayoutFault::Devices;
    QTest::newRow("no queue") << ram << 1U << 1U << 1 << 0 << 256 << LayoutFault::Queues;
    QTest::newRow("9 queues") << ram << 1U << 1U << 2 << 9 << 256 << LayoutFault::Queues;
    QTest::newRow("size not a power of 2") << ram << 1U << 1U << 1 << 1 << 255 << LayoutFault::Queues;
    QTest::newRow("size 4") << ram << 1U << 1U << 1 << 1 << 4 << LayoutFault::Queues;
    QTest::newRow("size 2048") << ram << 1U << 1U << 1 << 1 << 2048 << LayoutFault::Queues;
    QTest::newRow("half a page") << ram + 2048 << 1U << 1U << 1 << 1 << 256 << LayoutFault::Memory;
    QTest::newRow("no room") << (quint64{ 4 } << 20) << 1U << 1U << 1 << 1 << 256 << LayoutFault::Memory;
    QTest::newRow("no memory") << quint64{ 0 } << 1U << 0U << 1 << 1 << 256 << LayoutFault::Memory;
}

void TestGuestMemory::layoutIsRefused()
{
    QFETCH(quint64, ramBytes);
    QFETCH(quint32, processors);
    QFETCH(quint32, devices);
    QFETCH(int, type);
    QFETCH(int, queues);
    QFETCH(int, size);
    MachineShape shape{ .ramBytes = ramBytes, .processors = processors, .deviceCount = devices };
    for (DeviceShape& device : shape.devices)
        device = { static_cast<DeviceType>(type), static_cast<quint16>(queues), static_cast<quint16>(size) };
    BootInfo boot;
    QTEST(layOut(shape, boot), "fault");
}

void TestGuestMemory::bootInfoIsWritten()
{
    const MachineShape shape{ .ramBytes = 16 << 20,
        .processors = 2,
        .deviceCount = 1,
        .devices = { { { .type = DeviceType::Block, .queues = 2 } } } };
    GuestMemory memory;
    QVERIFY(!writeBootInfo(memory, shape));
    QVERIFY(!readPulse(memory));
    QVERIFY(!readRates(memory));
    setRates(memory, loadRates);
    resetGaps(memory);
    publishDevice(memory, 0, 0);
    QVERIFY(memory.addBlock(u"ram"_s, 16 << 20, true));
    MachineShape larger = shape;
    larger.ramBytes *= 2;
    QVERIFY(!writeBootInfo(memory, larger));
    QVERIFY(!readPulse(memory));

    const auto boot = writeBootInfo(memory, shape, loadRates);
    QVERIFY(boot);
    QCOMPARE(readRates(memory), loadRates);
    setRates(memory, idleRates);
    QCOMPARE(readRates(memory), idleRates);
    const auto& written = *reinterpret_cast<const BootInfo*>(memory.at(bootInfoAddress, sizeof(BootInfo)));
    QCOMPARE(written.devices[0].ready, 0U);
    publishDevice(memory, 0, 5, 1 << 30);
    publishDevice(memory, maxDevices, 5, 1 << 30);
    QCOMPARE(written.devices[0].ready, 1U);
    QCOMPARE(written.devices[0].features, 5U);
    QCOMPARE(written.devices[0].capacityBytes, 1U << 30);
    const auto pulse = readPulse(memory);
    QVERIFY(pulse);
    QCOMPARE(pulse->processors.size(), 2U);
    QCOMPARE(pulse->beats, 0U);
}

void TestGuestMemory::foreignMemoryHasNoPulse()
{
    GuestMemory memory;
    QVERIFY(memory.addBlock(u"small"_s, 4 * page, true));
    QVERIFY(memory.addBlock(u"large"_s, (16 << 20) - 4 * page, true));
    QVERIFY(!readPulse(memory));
    // The queues must lie in one block.
    QVERIFY(!planMachine(memory, { .ramBytes = 16 << 20, .processors = 1 }));

    GuestMemory other;
    QVERIFY(other.addBlock(u"ram"_s, 16 << 20, true));
    QVERIFY(!readPulse(other));
    QVERIFY(writeBootInfo(other, { .ramBytes = 16 << 20, .processors = 1 }));
    auto& boot = *reinterpret_cast<BootInfo*>(other.at(bootInfoAddress, sizeof(BootInfo)));
    boot.processors = 0xffffffff;
    QCOMPARE(readPulse(other)->processors.size(), maxProcessors);
    boot.version = 99;
    QVERIFY(!readPulse(other));
}

QTEST_GUILESS_MAIN(TestGuestMemory)
#include "tst_guestmemory.moc"
