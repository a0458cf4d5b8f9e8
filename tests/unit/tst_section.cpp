// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "sectionhelpers.h"

#include "engine/crc32c.h"
#include "engine/section.h"

#include <QTest>

using namespace cutover;
using namespace cutover::engine;
using namespace cutover::test;
using namespace Qt::StringLiterals;

class TestSection : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void checksumsAreThoseOfTheStandard();
    void checksumsAreTheSameByTableAndInstruction();
    void streamHeader();
    void roundTrip_data();
    void roundTrip();
    void severalSectionsInOnePiece();
    void anyDamagedByteIsAnError();
    void aHeadIsChecked_data();
    void aHeadIsChecked();
    void limitsAreAppliedBeforeThePayload();
    void anAnnouncedLengthIsNotAllocated();
    void missingFdsNameTheSection();
    void strayFdsNameTheSection();
    void fdsOfAMergedMessageGoToTheirSections();
    void fdsOfARegroupedMessageMayComeEarly();
    void strayFdsOfALargeMessageAreFoundWhenAsked();
    void tooManyFdsAheadOfSections();
    void errorsAreFinal();
    void whatCannotBeSent();
    void versionsAndFdsOfASection();
};

void TestSection::init()
{
    QTest::failOnWarning();
}

static Result<std::optional<Section>> decodeAll(SectionDecoder& decoder, std::span<const std::byte> bytes,
    std::size_t piece, std::vector<UniqueFd> fds = {}, const SectionLimits& limits = {})
{
    while (true) {
        auto section = decoder.next(limits);
        if (!section || *section || bytes.empty())
            return section;
        const std::size_t now = std::min({ piece, bytes.size(), decoder.space().size() });
        feed(decoder, bytes.first(now), std::exchange(fds, {}));
        bytes = bytes.subspan(now);
    }
}

void TestSection::checksumsAreThoseOfTheStandard()
{
    // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
    QCOMPARE(crc32c(bytesOf("123456789")), 0xE3069283U);
    QCOMPARE(crc32c(Bytes(32)), 0x8A9136AAU);
    QCOMPARE(crc32c(Bytes(32, std::byte{ 0xFF })), 0x62A8AB43U);
    QCOMPARE(crc32c({}), 0U);
}

void TestSection::checksumsAreTheSameByTableAndInstruction()
{
    const Bytes bytes = pattern(4099);
    for (std::size_t begin = 0; begin < 17; ++begin) {
        const auto whole = std::span(bytes).subspan(begin);
        QCOMPARE(crc32c(whole), crc32cByTable(whole));
        for (std::size_t cut = 0; cut < 40; ++cut)
            QCOMPARE(crc32c(whole.subspan(cut), crc32cByTable(whole.first(cut))), crc32cByTable(whole));
    }
}

void TestSection::streamHeader()
{
    const auto header = encodeStreamHeader();
    QVERIFY(checkStreamHeader(header));
    for (std::size_t i = 0; i < header.size(); ++i) {
        auto damaged = header;
        damaged[i] ^= std::byte{ 0x40 };
        const auto checked = checkStreamHeader(damaged);
        QVERIFY(!checked);
        QCOMPARE(checked.error().code, i >= 8 && i < 12 ? ErrorCode::Unsupported : ErrorCode::Malformed);
    }

    SectionDecoder decoder;
    feed(decoder, std::span(header).first(15));
    QCOMPARE(decoder.nextHeader().value(), false);
    Bytes rest{ header.back() };
    const Bytes section = sectionBytes("a", 0, 1, "x");
    rest.insert(rest.end(), section.begin(), section.end());
    feed(decoder, rest);
    QCOMPARE(decoder.nextHeader().value(), true);
    QCOMPARE(decodeAll(decoder, {}, 1).value()->device, "a");
}

void TestSection::roundTrip_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<int>("piece");
    const QList<qsizetype> sizes{ 0, 1, 4096, 65500, 65536, 65537, 200000, (1 << 20) + 1, 3 << 20 };
    const QList<int> pieces{ 1, 7, 4096, 1 << 20 };
    for (const qsizetype size : sizes) {
        for (const int piece : pieces) {
            if (size / piece > 100000)
                continue;
            QTest::addRow("%d bytes by %d", int(size), piece)
                << QByteArray(size % 2 == 0 ? "net0" : QByteArray(255, 'n')) << patternArray(size) << piece;
        }
    }
}

void TestSection::roundTrip()
{
    QFETCH(const QByteArray, name);
    QFETCH(const QByteArray, payload);
    QFETCH(const int, piece);
    SectionDecoder decoder;
    QVERIFY(decoder.atBoundary());
    const auto section = decodeAll(decoder, sectionBytes(name, 7, 0xFFFFFFFFU, payload), std::size_t(piece));
    QVERIFY(section && *section);
    QCOMPARE((*section)->device, name);
    QCOMPARE((*section)->instance, 7U);
    QCOMPARE((*section)->version, 0xFFFFFFFFU);
    QCOMPARE((*section)->payload, payload);
    QVERIFY((*section)->fds.empty());
    QVERIFY(decoder.atBoundary());
}

void TestSection::severalSectionsInOnePiece()
{
    Bytes bytes;
    for (std::uint32_t i = 0; i < 50; ++i) {
        const Bytes section = sectionBytes("dev", i, 1, patternArray(i));
        bytes.insert(bytes.end(), section.begin(), section.end());
    }
    SectionDecoder decoder;
    feed(decoder, bytes);
    for (std::uint32_t i = 0; i < 50; ++i) {
        const auto section = decoder.next({});
        QVERIFY(section && *section);
        QCOMPARE((*section)->instance, i);
        QCOMPARE((*section)->payload, patternArray(i));
    }
    QVERIFY(!decoder.next({}).value());
    QVERIFY(decoder.requireNoStrayFds());
}

void TestSection::anyDamagedByteIsAnError()
{
    const Bytes good = sectionBytes("net0", 1, 2, patternArray(40));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (unsigned int bit = 0; bit < 8; ++bit) {
            Bytes bad = good;
            bad[i] ^= std::byte(1U << bit);
            SectionDecoder decoder;
            const auto section = decodeAll(decoder, bad, 1000);
            QVERIFY2(!section, qPrintable(u"byte %1 bit %2"_s.arg(i).arg(bit)));
            QCOMPARE(section.error().code, ErrorCode::Malformed);
        }
    }
    Bytes bad = good;
    bad.back() ^= std::byte{ 1 };
    SectionDecoder decoder;
    QCOMPARE(decodeAll(decoder, bad, 1000).error().message(),
        u"Cannot read section 'net0': its checksum does not match"_s);
}

void TestSection::aHeadIsChecked_data()
{
    QTest::addColumn<int>("at");
    QTest::addColumn<int>("value");
    QTest::addRow("no name") << 4 << 0;
    QTest::addRow("reserved") << 6 << 1;
    QTest::addRow("a space in the name") << 29 << 0x20;
    QTest::addRow("a control character in the name") << 29 << 0x1B;
    QTest::addRow("not ASCII") << 29 << 0xC3;
}

void TestSection::aHeadIsChecked()
{
    QFETCH(const int, at);
    QFETCH(const int, value);
    Bytes bytes = sectionBytes("net0", 1, 2, "payload");
    bytes[std::size_t(at)] = std::byte(value);
    mendChecksums(bytes);
    SectionDecoder decoder;
    const auto section = decodeAll(decoder, bytes, 1000);
    QVERIFY(!section);
    QCOMPARE(section.error().code, ErrorCode::Malformed);
    QVERIFY(section.error().object.isEmpty());
}

void TestSection::limitsAreAppliedBeforeThePayload()
{
    const SectionLimits limits{ .payloadBytes = 100, .fds = 2 };
    const struct
    {
        qsizetype payload;
        std::size_t fds;
        bool accepted;
    } cases[] = { { 100, 0, true }, { 101, 0, false }, { 1, 3, false } };
    for (const auto& one : cases) {
        Bytes bytes = sectionBytes("net0", 0, 1, patternArray(one.payload), one.fds);
        if (!one.accepted)
            bytes.resize(sectionHeadBytes + 4);
        SectionDecoder decoder;
        const auto section = decodeAll(decoder, bytes, 1000, {}, limits);
        QCOMPARE(section.has_value(), one.accepted);
        if (one.accepted)
            continue;
        QCOMPARE(section.error().code, ErrorCode::LimitExceeded);
        QCOMPARE(section.error().object, u"net0"_s);
    }
}

void TestSection::anAnnouncedLengthIsNotAllocated()
{
    Bytes head;
    appendSectionHead(head, "big", 0, 1, std::size_t{ 1 } << 30U, 0);
    SectionDecoder decoder;
    QVERIFY(!decodeAll(decoder, head, 1000).value());
    QVERIFY(decoder.space().size() <= std::size_t{ 1 } << 20U);
    QCOMPARE(decoder.partialName(), "big");
    QVERIFY(!decoder.atBoundary());
    const Bytes some = pattern(5 << 20);
    QVERIFY(!decodeAll(decoder, some, std::size_t{ 1 } << 20U).value());
    QVERIFY(decoder.space().size() <= std::size_t{ 1 } << 20U);
}

void TestSection::missingFdsNameTheSection()
{
    const qsizetype before = openFdCount();
    {
        SectionDecoder decoder;
        const auto section = decodeAll(decoder, sectionBytes("net0", 0, 1, "x", 2), 1000, openNulls(1));
        QVERIFY(!section);
        QCOMPARE(section.error().code, ErrorCode::Protocol);
        QCOMPARE(section.error().message(),
            u"Cannot read section 'net0': it announces 2 descriptors, 1 arrived on the channel "
            "(a proxy that does not pass descriptors?)"_s);
        QCOMPARE(openFdCount(), before);
    }
    QCOMPARE(openFdCount(), before);
}

void TestSection::strayFdsNameTheSection()
{
    const qsizetype before = openFdCount();
    SectionDecoder decoder;
    const auto section = decodeAll(decoder, sectionBytes("net0", 0, 1, "x", 1), 1000, openNulls(3));
    QVERIFY(!section);
    QCOMPARE(section.error().message(),
        u"Cannot read section 'net0': it announces 1 descriptor, 3 arrived on the channel"_s);
    QCOMPARE(openFdCount(), before);
}

void TestSection::fdsOfAMergedMessageGoToTheirSections()
{
    const qsizetype before = openFdCount();
    {
        // The kernel hands out bytes that were sent before together with a message with fds.
        Bytes bytes = sectionBytes("a", 0, 1, "x");
        for (const char* name : { "b", "c" }) {
            const Bytes more = sectionBytes(name, 0, 1, "y", name[0] == 'b' ? 1 : 2);
            bytes.insert(bytes.end(), more.begin(), more.end());
        }
        auto fds = openNulls(3);
        const auto numbers = numbersOf(fds);
        SectionDecoder decoder;
        feed(decoder, bytes, std::move(fds));
        QCOMPARE(decoder.next({}).value()->fds.size(), std::size_t{ 0 });
        const auto b = decoder.next({}).value();
        QCOMPARE(numbersOf(b->fds), std::vector<int>{ numbers[0] });
        const auto c = decoder.next({}).value();
        QCOMPARE(numbersOf(c->fds), (std::vector<int>{ numbers[1], numbers[2] }));
        QVERIFY(decoder.requireNoStrayFds());
    }
    QCOMPARE(openFdCount(), before);
}

void TestSection::fdsOfARegroupedMessageMayComeEarly()
{
    // A large message put together in between: its fds come with the first piece of it.
    Bytes bytes = sectionBytes("ram", 0, 1, patternArray(50000));
    Bytes more = sectionBytes("cpu", 0, 1, patternArray(2000));
    bytes.insert(bytes.end(), more.begin(), more.end());
    const std::size_t cut = 45000;
    more = sectionBytes("net0", 0, 1, "x", 2);
    bytes.insert(bytes.end(), more.begin(), more.end());
    SectionDecoder decoder;
    feed(decoder, std::span(bytes).first(cut), openNulls(2));
    QVERIFY(!decoder.next({}).value());
    feed(decoder, std::span(bytes).subspan(cut));
    QCOMPARE(decoder.next({}).value()->device, "ram");
    QCOMPARE(decoder.next({}).value()->device, "cpu");
    QCOMPARE(decoder.next({}).value()->fds.size(), std::size_t{ 2 });
    QVERIFY(decoder.requireNoStrayFds());
}

void TestSection::strayFdsOfALargeMessageAreFoundWhenAsked()
{
    const qsizetype before = openFdCount();
    SectionDecoder decoder;
    const Bytes bytes = sectionBytes("net0", 0, 1, patternArray(40000), 1);
    feed(decoder, bytes, openNulls(2));
    {
        const auto section = decoder.next({});
        QVERIFY(section && *section);
    }
    const auto checked = decoder.requireNoStrayFds();
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::Protocol);
    QCOMPARE(openFdCount(), before);
    QVERIFY(!decoder.next({}));

    SectionDecoder other;
    feed(other, sectionBytes("net0", 0, 1, patternArray(40000), 1), openNulls(2));
    QVERIFY(other.next({}).value());
    bool found = false;
    for (int i = 0; i < 10 && !found; ++i) {
        feed(other, sectionBytes("ram", 0, 1, patternArray(40000)));
        found = !other.next({});
    }
    QVERIFY(found);
    QCOMPARE(openFdCount(), before);
}

void TestSection::tooManyFdsAheadOfSections()
{
    const qsizetype before = openFdCount();
    {
        SectionDecoder decoder;
        const Bytes bytes = sectionBytes("net0", 0, 1, patternArray(4000));
        Result<std::optional<Section>> section;
        std::size_t at = 0;
        while (section && at < 100) {
            feed(decoder, std::span(bytes).subspan(at++, 1), openNulls(250));
            section = decoder.next({});
        }
        QVERIFY(!section);
        QCOMPARE(section.error().code, ErrorCode::LimitExceeded);
        QCOMPARE(openFdCount(), before);
    }
}

void TestSection::errorsAreFinal()
{
    const qsizetype before = openFdCount();
    SectionDecoder decoder;
    Bytes bad = sectionBytes("a", 0, 1, "x");
    bad.back() ^= std::byte{ 1 };
    const auto first = decodeAll(decoder, bad, 1000);
    QVERIFY(!first);
    feed(decoder, sectionBytes("b", 0, 1, "x", 1), openNulls(1));
    QCOMPARE(openFdCount(), before);
    const auto second = decoder.next({});
    QVERIFY(!second);
    QCOMPARE(second.error(), first.error());
    QCOMPARE(decoder.nextHeader().error(), first.error());
}

void TestSection::whatCannotBeSent()
{
    QVERIFY(checkSection("net0", 0, maxSectionFds));
    QVERIFY(checkSection(QByteArray(255, 'x'), SectionLimits().payloadBytes, 0));
    const auto check = [](QByteArrayView name, std::size_t payload, std::size_t fds) {
        const auto checked = checkSection(name, payload, fds);
        return checked ? ErrorCode::System : checked.error().code;
    };
    QCOMPARE(check("", 0, 0), ErrorCode::InvalidArgument);
    QCOMPARE(check("a b", 0, 0), ErrorCode::InvalidArgument);
    QCOMPARE(check(QByteArray(256, 'x'), 0, 0), ErrorCode::InvalidArgument);
    QCOMPARE(check("a", std::size_t{ SectionLimits().payloadBytes } + 1, 0), ErrorCode::InvalidArgument);
    QCOMPARE(check("a", 0, maxSectionFds + 1), ErrorCode::InvalidArgument);
}

void TestSection::versionsAndFdsOfASection()
{
    Section section{ .device = "net0", .instance = 0, .version = 2, .payload = {}, .fds = {} };
    QVERIFY(requireVersion(section, 2));
    QVERIFY(requireVersion(section, 3));
    QCOMPARE(requireVersion(section, 1).error().message(),
        u"Cannot read section 'net0': it has version 2, the newest known here is 1"_s);
    section.version = 0;
    QVERIFY(!requireVersion(section, 1));
    QVERIFY(requireFds(section, 0));
    QCOMPARE(requireFds(section, 1).error().code, ErrorCode::Protocol);
    section.fds = openNulls(1);
    QVERIFY(requireFds(section, 1));
    QCOMPARE(requireFds(section, 0).error().object, u"net0"_s);
    QCOMPARE(unexpectedSection(section).error().object, u"net0"_s);
}

QTEST_GUILESS_MAIN(TestSection)
#include "tst_section.moc"
