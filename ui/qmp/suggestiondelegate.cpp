// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/suggestiondelegate.h"

#include "colours.h"

#include <QPainter>

namespace cutover::ui {

void SuggestionDelegate::paint(
    QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    const QString hint = index.data(hintRole).toString();
    if (hint.isEmpty())
        return;
    const QFontMetrics& metrics = option.fontMetrics;
    const int margin = metrics.averageCharWidth();
    const int name = metrics.horizontalAdvance(index.data().toString()) + (3 * margin);
    const QRect room = option.rect.adjusted(name, 0, -margin, 0);
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    painter->save();
    painter->setPen(
        selected ? option.palette.color(QPalette::HighlightedText) : Colours::of(option.palette).faint);
    painter->drawText(
        room, Qt::AlignRight | Qt::AlignVCenter, metrics.elidedText(hint, Qt::ElideRight, room.width()));
    painter->restore();
}

} // namespace cutover::ui
