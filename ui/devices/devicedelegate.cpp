// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "devices/devicedelegate.h"

#include "devices/devicemodel.h"

namespace cutover::ui {

DeviceDelegate::DeviceDelegate(QObject* parent)
    : RankDelegate(Scale::Rank, DeviceModel::RankRole, parent)
{
}

void DeviceDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    RankDelegate::initStyleOption(option, index);
    const bool fixed = (option->features & QStyleOptionViewItem::HasCheckIndicator)
        && !(index.flags() & Qt::ItemIsUserCheckable);
    if (!fixed)
        return;
    option->state &= ~QStyle::State_Enabled;
    for (const QPalette::ColorRole role :
        { QPalette::Text, QPalette::HighlightedText, QPalette::Highlight, QPalette::Base })
        option->palette.setBrush(QPalette::Disabled, role, option->palette.brush(QPalette::Active, role));
}

} // namespace cutover::ui
