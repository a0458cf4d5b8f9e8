// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "cprfixture.h"
#include "relayhelp.h"

#include "relay/fault.h"

#include <QTest>

using namespace cutover;
using namespace cutover::test;
using namespace cutover::relay;
using namespace Qt::StringLiterals;

class TestRelayFault : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QTest::failOnWarning(); }
    void init() { m_open = openFdCount(); }
    void cleanup() { QCOMPARE(openFdCount(), m_open); }

    void readsWhatItWrites_data();
    void readsWhatItWrites();
    void refuses_data();
    void refuses();
    void cutsAtEveryByte();
    void corruptsOneBit();
    void stalls();
    void withholds();
    void swaps();
    void duplicates();
    void delays();
    void nothingElseChanges();

private:
    /// The captured stream through a link with \a fault, in the pieces a QEMU sends; what arrived.
    Got passed(const QString& fault, std::size_t done = 1);
    qsizetype m_open = 0;
    std::vector<ino_t> m_sent; // the inodes, in their order
};

Got TestRelayFault::passed(const QString& fault, std::size_t done)
{
    const auto stream = CapturedStream::load();
    const auto parsed = parseFault(fault);
    if (!parsed || stream.bytes.isEmpty())
        return {};
    FaultFilter filter({ *parsed });
    LinkBench bench(&filter);
    m_sent.clear();
    qsizetype begin = 0;
    const auto put = [&](qsizetype end) {
        const auto fds = stream.fdsBetween(begin, end);
        for (const UniqueFd& fd : fds)
            m_sent.push_back(inodeOf(fd.get()));
        std::ignore = fdpass::sendSome(
            bench.source.a.get(), asBytes(stream.bytes).subspan(begin, end - begin), numbersOf(fds));
        begin = end;
        bench.run();
    };
    for (const auto& [at, name] : stream.fds)
        put(at + 1);
    put(stream.bytes.size());
    ::shutdown(bench.source.a.get(), SHUT_WR);
    // A delay goes on by its time alone.
    std::ignore = QTest::qWaitFor(
        [&] {
            const auto idle = std::array<pollfd, 2>{};
            if (bench.link.resumeNs() > 0)
                bench.link.advance(idle);
            bench.run();
            return bench.link.resumeNs() == 0;
        },
        60'000);
    if (filter.takeDone().size() != done)
        return {};
    return receiveAll(bench.destination.a.get());
}

void TestRelayFault::readsWhatItWrites_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text : { "cut:cpr:0", "cut:main:1099511627776", "corrupt:cpr:17", "stall:main:5",
             "withhold:ram0", "swap:/rom@etc/acpi/tables", "duplicate:a:b", "delay:a:b:600000" })
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestRelayFault::readsWhatItWrites()
{
    QFETCH(const QString, text);
    const auto fault = parseFault(text);
    QVERIFY(fault);
    QCOMPARE(fault->text(), text);
    QVERIFY(!expectedId(fault->expected()).isEmpty());
}

void TestRelayFault::refuses_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text : { "", "cut", "cut:", "cut:cpr", "cut:cpr:", "cut:cpr:-1", "cut:usb:1",
             "cut:cpr:x", "cut:cpr:1099511627777", "break:ram0", "withhold", "withhold:", "delay:ram0",
             "delay:ram0:0", "delay:ram0:600001", "delay::5" })
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestRelayFault::refuses()
{
    QFETCH(const QString, text);
    const auto fault = parseFault(text);
    QVERIFY(!fault);
    QVERIFY(!fault.error().remedy.isEmpty());
}

void TestRelayFault::cutsAtEveryByte()
{
    const auto stream = CapturedStream::load();
    for (qsizetype at = 0; at < stream.bytes.size(); at += 7) {
        const Got got = passed(u"cut:cpr:%1"_s.arg(at));
        QCOMPARE(text(got.bytes), stream.bytes.first(at));
        QVERIFY(got.end || got.reset);
        QVERIFY(got.fds.size() <= stream.fds.size());
    }
}

void TestRelayFault::corruptsOneBit()
{
    const auto stream = CapturedStream::load();
    const Got got = passed(u"corrupt:cpr:40"_s);
    QByteArray expected = stream.bytes;
    expected[40] = char(expected[40] ^ 0x10);
    QCOMPARE(text(got.bytes), expected);
    QCOMPARE(got.fds.size(), stream.fds.size());
}

void TestRelayFault::stalls()
{
    const Got got = passed(u"stall:cpr:30"_s);
    QVERIFY(got.bytes.size() <= 30);
    QVERIFY(!got.end && !got.reset);
}

void TestRelayFault::withholds()
{
    const auto stream = CapturedStream::load();
    const Got got = passed(u"withhold:ram0"_s);
    QCOMPARE(text(got.bytes), stream.bytes);
    QCOMPARE(got.fds.size(), stream.fds.size() - 1);
    QVERIFY(got.end);
    const Got none = passed(u"withhold:*"_s);
    QCOMPARE(text(none.bytes), stream.bytes);
    QVERIFY(none.fds.empty());
    QVERIFY(none.end);
}

void TestRelayFault::swaps()
{
    const auto stream = CapturedStream::load();
    const Got got = passed(u"swap:pc.bios"_s);
    QCOMPARE(got.fds.size(), stream.fds.size());
    int differs = 0;
    for (std::size_t i = 0; i < got.fds.size(); ++i)
        differs += inodeOf(got.fds[i].get()) != m_sent[i];
    QCOMPARE(differs, 1);
}

void TestRelayFault::duplicates()
{
    const auto stream = CapturedStream::load();
    const Got got = passed(u"duplicate:ram0"_s);
    QCOMPARE(got.fds.size(), stream.fds.size() + 1);
    QCOMPARE(inodeOf(got.fds.back().get()), m_sent.back());
}

void TestRelayFault::delays()
{
    const auto stream = CapturedStream::load();
    const Got got = passed(u"delay:pc.bios:20"_s);
    QCOMPARE(text(got.bytes), stream.bytes);
    QCOMPARE(got.fds.size(), stream.fds.size());
    QVERIFY(got.end);
}

void TestRelayFault::nothingElseChanges()
{
    const auto stream = CapturedStream::load();
    for (const QString& fault : { u"withhold:no-such"_s, u"cut:cpr:100000"_s }) {
        const Got got = passed(fault, 0);
        QCOMPARE(text(got.bytes), stream.bytes);
        for (std::size_t i = 0; i < got.fds.size(); ++i)
            QCOMPARE(inodeOf(got.fds[i].get()), m_sent[i]);
    }
}

QTEST_GUILESS_MAIN(TestRelayFault)
#include "tst_relayfault.moc"
