// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/distribution.h"

#include "format.h"
#include "layout/ruler.h"

#include <QLineF>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

static constexpr double axisMargin = 0.04;
/// An axis whose least value is below this share of the most begins at 0.
static constexpr double nearZero = 0.5;
static constexpr int dotLevels = 5; ///< dots of similar lengths are drawn at so many heights

std::vector<double> PlottedSet::lengths() const
{
    std::vector<double> all;
    all.reserve(values.size());
    for (const Value& value : values)
        all.push_back(value.ns);
    return all;
}

PlottedSet plottedSet(const runs::SetResult& set, runs::Metric metric)
{
    PlottedSet plotted{ .name = set.settings.name, .values = {} };
    for (std::size_t i = 0; i < set.runs.size(); ++i) {
        if (const auto ns = runs::value(set.runs[i], metric))
            plotted.values.push_back({ .ns = static_cast<double>(*ns), .run = i });
    }
    std::ranges::stable_sort(plotted.values, {}, &PlottedSet::Value::ns);
    return plotted;
}

double LengthAxis::share(double ns) const
{
    if (!logarithmic)
        return (ns - lowNs) / (highNs - lowNs);
    return std::log(std::max(ns, 1.0) / lowNs) / std::log(highNs / lowNs);
}

LengthAxis lengthAxis(const std::vector<PlottedSet>& sets, bool logarithmic)
{
    std::optional<double> least;
    double most = 0;
    for (const PlottedSet& set : sets) {
        if (set.values.empty())
            continue;
        least = std::min(least.value_or(set.values.front().ns), set.values.front().ns);
        most = std::max(most, set.values.back().ns);
    }
    if (!least)
        return { .lowNs = logarithmic ? 1.0 : 0.0, .highNs = 10, .logarithmic = logarithmic };
    if (logarithmic) {
        const double low = std::max(*least, 1.0);
        const double high = std::max(most, low * 1.1);
        const double margin = std::pow(high / low, axisMargin);
        return { .lowNs = low / margin, .highNs = high * margin, .logarithmic = true };
    }
    const bool fromZero = *least <= most * nearZero;
    const double margin
        = std::max((most - (fromZero ? 0 : *least)) * axisMargin, std::max(most, 10.0) * 0.002);
    return { .lowNs = fromZero ? 0 : std::max(0.0, *least - margin), .highNs = most + margin };
}

std::vector<LengthTick> lengthTicks(const LengthAxis& axis, double width, double spacing)
{
    std::vector<LengthTick> ticks;
    const auto add
        = [&](double ns) { ticks.push_back({ .ns = ns, .label = durationText(std::llround(ns)) }); };
    if (width <= 0)
        return ticks;
    if (!axis.logarithmic) {
        const layout::Interval range{ static_cast<qint64>(std::floor(axis.lowNs)),
            static_cast<qint64>(std::ceil(axis.highNs)) };
        const qint64 step = layout::rulerStep(range, width, spacing);
        for (qint64 at = (range.startNs + step - 1) / step * step; at <= range.endNs; at += step)
            add(static_cast<double>(at));
        return ticks;
    }
    double lastX = -spacing;
    for (double decade = std::pow(10, std::floor(std::log10(axis.lowNs))); decade <= axis.highNs;
        decade *= 10) {
        for (const double factor : { 1.0, 2.0, 5.0 }) {
            const double x = axis.share(decade * factor) * width;
            if (x < 0 || x > width || x - lastX < spacing)
                continue;
            add(decade * factor);
            lastX = x;
        }
    }
    return ticks;
}

std::vector<QPointF> stepLine(const PlottedSet& set, const LengthAxis& axis, const QRectF& area)
{
    std::vector<QPointF> line;
    if (set.values.empty())
        return line;
    const auto count = static_cast<double>(set.values.size());
    line.emplace_back(area.left(), area.bottom());
    for (std::size_t i = 0; i < set.values.size(); ++i) {
        const double x = axis.x(set.values[i].ns, area);
        line.emplace_back(x, line.back().y());
        line.emplace_back(x, area.bottom() - area.height() * static_cast<double>(i + 1) / count);
    }
    line.emplace_back(area.right(), area.top());
    return line;
}

QRectF boxRow(const QRectF& area, std::size_t row, std::size_t count)
{
    if (count == 0)
        return {};
    const double height = area.height() / static_cast<double>(count);
    return { area.left(), area.top() + height * static_cast<double>(row), area.width(), height };
}

BoxShape boxShape(const PlottedSet& set, const LengthAxis& axis, const QRectF& row)
{
    const std::vector<double> lengths = set.lengths();
    const runs::Spread spread = runs::spreadOf(lengths);
    const double left = axis.x(spread.lowerQuartile, row);
    const double right = axis.x(spread.upperQuartile, row);
    BoxShape shape{ .box = QRectF(left, row.top() + row.height() * 0.14, right - left, row.height() * 0.4),
        .leastX = axis.x(spread.least, row),
        .medianX = axis.x(spread.median, row),
        .mostX = axis.x(spread.most, row),
        .medianInterval = {} };
    if (spread.medianInterval)
        shape.medianInterval
            = std::pair(axis.x(spread.medianInterval->low, row), axis.x(spread.medianInterval->high, row));
    return shape;
}

std::vector<RunPoint> runPoints(
    DistributionView view, const std::vector<PlottedSet>& sets, const LengthAxis& axis, const QRectF& area)
{
    std::vector<RunPoint> points;
    for (std::size_t set = 0; set < sets.size(); ++set) {
        const auto& values = sets[set].values;
        const QRectF row = boxRow(area, set, sets.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double level = static_cast<double>(i % dotLevels) / dotLevels;
            const double y = view == DistributionView::Steps
                ? area.bottom()
                    - area.height() * static_cast<double>(i + 1) / static_cast<double>(values.size())
                : row.top() + row.height() * (0.68 + 0.25 * level);
            points.push_back({ .at = { axis.x(values[i].ns, area), y },
                .set = set,
                .run = values[i].run,
                .ns = values[i].ns });
        }
    }
    return points;
}

std::optional<std::size_t> pointAt(const std::vector<RunPoint>& points, const QPointF& position, double reach)
{
    std::optional<std::size_t> nearest;
    double least = reach;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double distance = QLineF(points[i].at, position).length();
        if (distance <= least) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}

std::optional<std::size_t> stepped(
    const std::vector<RunPoint>& points, std::optional<std::size_t> current, PointStep step)
{
    if (points.empty())
        return std::nullopt;
    if (!current || *current >= points.size()) {
        const auto next = std::ranges::find_if(
            points, [&](const RunPoint& point) { return point.set != points.front().set; });
        return static_cast<std::size_t>(next - points.begin()) - 1;
    }
    const RunPoint& from = points[*current];
    if (step == PointStep::Shorter || step == PointStep::Longer) {
        const std::size_t next = step == PointStep::Longer ? *current + 1 : *current - 1;
        return next < points.size() && points[next].set == from.set ? next : *current;
    }
    std::optional<std::size_t> wanted; // the set: some have no points
    for (const RunPoint& point : points) {
        const bool fits = step == PointStep::NextSet ? point.set > from.set : point.set < from.set;
        if (fits && (!wanted || step == PointStep::PreviousSet))
            wanted = point.set;
    }
    if (!wanted)
        return current;
    std::optional<std::size_t> nearest;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (points[i].set == *wanted
            && (!nearest || std::abs(points[i].ns - from.ns) < std::abs(points[*nearest].ns - from.ns)))
            nearest = i;
    }
    return nearest;
}

} // namespace cutover::ui
