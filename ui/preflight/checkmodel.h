// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/preflight.h"

#include <QAbstractTableModel>

#include <cstdint>

namespace cutover::ui {

/// The checks of a preflight: verdict, evidence, remedy.
class CheckModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column : std::uint8_t { VerdictColumn, TitleColumn, EvidenceColumn, RemedyColumn, ColumnCount };
    enum Role : std::uint16_t { VerdictRole = Qt::UserRole }; ///< int of op::Verdict

    using QAbstractTableModel::QAbstractTableModel;

    /// What needs attention comes first; otherwise their order is kept.
    void setChecks(std::vector<op::Check> checks);
    const std::vector<op::Check>& checks() const { return m_checks; }
    /// "14 passed, 2 warnings".
    QString summary() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<op::Check> m_checks;
};

/// "pass", "warning", ...: translated.
QString verdictTitle(op::Verdict verdict);
/// One sign that says the same.
QString verdictSign(op::Verdict verdict);

} // namespace cutover::ui
