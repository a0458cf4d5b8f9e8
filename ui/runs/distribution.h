// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/comparison.h"

#include <QPointF>
#include <QRectF>
#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

/// How the lengths of sets of runs are laid out to be drawn, without a font or a colour.
namespace cutover::ui {

enum class DistributionView : std::uint8_t {
    Steps, ///< the empirical distribution: which share of the runs took so long at most
    Boxes, ///< a box for each set, and each run as a dot
};

/// One figure of one set.
struct PlottedSet
{
    struct Value
    {
        double ns = 0;
        std::size_t run = 0; ///< index in the set
        bool operator==(const Value&) const = default;
    };
    QString name;
    std::vector<Value> values; ///< ascending
    bool operator==(const PlottedSet&) const = default;

    std::vector<double> lengths() const;
};
/// The runs of \a set that have migrated and have the figure.
PlottedSet plottedSet(const runs::SetResult& set, runs::Metric metric);

/// From lengths to 0..1.
struct LengthAxis
{
    double lowNs = 0;
    double highNs = 1;
    bool logarithmic = false;

    double share(double ns) const; ///< not clamped
    double x(double ns, const QRectF& area) const { return area.left() + share(ns) * area.width(); }
};
/// With some room beside the least and the most of all values; begins at 0 where that is near.
LengthAxis lengthAxis(const std::vector<PlottedSet>& sets, bool logarithmic);

struct LengthTick
{
    double ns = 0;
    QString label;
};
/// At round lengths, at least \a spacing pixels apart.
std::vector<LengthTick> lengthTicks(const LengthAxis& axis, double width, double spacing);

/// The steps from the bottom left to the top right of \a area; empty without values.
std::vector<QPointF> stepLine(const PlottedSet& set, const LengthAxis& axis, const QRectF& area);

struct BoxShape
{
    QRectF box; ///< the middle half
    double leastX = 0;
    double medianX = 0;
    double mostX = 0;
    std::optional<std::pair<double, double>> medianInterval; ///< from x to x
};
/// Of a set with values, in the upper part of \a row; the dots are below it.
BoxShape boxShape(const PlottedSet& set, const LengthAxis& axis, const QRectF& row);
/// Row \a row of \a count in \a area.
QRectF boxRow(const QRectF& area, std::size_t row, std::size_t count);

/// One run, where it is drawn.
struct RunPoint
{
    QPointF at;
    std::size_t set = 0;
    std::size_t run = 0;
    double ns = 0;
};
/// Set by set, ascending.
std::vector<RunPoint> runPoints(
    DistributionView view, const std::vector<PlottedSet>& sets, const LengthAxis& axis, const QRectF& area);
/// The nearest one, if it is within \a reach pixels; as an index.
std::optional<std::size_t> pointAt(
    const std::vector<RunPoint>& points, const QPointF& position, double reach);

enum class PointStep : std::uint8_t { Shorter, Longer, PreviousSet, NextSet };
/// Where a cursor key leads from \a current; to another set to the run of the most similar length. Without a
/// current one to the longest run of the first set. Nothing where there is no point.
std::optional<std::size_t> stepped(
    const std::vector<RunPoint>& points, std::optional<std::size_t> current, PointStep step);

} // namespace cutover::ui
