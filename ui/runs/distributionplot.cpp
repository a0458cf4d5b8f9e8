// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "runs/distributionplot.h"

#include "colours.h"
#include "format.h"
#include "runs/setstyle.h"

#include <KLocalizedString>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPolygonF>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

static constexpr double reach = 8; ///< of the mouse, in pixels
static constexpr double dotRadius = 2.5;
static constexpr double lineWidth = 1.8;

DistributionPlot::DistributionPlot(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("runsPlot"));
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    describe();
}

void DistributionPlot::setSets(const QString& figure, const std::vector<PlottedSet>& sets)
{
    m_figure = figure;
    m_sets = sets;
    describe();
    update();
}

void DistributionPlot::setView(DistributionView view)
{
    m_view = view;
    describe();
    update();
}

void DistributionPlot::setLogarithmic(bool logarithmic)
{
    m_logarithmic = logarithmic;
    update();
}

void DistributionPlot::choose(std::size_t set, std::size_t run)
{
    m_chosen = { set, run };
    describe();
    update();
}

std::vector<RunPoint> DistributionPlot::points() const
{
    return runPoints(m_view, m_sets, axis(), plotArea());
}

std::optional<std::size_t> DistributionPlot::chosenIn(const std::vector<RunPoint>& points) const
{
    const auto found = std::ranges::find_if(points, [this](const RunPoint& point) {
        return m_chosen && point.set == m_chosen->first && point.run == m_chosen->second;
    });
    return found == points.end() ? std::nullopt : std::optional<std::size_t>(found - points.begin());
}

std::optional<RunPoint> DistributionPlot::chosen() const
{
    const std::vector<RunPoint> all = points();
    const auto index = chosenIn(all);
    return index ? std::optional(all[*index]) : std::nullopt;
}

QString DistributionPlot::labelOf(std::size_t set) const
{
    return i18nc("letter of a set, number of runs, its name", "%1 (n = %2) %3", setLetter(set),
        int(m_sets[set].values.size()), m_sets[set].name);
}

QString DistributionPlot::sentenceOf(const RunPoint& point) const
{
    return i18nc("letter and name of a set, number of a run, a figure and its length", "%1 %2, run %3: %4 %5",
        setLetter(point.set), m_sets[point.set].name, int(point.run) + 1, m_figure.toLower(),
        durationText(std::llround(point.ns)));
}

void DistributionPlot::describe()
{
    setAccessibleName(m_view == DistributionView::Steps ? i18n("Distribution of the runs, as steps")
                                                        : i18n("Distribution of the runs, as boxes"));
    const auto point = chosen();
    setAccessibleDescription(point
            ? sentenceOf(*point)
            : i18n("The cursor keys go from run to run, Enter opens the timeline of a run."));
}

QSize DistributionPlot::sizeHint() const
{
    const int line = fontMetrics().height();
    return { line * 26, line * 12 };
}

QSize DistributionPlot::minimumSizeHint() const
{
    const int line = fontMetrics().height();
    return { line * 12, line * 6 };
}

/// Of the legend or of the names of the rows.
double DistributionPlot::besideWidth() const
{
    int widest = 0;
    for (std::size_t i = 0; i < m_sets.size(); ++i)
        widest = std::max(widest,
            fontMetrics().horizontalAdvance(
                setLetter(i) + u' ' + m_sets[i].name + QStringLiteral(" (n = 000)")));
    const double sign = m_view == DistributionView::Steps ? fontMetrics().height() * 2 : 0;
    return std::min(widest + sign + fontMetrics().averageCharWidth(), width() * 0.35);
}

QRectF DistributionPlot::plotArea() const
{
    const double line = fontMetrics().height();
    const double beside = besideWidth();
    const bool steps = m_view == DistributionView::Steps;
    const double left = steps ? fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + 8 : beside + 6;
    const double right = steps ? beside + 12 : 12;
    return QRectF(rect()).adjusted(left, line * 1.3, -right, -line * 1.4);
}

LengthAxis DistributionPlot::axis() const
{
    return lengthAxis(m_sets, m_logarithmic);
}

void DistributionPlot::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    painter.fillRect(rect(), colours.background);
    painter.setRenderHint(QPainter::Antialiasing);
    if (points().empty()) {
        painter.setPen(colours.faint);
        painter.drawText(rect().adjusted(8, 8, -8, -8), Qt::AlignCenter | Qt::TextWordWrap,
            i18n("No run has this figure yet."));
    } else {
        paintAxis(painter, colours);
        if (m_view == DistributionView::Steps)
            paintSteps(painter, colours);
        else
            paintBoxes(painter, colours);
        paintChosen(painter, colours);
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing, false);
        painter.setPen(colours.accent);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void DistributionPlot::paintAxis(QPainter& painter, const Colours& colours) const
{
    const QRectF area = plotArea();
    const int line = fontMetrics().height();
    const LengthAxis lengths = axis();
    painter.setPen(colours.text);
    const QString title = m_view == DistributionView::Steps
        ? i18nc("a figure, as Pause", "%1: share of the runs that took so long at most", m_figure)
        : i18nc("a figure, as Pause", "%1: middle half, median with its 95 % interval, each run", m_figure);
    painter.drawText(QRectF(6, 0, width() - 12, line * 1.2), Qt::AlignLeft | Qt::AlignVCenter,
        fontMetrics().elidedText(title, Qt::ElideRight, width() - 12));
    const double spacing = fontMetrics().averageCharWidth() * 11;
    for (const LengthTick& tick : lengthTicks(lengths, area.width(), spacing)) {
        const double x = lengths.x(tick.ns, area);
        painter.setPen(colours.line);
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom() + 3));
        painter.setPen(colours.faint);
        const double wide = fontMetrics().horizontalAdvance(tick.label);
        const double left = std::clamp(x - wide / 2, 0.0, std::max(0.0, width() - wide - 2));
        painter.drawText(QPointF(left, area.bottom() + 4 + fontMetrics().ascent()), tick.label);
    }
    painter.setPen(colours.faint);
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    if (m_view != DistributionView::Steps)
        return;
    for (const int percent : { 0, 25, 50, 75, 100 }) {
        const double y = area.bottom() - area.height() * percent / 100;
        painter.setPen(colours.line);
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(colours.faint);
        painter.drawText(QRectF(0, y - line / 2.0, area.left() - 5, line), Qt::AlignRight | Qt::AlignVCenter,
            i18nc("percentage", "%1 %", percent));
    }
}

void DistributionPlot::paintSteps(QPainter& painter, const Colours& colours) const
{
    const QRectF area = plotArea();
    const LengthAxis lengths = axis();
    for (std::size_t i = 0; i < m_sets.size(); ++i) {
        const std::vector<QPointF> line = stepLine(m_sets[i], lengths, area);
        if (line.empty())
            continue;
        const SetStyle style = styleOfSet(i, colours);
        painter.setPen(QPen(style.colour, lineWidth, style.line, Qt::FlatCap));
        painter.drawPolyline(QPolygonF(QList<QPointF>(line.begin(), line.end())));
        // The letter stands at the median.
        const std::vector<double> all = m_sets[i].lengths();
        const double x = lengths.x(runs::median(all), area);
        const double wide = fontMetrics().height() * 1.1;
        const QRectF sign(x - wide / 2, area.center().y() - wide / 2, wide, wide);
        painter.setPen(QPen(style.colour, 1));
        painter.setBrush(colours.background);
        painter.drawEllipse(sign);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(colours.text);
        painter.drawText(sign, Qt::AlignCenter, style.letter);
    }
    paintLegend(painter, colours);
}

void DistributionPlot::paintLegend(QPainter& painter, const Colours& colours) const
{
    const QRectF area = plotArea();
    const int line = fontMetrics().height();
    double top = area.top();
    for (std::size_t i = 0; i < m_sets.size() && top + line < height(); ++i, top += line * 1.2) {
        const SetStyle style = styleOfSet(i, colours);
        const double left = area.right() + 10;
        painter.setPen(QPen(style.colour, lineWidth, style.line, Qt::FlatCap));
        painter.drawLine(QPointF(left, top + line / 2.0), QPointF(left + line * 1.7, top + line / 2.0));
        painter.setPen(colours.text);
        const int room = int(width() - left - line * 2.0);
        painter.drawText(QRectF(left + line * 2.0, top, room, line), Qt::AlignLeft | Qt::AlignVCenter,
            fontMetrics().elidedText(labelOf(i), Qt::ElideRight, room));
    }
}

void DistributionPlot::paintBoxes(QPainter& painter, const Colours& colours) const
{
    const QRectF area = plotArea();
    const LengthAxis lengths = axis();
    const int line = fontMetrics().height();
    for (std::size_t i = 0; i < m_sets.size(); ++i) {
        const SetStyle style = styleOfSet(i, colours);
        const QRectF row = boxRow(area, i, m_sets.size());
        painter.setPen(colours.text);
        const int room = int(area.left() - 10);
        const QRectF place(4, row.top() + row.height() * 0.34 - line / 2.0, room, line);
        painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter,
            fontMetrics().elidedText(labelOf(i), Qt::ElideRight, room));
        if (m_sets[i].values.empty())
            continue;
        const BoxShape shape = boxShape(m_sets[i], lengths, row);
        const double middle = shape.box.center().y();
        painter.setPen(QPen(style.colour, 1.4));
        painter.drawLine(QPointF(shape.leastX, middle), QPointF(shape.box.left(), middle));
        painter.drawLine(QPointF(shape.box.right(), middle), QPointF(shape.mostX, middle));
        for (const double end : { shape.leastX, shape.mostX })
            painter.drawLine(QPointF(end, middle - 4), QPointF(end, middle + 4));
        painter.fillRect(shape.box, colours.tint(style.colour, 0.3));
        painter.drawRect(shape.box);
        painter.setPen(QPen(colours.text, 2.4, Qt::SolidLine, Qt::FlatCap));
        painter.drawLine(QPointF(shape.medianX, shape.box.top()), QPointF(shape.medianX, shape.box.bottom()));
        if (shape.medianInterval) {
            const double y = shape.box.bottom() + 4;
            painter.setPen(QPen(colours.text, 1.2));
            painter.drawLine(
                QPointF(shape.medianInterval->first, y), QPointF(shape.medianInterval->second, y));
            for (const double end : { shape.medianInterval->first, shape.medianInterval->second })
                painter.drawLine(QPointF(end, y - 3), QPointF(end, y + 3));
        }
    }
    for (const RunPoint& point : points()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colours.tint(styleOfSet(point.set, colours).colour, 0.7));
        painter.drawEllipse(point.at, dotRadius, dotRadius);
    }
    painter.setBrush(Qt::NoBrush);
}

void DistributionPlot::paintChosen(QPainter& painter, const Colours& colours) const
{
    const auto point = chosen();
    if (!point)
        return;
    painter.setPen(QPen(colours.text, 2));
    painter.drawEllipse(point->at, dotRadius * 2.2, dotRadius * 2.2);
    const QString text = i18nc("number of a run, its length", "run %1: %2", int(point->run) + 1,
        durationText(std::llround(point->ns)));
    const double wide = fontMetrics().horizontalAdvance(text) + 8;
    const int line = fontMetrics().height();
    const double left = point->at.x() + 10 + wide < width() ? point->at.x() + 10 : point->at.x() - 10 - wide;
    const QRectF area = plotArea();
    const double top = std::clamp(
        point->at.y() - line / 2.0, area.top() + 2, std::max(area.top() + 2, area.bottom() - line));
    painter.fillRect(QRectF(left, top, wide, line), colours.raised);
    painter.drawText(QRectF(left, top, wide, line), Qt::AlignCenter, text);
}

void DistributionPlot::take(std::optional<std::size_t> point)
{
    if (!point)
        return;
    const RunPoint taken = points()[*point];
    choose(taken.set, taken.run);
    Q_EMIT runChosen(taken.set, taken.run);
}

void DistributionPlot::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        take(pointAt(points(), event->position(), reach));
}

void DistributionPlot::mouseDoubleClickEvent(QMouseEvent* event)
{
    const auto all = points();
    if (const auto point = pointAt(all, event->position(), reach))
        Q_EMIT runActivated(all[*point].set, all[*point].run);
}

void DistributionPlot::keyPressEvent(QKeyEvent* event)
{
    const std::vector<RunPoint> all = points();
    const auto current = chosenIn(all);
    switch (event->key()) {
    case Qt::Key_Left:
        take(stepped(all, current, PointStep::Shorter));
        return;
    case Qt::Key_Right:
        take(stepped(all, current, PointStep::Longer));
        return;
    case Qt::Key_Up:
        take(stepped(all, current, PointStep::PreviousSet));
        return;
    case Qt::Key_Down:
        take(stepped(all, current, PointStep::NextSet));
        return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (current) {
            Q_EMIT runActivated(all[*current].set, all[*current].run);
            return;
        }
        break;
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

bool DistributionPlot::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    const auto all = points();
    if (const auto point = pointAt(all, help->pos(), reach))
        QToolTip::showText(help->globalPos(), sentenceOf(all[*point]), this);
    else
        QToolTip::hideText();
    return true;
}

} // namespace cutover::ui
