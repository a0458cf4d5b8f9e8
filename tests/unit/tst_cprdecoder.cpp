// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cprfixture.h"

#include "cpr/decoder.h"
#include "cpr/encoder.h"
#include "fdpass/describe.h"

#include <QTest>

#include <array>

using namespace cutover;
using namespace cutover::cpr;
using namespace cutover::test;
using namespace Qt::StringLiterals;

namespace {

/// Builds damaged streams: each letter of the layout is a field of a good one.
QByteArray word(quint32 value)
{
    QByteArray bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.append(static_cast<char>(value >> shift));
    return bytes;
}

QByteArray name(const QByteArray& text)
{
    return word(static_cast<quint32>(text.size()) + 1) + text + '\0';
}

const QByteArray header = word(streamMagic) + word(1);
const QByteArray vfioHeader = "\x05\x15"
                              "CprState/vfio devices"
    + word(1);

QByteArray entry(const QByteArray& text, quint32 id = 0)
{
    return '\1' + name(text) + word(id) + ' ';
}

QByteArray vfioDevice(const QByteArray& text, quint32 id, quint32 ioas, quint32 hwpt)
{
    return '\1' + name(text) + word(id) + word(ioas) + word(hwpt);
}

} // namespace

class TestCprDecoder : public QObject
{
    Q_OBJECT
    void checkCaptured(Decoder& decoder) const;

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

    void capturedStream();
    void everySplitPosition();
    void byteByByte();
    void takenEarlyOrLate();
    void fdsMayComeAhead();
    void endsWhereItMay_data();
    void endsWhereItMay();
    void vfioDevices();
    void errors_data();
    void errors();
    void limits_data();
    void limits();
    void tooManyWaitingFds();
    void tooManyFds_data();
    void tooManyFds();
    void missingFdNamesTheEntry();
    void duplicateKeys();
    void bytesWithoutFds();
    void nothingAfterTheEnd();
    void nothingAfterAnError();
    void unclaimedFdsAreClosed();
    void destructionClosesWhatWasNotTaken();
    void corruptedBytes();
    void unusualNames();
};

void TestCprDecoder::initTestCase()
{
    m_captured = CapturedStream::load();
    QCOMPARE(m_captured.bytes.size(), 179);
    QCOMPARE(m_captured.fds.size(), std::size_t{ 6 });
}

void TestCprDecoder::checkCaptured(Decoder& decoder) const
{
    QVERIFY(decoder.isFinished());
    QVERIFY(!decoder.error());
    QCOMPARE(decoder.bytesDecoded(), 179);
    QCOMPARE(decoder.unclaimed(), std::size_t{ 0 });
    QCOMPARE(decoder.vfio().form, VfioSubsection::Form::List);
    QVERIFY(decoder.vfio().devices.empty());
    const auto entries = decoder.takeEntries();
    const std::array names{ "/rom@etc/acpi/rsdp", "/rom@etc/acpi/tables", "pc.bios", "/rom@etc/table-loader",
        "pc.rom", "ram0" };
    QCOMPARE(entries.size(), names.size());
    auto expected = m_captured.fds.begin();
    for (std::size_t i = 0; i < names.size(); ++i, ++expected) {
        QCOMPARE(entries[i].name, QByteArray(names[i]));
        QCOMPARE(entries[i].id, 0);
        QCOMPARE(entries[i].fdOffset, expected->first);
        const auto fd = fdpass::describeFd(entries[i].fd.get());
        QVERIFY(fd);
        QCOMPARE(fd->name.toUtf8(), expected->second);
    }
    QCOMPARE(entries[0].offset, 8);
    QCOMPARE(entries[1].offset, entries[0].fdOffset + 1);
}

void TestCprDecoder::capturedStream()
{
    Decoder decoder;
    QVERIFY(decoder.feed(asBytes(m_captured.bytes), m_captured.fdsBetween(0, 179)));
    QVERIFY(!decoder.isFinished());
    QVERIFY(decoder.finish());
    checkCaptured(decoder);
}

void TestCprDecoder::everySplitPosition()
{
    const qint64 size = m_captured.bytes.size();
    for (qint64 split = 0; split <= size; ++split) {
        Decoder decoder;
        const auto bytes = asBytes(m_captured.bytes);
        QVERIFY(decoder.feed(bytes.first(static_cast<std::size_t>(split)), m_captured.fdsBetween(0, split)));
        QVERIFY(
            decoder.feed(bytes.subspan(static_cast<std::size_t>(split)), m_captured.fdsBetween(split, size)));
        QVERIFY(decoder.finish());
        checkCaptured(decoder);
    }
}

void TestCprDecoder::byteByByte()
{
    Decoder decoder;
    for (qint64 at = 0; at < m_captured.bytes.size(); ++at)
        QVERIFY(decoder.feed(asBytes(m_captured.bytes).subspan(static_cast<std::size_t>(at), 1),
            m_captured.fdsBetween(at, at + 1)));
    QVERIFY(decoder.finish());
    checkCaptured(decoder);
}

void TestCprDecoder::takenEarlyOrLate()
{
    Decoder decoder;
    std::size_t taken = 0;
    for (qint64 at = 0; at < m_captured.bytes.size(); ++at) {
        QVERIFY(decoder.feed(asBytes(m_captured.bytes).subspan(static_cast<std::size_t>(at), 1),
            m_captured.fdsBetween(at, at + 1)));
        const auto entries = decoder.takeEntries();
        QCOMPARE(entries.size(), m_captured.fds.contains(at) ? std::size_t{ 1 } : std::size_t{ 0 });
        taken += entries.size();
        QCOMPARE(decoder.entriesDecoded(), taken);
    }
    QVERIFY(decoder.finish());
    QCOMPARE(taken, std::size_t{ 6 });
    QVERIFY(decoder.takeEntries().empty());
}

void TestCprDecoder::fdsMayComeAhead()
{
    Decoder decoder;
    QVERIFY(decoder.feed({}, m_captured.fdsBetween(0, 179)));
    QVERIFY(decoder.feed(asBytes(m_captured.bytes)));
    QVERIFY(decoder.finish());
    checkCaptured(decoder);
}

void TestCprDecoder::endsWhereItMay_data()
{
    QTest::addColumn<int>("length");
    for (int length = 0; length <= 179; ++length)
        QTest::addRow("%d", length) << length;
}

void TestCprDecoder::endsWhereItMay()
{
    QFETCH(const int, length);
    // After the list (older QEMU), after the subsection's version (built without VFIO), at the end.
    const std::map<int, VfioSubsection::Form> whole{ { 151, VfioSubsection::Form::Absent },
        { 178, VfioSubsection::Form::Stub }, { 179, VfioSubsection::Form::List } };
    Decoder decoder;
    QVERIFY(decoder.feed(asBytes(m_captured.bytes.first(length)), m_captured.fdsBetween(0, length)));
    const auto finished = decoder.finish();
    if (const auto form = whole.find(length); form != whole.end()) {
        QVERIFY(finished);
        QVERIFY(decoder.isFinished());
        QCOMPARE(decoder.vfio().form, form->second);
        QCOMPARE(decoder.takeEntries().size(), std::size_t{ 6 });
    } else {
        QVERIFY(!finished);
        QVERIFY(!decoder.isFinished());
        QCOMPARE(finished.error().code, ErrorCode::Malformed);
        QCOMPARE(decoder.errorOffset(), qint64{ length });
        QVERIFY(finished.error().cause.contains(u"ended too early"_s));
        const auto again = decoder.finish();
        QVERIFY(!again);
        QCOMPARE(again.error(), finished.error());
    }
}

void TestCprDecoder::vfioDevices()
{
    const QByteArray bytes = header + '\0' + vfioHeader + vfioDevice("vfio0", 7, 3, 0xfffffffe)
        + vfioDevice("vfio1", 0xffffffff, 0, 1) + '\0';
    for (qsizetype split = 0; split <= bytes.size(); ++split) {
        Decoder decoder;
        QVERIFY(decoder.feed(asBytes(bytes).first(static_cast<std::size_t>(split))));
        QVERIFY(decoder.feed(asBytes(bytes).subspan(static_cast<std::size_t>(split))));
        QVERIFY(decoder.finish());
        const auto& devices = decoder.vfio().devices;
        QCOMPARE(devices.size(), std::size_t{ 2 });
        QCOMPARE(devices[0],
            (VfioDevice{ .name = "vfio0", .deviceId = 7, .ioasId = 3, .hwptId = 0xfffffffe, .offset = 36 }));
        QCOMPARE(devices[1].deviceId, -1);
        QCOMPARE(devices[1].offset, 36 + 1 + 4 + 6 + 12);
    }
}

void TestCprDecoder::errors_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("fds");
    QTest::addColumn<qint64>("offset");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("object");
    QTest::addColumn<QString>("cause");
    const auto row = [](const char* title, const QByteArray& bytes, int fds, qint64 offset, ErrorCode code,
                         const QString& object, const QString& cause) {
        QTest::newRow(title) << bytes << fds << offset << code << object << cause;
    };
    const auto malformed = ErrorCode::Malformed;
    row("magic", QByteArray("QEVM") + word(1), 0, 0, malformed, {}, u"0x5145564d instead of 0x51435052"_s);
    row("magic, QMP greeting", "{\"QMP\": {", 0, 0, malformed, {}, u"not a CPR stream"_s);
    row("version", word(streamMagic) + word(2), 0, 4, ErrorCode::Unsupported, {}, u"version 2"_s);
    row("marker", header + '\2', 0, 8, malformed, {}, u"0x02"_s);
    row("second marker", header + entry("a") + '\xff', 1, 8 + 12, malformed, {}, u"0xff"_s);
    row("empty name", header + '\1' + word(0), 0, 9, malformed, {}, u"length 0"_s);
    row("huge name", header + '\1' + word(0xffffffff), 0, 9, ErrorCode::LimitExceeded, {},
        u"4294967294 bytes"_s);
    row("no NUL", header + '\1' + word(4) + "ram0", 0, 16, malformed, {}, u"does not end with a NUL"_s);
    row("NUL inside", header + '\1' + word(5) + QByteArray("r\0m0\0", 5), 0, 14, malformed, {},
        u"NUL inside"_s);
    row("fd byte", header + '\1' + name("ram0") + word(0) + 'x', 1, 22, malformed, u"ram0"_s, u"0x78"_s);
    row("fd missing", header + entry("ram0"), 0, 22, ErrorCode::Protocol, u"ram0"_s,
        u"without its descriptor"_s);
    row("fd missing with id", header + entry("ok") + entry("q", 3), 1, 8 + 13 + 11, ErrorCode::Protocol,
        u"q (id 3)"_s, u"without its descriptor"_s);
    row("fd too many", header + entry("a") + '\0', 3, 8 + 12, ErrorCode::Protocol, {},
        u"too many descriptors: 2"_s);
    row("no subsection", header + '\0' + 'x', 0, 9, malformed, {}, u"after the end of the stream (0x78)"_s);
    row("subsection without name", header + '\0' + QByteArray("\5\0", 2), 0, 10, malformed, {},
        u"without a name"_s);
    row("unknown subsection",
        header + '\0'
            + "\5\3"
              "new",
        0, 11, ErrorCode::Unsupported, {}, u"unknown subsection 'new'"_s);
    row("subsection version", header + '\0' + vfioHeader.chopped(1) + '\2', 0, 32, ErrorCode::Unsupported, {},
        u"version 2 of the VFIO subsection"_s);
    row("vfio marker", header + '\0' + vfioHeader + '\3', 0, 36, malformed, {}, u"0x03"_s);
    row("vfio name", header + '\0' + vfioHeader + '\1' + word(2) + "ab", 0, 42, malformed, {}, u"NUL"_s);
    row("vfio empty name", header + '\0' + vfioHeader + '\1' + word(0), 0, 37, malformed, {}, u"length 0"_s);
    row("subsection twice", header + '\0' + vfioHeader + '\0' + vfioHeader, 0, 39, malformed, {},
        u"second time"_s);
    row("trailing data", header + '\0' + vfioHeader + '\0' + 'x', 0, 37, malformed, {}, u"after the end"_s);
}

void TestCprDecoder::errors()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, fds);
    QFETCH(const qint64, offset);
    QFETCH(const ErrorCode, code);
    QFETCH(const QString, object);
    QFETCH(const QString, cause);
    for (const bool inOne : { true, false }) {
        Decoder decoder;
        Result<void> result = decoder.feed({}, openNulls(static_cast<std::size_t>(fds)));
        if (inOne) {
            result = decoder.feed(asBytes(bytes));
        } else {
            for (std::size_t at = 0; result && at < static_cast<std::size_t>(bytes.size()); ++at)
                result = decoder.feed(asBytes(bytes).subspan(at, 1));
        }
        QVERIFY(!result);
        QCOMPARE(decoder.errorOffset(), offset);
        QCOMPARE(result.error().code, code);
        QCOMPARE(result.error().object, object);
        QVERIFY2(
            result.error().cause.startsWith(u"byte %1: "_s.arg(offset)), qPrintable(result.error().cause));
        QVERIFY2(result.error().cause.contains(cause), qPrintable(result.error().cause));
        QCOMPARE(decoder.error(), result.error());
    }
}

void TestCprDecoder::limits_data()
{
    QTest::addColumn<Limits>("limits");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<qint64>("offset"); // -1 = just fits
    const QByteArray two = header + entry("a") + entry("b") + '\0';
    const QByteArray devices
        = header + '\0' + vfioHeader + vfioDevice("a", 0, 0, 0) + vfioDevice("b", 0, 0, 0) + '\0';
    QTest::newRow("entries fit") << Limits{ .entries = 2 } << two << qint64{ -1 };
    QTest::newRow("entries") << Limits{ .entries = 1 } << two << qint64{ 20 };
    QTest::newRow("duplicates count")
        << Limits{ .entries = 1 } << (header + entry("a") + entry("a")) << qint64{ 20 };
    QTest::newRow("devices fit") << Limits{ .entries = 2 } << devices << qint64{ -1 };
    QTest::newRow("devices") << Limits{ .entries = 1 } << devices << qint64{ 36 + 19 };
    QTest::newRow("name fits") << Limits{ .nameBytes = 4 } << (header + entry("ram0") + '\0') << qint64{ -1 };
    QTest::newRow("name") << Limits{ .nameBytes = 3 } << (header + entry("ram0") + '\0') << qint64{ 9 };
    QTest::newRow("total fits") << Limits{ .totalBytes = 33 } << two << qint64{ -1 };
    QTest::newRow("total") << Limits{ .totalBytes = 32 } << two << qint64{ 32 };
    QTest::newRow("total within a name") << Limits{ .totalBytes = 14 } << two << qint64{ 14 };
}

void TestCprDecoder::limits()
{
    QFETCH(const Limits, limits);
    QFETCH(const QByteArray, bytes);
    QFETCH(const qint64, offset);
    Decoder decoder(limits, Decoder::FdSource::None);
    const auto result = decoder.feed(asBytes(bytes));
    if (offset < 0) {
        QVERIFY2(result, qPrintable(result ? QString() : result.error().message()));
        QVERIFY(decoder.finish());
    } else {
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::LimitExceeded);
        QCOMPARE(decoder.errorOffset(), offset);
    }
}

void TestCprDecoder::tooManyWaitingFds()
{
    Decoder decoder(Limits{ .waitingFds = 3 });
    QVERIFY(decoder.feed({}, openNulls(3)));
    const auto result = decoder.feed({}, openNulls(1));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::LimitExceeded);
    QCOMPARE(decoder.unclaimed(), std::size_t{ 4 });
    QCOMPARE(openFdCount(), m_before);
}

void TestCprDecoder::tooManyFds_data()
{
    QTest::addColumn<int>("at"); // the offset of the chunk with one fd more
    QTest::addColumn<qint64>("offset");
    QTest::newRow("before the first entry") << 0 << qint64{ 150 };
    QTest::newRow("within the list") << 100 << qint64{ 150 };
    QTest::newRow("with the end of the list") << 150 << qint64{ 150 };
    QTest::newRow("after the list") << 151 << qint64{ 151 };
    QTest::newRow("in the subsection") << 160 << qint64{ 160 };
    QTest::newRow("with the last byte") << 178 << qint64{ 178 };
}

void TestCprDecoder::tooManyFds()
{
    QFETCH(const int, at);
    QFETCH(const qint64, offset);
    Decoder decoder;
    Result<void> result;
    for (qint64 byte = 0; result && byte < m_captured.bytes.size(); ++byte) {
        auto fds = m_captured.fdsBetween(byte, byte + 1);
        if (byte == at)
            fds.push_back(openNull());
        result = decoder.feed(
            asBytes(m_captured.bytes).subspan(static_cast<std::size_t>(byte), 1), std::move(fds));
    }
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Protocol);
    QVERIFY(result.error().cause.contains(u"too many descriptors"_s));
    QCOMPARE(decoder.errorOffset(), offset);
    QCOMPARE(decoder.unclaimed(), std::size_t{ 1 });
    QCOMPARE(decoder.takeEntries().size(), std::size_t{ 6 });
}

void TestCprDecoder::missingFdNamesTheEntry()
{
    Decoder decoder;
    const auto result = decoder.feed(asBytes(m_captured.bytes), m_captured.fdsBetween(0, 100));
    QVERIFY(!result);
    QCOMPARE(decoder.errorOffset(), 117);
    QCOMPARE(result.error().object, u"/rom@etc/table-loader"_s);
    QCOMPARE(decoder.takeEntries().size(), std::size_t{ 3 });
}

void TestCprDecoder::duplicateKeys()
{
    Decoder decoder;
    std::vector<UniqueFd> fds;
    for (const char* title : { "first", "other id", "second" })
        fds.push_back(makeMemfd(title));
    QVERIFY(
        decoder.feed(asBytes(header + entry("q", 1) + entry("q", 2) + entry("q", 1) + '\0'), std::move(fds)));
    QVERIFY(decoder.finish());
    QCOMPARE(openFdCount(), m_before + 2);
    QCOMPARE(decoder.duplicates().size(), std::size_t{ 1 });
    QCOMPARE(decoder.duplicates()[0].name, QByteArray("q"));
    QCOMPARE(decoder.duplicates()[0].id, 1);
    QCOMPARE(decoder.duplicates()[0].offset, 8 + 2 * 12);
    const auto entries = decoder.takeEntries();
    QCOMPARE(entries.size(), std::size_t{ 2 });
    QCOMPARE(fdpass::describeFd(entries[0].fd.get())->name, u"first"_s);
    QCOMPARE(fdpass::describeFd(entries[1].fd.get())->name, u"other id"_s);
    QCOMPARE(decoder.unclaimed(), std::size_t{ 0 });
}

void TestCprDecoder::bytesWithoutFds()
{
    Decoder decoder({}, Decoder::FdSource::None);
    QVERIFY(decoder.feed(asBytes(m_captured.bytes)));
    QVERIFY(decoder.finish());
    const auto entries = decoder.takeEntries();
    QCOMPARE(entries.size(), std::size_t{ 6 });
    QVERIFY(std::ranges::none_of(entries, [](const Entry& each) { return bool(each.fd); }));

    Decoder strict({}, Decoder::FdSource::None);
    const auto result = strict.feed(asBytes(header), openNulls(1));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Protocol);
    QCOMPARE(strict.unclaimed(), std::size_t{ 1 });
}

void TestCprDecoder::nothingAfterTheEnd()
{
    Decoder decoder;
    QVERIFY(decoder.feed(asBytes(header + '\0')));
    QVERIFY(decoder.finish());
    QVERIFY(decoder.finish());
    const auto result = decoder.feed(asBytes(header), openNulls(2));
    QVERIFY(!result);
    QCOMPARE(decoder.errorOffset(), 9);
    QCOMPARE(decoder.unclaimed(), std::size_t{ 2 });
}

void TestCprDecoder::nothingAfterAnError()
{
    Decoder decoder;
    const auto first = decoder.feed(asBytes("not this"_ba));
    QVERIFY(!first);
    const auto second = decoder.feed(asBytes(m_captured.bytes), m_captured.fdsBetween(0, 179));
    QVERIFY(!second);
    QCOMPARE(second.error(), first.error());
    QCOMPARE(decoder.unclaimed(), std::size_t{ 6 });
    const auto finished = decoder.finish();
    QVERIFY(!finished);
    QCOMPARE(finished.error(), first.error());
}

void TestCprDecoder::unclaimedFdsAreClosed()
{
    Decoder decoder;
    QVERIFY(decoder.feed(asBytes(header), openNulls(5)));
    QCOMPARE(openFdCount(), m_before + 5);
    QVERIFY(!decoder.finish());
    QCOMPARE(decoder.unclaimed(), std::size_t{ 5 });
    QCOMPARE(openFdCount(), m_before);
}

void TestCprDecoder::destructionClosesWhatWasNotTaken()
{
    {
        Decoder decoder;
        QVERIFY(decoder.feed(asBytes(header + entry("a") + '\1'), openNulls(3)));
        QCOMPARE(openFdCount(), m_before + 3);
    }
    QCOMPARE(openFdCount(), m_before);
}

void TestCprDecoder::corruptedBytes()
{
    const auto size = static_cast<std::size_t>(m_captured.bytes.size());
    int accepted = 0;
    for (std::size_t at = 0; at < size; ++at) {
        for (const int value : { 0x00, 0x01, 0x05, 0x20, 0x7f, 0x80, 0xff }) {
            QByteArray bytes = m_captured.bytes;
            bytes[static_cast<qsizetype>(at)] = static_cast<char>(value);
            {
                Decoder decoder;
                const std::size_t split = (at * 31 + static_cast<std::size_t>(value)) % (size + 1);
                const auto first = m_captured.fdsBetween(0, static_cast<qint64>(split));
                Result<void> result = decoder.feed(asBytes(bytes).first(split), openNulls(first.size()));
                if (result)
                    result = decoder.feed(
                        asBytes(bytes).subspan(split), openNulls(m_captured.fds.size() - first.size()));
                if (result)
                    result = decoder.finish();
                accepted += result ? 1 : 0;
                QCOMPARE(result.has_value(), decoder.isFinished());
                QCOMPARE(result.has_value(), !decoder.errorOffset().has_value());
                if (decoder.errorOffset())
                    QVERIFY(*decoder.errorOffset() >= 0 && *decoder.errorOffset() <= 179);
                if (value % 2 == 0)
                    decoder.takeEntries();
            }
            QCOMPARE(openFdCount(), m_before);
        }
    }
    // Names and ids may hold (almost) anything, all the rest may not.
    QVERIFY(accepted > 0);
    QVERIFY(accepted < int(size) * 7);
}

void TestCprDecoder::unusualNames()
{
    Decoder decoder({}, Decoder::FdSource::None);
    const QByteArray notUtf8("a\xff\n", 3);
    QVERIFY(decoder.feed(asBytes(header + entry("") + entry(notUtf8) + entry("r\xc3\xa4m") + '\0')));
    QVERIFY(decoder.finish());
    const auto entries = decoder.takeEntries();
    QCOMPARE(entries.size(), std::size_t{ 3 });
    QCOMPARE(entries[0].name, QByteArray());
    QCOMPARE(entries[1].name, notUtf8);
    QCOMPARE(displayName(entries[1].name), u"a\\xff\\x0a"_s);
    QCOMPARE(displayName(entries[2].name), u"r\u00e4m"_s);
    QCOMPARE(displayName("\xc2\x9b"
                         "31m"),
        u"\\x9b31m"_s); // a terminal would obey it
}

QTEST_GUILESS_MAIN(TestCprDecoder)
#include "tst_cprdecoder.moc"
