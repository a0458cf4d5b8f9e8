// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "panels/qmpdelegate.h"

#include "colours.h"
#include "format.h"
#include "models/qmplogmodel.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPainter>

namespace cutover::ui {

/// More than the widest screen shows.
static constexpr int paintedCharacters = 600;
static constexpr int cachedLines = 2000;
/// Of the column with the names, in characters; and what must be left for the message beside it.
static constexpr int nameWidth = 24;
static constexpr int leastMessageWidth = 30;

QmpDelegate::QmpDelegate(QObject* parent)
    : QStyledItemDelegate(parent)
    , m_cache(cachedLines)
{
}

QmpDelegate::Formats QmpDelegate::formatsOf(const QString& line, bool dark) const
{
    if (dark != m_dark) {
        m_dark = dark;
        m_highlighter.setDark(dark);
        m_cache.clear();
    }
    if (const Formats* known = m_cache.object(line))
        return *known;
    Formats formats = m_highlighter.formats(line);
    m_cache.insert(line, new Formats(formats));
    return formats;
}

QSize QmpDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& /*index*/) const
{
    const QFontMetrics metrics(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    return { option.rect.width(), metrics.height() + 3 };
}

void QmpDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    QStyleOptionViewItem background = option;
    initStyleOption(&background, index);
    background.text.clear();
    QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &background, painter, option.widget);

    const Colours colours = Colours::of(option.palette);
    const bool selected = option.state & QStyle::State_Selected;
    const QColor chosen = option.palette.color(QPalette::HighlightedText);
    const QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    const QFontMetrics metrics(font);
    const int advance = metrics.horizontalAdvance(u'0');
    QRect rest = option.rect.adjusted(advance / 2, 0, -advance, 0);

    painter->save();
    painter->setFont(font);
    const auto side = static_cast<Side>(index.data(QmpLogModel::SideRole).toInt());
    const bool sent = index.data(QmpLogModel::SentRole).toBool();
    painter->setPen(selected ? chosen : side == Side::Destination ? colours.destination : colours.source);
    const QString head = sideShort(side) + (sent ? QStringLiteral(" ▸") : QStringLiteral(" ◂"));
    painter->drawText(rest, Qt::AlignLeft | Qt::AlignVCenter, head);
    rest.setLeft(rest.left() + (advance * 6));

    painter->setPen(selected ? chosen : colours.faint);
    const QString time = clockText(index.data(QmpLogModel::TimeRole).toLongLong());
    painter->drawText(rest, Qt::AlignLeft | Qt::AlignVCenter, time);
    rest.setLeft(rest.left() + (advance * 17));

    const bool narrow = rest.width() < advance * leastMessageWidth;
    if (narrow) {
        painter->setPen(selected ? chosen : colours.text);
        painter->drawText(rest, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(index.data(QmpLogModel::NameRole).toString(), Qt::ElideRight, rest.width()));
        painter->restore();
        return;
    }
    const bool named = rest.width() > advance * (nameWidth + leastMessageWidth);
    const qint64 latency = index.data(QmpLogModel::LatencyRole).toLongLong();
    if (latency >= 0) {
        const QString text = durationText(latency);
        painter->drawText(rest, Qt::AlignRight | Qt::AlignVCenter, text);
        rest.setRight(rest.right() - metrics.horizontalAdvance(text) - (2 * advance));
    }

    if (named) {
        const QString name = index.data(QmpLogModel::NameRole).toString();
        painter->setPen(selected ? chosen : colours.text);
        painter->drawText(rest, Qt::AlignLeft | Qt::AlignVCenter,
            metrics.elidedText(name, Qt::ElideRight, advance * (nameWidth - 1)));
        rest.setLeft(rest.left() + (advance * nameWidth));
    }

    const QString raw = index.data(QmpLogModel::RawRole).toString().left(paintedCharacters);
    const QString line = metrics.elidedText(raw, Qt::ElideRight, rest.width());
    QTextLayout layout(line, font);
    if (!selected)
        layout.setFormats(formatsOf(line, colours.isDark()));
    layout.beginLayout();
    layout.createLine().setLineWidth(rest.width() + advance);
    layout.endLayout();
    painter->setPen(selected ? chosen : colours.text);
    layout.draw(painter, QPointF(rest.left(), rest.top() + ((rest.height() - metrics.height()) / 2.0)));
    painter->restore();
}

} // namespace cutover::ui
