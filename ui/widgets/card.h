// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QColor>
#include <QFrame>

namespace cutover::ui {

/// A quiet frame with a coloured edge. The colour only repeats what the text in it says.
class Card : public QFrame
{
    Q_OBJECT
public:
    enum class Edge : std::uint8_t { Left, Bottom };

    explicit Card(Edge edge, QWidget* parent = nullptr);
    /// An invalid colour = no edge.
    void setEdgeColour(const QColor& colour);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Edge m_edge;
    QColor m_colour;
};

} // namespace cutover::ui
