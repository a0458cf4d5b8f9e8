// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/reviewedcommand.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// One option of the destination's command line, or one that the source has and it has not.
struct CommandRow
{
    enum class Mark : std::uint8_t { Kept, Added, Removed, Changed, Warning, Conflict };
    Mark mark = Mark::Kept;
    QString text; ///< as it will be run; of a removed one, as it was
    QString before; ///< Changed: as the source has it
    QString reason;
    bool byYou = false;
    bool operator==(const CommandRow&) const = default;
};

/// In the order of the command line, what was removed last. Pure.
std::vector<CommandRow> commandRows(const op::ReviewedCommand& command);

/// The destination's command line with every change marked.
class CommandModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { MarkColumn, OptionColumn, BeforeColumn, ReasonColumn, ColumnCount };
    static constexpr int VerdictRole = Qt::UserRole; ///< op::Verdict, for the colour
    static constexpr int KeptRole = Qt::UserRole + 1;

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<CommandRow> rows);
    /// "3 added, 1 removed, 2 changed, 1 conflict"; translated.
    QString summary() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<CommandRow> m_rows;
};

} // namespace cutover::ui
