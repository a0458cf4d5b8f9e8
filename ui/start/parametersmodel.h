// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/facts.h"
#include "operator/vmmsettings.h"

#include <QAbstractTableModel>
#include <QJsonObject>

#include <cstdint>
#include <vector>

namespace cutover::ui {

/// A migration parameter as the source's schema describes it.
struct ParameterRow
{
    enum class Type : std::uint8_t { Switch, Choice, Integer, Number, Text, Fixed, Recorded };
    QString name;
    Type type = Type::Text;
    QStringList choices; ///< Choice
    QString unit; ///< "ms"; empty: none, or not known
    QJsonValue now; ///< in the source; Undefined: not told
    QString remark; ///< why it cannot be set, or what is special about it; translated
    bool operator==(const ParameterRow&) const = default;
};

/// All that migrate-set-parameters takes, but the mode, and what only other VMMs have as Fixed rows with the
/// reason. Pure; empty without a schema.
std::vector<ParameterRow> parameterRows(const op::Facts* source);
/// What a recording tells of a migration: parameters and capabilities of both sides, to be read only. The
/// destination's value and where a value comes from are in the remark. Empty if it tells none.
std::vector<ParameterRow> recordedRows(const op::VmmSettings& source, const op::VmmSettings& destination);

/// The parameters of a migration: the source's values, and in their place what is chosen for this migration.
class ParametersModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { NameColumn, ValueColumn, NowColumn, RemarkColumn, ColumnCount };
    static constexpr int RowRole = Qt::UserRole; ///< const ParameterRow* as a pointer

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(std::vector<ParameterRow> rows);
    const ParameterRow& row(int row) const { return m_rows[static_cast<std::size_t>(row)]; }
    /// What differs from the source; also of names that have no row.
    const QJsonObject& chosen() const { return m_chosen; }
    void setChosen(const QJsonObject& parameters);
    /// The source's value again.
    void reset(int row);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    /// The user has chosen otherwise.
    void edited();

private:
    QJsonValue valueOf(const ParameterRow& row) const;
    void choose(int row, const QJsonValue& value);

    std::vector<ParameterRow> m_rows;
    QJsonObject m_chosen;
};

} // namespace cutover::ui
