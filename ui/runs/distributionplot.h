// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/distribution.h"

#include <QWidget>

namespace cutover::ui {

struct Colours;

/// How the lengths of sets of runs are distributed. Each run is a point that can be chosen, with the cursor
/// keys, too; the tables beside it hold the same figures.
class DistributionPlot : public QWidget
{
    Q_OBJECT
public:
    explicit DistributionPlot(QWidget* parent = nullptr);

    /// \a figure: what the lengths are of, "Pause". A choice stays while its run is there.
    void setSets(const QString& figure, const std::vector<PlottedSet>& sets);
    void setView(DistributionView view);
    void setLogarithmic(bool logarithmic);
    /// Marks a run, if it has a point.
    void choose(std::size_t set, std::size_t run);
    std::optional<std::size_t> chosenIn(const std::vector<RunPoint>& points) const;
    std::optional<RunPoint> chosen() const;
    QString labelOf(std::size_t set) const;
    /// As they are drawn now; for tests.
    std::vector<RunPoint> points() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// By the mouse or the cursor keys.
    void runChosen(std::size_t set, std::size_t run);
    /// By a double click or Enter.
    void runActivated(std::size_t set, std::size_t run);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF plotArea() const;
    double besideWidth() const;
    LengthAxis axis() const;
    QString sentenceOf(const RunPoint& point) const;
    void take(std::optional<std::size_t> point);
    void describe();
    void paintAxis(QPainter& painter, const Colours& colours) const;
    void paintSteps(QPainter& painter, const Colours& colours) const;
    void paintLegend(QPainter& painter, const Colours& colours) const;
    void paintBoxes(QPainter& painter, const Colours& colours) const;
    void paintChosen(QPainter& painter, const Colours& colours) const;

    QString m_figure;
    std::vector<PlottedSet> m_sets;
    DistributionView m_view = DistributionView::Steps;
    bool m_logarithmic = false;
    std::optional<std::pair<std::size_t, std::size_t>> m_chosen; ///< set and run
};

} // namespace cutover::ui
