// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sectionhelpers.h"

#include "engine/handovermessages.h"
#include "engine/ramstream.h"

#include <QTest>
#include <QtEndian>

#include <atomic>
#include <cstring>
#include <sys/mman.h>
#include <thread>

using namespace cutover;
using namespace cutover::engine;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestRamStream : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void copiesWhileTheGuestWrites();
    void aPassSendsEachDirtyPageOnce();
    void holesAreNeitherReadNorFilled();
    void zeroPagesOverwriteWhatWasThere();
    void severalBlocksOfOddSizes();
    void memoryWithoutAMemfd();
    void damagedSections_data();
    void damagedSections();
    void sectionsThatAreNotRam();
    void aLostPeerEndsThePass();
};

void TestRamStream::init()
{
    QTest::failOnWarning();
}

namespace {

class Memory
{
public:
    Memory(const QString& id, std::uint64_t bytes, bool withMemfd = true)
        : m_bytes(bytes)
        , m_memfd(makeMemfd("ram", off_t(bytes)))
        , m_dirty(bytes)
        , m_base(static_cast<std::byte*>(
              ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_memfd.get(), 0)))
    {
        m_block = { .id = id,
            .bytes = bytes,
            .memfd = withMemfd ? m_memfd.get() : -1,
            .base = m_base,
            .dirty = &m_dirty,
            .migrateFds = false };
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { ::munmap(m_base, m_bytes); }

    const RamBlock& block() const { return m_block; }
    DirtyBitmap& dirty() { return m_dirty; }
    std::byte* page(std::uint64_t page) { return m_base + page * pageBytes; }
    /// As a guest writes: to memory, then the mark.
    void write(std::uint64_t page, std::uint64_t value)
    {
        auto* const word = reinterpret_cast<std::uint64_t*>(m_base + page * pageBytes + value % 512 * 8);
        std::atomic_ref(*word).store(value, std::memory_order_relaxed);
        m_dirty.mark(page);
    }
    bool equals(const Memory& other) const { return std::memcmp(m_base, other.m_base, m_bytes) == 0; }
    std::uint64_t pagesAllocated() const
    {
        struct stat status{};
        ::fstat(m_memfd.get(), &status);
        return std::uint64_t(status.st_blocks) * 512 / pageBytes;
    }

private:
    std::uint64_t m_bytes;
    UniqueFd m_memfd;
    DirtyBitmap m_dirty;
    std::byte* m_base;
    RamBlock m_block;
};

/// The destination: applies sections until "@end".
class Destination
{
public:
    Destination(UniqueFd socket, std::vector<RamBlock> blocks)
        : m_thread([this, socket = std::move(socket), blocks = std::move(blocks)]() mutable {
            MainChannel channel(std::move(socket));
            RamReceiver receiver(blocks);
            while (true) {
                const auto section = channel.receive(soon(60));
                if (!section || section->device == "@end") {
                    if (!section)
                        m_result = std::unexpected(section.error());
                    break;
                }
                if (m_result)
                    m_result = receiver.apply(*section);
            }
            m_pages = receiver.pages();
        })
    {
    }
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;
    ~Destination() { finish(); }

    Result<void> finish()
    {
        if (m_thread.joinable())
            m_thread.join();
        return m_result;
    }
    std::uint64_t pages() const { return m_pages; }

private:
    Result<void> m_result;
    std::uint64_t m_pages = 0;
    std::thread m_thread;
};

struct Fixture
{
    explicit Fixture(std::vector<RamBlock> to)
        : destination(std::move(sockets.b), std::move(to))
        , channel(std::move(sockets.a))
    {
    }
    Result<void> end()
    {
        (void)channel.send("@end", 0, 1, {}, {}, soon());
        return destination.finish();
    }
    SocketPair sockets;
    Destination destination;
    MainChannel channel;
};

QByteArray ramPayload(
    const QByteArray& id, std::uint64_t first, std::uint32_t pages, std::uint32_t kind, qsizetype bytes = 0)
{
    QByteArray payload;
    payload += char(id.size());
    payload += id;
    QByteArray run(16, 0);
    qToBigEndian(first, run.data());
    qToBigEndian(pages, run.data() + 8);
    qToBigEndian(kind, run.data() + 12);
    return payload + run + QByteArray(bytes, 'x');
}

Section ramSection(const QByteArray& payload)
{
    return { .device = QByteArray(message::ram.data(), message::ram.size()),
        .instance = 0,
        .version = ramVersion,
        .payload = payload,
        .fds = {} };
}

} // namespace

void TestRamStream::copiesWhileTheGuestWrites()
{
    constexpr std::uint64_t pages = 4096;
    Memory from(u"ram0"_s, pages * pageBytes);
    Memory to(u"ram0"_s, pages * pageBytes);
    for (std::uint64_t page = 0; page < pages; page += 3)
        from.write(page, page + 1);
    from.dirty().markAll();

    Fixture fixture({ to.block() });
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> written = 0;
    std::thread guest([&] {
        std::uint64_t state = 88172645463325252ULL;
        while (!stop.load(std::memory_order_relaxed)) {
            state ^= state << 13U;
            state ^= state >> 7U;
            state ^= state << 17U;
            // Mostly a working set, now and then any page, also back to zero.
            const std::uint64_t page = state % 8 == 0 ? state / 8 % pages : state / 8 % 64;
            if (state % 5 == 0)
                from.write(page, 512 * (state % 2));
            else
                from.write(page, state);
            written.fetch_add(1, std::memory_order_relaxed);
        }
    });
    const RamBlock block = from.block();
    RamSender sender(fixture.channel, std::span(&block, 1));
    QCOMPARE(sender.pagesTotal(), pages);
    for (int round = 0; round < 6; ++round) {
        const auto pass = sender.pass(soon(60));
        if (!pass || (round == 0 && pass->pages + pass->zeroPages != pages)) {
            stop = true;
            guest.join();
            QFAIL("the pass failed or left something out");
        }
        const std::uint64_t before = written;
        while (written < before + 2000)
            std::this_thread::yield();
    }
    stop = true;
    guest.join();
    QVERIFY(sender.pagesLeft() > 0);
    const auto last = sender.pass(soon(60));
    QVERIFY(last);
    QCOMPARE(last->pagesLeft, std::uint64_t{ 0 });
    QVERIFY(last->pages > 0);
    QVERIFY(fixture.end());
    QVERIFY(from.equals(to));
}

void TestRamStream::aPassSendsEachDirtyPageOnce()
{
    constexpr std::uint64_t pages = 1000;
    Memory from(u"ram0"_s, pages * pageBytes);
    Memory to(u"ram0"_s, pages * pageBytes);
    Fixture fixture({ to.block() });
    const RamBlock block = from.block();
    RamSender sender(fixture.channel, std::span(&block, 1));
    for (const std::uint64_t page : { 0, 1, 2, 63, 64, 65, 500, 999 })
        from.write(page, page + 100);
    QCOMPARE(sender.pagesLeft(), std::uint64_t{ 8 });
    const auto first = sender.pass(soon());
    QVERIFY(first);
    QCOMPARE(first->pages, std::uint64_t{ 8 });
    QCOMPARE(first->zeroPages, std::uint64_t{ 0 });
    QCOMPARE(first->pagesLeft, std::uint64_t{ 0 });
    QVERIFY(first->bytes > 8 * pageBytes && first->bytes < 9 * pageBytes);
    const auto second = sender.pass(soon());
    QVERIFY(second);
    QCOMPARE(second->bytes, std::uint64_t{ 0 });
    QVERIFY(fixture.end());
    QVERIFY(from.equals(to));
    QCOMPARE(fixture.destination.pages(), std::uint64_t{ 8 });
}

void TestRamStream::holesAreNeitherReadNorFilled()
{
    constexpr std::uint64_t pages = (std::uint64_t{ 1 } << 30U) / pageBytes;
    Memory from(u"ram0"_s, pages * pageBytes);
    Memory to(u"ram0"_s, pages * pageBytes);
    for (const std::uint64_t page : { std::uint64_t{ 0 }, std::uint64_t{ 70000 }, pages - 1 })
        from.write(page, 5);
    from.dirty().markAll();
    Fixture fixture({ to.block() });
    const RamBlock block = from.block();
    RamSender sender(fixture.channel, std::span(&block, 1));
    const auto pass = sender.pass(soon());
    QVERIFY(pass);
    QCOMPARE(pass->pages, std::uint64_t{ 3 });
    QCOMPARE(pass->zeroPages, pages - 3);
    QVERIFY(pass->bytes < 5 * pageBytes);
    QVERIFY(fixture.end());
    QCOMPARE(from.pagesAllocated(), std::uint64_t{ 3 });
    QCOMPARE(to.pagesAllocated(), std::uint64_t{ 3 });
    QCOMPARE(std::memcmp(from.page(70000), to.page(70000), pageBytes), 0);
    QCOMPARE(fixture.destination.pages(), pages);
}

void TestRamStream::zeroPagesOverwriteWhatWasThere()
{
    constexpr std::uint64_t pages = 200;
    Memory from(u"ram0"_s, pages * pageBytes);
    Memory to(u"ram0"_s, pages * pageBytes);
    std::memset(from.page(10), 0, pageBytes); // an allocated page, not a hole
    from.write(11, 7);
    for (std::uint64_t page = 0; page < pages; ++page)
        std::memset(to.page(page), 0xA5, pageBytes);
    from.dirty().markAll();
    Fixture fixture({ to.block() });
    const RamBlock block = from.block();
    RamSender sender(fixture.channel, std::span(&block, 1));
    const auto pass = sender.pass(soon());
    QVERIFY(pass);
    QCOMPARE(pass->pages, std::uint64_t{ 1 });
    QVERIFY(fixture.end());
    QVERIFY(from.equals(to));
}

void TestRamStream::severalBlocksOfOddSizes()
{
    std::vector<std::unique_ptr<Memory>> from;
    std::vector<std::unique_ptr<Memory>> to;
    std::vector<RamBlock> fromBlocks;
    std::vector<RamBlock> toBlocks;
    for (const std::uint64_t pages : { 1, 63, 64, 65, 255, 256, 257, 4097 }) {
        const QString id = u"ram%1"_s.arg(pages);
        from.push_back(std::make_unique<Memory>(id, pages * pageBytes));
        to.push_back(std::make_unique<Memory>(id, pages * pageBytes));
        for (std::uint64_t page = 0; page < pages; ++page) {
            if (page % 7 != 3)
                from.back()->write(page, page * pages + 1);
        }
        from.back()->dirty().markAll();
        fromBlocks.push_back(from.back()->block());
        toBlocks.insert(toBlocks.begin(), to.back()->block());
    }
    Fixture fixture(toBlocks);
    RamSender sender(fixture.channel, fromBlocks);
    const auto pass = sender.pass(soon());
    QVERIFY(pass);
    QCOMPARE(pass->pages + pass->zeroPages, sender.pagesTotal());
    QVERIFY(fixture.end());
    for (std::size_t i = 0; i < from.size(); ++i)
        QVERIFY(from[i]->equals(*to[i]));
}

void TestRamStream::memoryWithoutAMemfd()
{
    Memory from(u"ram0"_s, 100 * pageBytes, false);
    Memory to(u"ram0"_s, 100 * pageBytes, false);
    from.write(50, 1);
    std::memset(to.page(3), 1, pageBytes);
    from.dirty().markAll();
    Fixture fixture({ to.block() });
    const RamBlock block = from.block();
    RamSender sender(fixture.channel, std::span(&block, 1));
    QCOMPARE(sender.pass(soon()).value().zeroPages, std::uint64_t{ 99 });
    QVERIFY(fixture.end());
    QVERIFY(from.equals(to));
}

void TestRamStream::damagedSections_data()
{
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<bool>("good");
    const QByteArray id = "ram0";
    QTest::newRow("a zero run") << ramPayload(id, 0, 16, 0) << true;
    QTest::newRow("the last page") << ramPayload(id, 15, 1, 1, 4096) << true;
    QTest::newRow("no run") << ramPayload(id, 0, 1, 0).first(5) << true;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("no id") << QByteArray(1, 0) << false;
    QTest::newRow("id cut off") << QByteArray("\x05ram0") << false;
    QTest::newRow("unknown block") << ramPayload("ram1", 0, 1, 0) << false;
    QTest::newRow("run cut off") << ramPayload(id, 0, 1, 0).chopped(1) << false;
    QTest::newRow("no pages") << ramPayload(id, 0, 0, 0) << false;
    QTest::newRow("one page too many") << ramPayload(id, 0, 17, 0) << false;
    QTest::newRow("beyond the end") << ramPayload(id, 16, 1, 0) << false;
    QTest::newRow("over the end") << ramPayload(id, 15, 2, 1, 8192) << false;
    QTest::newRow("overflow of bytes") << ramPayload(id, std::uint64_t{ 1 } << 52U, 1, 0) << false;
    QTest::newRow("overflow of pages") << ramPayload(id, ~std::uint64_t{ 0 }, 2, 0) << false;
    QTest::newRow("most pages") << ramPayload(id, 0, 0xFFFFFFFFU, 1, 4096) << false;
    QTest::newRow("bytes cut off") << ramPayload(id, 0, 1, 1, 4095) << false;
    QTest::newRow("bytes missing") << ramPayload(id, 0, 2, 1, 4096) << false;
    QTest::newRow("bytes too many") << ramPayload(id, 0, 1, 1, 4097) << false;
    QTest::newRow("unknown kind") << ramPayload(id, 0, 1, 2, 4096) << false;
}

void TestRamStream::damagedSections()
{
    QFETCH(const QByteArray, payload);
    QFETCH(const bool, good);
    // A page before and after that nothing may touch.
    Memory memory(u"ram0"_s, 18 * pageBytes);
    RamBlock block = memory.block();
    block.bytes = 16 * pageBytes;
    block.base += pageBytes;
    block.memfd = -1;
    RamReceiver receiver(std::span(&block, 1));
    const auto applied = receiver.apply(ramSection(payload));
    QCOMPARE(applied.has_value(), good);
    if (!good)
        QCOMPARE(applied.error().code, ErrorCode::Malformed);
    for (const std::uint64_t page : { 0, 17 })
        QVERIFY(std::ranges::all_of(
            std::span(memory.page(page), pageBytes), [](std::byte b) { return b == std::byte{ 0 }; }));
}

void TestRamStream::sectionsThatAreNotRam()
{
    Memory memory(u"ram0"_s, 16 * pageBytes);
    const RamBlock block = memory.block();
    RamReceiver receiver(std::span(&block, 1));
    Section section = ramSection(ramPayload("ram0", 0, 1, 0));
    QVERIFY(receiver.apply(section));
    section.version = ramVersion + 1;
    QCOMPARE(receiver.apply(section).error().code, ErrorCode::Unsupported);
    section.version = ramVersion;
    section.fds = openNulls(1);
    QCOMPARE(receiver.apply(section).error().code, ErrorCode::Protocol);
}

void TestRamStream::aLostPeerEndsThePass()
{
    Memory from(u"ram0"_s, 8192 * pageBytes);
    for (std::uint64_t page = 0; page < 8192; ++page)
        from.write(page, 1);
    SocketPair sockets;
    MainChannel channel(std::move(sockets.a));
    const RamBlock block = from.block();
    RamSender sender(channel, std::span(&block, 1));
    const auto stuck = sender.pass(monotonicNs() + 20'000'000);
    QVERIFY(!stuck);
    QCOMPARE(stuck.error().code, ErrorCode::Timeout);

    SocketPair others;
    MainChannel other(std::move(others.a));
    RamSender again(other, std::span(&block, 1));
    others.b.reset();
    const auto lost = again.pass(soon());
    QVERIFY(!lost);
    QCOMPARE(lost.error().code, ErrorCode::Disconnected);
}

QTEST_GUILESS_MAIN(TestRamStream)
#include "tst_ramstream.moc"
