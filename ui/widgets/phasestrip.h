// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/timelinecoordinates.h"

#include "timeline/phases.h"

#include <QAbstractButton>

#include <array>

namespace cutover::ui {

QString phaseTitle(timeline::PhaseId id);
/// The state as a sign before the title; the words are in phaseDetail().
QString phaseSign(timeline::PhaseState state);
/// "24.9 ms", "running", "not reached": what stands below the title.
QString phaseDetail(const timeline::Phase& phase);
/// Empty where one of its ends is not known.
Interval phaseInterval(const timeline::Phase& phase);

/// One phase: a card that can be pressed where the phase has a place in time.
class PhaseCell : public QAbstractButton
{
    Q_OBJECT
public:
    explicit PhaseCell(timeline::PhaseId id, QWidget* parent = nullptr);

    void setPhase(const timeline::Phase& phase);
    const timeline::Phase& phase() const { return m_phase; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    timeline::Phase m_phase;
};

/// The phases of a migration, side by side, the current one marked.
class PhaseStrip : public QWidget
{
    Q_OBJECT
public:
    explicit PhaseStrip(QWidget* parent = nullptr);
    void setPhases(const timeline::Phases& phases);
    PhaseCell* cell(timeline::PhaseId id) { return m_cells[static_cast<std::size_t>(id)]; }

Q_SIGNALS:
    /// The operator wants to see where it lies.
    void chosen(const cutover::ui::Interval& time);

private:
    std::array<PhaseCell*, 6> m_cells{};
};

} // namespace cutover::ui
