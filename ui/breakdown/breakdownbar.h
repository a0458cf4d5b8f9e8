// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "breakdown/breakdownmodel.h"

#include <QWidget>

namespace cutover::ui {

struct Colours;

/// In every view that divides a pause.
QColor pauseKindColour(timeline::PauseRowKind kind, const Colours& colours);

/// The pause as one bar, divided by what it was spent on. The table below it holds the same.
class BreakdownBar : public QWidget
{
    Q_OBJECT
public:
    /// \a model is borrowed.
    explicit BreakdownBar(const BreakdownModel& model, QWidget* parent = nullptr);
    QSize sizeHint() const override;

    /// Marks a part; row of the model's first level, -1 for none.
    void setChosen(int row);
    /// Where row \a row is, for tests and tooltips.
    QRectF partArea(int row) const;

Q_SIGNALS:
    /// By a click; row of the model's first level.
    void clicked(int row);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    struct Part
    {
        QRectF area;
        int row = 0;
    };
    std::vector<Part> parts() const;

    const BreakdownModel& m_model;
    int m_chosen = -1;
};

} // namespace cutover::ui
