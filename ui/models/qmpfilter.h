// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "base/side.h"

#include <QSortFilterProxyModel>

#include <optional>

namespace cutover::ui {

/// The messages of a QmpLogModel that the operator wants to see.
class QmpFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    /// nullopt = both.
    void setSide(std::optional<Side> side);
    /// Messages that contain \a text, whatever its case; all for an empty one.
    void setText(const QString& text);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    std::optional<Side> m_side;
    QString m_text;
};

} // namespace cutover::ui
