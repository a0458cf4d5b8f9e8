// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "runs/comparison.h"

#include <QAbstractTableModel>

#include <functional>

namespace cutover::ui {

/// The runs of one set, in their order; SortRole puts lengths in theirs.
class RunListModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t {
        NumberColumn,
        OutcomeColumn,
        PauseColumn,
        GuestColumn,
        NetworkColumn,
        StorageColumn,
        TotalColumn,
        RecordingColumn,
        StoryColumn,
        ColumnCount
    };
    static constexpr int SortRole = Qt::UserRole;

    using QAbstractTableModel::QAbstractTableModel;

    /// \a isKept says of a run, by its index, whether its recording is there. Of runs that only became more,
    /// the known rows stay.
    void setRuns(const std::vector<runs::Run>& runs, const std::function<bool(std::size_t)>& isKept);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row
    {
        runs::Run run; ///< without its recording
        bool kept = false;
        bool operator==(const Row&) const = default;
    };
    QString text(const Row& row, int column) const;
    static std::optional<runs::Metric> metricOf(int column);

    std::vector<Row> m_rows;
};

/// "migrated", "failed", … in the words of the window.
QString outcomeTitle(runs::RunOutcome outcome);

} // namespace cutover::ui
