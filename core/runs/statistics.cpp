// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/statistics.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cutover::runs {

namespace {

constexpr std::size_t largestExact = 50;

std::size_t nearestRank(std::size_t count, int percent)
{
    const std::size_t rank = (count * static_cast<std::size_t>(percent) + 99) / 100;
    return std::clamp<std::size_t>(rank, 1, count);
}

double logBinomial(std::size_t n, std::size_t k)
{
    return std::lgamma(double(n) + 1) - std::lgamma(double(k) + 1) - std::lgamma(double(n - k) + 1);
}

double upperNormalTail(double z)
{
    return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

} // namespace

std::vector<double> sorted(std::span<const double> sample)
{
    std::vector<double> values(sample.begin(), sample.end());
    std::ranges::sort(values);
    return values;
}

double quantile(std::span<const double> ascending, double q)
{
    if (ascending.empty())
        return 0;
    const double position = std::clamp(q, 0.0, 1.0) * double(ascending.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    return ascending[below] + (position - double(below)) * (ascending[above] - ascending[below]);
}

double median(std::span<const double> sample)
{
    return quantile(sorted(sample), 0.5);
}

int runsForPercentile(int percent)
{
    const int rest = 100 - std::clamp(percent, 1, 99);
    return (100 + rest - 1) / rest;
}

std::optional<double> percentile(std::span<const double> ascending, int percent)
{
    if (ascending.size() < static_cast<std::size_t>(runsForPercentile(percent)))
        return std::nullopt;
    return ascending[nearestRank(ascending.size(), percent) - 1];
}

int runsAbovePercentile(std::span<const double> ascending, int percent)
{
    return ascending.empty() ? 0
                             : static_cast<int>(ascending.size() - nearestRank(ascending.size(), percent));
}

std::optional<Interval> medianInterval(std::span<const double> sample, double confidence)
{
    const std::size_t n = sample.size();
    const double tailLimit = (1 - confidence) / 2;
    double tail = 0; // P(B < rank), B binomial (n, 1/2)
    std::size_t rank = 0;
    double tailAtRank = 0;
    for (std::size_t k = 0; 2 * (k + 1) <= n; ++k) {
        tail += std::exp(logBinomial(n, k) - double(n) * std::numbers::ln2);
        if (tail > tailLimit)
            break;
        rank = k + 1;
        tailAtRank = tail;
    }
    if (rank == 0)
        return std::nullopt;
    const std::vector<double> values = sorted(sample);
    return Interval{ .low = values[rank - 1], .high = values[n - rank], .coverage = 1 - 2 * tailAtRank };
}

std::optional<Interval> medianDifferenceInterval(
    std::span<const double> a, std::span<const double> b, double confidence)
{
    const double each = std::sqrt(confidence);
    const auto first = medianInterval(a, each);
    const auto second = medianInterval(b, each);
    if (!first || !second)
        return std::nullopt;
    return Interval{ .low = second->low - first->high,
        .high = second->high - first->low,
        .coverage = first->coverage * second->coverage };
}

double exactRankProbability(int m, int n, double u)
{
    // probability[j][x]: of U = x for i and j values; the largest value belongs to either sample.
    const auto size = static_cast<std::size_t>(m) * static_cast<std::size_t>(n) + 1;
    const auto columns = static_cast<std::size_t>(n) + 1;
    std::vector<std::vector<double>> previous(columns, std::vector<double>(size, 0));
    for (auto& row : previous)
        row[0] = 1;
    for (int i = 1; i <= m; ++i) {
        std::vector<std::vector<double>> current(columns, std::vector<double>(size, 0));
        current[0][0] = 1;
        for (std::size_t j = 1; j < columns; ++j) {
            const double own = double(i) / double(i + int(j));
            for (std::size_t x = 0; x <= static_cast<std::size_t>(i) * j; ++x)
                current[j][x] = (x >= j ? own * previous[j][x - j] : 0) + (1 - own) * current[j - 1][x];
        }
        previous = std::move(current);
    }
    const std::vector<double>& distribution = previous.back();
    const double other = double(m) * double(n) - u;
    const auto last = static_cast<std::size_t>(std::floor(std::min(u, other)));
    double tail = 0;
    for (std::size_t x = 0; x <= last && x < size; ++x)
        tail += distribution[x];
    return std::min(1.0, 2 * tail);
}

std::optional<RankTest> mannWhitney(std::span<const double> a, std::span<const double> b)
{
    if (a.empty() || b.empty())
        return std::nullopt;
    struct Value
    {
        double value;
        bool ofA;
    };
    std::vector<Value> all;
    for (const double value : a)
        all.push_back({ value, true });
    for (const double value : b)
        all.push_back({ value, false });
    std::ranges::sort(all, {}, &Value::value);
    const double m = double(a.size());
    const double n = double(b.size());
    double rankSum = 0;
    double tieTerm = 0;
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        double ofA = 0;
        for (; end < all.size() && all[end].value == all[begin].value; ++end)
            ofA += all[end].ofA ? 1 : 0;
        const double tied = double(end - begin);
        rankSum += ofA * (double(begin) + (tied + 1) / 2);
        tieTerm += tied * tied * tied - tied;
        begin = end;
    }
    RankTest test{ .u = rankSum - m * (m + 1) / 2 };
    if (tieTerm == 0 && a.size() <= largestExact && b.size() <= largestExact) {
        test.exact = true;
        test.p = exactRankProbability(int(a.size()), int(b.size()), test.u);
        return test;
    }
    const double total = m + n;
    const double variance = m * n / 12 * ((total + 1) - tieTerm / (total * (total - 1)));
    const double distance = std::abs(test.u - m * n / 2);
    if (variance > 0)
        test.p = std::min(1.0, 2 * upperNormalTail(std::max(0.0, distance - 0.5) / std::sqrt(variance)));
    return test;
}

} // namespace cutover::runs
