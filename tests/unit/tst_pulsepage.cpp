// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "lab/pulsepage.h"
#include "operator/beatwatch.h"

#include <QTest>
#include <QtEndian>

#include <array>

using namespace cutover;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 millisecond = 1'000'000;

struct alignas(8) Page
{
    std::array<std::byte, lab::pulsePageBytes> bytes{};

    template <typename T>
    void put(std::size_t offset, T value)
    {
        qToLittleEndian(value, bytes.data() + offset);
    }
};

/// As the guest writes it.
Page goodPage()
{
    Page page;
    page.put<quint64>(0, qFromLittleEndian<quint64>("CUTOBEAT"));
    page.put<quint32>(8, 1);
    page.put<quint32>(12, 256);
    page.put<quint32>(16, 1000);
    return page;
}

/// A guest with a counter of 2 GHz that beats each ms, looked at right after each beat.
struct Guest
{
    op::BeatTracker tracker{ millisecond };
    qint64 nowNs = 5000 * millisecond;
    lab::PulseBeat beat{ .number = 100, .ticks = 7'000'000 };

    void beats(int count, qint64 hostNs = millisecond, qint64 guestNs = millisecond)
    {
        for (int i = 0; i < count; ++i) {
            nowNs += hostNs;
            tracker.look(nowNs - 1000, beat); // still the one before
            ++beat.number;
            beat.ticks += 2 * guestNs;
            tracker.look(nowNs, beat);
        }
    }
};

} // namespace

/// The page in which a QEMU guest beats, whatever is in it, and the gap among its beats.
class TestPulsePage : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void imageIsWhole();
    void readsBeats();
    void badPage_data();
    void badPage();
    void pageThatGoesAway();
    void standstillIsFound();
    void frozenClockTellsItFromALateBeat();
    void beatsThatWereMissed();
    void burstAfterTheGap();
    void stoppedRightAway();
    void ringOfBeats();
    void tooFewBeatsForARate();
    void bootedAnew();
    void counterThatLeaps();
};

void TestPulsePage::imageIsWhole()
{
    const QByteArray image = lab::pulseImage();
    if (image.isEmpty())
        QSKIP("this build cannot make the guest");
    QCOMPARE(image.size(), 65536);
    // Where a processor begins: a near jump.
    QCOMPARE(quint8(image[0xfff0]), quint8(0xe9));
    QCOMPARE(image, lab::pulseImage());
}

void TestPulsePage::readsBeats()
{
    Page page = goodPage();
    const auto pulse = lab::PulsePage::read(page.bytes);
    QVERIFY(pulse);
    QCOMPARE(pulse->intervalNs(), millisecond);
    QVERIFY(!pulse->latest());
    for (const quint32 number : { 1U, 255U, 256U, 257U, 0xffff'ffffU }) {
        page.put<quint64>(64 + (number % 256) * 8, number * 10ULL);
        page.put<quint32>(24, number);
        QCOMPARE(pulse->latest(), (lab::PulseBeat{ .number = number, .ticks = number * 10ULL }));
    }
}

void TestPulsePage::badPage_data()
{
    QTest::addColumn<int>("offset");
    QTest::addColumn<quint32>("value");
    QTest::newRow("magic") << 0 << 0U;
    QTest::newRow("end of the magic") << 4 << 0x54414543U;
    QTest::newRow("version") << 8 << 2U;
    QTest::newRow("no version") << 8 << 0U;
    QTest::newRow("ring longer than the page") << 12 << 0xffff'ffffU;
    QTest::newRow("no ring") << 12 << 0U;
    QTest::newRow("does not beat") << 16 << 0U;
    QTest::newRow("beats too fast") << 16 << 1'000'001U;
}

void TestPulsePage::badPage()
{
    QFETCH(const int, offset);
    QFETCH(const quint32, value);
    Page page = goodPage();
    page.put<quint32>(std::size_t(offset), value);
    const auto pulse = lab::PulsePage::read(page.bytes);
    QVERIFY(!pulse);
    QCOMPARE(pulse.error().code, ErrorCode::Malformed);
    QVERIFY(!pulse.error().cause.isEmpty());
}

void TestPulsePage::pageThatGoesAway()
{
    Page page = goodPage();
    page.put<quint32>(24, 5);
    const auto pulse = lab::PulsePage::read(page.bytes);
    QVERIFY(pulse && pulse->latest());
    page.put<quint32>(0, 0);
    QVERIFY(!pulse->latest());
    QVERIFY(!lab::PulsePage::read(std::span(page.bytes).first(64)));
    QVERIFY(!lab::PulsePage::read({}));
    const Page empty;
    QVERIFY(!lab::PulsePage::read(empty.bytes));
}

void TestPulsePage::standstillIsFound()
{
    Guest guest;
    QVERIFY(!guest.tracker.longest());
    guest.beats(50);
    guest.beats(1, 8 * millisecond, millisecond); // 7 ms of which it knows nothing
    guest.beats(50);
    const auto gap = guest.tracker.longest();
    QVERIFY(gap);
    QCOMPARE(gap->lengthNs, 8 * millisecond);
    QCOMPARE(gap->guestClockNs, std::optional(millisecond));
    QCOMPARE(gap->errorNs, 2000);
    QCOMPARE(gap->endNs, guest.nowNs - 50 * millisecond);
}

void TestPulsePage::frozenClockTellsItFromALateBeat()
{
    Guest guest;
    guest.beats(50);
    guest.beats(1, 20 * millisecond, 20 * millisecond); // the machine was busy
    guest.beats(50);
    guest.beats(1, 8 * millisecond, millisecond);
    guest.beats(50);
    guest.beats(1, 20 * millisecond, 20 * millisecond);
    QCOMPARE(guest.tracker.longest()->lengthNs, 8 * millisecond);
}

void TestPulsePage::beatsThatWereMissed()
{
    Guest guest;
    guest.beats(50);
    // We were not looking: 9 ms, in which the guest's clock has counted 3 ms and the guest has beaten three
    // times.
    guest.nowNs += 9 * millisecond;
    guest.beat.number += 3;
    guest.beat.ticks += 6 * millisecond;
    guest.tracker.look(guest.nowNs, guest.beat, 2 * millisecond);
    guest.beats(50);
    const auto gap = guest.tracker.longest();
    QCOMPARE(gap->lengthNs, 7 * millisecond);
    QCOMPARE(gap->guestClockNs, std::optional(millisecond));
    QVERIFY(gap->errorNs >= millisecond);
}

/// After its stop a timer of the host's makes up for what it has missed.
void TestPulsePage::burstAfterTheGap()
{
    Guest guest;
    guest.beats(50);
    guest.nowNs += 20 * millisecond;
    guest.beat.number += 20;
    guest.beat.ticks += 2 * 20 * millisecond;
    guest.tracker.look(guest.nowNs, guest.beat, 2 * 19 * millisecond);
    guest.beats(50);
    const auto gap = guest.tracker.longest();
    QCOMPARE(gap->lengthNs, 19 * millisecond);
    QCOMPARE(gap->guestClockNs, std::optional(19 * millisecond));
}

void TestPulsePage::stoppedRightAway()
{
    Guest guest;
    guest.tracker.look(guest.nowNs, guest.beat);
    guest.beats(1, 8 * millisecond, millisecond);
    guest.beats(50);
    const auto gap = guest.tracker.longest();
    QCOMPARE(gap->lengthNs, 8 * millisecond);
    QCOMPARE(gap->errorNs, millisecond + 1000);
}

void TestPulsePage::ringOfBeats()
{
    Page page = goodPage();
    const auto pulse = lab::PulsePage::read(page.bytes);
    QVERIFY(pulse);
    for (quint32 number = 1; number <= 300; ++number) {
        page.put<quint64>(64 + (number % 256) * 8, number * 10ULL + (number >= 200 ? 70 : 0));
        page.put<quint32>(24, number);
    }
    const lab::PulseBeat to{ .number = 300, .ticks = 3070 };
    QCOMPARE(pulse->latest(), to);
    QCOMPARE(pulse->longestTicks({ .number = 299, .ticks = 3060 }, to), std::optional<quint64>(10));
    QCOMPARE(pulse->longestTicks({ .number = 150, .ticks = 1500 }, to), std::optional<quint64>(80));
    QVERIFY(!pulse->longestTicks(to, to));
    QVERIFY(!pulse->longestTicks({ .number = 10, .ticks = 100 }, to)); // too long ago
    QVERIFY(!pulse->longestTicks({ .number = 290, .ticks = 5000 }, to)); // it went back
    page.put<quint64>(64 + (280 % 256) * 8, ~0ULL);
    QVERIFY(!pulse->longestTicks({ .number = 150, .ticks = 1500 }, to)); // damaged
}

void TestPulsePage::tooFewBeatsForARate()
{
    Guest guest;
    guest.beats(5);
    guest.beats(1, 8 * millisecond, millisecond);
    guest.beats(5);
    const auto gap = guest.tracker.longest();
    QCOMPARE(gap->lengthNs, 8 * millisecond);
    QCOMPARE(gap->guestClockNs, std::nullopt);
}

void TestPulsePage::bootedAnew()
{
    Guest guest;
    guest.beats(50);
    guest.beats(1, 500 * millisecond);
    guest.beat.number = 0;
    guest.beats(1, 3000 * millisecond);
    QVERIFY(guest.tracker.longest()->lengthNs <= millisecond);
    guest.beats(30);
    guest.beats(1, 8 * millisecond);
    QCOMPARE(guest.tracker.longest()->lengthNs, 8 * millisecond);
}

void TestPulsePage::counterThatLeaps()
{
    Guest guest;
    guest.beats(50);
    guest.beat.ticks = 1;
    guest.beats(1, 4 * millisecond);
    guest.beats(50);
    guest.beat.ticks = Q_UINT64_C(1) << 63;
    guest.beats(1, 6 * millisecond);
    guest.beat.number += 0x7000'0000;
    guest.beats(50);
    const auto gap = guest.tracker.longest();
    QVERIFY(gap);
    QVERIFY(gap->lengthNs >= 0);
    QVERIFY(gap->lengthNs <= 6 * millisecond);
}

QTEST_GUILESS_MAIN(TestPulsePage)
#include "tst_pulsepage.moc"
