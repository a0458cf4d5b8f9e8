// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timelinelayout.h"
#include "timelinepainter.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace cutover::ui {

void TimelinePainter::paintLane(const Lane& lane)
{
    if (!m_geometry.isShown(laneOf(lane.side)))
        return;
    paintSpans(lane);
    paintTicks(lane.side);
    paintMarks(lane);
}

void TimelinePainter::paintSpans(const Lane& lane)
{
    const QRectF bar = m_geometry.bar(laneOf(lane.side));
    m_painter.setFont(m_fonts.small());
    double covered = bar.left() - 1;
    auto span = std::ranges::lower_bound(
        lane.spans, m_state.range.startNs, {}, [](const LaneSpan& each) { return each.time.endNs; });
    for (; span != lane.spans.end() && span->time.startNs < m_state.range.endNs; ++span) {
        QRectF part = m_geometry.stretch(span->time, m_state.range, bar);
        // What is shorter than a pixel is seen all the same, one to a pixel.
        if (part.right() <= covered && span->tone != Tone::Fault)
            continue;
        part.setWidth(std::max(part.width(), 1.0));
        covered = std::floor(part.right());
        const QColor fill = fillOf(span->tone, lane.side);
        // Neighbours are told apart by a hairline of background.
        m_painter.fillRect(part.width() > 3 ? part.adjusted(0, 0, -1, 0) : part, fill);
        const QString text = m_fonts.fitted(span->text, part.width() - (m_geometry.em() * 0.8));
        if (text.isEmpty())
            continue;
        m_painter.setPen(m_colours.textOn(fill));
        m_painter.drawText(
            part.adjusted(m_geometry.em() * 0.4, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    }
}

void TimelinePainter::paintTicks(Side side)
{
    const QRectF strip = m_geometry.strip(laneOf(side));
    const QRectF visible = m_geometry.lanes();
    if (strip.bottom() <= visible.top() || strip.top() >= visible.bottom())
        return;
    // A taller tick stands for more events.
    const double full = strip.height() - 2;
    const QColor colour = m_colours.tint(sideColour(side), 0.75);
    for (const EventRun& run : m_index.runs(side, m_state.range, m_geometry.plot().width())) {
        const double share = run.count == 1 ? 0.55 : run.count < 10 ? 0.7 : run.count < 100 ? 0.85 : 1.0;
        m_painter.fillRect(QRectF(strip.left() + run.x, strip.top() + 2, 1, full * share), colour);
    }
}

void TimelinePainter::paintMarks(const Lane& lane)
{
    const LaneId id = laneOf(lane.side);
    const QRectF plot = m_geometry.plot();
    const double em = m_geometry.em();
    std::vector<LabelRequest> requests;
    std::vector<const LaneMark*> marks;
    auto mark = std::ranges::lower_bound(lane.marks, m_state.range.startNs, {}, &LaneMark::timeNs);
    for (double last = -1; mark != lane.marks.end() && mark->timeNs < m_state.range.endNs; ++mark) {
        const double at = std::floor(x(mark->timeNs)) - plot.left();
        if (at <= last)
            continue;
        last = at;
        requests.push_back({ .x = at, .width = m_fonts.widthOf(mark->name) + 2 });
        marks.push_back(&*mark);
    }
    const auto places = placeLabels(requests, m_geometry.labelRows(id), em * 0.5, plot.width());
    const double top = m_geometry.bar(id).bottom();
    m_painter.setFont(m_fonts.small());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const bool selected = m_state.selected && m_state.selected->index == marks[i]->event;
        const double bottom = places[i] ? m_geometry.label(id, places[i]->row, 0, 0).bottom() - 2
                                        : m_geometry.strip(id).bottom() + 2;
        m_painter.fillRect(QRectF(requests[i].x + plot.left(), top, 1, bottom - top),
            selected ? m_colours.accent : m_colours.text);
        if (!places[i])
            continue;
        m_painter.setPen(selected ? m_colours.text : m_colours.faint);
        m_painter.drawText(m_geometry.label(id, places[i]->row, places[i]->left, requests[i].width),
            Qt::AlignLeft | Qt::AlignVCenter, marks[i]->name);
    }
}

} // namespace cutover::ui
