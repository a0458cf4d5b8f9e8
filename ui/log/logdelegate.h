// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "jsontext.h"
#include "log/logcriteria.h"

#include <QCache>
#include <QStyledItemDelegate>

namespace cutover::ui {

struct Colours;

/// One line of a log: side and direction, time, name, text, remark. What the operator searches for is marked;
/// JSON is highlighted. Only what is painted is looked at.
class LogDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    enum class Text : std::uint8_t { Plain, Json };

    explicit LogDelegate(Text text, QObject* parent = nullptr);

    void setCriteria(const LogCriteria& criteria);
    /// The row that belongs to the chosen one, by its event; nothing: none.
    void setPartner(std::optional<qulonglong> event) { m_partner = event; }

    void paint(
        QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    using Formats = QList<QTextLayout::FormatRange>;
    struct Line;

    Formats formatsOf(const QString& line, const Colours& colours) const;
    void paintHead(Line& line) const;
    void paintRemark(Line& line) const;
    void paintName(Line& line) const;
    void paintText(const Line& line) const;

    Text m_text;
    LogCriteria m_criteria;
    std::optional<qulonglong> m_partner;
    mutable JsonHighlighter m_highlighter;
    mutable QCache<QString, Formats> m_cache;
    mutable bool m_dark = false;
};

} // namespace cutover::ui
