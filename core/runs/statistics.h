// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <optional>
#include <span>
#include <vector>

/// What can be said of a few dozen measurements without assuming how they are distributed. Pure functions;
/// samples in any order and any unit, none of them NaN.
namespace cutover::runs {

struct Interval
{
    double low = 0;
    double high = 0;
    double coverage = 0; ///< the chance, at least, that it holds the true value: 0..1
};

/// In ascending order.
std::vector<double> sorted(std::span<const double> sample);

/// Quantile \a q (0..1) of \a ascending, interpolated between its neighbours: definition 7 of Hyndman and
/// Fan, "Sample Quantiles in Statistical Packages" (1996), which is R's default. 0 of an empty sample.
double quantile(std::span<const double> ascending, double q);
double median(std::span<const double> sample);

/// A high percentile is a statement about rare runs: how many are needed before even one is expected above.
int runsForPercentile(int percent);
/// The smallest value that at least \a percent (1..99) of the sample do not exceed: one that was measured
/// (nearest rank). Nothing for fewer than runsForPercentile().
std::optional<double> percentile(std::span<const double> ascending, int percent);
/// How many runs are above percentile(), so how much stands behind it.
int runsAbovePercentile(std::span<const double> ascending, int percent);

/// For the median: the narrowest pair of order statistics, symmetric in rank, whose exact (binomial) coverage
/// is at least \a confidence. Assumes nothing but independence (David and Nagaraja, "Order Statistics",
/// section 7.1). Nothing for a sample that is too small for it: 95 % needs six.
std::optional<Interval> medianInterval(std::span<const double> sample, double confidence);

/// For the median of \a b minus the median of \a a: from the intervals of both, each with the square root of
/// the confidence, so that both hold together. Exact but wide.
std::optional<Interval> medianDifferenceInterval(
    std::span<const double> a, std::span<const double> b, double confidence);

struct RankTest
{
    double u = 0; ///< pairs in which \a a is above \a b, ties as one half
    double p = 1; ///< two-sided: the chance of ranks as uneven as these if both were alike
    bool exact = false; ///< by counting; otherwise by the normal approximation
};

/// Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
/// Other" (1947). Exact up to 50 runs each without ties; else the normal approximation with the correction
/// for ties and for continuity of Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", section
/// 4.1, as R's wilcox.test has it. Nothing if a sample is empty.
std::optional<RankTest> mannWhitney(std::span<const double> a, std::span<const double> b);

/// Twice the smaller tail of the exact distribution of U for \a m and \a n values without ties. Visible for
/// tests.
double exactRankProbability(int m, int n, double u);

} // namespace cutover::runs
