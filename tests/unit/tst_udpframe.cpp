// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/socketnetwork.h"
#include "lab/trafficpeer.h"
#include "lab/udpframe.h"
#include "vmm/guest/echo.h"

#include <QTest>

#include <array>
#include <fcntl.h>
#include <functional>
#include <sys/socket.h>
#include <thread>

using namespace cutover;
using namespace cutover::lab;

namespace {

constexpr qsizetype headerBytes = 12;
constexpr int deadlineMs = 60'000;

UdpDatagram datagramOf(const QByteArray& payload)
{
    return { .from = { .mac = { 2, 0, 0, 0, 0, 1 }, .address = 0x0a4d0001, .port = 40007 },
        .to = { .mac = { 2, 0, 0, 0, 0, 2 }, .address = 0x0a4d0002, .port = 7 },
        .payload = payload };
}

/// Turned around in place, as the guest does it.
QByteArray echoOf(QByteArray message)
{
    constexpr std::array<std::uint8_t, 6> mac{ 2, 0, 0, 0, 0, 2 };
    auto* const frame = reinterpret_cast<std::uint8_t*>(message.data()) + headerBytes;
    const auto echo = vmm::pulse::turnAround(frame, std::size_t(message.size() - headerBytes), mac.data());
    return echo == vmm::pulse::Echo::Frame ? message : QByteArray();
}

QByteArray with(QByteArray message, qsizetype at, int value)
{
    message[at] = char(value);
    return message;
}

} // namespace

class TestUdpFrame : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void checksums();
    void knownFrame();
    void lengths();
    void survivesTheGuest();
    void malformed();
    void everyDamagedBit();
    void peerOnASocketPair();
    void peerCountsWhatItSees();
};

/// RFC 1071, section 3, and a header whose checksum is known.
void TestUdpFrame::checksums()
{
    QCOMPARE(internetChecksum(QByteArray::fromHex("0001f203f4f5f6f7")), quint16(0x220d));
    QCOMPARE(internetChecksum(QByteArray::fromHex("45000073000040004011b861c0a80001c0a800c7")), quint16(0));
    QCOMPARE(
        internetChecksum(QByteArray::fromHex("450000730000400040110000c0a80001c0a800c7")), quint16(0xb861));
    QCOMPARE(internetChecksum({}), quint16(0xffff));
    QCOMPARE(internetChecksum(QByteArray::fromHex("ab")), internetChecksum(QByteArray::fromHex("ab00")));
    QCOMPARE(internetChecksum(QByteArray::fromHex("00010002"), 5), quint16(~8));
    QCOMPARE(internetChecksum(QByteArray(60'000, '\xff'), 0xffff'ffff), quint16(0));
}

void TestUdpFrame::knownFrame()
{
    const QByteArray message = makeUdpMessage(datagramOf("ping"));
    QCOMPARE(message.size(), headerBytes + 60);
    QCOMPARE(message.first(headerBytes), QByteArray(headerBytes, '\0'));
    QCOMPARE(message.sliced(headerBytes, 14).toHex(), QByteArray("0200000000020200000000010800"));
    // Sums worked out apart from this code.
    QCOMPARE(
        message.sliced(headerBytes + 14, 20).toHex(), QByteArray("4500002000004000401126310a4d00010a4d0002"));
    QCOMPARE(message.sliced(headerBytes + 34, 12).toHex(), QByteArray("9c470007000c701a70696e67"));
    QCOMPARE(message.sliced(headerBytes + 46), QByteArray(14, '\0'));
}

void TestUdpFrame::lengths()
{
    for (const qsizetype length : { 0, 1, 17, 18, 19, 63, 64, 1471, 1472 }) {
        const UdpDatagram sent = datagramOf(QByteArray(length, 'x'));
        const QByteArray message = makeUdpMessage(sent);
        QCOMPARE(message.size(), headerBytes + std::max<qsizetype>(60, 42 + length));
        const auto got = parseUdpMessage(message);
        QVERIFY(got);
        QCOMPARE(got->payload, sent.payload);
        QVERIFY(got->from == sent.from && got->to == sent.to);
    }
    QCOMPARE(makeUdpMessage(datagramOf(QByteArray(longestUdpPayload + 1, 'x'))), QByteArray());
}

void TestUdpFrame::survivesTheGuest()
{
    const UdpDatagram sent = datagramOf("numbered");
    const auto echo = parseUdpMessage(echoOf(makeUdpMessage(sent)));
    QVERIFY(echo);
    QVERIFY(echo->from == sent.to && echo->to == sent.from);
    QCOMPARE(echo->payload, sent.payload);
}

void TestUdpFrame::malformed()
{
    const QByteArray good = makeUdpMessage(datagramOf("numbered"));
    QVERIFY(parseUdpMessage(good));
    for (qsizetype length = 0; length < headerBytes + 42 + 8; ++length)
        QVERIFY2(!parseUdpMessage(good.first(length)), qPrintable(QString::number(length)));
    QVERIFY(parseUdpMessage(good.first(headerBytes + 42 + 8))); // without its padding
    // A sum is only asked for where the sender has made one.
    const qsizetype ip = headerBytes + 14;
    const qsizetype udp = ip + 20;
    const QByteArray wrongData = with(good, udp + 8, 'N');
    QVERIFY(!parseUdpMessage(wrongData));
    QVERIFY(parseUdpMessage(with(wrongData, 0, 1)));
    QVERIFY(parseUdpMessage(with(with(wrongData, udp + 6, 0), udp + 7, 0)));

    const auto resummed = [&](QByteArray message) {
        message[ip + 10] = message[ip + 11] = 0;
        const qsizetype length = std::min<qsizetype>((message[ip] & 0x0f) * 4, message.size() - ip);
        const quint16 sum = internetChecksum(QByteArrayView(message).sliced(ip, length));
        return with(with(message, ip + 10, sum >> 8), ip + 11, sum & 0xff);
    };
    QVERIFY(parseUdpMessage(resummed(with(good, ip + 8, 3)))); // another time to live
    for (const auto& [at, value] : { std::pair(ip, 0x65), std::pair(ip, 0x44), std::pair(ip, 0x4f),
             std::pair(ip + 9, 6), std::pair(ip + 6, 0x20), std::pair(ip + 7, 1), std::pair(ip + 2, 0xff),
             std::pair(ip + 3, 27), std::pair(ip + 3, 20), std::pair(ip + 3, 0), std::pair(udp + 4, 0xff),
             std::pair(udp + 5, 7), std::pair(udp + 5, 17), std::pair(headerBytes + 12, 0x86) })
        QVERIFY2(!parseUdpMessage(resummed(with(good, at, value))),
            qPrintable(QStringLiteral("byte %1 = %2").arg(at).arg(value)));
}

/// No bit of what the checksums cover changes unseen, and none brings the parser down.
void TestUdpFrame::everyDamagedBit()
{
    const QByteArray good = makeUdpMessage(datagramOf("numbered"));
    for (qsizetype at = headerBytes + 14; at < headerBytes + 42 + 8; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            const auto got = parseUdpMessage(with(good, at, good[at] ^ (1 << bit)));
            QVERIFY2(!got, qPrintable(QStringLiteral("byte %1 bit %2").arg(at).arg(bit)));
        }
    }
}

/// Echoes what comes on \a guest, until the other end is closed; \a edit may change, drop or multiply.
static void serve(int guest, const std::function<QByteArrayList(const QByteArray&)>& edit)
{
    std::array<char, 2048> buffer{};
    for (ssize_t size = 0; (size = ::recv(guest, buffer.data(), buffer.size(), 0)) > 0;) {
        for (const QByteArray& message : edit(echoOf(QByteArray(buffer.data(), size))))
            ::send(guest, message.constData(), std::size_t(message.size()), MSG_NOSIGNAL);
    }
}

static UniqueFd blocking(UniqueFd fd)
{
    ::fcntl(fd.get(), F_SETFL, 0);
    return fd;
}

void TestUdpFrame::peerOnASocketPair()
{
    auto network = makeSocketNetwork(3);
    QVERIFY(network);
    QCOMPARE(network->host.size(), std::size_t(3));
    QCOMPARE(network->guest.size(), std::size_t(3));
    const UniqueFd guest = blocking(std::move(network->guest.front()));
    const std::jthread echo(
        [&guest] { serve(guest.get(), [](const QByteArray& m) { return QByteArrayList{ m }; }); });
    auto peer = TrafficPeer::create(makeFrameLink(std::move(network->host)), 2000);
    QVERIFY(peer);
    QVERIFY(QTest::qWaitFor([&] { return (*peer)->reading().received > 100; }, deadlineMs));
    const TrafficReading reading = (*peer)->stop(deadlineMs);
    QCOMPARE(reading.lost(), 0ULL);
    QCOMPARE(reading.reordered, 0ULL);
    QCOMPARE(reading.duplicated, 0ULL);
    QVERIFY(reading.longestSilenceNs > 0);
    peer->reset(); // ends the echo
}

void TestUdpFrame::peerCountsWhatItSees()
{
    auto network = makeSocketNetwork(1);
    QVERIFY(network);
    UniqueFd guest = blocking(std::move(network->guest.front()));
    int count = 0;
    QByteArray held;
    const auto disturb = [&](const QByteArray& message) -> QByteArrayList {
        switch (++count) {
        case 3:
            return {}; // lost
        case 5:
            held = message;
            return { "", "x", with(message, message.size() - 1, 'x'), with(message, headerBytes + 50, 'x') };
        case 6:
            return { message, held }; // reordered
        case 8:
            return { message, message }; // twice
        default:
            return { message };
        }
    };
    std::jthread echo([&] { serve(guest.get(), disturb); });
    auto peer = TrafficPeer::create(makeFrameLink(std::move(network->host)), 1000);
    QVERIFY(peer);
    QVERIFY(QTest::qWaitFor([&] { return (*peer)->reading().received >= 20; }, deadlineMs));
    ::shutdown(guest.get(), SHUT_RDWR);
    echo.join();
    const TrafficReading before = (*peer)->reading();
    guest.reset(); // the peer is alone, and goes on without a guest
    const TrafficReading reading = (*peer)->stop(50);
    QVERIFY(reading.lost() >= 1);
    QCOMPARE(reading.reordered, 1ULL);
    QCOMPARE(reading.duplicated, 1ULL);
    QVERIFY(reading.received >= before.received);
}

QTEST_GUILESS_MAIN(TestUdpFrame)
#include "tst_udpframe.moc"
