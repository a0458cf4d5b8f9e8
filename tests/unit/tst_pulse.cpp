// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "pulsebench.h"

#include <QTest>

#include <cstring>
#include <random>

using namespace cutover;
using namespace cutover::test;
using namespace cutover::vmm;
using namespace Qt::StringLiterals;

namespace {

constexpr quint64 msNs = 1'000'000;
constexpr quint64 secondNs = 1'000'000'000;
constexpr DeviceShape net{ .type = DeviceType::Net, .queues = 1, .queueSize = 16 };
constexpr DeviceShape disk{ .type = DeviceType::Block, .queues = 1, .queueSize = 64 };

quint16 wordSum(QByteArrayView bytes, quint32 sum = 0)
{
    for (qsizetype i = 0; i < bytes.size(); ++i)
        sum += static_cast<quint8>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<quint16>(sum);
}

void setWord(QByteArray& bytes, qsizetype at, quint16 value)
{
    bytes[at] = static_cast<char>(value >> 8);
    bytes[at + 1] = static_cast<char>(value);
}

QByteArray ethernet(const char* type)
{
    return QByteArray::fromHex("525400435500020000000001") + QByteArray::fromHex(type);
}

/// A UDP datagram over IPv4 with both checksums.
QByteArray udp4(const QByteArray& payload)
{
    QByteArray udp = QByteArray::fromHex("1000200000000000") + payload;
    setWord(udp, 4, static_cast<quint16>(udp.size()));
    QByteArray ip = QByteArray::fromHex("450000000001000040110000"
                                        "0a0000010a000002");
    setWord(ip, 2, static_cast<quint16>(ip.size() + udp.size()));
    setWord(ip, 10, static_cast<quint16>(~wordSum(ip)));
    setWord(udp, 6, static_cast<quint16>(~wordSum(udp, wordSum(ip.mid(12, 8)) + 17U + quint32(udp.size()))));
    return ethernet("0800") + ip + udp;
}

bool checksumsHold(const QByteArray& frame)
{
    const QByteArray ip = frame.mid(14, 20);
    const QByteArray udp = frame.mid(34);
    return wordSum(ip) == 0xffff
        && wordSum(udp, wordSum(ip.mid(12, 8)) + 17U + quint32(udp.size())) == 0xffff;
}

/// Every page that differs from \a before is marked.
bool changesAreMarked(const GuestMemory& memory, const QByteArray& before)
{
    const engine::RamBlock block = memory.blocks().front();
    for (quint64 page = 0; page < block.dirty->pages(); ++page)
        if (!block.dirty->test(page)
            && memcmp(before.constData() + page * guestPageBytes, block.base + page * guestPageBytes,
                   guestPageBytes)
                != 0)
            return false;
    return true;
}

} // namespace

class TestPulse : public QObject
{
    Q_OBJECT

private slots:
    void init() { QTest::failOnWarning(); }
    void beatsAtItsRate();
    void beatsWithoutPause();
    void gapsAreKept();
    void gapsCanBeForgotten();
    void startIsSeenAtOnce();
    void clockNeverGoesBack();
    void ratesChangeWhileItRuns();
    void sweepsItsShare_data();
    void sweepsItsShare();
    void firstSweepIsKeptApart();
    void dirtiesAtItsRate();
    void echo_data();
    void echo();
    void checksumsSurviveTheEcho();
    void framesGoRound();
    void headersAreCleaned();
    void oddFramesAreIgnored();
    void queuePairsKeepApart();
    void deviceIsLeftAloneUntilReady();
    void blocksAreVerified_data();
    void blocksAreVerified();
    void lostWriteIsNoticed();
    void damageIsNoticed();
    void errorsAreRetried();
    void requestsComeAtTheirRate();
    void storageGapIsKept();
    void tinyDiskIsNotOverrun();
    void stopsAnywhere();
    void everyWriteIsMarked();
    void strayMemoryHarmsNothing();
};

void TestPulse::beatsAtItsRate()
{
    PulseBench bench;
    bench.runFor(secondNs);
    const PulseReading pulse = bench.pulse();
    QVERIFY(pulse.beats >= 995 && pulse.beats <= 1010);
    QVERIFY(pulse.lastBeatNs > secondNs);
    QVERIFY(pulse.longestGapNs >= msNs && pulse.longestGapNs < 2 * msNs);
    QVERIFY(pulse.gapHistogram[19] > 900); // 0.52 to 1.05 ms
    quint64 gaps = 0;
    for (const quint64 count : pulse.gapHistogram)
        gaps += count;
    QCOMPARE(gaps, pulse.beats - 1);
}

void TestPulse::beatsWithoutPause()
{
    PulseBench bench;
    setRates(bench.memory, { .beatIntervalNs = 0 });
    bench.ports.devices = [] { QFAIL("it sleeps"); };
    bench.run(1000);
    QVERIFY(bench.pulse().beats > 200);
}

void TestPulse::gapsAreKept()
{
    PulseBench bench;
    bench.runFor(10 * msNs);
    bench.ports.time += 300 * msNs;
    bench.runFor(10 * msNs);
    const PulseReading pulse = bench.pulse();
    QVERIFY(pulse.longestGapNs >= 300 * msNs && pulse.longestGapNs < 302 * msNs);
    QVERIFY(pulse.longestGapAtNs > 300 * msNs + secondNs && pulse.longestGapAtNs < pulse.lastBeatNs);
    QCOMPARE(pulse.gapHistogram[28], 1U); // 268 to 537 ms
    bench.ports.time += 2 * msNs;
    bench.runFor(10 * msNs);
    QCOMPARE(bench.pulse().longestGapNs, pulse.longestGapNs);
}

void TestPulse::gapsCanBeForgotten()
{
    PulseBench bench;
    bench.runFor(10 * msNs);
    bench.ports.time += 300 * msNs;
    bench.runFor(10 * msNs);
    const quint64 beats = bench.pulse().beats;
    resetGaps(bench.memory);
    bench.runFor(10 * msNs);
    const PulseReading pulse = bench.pulse();
    QVERIFY(pulse.longestGapNs < 2 * msNs);
    QCOMPARE(pulse.gapHistogram[28], 0U);
    QVERIFY(pulse.beats > beats);
}

void TestPulse::startIsSeenAtOnce()
{
    PulseBench bench;
    ++bench.boot().starts;
    bench.runFor(5 * msNs);
    QCOMPARE(bench.pulse().starts, 1U);
    QCOMPARE(bench.pulse().startGapNs, 0U);
    const quint64 beats = bench.pulse().beats;
    bench.restart(50'000);
    bench.run(3);
    const PulseReading pulse = bench.pulse();
    QCOMPARE(pulse.beats, beats + 1);
    QCOMPARE(pulse.starts, 2U);
    QVERIFY(pulse.startGapNs >= 50'000 && pulse.startGapNs < 52'000);
}

void TestPulse::clockNeverGoesBack()
{
    PulseBench bench;
    bench.runFor(5 * msNs);
    const quint64 last = bench.pulse().lastBeatNs;
    const quint64 beats = bench.pulse().beats;
    bench.boot().stoppedNs = bench.ports.time;
    bench.ports.time = 1000;
    ++bench.boot().starts;
    bench.runFor(5 * msNs);
    const PulseReading pulse = bench.pulse();
    QVERIFY(pulse.lastBeatNs > last && pulse.lastBeatNs < last + 10 * msNs);
    QVERIFY(pulse.beats > beats + 3);
    QVERIFY(pulse.longestGapNs < 3 * msNs);
}

void TestPulse::ratesChangeWhileItRuns()
{
    PulseBench bench;
    setRates(bench.memory, { .beatIntervalNs = 500 * msNs });
    bench.runFor(2 * secondNs);
    const quint64 few = bench.pulse().beats;
    QVERIFY(few >= 4 && few <= 6);
    setRates(bench.memory, { .beatIntervalNs = 100'000 });
    bench.runFor(secondNs);
    QVERIFY(bench.pulse().beats > few + 9000);
    QCOMPARE(bench.pulse().processors[0].sweeps, 0U);
    setRates(bench.memory,
        { .beatIntervalNs = 100'000, .dirtyBytesPerSecond = 200 << 20, .workingSetBytes = 1 << 20 });
    bench.runFor(secondNs);
    QVERIFY(bench.pulse().processors[0].sweeps > 100);
}

void TestPulse::sweepsItsShare_data()
{
    QTest::addColumn<quint32>("processors");
    QTest::addColumn<quint64>("asked");
    QTest::addColumn<quint64>("pages");
    QTest::newRow("all of it") << 1U << quint64{ 0 } << quint64{ 3072 };
    QTest::newRow("a part") << 1U << quint64{ 1 << 20 } << quint64{ 256 };
    QTest::newRow("of three processors") << 3U << quint64{ 0 } << quint64{ 1024 };
    QTest::newRow("a part, three processors") << 3U << quint64{ 3 << 20 } << quint64{ 256 };
    QTest::newRow("less than a page") << 1U << quint64{ 100 } << quint64{ 1 };
    QTest::newRow("too much") << 1U << (quint64{ 1 } << 40) << quint64{ 3072 };
}

void TestPulse::sweepsItsShare()
{
    QFETCH(quint32, processors);
    QFETCH(quint64, asked);
    QFETCH(quint64, pages);
    PulseBench bench({}, processors);
    setRates(
        bench.memory, { .beatIntervalNs = msNs, .dirtyBytesPerSecond = flatOut, .workingSetBytes = asked });
    bench.memory.startDirtyLog();
    const engine::RamBlock block = bench.memory.blocks().front();
    const quint64 share = bench.plan.workBytes / guestPageBytes / processors;
    for (quint32 processor = 0; processor < processors; ++processor) {
        for (quint64 first = 0; first < block.dirty->pages(); first += 64)
            block.dirty->take(first);
        while (bench.pulse().processors[processor].sweeps < 2)
            bench.run(7, processor);
        const quint64 start = bench.plan.work / guestPageBytes + processor * share;
        for (quint64 page = bench.plan.work / guestPageBytes; page < block.dirty->pages(); ++page)
            QCOMPARE(block.dirty->test(page), page >= start && page < start + pages);
        const SweepReading sweep = bench.pulse().processors[processor];
        QCOMPARE(sweep.pages, pages);
        QVERIFY(sweep.dirtiedBytes >= 3 * pages * guestPageBytes);
        QVERIFY(sweep.shortestNs > 0 && sweep.shortestNs <= sweep.lastNs);
        QVERIFY(sweep.totalNs >= 2 * sweep.shortestNs);
    }
}

void TestPulse::firstSweepIsKeptApart()
{
    PulseBench bench;
    setRates(
        bench.memory, { .beatIntervalNs = msNs, .dirtyBytesPerSecond = flatOut, .workingSetBytes = 1 << 20 });
    ++bench.boot().starts;
    while (bench.pulse().processors[0].sweeps < 3)
        bench.run(50);
    QCOMPARE(bench.pulse().processors[0].firstSweeps, 1U);
    const SweepReading before = bench.pulse().processors[0];
    bench.run(9);
    bench.restart(secondNs);
    QVERIFY(!bench.pulse().processors[0].firstDone);
    while (!bench.pulse().processors[0].firstDone)
        bench.run(5);
    const SweepReading after = bench.pulse().processors[0];
    QCOMPARE(after.firstSweeps, 2U);
    QCOMPARE(after.sweeps, before.sweeps);
    // The pause is not part of it.
    QVERIFY(after.firstNs > 0 && after.firstNs < msNs);
}

void TestPulse::dirtiesAtItsRate()
{
    PulseBench bench({}, 2);
    constexpr quint64 rate = 100'000'000;
    setRates(bench.memory, { .beatIntervalNs = msNs, .dirtyBytesPerSecond = rate });
    bench.runFor(secondNs, 0);
    bench.ports.time = secondNs;
    bench.runFor(secondNs, 1);
    for (const SweepReading& sweep : bench.pulse().processors)
        QVERIFY(sweep.dirtiedBytes > rate / 2 * 9 / 10 && sweep.dirtiedBytes < rate / 2 * 11 / 10);
}

void TestPulse::echo_data()
{
    QTest::addColumn<QByteArray>("frame");
    QTest::addColumn<int>("result");
    QTest::addColumn<QByteArray>("expected");
    using pulse::Echo;
    const auto row
        = [](const char* name, const QByteArray& frame, Echo result, const QByteArray& expected = {}) {
              QTest::newRow(name) << QByteArray::fromHex(frame) << int(result)
                                  << (expected.isNull() ? QByteArray::fromHex(frame)
                                                        : QByteArray::fromHex(expected));
          };
    row("nothing", "", Echo::Ignore);
    row("short", "01020304050611121314151608", Echo::Ignore);
    row("bare Ethernet", "0203040506071213141516170801", Echo::Frame, "1213141516170203040506070801");
    row("broadcast", "ffffffffffff12131415161708010a", Echo::Frame, "12131415161752540043550008010a");
    row("multicast", "33330000000112131415161786dd60", Echo::Ignore);
    const QByteArray macs = "020304050607121314151617";
    const QByteArray swapped = "121314151617020304050607";
    row("IPv4, too short", macs + "080045000014", Echo::Frame, swapped + "080045000014");
    row("IPv4, not UDP", macs + "0800450000140000000040060000010203040506070811112222", Echo::Frame,
        swapped + "0800450000140000000040060000050607080102030411112222");
    row("UDP", macs + "08004500001c00000000401100000102030405060708111122220008abcd", Echo::Frame,
        swapped + "08004500001c00000000401100000506070801020304222211110008abcd");
    row("UDP, with options", macs + "08004600001c0000000040110000010203040506070801010101111122220008abcd",
        Echo::Frame, swapped + "08004600001c0000000040110000050607080102030401010101222211110008abcd");
    row("UDP, first fragment", macs + "08004500001c00002000401100000102030405060708111122220008abcd",
        Echo::Frame, swapped + "08004500001c00002000401100000506070801020304222211110008abcd");
    row("UDP, later fragment", macs + "08004500001c00000001401100000102030405060708111122220008abcd",
        Echo::Frame, swapped + "08004500001c00000001401100000506070801020304111122220008abcd");
    row("UDP, header cut", macs + "08004500001c0000000040110000010203040506070811112222", Echo::Frame,
        swapped + "08004500001c0000000040110000050607080102030411112222");
    row("UDP, header's length too small",
        macs + "08004200001c00000000401100000102030405060708111122220008abcd", Echo::Frame,
        swapped + "08004200001c00000000401100000506070801020304111122220008abcd");
    const QByteArray a = "000102030405060708090a0b0c0d0e0f";
    const QByteArray b = "101112131415161718191a1b1c1d1e1f";
    row("UDP over IPv6", macs + "86dd6000000000081140" + a + b + "111122220008abcd", Echo::Frame,
        swapped + "86dd6000000000081140" + b + a + "222211110008abcd");
    row("TCP over IPv6", macs + "86dd6000000000080640" + a + b + "111122220008abcd", Echo::Frame,
        swapped + "86dd6000000000080640" + b + a + "111122220008abcd");
    row("IPv6, too short", macs + "86dd6000000000081140" + a, Echo::Frame,
        swapped + "86dd6000000000081140" + a);
    row("ARP request",
        "ffffffffffff12131415161708060001080006040001121314151617"
        "0a000001"
        "000000000000"
        "0a000002",
        Echo::ArpReply,
        "12131415161752540043550008060001080006040002525400435500"
        "0a000002"
        "121314151617"
        "0a000001");
    row("ARP reply",
        "52540043550012131415161708060001080006040002121314151617"
        "0a000001"
        "525400435500"
        "0a000002",
        Echo::Ignore);
    row("ARP announcement",
        "ffffffffffff12131415161708060001080006040001121314151617"
        "0a000001"
        "000000000000"
        "0a000001",
        Echo::Ignore);
    row("ARP probe",
        "ffffffffffff12131415161708060001080006040001121314151617"
        "00000000"
        "000000000000"
        "0a000001",
        Echo::Ignore);
    row("ARP, cut",
        "ffffffffffff12131415161708060001080006040001121314151617"
        "0a000001"
        "000000000000"
        "0a0000",
        Echo::Ignore);
}

void TestPulse::echo()
{
    QFETCH(QByteArray, frame);
    QFETCH(int, result);
    const QByteArray mac = QByteArray::fromHex("525400435500");
    // A copy of its own size, so that a byte read behind it is found.
    const auto bytes = std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(frame.size()));
    memcpy(bytes.get(), frame.constData(), static_cast<std::size_t>(frame.size()));
    const auto* const address = reinterpret_cast<const std::uint8_t*>(mac.constData());
    QCOMPARE(int(pulse::turnAround(bytes.get(), static_cast<std::size_t>(frame.size()), address)), result);
    QTEST(QByteArray(reinterpret_cast<const char*>(bytes.get()), frame.size()), "expected");
}

void TestPulse::checksumsSurviveTheEcho()
{
    PulseBench bench({ net });
    publishDevice(bench.memory, 0, 0);
    bench.runFor(2 * msNs);
    BenchNet device(bench, 0, 0);
    const QByteArray frame = udp4("a numbered datagram");
    QVERIFY(checksumsHold(frame));
    QVERIFY(device.give(frame));
    bench.runFor(2 * msNs);
    const QByteArray sent = device.take();
    QCOMPARE(sent.size(), frame.size() + 12);
    QVERIFY(sent.mid(12) != frame);
    QVERIFY(checksumsHold(sent.mid(12)));
}

void TestPulse::framesGoRound()
{
    PulseBench bench({ net });
    publishDevice(bench.memory, 0, 0);
    bench.runFor(2 * msNs);
    BenchNet device(bench, 0, 0);
    QCOMPARE(device.room(), 16);
    quint64 given = 0;
    quint64 taken = 0;
    while (given < 5000) {
        while (device.give(udp4(QByteArray::number(given))))
            ++given;
        bench.run(200);
        for (QByteArray frame = device.take(); !frame.isEmpty(); frame = device.take())
            QCOMPARE(frame.mid(12 + 42), QByteArray::number(taken++));
    }
    bench.runFor(5 * msNs);
    QVERIFY(device.take().isEmpty());
    QCOMPARE(taken, given);
    QVERIFY(!device.broken());
    QCOMPARE(device.room(), 16);
    const PulseReading pulse = bench.pulse();
    QCOMPARE(pulse.framesReceived, given);
    QCOMPARE(pulse.framesEchoed, given);
    QCOMPARE(pulse.framesSent, given);
    QCOMPARE(pulse.framesIgnored, 0U);
    QCOMPARE(pulse.ringFaults, 0U);
    QVERIFY(bench.ports.rung.contains(bench.plan.devices[0].queues[0].doorbell));
    QVERIFY(bench.ports.rung.contains(bench.plan.devices[0].queues[1].doorbell));
}

void TestPulse::headersAreCleaned()
{
    PulseBench bench({ net });
    publishDevice(bench.memory, 0, 0);
    bench.runFor(2 * msNs);
    BenchNet device(bench, 0, 0);
    // NEEDS_CSUM goes on with its fields, DATA_VALID and the number of buffers do not.
    QVERIFY(device.give(udp4("x"), QByteArray::fromHex("010000000000220006000100")));
    QVERIFY(device.give(udp4("y"), QByteArray::fromHex("020000000000000000000100")));
    bench.runFor(2 * msNs);
    QCOMPARE(device.take().left(12).toHex(), "010000000000220006000000"_ba);
    QCOMPARE(device.take().left(12).toHex(), "000000000000000000000000"_ba);
}

void TestPulse::oddFramesAreIgnored()
{
    PulseBench bench({ net });
    publishDevice(bench.memory, 0, 0);
    bench.runFor(2 * msNs);
    BenchNet device(bench, 0, 0);
    for (int i = 0; i < 40; ++i) {
        QVERIFY(device.give(QByteArray(), QByteArray(i % 13, '\0')));
        bench.runFor(2 * msNs);
    }
    QCOMPARE(bench.pulse().framesIgnored, 40U);
    QVERIFY(device.take().isEmpty());
    QCOMPARE(device.room(), 16);
    QVERIFY(device.give(QByteArray(netBufferBytes - 12, 'x')));
    bench.runFor(2 * msNs);
    QCOMPARE(device.take().size(), netBufferBytes);
}

void TestPulse::queuePairsKeepApart()
{
    PulseBench bench({ { .type = DeviceType::Net, .queues = 8, .queueSize = 8 } });
    publishDevice(bench.memory, 0, 0);
    bench.runFor(2 * msNs);
    std::vector<BenchNet> pairs;
    for (quint32 i = 0; i < 8; ++i)
        pairs.emplace_back(bench, 0, i);
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 8; ++i)
            QVERIFY(pairs[i].give(udp4(QByteArray::number(round * 8 + i))));
        bench.runFor(2 * msNs);
        for (int i = 0; i < 8; ++i)
            QCOMPARE(pairs[i].take().mid(54), QByteArray::number(round * 8 + i));
    }
}

void TestPulse::deviceIsLeftAloneUntilReady()
{
    PulseBench bench({ net, disk });
    setRates(bench.memory, loadRates);
    const char* const queues = reinterpret_cast<const char*>(bench.memory.at(queuesAddress, 1));
    const auto bytes = static_cast<qsizetype>(bench.plan.queuesEnd - queuesAddress);
    const QByteArray before(queues, bytes);
    bench.run(1000);
    QVERIFY(before == QByteArrayView(queues, bytes));
    publishDevice(bench.memory, 1, 0, 1 << 20);
    bench.run(1000);
    QVERIFY(bench.pulse().blocksInFlight > 0);
    BenchNet device(bench, 0, 0);
    QCOMPARE(device.room(), 0);
}

void TestPulse::blocksAreVerified_data()
{
    QTest::addColumn<quint16>("queues");
    QTest::addColumn<quint16>("size");
    QTest::addColumn<quint64>("capacity");
    QTest::newRow("one queue") << quint16{ 1 } << quint16{ 256 } << quint64{ 2 << 20 };
    QTest::newRow("four queues") << quint16{ 4 } << quint16{ 64 } << quint64{ 2 << 20 };
    QTest::newRow("small ring") << quint16{ 1 } << quint16{ 8 } << quint64{ 100 * 4096 };
    QTest::newRow("odd capacity") << quint16{ 3 } << quint16{ 32 } << quint64{ 77 * 4096 + 4095 };
}

void TestPulse::blocksAreVerified()
{
    QFETCH(quint16, queues);
    QFETCH(quint16, size);
    QFETCH(quint64, capacity);
    PulseBench bench({ { .type = DeviceType::Block, .queues = queues, .queueSize = size } });
    setRates(bench.memory, loadRates);
    publishDevice(bench.memory, 0, 0, capacity);
    BenchDisk device(bench, 0);
    while (device.requests < 5000) {
        bench.run(300);
        QVERIFY(device.serve());
    }
    setRates(bench.memory, idleRates);
    bench.runFor(20 * msNs);
    const PulseReading pulse = bench.pulse();
    QCOMPARE(pulse.blocksInFlight, 0U);
    QCOMPARE(pulse.blocksWritten + pulse.blocksRead, quint64(device.requests));
    QCOMPARE(pulse.blocksVerified, pulse.blocksRead);
    QVERIFY(pulse.blocksRead > pulse.blocksWritten);
    QCOMPARE(pulse.blocksWrong, 0U);
    QCOMPARE(pulse.blockErrors, 0U);
    QCOMPARE(pulse.ringFaults, 0U);
    QVERIFY((device.highestSector + 8) * virtio::sectorBytes <= capacity);
    QVERIFY(device.blocks.size() * 4096 > qsizetype(capacity) / 2);
}

void TestPulse::lostWriteIsNoticed()
{
    PulseBench bench({ disk });
    setRates(bench.memory, loadRates);
    publishDevice(bench.memory, 0, 0, 1 << 20);
    BenchDisk device(bench, 0);
    while (device.requests < 2000) {
        device.forget = device.requests > 1000;
        bench.run(50);
        QVERIFY(device.serve());
    }
    QVERIFY(bench.pulse().blocksVerified > 100);
    QVERIFY(bench.pulse().blocksWrong > 100);
}

void TestPulse::damageIsNoticed()
{
    PulseBench bench({ disk });
    setRates(bench.memory, loadRates);
    publishDevice(bench.memory, 0, 0, 1 << 20);
    BenchDisk device(bench, 0);
    while (device.requests < 2000) {
        bench.run(50);
        QVERIFY(device.serve());
    }
    QCOMPARE(bench.pulse().blocksWrong, 0U);
    // One bit of a block that was written long ago: seen when it is read before it is overwritten.
    QByteArray& block = device.blocks.begin().value();
    block[4095] = static_cast<char>(block[4095] ^ 0x40);
    while (device.requests < 4000) {
        bench.run(50);
        QVERIFY(device.serve());
    }
    QCOMPARE(bench.pulse().blocksWrong, 1U);
}

void TestPulse::errorsAreRetried()
{
    PulseBench bench({ disk });
    setRates(bench.memory, loadRates);
    publishDevice(bench.memory, 0, 0, 1 << 20);
    BenchDisk device(bench, 0);
    while (device.requests < 5000) {
        device.fail = device.requests / 500 % 2 == 1;
        bench.run(50);
        QVERIFY(device.serve());
    }
    QVERIFY(bench.pulse().blockErrors > 1000);
    QVERIFY(bench.pulse().blocksVerified > 1000);
    QCOMPARE(bench.pulse().blocksWrong, 0U);
}

void TestPulse::requestsComeAtTheirRate()
{
    PulseBench bench({ { .type = DeviceType::Block, .queues = 2, .queueSize = 64 } });
    setRates(bench.memory, { .beatIntervalNs = msNs, .blocksPerSecond = 2000 });
    publishDevice(bench.memory, 0, 0, 1 << 20);
    BenchDisk device(bench, 0);
    bench.ports.devices = [&device] { QVERIFY(device.serve()); };
    bench.runFor(secondNs);
    QVERIFY(device.requests > 1800 && device.requests < 2200);
}

void TestPulse::storageGapIsKept()
{
    PulseBench bench({ disk });
    setRates(bench.memory, { .beatIntervalNs = msNs, .blocksPerSecond = 10'000 });
    publishDevice(bench.memory, 0, 0, 1 << 20);
    BenchDisk device(bench, 0);
    bench.ports.devices = [&device] { QVERIFY(device.serve()); };
    bench.runFor(100 * msNs);
    QVERIFY(bench.pulse().longestStorageGapNs > 0);
    QVERIFY(bench.pulse().longestStorageGapNs < 5 * msNs);
    bench.ports.devices = {};
    bench.runFor(200 * msNs);
    QVERIFY(bench.pulse().blocksInFlight > 0);
    bench.ports.devices = [&device] { QVERIFY(device.serve()); };
    bench.runFor(20 * msNs);
    QVERIFY(bench.pulse().longestStorageGapNs >= 190 * msNs);
    QVERIFY(bench.pulse().longestStorageGapNs < 210 * msNs);
    // Time without any request is no gap.
    resetGaps(bench.memory);
    setRates(bench.memory, idleRates);
    bench.runFor(500 * msNs);
    setRates(bench.memory, { .beatIntervalNs = msNs, .blocksPerSecond = 10'000 });
    bench.runFor(20 * msNs);
    QVERIFY(bench.pulse().longestStorageGapNs < 5 * msNs);
}

void TestPulse::tinyDiskIsNotOverrun()
{
    for (const quint64 capacity : { 0, 4095, 4096, 3 * 4096 }) {
        PulseBench bench({ disk });
        setRates(bench.memory, loadRates);
        publishDevice(bench.memory, 0, 0, capacity);
        BenchDisk device(bench, 0);
        for (int i = 0; i < 50; ++i) {
            bench.run(50);
            QVERIFY(device.serve());
        }
        QCOMPARE(device.requests > 0, capacity >= 4096);
        QVERIFY(device.requests == 0 || (device.highestSector + 8) * virtio::sectorBytes <= capacity);
        QCOMPARE(bench.pulse().blocksWrong, 0U);
    }
}

void TestPulse::stopsAnywhere()
{
    PulseBench bench({ net, disk });
    setRates(
        bench.memory, { .beatIntervalNs = 0, .dirtyBytesPerSecond = flatOut, .blocksPerSecond = flatOut });
    publishDevice(bench.memory, 0, 0);
    publishDevice(bench.memory, 1, 0, 1 << 20);
    BenchNet wire(bench, 0, 0);
    BenchDisk device(bench, 1);
    std::mt19937 random(7);
    quint64 given = 0;
    quint64 taken = 0;
    quint64 beats = 0;
    for (int i = 0; i < 20'000; ++i) {
        bench.run(1 + i % 61);
        if (i % 7 == 0)
            bench.restart(random() % 1000);
        QVERIFY(bench.pulse().beats >= beats);
        beats = bench.pulse().beats;
        if (random() % 3 != 0)
            while (random() % 4 != 0 && wire.give(udp4(QByteArray::number(given))))
                ++given;
        if (random() % 3 != 0)
            for (QByteArray frame = wire.take(); !frame.isEmpty(); frame = wire.take())
                QCOMPARE(frame.mid(54), QByteArray::number(taken++));
        if (random() % 3 != 0)
            QVERIFY(device.serve());
    }
    QVERIFY(!wire.broken());
    const PulseReading pulse = bench.pulse();
    QVERIFY(taken > 1000 && given - taken <= 16);
    QVERIFY(pulse.blocksVerified > 1000);
    QCOMPARE(pulse.blocksVerified, pulse.blocksRead);
    QCOMPARE(pulse.blockErrors, 0U);
    QCOMPARE(pulse.ringFaults, 0U);
    QVERIFY(pulse.processors[0].dirtiedBytes > 1 << 20);
}

void TestPulse::everyWriteIsMarked()
{
    PulseBench bench({ net, disk });
    publishDevice(bench.memory, 0, 0);
    publishDevice(bench.memory, 1, 0, 1 << 20);
    BenchNet wire(bench, 0, 0);
    BenchDisk device(bench, 1);
    const engine::RamBlock block = bench.memory.blocks().front();
    bench.memory.startDirtyLog();
    const Rates rates[] = { idleRates, { .beatIntervalNs = msNs, .blocksPerSecond = 1000 },
        { .beatIntervalNs = 0,
            .dirtyBytesPerSecond = 1 << 28,
            .workingSetBytes = 1 << 20,
            .blocksPerSecond = flatOut } };
    for (int i = 0; i < 60; ++i) {
        setRates(bench.memory, rates[i % 3]);
        for (quint64 first = 0; first < block.dirty->pages(); first += 64)
            block.dirty->take(first);
        const QByteArray before(reinterpret_cast<const char*>(block.base), benchRamBytes);
        bench.run(1 + i * 3);
        QVERIFY(changesAreMarked(bench.memory, before));
        if (i % 2 == 0)
            wire.give(udp4("x"));
        QVERIFY(device.serve());
        wire.take();
    }
    QVERIFY(bench.pulse().blocksWritten > 10);
}

void TestPulse::strayMemoryHarmsNothing()
{
    std::mt19937_64 random(11);
    for (int i = 0; i < 60; ++i) {
        PulseBench bench({ net, disk });
        setRates(bench.memory, loadRates);
        publishDevice(bench.memory, 0, 0);
        publishDevice(bench.memory, 1, 0, i % 3 == 0 ? random() : 1 << 20);
        bench.run(100);
        // All that another process may have sent: the guest's memory and its registers.
        for (quint64 address = pulseAddress; address < queuesAddress + (1 << 20); address += 8)
            if (random() % 4 != 0)
                *reinterpret_cast<quint64*>(bench.memory.at(address, 8)) = random();
        auto words = std::bit_cast<std::array<quint64, pulse::registerCount>>(pulse::Registers{});
        for (quint64& word : words)
            word = random() >> random() % 64;
        bench.registers[0] = std::bit_cast<pulse::Registers>(words);
        if (i % 2 == 0)
            setRates(bench.memory, { random(), random() >> 20, random(), random() >> 40 });
        bench.run(4'000);
    }
}

QTEST_GUILESS_MAIN(TestPulse)
#include "tst_pulse.moc"
