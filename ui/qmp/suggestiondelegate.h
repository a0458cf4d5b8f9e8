// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <QStyledItemDelegate>

namespace cutover::ui {

/// A suggestion with its hint at the right.
class SuggestionDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    static constexpr int hintRole = Qt::UserRole + 1;

    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace cutover::ui
