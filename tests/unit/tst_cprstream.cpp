// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cprfixture.h"

#include "cpr/channel.h"
#include "cpr/dump.h"
#include "cpr/encoder.h"
#include "fdpass/transfer.h"
#include "fdpass/unixsocket.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <array>
#include <sys/socket.h>

using namespace cutover;
using namespace cutover::cpr;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestCprStream : public QObject
{
    Q_OBJECT
    CapturedStream m_captured;
    qsizetype m_before = 0;

private Q_SLOTS:
    void initTestCase();
    void init()
    {
        QTest::failOnWarning();
        m_before = openFdCount();
    }
    void cleanup() { QCOMPARE(openFdCount(), m_before); }

    void encodesWhatQemuSends();
    void encodesEachForm_data();
    void encodesEachForm();
    void refusesBadInput_data();
    void refusesBadInput();
    void channel_data();
    void channel();
    void channelThatDropsFds();
    void channelWithoutReader();
    void channelCutShort();
    void dumpText_data();
    void dumpText();
    void dumpJson();
    void dumpJsonOfADamagedStream();
};

namespace {

QByteArray joined(const std::vector<Piece>& pieces)
{
    QByteArray bytes;
    for (const Piece& piece : pieces)
        bytes += piece.bytes;
    return bytes;
}

struct Decoded
{
    Decoder decoder;
    std::vector<Entry> entries;

    Dump dump() const { return Dump::of(decoder, entries); }
};

/// Also of a damaged stream: what there is of it.
Decoded decode(const QByteArray& bytes, std::vector<UniqueFd> fds)
{
    Decoded result;
    auto done = result.decoder.feed(asBytes(bytes), std::move(fds));
    if (done)
        done = result.decoder.finish();
    if (done.has_value() != result.decoder.isFinished())
        qWarning("the decoder contradicts itself");
    result.entries = result.decoder.takeEntries();
    return result;
}

} // namespace

void TestCprStream::initTestCase()
{
    m_captured = CapturedStream::load();
    QCOMPARE(m_captured.bytes.size(), 179);
}

void TestCprStream::encodesWhatQemuSends()
{
    const auto fds = m_captured.fdsBetween(0, m_captured.bytes.size());
    std::vector<OutgoingEntry> entries;
    for (const char* name : { "/rom@etc/acpi/rsdp", "/rom@etc/acpi/tables", "pc.bios",
             "/rom@etc/table-loader", "pc.rom", "ram0" })
        entries.push_back({ .name = name, .id = 0, .fd = fds.at(entries.size()).get() });
    const auto pieces = encode(entries);
    QVERIFY(pieces);
    QCOMPARE(joined(*pieces).toHex(), m_captured.bytes.toHex());
    qint64 offset = 0;
    std::vector<std::pair<qint64, int>> carried;
    for (const Piece& piece : *pieces) {
        QVERIFY(!piece.bytes.isEmpty());
        offset += piece.bytes.size();
        if (piece.fd >= 0) {
            QCOMPARE(piece.bytes, " "_ba);
            carried.emplace_back(offset - 1, piece.fd);
        }
    }
    QCOMPARE(carried.size(), m_captured.fds.size());
    auto expected = m_captured.fds.begin();
    for (std::size_t i = 0; i < carried.size(); ++i, ++expected) {
        QCOMPARE(carried[i].first, expected->first);
        QCOMPARE(carried[i].second, fds[i].get());
    }
}

void TestCprStream::encodesEachForm_data()
{
    QTest::addColumn<VfioSubsection>("vfio");
    using Form = VfioSubsection::Form;
    QTest::newRow("absent") << VfioSubsection{ .form = Form::Absent, .devices = {} };
    QTest::newRow("stub") << VfioSubsection{ .form = Form::Stub, .devices = {} };
    QTest::newRow("empty list") << VfioSubsection{ .form = Form::List, .devices = {} };
    QTest::newRow("devices") << VfioSubsection{ .form = Form::List,
        .devices = { { .name = "vfio0", .deviceId = -5, .ioasId = 0x12345678, .hwptId = 0xffffffff },
            { .name = "0000:01:00.0", .deviceId = 2, .ioasId = 3, .hwptId = 4 } } };
}

void TestCprStream::encodesEachForm()
{
    QFETCH(const VfioSubsection, vfio);
    const UniqueFd fd = openNull();
    const std::array entries{ OutgoingEntry{ .name = "net0", .id = 0, .fd = fd.get() },
        OutgoingEntry{ .name = "net0", .id = -1, .fd = fd.get() },
        OutgoingEntry{ .name = "", .id = 1 << 30, .fd = fd.get() } };
    const auto pieces = encode(entries, vfio);
    QVERIFY(pieces);
    const auto decoded = decode(joined(*pieces), openNulls(3));
    QVERIFY(decoded.decoder.isFinished());
    QCOMPARE(decoded.entries.size(), entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        QCOMPARE(decoded.entries[i].name, entries[i].name);
        QCOMPARE(decoded.entries[i].id, entries[i].id);
    }
    VfioSubsection found = decoded.decoder.vfio();
    for (VfioDevice& device : found.devices)
        device.offset = 0;
    QVERIFY(found == vfio);
}

void TestCprStream::refusesBadInput_data()
{
    QTest::addColumn<std::vector<OutgoingEntry>>("entries");
    QTest::addColumn<VfioSubsection>("vfio");
    QTest::addColumn<ErrorCode>("code");
    using Entries = std::vector<OutgoingEntry>;
    const auto invalid = ErrorCode::InvalidArgument;
    const VfioSubsection none;
    QTest::newRow("no fd") << Entries{ { .name = "a", .id = 0, .fd = -1 } } << none << invalid;
    QTest::newRow("NUL") << Entries{ { .name = QByteArray("a\0b", 3), .id = 0, .fd = 0 } } << none << invalid;
    QTest::newRow("twice") << Entries{ { .name = "a", .id = 1, .fd = 0 }, { .name = "a", .id = 1, .fd = 1 } }
                           << none << invalid;
    QTest::newRow("long name") << Entries{ { .name = QByteArray(1025, 'n'), .id = 0, .fd = 0 } } << none
                               << ErrorCode::LimitExceeded;
    QTest::newRow("too many") << Entries(16385) << none << ErrorCode::LimitExceeded;
    QTest::newRow("stub with devices")
        << Entries{} << VfioSubsection{ .form = VfioSubsection::Form::Stub, .devices = { VfioDevice{} } }
        << invalid;
    QTest::newRow("device name") << Entries{}
                                 << VfioSubsection{ .form = VfioSubsection::Form::List,
                                        .devices = { VfioDevice{ .name = QByteArray(1, '\0') } } }
                                 << invalid;
}

void TestCprStream::refusesBadInput()
{
    QFETCH(const std::vector<OutgoingEntry>, entries);
    QFETCH(const VfioSubsection, vfio);
    QFETCH(const ErrorCode, code);
    const auto pieces = encode(entries, vfio);
    QVERIFY(!pieces);
    QCOMPARE(pieces.error().code, code);
}

void TestCprStream::channel_data()
{
    QTest::addColumn<int>("fds");
    QTest::newRow("none") << 0;
    QTest::newRow("one") << 1;
    QTest::newRow("more than one message holds") << 300;
    QTest::newRow("more than the socket holds") << 2000;
}

void TestCprStream::channel()
{
    QFETCH(const int, fds);
    const auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    const int smallest = 1;
    QCOMPARE(::setsockopt(pair->first.get(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest), 0);
    const UniqueFd file = makeMemfd("shared");
    std::vector<OutgoingEntry> entries;
    entries.reserve(static_cast<std::size_t>(fds));
    for (int i = 0; i < fds; ++i)
        entries.push_back({ .name = "vfio0_interrupt", .id = i, .fd = file.get() });
    const auto pieces = encode(entries);
    QVERIFY(pieces);
    Sender sender(*pieces);
    Decoder decoder;
    std::vector<Entry> received;
    for (bool sent = false, complete = false; !complete;) {
        if (!sent) {
            const auto result = sender.advance(pair->first.get());
            QVERIFY2(result, qPrintable(result ? QString() : result.error().message()));
            sent = *result;
        }
        const auto result = receive(pair->second.get(), decoder);
        QVERIFY2(result, qPrintable(result ? QString() : result.error().message()));
        complete = *result;
        for (Entry& entry : decoder.takeEntries()) {
            QCOMPARE(entry.id, qint32(received.size()));
            QVERIFY(bool(entry.fd));
            entry.fd.reset();
            received.push_back(std::move(entry));
        }
    }
    QCOMPARE(received.size(), static_cast<std::size_t>(fds));
    QVERIFY(decoder.isFinished());
    const auto again = sender.advance(pair->first.get());
    QVERIFY(again && *again);
}

void TestCprStream::channelThatDropsFds()
{
    const auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    const UniqueFd file = openNull();
    const auto pieces = encode(std::array{ OutgoingEntry{ .name = "net0", .id = 1, .fd = file.get() } });
    QVERIFY(pieces);
    QVERIFY(fdpass::sendSome(pair->first.get(), asBytes(joined(*pieces))));
    Decoder decoder;
    const auto result = receive(pair->second.get(), decoder);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Protocol);
    QCOMPARE(result.error().object, u"net0 (id 1)"_s);
}

void TestCprStream::channelWithoutReader()
{
    auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    pair->second.reset();
    const UniqueFd file = openNull();
    const auto pieces = encode(std::array{ OutgoingEntry{ .name = "net0", .id = 0, .fd = file.get() } });
    QVERIFY(pieces);
    Sender sender(*pieces);
    const auto sent = sender.advance(pair->first.get());
    QVERIFY(!sent);
    QCOMPARE(sent.error().code, ErrorCode::Disconnected);
    const auto again = sender.advance(pair->first.get());
    QVERIFY(!again);
    QCOMPARE(again.error(), sent.error());
}

void TestCprStream::channelCutShort()
{
    auto pair = fdpass::unixSocketPair();
    QVERIFY(pair);
    QVERIFY(fdpass::sendSome(pair->first.get(), asBytes(m_captured.bytes.first(20))));
    pair->first.reset();
    Decoder decoder;
    const auto result = receive(pair->second.get(), decoder);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Malformed);
    QCOMPARE(decoder.errorOffset(), 20);
}

void TestCprStream::dumpText_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("fds");
    QTest::addColumn<QString>("golden");
    const UniqueFd file = openNull();
    const std::array twice{ OutgoingEntry{ .name = "net0", .id = 0, .fd = file.get() },
        OutgoingEntry{ .name = "net1", .id = 0, .fd = file.get() } };
    const auto devices = encode(twice,
        VfioSubsection{ .form = VfioSubsection::Form::List,
            .devices = { { .name = "vfio0", .deviceId = 1, .ioasId = 2, .hwptId = 3 } } });
    QByteArray duplicated = joined(*devices);
    duplicated.replace("net1", "net0");
    const auto stub = encode({}, VfioSubsection{ .form = VfioSubsection::Form::Stub, .devices = {} });
    QTest::newRow("captured") << m_captured.bytes << 6 << u"cpr-dump-captured.txt"_s;
    QTest::newRow("damaged") << m_captured.bytes.first(100) << 4 << u"cpr-dump-damaged.txt"_s;
    QTest::newRow("duplicate and device") << duplicated << 2 << u"cpr-dump-duplicate.txt"_s;
    QTest::newRow("stub") << joined(*stub) << 0 << u"cpr-dump-stub.txt"_s;
}

void TestCprStream::dumpText()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, fds);
    QFETCH(const QString, golden);
    std::vector<UniqueFd> memfds;
    while (memfds.size() < static_cast<std::size_t>(fds))
        memfds.push_back(makeMemfd("ram", off_t{ 4096 } << memfds.size()));
    const QString text = decode(bytes, std::move(memfds)).dump().toText();
    QFile file(QStringLiteral(CUTOVER_TEST_DATA "/") + golden);
    if (qEnvironmentVariableIsSet("CUTOVER_REGENERATE")) {
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.toUtf8());
        return;
    }
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(text, QString::fromUtf8(file.readAll()));
}

void TestCprStream::dumpJson()
{
    const auto decoded = decode(m_captured.bytes, m_captured.fdsBetween(0, 179));
    const QJsonObject json = decoded.dump().toJson();
    QCOMPARE(json[u"bytes"].toInt(), 179);
    QVERIFY(json[u"complete"].toBool());
    QVERIFY(json[u"error"].isNull());
    QCOMPARE(json[u"unclaimed"].toInt(-1), 0);
    QCOMPARE(json[u"vfio"][u"form"].toString(), u"list"_s);
    const QJsonArray fds = json[u"fds"].toArray();
    QCOMPARE(fds.size(), 6);
    QCOMPARE(fds[5][u"name"].toString(), u"ram0"_s);
    QCOMPARE(fds[5][u"offset"].toInt(), 135);
    QCOMPARE(fds[5][u"fdOffset"].toInt(), 149);
    const QJsonObject fd = fds[5][u"fd"].toObject();
    QCOMPARE(fd[u"kind"].toString(), u"memfd"_s);
    QCOMPARE(fd[u"name"].toString(), u"memory-backend-memfd"_s);
    const auto described = fdpass::describeFd(decoded.entries[5].fd.get());
    QVERIFY(described);
    QCOMPARE(fd[u"inode"].toString(), QString::number(described->inode));
}

void TestCprStream::dumpJsonOfADamagedStream()
{
    Decoder decoder({}, Decoder::FdSource::None);
    QVERIFY(decoder.feed(asBytes(m_captured.bytes.first(50))));
    QVERIFY(!decoder.finish());
    const auto entries = decoder.takeEntries();
    const QJsonObject json = Dump::of(decoder, entries).toJson();
    QVERIFY(!json[u"complete"].toBool(true));
    QCOMPARE(json[u"error"][u"offset"].toInt(), 50);
    QVERIFY(json[u"error"][u"message"].toString().contains(u"ended too early"_s));
    QCOMPARE(json[u"fds"].toArray().size(), 1);
    QVERIFY(json[u"fds"].toArray().at(0)[u"fd"].isNull());
}

QTEST_GUILESS_MAIN(TestCprStream)
#include "tst_cprstream.moc"
