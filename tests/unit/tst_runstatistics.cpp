// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/statistics.h"

#include <QTest>

#include <cmath>

using namespace cutover::runs;

/// Against values that are published or can be counted by hand.
class TestRunStatistics : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(); }
    void quantiles();
    void percentilesNeedRuns();
    void medianIntervals_data();
    void medianIntervals();
    void medianIntervalOfManyRuns();
    void differences();
    void smallRankTests_data();
    void smallRankTests();
    void rankTestOfATextbook();
    void rankTestWithTies();
    void exactAgreesWithTheApproximation();
};

static std::vector<double> upTo(int n)
{
    std::vector<double> values;
    for (int i = 1; i <= n; ++i)
        values.push_back(i);
    return values;
}

static bool near(double a, double b, double tolerance = 1e-6)
{
    return std::abs(a - b) <= tolerance;
}

void TestRunStatistics::quantiles()
{
    const std::vector<double> mixed{ 7, 1, 5, 3 };
    QCOMPARE(median(mixed), 4.0);
    QCOMPARE(median(std::vector<double>{ 9, 1, 5 }), 5.0);
    QCOMPARE(median({}), 0.0);
    const auto ascending = upTo(10);
    QCOMPARE(quantile(ascending, 0.25), 3.25); // R: quantile(1:10)
    QCOMPARE(quantile(ascending, 0.75), 7.75);
    QCOMPARE(quantile(ascending, 0), 1.0);
    QCOMPARE(quantile(ascending, 1), 10.0);
}

void TestRunStatistics::percentilesNeedRuns()
{
    QCOMPARE(runsForPercentile(90), 10);
    QCOMPARE(runsForPercentile(99), 100);
    QVERIFY(!percentile(upTo(20), 99));
    QVERIFY(!percentile(upTo(99), 99));
    QCOMPARE(percentile(upTo(100), 99), 99.0);
    QCOMPARE(runsAbovePercentile(upTo(100), 99), 1);
    QVERIFY(!percentile(upTo(9), 90));
    QCOMPARE(percentile(upTo(10), 90), 9.0);
    QCOMPARE(percentile(upTo(20), 90), 18.0);
    QCOMPARE(runsAbovePercentile(upTo(20), 90), 2);
    QVERIFY(!percentile({}, 90));
    QCOMPARE(runsAbovePercentile({}, 90), 0);
}

void TestRunStatistics::medianIntervals_data()
{
    QTest::addColumn<int>("runs");
    QTest::addColumn<int>("low");
    QTest::addColumn<int>("high");
    QTest::addColumn<double>("coverage");
    QTest::newRow("five are too few") << 5 << 0 << 0 << 0.0;
    QTest::newRow("6") << 6 << 1 << 6 << 0.96875;
    QTest::newRow("10") << 10 << 2 << 9 << 1 - 22.0 / 1024;
    QTest::newRow("20") << 20 << 6 << 15 << 0.958610535;
    QTest::newRow("30") << 30 << 10 << 21 << 0.957226050;
}

void TestRunStatistics::medianIntervals()
{
    QFETCH(const int, runs);
    QFETCH(const int, low);
    QFETCH(const int, high);
    QFETCH(const double, coverage);
    const auto interval = medianInterval(upTo(runs), 0.95);
    QCOMPARE(interval.has_value(), low > 0);
    if (!interval)
        return;
    QCOMPARE(interval->low, double(low));
    QCOMPARE(interval->high, double(high));
    QVERIFY2(near(interval->coverage, coverage), qPrintable(QString::number(interval->coverage, 'g', 12)));
}

void TestRunStatistics::medianIntervalOfManyRuns()
{
    // The ranks are n/2 -+ 1.96 sqrt(n)/2 for many.
    const auto interval = medianInterval(upTo(10'000), 0.95);
    QVERIFY(interval);
    QVERIFY(near(interval->low, 4902, 2));
    QVERIFY(near(interval->high, 5099, 2));
    QVERIFY(interval->coverage >= 0.95 && interval->coverage < 0.952);
}

void TestRunStatistics::differences()
{
    std::vector<double> later = upTo(30);
    for (double& value : later)
        value += 100;
    const auto interval = medianDifferenceInterval(upTo(30), later, 0.95);
    QVERIFY(interval);
    QVERIFY(interval->low > 80 && interval->low < 100);
    QVERIFY(interval->high > 100 && interval->high < 120);
    QVERIFY(interval->coverage >= 0.95);
    QVERIFY(!medianDifferenceInterval(upTo(6), later, 0.95));
    QVERIFY(medianDifferenceInterval(upTo(7), later, 0.95));
}

void TestRunStatistics::smallRankTests_data()
{
    QTest::addColumn<std::vector<double>>("a");
    QTest::addColumn<std::vector<double>>("b");
    QTest::addColumn<double>("u");
    QTest::addColumn<double>("p");
    using Values = std::vector<double>;
    // Three of six values can be chosen in 20 ways.
    QTest::newRow("apart") << Values{ 1, 2, 3 } << Values{ 4, 5, 6 } << 0.0 << 0.1;
    QTest::newRow("apart, swapped") << Values{ 4, 5, 6 } << Values{ 1, 2, 3 } << 9.0 << 0.1;
    QTest::newRow("one overlaps") << Values{ 1, 2, 4 } << Values{ 3, 5, 6 } << 1.0 << 0.2;
    QTest::newRow("one each") << Values{ 1 } << Values{ 2 } << 0.0 << 1.0;
    QTest::newRow("alternating") << Values{ 1, 3, 5, 7 } << Values{ 2, 4, 6, 8 } << 6.0 << 48.0 / 70;
}

void TestRunStatistics::smallRankTests()
{
    QFETCH(const std::vector<double>, a);
    QFETCH(const std::vector<double>, b);
    QFETCH(const double, u);
    QFETCH(const double, p);
    const auto test = mannWhitney(a, b);
    QVERIFY(test && test->exact);
    QCOMPARE(test->u, u);
    QVERIFY2(near(test->p, p), qPrintable(QString::number(test->p, 'g', 12)));
    QVERIFY(!mannWhitney(a, {}));
}

void TestRunStatistics::rankTestOfATextbook()
{
    // Hollander and Wolfe, permeability of the membrane: W = 35, one-sided p = 0.1272.
    const std::vector<double> term{ 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
    const std::vector<double> early{ 1.15, 0.88, 0.90, 0.74, 1.21 };
    const auto test = mannWhitney(term, early);
    QVERIFY(test && test->exact);
    QCOMPARE(test->u, 35.0);
    QVERIFY2(near(test->p, 2 * 0.1272, 1e-4), qPrintable(QString::number(test->p)));
}

void TestRunStatistics::rankTestWithTies()
{
    const std::vector<double> same(20, 5.0);
    const auto alike = mannWhitney(same, same);
    QVERIFY(alike && !alike->exact);
    QCOMPARE(alike->u, 200.0);
    QCOMPARE(alike->p, 1.0);
    // Ranks by hand: 1, 2.5, 2.5, 4.5, 4.5, 6; variance 9/12 (7 - 12/30) = 4.95.
    const auto test = mannWhitney(std::vector<double>{ 1, 2, 3 }, std::vector<double>{ 2, 3, 4 });
    QVERIFY(test && !test->exact);
    QCOMPARE(test->u, 2.0);
    QVERIFY2(near(test->p, std::erfc(2.0 / std::sqrt(4.95) / std::sqrt(2.0))),
        qPrintable(QString::number(test->p)));
}

void TestRunStatistics::exactAgreesWithTheApproximation()
{
    const auto a = upTo(50);
    std::vector<double> b = upTo(50);
    for (double& value : b)
        value += 8.5;
    const auto exact = mannWhitney(a, b);
    QVERIFY(exact && exact->exact);
    std::vector<double> longer = a;
    longer.push_back(25.5);
    const auto normal = mannWhitney(longer, b);
    QVERIFY(normal && !normal->exact);
    QVERIFY(near(exact->p, normal->p, 0.01));
    QVERIFY(near(exactRankProbability(50, 50, 1250), 1, 0.01));
}

QTEST_APPLESS_MAIN(TestRunStatistics)

#include "tst_runstatistics.moc"
