// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "timeline/timelinecoordinates.h"

#include "timeline/pulse.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// One figure of what the guest, its network and its disk saw.
struct PulseFigure
{
    enum class Rank : std::uint8_t { Plain, Good, Odd, Bad };

    QString what;
    QString value;
    QString evidence; ///< what it rests on
    Rank rank = Rank::Plain;
    Interval time; ///< where it lies; empty where that is not known

    bool operator==(const PulseFigure&) const = default;
};

/// Pure. Gaps first, then what was lost; nothing for an empty trail without a pause.
std::vector<PulseFigure> pulseFigures(
    const timeline::PulseTrail& trail, const timeline::PauseBreakdown& pause);

/// "Guest gap", "Network gap", "Storage gap".
QString gapTitle(timeline::GapKind kind);
/// How its place is known, one sentence.
QString gapEvidence(const timeline::PulseGap& gap);

/// The figures as a table.
class PulseFigureModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { WhatColumn, ValueColumn, EvidenceColumn, ColumnCount };
    enum Role : std::uint16_t { RankRole = Qt::UserRole }; ///< int of PulseFigure::Rank

    using QAbstractTableModel::QAbstractTableModel;

    void setFigures(std::vector<PulseFigure> figures);
    const std::vector<PulseFigure>& figures() const { return m_figures; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<PulseFigure> m_figures;
};

} // namespace cutover::ui
