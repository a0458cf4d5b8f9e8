// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "jsontext.h"

#include <QCache>
#include <QStyledItemDelegate>

namespace cutover::ui {

/// One QMP message per line: side, direction, time, the highlighted text, and how long the answer took. Only
/// what is painted is highlighted.
class QmpDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    explicit QmpDelegate(QObject* parent = nullptr);

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    using Formats = QList<QTextLayout::FormatRange>;
    Formats formatsOf(const QString& line, bool dark) const;

    mutable JsonHighlighter m_highlighter;
    mutable QCache<QString, Formats> m_cache;
    mutable bool m_dark = false;
};

} // namespace cutover::ui
