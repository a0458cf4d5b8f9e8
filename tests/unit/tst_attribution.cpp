// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/attribution.h"

#include <QTest>

#include <numeric>
#include <random>

using namespace cutover::timeline;

class TestAttribution : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void rules_data();
    void rules();
    void alwaysAddsUp();
    void matchesTheDefinition();
};

static qint64 sumOf(const Attribution& shares)
{
    qint64 sum = std::accumulate(shares.rowNs.begin(), shares.rowNs.end(), qint64{ 0 });
    for (const Gap& gap : shares.gaps)
        sum += gap.endNs - gap.startNs;
    return sum;
}

void TestAttribution::rules_data()
{
    QTest::addColumn<QList<QList<qint64>>>("claims"); // start, end, row, rank
    QTest::addColumn<QList<qint64>>("rows");
    QTest::addColumn<qint64>("gap");
    using Claims = QList<QList<qint64>>;
    QTest::newRow("none") << Claims{} << QList<qint64>{ 0, 0 } << qint64{ 100 };
    QTest::newRow("one") << Claims{ { 10, 30, 0, 0 } } << QList<qint64>{ 20, 0 } << qint64{ 80 };
    QTest::newRow("cut to the window")
        << Claims{ { -50, 30, 0, 0 }, { 90, 900, 1, 0 } } << QList<qint64>{ 30, 10 } << qint64{ 60 };
    QTest::newRow("lower rank wins") << Claims{ { 10, 50, 0, 1 }, { 20, 30, 1, 0 } }
                                     << QList<qint64>{ 30, 10 } << qint64{ 60 };
    QTest::newRow("innermost wins") << Claims{ { 10, 50, 0, 0 }, { 20, 30, 1, 0 } } << QList<qint64>{ 30, 10 }
                                    << qint64{ 60 };
    QTest::newRow("lower row wins") << Claims{ { 10, 50, 1, 0 }, { 10, 50, 0, 0 } } << QList<qint64>{ 40, 0 }
                                    << qint64{ 60 };
    QTest::newRow("same row twice") << Claims{ { 10, 50, 0, 0 }, { 40, 60, 0, 0 } } << QList<qint64>{ 50, 0 }
                                    << qint64{ 50 };
    QTest::newRow("inverted, outside, no such row") << Claims{ { 50, 10, 0, 0 }, { 200, 300, 0, 0 },
        { 0, 100, 7, 0 } } << QList<qint64>{ 0, 0 } << qint64{ 100 };
}

void TestAttribution::rules()
{
    QFETCH(QList<QList<qint64>>, claims);
    QFETCH(QList<qint64>, rows);
    QFETCH(qint64, gap);
    std::vector<Claim> list;
    for (const auto& claim : claims) {
        list.push_back({ .startNs = claim[0] + 1000,
            .endNs = claim[1] + 1000,
            .row = static_cast<std::size_t>(claim[2]),
            .rank = static_cast<int>(claim[3]) });
    }
    const Attribution shares = attribute(1000, 1100, list, 2);
    QCOMPARE(QList<qint64>(shares.rowNs.begin(), shares.rowNs.end()), rows);
    qint64 gaps = 0;
    for (const Gap& each : shares.gaps)
        gaps += each.endNs - each.startNs;
    QCOMPARE(gaps, gap);
    QCOMPARE(sumOf(attribute(1100, 1000, list, 2)), 0);
}

void TestAttribution::alwaysAddsUp()
{
    std::mt19937_64 random(4711); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases every time
    for (int round = 0; round < 2000; ++round) {
        std::uniform_int_distribution<qint64> time(-2'000'000, 12'000'000);
        std::uniform_int_distribution<int> small(0, 5);
        std::vector<Claim> claims(static_cast<std::size_t>(random() % 60));
        for (Claim& claim : claims) {
            claim = { .startNs = time(random),
                .endNs = time(random),
                .row = static_cast<std::size_t>(small(random)),
                .rank = small(random) };
        }
        const qint64 end = time(random);
        const Attribution shares = attribute(0, end, claims, 5);
        QCOMPARE(sumOf(shares), std::max<qint64>(end, 0));
        for (const qint64 share : shares.rowNs)
            QVERIFY(share >= 0);
        qint64 last = 0;
        for (const Gap& gap : shares.gaps) {
            QVERIFY(gap.startNs >= last && gap.endNs > gap.startNs && gap.endNs <= end);
            last = gap.endNs;
        }
    }
}

void TestAttribution::matchesTheDefinition()
{
    std::mt19937 random(42); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases every time
    for (int round = 0; round < 300; ++round) {
        std::vector<Claim> claims(random() % 8);
        for (Claim& claim : claims) {
            claim = { .startNs = static_cast<qint64>(random() % 40),
                .endNs = static_cast<qint64>(random() % 40),
                .row = random() % 4,
                .rank = static_cast<int>(random() % 3) };
        }
        std::vector<qint64> expected(4);
        for (qint64 at = 0; at < 30; ++at) {
            const Claim* best = nullptr;
            for (const Claim& claim : claims) {
                if (at < claim.startNs || at >= claim.endNs)
                    continue;
                const auto key = [](const Claim& c) { return std::tuple(c.rank, -c.startNs, c.row); };
                if (!best || key(claim) < key(*best))
                    best = &claim;
            }
            if (best)
                ++expected[best->row];
        }
        QCOMPARE(attribute(0, 30, claims, 4).rowNs, expected);
    }
}

QTEST_GUILESS_MAIN(TestAttribution)
#include "tst_attribution.moc"
