// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/comparison.h"
#include "timeline/pause.h"

#include <QWidget>

namespace cutover::ui {

/// A bar for each set of runs, of one scale, divided by what its pause was spent on. The table below it holds
/// the same figures.
class ShareBars : public QWidget
{
    Q_OBJECT
public:
    struct Part
    {
        timeline::PauseRowKind kind = timeline::PauseRowKind::Unattributed;
        Side side = Side::Source;
        double ns = 0; ///< median over the runs
    };
    struct Bar
    {
        QString letter;
        QString name;
        std::vector<Part> parts;
        double sumNs() const;
    };

    explicit ShareBars(QWidget* parent = nullptr);

    void setResults(const runs::Results& results);
    const std::vector<Bar>& bars() const { return m_bars; }
    /// Where a part is drawn; for tests and tooltips.
    QRectF partArea(std::size_t bar, std::size_t part) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    double rowHeight() const;
    double letterWidth() const;
    double sumWidth() const;
    QString sentenceOf(const Bar& bar) const;

    std::vector<Bar> m_bars;
};

} // namespace cutover::ui
