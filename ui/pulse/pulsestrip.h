// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "pulse/pulsegeometry.h"

#include <QWidget>

namespace cutover::ui {

/// The heartbeat as a running strip; gaps are marked and their lengths written. The tables beside it hold the
/// same for the keyboard and for screen readers.
class PulseStrip : public QWidget
{
    Q_OBJECT
public:
    explicit PulseStrip(QWidget* parent = nullptr);

    void setScene(const PulseScene& scene);
    const PulseScene& scene() const { return m_scene; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// A gap or the pause was clicked.
    void chosen(const cutover::ui::Interval& time);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    QRectF plotArea() const;
    double labelWidth() const;
    double x(qint64 timeNs) const;
    /// The row under \a position whose gap is there, or nothing.
    const PulseRow* gapAt(const QPointF& position) const;
    void paintRow(QPainter& painter, const PulseRow& row, const QRectF& area) const;
    void paintStretch(
        QPainter& painter, const PulseRow& row, const PulseStretch& stretch, const QRectF& area) const;
    void paintGap(QPainter& painter, const PulseRow& row, const QRectF& area) const;
    void paintRuler(QPainter& painter, const QRectF& area) const;

    PulseScene m_scene;
};

} // namespace cutover::ui
