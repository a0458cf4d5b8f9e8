// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/phases.h"

#include <QWidget>

#include <array>

class QLabel;

namespace cutover::ui {

class Card;

QString phaseTitle(timeline::PhaseId id);
/// The state as a sign before the title; the words are in phaseDetail().
QString phaseSign(timeline::PhaseState state);
/// "24.9 ms", "running", "not reached": what stands below the title.
QString phaseDetail(const timeline::Phase& phase);

/// The phases of a migration, side by side.
class PhaseStrip : public QWidget
{
    Q_OBJECT
public:
    explicit PhaseStrip(QWidget* parent = nullptr);
    void setPhases(const timeline::Phases& phases);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Cell
    {
        Card* card = nullptr;
        QLabel* title = nullptr;
        QLabel* detail = nullptr;
    };
    void recolour();

    std::array<Cell, 6> m_cells;
    timeline::Phases m_phases;
};

} // namespace cutover::ui
