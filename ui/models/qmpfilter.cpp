// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmpfilter.h"

#include "qmplogmodel.h"

namespace cutover::ui {

void QmpFilter::setSide(std::optional<Side> side)
{
    if (side == m_side)
        return;
    m_side = side;
    invalidateRowsFilter();
}

void QmpFilter::setText(const QString& text)
{
    if (text == m_text)
        return;
    m_text = text;
    invalidateRowsFilter();
}

bool QmpFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (m_side && index.data(QmpLogModel::SideRole).toInt() != static_cast<int>(*m_side))
        return false;
    return m_text.isEmpty()
        || index.data(QmpLogModel::RawRole).toString().contains(m_text, Qt::CaseInsensitive);
}

} // namespace cutover::ui
