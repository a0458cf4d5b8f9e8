// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "widgets/card.h"

#include "colours.h"

#include <QPainter>

namespace cutover::ui {

static constexpr int edgeWidth = 4;

Card::Card(Edge edge, QWidget* parent)
    : QFrame(parent)
    , m_edge(edge)
{
    setFrameShape(QFrame::NoFrame);
}

void Card::setEdgeColour(const QColor& colour)
{
    if (colour == m_colour)
        return;
    m_colour = colour;
    update();
}

void Card::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const Colours colours = Colours::of(palette());
    const QRectF area(rect());
    painter.fillRect(area, colours.background);
    painter.setPen(colours.line);
    painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5));
    if (!m_colour.isValid())
        return;
    if (m_edge == Edge::Left)
        painter.fillRect(QRectF(area.left(), area.top(), edgeWidth, area.height()), m_colour);
    else
        painter.fillRect(QRectF(area.left(), area.bottom() - edgeWidth, area.width(), edgeWidth), m_colour);
}

} // namespace cutover::ui
